/* Private: what the files of the queue share.
 *
 *   queue.c         names of keys, answers that are only yes or no
 *   queue_timers.c  claim, settle, heal
 *   queue_meta.c    the partition's meta hash
 *   queue_relay.c   ledger rows to streams
 *   queue_events.c  what happened, for others
 *   queue_read.c    commands and receipts: reading
 *   queue_inbox.c   commands and receipts: acknowledging, rejecting, answering
 *   queue_check.c   is the server set up as it must be
 */

#ifndef FUP_REDIS_QUEUE_PRIVATE_H
#define FUP_REDIS_QUEUE_PRIVATE_H

#include "args.h"
#include "redis/queue.h"

struct redisReply;

#define FUP_QUEUE_GROUP "followup"

/* Add the key "<prefix>:{pNN}:<what>". */
void fup_queue_key(struct fup_args *args,
                   const struct fup_queue *queue,
                   const char *what);

/* Add what meta.relayed must be, "" for anything. */
void fup_queue_mark(struct fup_args *args, const struct fup_queue *queue);

/* "commands" or "receipts". */
const char *fup_queue_inbox_name(enum fup_queue_inbox inbox);

/* Several answers that become one: the first that is not FUP_OK, or FUP_OK. */
struct fup_join {
    fup_queue_cb cb;
    void *data;
    int left;
    enum fup_code code;
    struct fup_err err;
};

struct fup_join *fup_join_create(fup_queue_cb cb, void *data, int n);
/* A fup_redis_cb; @data is the join, freed with the last answer. */
void fup_join_answer(void *data,
                     enum fup_code code,
                     const struct redisReply *reply,
                     const struct fup_err *err);

/* The answer was not of the kind that Redis gives to this: FUP_EREFUSED. */
enum fup_code fup_queue_odd(struct fup_err *err, const char *what);

/* Whether @reply is an array of @n or more. */
bool fup_queue_is_array(const struct redisReply *reply, size_t n);

/* {channel, seq, channel, seq, …}, borrowed; returns how many. */
size_t fup_queue_read_behind(const struct redisReply *list,
                             struct fup_queue_behind *behind,
                             size_t max);

#endif
