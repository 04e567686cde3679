#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "queue_private.h"
#include "scripts.h"
#include "session_private.h"

/* Events go out pipelined as plain commands, for their stream belongs to no
 * partition. Only when Redis has all of them the mark is moved. */

#define MAX_EVENTS "10000"

struct events {
    struct fup_redis *redis;
    struct fup_args mark; /* of the script that moves it */
    struct fup_join *join;
};

static void on_added(void *data, enum fup_code code, const struct fup_err *err)
{
    struct events *op = data;

    if (code == FUP_OK) {
        fup_args_eval(&op->mark, op->redis, &fup_script_meta, 1,
                      fup_join_answer, op->join);
    } else {
        fup_args_done(&op->mark);
        fup_join_answer(op->join, code, NULL, err);
    }
    free(op);
}

/* @trim: drop what is too old for the stream. */
static void add_event(const struct fup_queue *queue,
                      const struct fup_queue_event *event,
                      bool trim,
                      struct fup_join *all)
{
    struct fup_args args;

    fup_args_init(&args);
    fup_args_text(&args, "XADD");
    fup_args_printf(&args, "%s:events", queue->prefix);
    if (trim) {
        fup_args_text(&args, "MAXLEN");
        fup_args_text(&args, "~");
        fup_args_text(&args, MAX_EVENTS);
    }
    fup_args_text(&args, "*");
    for (size_t i = 0; i < event->n_fields; i++) {
        fup_args_text(&args, event->fields[i]);
    }
    fup_args_command(&args, queue->redis, fup_join_answer, all);
}

void fup_queue_events(const struct fup_queue *queue,
                      const struct fup_queue_event *events,
                      size_t n,
                      int64_t relayed,
                      fup_queue_cb cb,
                      void *data)
{
    struct events *op = fup_redis_alloc(sizeof *op);
    struct fup_join *all;

    op->redis = queue->redis;
    op->join = fup_join_create(cb, data, 1);
    fup_args_init(&op->mark);
    fup_queue_key(&op->mark, queue, "meta");
    fup_args_int(&op->mark, queue->epoch);
    fup_queue_mark(&op->mark, queue);
    fup_args_text(&op->mark, "relayed");
    fup_args_int(&op->mark, relayed);
    if (n == 0) {
        fup_args_eval(&op->mark, op->redis, &fup_script_meta, 1,
                      fup_join_answer, op->join);
        free(op);
        return;
    }
    all = fup_join_create(on_added, op, (int)n);
    for (size_t i = 0; i < n; i++) {
        add_event(queue, &events[i], i + 1 == n, all);
    }
}
