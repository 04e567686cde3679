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
    fup_args_init(&req->args);
    return req;
}

static void req_finish(struct fup_request *req,
                       enum fup_code code,
                       const struct redisReply *reply,
                       const struct fup_err *err)
{
    fup_redis_cb cb = req->cb;
    void *data = req->data;

    fup_args_done(&req->args);
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

static void add_args(struct fup_args *args,
                     int argc,
                     const char *const *argv,
                     const size_t *lens)
{
    for (int i = 0; i < argc; i++) {
        fup_args_add(args, argv[i], lens == NULL ? strlen(argv[i]) : lens[i]);
    }
}

/* Send @req with @args, which are freed. */
static void send_args(struct fup_request *req, struct fup_args *args)
{
    size_t len = 0;
    const char *text = fup_args_text_of(args, &len);

    if (text != NULL) {
        req_send(req, text, len);
    } else {
        req_post(req, args->text.failed,
                 "a command of more than 64 MiB, or no room");
    }
    fup_args_done(args);
}

void fup_request_command(struct fup_redis *redis,
                         int argc,
                         const char *const *argv,
                         fup_redis_cb cb,
                         void *data)
{
    struct fup_args args;

    fup_args_init(&args);
    add_args(&args, argc, argv, NULL);
    send_args(req_create(redis, cb, data), &args);
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

void fup_args_command(struct fup_args *args,
                      struct fup_redis *redis,
                      fup_redis_cb cb,
                      void *data)
{
    struct fup_request *req = req_create(redis, cb, data);

    if (req_may_go(req)) {
        send_args(req, args);
    } else {
        fup_args_done(args);
    }
}

void fup_redis_command(struct fup_redis *redis,
                       int argc,
                       const char *const *argv,
                       const size_t *lens,
                       fup_redis_cb cb,
                       void *data)
{
    struct fup_args args;

    fup_args_init(&args);
    add_args(&args, argc, argv, lens);
    fup_args_command(&args, redis, cb, data);
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

/* Send @req's script by @verb and @name, its sha or its text. */
static void
send_script(struct fup_request *req, const char *verb, const char *name)
{
    const char *const head[] = {verb, name};
    struct fup_args args;

    fup_args_init(&args);
    add_args(&args, 2, head, NULL);
    fup_args_add_all(&args, &req->args);
    send_args(req, &args);
}

/* EVAL, once. */
static void send_eval(struct fup_request *req)
{
    const char *text = req->script->text;

    req->script = NULL;
    send_script(req, "EVAL", text);
}

void fup_args_eval(struct fup_args *args,
                   struct fup_redis *redis,
                   struct fup_redis_script *script,
                   int n_keys,
                   fup_redis_cb cb,
                   void *data)
{
    struct fup_request *req = req_create(redis, cb, data);

    fup_args_int(&req->args, n_keys);
    fup_args_add_all(&req->args, args);
    fup_args_done(args);
    req->script = script;
    if (!req_may_go(req)) {
        return;
    }
    if (script->sha[0] != '\0' && strcmp(script->sha, SHA_NONE) != 0) {
        send_script(req, "EVALSHA", script->sha);
        return;
    }
    if (script->sha[0] == '\0') {
        learn_sha(redis, script);
    }
    send_eval(req);
}

void fup_redis_eval(struct fup_redis *redis,
                    struct fup_redis_script *script,
                    const struct fup_redis_args *args,
                    fup_redis_cb cb,
                    void *data)
{
    struct fup_args all;

    fup_args_init(&all);
    add_args(&all, args->argc, args->argv, args->lens);
    fup_args_eval(&all, redis, script, args->n_keys, cb, data);
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
