/* Files into memory, whole and with a limit. */

#ifndef FUP_CODEC_TEXT_FILE_H
#define FUP_CODEC_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/problem.h"
#include "core/err.h"

struct cJSON;

/* Read the regular file at @path, up to @max bytes. A NUL follows the last
 * byte.
 *
 * Owns:   *@ret_text is the caller's to free().
 * Errors: FUP_EIO     @err says why.
 *         FUP_ELIMIT  larger.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_text_file_read(const char *path,
                                                size_t max,
                                                char **ret_text,
                                                size_t *ret_len,
                                                struct fup_err *err);

/* Read the file at @path, a JSON object of up to 1 MiB.
 *
 * Owns:   *@ret_object is the caller's; fup_text_file_json_free() it.
 * Errors: FUP_EIO, FUP_EPARSE (both reported to @problems), FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_text_file_json(const char *path,
                                                struct cJSON **ret_object,
                                                struct fup_problems *problems);
void fup_text_file_json_free(struct cJSON *object);

#endif
