/* Rows of sql/statements/load.sql as cases. */

#ifndef FUP_ENGINE_LOAD_H
#define FUP_ENGINE_LOAD_H

#include "case.h"
#include "pg/session.h"

#define FUP_ZONES_TEXT 1024
#define FUP_SENDS_MAX  256

/* Room for what does not stay as the rows have it. */
struct fup_load_room {
    char zones[FUP_ZONES_TEXT];
    int64_t sends[FUP_SENDS_MAX];
};

/* Row @row of @rows as a case that borrows from the rows and from @room. */
void fup_load_case(const struct fup_pg_rows *rows,
                   int row,
                   struct fup_load_room *room,
                   struct fup_case *ret_case);

/* The snapshot in which the rows were read. */
const char *fup_load_snapshot(const struct fup_pg_rows *rows);

/* The object id of the type of decisions then, see fup_pg_rows_begin(). */
uint32_t fup_load_decision_type(const struct fup_pg_rows *rows);

/* The schedule version of row @row, 0 when it has none. */
int64_t fup_load_version(const struct fup_pg_rows *rows, int row);

#endif
