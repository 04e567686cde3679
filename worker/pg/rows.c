#include <stdlib.h>

#include <libpq-fe.h>

#include "pg/session.h"

const char *fup_pg_text(const struct fup_pg_rows *rows, int row, int col)
{
    return PQgetisnull(rows->res, row, col) != 0
               ? NULL
               : PQgetvalue(rows->res, row, col);
}

int64_t
fup_pg_int(const struct fup_pg_rows *rows, int row, int col, int64_t missing)
{
    const char *text = fup_pg_text(rows, row, col);

    return text == NULL ? missing : strtoll(text, NULL, 10);
}

bool fup_pg_bool(const struct fup_pg_rows *rows, int row, int col)
{
    const char *text = fup_pg_text(rows, row, col);

    return text != NULL && text[0] == 't';
}
