/* The engine's life.
 *
 * Open: five sessions connect by themselves and say when they are there. Once
 * PostgreSQL is, the installation is read and the schedules are put into it;
 * then leases are asked for, and each partition that comes with them lives on
 * its own (part.c). Redis is checked whenever it comes back, and what it holds
 * of each partition with it.
 *
 * Closing: claiming ends at once; what is under way may finish until the
 * deadline; the partitions are handed over, so that another worker takes them
 * without waiting; then the sessions close, and the last one frees the engine.
 * A server that is away is not waited for: leases run out. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define TICK_MS  250
#define CHECK_MS 1000

static void close_sessions(struct fup_engine *engine);

/* --- PostgreSQL ------------------------------------------------------------
 */

static void
on_pg_state(struct fup_pg *pg, bool ready, const struct fup_err *err)
{
    struct fup_engine *engine = fup_pg_data(pg);

    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (!ready) {
        if (!engine->said_away_pg) {
            FUP_ENGINE_LOG(engine, WARN, "postgres_away", "why=\"%s\"",
                           err->msg);
        }
        engine->said_away_pg = true;
        return;
    }
    if (pg != engine->pg) {
        return;
    }
    FUP_ENGINE_LOG(engine, INFO, "postgres_ready", "");
    engine->said_away_pg = false;
    fup_install_tick(engine, uv_now(engine->loop));
    fup_versions_resume(engine);
}

/* --- Redis -----------------------------------------------------------------
 */

static void
on_checked(void *data, enum fup_code code, const struct fup_err *err)
{
    struct fup_engine *engine = data;

    engine->checking = false;
    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (code == FUP_EREFUSED) {
        fup_engine_fatal(engine, err);
        return;
    }
    if (code != FUP_OK) {
        return; /* asked again at the next tick */
    }
    if (err != NULL && err->msg[0] != '\0') {
        FUP_ENGINE_LOG(engine, WARN, "redis_warning", "why=\"%s\"", err->msg);
    }
    engine->redis_ok = true;
    for (int i = 0; i < FUP_PARTS_MAX; i++) {
        if (engine->parts[i] != NULL) {
            fup_part_check(engine->parts[i]);
            fup_part_arm(engine->parts[i]);
        }
    }
}

static void check_redis(struct fup_engine *engine)
{
    if (!engine->redis_ok && !engine->checking &&
        fup_redis_ready(engine->redis)) {
        engine->checking = true;
        fup_queue_check(engine->redis, on_checked, engine);
    }
}

static void
on_redis_state(struct fup_redis *redis, bool ready, const struct fup_err *err)
{
    struct fup_engine *engine = fup_redis_data(redis);

    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (!ready) {
        if (!engine->said_away_redis) {
            FUP_ENGINE_LOG(engine, WARN, "redis_away", "why=\"%s\"", err->msg);
        }
        engine->said_away_redis = true;
        engine->redis_ok = engine->redis_ok && redis != engine->redis;
        return;
    }
    if (redis == engine->reader) {
        fup_inbox_start(engine);
        return;
    }
    FUP_ENGINE_LOG(engine, INFO, "redis_ready", "");
    engine->said_away_redis = false;
    check_redis(engine);
}

/* --- what goes on by itself ------------------------------------------------
 */

bool fup_engine_may_act(const struct fup_engine *engine)
{
    return engine->stage == FUP_ENGINE_OPEN && engine->versions.loaded &&
           uv_now(engine->loop) < engine->trust_until_ms &&
           fup_pg_ready(engine->pg);
}

void fup_engine_fatal(struct fup_engine *engine, const struct fup_err *err)
{
    if (!engine->fatal) {
        engine->fatal = true;
        FUP_ENGINE_LOG(engine, ERROR, "fatal", "why=\"%s\"", err->msg);
        engine->o.on_fatal(engine->o.data, err);
    }
}

void fup_engine_nudge(struct fup_engine *engine)
{
    for (int i = 0; i < FUP_PARTS_MAX; i++) {
        if (engine->parts[i] != NULL) {
            engine->parts[i]->capture.next_ms = 0;
            fup_part_arm(engine->parts[i]);
        }
    }
}

void fup_engine_leased(struct fup_engine *engine)
{
    if (!engine->ready && engine->redis_ok && engine->versions.loaded) {
        engine->ready = true;
        FUP_ENGINE_LOG(engine, INFO, "ready", "");
        engine->o.on_ready(engine->o.data);
    }
}

static bool all_idle(const struct fup_engine *engine)
{
    for (int i = 0; i < FUP_PARTS_MAX; i++) {
        if (engine->parts[i] != NULL && !fup_part_idle(engine->parts[i])) {
            return false;
        }
    }
    return fup_inbox_idle(engine);
}

static void close_parts(struct fup_engine *engine)
{
    for (int i = 0; i < FUP_PARTS_MAX; i++) {
        if (engine->parts[i] != NULL) {
            fup_part_close(engine->parts[i]);
        }
    }
}

static void drain(struct fup_engine *engine, uint64_t now_ms)
{
    if (!all_idle(engine) && now_ms < engine->close_by_ms) {
        return;
    }
    close_parts(engine);
    engine->stage = FUP_ENGINE_RELEASING;
    if (fup_pg_ready(engine->pg_lease) && now_ms < engine->close_by_ms) {
        fup_lease_release(engine);
    } else {
        close_sessions(engine);
    }
}

static void sweep(struct fup_engine *engine, uint64_t now_ms)
{
    bool due = now_ms >= engine->next_sweep_ms;
    bool check = now_ms >= engine->next_check_ms;

    if (due) {
        engine->next_sweep_ms = now_ms + (uint64_t)engine->o.sweep_s * 1000;
    }
    if (check) {
        engine->next_check_ms = now_ms + CHECK_MS;
    }
    for (int i = 0; i < FUP_PARTS_MAX; i++) {
        struct fup_part *part = engine->parts[i];

        if (part != NULL && !part->closing) {
            if (check) {
                fup_part_check(part);
                fup_holds_kick(part);
            }
            fup_rebuild_kick(part);
            if (due) {
                fup_sweep(part);
            }
        }
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct fup_engine *engine = timer->data;
    uint64_t now_ms = uv_now(engine->loop);

    engine->ticked_ms = now_ms;
    if (engine->stage == FUP_ENGINE_DRAINING) {
        drain(engine, now_ms);
        return;
    }
    if (engine->stage == FUP_ENGINE_RELEASING &&
        now_ms >= engine->close_by_ms) {
        close_sessions(engine);
        return;
    }
    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    fup_install_tick(engine, now_ms);
    check_redis(engine);
    fup_lease_tick(engine, now_ms);
    fup_inbox_start(engine);
    if (fup_engine_may_act(engine)) {
        sweep(engine, now_ms);
        fup_closing_kick(engine);
        fup_poll_tick(engine, now_ms);
        fup_fan_out_kick(engine);
        fup_forget_tick(engine, now_ms);
    }
}

bool fup_engine_alive(const struct fup_engine *engine)
{
    return uv_now(engine->loop) - engine->ticked_ms <
           (uint64_t)engine->o.lease_ms;
}

/* --- open and close --------------------------------------------------------
 */

static void engine_free(struct fup_engine *engine)
{
    fup_inbox_done(&engine->inbox);
    fup_versions_done(&engine->versions);
    fup_zones_free(engine->zones);
    free(engine);
}

void fup_engine_handle_closed(void *closed)
{
    struct fup_engine *engine = closed;
    void (*on_closed)(void *) = engine->on_closed;
    void *on_closed_data = engine->on_closed_data;

    if (--engine->open_handles > 0) {
        return;
    }
    engine_free(engine);
    if (on_closed != NULL) {
        on_closed(on_closed_data);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    fup_engine_handle_closed(handle->data);
}

static void close_sessions(struct fup_engine *engine)
{
    if (engine->stage == FUP_ENGINE_CLOSING) {
        return;
    }
    engine->stage = FUP_ENGINE_CLOSING;
    close_parts(engine);
    if (engine->pg != NULL) {
        fup_pg_close(engine->pg, fup_engine_handle_closed, engine);
    }
    for (int i = 0; i < FUP_PG_MORE; i++) {
        if (engine->pg_more[i] != NULL) {
            fup_pg_close(engine->pg_more[i], fup_engine_handle_closed, engine);
        }
    }
    if (engine->pg_lease != NULL) {
        fup_pg_close(engine->pg_lease, fup_engine_handle_closed, engine);
    }
    if (engine->pg_aside != NULL) {
        fup_pg_close(engine->pg_aside, fup_engine_handle_closed, engine);
    }
    if (engine->redis != NULL) {
        fup_redis_close(engine->redis, fup_engine_handle_closed, engine);
    }
    if (engine->reader != NULL) {
        fup_redis_close(engine->reader, fup_engine_handle_closed, engine);
    }
    uv_close((uv_handle_t *)&engine->tick, on_timer_closed);
    uv_close((uv_handle_t *)&engine->ask_timer, on_timer_closed);
}

void fup_engine_released(struct fup_engine *engine)
{
    close_sessions(engine);
}

void fup_engine_close(struct fup_engine *engine,
                      uint64_t drain_ms,
                      void (*on_closed)(void *data),
                      void *data)
{
    engine->on_closed = on_closed;
    engine->on_closed_data = data;
    engine->close_by_ms = uv_now(engine->loop) + drain_ms;
    engine->stage = FUP_ENGINE_DRAINING;
    (void)uv_timer_start(&engine->tick, on_tick, 0, 20);
}

static enum fup_code open_pg(struct fup_engine *engine,
                             const char *name,
                             struct fup_pg **ret_pg,
                             struct fup_err *err)
{
    struct fup_pg_options options = {
        .conninfo = engine->o.postgres,
        .application = name,
        .on_state = on_pg_state,
        .data = engine,
    };
    enum fup_code code = fup_pg_open(engine->loop, &options, ret_pg, err);

    engine->open_handles += code == FUP_OK ? 1 : 0;
    return code;
}

struct fup_pg *fup_engine_pg(struct fup_engine *engine, int partition)
{
    int nth = partition % (1 + FUP_PG_MORE);
    struct fup_err err;

    if (nth > 0 && engine->pg_more[nth - 1] == NULL) {
        (void)open_pg(engine, "followup worker", &engine->pg_more[nth - 1],
                      &err);
    }
    return nth > 0 && engine->pg_more[nth - 1] != NULL
               ? engine->pg_more[nth - 1]
               : engine->pg;
}

static enum fup_code open_redis(struct fup_engine *engine,
                                const char *name,
                                uint64_t answer_ms,
                                struct fup_redis **ret_redis,
                                struct fup_err *err)
{
    struct fup_redis_options options = {
        .url = engine->o.redis,
        .name = name,
        .answer_ms = answer_ms,
        .on_state = on_redis_state,
        .data = engine,
    };
    enum fup_code code = fup_redis_open(engine->loop, &options, ret_redis, err);

    engine->open_handles += code == FUP_OK ? 1 : 0;
    return code;
}

static enum fup_code open_sessions(struct fup_engine *engine,
                                   struct fup_err *err)
{
    enum fup_code code = open_pg(engine, "followup worker", &engine->pg, err);

    if (code == FUP_OK) {
        code = open_pg(engine, "followup lease", &engine->pg_lease, err);
    }
    if (code == FUP_OK) {
        code = open_pg(engine, "followup aside", &engine->pg_aside, err);
    }
    if (code == FUP_OK) {
        code = open_redis(engine, "followup", 0, &engine->redis, err);
    }
    if (code == FUP_OK) {
        code =
            open_redis(engine, "followup-inbox",
                       (uint64_t)FUP_INBOX_BLOCK_MS * 2, &engine->reader, err);
    }
    return code;
}

/* Where a person lives as the CRM wrote it: once a name, for it is passed over
 * again and again. */
static void on_unknown_zone(const char *name, void *arg)
{
    const struct fup_engine *engine = arg;

    fup_log(engine->o.log, FUP_LOG_WARN, "unknown_zone",
            "name=\"%.60s\" do=\"correct it in the CRM; the next one counts\"",
            name);
}

enum fup_code fup_engine_open(struct uv_loop_s *loop,
                              const struct fup_engine_options *options,
                              struct fup_schedules *schedules,
                              struct fup_engine **ret_engine,
                              struct fup_err *err)
{
    struct fup_engine *engine = calloc(1, sizeof *engine);
    enum fup_code code;

    if (engine == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    engine->loop = loop;
    engine->o = *options;
    engine->ticked_ms = uv_now(loop);
    engine->next_sweep_ms = uv_now(loop) + (uint64_t)options->sweep_s * 1000;
    fup_versions_init(&engine->versions);
    fup_inbox_init(&engine->inbox);
    code = fup_zones_create(&engine->zones);
    if (code != FUP_OK) {
        free(engine);
        return fup_err_set(err, code, "out of memory");
    }
    fup_zones_watch(engine->zones, on_unknown_zone, engine);
    (void)uv_timer_init(loop, &engine->tick);
    engine->tick.data = engine;
    (void)uv_timer_init(loop, &engine->ask_timer);
    engine->ask_timer.data = engine;
    engine->open_handles = 2;
    code = open_sessions(engine, err);
    if (code != FUP_OK) {
        close_sessions(engine);
        return code;
    }
    (void)uv_timer_start(&engine->tick, on_tick, TICK_MS, TICK_MS);
    fup_changes_start(engine);
    fup_versions_use(engine, schedules);
    *ret_engine = engine;
    return FUP_OK;
}

void fup_engine_reload(struct fup_engine *engine,
                       struct fup_schedules *schedules)
{
    fup_versions_use(engine, schedules);
}

void fup_engine_tune(struct fup_engine *engine,
                     const struct fup_engine_options *options)
{
    uint64_t sweep_ms =
        uv_now(engine->loop) + (uint64_t)options->sweep_s * 1000;

    engine->o.claim_batch = options->claim_batch;
    engine->o.capture_busy_ms = options->capture_busy_ms;
    engine->o.capture_idle_ms = options->capture_idle_ms;
    engine->o.poll_ms = options->poll_ms;
    engine->o.stream_max = options->stream_max;
    engine->o.sweep_s = options->sweep_s;
    engine->o.keep_days = options->keep_days;
    engine->forget.next_ms = 0;
    fup_changes_start(engine);
    engine->o.channels = options->channels;
    engine->o.n_channels = options->n_channels;
    engine->o.limits = options->limits;
    engine->o.n_limits = options->n_limits;
    for (int i = 0; i < FUP_PARTS_MAX; i++) {
        if (engine->parts[i] != NULL) { /* the channels have other places */
            memset(engine->parts[i]->paces, 0, sizeof engine->parts[i]->paces);
        }
    }
    if (engine->next_sweep_ms > sweep_ms) {
        engine->next_sweep_ms = sweep_ms; /* not after a long wait of before */
    }
}
