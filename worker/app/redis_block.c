#include "redis_block.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <uv.h>

#include "redis/session.h"

#define CONNECT_MS 5000

struct fup_redis_block {
    uv_loop_t loop;
    uv_timer_t deadline;
    struct fup_redis *redis;
    struct fup_err away; /* why it could not connect */
    /* the command under way */
    bool answered;
    enum fup_code code;
    struct fup_err *err;
    fup_redis_block_cb cb;
    void *data;
};

static void
on_state(struct fup_redis *session, bool ready, const struct fup_err *err)
{
    struct fup_redis_block *redis = fup_redis_data(session);

    if (!ready && err != NULL) {
        redis->away = *err;
    }
}

static void on_deadline(uv_timer_t *timer)
{
    struct fup_redis_block *redis = timer->data;

    redis->answered = true;
}

/* Wait until it is ready, or cannot be. A first failure is enough: who waits at
 * a console rather hears of it. */
static enum fup_code connect_now(struct fup_redis_block *redis,
                                 struct fup_err *err)
{
    redis->answered = false;
    (void)uv_timer_start(&redis->deadline, on_deadline, CONNECT_MS, 0);
    while (!fup_redis_ready(redis->redis) && !redis->answered &&
           redis->away.code == FUP_OK) {
        (void)uv_run(&redis->loop, UV_RUN_ONCE);
    }
    (void)uv_timer_stop(&redis->deadline);
    if (fup_redis_ready(redis->redis)) {
        return FUP_OK;
    }
    return fup_err_set(err, FUP_EAWAY, "Redis is away: %s",
                       redis->away.msg[0] != '\0' ? redis->away.msg
                                                  : "no answer");
}

enum fup_code fup_redis_block_open(const char *url,
                                   uint64_t answer_ms,
                                   struct fup_redis_block **ret_redis,
                                   struct fup_err *err)
{
    struct fup_redis_block *redis = calloc(1, sizeof *redis);
    const struct fup_redis_options options = {
        .url = url,
        .name = "followup-cli",
        .connect_ms = CONNECT_MS,
        .answer_ms = answer_ms,
        .on_state = on_state,
        .data = redis,
    };
    enum fup_code code;

    if (redis == NULL || uv_loop_init(&redis->loop) != 0) {
        free(redis);
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    (void)uv_timer_init(&redis->loop, &redis->deadline);
    redis->deadline.data = redis;
    code = fup_redis_open(&redis->loop, &options, &redis->redis, err);
    if (code == FUP_OK) {
        code = connect_now(redis, err);
    }
    if (code != FUP_OK) {
        fup_redis_block_close(redis);
        return code;
    }
    *ret_redis = redis;
    return FUP_OK;
}

static void on_closed(void *data)
{
    (void)data;
}

void fup_redis_block_close(struct fup_redis_block *redis)
{
    if (redis == NULL) {
        return;
    }
    if (redis->redis != NULL) {
        fup_redis_close(redis->redis, on_closed, redis);
    }
    uv_close((uv_handle_t *)&redis->deadline, NULL);
    (void)uv_run(&redis->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&redis->loop);
    free(redis);
}

static void on_reply(void *data,
                     enum fup_code code,
                     const struct redisReply *reply,
                     const struct fup_err *err)
{
    struct fup_redis_block *redis = data;

    redis->answered = true;
    redis->code = code;
    if (code != FUP_OK && redis->err != NULL) {
        if (err != NULL) {
            *redis->err = *err;
        }
        redis->err->code = code;
    }
    if (code == FUP_OK && redis->cb != NULL) {
        redis->cb(redis->data, reply);
    }
}

enum fup_code fup_redis_block_run(struct fup_redis_block *redis,
                                  const char *const *argv,
                                  int n,
                                  fup_redis_block_cb cb,
                                  void *data,
                                  struct fup_err *err)
{
    redis->answered = false;
    redis->err = err;
    redis->cb = cb;
    redis->data = data;
    fup_redis_command(redis->redis, n, argv, NULL, on_reply, redis);
    while (!redis->answered) {
        (void)uv_run(&redis->loop, UV_RUN_ONCE);
    }
    return redis->code;
}

static void take_number(void *data, const struct redisReply *reply)
{
    int64_t *number = data;

    *number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
}

enum fup_code fup_redis_block_number(struct fup_redis_block *redis,
                                     const char *const *argv,
                                     int n,
                                     int64_t *ret_number,
                                     struct fup_err *err)
{
    return fup_redis_block_run(redis, argv, n, take_number, ret_number, err);
}
