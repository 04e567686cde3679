/* The engine: from changes and timers to decisions, from decisions to streams.
 *
 *     changes  (CRM triggers, commands, receipts)  ─┐
 *                                                   ├─> load ─> judge ─> apply
 *     timers   (Redis)                             ─┘                     │
 *                                      timers in Redis <── settle <───────┤
 *                                      streams, events <── relay  <───────┘
 *
 * PostgreSQL is the truth; what is done in Redis is repeated or rebuilt after
 * any failure. Either server may be away at any time: the engine says so once,
 * waits, and goes on. */

#ifndef FUP_ENGINE_ENGINE_H
#define FUP_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/log.h"
#include "plan/plan.h"

struct uv_loop_s;
struct fup_engine;
struct fup_schedules;

struct fup_engine_options {
    const char *postgres;  /* libpq connection string or URI */
    const char *redis;     /* redis://, rediss:// or unix:// */
    const char *worker_id; /* unique among the workers that run */
    const char *prefix;    /* of the keys in Redis */
    int lease_ms;          /* a silent worker loses its partitions after it */
    int claim_batch;       /* timers claimed at once, at most 1024 */
    int capture_busy_ms;   /* pause between looks for changes, when there are */
    int capture_idle_ms;   /* and when there are none */
    int poll_ms;           /* between questions to an adapter that is polled */
    int64_t stream_max;    /* entries in an outbound stream; more stay here */
    int sweep_s;           /* between looks for lost timers */
    int keep_days;         /* what ended longer ago is forgotten; 0: nothing */
    const struct fup_channel_rule *channels;
    size_t n_channels;
    const struct fup_channel_limits *limits; /* of messages, by channel */
    size_t n_limits;
    const struct fup_log *log;
    /* Called once, from the loop, when going on makes no sense (Redis may
     * evict keys): the program should close the engine and end. */
    void (*on_fatal)(void *data, const struct fup_err *err);
    /* Called when the engine first works: both servers are there and the
     * first partitions are looked after. */
    void (*on_ready)(void *data);
    void *data;
};

/* Begin. Connects in the background; strings and channels in @options are
 * borrowed until the engine is closed. @schedules are taken over.
 *
 * Owns:   *@ret_engine until fup_engine_close() has called back.
 * Errors: FUP_EINVAL a connection string; FUP_ENOMEM. @schedules stay the
 *         caller's then. */
FUP_MUST_CHECK enum fup_code
fup_engine_open(struct uv_loop_s *loop,
                const struct fup_engine_options *options,
                struct fup_schedules *schedules,
                struct fup_engine **ret_engine,
                struct fup_err *err);

/* New enrollments get @schedules from now on; those under way stay on their
 * version. @schedules are taken over. */
void fup_engine_reload(struct fup_engine *engine,
                       struct fup_schedules *schedules);

/* Take over the numbers of @options that may change while the engine works,
 * claim_batch, capture_busy_ms, capture_idle_ms, poll_ms, stream_max, sweep_s
 * and keep_days, and its channels: those from before are not looked at any
 * more, and the paces of channels begin anew. All else in @options is ignored.
 */
void fup_engine_tune(struct fup_engine *engine,
                     const struct fup_engine_options *options);

/* Whether every loop of the engine has moved lately: for a watchdog. */
bool fup_engine_alive(const struct fup_engine *engine);

/* Finish what is under way (at most @drain_ms), hand the partitions over and
 * close; then @on_closed(data) runs and @engine is gone. */
void fup_engine_close(struct fup_engine *engine,
                      uint64_t drain_ms,
                      void (*on_closed)(void *data),
                      void *data);

#endif
