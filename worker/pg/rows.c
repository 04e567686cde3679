/* What a row holds, in either of PostgreSQL's formats. In the binary one, texts
 * are the same bytes, numbers and instants are big-endian integers. */

#include <assert.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "pg/binary.h"
#include "pg/session.h"

static bool is_binary(const struct fup_pg_rows *rows, int col)
{
    return PQfformat(rows->res, col) == 1;
}

/* The value as it came; NULL for SQL null. */
static const char *value_of(const struct fup_pg_rows *rows, int row, int col)
{
    return PQgetisnull(rows->res, row, col) != 0
               ? NULL
               : PQgetvalue(rows->res, row, col);
}

const char *fup_pg_text(const struct fup_pg_rows *rows, int row, int col)
{
    assert(!is_binary(rows, col) || PQftype(rows->res, col) == FUP_PG_TEXT);
    return value_of(rows, row, col);
}

/* A big-endian integer with a sign, of @len bytes. */
static int64_t integer(const char *bytes, int len)
{
    uint64_t value = (uint64_t) - ((unsigned char)bytes[0] >> 7);

    for (int i = 0; i < len; i++) {
        value = value << 8 | (unsigned char)bytes[i];
    }
    return (int64_t)value;
}

int64_t
fup_pg_int(const struct fup_pg_rows *rows, int row, int col, int64_t missing)
{
    const char *value = value_of(rows, row, col);
    int64_t number;

    if (value == NULL) {
        return missing;
    }
    if (!is_binary(rows, col)) {
        return strtoll(value, NULL, 10);
    }
    number = integer(value, PQgetlength(rows->res, row, col));
    if (PQftype(rows->res, col) == FUP_PG_TIMESTAMPTZ &&
        number <= INT64_MAX - FUP_PG_EPOCH_US) {
        number += FUP_PG_EPOCH_US;
    }
    return number;
}

bool fup_pg_bool(const struct fup_pg_rows *rows, int row, int col)
{
    const char *value = value_of(rows, row, col);

    return value != NULL && value[0] == (is_binary(rows, col) ? 1 : 't');
}
