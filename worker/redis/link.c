#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <hiredis/async.h>

#include "session_private.h"
#include "tls.h"

/* hiredis on a uv_poll.
 *
 * hiredis says through its hooks what the socket shall be watched for, and
 * frees its context by itself when the connection breaks; its cleanup hook,
 * called before that, is where we let go of it. So after every call into
 * hiredis: when @ac is gone, the connection is lost.
 *
 * libuv stops a poll before it reports an error, and a refused connection is
 * such an error: then hiredis is let look at the socket, and finds out.
 *
 * hiredis' connect callback only sets a flag: sending or freeing from inside
 * of it ends differently in 0.14 and 1.x. */

struct fup_link {
    uv_poll_t poll;
    struct fup_redis *redis;
    struct redisAsyncContext *ac; /* NULL once hiredis has freed it */
    struct ssl_st *ssl;           /* NULL without TLS; lives as long as @ac */
    int events;
    bool connected;
    bool up; /* the session knows that it is connected */
    struct fup_err err;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct fup_link *link, int events)
{
    link->events = events;
    if (uv_is_closing((uv_handle_t *)&link->poll)) {
        return;
    }
    /* What cannot be watched is dropped at its deadline. */
    if (events == 0) {
        (void)uv_poll_stop(&link->poll);
    } else {
        (void)uv_poll_start(&link->poll, events, on_poll);
    }
}

static void add_read(void *data)
{
    struct fup_link *link = data;

    if ((link->events & UV_READABLE) == 0) {
        watch(link, link->events | UV_READABLE);
    }
}

static void del_read(void *data)
{
    struct fup_link *link = data;

    watch(link, link->events & ~UV_READABLE);
}

static void add_write(void *data)
{
    struct fup_link *link = data;

    if ((link->events & UV_WRITABLE) == 0) {
        watch(link, link->events | UV_WRITABLE);
    }
}

static void del_write(void *data)
{
    struct fup_link *link = data;

    watch(link, link->events & ~UV_WRITABLE);
}

static void on_link_closed(uv_handle_t *handle)
{
    struct fup_link *link = handle->data;
    struct fup_redis *redis = link->redis;

    free(link);
    fup_session_released(redis);
}

/* Put the words for why hiredis gave up into @link->err. */
static void note_reason(struct fup_link *link,
                        const struct redisAsyncContext *ac)
{
    const char *fault = link->ssl == NULL ? NULL : fup_tls_fault(link->ssl);

    if (link->err.msg[0] != '\0') {
        return;
    }
    if (fault != NULL) {
        (void)fup_err_set(&link->err, FUP_EAWAY, "tls: %s", fault);
    } else {
        (void)fup_err_set(&link->err, FUP_EAWAY, "%s",
                          ac->c.errstr[0] == '\0' ? "connection lost"
                                                  : ac->c.errstr);
    }
}

/* hiredis is about to close the socket and to free the context. */
static void on_cleanup(void *data)
{
    struct fup_link *link = data;

    if (link->ac == NULL) {
        return;
    }
    note_reason(link, link->ac);
    link->ac = NULL;
    uv_close((uv_handle_t *)&link->poll, on_link_closed);
}

static void on_connect(const struct redisAsyncContext *ac, int status)
{
    struct fup_link *link = ac->data;

    link->connected = status == REDIS_OK;
}

/* Tell the session what became of the connection. */
static void report(struct fup_link *link)
{
    struct fup_redis *redis = link->redis;

    if (redis->link != link) {
        return;
    }
    if (link->ac == NULL) {
        redis->link = NULL;
        fup_session_down(redis, &link->err);
    } else if (link->connected && !link->up) {
        link->up = true;
        fup_session_up(redis);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct fup_link *link = poll->data;
    struct fup_err err;

    if (status < 0) {
        events = UV_READABLE | UV_WRITABLE;
        link->events = 0;
    }
    /* Nothing is read before the greeting has been sent: hiredis aborts on an
     * answer that nobody asked for. */
    if (link->up && (events & UV_READABLE) != 0) {
        redisAsyncHandleRead(link->ac);
    }
    if (link->ac != NULL && (!link->up || (events & UV_WRITABLE) != 0)) {
        redisAsyncHandleWrite(link->ac);
    }
    if (link->ac != NULL && status < 0 && link->redis->link == link) {
        (void)fup_err_set(&err, FUP_EAWAY, "%s", uv_strerror(status));
        fup_link_drop(link, &err);
        fup_session_down(link->redis, &err);
        return;
    }
    report(link);
}

static struct redisAsyncContext *connect_to(const struct fup_redis_url *url,
                                            const char *host)
{
    return host == NULL ? redisAsyncConnectUnix(url->path)
                        : redisAsyncConnect(host, url->port);
}

/* Small commands go out at once, and a peer that is gone is noticed while
 * nothing is asked of it. A socket that refuses works without. */
static void tune(int fd)
{
    const struct {
        int level;
        int name;
        int value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},   {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 15}, {IPPROTO_TCP, TCP_KEEPINTVL, 5},
        {IPPROTO_TCP, TCP_KEEPCNT, 3},
    };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        (void)setsockopt(fd, options[i].level, options[i].name,
                         &options[i].value, sizeof options[i].value);
    }
}

/* Put the hooks on: from here on, freeing @ac closes @link. */
static void attach(struct fup_link *link, struct redisAsyncContext *ac)
{
    link->ac = ac;
    link->poll.data = link;
    link->redis->handles++;
    ac->data = link;
    ac->ev.data = link;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = on_cleanup;
    (void)redisAsyncSetConnectCallback(ac, on_connect);
}

static enum fup_code
start(struct fup_link *link, struct redisAsyncContext *ac, struct fup_err *err)
{
    struct fup_redis *redis = link->redis;
    int rc;

    if (ac->err != 0) {
        return fup_err_set(err, FUP_EAWAY, "%s", ac->errstr);
    }
    if (redis->url.path == NULL) {
        tune(ac->c.fd);
    }
    if (redis->tls != NULL) {
        enum fup_code code = fup_tls_start(redis->tls, &ac->c, &link->ssl, err);

        if (code != FUP_OK) {
            return code;
        }
    }
    rc = uv_poll_init(redis->loop, &link->poll, ac->c.fd);
    if (rc != 0) {
        return fup_err_set(err, FUP_EAWAY, "%s", uv_strerror(rc));
    }
    attach(link, ac);
    return FUP_OK;
}

struct fup_link *
fup_link_open(struct fup_redis *redis, const char *host, struct fup_err *err)
{
    struct fup_link *link = calloc(1, sizeof *link);
    struct redisAsyncContext *ac = NULL;

    if (link != NULL) {
        ac = connect_to(&redis->url, host);
    }
    if (ac == NULL) {
        (void)fup_err_set(err, FUP_ENOMEM, "out of memory");
        free(link);
        return NULL;
    }
    link->redis = redis;
    if (start(link, ac, err) != FUP_OK) {
        redisAsyncFree(ac);
        free(link);
        return NULL;
    }
    return link;
}

static void on_reply(struct redisAsyncContext *ac, void *reply, void *data)
{
    struct fup_link *link = ac->data;

    if (reply == NULL) {
        note_reason(link, ac);
    }
    fup_request_answered(data, reply, link->err.msg);
}

bool fup_link_send(struct fup_link *link,
                   struct fup_request *req,
                   const char *bytes,
                   size_t len)
{
    return link->ac != NULL &&
           redisAsyncFormattedCommand(link->ac, on_reply, req, bytes, len) ==
               REDIS_OK;
}

void fup_link_drop(struct fup_link *link, const struct fup_err *why)
{
    link->err = *why;
    link->redis->link = NULL;
    watch(link, 0);
    /* Inside one of its callbacks hiredis does this when it is back. */
    redisAsyncFree(link->ac);
}
