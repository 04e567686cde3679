/* The sender's inside, shared by its files: sender.c (life and states), take.c
 * (from the streams), give.c (to the customer and back to the streams). */

#ifndef FUP_SENDER_IMPL_H
#define FUP_SENDER_IMPL_H

#include <uv.h>

#include "batch.h"
#include "core/sm.h"
#include "pg/session.h"
#include "redis/session.h"
#include "sender/sender.h"

#define FUP_SENDER_GROUP "senders"

enum fup_sender_state {
    DISCOVER,
    GROUPS,
    CLAIM,
    READ,
    PERMIT,
    RECORD,
    REPORT,
    ACK,
    ENDING,
};

struct fup_sender {
    uv_loop_t *loop;
    struct fup_sm sm;
    struct fup_redis *redis;
    struct fup_pg *pg; /* NULL: without PostgreSQL */
    struct fup_pg_request request;
    uv_timer_t again;    /* enters the state once more */
    uv_timer_t deadline; /* of a stop */
    int open;            /* sessions and timers that are not closed yet */
    /* options */
    char *prefix;
    char *consumer;
    char *channels[FUP_SENDER_CHANNELS_MAX];
    size_t n_channels;
    int64_t once;
    bool record;
    fup_sender_deliver_cb deliver;
    fup_sender_dropped_cb on_dropped;
    fup_sender_away_cb on_away;
    fup_sender_end_cb on_end;
    void *data;
    /* streams */
    size_t partitions; /* 0: not known yet */
    char **keys;
    size_t n_keys;
    size_t claim_at;     /* stream to claim from next; n_keys: all done */
    uint64_t claimed_ms; /* when that round began */
    /* under way */
    struct fup_batch batch;
    uint64_t read_ms;      /* when the batch was read */
    bool fresh;            /* and nobody had it before */
    size_t portion;        /* so many permits are asked for at once */
    uint64_t asked_ns;     /* when they were */
    size_t waiting;        /* answers of Redis that are to come */
    struct fup_err failed; /* the first of them that was no */
    int64_t delivered;
    bool stopping;
    bool is_away;       /* a server was away at the last try */
    bool away_told;     /* and that was told */
    uint64_t away_ms;   /* since when */
    struct fup_err end; /* what to end with */
};

/* Move to @state and begin its work. */
void fup_sender_move(struct fup_sender *s, enum fup_sender_state state);

/* End, with @err. */
void fup_sender_fail(struct fup_sender *s, const struct fup_err *err);

/* @err kept the state from going on: enter it again in a moment, or end where
 * that cannot help. */
void fup_sender_hindered(struct fup_sender *s,
                         enum fup_code code,
                         const struct fup_err *err);

/* The servers answer. */
void fup_sender_answered(struct fup_sender *s);

/* Submit one of several commands at once; @s->waiting and @s->failed keep
 * count. When the last is answered, the state goes on, or is entered again. */
void fup_sender_gather(struct fup_sender *s,
                       const char *const *argv,
                       int argc,
                       fup_redis_cb cb,
                       void *data);

/* To be called by each such @cb, as its last act. */
void fup_sender_gathered(struct fup_sender *s,
                         enum fup_code code,
                         const struct fup_err *err);

/* Tell of what was read and is not to be delivered. */
void fup_sender_tell_dropped(struct fup_sender *s);

/* What each state does when it is entered. */
void fup_sender_in_discover(struct fup_sender *s);
void fup_sender_in_groups(struct fup_sender *s);
void fup_sender_in_claim(struct fup_sender *s);
void fup_sender_in_read(struct fup_sender *s);
void fup_sender_in_permit(struct fup_sender *s);
void fup_sender_in_record(struct fup_sender *s);
void fup_sender_in_report(struct fup_sender *s);
void fup_sender_in_ack(struct fup_sender *s);

#endif
