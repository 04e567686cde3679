/* What the files of the engine share. */

#ifndef FUP_ENGINE_INTERNAL_H
#define FUP_ENGINE_INTERNAL_H

#include <uv.h>

#include "case.h"
#include "codec/channels.h"
#include "core/backoff.h"
#include "core/sm.h"
#include "engine/engine.h"
#include "inbox.h"
#include "pg/session.h"
#include "redis/queue.h"
#include "versions.h"
#include "work.h"

#define FUP_PARTS_MAX    64
#define FUP_PG_MORE      2 /* sessions for partitions, besides one */
#define FUP_CAPTURE_PAGE 200
#define FUP_RELAY_PAGE   512 /* a batch of Redis holds twice as many */
#define FUP_TIMER_PAGE   1000
/* A turn begins so much before its timers are due, and judges them as of then;
 * apply() waits for that. */
#define FUP_LEAD_MS 2

/* --- a partition that this worker owns ------------------------------------ */

enum {
    FUP_TURN_IDLE,
    FUP_TURN_GATHERING,
    FUP_TURN_LOADING,
    FUP_TURN_APPLYING,
    FUP_TURN_SETTLING,
};

/* The turn of a partition: gather changes and due timers, load what is known,
 * judge, apply, settle. One at a time. */
struct fup_turn {
    struct fup_sm sm;
    int awaited;              /* answers that gathering waits for */
    enum fup_code failed;     /* what gathering met */
    struct fup_err err;       /* likewise */
    struct fup_work todo;     /* to be judged */
    size_t n_keys;            /* so many of them in this turn, */
    size_t n_ids;             /* from the front */
    size_t limit;             /* of both; halved by failures */
    struct fup_work again;    /* to be judged once more in the next one */
    struct fup_verdicts done; /* what was judged */
    struct fup_buf decisions; /* array of rows for apply */
    char *seen;               /* the snapshot it was judged in */
    int64_t now_ms;           /* when it was judged as of; PostgreSQL's */
    bool full_claim;          /* there may be more timers that are due */
    struct fup_backoff backoff;
    uint64_t not_before_ms; /* after a failure; loop's clock */
    struct fup_pg_request capture_req;
    struct fup_pg_request load_req; /* and of the versions it needs */
    struct fup_pg_request apply_req;
    struct fup_pg_request save_req;
    bool saving;
};

/* The place in the stream of changes. */
struct fup_capture {
    char *from;         /* judged up to this snapshot */
    char *to;           /* snapshot whose pages are being read, or NULL */
    char *xid;          /* last transaction of the page before, or NULL */
    char *tenant;       /* its last key */
    char *conversation; /* likewise */
    char *unsaved;      /* a newer `from` that PostgreSQL does not have yet */
    uint64_t next_ms;   /* when to read again; loop's clock */
    bool busy;          /* there were changes the last time */
};

/* A stream that is, or was, behind. */
struct fup_stream {
    char *channel;
    int64_t behind;   /* it lacks messages from this seq on; -1: none */
    uint64_t next_ms; /* a refill not before; loop's clock */
};

struct fup_relay {
    bool running;
    bool wanted;
    bool known;            /* @seq is known */
    int64_t seq;           /* relayed up to here */
    int64_t end;           /* next_seq of the partition, as far as is known */
    uint64_t next_ms;      /* not before: the stream was full, Redis refused */
    int64_t last_seq;      /* of the page under way */
    size_t n_rows;         /* messages in it */
    struct fup_buf fields; /* of the page's events */
    struct fup_page *page;
    struct fup_pg_request req;
    struct fup_stream streams[FUP_QUEUE_CHANNELS_MAX];
    size_t n_streams;
    size_t refilling; /* the stream that is refilled */
    int64_t refill_next;
    bool refilled; /* the last thing done: the ledger's turn */
};

struct fup_rebuild {
    bool running;
    bool wanted;
    int64_t after; /* enrollments up to this id are done */
    int64_t count;
    struct fup_pg_request req;
};

/* The page of what is forgotten: the next one, or the one under way. */
struct fup_forget {
    bool asking;
    bool said; /* that it is refused */
    int part;
    int64_t after;    /* rows of the partition up to this one are looked at */
    uint64_t next_ms; /* not before; loop's clock */
    int64_t pages;    /* of this round, and what was forgotten in it */
    int64_t ended;
    int64_t rows;
    int64_t commands;
    struct fup_pg_request req;
};

struct fup_part {
    struct fup_engine *engine;
    struct fup_pg *pg; /* does its work */
    int id;
    int64_t epoch;
    bool closing;
    bool wake_closed;
    int refs; /* requests under way */
    uv_timer_t wake;
    int64_t clock_ms;       /* Redis' clock minus the loop's */
    uint64_t next_claim_ms; /* loop's clock */
    struct fup_turn turn;
    struct fup_pace paces[FUP_CHANNELS_MAX]; /* of the loop's clock */
    struct fup_capture capture;
    struct fup_relay relay;
    struct fup_rebuild rebuild;
    bool sweeping;
    int64_t swept_after; /* enrollments up to this id are looked at */
    int64_t done_low;
    struct fup_pg_request sweep_req;
    bool asking_holds;
    int64_t unheld_after; /* enrollments up to this id are looked at */
    struct fup_pg_request hold_req;
    bool asking_meta;
    bool catching_up;
    struct fup_pg_request meta_req;
};

/* --- the engine ------------------------------------------------------------
 */

struct fup_engine {
    struct uv_loop_s *loop;
    struct fup_engine_options o;
    struct fup_pg *pg;
    struct fup_pg *pg_more[FUP_PG_MORE]; /* NULL until a partition needs it */
    struct fup_pg *pg_lease;             /* leases never wait behind work */
    struct fup_pg *pg_aside; /* nor work behind what may take its time */
    struct fup_redis *redis;
    struct fup_redis *reader; /* blocks on the streams that come in */
    struct fup_zones *zones;
    struct fup_versions versions;
    struct fup_inbox inbox;
    struct fup_forget forget;
    char tag[16];
    int partitions; /* of the installation, as the leases said */
    int64_t since_at;
    bool installed; /* the schema is there, and the adapter fits */
    bool redis_ok;  /* the server may be used */
    bool ready;
    bool fatal;
    bool leasing;
    bool tending;            /* statistics are looked after */
    bool looking;            /* whether a partition is vacant */
    bool shutting;           /* a conversation is being closed */
    bool polling;            /* the adapter is asked what has changed */
    bool reading;            /* and which messages are new */
    bool fanning;            /* a wide command is being spread */
    bool asking;             /* whether anything is new */
    int open_handles;        /* sessions, timers, partitions not closed yet */
    uint64_t trust_until_ms; /* leases hold until then; loop's clock */
    uint64_t next_lease_ms;
    uint64_t next_look_ms;
    uint64_t next_sweep_ms;
    uint64_t ticked_ms;
    uint64_t next_check_ms; /* what Redis has is looked at then */
    uint64_t next_install_ms;
    uint64_t next_poll_ms;
    uint64_t next_read_ms;
    uint64_t close_by_ms; /* draining ends; loop's clock */
    int64_t lease_sent_ms;
    uv_timer_t tick;
    uv_timer_t ask_timer;
    struct fup_part *parts[FUP_PARTS_MAX];
    struct fup_pg_request lease_req;
    struct fup_pg_request tend_req;
    struct fup_pg_request look_req;
    struct fup_pg_request shut_req;
    struct fup_pg_request poll_req;
    struct fup_pg_request read_req;
    struct fup_pg_request fan_req;
    struct fup_pg_request ask_req;
    struct fup_pg_request install_req;
    struct fup_pg_request release_req;
    bool installing;
    bool said_missing;
    uint64_t said_problems; /* hash of what was said of the adapter */
    bool said_poll;
    bool said_read;
    bool checking; /* Redis is asked whether it may be used */
    bool said_away_pg;
    bool said_away_redis;
    void (*on_closed)(void *data);
    void *on_closed_data;

    enum {
        FUP_ENGINE_OPEN,
        FUP_ENGINE_DRAINING,
        FUP_ENGINE_RELEASING,
        FUP_ENGINE_CLOSING,
    } stage;
};

#define FUP_ENGINE_LOG(engine, level, ...)                                     \
    fup_log((engine)->o.log, FUP_LOG_##level, __VA_ARGS__)

/* Leases hold, PostgreSQL is there: work may be done. */
bool fup_engine_may_act(const struct fup_engine *engine);

/* The session for the work of @partition: they are spread over a few, so that
 * several processors of the server work. Opened when it is first asked for. */
struct fup_pg *fup_engine_pg(struct fup_engine *engine, int partition);

/* Say once that going on makes no sense. */
void fup_engine_fatal(struct fup_engine *engine, const struct fup_err *err);

/* Look for changes in every partition now. */
void fup_engine_nudge(struct fup_engine *engine);

/* The leases have been renewed; the partitions have been handed over. */
void fup_engine_leased(struct fup_engine *engine);
void fup_engine_released(struct fup_engine *engine);
/* A session, timer or partition is gone; the last one frees the engine. */
void fup_engine_handle_closed(void *closed);

/* lease.c */
void fup_lease_tick(struct fup_engine *engine, uint64_t now_ms);
void fup_lease_release(struct fup_engine *engine);

/* install.c: ask for the schema and the adapter until both will do */
void fup_install_tick(struct fup_engine *engine, uint64_t now_ms);

/* poll.c: ask an adapter what has changed, and which messages are new */
void fup_poll_tick(struct fup_engine *engine, uint64_t now_ms);
void fup_poll_read(struct fup_engine *engine);

/* changes.c: ask every capture_idle_ms whether anything is new */
void fup_changes_start(struct fup_engine *engine);

/* closing.c: close conversations in the CRM until none waits */
void fup_closing_kick(struct fup_engine *engine);

/* fan_out.c: spread the commands for whole schedules and tenants by a page */
void fup_fan_out_kick(struct fup_engine *engine);

/* forget.c: forget a page of what ended long ago */
void fup_forget_tick(struct fup_engine *engine, uint64_t now_ms);

/* part.c */
struct fup_part_state {
    int id;
    int64_t epoch;
    int64_t next_seq;
    int64_t done_low;
    const char *captured;
};

enum fup_code fup_part_open(struct fup_engine *engine,
                            const struct fup_part_state *state);
/* Stop; it is freed when nothing is under way any more. */
void fup_part_close(struct fup_part *part);
/* One request of @part has been answered. Returns false when @part is closing
 * (it may be gone then): return at once. */
bool fup_part_answered(struct fup_part *part);
/* Wake at the next thing to do. */
void fup_part_arm(struct fup_part *part);
bool fup_part_idle(const struct fup_part *part);
void fup_part_queue(const struct fup_part *part, struct fup_queue *ret_queue);
/* Ask Redis what it has of the partition; rebuild what is missing. */
void fup_part_check(struct fup_part *part);

/* turn.c */
void fup_turn_init(struct fup_part *part);
void fup_turn_done(struct fup_part *part);
void fup_turn_start(struct fup_part *part);
bool fup_turn_idle(const struct fup_part *part);
/* Gathering met @code: the turn fails once all answers are in. */
void fup_turn_note(struct fup_part *part,
                   enum fup_code code,
                   const struct fup_err *err);
/* All answers of gathering are in. */
void fup_turn_gathered(struct fup_part *part);

/* Give up: what was to be judged is kept for the next turn. */
void fup_turn_fail(struct fup_part *part,
                   enum fup_code code,
                   const struct fup_err *err);
/* All is settled; on to the next turn. */
void fup_turn_finish(struct fup_part *part);

/* verdict.c: judge @rows of load.sql into turn.done and turn.decisions */
enum fup_code fup_turn_judge(struct fup_part *part,
                             const struct fup_pg_rows *rows);

/* settle.c: the second half of a turn */
void fup_turn_apply(struct fup_part *part);
void fup_turn_settle(struct fup_part *part);

/* gather.c: the first half of a turn */
void fup_gather(struct fup_part *part);
void fup_capture_advance(struct fup_part *part);
void fup_capture_done(struct fup_part *part);

/* relay.c */
void fup_relay_kick(struct fup_part *part);
/* Relay what was just written, after all that was taken or read before: the
 * rows of @done with a seq. They are left in PostgreSQL, to be read later, when
 * it is not their turn yet. */
void fup_relay_take(struct fup_part *part, const struct fup_verdicts *done);
void fup_relay_done(struct fup_part *part);
/* Relaying met @code: it is tried again after a pause. */
void fup_relay_stop(struct fup_part *part, enum fup_code code);

/* refill.c: streams that are behind */

/* What Redis says of the streams that it was asked about. */
void fup_refill_note(struct fup_part *part,
                     const struct fup_queue_behind *behind,
                     size_t n);
/* Begin to refill one, as a part of relaying; false when none is to be. */
bool fup_refill_start(struct fup_part *part);
void fup_refill_forget(struct fup_part *part);

/* rebuild.c */
void fup_rebuild_kick(struct fup_part *part);
void fup_sweep(struct fup_part *part);
/* Follow what was held, or released, since the last time. */
void fup_holds_kick(struct fup_part *part);

#endif
