#include "pg/block.h"

#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "failure.h"
#include "target.h"

/* A connection and its last answer. Scripts and commands block; statements are
 * not prepared, for a command runs each of them once. */
struct fup_pg_block {
    PGconn *conn;
    PGresult *res;
};

static void on_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

static enum fup_code block_connect(struct fup_pg_block *block,
                                   const char *conninfo,
                                   struct fup_err *err)
{
    struct fup_pg_target target;
    struct fup_pg_params params;
    enum fup_code code = fup_pg_target_init(&target, conninfo, err);

    if (code != FUP_OK) {
        return code;
    }
    code =
        fup_pg_params_init(&params, &target, &target.hosts, 0, "followup", 0);
    if (code == FUP_OK) {
        block->conn = PQconnectdbParams(params.keywords, params.values, 0);
    }
    fup_pg_params_done(&params);
    fup_pg_target_done(&target);
    if (block->conn == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    (void)PQsetNoticeReceiver(block->conn, on_notice, NULL);
    return PQstatus(block->conn) == CONNECTION_OK
               ? FUP_OK
               : fup_pg_failure_set_conn(err, FUP_EAWAY, block->conn);
}

enum fup_code fup_pg_block_open(const char *conninfo,
                                struct fup_pg_block **ret_conn,
                                struct fup_err *err)
{
    struct fup_pg_block *block = calloc(1, sizeof *block);
    enum fup_code code;

    if (block == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    code = block_connect(block, conninfo, err);
    if (code != FUP_OK) {
        fup_pg_block_close(block);
        return code;
    }
    *ret_conn = block;
    return FUP_OK;
}

void fup_pg_block_close(struct fup_pg_block *conn)
{
    if (conn != NULL) {
        PQclear(conn->res);
        PQfinish(conn->conn);
        free(conn);
    }
}

/* The line of character @at, from 1, of @sql. */
static int line_of(const char *sql, long at)
{
    int line = 1;

    for (; at > 1 && *sql != '\0'; sql++) {
        line += *sql == '\n';
        /* All bytes but the last of a character have a continuation behind. */
        at -= (sql[1] & 0xc0) != 0x80;
    }
    return line;
}

/* What went wrong with @sql, and where. */
static enum fup_code failed(struct fup_pg_block *conn,
                            const PGresult *res,
                            const char *sql,
                            struct fup_err *err)
{
    const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *at = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
    const char *where = PQresultErrorField(res, PG_DIAG_CONTEXT);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    enum fup_code code;

    if (sqlstate == NULL || text == NULL) {
        return fup_pg_failure_set_conn(err, FUP_EUNKNOWN, conn->conn);
    }
    code = fup_pg_failure_code(sqlstate);
    if (at != NULL) {
        return fup_err_set(err, code, "%s: %s, line %d", sqlstate, text,
                           line_of(sql, strtol(at, NULL, 10)));
    }
    if (where != NULL) {
        return fup_err_set(err, code, "%s: %s, %.*s", sqlstate, text,
                           (int)strcspn(where, "\n"), where);
    }
    return fup_err_set(err, code, "%s: %s", sqlstate, text);
}

static bool is_success(const PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
           status == PGRES_EMPTY_QUERY;
}

/* Run the commands in @sql; the last answer is not kept. */
static enum fup_code
exec(struct fup_pg_block *conn, const char *sql, struct fup_err *err)
{
    PGresult *res = PQexec(conn->conn, sql);
    ExecStatusType status = PQresultStatus(res);
    enum fup_code code = FUP_OK;

    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
        code = fup_err_set(err, FUP_EREFUSED, "a script cannot copy");
    } else if (!is_success(res)) {
        code = failed(conn, res, sql, err);
    }
    PQclear(res);
    return code;
}

/* @end: what ends the transaction when all went well. */
static enum fup_code run_script(struct fup_pg_block *conn,
                                const char *sql,
                                const char *end,
                                enum fup_code (*check)(void *data),
                                void *data,
                                struct fup_err *err)
{
    enum fup_code code = exec(conn, "begin", err);

    if (code == FUP_OK) {
        code = exec(conn, sql, err);
        if (code == FUP_OK && check != NULL) {
            code = check(data);
        }
        if (code == FUP_OK) {
            return exec(conn, end, err);
        }
        (void)exec(conn, "rollback", NULL);
    }
    if (code == FUP_EUNKNOWN) {
        /* Lost before the commit: nothing was done. */
        return fup_pg_failure_set_conn(err, FUP_EAWAY, conn->conn);
    }
    return code;
}

enum fup_code fup_pg_block_script_checked(struct fup_pg_block *conn,
                                          const char *sql,
                                          enum fup_code (*check)(void *data),
                                          void *data,
                                          struct fup_err *err)
{
    return run_script(conn, sql, "commit", check, data, err);
}

enum fup_code fup_pg_block_script_tried(struct fup_pg_block *conn,
                                        const char *sql,
                                        enum fup_code (*check)(void *data),
                                        void *data,
                                        struct fup_err *err)
{
    return run_script(conn, sql, "rollback", check, data, err);
}

enum fup_code fup_pg_block_script(struct fup_pg_block *conn,
                                  const char *sql,
                                  struct fup_err *err)
{
    return fup_pg_block_script_checked(conn, sql, NULL, NULL, err);
}

enum fup_code fup_pg_block_run(struct fup_pg_block *conn,
                               const struct fup_statement *statement,
                               const char *const *params,
                               int n,
                               struct fup_pg_rows *ret_rows,
                               struct fup_err *err)
{
    PQclear(conn->res);
    conn->res = NULL;
    if (PQstatus(conn->conn) != CONNECTION_OK) {
        return fup_pg_failure_set_conn(err, FUP_EAWAY, conn->conn);
    }
    conn->res = PQexecParams(conn->conn, statement->sql, n, NULL, params, NULL,
                             NULL, statement->binary ? 1 : 0);
    if (!is_success(conn->res)) {
        return failed(conn, conn->res, statement->sql, err);
    }
    *ret_rows =
        (struct fup_pg_rows){.res = conn->res, .n = PQntuples(conn->res)};
    return FUP_OK;
}
