#include <errno.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "queue_private.h"
#include "scripts.h"
#include "session_private.h"

struct claim {
    fup_queue_claim_cb cb;
    void *data;
    size_t max;
    int64_t ids[];
};

/* meta due inflight */
#define N_KEYS 3

static void begin(struct fup_args *args, const struct fup_queue *queue)
{
    fup_args_init(args);
    fup_queue_key(args, queue, "meta");
    fup_queue_key(args, queue, "due");
    fup_queue_key(args, queue, "inflight");
    fup_args_int(args, queue->epoch);
}

static struct claim *claim_create(fup_queue_claim_cb cb, void *data, size_t max)
{
    struct claim *op = fup_redis_alloc(sizeof *op + max * sizeof op->ids[0]);

    op->cb = cb;
    op->data = data;
    op->max = max;
    return op;
}

static void claim_finish(struct claim *op,
                         enum fup_code code,
                         const struct fup_queue_claim *claim,
                         const struct fup_err *err)
{
    op->cb(op->data, code, code == FUP_OK ? claim : NULL, err);
    free(op);
}

/* --- claim -------------------------------------------------------------- */

/* A score: whole milliseconds, unless somebody else wrote it. */
static int64_t score(const struct redisReply *reply)
{
    const double limit = 9e18;
    char *end;
    double number;
    long long whole;

    errno = 0;
    whole = strtoll(reply->str, &end, 10);
    if (*end == '\0' && errno == 0) {
        return whole;
    }
    number = strtod(reply->str, NULL);
    if (number >= limit) {
        return FUP_QUEUE_NEVER;
    }
    return number <= -limit ? INT64_MIN : (int64_t)number;
}

static int64_t id_of(const struct redisReply *reply)
{
    uint64_t id = 0;

    for (size_t i = 0; i < 8; i++) {
        id = id << 8 | (unsigned char)reply->str[i];
    }
    return (int64_t)id;
}

static bool read_ids(struct claim *op,
                     const struct redisReply *list,
                     struct fup_queue_claim *claim)
{
    if (!fup_queue_is_array(list, 0) || list->elements > op->max) {
        return false;
    }
    for (size_t i = 0; i < list->elements; i++) {
        const struct redisReply *id = list->element[i];

        if (id->type != REDIS_REPLY_STRING || id->len != 8) {
            return false;
        }
        op->ids[claim->n++] = id_of(id);
    }
    claim->ids = op->ids;
    return true;
}

static bool read_claim(struct claim *op,
                       const struct redisReply *reply,
                       struct fup_queue_claim *claim)
{
    const struct redisReply *next;

    if (!fup_queue_is_array(reply, 4)) {
        return false;
    }
    next = reply->element[1];
    if (reply->element[0]->type != REDIS_REPLY_INTEGER ||
        next->type != REDIS_REPLY_STRING ||
        reply->element[2]->type != REDIS_REPLY_INTEGER) {
        return false;
    }
    claim->now_ms = reply->element[0]->integer;
    claim->next_due_ms = next->len == 0 ? FUP_QUEUE_NEVER : score(next);
    claim->pending = reply->element[2]->integer;
    return read_ids(op, reply->element[3], claim);
}

static void on_claimed(void *data,
                       enum fup_code code,
                       const struct redisReply *reply,
                       const struct fup_err *err)
{
    struct claim *op = data;
    struct fup_queue_claim claim = {.next_due_ms = FUP_QUEUE_NEVER};
    struct fup_err odd;

    if (code == FUP_OK && !read_claim(op, reply, &claim)) {
        code = fup_queue_odd(&odd, "claim");
        err = &odd;
    }
    claim_finish(op, code, &claim, err);
}

void fup_queue_claim(const struct fup_queue *queue,
                     size_t max,
                     int64_t lead_ms,
                     int64_t lease_ms,
                     fup_queue_claim_cb cb,
                     void *data)
{
    struct claim *op;
    struct fup_args args;

    max = max < FUP_QUEUE_BATCH_MAX ? max : FUP_QUEUE_BATCH_MAX;
    op = claim_create(cb, data, max);
    begin(&args, queue);
    fup_args_int(&args, (int64_t)max);
    fup_args_int(&args, lead_ms);
    fup_args_int(&args, lease_ms);
    fup_args_eval(&args, queue->redis, &fup_script_claim, N_KEYS, on_claimed,
                  op);
}

/* --- settle and heal ---------------------------------------------------- */

static void add_timers(struct fup_args *args,
                       const struct fup_queue_timer *timers,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fup_args_id(args, timers[i].id);
        if (timers[i].due_ms == FUP_QUEUE_NEVER) {
            fup_args_text(args, "");
        } else {
            fup_args_int(args, timers[i].due_ms);
        }
    }
}

/* What is to be said of a batch without asking Redis. */
static bool
is_simple(const struct fup_queue *queue, size_t n, fup_redis_cb cb, void *op)
{
    if (n == 0) {
        fup_redis_defer(queue->redis, FUP_OK, "", cb, op);
    } else if (n > FUP_QUEUE_BATCH_MAX) {
        fup_redis_defer(queue->redis, FUP_EINVAL, "a batch of more than 1024",
                        cb, op);
    }
    return n == 0 || n > FUP_QUEUE_BATCH_MAX;
}

void fup_queue_settle(const struct fup_queue *queue,
                      const struct fup_queue_timer *timers,
                      size_t n,
                      fup_queue_cb cb,
                      void *data)
{
    struct fup_join *join = fup_join_create(cb, data, 1);
    struct fup_args args;

    if (is_simple(queue, n, fup_join_answer, join)) {
        return;
    }
    begin(&args, queue);
    add_timers(&args, timers, n);
    fup_args_eval(&args, queue->redis, &fup_script_settle, N_KEYS,
                  fup_join_answer, join);
}

static void on_healed(void *data,
                      enum fup_code code,
                      const struct redisReply *reply,
                      const struct fup_err *err)
{
    struct claim *op = data;
    struct fup_queue_claim claim = {.next_due_ms = FUP_QUEUE_NEVER};

    if (code == FUP_OK && reply != NULL && reply->type == REDIS_REPLY_INTEGER) {
        claim.n = (size_t)reply->integer;
    }
    claim_finish(op, code, &claim, err);
}

void fup_queue_heal(const struct fup_queue *queue,
                    const struct fup_queue_timer *timers,
                    size_t n,
                    int64_t spare_ms,
                    fup_queue_claim_cb cb,
                    void *data)
{
    struct claim *op = claim_create(cb, data, 0);
    struct fup_args args;

    if (is_simple(queue, n, on_healed, op)) {
        return;
    }
    begin(&args, queue);
    fup_args_int(&args, spare_ms);
    add_timers(&args, timers, n);
    fup_args_eval(&args, queue->redis, &fup_script_heal, N_KEYS, on_healed, op);
}
