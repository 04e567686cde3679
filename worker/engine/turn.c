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

#include "core/point.h"
#include "internal.h"
#include "load.h"
#include "pg/array.h"
#include "pg/binary.h"
#include "pg/statements.h"

#define DECISIONS_MAX (64u << 20)
#define ARRAY_MAX     (4u << 20)
#define LIMIT_MAX     1000 /* of conversations, and of timers, in a turn */

#define TO(state) FUP_SM_TO(FUP_TURN_##state)
static const struct fup_sm_state states[] = {
    [FUP_TURN_IDLE] = {"idle", TO(GATHERING)},
    [FUP_TURN_GATHERING] = {"gathering", TO(LOADING) | TO(IDLE)},
    [FUP_TURN_LOADING] = {"loading", TO(APPLYING) | TO(SETTLING) | TO(IDLE)},
    [FUP_TURN_APPLYING] = {"applying", TO(SETTLING) | TO(IDLE)},
    [FUP_TURN_SETTLING] = {"settling", TO(IDLE)},
};
#undef TO

static void load(struct fup_part *part);

void fup_turn_init(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;

    fup_sm_init(&t->sm, states, FUP_TURN_IDLE);
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
    return part->turn.sm.state == FUP_TURN_IDLE && !part->turn.saving;
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
    FUP_ENGINE_LOG(part->engine, ERROR, "left_out",
                   "partition=%d conversation=\"%.64s\" enrollment=%lld "
                   "why=\"%s\"",
                   part->id, t->n_keys == 1 ? t->todo.keys[0].conversation : "",
                   t->n_ids == 1 ? (long long)t->todo.ids[0] : 0LL, err->msg);
    fup_work_drop(&t->todo, t->n_keys, t->n_ids);
}

/* What was to be judged is kept and tried again, in smaller portions. Said
 * once; that a server is away, the engine says. */
void fup_turn_fail(struct fup_part *part,
                   enum fup_code code,
                   const struct fup_err *err)
{
    struct fup_engine *engine = part->engine;
    struct fup_turn *t = &part->turn;

    if (code == FUP_EFENCED) {
        fup_part_close(part);
        return;
    }
    fup_log(engine->o.log,
            t->backoff.attempts == 0 && !fup_err_may_retry(code)
                ? FUP_LOG_ERROR
                : FUP_LOG_DEBUG,
            "turn_failed", "partition=%d state=%s why=\"%s\"", part->id,
            fup_sm_name(&t->sm),
            err != NULL && err->msg[0] != '\0' ? err->msg : fup_err_text(code));
    if (code == FUP_EREFUSED && err != NULL && fup_pg_err_is_data(err) &&
        t->n_keys + t->n_ids > 0) {
        narrow_down(part, err);
    } else {
        t->limit = t->limit > 1 ? t->limit / 2 : 1;
        t->not_before_ms = uv_now(engine->loop) + fup_backoff_next(&t->backoff);
        if (t->n_keys + t->n_ids == 1) {
            fup_work_rotate(&t->todo, t->n_keys, t->n_ids);
        }
    }
    fup_verdicts_clear(&t->done);
    fup_sm_move(&t->sm, FUP_TURN_IDLE);
    fup_part_arm(part);
}

void fup_turn_finish(struct fup_part *part)
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
    fup_sm_move(&t->sm, FUP_TURN_IDLE);
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
        fup_turn_fail(part, t->failed, &t->err);
        return;
    }
    t->n_keys = t->todo.n_keys < t->limit ? t->todo.n_keys : t->limit;
    t->n_ids = t->todo.n_ids < t->limit ? t->todo.n_ids : t->limit;
    if (t->limit == 1 && t->n_keys == 1) {
        t->n_ids = 0;
    }
    if (t->n_keys == 0 && t->n_ids == 0) {
        fup_turn_finish(part);
        return;
    }
    fup_sm_move(&t->sm, FUP_TURN_LOADING);
    load(part);
}

void fup_turn_start(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;

    if (t->sm.state != FUP_TURN_IDLE || part->closing) {
        return;
    }
    if (!fup_engine_may_act(part->engine) ||
        uv_now(part->engine->loop) < t->not_before_ms) {
        fup_part_arm(part);
        return;
    }
    t->failed = FUP_OK;
    fup_sm_move(&t->sm, FUP_TURN_GATHERING);
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
        fup_turn_fail(part, code, err);
        return;
    }
    fup_versions_read(part->engine, rows);
    load(part);
}

/* Whether versions have to be read first. */
static enum fup_code read_versions(struct fup_part *part,
                                   const struct fup_pg_rows *rows,
                                   bool *ret_missing)
{
    struct fup_buf ids;
    const char *params[1];
    enum fup_code code;

    fup_buf_init(&ids, ARRAY_MAX);
    *ret_missing = missing_versions(part->engine, rows, &ids) > 0;
    code = ids.failed;
    if (*ret_missing && code == FUP_OK) {
        params[0] = fup_buf_text(&ids);
        part->refs++;
        fup_pg_submit(part->pg, &part->turn.load_req, &fup_sql_version_get,
                      params, 1, on_versions);
    }
    fup_buf_done(&ids);
    return code;
}

static void on_loaded(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_part *part = req->data;
    bool missing = false;

    if (!fup_part_answered(part)) {
        return;
    }
    if (code == FUP_OK) {
        code = read_versions(part, rows, &missing);
    }
    if (code == FUP_OK && missing) {
        return;
    }
    FUP_POINT("loaded");
    if (code == FUP_OK) {
        code = fup_turn_judge(part, rows);
    }
    if (code != FUP_OK) {
        fup_turn_fail(part, code, err);
        return;
    }
    if (fup_pg_rows_n(&part->turn.decisions) > 0) {
        fup_turn_apply(part);
        return;
    }
    fup_turn_settle(part);
}

/* Arrays of: enrollments whose timer is due, tenants, conversations. */
static enum fup_code write_todo(const struct fup_turn *t,
                                struct fup_buf arrays[3])
{
    enum fup_code code = FUP_OK;

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
        code = code == FUP_OK ? arrays[i].failed : code;
    }
    return code;
}

static void load(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;
    struct fup_buf arrays[3];
    char partition[16];
    char span[24];
    const char *params[5] = {partition};
    enum fup_code code = write_todo(t, arrays);

    if (code == FUP_OK) {
        (void)snprintf(partition, sizeof partition, "%d", part->id);
        (void)snprintf(span, sizeof span, "%lld",
                       (long long)fup_versions_cap_s(&part->engine->versions));
        for (int i = 0; i < 3; i++) {
            params[i + 1] = fup_buf_text(&arrays[i]);
        }
        params[4] = span;
        part->refs++;
        t->load_req.data = part;
        fup_pg_submit(part->pg, &t->load_req, &fup_sql_load, params, 5,
                      on_loaded);
    } else {
        fup_turn_fail(part, code, NULL);
    }
    for (int i = 0; i < 3; i++) {
        fup_buf_done(&arrays[i]);
    }
}
