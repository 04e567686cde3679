/* Records of a CSV text (RFC 4180), read in place. */

#ifndef FUP_CODEC_CSV_H
#define FUP_CODEC_CSV_H

#include <stddef.h>

#include "core/err.h"

struct fup_csv {
    char *at;
    const char *end; /* a NUL stands there */
    int line;        /* of the record just read */
    int next_line;
};

/* Begin at @text, behind a byte order mark if there is one. */
void fup_csv_init(struct fup_csv *csv, char *text, size_t len);

/* Read the next record into up to @max fields, NUL-terminated within the text;
 * fields beyond are counted only. Empty lines are passed over.
 *
 * Errors: FUP_ENOENT  there is no more.
 *         FUP_EPARSE  @err says what is wrong with the quotes. */
FUP_MUST_CHECK enum fup_code fup_csv_next(struct fup_csv *csv,
                                          char **ret_fields,
                                          size_t max,
                                          size_t *ret_n,
                                          struct fup_err *err);

#endif
