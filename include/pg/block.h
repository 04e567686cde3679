/* Blocking use of PostgreSQL, for commands that run once and end. */

#ifndef FUP_PG_BLOCK_H
#define FUP_PG_BLOCK_H

#include "core/err.h"
#include "pg/session.h"
#include "pg/statement.h"

struct fup_pg_block; /* a connection */

/* Connect, within 10 s a host; names are resolved as libpq does, blocking.
 * Errors: FUP_EINVAL conninfo, FUP_EAWAY, FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_pg_block_open(const char *conninfo,
                                               struct fup_pg_block **ret_conn,
                                               struct fup_err *err);
void fup_pg_block_close(struct fup_pg_block *conn);

/* Run a script of several commands, in one transaction: it must not end that
 * itself. Notices are dropped.
 *
 * Errors: FUP_EREFUSED  nothing was done; @err holds SQLSTATE, message and,
 *                       where the server says it, the line
 *         FUP_EAWAY     nothing was done: the server is gone or busy
 *         FUP_EUNKNOWN  the server was lost while committing */
FUP_MUST_CHECK enum fup_code fup_pg_block_script(struct fup_pg_block *conn,
                                                 const char *sql,
                                                 struct fup_err *err);

/* The same, and @check(data) before the commit: it may run statements on @conn
 * within the transaction. When it fails, nothing was done, and its code is
 * returned; it has filled @err then. */
FUP_MUST_CHECK enum fup_code
fup_pg_block_script_checked(struct fup_pg_block *conn,
                            const char *sql,
                            enum fup_code (*check)(void *data),
                            void *data,
                            struct fup_err *err);

/* The same, but rolled back in any case: nothing was done. */
FUP_MUST_CHECK enum fup_code
fup_pg_block_script_tried(struct fup_pg_block *conn,
                          const char *sql,
                          enum fup_code (*check)(void *data),
                          void *data,
                          struct fup_err *err);

/* Run one statement; *@ret_rows is valid until the next run or close.
 *
 * Errors: as above, and FUP_EFENCED; FUP_EUNKNOWN when the server was lost
 *         meanwhile. A lost connection stays lost: FUP_EAWAY from then on. */
FUP_MUST_CHECK enum fup_code
fup_pg_block_run(struct fup_pg_block *conn,
                 const struct fup_statement *statement,
                 const char *const *params,
                 int n,
                 struct fup_pg_rows *ret_rows,
                 struct fup_err *err);

#endif
