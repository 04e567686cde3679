/* What the engine keeps in Redis: timers, outbound streams, commands, receipts
 * and events, as docs/redis.md names them. Nothing here is truth: all of it can
 * be rebuilt from PostgreSQL.
 *
 * Every script touches the keys of one partition only (one hash tag), refuses
 * an epoch older than meta.epoch (FUP_EFENCED) and records a newer one. The
 * clock is Redis' TIME. Every request is called back exactly once, never from
 * inside the submitting call; codes are those of redis/session.h, and
 * FUP_EINVAL for a batch that is too large. What is passed is copied.
 *
 * A request that ended UNKNOWN may be repeated: nothing here is done twice,
 * but for events. Redis 6.2 or newer. */

#ifndef FUP_REDIS_QUEUE_H
#define FUP_REDIS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "redis/session.h"

#define FUP_QUEUE_BATCH_MAX  1024 /* timers or rows in one call */
#define FUP_QUEUE_FIELDS_MAX 64   /* pairs of an entry that are delivered */
#define FUP_QUEUE_NEVER      INT64_MAX
/* Streams of a partition that may be behind at once; more wait. */
#define FUP_QUEUE_CHANNELS_MAX 32

/* The names of one partition's keys. */
struct fup_queue {
    struct fup_redis *redis;
    const char *prefix; /* "followup" */
    int partition;
    int64_t epoch;
    bool marked;  /* relay and events go ahead only where meta.relayed is */
    int64_t mark; /* this, and fail with FUP_ELOST otherwise: Redis lost its
                   * data, or went back in time */
};

/* --- timers ------------------------------------------------------------- */

struct fup_queue_timer {
    int64_t id;     /* of the enrollment */
    int64_t due_ms; /* FUP_QUEUE_NEVER: no timer */
};

struct fup_queue_claim {
    int64_t now_ms;      /* Redis' clock */
    int64_t next_due_ms; /* earliest still in due or inflight; NEVER if none */
    int64_t pending;     /* timers in due */
    size_t n;
    const int64_t *ids; /* of the enrollments */
};

/* A channel whose stream lacks messages, from @seq on. */
struct fup_queue_behind {
    const char *channel;
    int64_t seq;
};

typedef void (*fup_queue_claim_cb)(void *data,
                                   enum fup_code code,
                                   const struct fup_queue_claim *claim,
                                   const struct fup_err *err);
typedef void (*fup_queue_cb)(void *data,
                             enum fup_code code,
                             const struct fup_err *err);

/* Take up to @max timers (BATCH_MAX at most) that are due, or will be within
 * @lead_ms, and lease them for @lease_ms: expired leases first (a quarter at
 * most), then at least half fresh ones (less than 1 s late), then the backlog;
 * what one leaves is for the others. 0 only looks.
 *
 * Members that are no ids are dropped on the way, so fewer may come while more
 * are due: next_due_ms tells. @claim is NULL unless FUP_OK. */
void fup_queue_claim(const struct fup_queue *queue,
                     size_t max,
                     int64_t lead_ms,
                     int64_t lease_ms,
                     fup_queue_claim_cb cb,
                     void *data);

/* Give back or set timers: each is taken out of inflight, then put into due at
 * its due_ms, or removed from both (NEVER). Idempotent. Of an id that comes
 * twice in a batch the last counts. */
void fup_queue_settle(const struct fup_queue *queue,
                      const struct fup_queue_timer *timers,
                      size_t n,
                      fup_queue_cb cb,
                      void *data);

/* Add timers that are in neither due nor inflight (rebuild, heal). One that is
 * in due later than it should be, and more than @spare_ms from now, comes
 * forward; no other is touched. Calls back with how many in claim->n. */
void fup_queue_heal(const struct fup_queue *queue,
                    const struct fup_queue_timer *timers,
                    size_t n,
                    int64_t spare_ms,
                    fup_queue_claim_cb cb,
                    void *data);

/* --- the partition's state in Redis ------------------------------------- */

struct fup_queue_meta {
    bool built;      /* timers were built, by this Redis server's run */
    int64_t relayed; /* ledger rows up to this seq are relayed; -1 unknown */
    int64_t epoch;   /* the newest one seen; 0 unknown */
    /* streams that lack messages, valid during the callback */
    struct fup_queue_behind behind[FUP_QUEUE_CHANNELS_MAX];
    size_t n_behind;
};

typedef void (*fup_queue_meta_cb)(void *data,
                                  enum fup_code code,
                                  const struct fup_queue_meta *meta,
                                  const struct fup_err *err);

/* Read meta. @built is false when the hash is missing or was built in another
 * run of the server (INFO run_id), or when due or inflight was deleted; timers
 * that vanished one by one are not noticed here: the engine's sweep heals them.
 * @relayed is -1 when the mark is missing; it is taken away when a stream that
 * was used has been deleted. */
void fup_queue_meta(const struct fup_queue *queue,
                    fup_queue_meta_cb cb,
                    void *data);

/* Timers are going to be built. */
void fup_queue_begin(const struct fup_queue *queue,
                     fup_queue_cb cb,
                     void *data);

/* Record that timers are built for this server run.
 *
 * Errors: FUP_ELOST  they were lost since fup_queue_begin() */
void fup_queue_built(const struct fup_queue *queue,
                     fup_queue_cb cb,
                     void *data);

/* --- ledger to streams --------------------------------------------------- */

struct fup_queue_row {
    int64_t seq; /* in the partition; ascending in a batch */
    /* outbound, when @channel is not NULL */
    const char *channel;
    bool shadow;   /* to the shadow stream, capped */
    bool withdraw; /* take it out of the stream instead */
    const char *id;
    const char *kind;
    const char *expires_at;
    const char *message; /* JSON */
};

/* Put rows onto their streams, in order, under the ids <seq>-0; the consumer
 * group "senders" is made with the stream. A row whose id the stream has
 * already passed is left alone. Stops at the first row that fails.
 *
 * A stream that holds @max_len entries falls behind, as does one that has lost
 * its entries (DEL): rows for it are passed over, and count as done, until
 * fup_queue_refill() has added all that it lacks. Other streams go on.
 *
 * Calls back with the rows done and with the streams behind, of those that the
 * batch adds to. When a row failed, the code is that of its error, and the
 * @done rows before it are done all the same. Go on from the first row that is
 * not done. Without a channel among the rows, Redis is not asked.
 *
 * One batch of a partition at a time: a second one sent before the first is
 * answered would pass a row that the first stopped at, which could never be
 * added again. */
typedef void (*fup_queue_relay_cb)(void *data,
                                   enum fup_code code,
                                   size_t done,
                                   const struct fup_queue_behind *behind,
                                   size_t n_behind,
                                   const struct fup_err *err);

void fup_queue_relay(const struct fup_queue *queue,
                     const struct fup_queue_row *rows,
                     size_t n,
                     int64_t max_len,
                     fup_queue_relay_cb cb,
                     void *data);

/* What the stream of one channel lacks, and where it is behind from then on. */
struct fup_queue_refill {
    const char *channel;
    const struct fup_queue_row *rows; /* that wait for it, ascending */
    size_t n;
    int64_t next; /* more wait, from this seq on; -1: these are all */
};

/* Add @refill to a stream that is behind, as far as there is room. Not while a
 * relay is under way: @refill must hold all that wait and were passed over. */
void fup_queue_refill(const struct fup_queue *queue,
                      const struct fup_queue_refill *refill,
                      int64_t max_len,
                      fup_queue_relay_cb cb,
                      void *data);

/* One entry for followup:events: @fields is name, value, name, value… */
struct fup_queue_event {
    const char *const *fields;
    size_t n_fields;
};

/* Add @events (the stream is capped at about 10,000), then set meta.relayed to
 * @relayed. At least once: a lost connection repeats them. */
void fup_queue_events(const struct fup_queue *queue,
                      const struct fup_queue_event *events,
                      size_t n,
                      int64_t relayed,
                      fup_queue_cb cb,
                      void *data);

/* --- commands and receipts ---------------------------------------------- */

enum fup_queue_inbox {
    FUP_QUEUE_COMMANDS,
    FUP_QUEUE_RECEIPTS,
};

struct fup_queue_entry {
    enum fup_queue_inbox inbox;
    const char *id;            /* stream entry id */
    const char *const *fields; /* name, value, …; NUL-terminated copies */
    const size_t *lens;        /* bytes of each: find NULs and size */
    size_t n_fields;           /* even */
    bool cut;                  /* it had more than FUP_QUEUE_FIELDS_MAX pairs;
                                  these are the first. To be rejected */
};

/* @entries are valid during the call; NULL unless FUP_OK. Values are delivered
 * whole, however long: look at @lens before believing them. */
typedef void (*fup_queue_read_cb)(void *data,
                                  enum fup_code code,
                                  const struct fup_queue_entry *entries,
                                  size_t n,
                                  const struct fup_err *err);

/* Wait up to @block_ms (0: not at all) for new entries of both streams as
 * @consumer of the group "followup" (made when missing); at most 100 of each, n
 * may be 0. Needs a session of its own, whose answer_ms is longer than
 * @block_ms: what else is sent on it waits too.
 *
 * With @again, entries delivered before and never acknowledged come instead,
 * without waiting: those of @consumer; when it has none, those of others that
 * are idle for a minute, which are @consumer's from then on. Repeat, with
 * acknowledging in between, until n is 0. */
void fup_queue_read(struct fup_redis *redis,
                    const char *prefix,
                    const char *consumer,
                    int64_t block_ms,
                    bool again,
                    fup_queue_read_cb cb,
                    void *data);

/* XACK and XDEL. Not on the session that waits in fup_queue_read(). */
void fup_queue_ack(struct fup_redis *redis,
                   const char *prefix,
                   enum fup_queue_inbox inbox,
                   const char *const *ids,
                   size_t n,
                   fup_queue_cb cb,
                   void *data);

/* Copy a bad entry to followup:rejected (capped at about 1,000; fields cut at
 * 1,000 bytes) with `stream`, `entry` and `reason`, and acknowledge it. */
void fup_queue_reject(struct fup_redis *redis,
                      const char *prefix,
                      const struct fup_queue_entry *entry,
                      const char *reason,
                      fup_queue_cb cb,
                      void *data);

/* Push the answer to a command; it is kept for 60 s. @request_id: less than
 * 400 bytes, else FUP_ELIMIT. */
void fup_queue_answer(struct fup_redis *redis,
                      const char *prefix,
                      const char *request_id,
                      const char *json,
                      fup_queue_cb cb,
                      void *data);

/* Check the server: maxmemory-policy must be noeviction and the version 6.2 or
 * newer (FUP_EREFUSED otherwise, naming it); @err holds a warning with code
 * FUP_OK when AOF is off ("" when all is well). Where CONFIG is forbidden INFO
 * is believed, with a warning. */
void fup_queue_check(struct fup_redis *redis, fup_queue_cb cb, void *data);

#endif
