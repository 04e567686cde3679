#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "session_private.h"

/* Host names are resolved in libuv's pool of threads. One look-up runs for a
 * session at a time: an answer that came too late for one attempt would else
 * leave its thread occupied while the next attempt takes another. */

struct fup_lookup {
    uv_getaddrinfo_t req;
    struct fup_redis *redis;
};

static void
on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *addrs)
{
    struct fup_lookup *lookup = req->data;
    struct fup_redis *redis = lookup->redis;
    bool wanted = redis->lookup == lookup;
    struct fup_err err;

    free(lookup);
    redis->lookups--;
    if (wanted) {
        redis->lookup = NULL;
        (void)fup_err_set(&err, FUP_EAWAY, "host name: %s",
                          status == 0 ? "no address" : uv_strerror(status));
        fup_session_resolved(redis, addrs, &err);
    } else {
        uv_freeaddrinfo(addrs);
    }
    fup_session_released(redis);
}

bool fup_lookup_start(struct fup_redis *redis, struct fup_err *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM};
    struct fup_lookup *lookup;
    char port[8];
    int rc;

    if (redis->lookups > 0) {
        (void)fup_err_set(err, FUP_EAWAY, "host name: still being resolved");
        return false;
    }
    lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL) {
        (void)fup_err_set(err, FUP_ENOMEM, "host name: out of memory");
        return false;
    }
    lookup->redis = redis;
    lookup->req.data = lookup;
    (void)snprintf(port, sizeof port, "%d", redis->url.port);
    rc = uv_getaddrinfo(redis->loop, &lookup->req, on_resolved, redis->url.host,
                        port, &hints);
    if (rc != 0) {
        free(lookup);
        (void)fup_err_set(err, FUP_EAWAY, "host name: %s", uv_strerror(rc));
        return false;
    }
    redis->lookup = lookup;
    redis->lookups++;
    redis->handles++;
    return true;
}

void fup_lookup_abandon(struct fup_redis *redis)
{
    struct fup_lookup *lookup = redis->lookup;

    if (lookup != NULL) {
        redis->lookup = NULL;
        (void)uv_cancel((uv_req_t *)&lookup->req);
    }
}
