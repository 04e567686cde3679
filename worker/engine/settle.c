/* The second half of a turn: what was decided is applied in one transaction,
 * and the timers in Redis become what PostgreSQL says.
 *
 * A decision that does not hold any more is judged again in the next turn.
 * When Redis fails, the timers are wrong, and rebuilt. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/point.h"
#include "internal.h"
#include "pg/statements.h"

/* The columns of apply.sql. */
enum {
    COL_ORD,
    COL_RESULT,
    COL_ENROLLMENT,
    COL_SEQ,
    COL_AT,
    COL_WITHDREW,
    COL_WITHDREW_CHANNEL,
};

/* --- apply -----------------------------------------------------------------
 */

static void said(const struct fup_part *part, const struct fup_verdict *v)
{
    const struct fup_ledger_row *row = v->row;

    if (row != NULL) {
        FUP_ENGINE_LOG(
            part->engine, INFO, row->event,
            "partition=%d enrollment=%lld tenant=\"%.64s\" "
            "conversation=\"%.64s\" step=%d reason=%s",
            part->id, (long long)v->enrollment, v->tenant, v->conversation,
            row->step,
            row->reason != NULL && row->reason[0] != '\0' ? row->reason : "-");
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

/* What the ledger says besides what was known. Its texts are those of @rows:
 * they are gone after the callback. */
static void
complete(struct fup_ledger_row *to, const struct fup_pg_rows *rows, int row)
{
    to->seq = fup_pg_int(rows, row, COL_SEQ, 0);
    to->at = fup_pg_int(rows, row, COL_AT, FUP_TIME_NONE);
    to->withdrew = fup_pg_int(rows, row, COL_WITHDREW, 0);
    to->withdrew_channel = fup_pg_text(rows, row, COL_WITHDREW_CHANNEL);
    to->withdrew_status = to->withdrew != 0 ? "withdrawn" : NULL;
}

/* One row of the result. Whatever did not hold is judged again. */
static enum fup_code
take_result(struct fup_part *part, const struct fup_pg_rows *rows, int row)
{
    struct fup_turn *t = &part->turn;
    int64_t ord = fup_pg_int(rows, row, COL_ORD, -1);
    struct fup_verdict *v;

    if (ord < 0 || (size_t)ord >= t->done.n) {
        return FUP_OK;
    }
    v = &t->done.items[ord];
    if (strcmp(fup_pg_text(rows, row, COL_RESULT), "done") != 0) {
        v->enrollment = 0; /* its timer waits for the next verdict */
        return fup_work_add_key(&t->again, v->tenant, v->conversation);
    }
    v->enrollment = fup_pg_int(rows, row, COL_ENROLLMENT, 0);
    if (v->row != NULL) {
        complete(v->row, rows, row);
    }
    said(part, v);
    answer(part, v);
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
    FUP_POINT("applied");
    for (int i = 0; code == FUP_OK && i < rows->n; i++) {
        code = take_result(part, rows, i);
    }
    if (code != FUP_OK) {
        fup_turn_fail(part, code, err);
        return;
    }
    fup_relay_take(part, &part->turn.done);
    fup_turn_settle(part);
}

void fup_turn_apply(struct fup_part *part)
{
    struct fup_turn *t = &part->turn;
    char partition[16];
    char epoch[24];
    const char *params[] = {partition, epoch, t->seen, t->decisions.data};
    const int lengths[] = {0, 0, 0, (int)t->decisions.len};
    const struct fup_pg_values values = {params, lengths, 4};

    (void)snprintf(partition, sizeof partition, "%d", part->id);
    (void)snprintf(epoch, sizeof epoch, "%lld", (long long)part->epoch);
    FUP_POINT("judged");
    fup_sm_move(&t->sm, FUP_TURN_APPLYING);
    part->refs++;
    t->apply_req.data = part;
    fup_pg_submit_binary(part->pg, &t->apply_req, &fup_sql_apply, &values,
                         on_applied);
    FUP_POINT("apply_sent");
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
    FUP_POINT("settled");
    if (--part->turn.awaited == 0) {
        fup_turn_finish(part); /* only now are its changes done with */
    }
}

/* A timer of this turn that is due before the next claim brings it forward. */
static void wake_for(struct fup_part *part, int64_t timer_ms)
{
    int64_t at_ms = timer_ms - FUP_LEAD_MS - part->clock_ms;

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

static bool was_claimed(const struct fup_turn *t, int64_t id)
{
    for (size_t i = 0; i < t->n_ids; i++) {
        if (t->todo.ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* A timer that Redis called due and PostgreSQL does not: their clocks differ.
 * It comes again when the rest of its time has passed by Redis' clock. */
static int64_t due_by_redis(const struct fup_part *part,
                            const struct fup_verdict *v)
{
    const struct fup_turn *t = &part->turn;
    int64_t ahead_ms = v->due_ms - t->now_ms;

    if (v->due_ms == FUP_QUEUE_NEVER || v->ord >= 0 || ahead_ms <= 0 ||
        !was_claimed(t, v->enrollment)) {
        return v->due_ms;
    }
    return (int64_t)uv_now(part->engine->loop) + part->clock_ms + ahead_ms;
}

/* A late message that has to wait for its turn comes again at its place. One
 * that was not claimed has its place, or gets one when it is. */
static int64_t place_ms(const struct fup_part *part,
                        const struct fup_verdict *v)
{
    const struct fup_engine *engine = part->engine;
    int64_t now_ms = (int64_t)uv_now(engine->loop);
    size_t nth = (size_t)(v->pace - part->paces);
    int64_t wait_ms = fup_pace_place(v->pace, now_ms);

    if (v->pace->held == 1 && nth < engine->o.n_channels) {
        FUP_ENGINE_LOG(engine, INFO, "catching_up",
                       "partition=%d channel=\"%.32s\" per_minute=%zu",
                       part->id, engine->o.channels[nth].channel,
                       engine->o.channels[nth].catch_up);
    }
    return now_ms + part->clock_ms + wait_ms;
}

static bool stays(const struct fup_turn *t, const struct fup_verdict *v)
{
    return v->pace != NULL && v->row == NULL && !was_claimed(t, v->enrollment);
}

/* What the timers are to be. Claimed ones without a verdict are let go of,
 * unless something is judged again: then their lease brings them back. */
static size_t collect(struct fup_part *part, struct fup_queue_timer *timers)
{
    struct fup_turn *t = &part->turn;
    size_t n = 0;

    for (size_t i = 0; i < t->done.n; i++) {
        const struct fup_verdict *v = &t->done.items[i];

        if (v->enrollment != 0 && !stays(t, v)) {
            int64_t due_ms =
                v->pace != NULL ? place_ms(part, v) : due_by_redis(part, v);

            timers[n++] = (struct fup_queue_timer){v->enrollment, due_ms};
            wake_for(part, due_ms);
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

void fup_turn_settle(struct fup_part *part)
{
    struct fup_engine *engine = part->engine;
    struct fup_turn *t = &part->turn;
    struct fup_queue_timer *timers;
    struct fup_queue queue;
    size_t n;

    fup_sm_move(&t->sm, FUP_TURN_SETTLING);
    if (!engine->redis_ok || !fup_redis_ready(engine->redis)) {
        part->rebuild.wanted = true;
        fup_turn_finish(part);
        return;
    }
    timers = calloc(t->done.n + t->n_ids + 1, sizeof *timers);
    if (timers == NULL) {
        part->rebuild.wanted = true;
        fup_turn_finish(part);
        return;
    }
    n = collect(part, timers);
    if (n == 0) {
        free(timers);
        fup_turn_finish(part);
        return;
    }
    fup_part_queue(part, &queue);
    t->awaited = 0;
    for (size_t at = 0; at < n; at += FUP_QUEUE_BATCH_MAX) {
        size_t rest = n - at;

        part->refs++;
        t->awaited++;
        fup_queue_settle(&queue, timers + at,
                         rest < FUP_QUEUE_BATCH_MAX ? rest
                                                    : FUP_QUEUE_BATCH_MAX,
                         on_settled, part);
    }
    free(timers);
    FUP_POINT("settle_sent");
}
