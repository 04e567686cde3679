#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "reply.h"
#include "session_private.h"

/* Commands: a command is on the list `pending` from the moment hiredis has it
 * until it is answered, in order; or on the list `posted` when it is over for
 * another reason, until the session's post timer calls it back. So no caller
 * is called back from inside its own call. */

#define MAX_PENDING ((size_t)10000)
#define MAX_BYTES   ((size_t)64 * 1024 * 1024) /* of all commands pending */

/* --- lists -------------------------------------------------------------- */

static void push(struct fup_requests *list, struct fup_request *req)
{
    req->next = NULL;
    if (list->tail == NULL) {
        list->head = req;
    } else {
        list->tail->next = req;
    }
    list->tail = req;
    list->n++;
}

static struct fup_request *pop(struct fup_requests *list)
{
    struct fup_request *req = list->head;

    if (req != NULL) {
        list->head = req->next;
        list->n--;
        if (list->head == NULL) {
            list->tail = NULL;
        }
    }
    return req;
}

/* --- over --------------------------------------------------------------- */

void *fup_redis_alloc(size_t size)
{
    void *memory = calloc(1, size);

    if (memory == NULL) {
        (void)fprintf(stderr, "redis: out of memory\n");
        abort();
    }
    return memory;
}

static struct fup_request *
req_create(struct fup_redis *redis, fup_redis_cb cb, void *data)
{
    struct fup_request *req = fup_redis_alloc(sizeof *req);

    req->redis = redis;
    req->cb = cb;
    req->data = data;
    fup_buf_init(&req->text, MAX_BYTES);
    return req;
}

static void req_finish(struct fup_request *req,
                       enum fup_code code,
                       const struct redisReply *reply,
                       const struct fup_err *err)
{
    fup_redis_cb cb = req->cb;
    void *data = req->data;

    fup_buf_done(&req->text);
    if (cb != NULL) {
        cb(data, code, code == FUP_OK ? reply : NULL, err);
    }
    free(req);
}

/* Call @req back soon. */
static void
req_post(struct fup_request *req, enum fup_code code, const char *why)
{
    struct fup_redis *redis = req->redis;

    req->code = fup_err_set(&req->err, code, "%s", why);
    push(&redis->posted, req);
    fup_session_post(redis);
}

void fup_request_run_posted(struct fup_redis *redis)
{
    struct fup_requests over = redis->posted;
    struct fup_request *req;

    redis->posted = (struct fup_requests){.n = 0};
    redis->posting = true;
    while ((req = pop(&over)) != NULL) {
        struct fup_err err = req->err;

        req_finish(req, req->code, NULL, &err);
    }
    redis->posting = false;
}

void fup_redis_defer(struct fup_redis *redis,
                     enum fup_code code,
                     const char *why,
                     fup_redis_cb cb,
                     void *data)
{
    req_post(req_create(redis, cb, data), code, why);
}

/* --- on the way --------------------------------------------------------- */

/* Hand @len bytes, a whole command, to the connection. */
static void req_send(struct fup_request *req, const char *bytes, size_t len)
{
    struct fup_redis *redis = req->redis;

    if (redis->pending.n >= MAX_PENDING ||
        len > MAX_BYTES - redis->pending_bytes) {
        req_post(req, FUP_EAWAY, "too many commands under way");
        return;
    }
    if (redis->link == NULL || !fup_link_send(redis->link, req, bytes, len)) {
        req_post(req, FUP_EAWAY, "not connected");
        return;
    }
    req->bytes = len;
    req->serial = ++redis->serial;
    req->sent_at = uv_now(redis->loop);
    redis->pending_bytes += len;
    push(&redis->pending, req);
    fup_session_watch(redis);
}

static void add_arg(struct fup_buf *buf, const char *arg, size_t len)
{
    fup_buf_addf(buf, "$%zu\r\n", len);
    fup_buf_add(buf, arg, len);
    fup_buf_add(buf, "\r\n", 2);
}

static void add_args(struct fup_buf *buf,
                     int argc,
                     const char *const *argv,
                     const size_t *lens)
{
    for (int i = 0; i < argc; i++) {
        add_arg(buf, argv[i], lens == NULL ? strlen(argv[i]) : lens[i]);
    }
}

/* Post @req when its text could not be made. */
static bool req_has_text(struct fup_request *req, const struct fup_buf *buf)
{
    if (buf->failed != FUP_OK) {
        req_post(req, buf->failed, "a command of more than 64 MiB, or no room");
        return false;
    }
    return true;
}

static void send_command(struct fup_request *req,
                         int argc,
                         const char *const *argv,
                         const size_t *lens)
{
    struct fup_buf text;

    fup_buf_init(&text, MAX_BYTES);
    fup_buf_addf(&text, "*%d\r\n", argc);
    add_args(&text, argc, argv, lens);
    if (req_has_text(req, &text)) {
        req_send(req, text.data, text.len);
    }
    fup_buf_done(&text);
}

void fup_request_command(struct fup_redis *redis,
                         int argc,
                         const char *const *argv,
                         fup_redis_cb cb,
                         void *data)
{
    send_command(req_create(redis, cb, data), argc, argv, NULL);
}

/* Post @req unless commands are taken now. */
static bool req_may_go(struct fup_request *req)
{
    if (req->redis->sm.state == REDIS_READY) {
        return true;
    }
    if (req->redis->sm.state == REDIS_CLOSING) {
        req_post(req, FUP_ECLOSED, "closing");
    } else {
        req_post(req, FUP_EAWAY, "not connected");
    }
    return false;
}

void fup_redis_command(struct fup_redis *redis,
                       int argc,
                       const char *const *argv,
                       const size_t *lens,
                       fup_redis_cb cb,
                       void *data)
{
    struct fup_request *req = req_create(redis, cb, data);

    if (req_may_go(req)) {
        send_command(req, argc, argv, lens);
    }
}

/* --- scripts ------------------------------------------------------------ */

/* What @sha holds when the server will not load scripts ahead. */
#define SHA_NONE "-"

static void on_loaded(void *data,
                      enum fup_code code,
                      const struct redisReply *reply,
                      const struct fup_err *err)
{
    struct fup_redis_script *script = data;

    (void)err;
    if (code == FUP_OK && reply->type == REDIS_REPLY_STRING &&
        reply->len + 1 == sizeof script->sha) {
        memcpy(script->sha, reply->str, sizeof script->sha);
    } else if (code == FUP_EREFUSED) {
        memcpy(script->sha, SHA_NONE, sizeof SHA_NONE);
    }
}

/* Ask the server for the name of @script, once. */
static void learn_sha(struct fup_redis *redis, struct fup_redis_script *script)
{
    const char *const argv[] = {"SCRIPT", "LOAD", script->text};

    fup_request_command(redis, 3, argv, on_loaded, script);
}

/* EVAL, with the script's text and the arguments kept in @req. */
static void send_eval(struct fup_request *req)
{
    const char *const head[] = {"EVAL", req->script->text};
    struct fup_buf text;

    req->script = NULL;
    fup_buf_init(&text, MAX_BYTES);
    fup_buf_addf(&text, "*%d\r\n", req->argc);
    add_args(&text, 2, head, NULL);
    fup_buf_add(&text, req->text.data + req->tail_at,
                req->text.len - req->tail_at);
    if (req_has_text(req, &text)) {
        req_send(req, text.data, text.len);
    }
    fup_buf_done(&text);
}

/* Write EVALSHA with its arguments, to be sent as it is or, from @tail_at on,
 * as EVAL. */
static void write_eval(struct fup_request *req,
                       struct fup_redis_script *script,
                       const struct fup_redis_args *args)
{
    const char *const head[] = {"EVALSHA", script->sha};
    char number[16];

    req->script = script;
    req->argc = args->argc + 3;
    fup_buf_addf(&req->text, "*%d\r\n", req->argc);
    add_args(&req->text, 2, head, NULL);
    req->tail_at = req->text.len;
    (void)snprintf(number, sizeof number, "%d", args->n_keys);
    add_arg(&req->text, number, strlen(number));
    add_args(&req->text, args->argc, args->argv, args->lens);
}

void fup_redis_eval(struct fup_redis *redis,
                    struct fup_redis_script *script,
                    const struct fup_redis_args *args,
                    fup_redis_cb cb,
                    void *data)
{
    struct fup_request *req = req_create(redis, cb, data);

    if (!req_may_go(req)) {
        return;
    }
    write_eval(req, script, args);
    if (!req_has_text(req, &req->text)) {
        return;
    }
    if (script->sha[0] != '\0' && strcmp(script->sha, SHA_NONE) != 0) {
        req_send(req, req->text.data, req->text.len);
        return;
    }
    if (script->sha[0] == '\0') {
        learn_sha(redis, script);
    }
    send_eval(req);
}

/* --- answered ----------------------------------------------------------- */

void fup_request_answered(struct fup_request *req,
                          const struct redisReply *reply,
                          const char *why)
{
    struct fup_redis *redis = req->redis;
    struct fup_err err = {.code = FUP_OK};
    enum fup_code code;

    assert(redis->pending.head == req);
    (void)pop(&redis->pending);
    redis->pending_bytes -= req->bytes;
    if (reply == NULL) {
        req_post(req, FUP_EUNKNOWN, why);
        return;
    }
    if (req->script != NULL && fup_reply_is_error(reply, "NOSCRIPT")) {
        send_eval(req);
        return;
    }
    code = fup_reply_code(reply, &err);
    req_finish(req, code, reply, &err);
}
