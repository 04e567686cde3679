#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "queue_private.h"
#include "scripts.h"
#include "session_private.h"

#define MAX_REJECTED "1000"
#define MAX_VALUE    ((size_t)1000) /* bytes kept of a rejected field */

/* "<command> <prefix>:<inbox>": XACK and XDEL begin so. */
static void begin(struct fup_args *args,
                  const char *command,
                  const char *prefix,
                  enum fup_queue_inbox inbox)
{
    fup_args_init(args);
    fup_args_text(args, command);
    fup_args_printf(args, "%s:%s", prefix, fup_queue_inbox_name(inbox));
}

/* --- acknowledging ------------------------------------------------------ */

/* XACK and XDEL, answered to @join, which waits for both. */
static void send_ack(struct fup_redis *redis,
                     struct fup_args *ack,
                     struct fup_args *del,
                     struct fup_join *join)
{
    fup_args_command(ack, redis, fup_join_answer, join);
    fup_args_command(del, redis, fup_join_answer, join);
}

/* Seven parameters, as in fup_queue_read(). */
/* NOLINTNEXTLINE(readability-function-size) */
void fup_queue_ack(struct fup_redis *redis,
                   const char *prefix,
                   enum fup_queue_inbox inbox,
                   const char *const *ids,
                   size_t n,
                   fup_queue_cb cb,
                   void *data)
{
    struct fup_args ack;
    struct fup_args del;

    if (n == 0) {
        fup_redis_defer(redis, FUP_OK, "", fup_join_answer,
                        fup_join_create(cb, data, 1));
        return;
    }
    begin(&ack, "XACK", prefix, inbox);
    begin(&del, "XDEL", prefix, inbox);
    fup_args_text(&ack, FUP_QUEUE_GROUP);
    for (size_t i = 0; i < n; i++) {
        fup_args_text(&ack, ids[i]);
        fup_args_text(&del, ids[i]);
    }
    send_ack(redis, &ack, &del, fup_join_create(cb, data, 2));
}

/* --- rejecting ---------------------------------------------------------- */

struct reject {
    struct fup_redis *redis;
    struct fup_args ack;
    struct fup_args del;
    fup_queue_cb cb;
    void *data;
};

/* An entry whose copy was refused stays: it comes again. */
static void on_copied(void *data,
                      enum fup_code code,
                      const struct redisReply *reply,
                      const struct fup_err *err)
{
    struct reject *op = data;

    (void)reply;
    if (code == FUP_OK) {
        send_ack(op->redis, &op->ack, &op->del,
                 fup_join_create(op->cb, op->data, 2));
    } else {
        fup_args_done(&op->ack);
        fup_args_done(&op->del);
        if (op->cb != NULL) {
            op->cb(op->data, code, err);
        }
    }
    free(op);
}

static void add_pair(struct fup_args *args, const char *name, const char *value)
{
    size_t len = strlen(value);

    fup_args_text(args, name);
    fup_args_add(args, value, len < MAX_VALUE ? len : MAX_VALUE);
}

static void add_copy(struct fup_args *args,
                     const struct fup_queue_entry *entry,
                     const char *reason)
{
    fup_args_text(args, "MAXLEN");
    fup_args_text(args, "~");
    fup_args_text(args, MAX_REJECTED);
    fup_args_text(args, "*");
    add_pair(args, "stream", fup_queue_inbox_name(entry->inbox));
    add_pair(args, "entry", entry->id);
    add_pair(args, "reason", reason);
    for (size_t i = 0; i < entry->n_fields; i++) {
        fup_args_add(args, entry->fields[i],
                     entry->lens[i] < MAX_VALUE ? entry->lens[i] : MAX_VALUE);
    }
}

void fup_queue_reject(struct fup_redis *redis,
                      const char *prefix,
                      const struct fup_queue_entry *entry,
                      const char *reason,
                      fup_queue_cb cb,
                      void *data)
{
    struct reject *op = fup_redis_alloc(sizeof *op);
    struct fup_args copy;

    op->redis = redis;
    op->cb = cb;
    op->data = data;
    begin(&op->ack, "XACK", prefix, entry->inbox);
    fup_args_text(&op->ack, FUP_QUEUE_GROUP);
    fup_args_text(&op->ack, entry->id);
    begin(&op->del, "XDEL", prefix, entry->inbox);
    fup_args_text(&op->del, entry->id);
    fup_args_init(&copy);
    fup_args_text(&copy, "XADD");
    fup_args_printf(&copy, "%s:rejected", prefix);
    add_copy(&copy, entry, reason);
    fup_args_command(&copy, redis, on_copied, op);
}

/* --- answering ---------------------------------------------------------- */

void fup_queue_answer(struct fup_redis *redis,
                      const char *prefix,
                      const char *request_id,
                      const char *json,
                      fup_queue_cb cb,
                      void *data)
{
    struct fup_args args;

    fup_args_init(&args);
    fup_args_printf(&args, "%s:reply:%s", prefix, request_id);
    fup_args_text(&args, json);
    fup_args_eval(&args, redis, &fup_script_answer, 1, fup_join_answer,
                  fup_join_create(cb, data, 1));
}
