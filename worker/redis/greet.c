#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "session_private.h"

/* The greeting of a new connection: AUTH, SELECT, CLIENT SETNAME and PING are
 * sent together and answered in order. AUTH and SELECT must succeed. The name
 * is a convenience, so a server that forbids it is no obstacle; nor is one
 * that forbids PING. PING tells when a server is still loading or wants a
 * password.
 *
 * When one is refused the connection is given up; the others then come back
 * as UNKNOWN, which is what `silent` is about. */

static bool silent(const struct fup_redis *redis, enum fup_code code)
{
    return redis->sm.state != REDIS_GREETING || code == FUP_EUNKNOWN ||
           code == FUP_ECLOSED;
}

static void refused(struct fup_redis *redis,
                    const char *what,
                    enum fup_code code,
                    const char *line)
{
    struct fup_err err;

    (void)fup_err_set(&err, code, "%s: %s", what, line);
    fup_session_lost(redis, &err);
}

static void on_auth(void *data,
                    enum fup_code code,
                    const struct redisReply *reply,
                    const struct fup_err *err)
{
    struct fup_redis *redis = data;
    char word[32];

    (void)reply;
    if (code == FUP_OK || silent(redis, code)) {
        return;
    }
    /* The first word only: what follows may repeat what was sent. */
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(err->msg, " "),
                   err->msg);
    refused(redis, "user or password refused", code, word);
}

static void on_select(void *data,
                      enum fup_code code,
                      const struct redisReply *reply,
                      const struct fup_err *err)
{
    struct fup_redis *redis = data;

    (void)reply;
    if (code != FUP_OK && !silent(redis, code)) {
        refused(redis, "database refused", code, err->msg);
    }
}

static void on_ping(void *data,
                    enum fup_code code,
                    const struct redisReply *reply,
                    const struct fup_err *err)
{
    struct fup_redis *redis = data;

    if (silent(redis, code)) {
        return;
    }
    if (code != FUP_OK && strncmp(err->msg, "NOPERM", 6) != 0) {
        refused(redis, "greeting refused", code, err->msg);
        return;
    }
    if (code == FUP_OK && (reply->type != REDIS_REPLY_STATUS ||
                           strcmp(reply->str, "PONG") != 0)) {
        refused(redis, "greeting", FUP_EREFUSED, "the peer is not Redis");
        return;
    }
    fup_session_greeted(redis);
}

static void send_auth(struct fup_redis *redis)
{
    const struct fup_redis_url *url = &redis->url;
    const char *argv[3] = {"AUTH"};
    int argc = 1;

    if (url->password == NULL) {
        return;
    }
    if (url->user != NULL) {
        argv[argc++] = url->user;
    }
    argv[argc++] = url->password;
    fup_request_command(redis, argc, argv, on_auth, redis);
}

static void send_select(struct fup_redis *redis)
{
    char db[16];
    const char *const argv[] = {"SELECT", db};

    if (redis->url.db > 0) {
        (void)snprintf(db, sizeof db, "%d", redis->url.db);
        fup_request_command(redis, 2, argv, on_select, redis);
    }
}

void fup_greet(struct fup_redis *redis)
{
    const char *const ping[] = {"PING"};

    send_auth(redis);
    send_select(redis);
    if (redis->name != NULL) {
        const char *const argv[] = {"CLIENT", "SETNAME", redis->name};

        fup_request_command(redis, 3, argv, NULL, NULL);
    }
    fup_request_command(redis, 1, ping, on_ping, redis);
}
