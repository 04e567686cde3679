/* Rows of sql/statements/load.sql as cases. */

#ifndef FUP_ENGINE_LOAD_H
#define FUP_ENGINE_LOAD_H

#include "case.h"
#include "pg/session.h"

#define FUP_ZONES_TEXT 1024

/* Row @row of @rows as a case that borrows from the rows; @zones holds the
 * names of the time zones. */
void fup_load_case(const struct fup_pg_rows *rows,
                   int row,
                   char zones[FUP_ZONES_TEXT],
                   struct fup_case *ret_case);

/* The snapshot in which the rows were read. */
const char *fup_load_snapshot(const struct fup_pg_rows *rows);

/* The schedule version of row @row, 0 when it has none. */
int64_t fup_load_version(const struct fup_pg_rows *rows, int row);

#endif
