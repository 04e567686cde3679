#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "queue_private.h"
#include "session_private.h"

void fup_queue_key(struct fup_args *args,
                   const struct fup_queue *queue,
                   const char *what)
{
    fup_args_printf(args, "%s:{p%02d}:%s", queue->prefix, queue->partition,
                    what);
}

void fup_queue_mark(struct fup_args *args, const struct fup_queue *queue)
{
    if (queue->marked) {
        fup_args_int(args, queue->mark);
    } else {
        fup_args_text(args, "");
    }
}

const char *fup_queue_inbox_name(enum fup_queue_inbox inbox)
{
    return inbox == FUP_QUEUE_COMMANDS ? "commands" : "receipts";
}

struct fup_join *fup_join_create(fup_queue_cb cb, void *data, int n)
{
    struct fup_join *join = fup_redis_alloc(sizeof *join);

    join->cb = cb;
    join->data = data;
    join->left = n;
    return join;
}

void fup_join_answer(void *data,
                     enum fup_code code,
                     const struct redisReply *reply,
                     const struct fup_err *err)
{
    struct fup_join *join = data;

    (void)reply;
    if (join->code == FUP_OK && code != FUP_OK) {
        join->code = code;
        join->err = *err;
    }
    if (--join->left > 0) {
        return;
    }
    if (join->cb != NULL) {
        join->cb(join->data, join->code, &join->err);
    }
    free(join);
}

enum fup_code fup_queue_odd(struct fup_err *err, const char *what)
{
    return fup_err_set(err, FUP_EREFUSED, "%s: an answer of an unexpected kind",
                       what);
}

bool fup_queue_is_array(const struct redisReply *reply, size_t n)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY &&
           reply->elements >= n;
}

size_t fup_queue_read_behind(const struct redisReply *list,
                             struct fup_queue_behind *behind,
                             size_t max)
{
    size_t n = 0;

    for (size_t i = 0; fup_queue_is_array(list, i + 2) && n < max; i += 2) {
        const struct redisReply *channel = list->element[i];
        const struct redisReply *seq = list->element[i + 1];

        if (channel->type == REDIS_REPLY_STRING &&
            seq->type == REDIS_REPLY_STRING) {
            behind[n].channel = channel->str;
            behind[n++].seq = strtoll(seq->str, NULL, 10);
        }
    }
    return n;
}
