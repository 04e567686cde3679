/* PostgreSQL sessions on the loop: non-blocking, pipelined, reconnecting.
 *
 * Each request is one prepared statement in a transaction of its own (one Sync
 * each), so statements that must stand or fall together are one SQL function.
 * Requests are answered in order.
 *
 * Unless the operator's conninfo says otherwise, only a server that takes
 * writes will do (target_session_attrs), and dead links are probed. A statement
 * that the server cannot prepare fails by itself and is prepared with the next
 * request for it. Behind PgBouncer: ignore_startup_parameters must name
 * "options", and statement_timeout, jit = off, random_page_cost = 1.1,
 * plan_cache_mode = force_generic_plan and max_parallel_workers_per_gather = 0
 * be set there. Notices are dropped. */

#ifndef FUP_PG_SESSION_H
#define FUP_PG_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "pg/statement.h"

struct uv_loop_s;
struct pg_result;

struct fup_pg;
struct fup_pg_request;

/* Rows of an answer; valid during the callback only. */
struct fup_pg_rows {
    const struct pg_result *res;
    int n;
};

/* Column @col of row @row as text; NULL for SQL null. Valid like the rows. In
 * rows that come in binary it must be of type text. */
const char *fup_pg_text(const struct fup_pg_rows *rows, int row, int col);
/* The same as a number; @missing for null. An instant, which only rows that
 * come in binary can hold, is microseconds since 1970, infinity INT64_MAX. */
int64_t
fup_pg_int(const struct fup_pg_rows *rows, int row, int col, int64_t missing);
/* False for null. */
bool fup_pg_bool(const struct fup_pg_rows *rows, int row, int col);

/* Called exactly once for each accepted request, never from inside the call
 * that submitted it.
 *
 * @code: FUP_OK        @rows holds the answer (n may be 0)
 *        FUP_EREFUSED  the server said no; nothing was changed. @err holds the
 *                      SQLSTATE and the primary message
 *        FUP_EFENCED   SQLSTATE FU001: the partition is not ours
 *        FUP_EAWAY     it was not sent, or the server rolled it back for a
 *                      passing reason: shutting down, read only, out of memory
 *                      or disk, statement_timeout, deadlock, serialization,
 *                      lock timeout, or a plan that has grown stale
 *        FUP_EUNKNOWN  it was sent and the connection was lost: it may or may
 *                      not have been done
 *        FUP_ECLOSED   the session was closed before it was sent
 *
 * @rows is NULL unless FUP_OK; @err is never NULL. The callback may submit,
 * @req too, and may close the session. */
typedef void (*fup_pg_cb)(struct fup_pg_request *req,
                          enum fup_code code,
                          const struct fup_pg_rows *rows,
                          const struct fup_err *err);

/* Whether @err, of FUP_EREFUSED, says that the values themselves were refused
 * (SQLSTATE classes 22, 23 and 54): the same values will be refused again,
 * while others may pass. */
bool fup_pg_err_is_data(const struct fup_err *err);

/* The caller's memory until the callback; embed it. */
struct fup_pg_request {
    void *data; /* the caller's */
    /* private */
    fup_pg_cb cb;
    const struct fup_statement *statement;
    struct fup_pg_request *next;
    unsigned generation;
    bool prepares;
    enum fup_code code;
};

/* Told when the session becomes ready (@ready; @err is NULL), and when it is
 * lost or could not connect (@err says why, without the password). Called from
 * the loop; the requests that a loss ends are called back after this. The
 * session itself tries again with backoff, 100 ms to 5 s. */
typedef void (*fup_pg_state_cb)(struct fup_pg *pg,
                                bool ready,
                                const struct fup_err *err);

struct fup_pg_options {
    const char *conninfo;    /* libpq connection string or URI; copied */
    const char *application; /* name, where conninfo has none; copied */
    /* Deadline for connecting, after which the next host is tried; 0: 10 s. */
    uint64_t connect_ms;
    /* statement_timeout on the server. Without a sign of life for a quarter
     * longer, so that its answer can come first, the connection is dropped;
     * 0: 30 s. */
    uint64_t answer_ms;
    fup_pg_state_cb on_state; /* may be NULL */
    void *data;
};

/* Check @conninfo, without connecting. One that names a service of libpq's
 * service file is refused: its host could not be looked up without blocking.
 * Errors: FUP_EINVAL, @err says what libpq found wrong, no password in it. */
FUP_MUST_CHECK enum fup_code fup_pg_check_conninfo(const char *conninfo,
                                                   struct fup_err *err);

/* Begin a session and connect in the background. statement_timeout is set to
 * answer_ms on the server, host names are resolved without blocking the loop.
 *
 * Owns:   *@ret_pg until fup_pg_close() has called back.
 * Errors: FUP_EINVAL conninfo; FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_pg_open(struct uv_loop_s *loop,
                                         const struct fup_pg_options *options,
                                         struct fup_pg **ret_pg,
                                         struct fup_err *err);

void *fup_pg_data(const struct fup_pg *pg);
bool fup_pg_ready(const struct fup_pg *pg);

/* Requests sent and not yet answered. */
size_t fup_pg_pending(const struct fup_pg *pg);

/* Send @statement with @n text parameters (NULL is SQL null), which are copied.
 * Preparing it on this connection, when that has not been done, is seen to.
 *
 * Errors: none here; all arrive at @cb. */
void fup_pg_submit(struct fup_pg *pg,
                   struct fup_pg_request *req,
                   const struct fup_statement *statement,
                   const char *const *params,
                   int n,
                   fup_pg_cb cb);

/* Value i is in PostgreSQL's binary format, @lengths[i] bytes long, where that
 * is not 0; @lengths is NULL where none is. */
struct fup_pg_values {
    const char *const *values;
    const int *lengths;
    int n;
};

/* The same with parameters in either format. */
void fup_pg_submit_binary(struct fup_pg *pg,
                          struct fup_pg_request *req,
                          const struct fup_statement *statement,
                          const struct fup_pg_values *params,
                          fup_pg_cb cb);

/* Close: requests not answered are called back (UNKNOWN if sent, else CLOSED),
 * then @on_closed(data) runs and @pg is gone. A lookup of a host that a thread
 * works on is waited for. NULL @pg is not allowed; nor is closing twice. */
void fup_pg_close(struct fup_pg *pg, void (*on_closed)(void *data), void *data);

#endif
