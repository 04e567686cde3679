/* Redis sessions on the loop: our own libuv adapter for hiredis, with connect
 * and command deadlines, reconnecting with backoff.
 *
 * Works with hiredis 0.14 (no TLS) and 1.x (TLS with rediss://). */

#ifndef FUP_REDIS_SESSION_H
#define FUP_REDIS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct uv_loop_s;
struct redisReply;

struct fup_redis;

/* Told when the session is ready (connected, authenticated, database chosen)
 * and when it is lost or could not connect; it tries again by itself, 100 ms to
 * 5 s. @err never holds the password. */
typedef void (*fup_redis_state_cb)(struct fup_redis *redis,
                                   bool ready,
                                   const struct fup_err *err);

/* Called exactly once for each command, never from inside the submitting call.
 * @reply is valid during the call only, NULL unless FUP_OK.
 *
 * @code: FUP_OK        any reply but an error
 *        FUP_EREFUSED  Redis answered an error; @err holds its line
 *        FUP_EFENCED   a script answered an error that begins with FENCED
 *        FUP_EAWAY     not sent, or Redis is loading or read-only or the like
 *                      (LOADING, READONLY, MASTERDOWN, CLUSTERDOWN, OOM): try
 *                      again later
 *        FUP_EUNKNOWN  sent, and the connection was lost or the deadline passed
 *        FUP_ECLOSED   closed before it was sent */
typedef void (*fup_redis_cb)(void *data,
                             enum fup_code code,
                             const struct redisReply *reply,
                             const struct fup_err *err);

struct fup_redis_options {
    const char *url;     /* redis:// rediss:// unix://; copied */
    const char *name;    /* CLIENT SETNAME; copied; no spaces */
    uint64_t connect_ms; /* 0: 5 s */
    uint64_t answer_ms;  /* no answer for so long: drop it; 0: 2 s */
    fup_redis_state_cb on_state;
    void *data;
};

/* Parts of a URL:
 *   redis://[[user]:password@]host[:port][/db]    rediss:// the same over TLS
 *   unix://[[user]:password@]/path[?db=N]         user and password %-encoded
 */
struct fup_redis_url {
    bool tls;
    char *path; /* of a unix socket, or NULL */
    char *host;
    int port;
    int db;
    char *user;
    char *password;
};

/* Errors: FUP_EINVAL, @err names the part and what was expected. */
FUP_MUST_CHECK enum fup_code fup_redis_url_parse(const char *text,
                                                 struct fup_redis_url *ret_url,
                                                 struct fup_err *err);
void fup_redis_url_done(struct fup_redis_url *url);

/* Owns:   *@ret_redis until fup_redis_close() has called back.
 * Errors: FUP_EINVAL url; FUP_EINVAL rediss:// in a build without TLS;
 *         FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_redis_open(struct uv_loop_s *loop,
               const struct fup_redis_options *options,
               struct fup_redis **ret_redis,
               struct fup_err *err);

void *fup_redis_data(const struct fup_redis *redis);
bool fup_redis_ready(const struct fup_redis *redis);

/* Send one command; the arguments are copied. @cb may be NULL when the answer
 * does not matter. */
void fup_redis_command(struct fup_redis *redis,
                       int argc,
                       const char *const *argv,
                       const size_t *lens, /* NULL: C strings */
                       fup_redis_cb cb,
                       void *data);

/* A Lua script: @sha is filled in at first use. Static storage. */
struct fup_redis_script {
    const char *name;
    const char *text;
    char sha[41];
};

/* EVALSHA; a NOSCRIPT answer is met by EVAL once. @argv: keys, then arguments;
 * @lens as above. */
void fup_redis_eval(struct fup_redis *redis,
                    struct fup_redis_script *script,
                    int n_keys,
                    int argc,
                    const char *const *argv,
                    const size_t *lens,
                    fup_redis_cb cb,
                    void *data);

/* Drop the connection and connect again: what is under way is UNKNOWN. */
void fup_redis_reset(struct fup_redis *redis);

/* Commands under way are called back (UNKNOWN), then @on_closed(data) runs and
 * @redis is gone. */
void fup_redis_close(struct fup_redis *redis,
                     void (*on_closed)(void *data),
                     void *data);

#endif
