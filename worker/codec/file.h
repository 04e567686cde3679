/* Files into memory, whole and with a limit. */

#ifndef FUP_CODEC_FILE_H
#define FUP_CODEC_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* Read the regular file at @path, up to @max bytes. A NUL follows the last
 * byte.
 *
 * Owns:   *@ret_text is the caller's to free().
 * Errors: FUP_EIO     @err says why.
 *         FUP_ELIMIT  larger.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_file_read(const char *path,
                                           size_t max,
                                           char **ret_text,
                                           size_t *ret_len,
                                           struct fup_err *err);

#endif
