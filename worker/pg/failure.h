/* Foreign failures become ours: SQLSTATEs, and what libpq says. */

#ifndef FUP_PG_FAILURE_H
#define FUP_PG_FAILURE_H

#include <stdbool.h>

#include <libpq-fe.h>

#include "core/err.h"

/* The code for a statement that the server answered with @sqlstate: in each
 * case it was rolled back. */
enum fup_code fup_pg_failure_code(const char *sqlstate);

/* Whether an error with @sqlstate that was followed by the end of the
 * connection still proves that the statement was rolled back. A pooler says
 * class 08 when it lost the server, which proves nothing. */
bool fup_pg_failure_proves(const char *sqlstate);

/* Whether @res says that a prepared statement is gone or has grown stale. */
bool fup_pg_failure_is_stale(const PGresult *res);

/* Put SQLSTATE and primary message of @res into @err; returns @code. */
enum fup_code fup_pg_failure_set(struct fup_err *err,
                                 enum fup_code code,
                                 const PGresult *res);

/* Put what @conn says into @err, on one line, without its password; returns
 * @code. */
enum fup_code fup_pg_failure_set_conn(struct fup_err *err,
                                      enum fup_code code,
                                      const PGconn *conn);

#endif
