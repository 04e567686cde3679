/* Redis sessions on the loop: our own libuv adapter for hiredis, with connect
 * and command deadlines, reconnecting with backoff.
 *
 * Works with hiredis 0.14 (no TLS) and 1.x (TLS with rediss://). The program
 * must ignore SIGPIPE, which hiredis may raise on a connection that is gone. */

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
 * and, each time, when it is lost or could not connect; it tries again by
 * itself, 100 ms to 5 s. Commands that were under way have been called back by
 * then. Not called after fup_redis_close(). @err never holds the password;
 * FUP_EREFUSED: the server refused the password or the database, else
 * FUP_EAWAY. */
typedef void (*fup_redis_state_cb)(struct fup_redis *redis,
                                   bool ready,
                                   const struct fup_err *err);

/* Called exactly once for each command, never from inside the submitting call.
 * @reply is valid during the call only, NULL unless FUP_OK. All functions of
 * the session may be called from it, fup_redis_close() included.
 *
 * @code: FUP_OK        any reply but an error
 *        FUP_EREFUSED  Redis answered an error; @err holds its line, without
 *                      the arguments that some servers repeat there
 *        FUP_EFENCED   a script answered an error that begins with FENCED
 *        FUP_EAWAY     not sent (not ready, or 10,000 commands or 64 MiB are
 *                      under way), or Redis is loading or read-only or the like
 *                      (LOADING, READONLY, MASTERDOWN, CLUSTERDOWN, OOM, BUSY,
 *                      MISCONF): try again later
 *        FUP_EUNKNOWN  sent, and the connection was lost or the deadline passed
 *        FUP_ELIMIT    not sent: one command of more than 64 MiB
 *        FUP_ENOMEM    not sent
 *        FUP_ECLOSED   closed before it was sent
 *
 * The program ends when not even the few hundred bytes can be had that calling
 * back needs. */
typedef void (*fup_redis_cb)(void *data,
                             enum fup_code code,
                             const struct redisReply *reply,
                             const struct fup_err *err);

struct fup_redis_options {
    const char *url;     /* redis:// rediss:// unix://; copied */
    const char *name;    /* CLIENT SETNAME; copied; no spaces */
    uint64_t connect_ms; /* to resolve, then for each address; 0: 5 s */
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

/* A Lua script: @sha is filled in at first use, by the server. Static
 * storage. */
struct fup_redis_script {
    const char *name;
    const char *text;
    char sha[41];
};

struct fup_redis_args {
    int n_keys; /* the first ones of @argv */
    int argc;   /* keys and arguments */
    const char *const *argv;
    const size_t *lens; /* NULL: C strings */
};

/* EVALSHA; a NOSCRIPT answer is met by EVAL once. @args are copied.
 *
 * The EVAL comes after what was sent in between, so commands whose order
 * matters wait for each other's answers. */
void fup_redis_eval(struct fup_redis *redis,
                    struct fup_redis_script *script,
                    const struct fup_redis_args *args,
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
