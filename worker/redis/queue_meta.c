#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "info.h"
#include "queue_private.h"
#include "scripts.h"
#include "session_private.h"

/* Timers are built for one run of a server: `built` holds its run_id. After a
 * restart or a failover the id is another one, and they are built anew. So they
 * are when `due` or `inflight` was deleted, and their member `built` with
 * them. */

#define LAYOUT "1"

static void ask_run_id(struct fup_redis *redis, fup_redis_cb cb, void *data)
{
    const char *const argv[] = {"INFO", "server"};

    fup_redis_command(redis, 2, argv, NULL, cb, data);
}

/* --- reading ------------------------------------------------------------ */

struct meta {
    fup_queue_meta_cb cb;
    void *data;
    enum fup_code code;
    struct fup_err err;
    char run_id[FUP_INFO_MAX];
};

static void on_run_id(void *data,
                      enum fup_code code,
                      const struct redisReply *reply,
                      const struct fup_err *err)
{
    struct meta *op = data;

    op->code = code;
    op->err = *err;
    if (code == FUP_OK) {
        fup_info_get(reply, "run_id", op->run_id);
    }
}

static void read_meta(const struct meta *op,
                      const struct redisReply *reply,
                      struct fup_queue_meta *meta)
{
    const struct redisReply *built = reply->element[0];
    const struct redisReply *relayed = reply->element[1];
    const struct redisReply *epoch = reply->element[2];
    char *end;

    meta->built = built->type == REDIS_REPLY_STRING && op->run_id[0] != '\0' &&
                  strcmp(built->str, op->run_id) == 0;
    if (epoch->type == REDIS_REPLY_STRING) {
        meta->epoch = strtoll(epoch->str, NULL, 10);
    }
    if (relayed->type == REDIS_REPLY_STRING) {
        long long seq = strtoll(relayed->str, &end, 10);

        if (relayed->len > 0 && *end == '\0') {
            meta->relayed = seq;
        }
    }
    meta->n_behind = fup_queue_read_behind(reply->element[3], meta->behind,
                                           FUP_QUEUE_CHANNELS_MAX);
}

static void on_meta(void *data,
                    enum fup_code code,
                    const struct redisReply *reply,
                    const struct fup_err *err)
{
    struct meta *op = data;
    struct fup_queue_meta meta = {.relayed = -1};

    if (op->code == FUP_OK && code != FUP_OK) {
        op->code = code;
        op->err = *err;
    }
    if (op->code == FUP_OK && !fup_queue_is_array(reply, 4)) {
        op->code = fup_queue_odd(&op->err, "meta");
    }
    if (op->code == FUP_OK) {
        read_meta(op, reply, &meta);
    }
    op->cb(op->data, op->code, op->code == FUP_OK ? &meta : NULL, &op->err);
    free(op);
}

void fup_queue_meta(const struct fup_queue *queue,
                    fup_queue_meta_cb cb,
                    void *data)
{
    struct meta *op = fup_redis_alloc(sizeof *op);
    struct fup_args args;

    op->cb = cb;
    op->data = data;
    ask_run_id(queue->redis, on_run_id, op);
    fup_args_init(&args);
    fup_queue_key(&args, queue, "meta");
    fup_queue_key(&args, queue, "due");
    fup_queue_key(&args, queue, "inflight");
    fup_args_eval(&args, queue->redis, &fup_script_look, 3, on_meta, op);
}

/* --- built -------------------------------------------------------------- */

struct built {
    struct fup_redis *redis;
    struct fup_join *join;
    struct fup_args args; /* of the script, less the run_id */
};

static void on_built_run_id(void *data,
                            enum fup_code code,
                            const struct redisReply *reply,
                            const struct fup_err *err)
{
    struct built *op = data;
    char run_id[FUP_INFO_MAX];
    struct fup_err odd;

    if (code == FUP_OK && !fup_info_get(reply, "run_id", run_id)) {
        code = fup_queue_odd(&odd, "INFO server");
        err = &odd;
    }
    if (code == FUP_OK) {
        fup_args_text(&op->args, run_id);
        fup_args_eval(&op->args, op->redis, &fup_script_meta, 3,
                      fup_join_answer, op->join);
    } else {
        fup_args_done(&op->args);
        fup_join_answer(op->join, code, NULL, err);
    }
    free(op);
}

void fup_queue_begin(const struct fup_queue *queue, fup_queue_cb cb, void *data)
{
    struct fup_join *join = fup_join_create(cb, data, 1);
    struct fup_args args;

    fup_args_init(&args);
    fup_queue_key(&args, queue, "meta");
    fup_queue_key(&args, queue, "due");
    fup_queue_key(&args, queue, "inflight");
    fup_args_int(&args, queue->epoch);
    fup_args_eval(&args, queue->redis, &fup_script_begin, 3, fup_join_answer,
                  join);
}

void fup_queue_built(const struct fup_queue *queue, fup_queue_cb cb, void *data)
{
    struct built *op = fup_redis_alloc(sizeof *op);

    op->redis = queue->redis;
    op->join = fup_join_create(cb, data, 1);
    fup_args_init(&op->args);
    fup_queue_key(&op->args, queue, "meta");
    fup_queue_key(&op->args, queue, "due");
    fup_queue_key(&op->args, queue, "inflight");
    fup_args_int(&op->args, queue->epoch);
    fup_args_text(&op->args, ""); /* whatever the mark is */
    fup_args_text(&op->args, "layout");
    fup_args_text(&op->args, LAYOUT);
    fup_args_text(&op->args, "built");
    ask_run_id(queue->redis, on_built_run_id, op);
}
