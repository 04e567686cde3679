/* Results to people and programs: one JSON tree, printed as it is or as
 * tables. */

#ifndef FUP_APP_PRINT_H
#define FUP_APP_PRINT_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"

struct cJSON;

enum fup_print_format {
    FUP_PRINT_TABLE,
    FUP_PRINT_JSON,
};

/* "table" or "json"; NULL is "table". Errors: FUP_EINVAL. */
FUP_MUST_CHECK enum fup_code fup_print_format_parse(
    const char *text, enum fup_print_format *ret_format, struct fup_err *err);

/* Append @tree to @out. As a table: fields of an object are lines "name value",
 * objects in it are sections, arrays of objects are tables with a head; what is
 * null or empty is left out, or "-" in a table; control characters are blanked.
 * As JSON: one line. */
void fup_print_tree(const struct cJSON *tree,
                    enum fup_print_format format,
                    struct fup_buf *out);

/* The same to stdout. */
void fup_print_out(const struct cJSON *tree, enum fup_print_format format);

#endif
