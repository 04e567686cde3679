/* A partition that this worker owns: one wake-up timer, and what happens at
 * it. Everything under way holds a reference; a partition that is closing is
 * freed by whoever returns the last one. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "pg/statements.h"

static void on_wake(uv_timer_t *timer)
{
    fup_turn_start(timer->data);
}

static void part_free(struct fup_part *part)
{
    struct fup_engine *engine = part->engine;

    engine->parts[part->id] = NULL;
    fup_turn_done(part);
    fup_capture_done(part);
    fup_relay_done(part);
    free(part);
    fup_engine_handle_closed(engine);
}

static void free_if_last(struct fup_part *part)
{
    if (part->closing && part->wake_closed && part->refs == 0) {
        part_free(part);
    }
}

static void on_wake_closed(uv_handle_t *handle)
{
    struct fup_part *part = handle->data;

    part->wake_closed = true;
    free_if_last(part);
}

enum fup_code fup_part_open(struct fup_engine *engine,
                            const struct fup_part_state *state)
{
    struct fup_part *part = calloc(1, sizeof *part);

    if (part == NULL) {
        return FUP_ENOMEM;
    }
    part->engine = engine;
    part->id = state->id;
    part->pg = fup_engine_pg(engine, state->id);
    part->epoch = state->epoch;
    part->done_low = state->done_low;
    part->relay.end = state->next_seq;
    part->capture.from = strdup(state->captured);
    if (part->capture.from == NULL) {
        free(part);
        return FUP_ENOMEM;
    }
    fup_turn_init(part);
    (void)uv_timer_init(engine->loop, &part->wake);
    part->wake.data = part;
    engine->parts[part->id] = part;
    engine->open_handles++;
    FUP_ENGINE_LOG(engine, INFO, "partition_owned", "partition=%d epoch=%lld",
                   part->id, (long long)part->epoch);
    fup_part_check(part);
    fup_part_arm(part);
    return FUP_OK;
}

void fup_part_close(struct fup_part *part)
{
    if (part->closing) {
        return;
    }
    part->closing = true;
    FUP_ENGINE_LOG(part->engine, INFO, "partition_left",
                   "partition=%d epoch=%lld", part->id, (long long)part->epoch);
    uv_close((uv_handle_t *)&part->wake, on_wake_closed);
}

bool fup_part_answered(struct fup_part *part)
{
    part->refs--;
    if (!part->closing) {
        return true;
    }
    free_if_last(part);
    return false;
}

bool fup_part_idle(const struct fup_part *part)
{
    return fup_turn_idle(part) && !part->relay.running;
}

void fup_part_queue(const struct fup_part *part, struct fup_queue *ret_queue)
{
    *ret_queue = (struct fup_queue){
        .redis = part->engine->redis,
        .prefix = part->engine->o.prefix,
        .partition = part->id,
        .epoch = part->epoch,
        .marked = part->relay.known,
        .mark = part->relay.seq,
    };
}

void fup_part_arm(struct fup_part *part)
{
    struct fup_engine *engine = part->engine;
    uint64_t now_ms = uv_now(engine->loop);
    uint64_t at_ms = part->capture.next_ms;

    if (part->closing || part->turn.sm.state != FUP_TURN_IDLE) {
        return;
    }
    if (engine->redis_ok && part->next_claim_ms < at_ms) {
        at_ms = part->next_claim_ms;
    }
    if (part->turn.todo.n_keys > 0 || part->turn.todo.n_ids > 0) {
        at_ms = now_ms;
    }
    if (at_ms < part->turn.not_before_ms) {
        at_ms = part->turn.not_before_ms;
    }
    if (!fup_engine_may_act(engine) && at_ms < now_ms + 100) {
        at_ms = now_ms + 100;
    }
    (void)uv_timer_start(&part->wake, on_wake,
                         at_ms > now_ms ? at_ms - now_ms : 0, 0);
}

/* Redis has seen a later epoch or later rows than PostgreSQL has: PostgreSQL
 * was set back. Go past both, or its new rows would be taken for old ones. */
static bool is_behind(const struct fup_part *part,
                      const struct fup_queue_meta *meta)
{
    return meta->epoch > part->epoch ||
           (!part->relay.known && meta->relayed >= part->relay.end);
}

static void on_caught_up(struct fup_pg_request *req,
                         enum fup_code code,
                         const struct fup_pg_rows *rows,
                         const struct fup_err *err)
{
    struct fup_part *part = req->data;

    (void)code;
    (void)rows;
    (void)err;
    part->catching_up = false;
    if (fup_part_answered(part)) {
        fup_part_close(part); /* opened anew, with the new epoch */
    }
}

static void catch_up(struct fup_part *part, const struct fup_queue_meta *meta)
{
    char numbers[4][24];
    const char *params[4];

    if (part->catching_up) {
        return;
    }
    FUP_ENGINE_LOG(part->engine, WARN, "postgres_was_set_back",
                   "partition=%d epoch=%lld redis_epoch=%lld relayed=%lld",
                   part->id, (long long)part->epoch, (long long)meta->epoch,
                   (long long)meta->relayed);
    (void)snprintf(numbers[0], sizeof numbers[0], "%d", part->id);
    (void)snprintf(numbers[1], sizeof numbers[1], "%lld",
                   (long long)part->epoch);
    (void)snprintf(numbers[2], sizeof numbers[2], "%lld",
                   (long long)meta->relayed);
    (void)snprintf(numbers[3], sizeof numbers[3], "%lld",
                   (long long)meta->epoch);
    for (int i = 0; i < 4; i++) {
        params[i] = numbers[i];
    }
    part->catching_up = true;
    part->refs++;
    part->meta_req.data = part;
    fup_pg_submit(part->pg, &part->meta_req, &fup_sql_catch_up, params, 4,
                  on_caught_up);
}

static void on_marked(void *data, enum fup_code code, const struct fup_err *err)
{
    struct fup_part *part = data;

    (void)err;
    part->asking_meta = false;
    if (!fup_part_answered(part) || code != FUP_OK) {
        return;
    }
    part->relay.known = true;
    part->relay.wanted = true;
    fup_relay_kick(part);
}

/* Where the relay goes on: at the mark that Redis has, which belongs to what
 * its streams hold; without one, at the oldest message that is still out. */
static void mark(struct fup_part *part, int64_t relayed)
{
    struct fup_queue queue;

    part->relay.known = false;
    part->relay.seq = relayed >= 0 ? relayed : part->done_low - 1;
    fup_part_queue(part, &queue);
    part->asking_meta = true;
    part->refs++;
    fup_queue_events(&queue, NULL, 0, part->relay.seq, on_marked, part);
}

static void on_meta(void *data,
                    enum fup_code code,
                    const struct fup_queue_meta *meta,
                    const struct fup_err *err)
{
    struct fup_part *part = data;

    (void)err;
    part->asking_meta = false;
    if (!fup_part_answered(part) || code != FUP_OK) {
        return;
    }
    if (is_behind(part, meta)) {
        catch_up(part, meta);
        return;
    }
    if (!meta->built && !part->rebuild.running) {
        part->rebuild.wanted = true;
    }
    fup_rebuild_kick(part);
    if (!part->relay.running && (!part->relay.known || meta->relayed < 0)) {
        fup_refill_forget(part);
        mark(part, meta->relayed);
    }
    fup_refill_note(part, meta->behind, meta->n_behind);
    fup_relay_kick(part);
}

void fup_part_check(struct fup_part *part)
{
    struct fup_queue queue;

    if (part->closing || part->asking_meta || !part->engine->redis_ok ||
        !fup_redis_ready(part->engine->redis)) {
        return;
    }
    fup_part_queue(part, &queue);
    part->asking_meta = true;
    part->refs++;
    fup_queue_meta(&queue, on_meta, part);
}
