/* Sessions: their life, states and deadlines.
 *
 *    idle ──> resolving ──> connecting ──> ready
 *                 ^   │          │           │
 *                 │   v          v           │
 *                backoff <───────────────────┘      from each: closing
 *
 * The happy path: opening starts a timer, so that nothing is called back from
 * inside; hosts are looked up, libpq connects, requests are pipelined.
 *
 * Failures all end in fup_pg_lost(): the connection is dropped, requests under
 * way are posted with what is known of them, the timer brings the next attempt.
 * One timer carries the deadline of the state: connecting, silence, backoff.
 * A second one calls back posted requests from the loop, never from inside the
 * call that submitted them.
 *
 * Closing drops the connection, calls back, then closes the handles; whichever
 * close callback or lookup comes last frees the session. */

#include "pg/session.h"

#include <stdlib.h>
#include <string.h>

#include "impl.h"

#define TO(state) FUP_SM_TO(FUP_PG_##state)

static const struct fup_sm_state states[] = {
    [FUP_PG_IDLE] = {"idle", TO(RESOLVING) | TO(CLOSING)},
    [FUP_PG_RESOLVING] = {"resolving",
                          TO(CONNECTING) | TO(BACKOFF) | TO(CLOSING)},
    [FUP_PG_CONNECTING] = {"connecting", TO(READY) | TO(BACKOFF) | TO(CLOSING)},
    [FUP_PG_READY] = {"ready", TO(BACKOFF) | TO(CLOSING)},
    [FUP_PG_BACKOFF] = {"backoff", TO(RESOLVING) | TO(CLOSING)},
    [FUP_PG_CLOSING] = {"closing", 0},
};

#undef TO

enum {
    CONNECT_MS = 10000,
    ANSWER_MS = 30000,
    BACKOFF_MIN_MS = 100,
    BACKOFF_MAX_MS = 5000,
};

static void on_timer(uv_timer_t *timer);
static void on_post(uv_timer_t *timer);

/* The loop's idea of now may be old where someone was busy for long. */
static void timer_start(struct fup_pg *pg, uint64_t ms)
{
    uv_update_time(pg->loop);
    (void)uv_timer_start(&pg->timer, on_timer, ms, 0);
}

/* Not 0 ms: whoever submits again from each callback would keep the loop in its
 * timers for ever. */
static void post_start(struct fup_pg *pg)
{
    (void)uv_timer_start(&pg->post, on_post, 1, 0);
}

static void posted_call_back(struct fup_pg *pg)
{
    struct fup_pg_queue queue = pg->posted;
    struct fup_pg_request *req;
    struct fup_err err;

    /* What the callbacks post is for the next time. */
    pg->posted = (struct fup_pg_queue){0};
    while ((req = fup_pg_queue_take(&queue)) != NULL) {
        (void)fup_err_set(&err, req->code, "%s: %s", fup_err_text(req->code),
                          pg->err.msg);
        req->cb(req, req->code, NULL, &err);
    }
}

static void conn_drop(struct fup_pg *pg)
{
    fup_pg_watch_drop(pg);
    fup_pg_pipeline_drop(pg);
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg->broken = false;
    if (pg->posted.first != NULL) {
        post_start(pg);
    }
}

static void connect_start(struct fup_pg *pg)
{
    fup_sm_move(&pg->sm, FUP_PG_RESOLVING);
    timer_start(pg, pg->connect_ms);
    pg->places.n = 0;
    pg->looked_up = 0;
    fup_pg_resolve(pg);
}

void fup_pg_connected(struct fup_pg *pg)
{
    fup_sm_move(&pg->sm, FUP_PG_READY);
    (void)uv_timer_stop(&pg->timer);
    fup_backoff_reset(&pg->backoff);
    pg->suspect = false;
    if (pg->on_state != NULL) {
        pg->on_state(pg, true, NULL);
    }
}

void fup_pg_lost(struct fup_pg *pg)
{
    fup_sm_move(&pg->sm, FUP_PG_BACKOFF);
    fup_pg_lookup_drop(pg);
    conn_drop(pg);
    timer_start(pg, fup_backoff_next(&pg->backoff));
    if (pg->on_state != NULL) {
        pg->on_state(pg, false, &pg->err);
    }
}

static uint64_t silence_ms(const struct fup_pg *pg)
{
    /* The server's own limit comes first: its answer is definite. */
    return pg->answer_ms + pg->answer_ms / 4;
}

/* Something is pending and nothing was heard for a while, maybe only because
 * this process did not run: let the loop look at the socket once more. */
static void check_silence(struct fup_pg *pg)
{
    uint64_t silent_ms = uv_now(pg->loop) - pg->heard_at;

    if (pg->pending.first == NULL) {
        return;
    }
    if (silent_ms < silence_ms(pg)) {
        timer_start(pg, silence_ms(pg) - silent_ms);
    } else if (!pg->suspect) {
        pg->suspect = true;
        timer_start(pg, 1);
    } else {
        (void)fup_err_set(&pg->err, FUP_EAWAY, "no answer within %llu ms",
                          (unsigned long long)silence_ms(pg));
        fup_pg_lost(pg);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct fup_pg *pg = timer->data;

    switch (pg->sm.state) {
    case FUP_PG_IDLE:
    case FUP_PG_BACKOFF:
        connect_start(pg);
        break;
    case FUP_PG_RESOLVING:
    case FUP_PG_CONNECTING:
        pg->first++;
        (void)fup_err_set(&pg->err, FUP_EAWAY, "no connection within %llu ms",
                          (unsigned long long)pg->connect_ms);
        fup_pg_lost(pg);
        break;
    case FUP_PG_READY:
        check_silence(pg);
        break;
    default:
        break;
    }
}

void fup_pg_on_socket(struct fup_pg *pg, int events)
{
    if (pg->sm.state == FUP_PG_CONNECTING) {
        fup_pg_in_connecting(pg);
    } else {
        fup_pg_in_ready(pg, events);
    }
}

/* All handles are closed: nothing can happen any more but this. */
static void end(struct fup_pg *pg)
{
    void (*on_closed)(void *data) = pg->on_closed;
    void *data = pg->closed_data;

    while (pg->posted.first != NULL) {
        posted_call_back(pg);
    }
    fup_pg_target_done(&pg->target);
    free(pg->slots);
    free(pg->application);
    free(pg);
    on_closed(data);
}

void fup_pg_unhold(struct fup_pg *pg)
{
    if (--pg->held == 0) {
        end(pg);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    fup_pg_unhold(handle->data);
}

static void on_post(uv_timer_t *timer)
{
    struct fup_pg *pg = timer->data;

    if (pg->broken) {
        (void)fup_err_set(&pg->err, FUP_EAWAY, "connection lost in sending");
        fup_pg_lost(pg);
    }
    posted_call_back(pg);
    if (pg->posted.first != NULL) {
        post_start(pg);
    } else if (pg->sm.state == FUP_PG_CLOSING) {
        uv_close((uv_handle_t *)&pg->timer, on_handle_closed);
        uv_close((uv_handle_t *)&pg->post, on_handle_closed);
    }
}

enum fup_code fup_pg_check_conninfo(const char *conninfo, struct fup_err *err)
{
    struct fup_pg_target target;
    enum fup_code code = fup_pg_target_init(&target, conninfo, err);

    if (code == FUP_OK) {
        fup_pg_target_done(&target);
    }
    return code;
}

static void
init(struct fup_pg *pg, uv_loop_t *loop, const struct fup_pg_options *options)
{
    fup_sm_init(&pg->sm, states, FUP_PG_IDLE);
    pg->loop = loop;
    pg->connect_ms = options->connect_ms > 0 ? options->connect_ms : CONNECT_MS;
    pg->answer_ms = options->answer_ms > 0 ? options->answer_ms : ANSWER_MS;
    pg->on_state = options->on_state;
    pg->data = options->data;
    fup_backoff_init(&pg->backoff, BACKOFF_MIN_MS, BACKOFF_MAX_MS,
                     uv_hrtime() ^ (uintptr_t)pg);
    (void)fup_err_set(&pg->err, FUP_EAWAY, "not connected yet");
    (void)uv_timer_init(loop, &pg->timer);
    (void)uv_timer_init(loop, &pg->post);
    pg->timer.data = pg;
    pg->post.data = pg;
    pg->held = 2;
}

enum fup_code fup_pg_open(uv_loop_t *loop,
                          const struct fup_pg_options *options,
                          struct fup_pg **ret_pg,
                          struct fup_err *err)
{
    struct fup_pg *pg = calloc(1, sizeof *pg);
    enum fup_code code;

    if (pg == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    code = fup_pg_target_init(&pg->target, options->conninfo, err);
    if (code != FUP_OK) {
        free(pg);
        return code;
    }
    pg->application = strdup(options->application);
    if (pg->application == NULL) {
        fup_pg_target_done(&pg->target);
        free(pg);
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    init(pg, loop, options);
    timer_start(pg, 0);
    *ret_pg = pg;
    return FUP_OK;
}

void *fup_pg_data(const struct fup_pg *pg)
{
    return pg->data;
}

bool fup_pg_ready(const struct fup_pg *pg)
{
    return pg->sm.state == FUP_PG_READY && !pg->broken;
}

size_t fup_pg_pending(const struct fup_pg *pg)
{
    return pg->pending.n;
}

static void
post(struct fup_pg *pg, struct fup_pg_request *req, enum fup_code code)
{
    req->code = code;
    fup_pg_queue_add(&pg->posted, req);
    post_start(pg);
}

void fup_pg_submit(struct fup_pg *pg,
                   struct fup_pg_request *req,
                   const struct fup_statement *statement,
                   const char *const *params,
                   int n,
                   fup_pg_cb cb)
{
    const struct fup_pg_values values = {params, NULL, n};

    fup_pg_submit_binary(pg, req, statement, &values, cb);
}

void fup_pg_submit_binary(struct fup_pg *pg,
                          struct fup_pg_request *req,
                          const struct fup_statement *statement,
                          const struct fup_pg_values *params,
                          fup_pg_cb cb)
{
    bool first = pg->pending.first == NULL;

    req->cb = cb;
    req->statement = statement;
    if (!fup_pg_ready(pg)) {
        post(pg, req, pg->sm.state == FUP_PG_CLOSING ? FUP_ECLOSED : FUP_EAWAY);
        return;
    }
    if (!fup_pg_pipeline_send(pg, req, params)) {
        pg->broken = true;
        post(pg, req, FUP_EAWAY);
    }
    if (pg->broken) {
        post_start(pg);
    } else if (first) {
        timer_start(pg, silence_ms(pg));
        pg->heard_at = uv_now(pg->loop);
        pg->suspect = false;
    }
}

void fup_pg_close(struct fup_pg *pg, void (*on_closed)(void *data), void *data)
{
    fup_sm_move(&pg->sm, FUP_PG_CLOSING);
    pg->on_closed = on_closed;
    pg->closed_data = data;
    (void)fup_err_set(&pg->err, FUP_ECLOSED, "the session was closed");
    (void)uv_timer_stop(&pg->timer);
    fup_pg_lookup_drop(pg);
    conn_drop(pg);
    post_start(pg);
}
