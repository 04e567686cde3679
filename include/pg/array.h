/* Text literals of PostgreSQL arrays, built in a buffer. */

#ifndef FUP_PG_ARRAY_H
#define FUP_PG_ARRAY_H

#include <stdint.h>

#include "core/buf.h"

/* Begin "{" in an empty @buf; add elements; end with "}". */
void fup_pg_array_begin(struct fup_buf *buf);
/* NULL adds an SQL null. Quotes and backslashes are escaped. */
void fup_pg_array_text(struct fup_buf *buf, const char *text);
void fup_pg_array_int(struct fup_buf *buf, int64_t value);
void fup_pg_array_end(struct fup_buf *buf);

/* Parse a one-dimensional text array literal as PostgreSQL prints it into at
 * most @max strings, in place over @text. Nulls are left out, and so are those
 * past @max. Returns how many; -1 when @text is no array, or one of arrays. */
int fup_pg_array_split(char *text, char **ret_items, int max);

#endif
