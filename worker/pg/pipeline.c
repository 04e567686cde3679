/* Requests and answers on a connection that stands, in libpq's pipeline mode.
 *
 * The happy path: a request goes out as Parse (the first time), Bind, Execute
 * and Sync, so it is a transaction of its own. Its answer is kept until the
 * Sync is answered, for a commit may still fail after the rows have come.
 *
 * While a statement's first Parse has not been answered, further requests for
 * it carry their own unnamed Parse: they must not fail because that one does.
 * One that the server has lost, or whose result has changed its type, is
 * prepared under a new name next time; where that goes on (a pooler that gives
 * each transaction another server), it is not prepared any more.
 *
 * Failures: an error aborts the server's work up to the Sync and no further.
 * When the connection is lost, the first pending request may have its error
 * already, which proves that it was rolled back; all others are UNKNOWN. */

#include "impl.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"

/* So often a statement is prepared on one connection: each time but the last
 * leaves a dead one on the server. */
enum { GENERATIONS_MAX = 8 };

/* Of a statement one of whose parameters is binary. */
enum { BINARY_PARAMS_MAX = 16 };

void fup_pg_queue_add(struct fup_pg_queue *queue, struct fup_pg_request *req)
{
    req->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = req;
    } else {
        queue->first = req;
    }
    queue->last = req;
    queue->n++;
}

struct fup_pg_request *fup_pg_queue_take(struct fup_pg_queue *queue)
{
    struct fup_pg_request *req = queue->first;

    if (req != NULL) {
        queue->first = req->next;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
        queue->n--;
    }
    return req;
}

static struct fup_pg_slot *slot_find(struct fup_pg *pg,
                                     const struct fup_statement *statement)
{
    for (size_t i = 0; i < pg->slots_n; i++) {
        if (pg->slots[i].statement == statement) {
            return &pg->slots[i];
        }
    }
    return NULL;
}

/* The slot of @statement, made if need be; NULL without memory. */
static struct fup_pg_slot *slot_of(struct fup_pg *pg,
                                   const struct fup_statement *statement)
{
    struct fup_pg_slot *slot = slot_find(pg, statement);
    size_t cap = pg->slots_cap > 0 ? 2 * pg->slots_cap : 16;

    if (slot != NULL) {
        return slot;
    }
    if (pg->slots_n == pg->slots_cap) {
        slot = realloc(pg->slots, cap * sizeof *slot);
        if (slot == NULL) {
            return NULL;
        }
        pg->slots = slot;
        pg->slots_cap = cap;
    }
    slot = &pg->slots[pg->slots_n++];
    *slot = (struct fup_pg_slot){.statement = statement, .generation = 1};
    return slot;
}

/* Which of @params are binary; NULL: none. */
static const int *formats_of(const struct fup_pg_values *params,
                             int formats[BINARY_PARAMS_MAX])
{
    if (params->lengths == NULL) {
        return NULL;
    }
    assert(params->n <= BINARY_PARAMS_MAX);
    for (int i = 0; i < params->n; i++) {
        formats[i] = params->lengths[i] > 0;
    }
    return formats;
}

/* Queue the messages up to the Sync, which is not among them. */
static bool send_statement(struct fup_pg *pg,
                           struct fup_pg_request *req,
                           const struct fup_pg_values *p)
{
    struct fup_pg_slot *slot = slot_of(pg, req->statement);
    int binary = req->statement->binary ? 1 : 0;
    int room[BINARY_PARAMS_MAX];
    const int *formats = formats_of(p, room);
    char name[64];

    if (slot == NULL || slot->state == FUP_PG_PREPARING ||
        slot->generation > GENERATIONS_MAX) {
        return PQsendQueryParams(pg->conn, req->statement->sql, p->n, NULL,
                                 p->values, p->lengths, formats, binary) == 1;
    }
    /* The server cuts names at 63 bytes: the number must come first. */
    (void)snprintf(name, sizeof name, "%u.%s", slot->generation,
                   req->statement->name);
    req->generation = slot->generation;
    if (slot->state == FUP_PG_UNPREPARED) {
        if (PQsendPrepare(pg->conn, name, req->statement->sql, 0, NULL) != 1) {
            return false;
        }
        slot->state = FUP_PG_PREPARING;
        req->prepares = true;
    }
    return PQsendQueryPrepared(pg->conn, name, p->n, p->values, p->lengths,
                               formats, binary) == 1;
}

/* Push out what libpq holds; watch for writing while it holds more. */
static bool flush(struct fup_pg *pg)
{
    int left = PQflush(pg->conn);

    return left >= 0 &&
           fup_pg_watch_for(pg,
                            left > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

bool fup_pg_pipeline_send(struct fup_pg *pg,
                          struct fup_pg_request *req,
                          const struct fup_pg_values *params)
{
    req->generation = 0;
    req->prepares = false;
    if (!send_statement(pg, req, params)) {
        return false; /* without its Sync it is rolled back */
    }
    fup_pg_queue_add(&pg->pending, req);
    if (PQpipelineSync(pg->conn) != 1 || !flush(pg)) {
        pg->broken = true; /* it may have gone out all the same */
    }
    return true;
}

/* What an error of @req says of its statement. */
static void slot_learn(struct fup_pg *pg,
                       const struct fup_pg_request *req,
                       const PGresult *res)
{
    struct fup_pg_slot *slot = slot_find(pg, req->statement);

    if (slot == NULL || req->generation != slot->generation) {
        return; /* unnamed, or prepared anew since */
    }
    if (req->prepares) {
        slot->state = FUP_PG_UNPREPARED;
    } else if (fup_pg_failure_is_stale(res)) {
        slot->state = FUP_PG_UNPREPARED;
        slot->generation++;
    }
}

static enum fup_code code_of(const PGresult *res, struct fup_err *err)
{
    const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);

    if (sqlstate == NULL) {
        err->code = FUP_OK;
        err->msg[0] = '\0';
        return FUP_OK;
    }
    if (fup_pg_failure_is_stale(res)) {
        return fup_pg_failure_set(err, FUP_EAWAY, res);
    }
    return fup_pg_failure_set(err, fup_pg_failure_code(sqlstate), res);
}

/* The first pending request is answered. The last act: its callback. */
static void finish(struct fup_pg *pg)
{
    struct fup_pg_request *req = fup_pg_queue_take(&pg->pending);
    PGresult *res = pg->answer;
    struct fup_pg_rows rows;
    struct fup_err err;
    enum fup_code code;

    pg->answer = NULL;
    code = code_of(res, &err);
    rows = (struct fup_pg_rows){.res = res, .n = PQntuples(res)};
    req->cb(req, code, code == FUP_OK ? &rows : NULL, &err);
    PQclear(res);
}

/* A success: of the Parse that went in front, or of the statement. */
static void take_success(struct fup_pg *pg, PGresult *res)
{
    struct fup_pg_request *req = pg->pending.first;
    struct fup_pg_slot *slot = slot_find(pg, req->statement);

    if (req->prepares) {
        req->prepares = false;
        slot->state = FUP_PG_PREPARED;
        PQclear(res);
        return;
    }
    PQclear(pg->answer);
    pg->answer = res;
}

/* An error wins over rows that came before it: the commit failed. */
static void take_error(struct fup_pg *pg, PGresult *res)
{
    slot_learn(pg, pg->pending.first, res);
    PQclear(pg->answer);
    pg->answer = res;
}

/* Take one result. False: the connection makes no sense any more. */
static bool take(struct fup_pg *pg, PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);
    bool goes_on = true;

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
        status == PGRES_EMPTY_QUERY) {
        take_success(pg, res);
    } else if (status == PGRES_FATAL_ERROR &&
               PQresultErrorField(res, PG_DIAG_SQLSTATE) != NULL) {
        take_error(pg, res);
    } else {
        /* Aborted: the error that did it has been taken. An error without
         * SQLSTATE is libpq's own: the end of the connection. And no statement
         * of ours copies. */
        goes_on =
            status == PGRES_PIPELINE_ABORTED || status == PGRES_PIPELINE_SYNC;
        PQclear(res);
    }
    if (status == PGRES_PIPELINE_SYNC) {
        if (pg->answer == NULL) {
            return false; /* a Sync without an answer: not our server */
        }
        finish(pg);
    }
    return goes_on;
}

/* Take all that has come. False: the connection is lost. */
static bool read_answers(struct fup_pg *pg)
{
    int ends = 0; /* in a row: one ends a statement, two are no news */

    while (pg->conn != NULL && pg->pending.first != NULL && ends < 2 &&
           PQisBusy(pg->conn) == 0) {
        PGresult *res = PQgetResult(pg->conn);

        if (res == NULL) {
            ends++;
            continue;
        }
        ends = 0;
        if (!take(pg, res)) {
            return false;
        }
    }
    return true;
}

void fup_pg_in_ready(struct fup_pg *pg, int events)
{
    bool alive = true;

    pg->heard_at = uv_now(pg->loop);
    pg->suspect = false;
    if ((events & UV_READABLE) != 0) {
        /* What came before the end still counts: read it in any case. */
        alive = PQconsumeInput(pg->conn) == 1;
        alive = read_answers(pg) && alive;
    }
    if (pg->conn == NULL) {
        return; /* a callback has closed the session */
    }
    if (!alive || pg->broken || !flush(pg)) {
        (void)fup_pg_failure_set_conn(&pg->err, FUP_EAWAY, pg->conn);
        fup_pg_lost(pg);
    }
}

/* What is known of the first pending request when no more will come. */
static enum fup_code code_when_lost(struct fup_pg *pg)
{
    const char *sqlstate = PQresultErrorField(pg->answer, PG_DIAG_SQLSTATE);

    return sqlstate != NULL && fup_pg_failure_proves(sqlstate)
               ? fup_pg_failure_code(sqlstate)
               : FUP_EUNKNOWN;
}

void fup_pg_pipeline_drop(struct fup_pg *pg)
{
    enum fup_code code = code_when_lost(pg);
    struct fup_pg_request *req;

    while ((req = fup_pg_queue_take(&pg->pending)) != NULL) {
        req->code = code;
        fup_pg_queue_add(&pg->posted, req);
        code = FUP_EUNKNOWN;
    }
    PQclear(pg->answer);
    pg->answer = NULL;
    pg->slots_n = 0;
}
