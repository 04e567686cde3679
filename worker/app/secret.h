/* Secrets: read from a file, print without what must not be seen. */

#ifndef FUP_APP_SECRET_H
#define FUP_APP_SECRET_H

#include "core/buf.h"
#include "core/err.h"

/* Append @value, a URL or a libpq connection string, to @out with each password
 * as "***". Hosts, users and databases stay. What is not understood becomes
 * "***" as a whole. */
void fup_secret_mask(const char *value, struct fup_buf *out);

/* Read the secret in file @path, at most @max bytes, without the line's end.
 *
 * Owns:   *@ret_text is the caller's.
 * Errors: FUP_EIO     @err says why, naming @path.
 *         FUP_ELIMIT  longer than @max.
 *         FUP_EINVAL  it holds a NUL byte.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_secret_read(const char *path,
                                             size_t max,
                                             char **ret_text,
                                             struct fup_err *err);

#endif
