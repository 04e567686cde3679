/* A file that holds a setting or all of them: text, up to a limit. */

#ifndef FUP_APP_CONFIG_FILE_H
#define FUP_APP_CONFIG_FILE_H

#include <stddef.h>

#include "core/err.h"

/* Read @path, at most @max bytes.
 *
 * Owns:   *@ret_text is the caller's; NUL-terminated.
 * Errors: FUP_ENOENT  no such file.
 *         FUP_EIO     any other failure; @err says why, naming @path.
 *         FUP_ELIMIT  longer than @max.
 *         FUP_EINVAL  it holds a NUL byte.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_config_file_read(const char *path,
                                                  size_t max,
                                                  char **ret_text,
                                                  struct fup_err *err);

#endif
