/* A partition that this worker owns: one wake-up timer, and what happens at
 * it. Everything under way holds a reference; a partition that is closing is
 * freed by whoever returns the last one. */

#include <stdlib.h>
#include <string.h>

#include "internal.h"

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
    if (!meta->built) {
        part->rebuild.wanted = true;
    }
    if (!part->relay.known || meta->relayed < 0) {
        part->relay.seq =
            meta->relayed >= 0 ? meta->relayed : part->done_low - 1;
        part->relay.known = true;
        part->relay.wanted = true;
    }
    fup_rebuild_kick(part);
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
