/* A turn: everything that happens to conversations happens here.
 *
 *   gather   changes of a page, timers that are due
 *   load     facts, enrollments, commands of these conversations; one snapshot
 *   judge    pure; in the callback, while the rows are there
 *   apply    one transaction: compare-and-set, ledger, answers
 *   settle   the timers in Redis become what PostgreSQL says
 *
 * A conversation that changed between load and apply is judged again in the
 * next turn. A failure of PostgreSQL keeps what was to be judged, and the turn
 * is tried again after a pause: when the outcome of the transaction is not
 * known, loading anew shows it. A failure of Redis in settle makes the timers
 * wrong; they are rebuilt. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "internal.h"
#include "load.h"
#include "pg/array.h"
#include "pg/statements.h"

#define DECISIONS_MAX (64u << 20)
#define ARRAY_MAX     (4u << 20)
#define LIMIT_MAX     1000 /* of conversations, and of timers, in a turn */

enum { TURN_IDLE, TURN_GATHERING, TURN_LOADING, TURN_APPLYING, TURN_SETTLING };

#define TO(state) FUP_SM_TO(TURN_##state)
static const struct fup_sm_state states[] = {
    [TURN_IDLE] = {"idle", TO(GATHERING)},
    [TURN_GATHERING] = {"gathering", TO(LOADING) | TO(IDLE)},
    [TURN_LOADING] = {"loading", TO(APPLYING) | TO(SETTLING) | TO(IDLE)},
    [TURN_APPLYING] = {"applying", TO(SETTLING) | TO(IDLE)},
    [TURN_SETTLING] = {"settling", TO(IDLE)},
};
#undef TO

static void load(struct fup_part *part);
static void settle(struct fup_part *part);

void fup_turn_init(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;

    fup_sm_init(&t->sm, states, TURN_IDLE);
    t->limit = LIMIT_MAX;
    fup_buf_init(&t->decisions, DECISIONS_MAX);
    fup_backoff_init(&t->backoff, 100, 5000, (uint64_t)part->id + 1);
}

void fup_turn_done(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;

    fup_work_done(&t->todo);
    fup_work_done(&t->again);
    fup_verdicts_done(&t->done);
    fup_buf_done(&t->decisions);
    free(t->seen);
    t->seen = NULL;
}

bool fup_turn_idle(const struct fup_part *part)
{
    return part->turn.sm.state == TURN_IDLE && !part->turn.saving;
}

/* --- ends ------------------------------------------------------------------
 */

/* PostgreSQL refused values of this portion: halve it, at once, until the one
 * conversation or timer is found that they belong to. That one is left out, so
 * that the others go on; it is judged again when it changes, or when its lease
 * or its timer runs out. */
static void narrow_down(struct fup_part *part, const struct fup_err *err)
{
    struct fup_turn *t = &part->turn;
    size_t n = t->n_keys + t->n_ids;

    t->limit = n > 1 ? n / 2 : 1;
    if (n != 1) {
        return;
    }
    fup_engine_log(part->engine, ERROR, "left_out",
                   "partition=%d conversation=\"%.64s\" enrollment=%lld "
                   "why=\"%s\"",
                   part->id, t->n_keys == 1 ? t->todo.keys[0].conversation : "",
                   t->n_ids == 1 ? (long long)t->todo.ids[0] : 0LL, err->msg);
    fup_work_drop(&t->todo, t->n_keys, t->n_ids);
}

/* What was to be judged is kept and tried again, in smaller portions. Said
 * once; that a server is away, the engine says. */
static void
fail(struct fup_part *part, enum fup_code code, const struct fup_err *err)
{
    struct fup_engine *engine = part->engine;
    struct fup_turn *t = &part->turn;

    if (code == FUP_EFENCED) {
        fup_part_close(part);
        return;
    }
    if (t->backoff.attempts == 0 &&
        (code == FUP_EREFUSED || code == FUP_ENOMEM)) {
        fup_engine_log(engine, ERROR, "turn_failed",
                       "partition=%d state=%s why=\"%s\"", part->id,
                       fup_sm_name(&t->sm),
                       err != NULL ? err->msg : fup_err_text(code));
    }
    if (code == FUP_EREFUSED && err != NULL && fup_pg_err_is_data(err) &&
        t->n_keys + t->n_ids > 0) {
        narrow_down(part, err);
    } else {
        t->limit = t->limit > 1 ? t->limit / 2 : 1;
        t->not_before_ms = uv_now(engine->loop) + fup_backoff_next(&t->backoff);
    }
    fup_verdicts_clear(&t->done);
    fup_sm_move(&t->sm, TURN_IDLE);
    fup_part_arm(part);
}

static void finish(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;

    fup_work_drop(&t->todo, t->n_keys, t->n_ids);
    if (fup_work_move_keys(&t->again, &t->todo) != FUP_OK) {
        fup_part_close(part); /* opened anew, from what is saved */
        return;
    }
    t->limit = t->limit * 2 < LIMIT_MAX ? t->limit * 2 : LIMIT_MAX;
    fup_verdicts_clear(&t->done);
    fup_backoff_reset(&t->backoff);
    fup_sm_move(&t->sm, TURN_IDLE);
    fup_capture_advance(part);
    fup_relay_kick(part);
    fup_part_arm(part);
}

/* --- gather ----------------------------------------------------------------
 */

void fup_turn_note(struct fup_part *part,
                   enum fup_code code,
                   const struct fup_err *err)
{
    struct fup_turn *t = &part->turn;

    t->failed = code;
    t->err = err != NULL ? *err : (struct fup_err){.code = code};
}

void fup_turn_gathered(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;

    if (t->failed != FUP_OK) {
        t->n_keys = 0;
        t->n_ids = 0;
        fail(part, t->failed, &t->err);
        return;
    }
    t->n_keys = t->todo.n_keys < t->limit ? t->todo.n_keys : t->limit;
    t->n_ids = t->todo.n_ids < t->limit ? t->todo.n_ids : t->limit;
    if (t->limit == 1 && t->n_keys == 1) {
        t->n_ids = 0;
    }
    if (t->n_keys == 0 && t->n_ids == 0) {
        finish(part);
        return;
    }
    fup_sm_move(&t->sm, TURN_LOADING);
    load(part);
}

void fup_turn_start(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;

    if (t->sm.state != TURN_IDLE || part->closing) {
        return;
    }
    if (!fup_engine_may_act(part->engine) ||
        uv_now(part->engine->loop) < t->not_before_ms) {
        fup_part_arm(part);
        return;
    }
    t->failed = FUP_OK;
    fup_sm_move(&t->sm, TURN_GATHERING);
    fup_gather(part);
}

/* --- load ------------------------------------------------------------------
 */

/* Versions that the rows name and that are not known, as an array. */
static int missing_versions(const struct fup_engine *engine,
                            const struct fup_pg_rows *rows,
                            struct fup_buf *ids)
{
    int n = 0;

    fup_pg_array_begin(ids);
    for (int i = 0; i < rows->n; i++) {
        int64_t id = fup_load_version(rows, i);

        if (id != 0 && fup_versions_find(&engine->versions, id) == NULL) {
            fup_pg_array_int(ids, id);
            n++;
        }
    }
    fup_pg_array_end(ids);
    return n;
}

static void on_versions(struct fup_pg_request *req,
                        enum fup_code code,
                        const struct fup_pg_rows *rows,
                        const struct fup_err *err)
{
    struct fup_part *part = req->data;

    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        fail(part, code, err);
        return;
    }
    fup_versions_read(part->engine, rows);
    load(part);
}

/* True when versions have to be read first. */
static bool read_versions(struct fup_part *part, const struct fup_pg_rows *rows)
{
    struct fup_buf ids;
    const char *params[1];
    bool missing;

    fup_buf_init(&ids, ARRAY_MAX);
    missing = missing_versions(part->engine, rows, &ids) > 0;
    if (missing) {
        params[0] = fup_buf_text(&ids);
        part->refs++;
        fup_pg_submit(part->engine->pg, &part->turn.load_req,
                      &fup_sql_version_get, params, 1, on_versions);
    }
    fup_buf_done(&ids);
    return missing;
}

static void judge_env(const struct fup_part *part, struct fup_judge_env *env)
{
    const struct fup_engine *engine = part->engine;

    *env = (struct fup_judge_env){
        .plan = {.zones = engine->zones,
                 .channels = engine->o.channels,
                 .n_channels = engine->o.n_channels},
        .current = engine->versions.current,
        .n_current = engine->versions.n_current,
        .since_at = engine->since_at,
        .tag = engine->tag,
        .partition = part->id,
    };
}

/* Timers are scored in ms, never before the instant. */
static int64_t due_ms(const struct fup_decision *d)
{
    if (d->outcome != NULL || d->run.due_at == FUP_TIME_NONE ||
        d->run.due_at == FUP_TIME_NEVER) {
        return FUP_QUEUE_NEVER;
    }
    return (d->run.due_at + FUP_US_PER_MS - 1) / FUP_US_PER_MS;
}

static enum fup_code note_verdict(struct fup_part *part,
                                  const struct fup_case *c,
                                  const struct fup_decision *d)
{
    struct fup_turn *t = &part->turn;
    struct fup_verdict *v =
        fup_verdicts_add(&t->done, c->tenant, c->conversation);

    if (v == NULL) {
        return FUP_ENOMEM;
    }
    v->enrollment = c->enrollment;
    v->due_ms =
        c->outcome != NULL && d->event == NULL ? FUP_QUEUE_NEVER : due_ms(d);
    v->event = d->event;
    v->reason = d->reason;
    v->step = d->step;
    v->more = c->order.seq != 0 ||
              (d->outcome != NULL && strcmp(d->outcome, "replied") == 0);
    if (c->order.request_id != NULL && d->order_status != NULL) {
        v->request_id = strdup(c->order.request_id);
        v->answer = strdup(fup_buf_text(&d->answer));
        if (v->request_id == NULL || v->answer == NULL) {
            return FUP_ENOMEM;
        }
    }
    if (d->event != NULL || d->order_status != NULL) {
        v->ord = (int)t->done.n - 1;
        fup_decision_write(c, d, v->ord, &t->decisions);
    }
    return t->decisions.failed;
}

/* A version that cannot be read any more must not stop the others: the
 * enrollment rests, and the log has said why. */
static enum fup_code judge_row(struct fup_part *part,
                               struct fup_judge_env *env,
                               const struct fup_pg_rows *rows,
                               int row)
{
    char zones[FUP_ZONES_TEXT];
    struct fup_case c;
    struct fup_decision d;
    enum fup_code code;

    fup_load_case(rows, row, zones, &c);
    if (c.version != 0) {
        env->version = fup_versions_find(&part->engine->versions, c.version);
        if (env->version == NULL) {
            return FUP_OK;
        }
    }
    fup_decision_init(&d);
    code = fup_judge(env, &c, &d);
    if (code == FUP_OK) {
        code = note_verdict(part, &c, &d);
    }
    fup_decision_done(&d);
    return code;
}

static enum fup_code judge_all(struct fup_part *part,
                               const struct fup_pg_rows *rows)
{
    struct fup_turn *t = &part->turn;
    struct fup_judge_env env;
    enum fup_code code = FUP_OK;

    judge_env(part, &env);
    fup_verdicts_clear(&t->done);
    fup_buf_clear(&t->decisions);
    fup_json_begin(&t->decisions, '[');
    for (int i = 0; code == FUP_OK && i < rows->n; i++) {
        code = judge_row(part, &env, rows, i);
    }
    fup_json_end(&t->decisions, ']');
    free(t->seen);
    t->seen = NULL;
    if (rows->n > 0) {
        t->seen = strdup(fup_load_snapshot(rows));
        code = t->seen == NULL ? FUP_ENOMEM : code;
    }
    return code;
}

static void on_applied(struct fup_pg_request *req,
                       enum fup_code code,
                       const struct fup_pg_rows *rows,
                       const struct fup_err *err);

static void apply(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;
    char partition[16];
    char epoch[24];
    const char *params[] = {partition, epoch, t->seen,
                            fup_buf_text(&t->decisions)};

    (void)snprintf(partition, sizeof partition, "%d", part->id);
    (void)snprintf(epoch, sizeof epoch, "%lld", (long long)part->epoch);
    fup_sm_move(&t->sm, TURN_APPLYING);
    part->refs++;
    t->apply_req.data = part;
    fup_pg_submit(part->engine->pg, &t->apply_req, &fup_sql_apply, params, 4,
                  on_applied);
}

static void on_loaded(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_part *part = req->data;

    if (!fup_part_answered(part)) {
        return;
    }
    if (code == FUP_OK && read_versions(part, rows)) {
        return;
    }
    if (code == FUP_OK) {
        code = judge_all(part, rows);
    }
    if (code != FUP_OK) {
        fail(part, code, err);
        return;
    }
    if (part->turn.decisions.len > 2) {
        apply(part);
        return;
    }
    fup_sm_move(&part->turn.sm, TURN_SETTLING);
    settle(part);
}

static void load(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;
    struct fup_buf arrays[3];
    char partition[16];
    const char *params[4] = {partition};

    (void)snprintf(partition, sizeof partition, "%d", part->id);
    for (int i = 0; i < 3; i++) {
        fup_buf_init(&arrays[i], ARRAY_MAX);
        fup_pg_array_begin(&arrays[i]);
    }
    for (size_t i = 0; i < t->n_ids; i++) {
        fup_pg_array_int(&arrays[0], t->todo.ids[i]);
    }
    for (size_t i = 0; i < t->n_keys; i++) {
        fup_pg_array_text(&arrays[1], t->todo.keys[i].tenant);
        fup_pg_array_text(&arrays[2], t->todo.keys[i].conversation);
    }
    for (int i = 0; i < 3; i++) {
        fup_pg_array_end(&arrays[i]);
        params[i + 1] = fup_buf_text(&arrays[i]);
    }
    part->refs++;
    t->load_req.data = part;
    fup_pg_submit(part->engine->pg, &t->load_req, &fup_sql_load, params, 4,
                  on_loaded);
    for (int i = 0; i < 3; i++) {
        fup_buf_done(&arrays[i]);
    }
}

/* --- apply -----------------------------------------------------------------
 */

static void said(const struct fup_part *part, const struct fup_verdict *v)
{
    if (v->event != NULL) {
        fup_engine_log(part->engine, INFO, v->event,
                       "partition=%d enrollment=%lld tenant=\"%.64s\" "
                       "conversation=\"%.64s\" step=%d reason=%s",
                       part->id, (long long)v->enrollment, v->tenant,
                       v->conversation, v->step,
                       v->reason != NULL && v->reason[0] != '\0' ? v->reason
                                                                 : "-");
    }
}

static void answer(const struct fup_part *part, const struct fup_verdict *v)
{
    struct fup_engine *engine = part->engine;

    if (v->request_id != NULL) {
        fup_queue_answer(engine->redis, engine->o.prefix, v->request_id,
                         v->answer,
                         /* cb= */ NULL,
                         /* data= */ NULL);
    }
}

/* One row of the result. Whatever did not hold is judged again. */
static enum fup_code
take_result(struct fup_part *part, const struct fup_pg_rows *rows, int row)
{
    struct fup_turn *t = &part->turn;
    int64_t ord = fup_pg_int(rows, row, 0, -1);
    struct fup_verdict *v;

    if (ord < 0 || (size_t)ord >= t->done.n) {
        return FUP_OK;
    }
    v = &t->done.items[ord];
    if (strcmp(fup_pg_text(rows, row, 1), "done") != 0) {
        v->enrollment = 0; /* its timer waits for the next verdict */
        return fup_work_add_key(&t->again, v->tenant, v->conversation);
    }
    v->enrollment = fup_pg_int(rows, row, 2, 0);
    if (v->event != NULL) {
        v->due_ms = fup_pg_int(rows, row, 3, FUP_QUEUE_NEVER);
    }
    said(part, v);
    answer(part, v);
    part->relay.wanted = true;
    return v->more ? fup_work_add_key(&t->again, v->tenant, v->conversation)
                   : FUP_OK;
}

static void on_applied(struct fup_pg_request *req,
                       enum fup_code code,
                       const struct fup_pg_rows *rows,
                       const struct fup_err *err)
{
    struct fup_part *part = req->data;

    if (!fup_part_answered(part)) {
        return;
    }
    for (int i = 0; code == FUP_OK && i < rows->n; i++) {
        code = take_result(part, rows, i);
    }
    if (code != FUP_OK) {
        fail(part, code, err);
        return;
    }
    fup_relay_kick(part);
    fup_sm_move(&part->turn.sm, TURN_SETTLING);
    settle(part);
}

/* --- settle ----------------------------------------------------------------
 */

static void
on_settled(void *data, enum fup_code code, const struct fup_err *err)
{
    struct fup_part *part = data;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code == FUP_EFENCED) {
        fup_part_close(part);
        return;
    }
    if (code != FUP_OK) {
        part->rebuild.wanted = true;
    }
    finish(part);
}

/* A timer of this turn that is due before the next claim brings it forward. */
static void wake_for(struct fup_part *part, int64_t timer_ms)
{
    int64_t at_ms = timer_ms - part->clock_ms;

    if (timer_ms != FUP_QUEUE_NEVER && at_ms < (int64_t)part->next_claim_ms) {
        part->next_claim_ms = at_ms > 0 ? (uint64_t)at_ms : 0;
    }
}

/* Claimed timers that belong to no verdict: of enrollments that are gone or
 * that a newer one has taken the place of. */
static bool has_verdict(const struct fup_turn *t, int64_t id)
{
    for (size_t i = 0; i < t->done.n; i++) {
        if (t->done.items[i].enrollment == id) {
            return true;
        }
    }
    return false;
}

/* What the timers are to be. Claimed ones without a verdict are let go of,
 * unless something is judged again: then their lease brings them back. */
static size_t collect(struct fup_part *part, struct fup_queue_timer *timers)
{
    struct fup_turn *t = &part->turn;
    size_t n = 0;

    for (size_t i = 0; i < t->done.n; i++) {
        const struct fup_verdict *v = &t->done.items[i];

        if (v->enrollment != 0) {
            timers[n++] = (struct fup_queue_timer){v->enrollment, v->due_ms};
            wake_for(part, v->due_ms);
        }
    }
    for (size_t i = 0; t->again.n_keys == 0 && i < t->n_ids; i++) {
        if (!has_verdict(t, t->todo.ids[i])) {
            timers[n++] =
                (struct fup_queue_timer){t->todo.ids[i], FUP_QUEUE_NEVER};
        }
    }
    return n;
}

static void settle(struct fup_part *part)
{
    struct fup_engine *engine = part->engine;
    struct fup_turn *t = &part->turn;
    struct fup_queue_timer *timers;
    struct fup_queue queue;
    size_t n;

    if (!engine->redis_ok || !fup_redis_ready(engine->redis)) {
        part->rebuild.wanted = true;
        finish(part);
        return;
    }
    timers = calloc(t->done.n + t->n_ids + 1, sizeof *timers);
    if (timers == NULL) {
        part->rebuild.wanted = true;
        finish(part);
        return;
    }
    n = collect(part, timers);
    if (n == 0) {
        free(timers);
        finish(part);
        return;
    }
    fup_part_queue(part, &queue);
    part->refs++;
    fup_queue_settle(&queue, timers, n, on_settled, part);
    free(timers);
}
