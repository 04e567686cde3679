#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "info.h"
#include "queue_private.h"
#include "session_private.h"

/* CONFIG GET tells what is set; INFO tells it too where CONFIG is forbidden, as
 * it often is on a rented server, and which version it is. */

#define MIN_MAJOR 6
#define MIN_MINOR 2 /* XAUTOCLAIM, ZMSCORE */

struct check {
    fup_queue_cb cb;
    void *data;
    bool forbidden; /* CONFIG is */
    char policy[FUP_INFO_MAX];
    char aof[FUP_INFO_MAX]; /* "yes", "no" or "" */
};

/* The value in the answer [name, value] of CONFIG GET. */
static void keep(struct check *op,
                 enum fup_code code,
                 const struct redisReply *reply,
                 char value[FUP_INFO_MAX])
{
    op->forbidden = op->forbidden || code == FUP_EREFUSED;
    if (code == FUP_OK && fup_queue_is_array(reply, 2) &&
        reply->element[1]->type == REDIS_REPLY_STRING) {
        (void)snprintf(value, FUP_INFO_MAX, "%s", reply->element[1]->str);
    }
}

static void on_policy(void *data,
                      enum fup_code code,
                      const struct redisReply *reply,
                      const struct fup_err *err)
{
    struct check *op = data;

    (void)err;
    keep(op, code, reply, op->policy);
}

static void on_aof(void *data,
                   enum fup_code code,
                   const struct redisReply *reply,
                   const struct fup_err *err)
{
    struct check *op = data;

    (void)err;
    keep(op, code, reply, op->aof);
}

static bool is_old(const char *version)
{
    char *end;
    long major = strtol(version, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

    return major < MIN_MAJOR || (major == MIN_MAJOR && minor < MIN_MINOR);
}

static enum fup_code
judge(const struct check *op, const char *version, struct fup_err *err)
{
    if (version[0] != '\0' && is_old(version)) {
        return fup_err_set(err, FUP_EREFUSED,
                           "Redis is %s; 6.2 or newer is needed", version);
    }
    if (op->policy[0] != '\0' && strcmp(op->policy, "noeviction") != 0) {
        return fup_err_set(err, FUP_EREFUSED,
                           "maxmemory-policy of Redis is %s and must be "
                           "noeviction, for others drop timers and messages",
                           op->policy);
    }
    if (op->policy[0] == '\0') {
        return fup_err_set(err, FUP_OK,
                           "Redis does not tell its maxmemory-policy, which "
                           "must be noeviction");
    }
    if (strcmp(op->aof, "no") == 0) {
        return fup_err_set(err, FUP_OK,
                           "appendonly of Redis is no: after a restart the "
                           "queue is built anew from PostgreSQL");
    }
    if (op->forbidden) {
        return fup_err_set(err, FUP_OK,
                           "Redis forbids CONFIG; what INFO tells is fine");
    }
    return fup_err_set(err, FUP_OK, "%s", "");
}

static void on_info(void *data,
                    enum fup_code code,
                    const struct redisReply *reply,
                    const struct fup_err *err)
{
    struct check *op = data;
    char version[FUP_INFO_MAX] = "";
    char enabled[FUP_INFO_MAX];
    struct fup_err verdict;

    if (code == FUP_OK) {
        (void)fup_info_get(reply, "redis_version", version);
        if (op->policy[0] == '\0') {
            (void)fup_info_get(reply, "maxmemory_policy", op->policy);
        }
        if (op->aof[0] == '\0' && fup_info_get(reply, "aof_enabled", enabled)) {
            (void)snprintf(op->aof, sizeof op->aof, "%s",
                           strcmp(enabled, "0") == 0 ? "no" : "yes");
        }
    }
    if (code == FUP_OK || code == FUP_EREFUSED) {
        code = judge(op, version, &verdict);
        err = &verdict;
    }
    op->cb(op->data, code, err);
    free(op);
}

void fup_queue_check(struct fup_redis *redis, fup_queue_cb cb, void *data)
{
    const char *const policy[] = {"CONFIG", "GET", "maxmemory-policy"};
    const char *const aof[] = {"CONFIG", "GET", "appendonly"};
    const char *const info[] = {"INFO"};
    struct check *op = fup_redis_alloc(sizeof *op);

    op->cb = cb;
    op->data = data;
    fup_redis_command(redis, 3, policy, NULL, on_policy, op);
    fup_redis_command(redis, 3, aof, NULL, on_aof, op);
    fup_redis_command(redis, 1, info, NULL, on_info, op);
}
