/* Private: the session, its commands and its connection.
 *
 *   session.c  states, deadlines, open and close
 *   greet.c    AUTH, SELECT, CLIENT SETNAME, PING on a new connection
 *   args.c     the arguments of one command, as they go over the wire
 *   request.c  commands: how they are sent, answered, called back
 *   link.c     one connection: hiredis on a uv_poll
 *   lookup.c   host names
 */

#ifndef FUP_REDIS_SESSION_PRIVATE_H
#define FUP_REDIS_SESSION_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "args.h"
#include "core/backoff.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/sm.h"
#include "redis/session.h"

struct addrinfo;
struct fup_link;
struct fup_lookup;
struct fup_tls;

enum {
    REDIS_WAITING,
    REDIS_RESOLVING,
    REDIS_CONNECTING,
    REDIS_GREETING,
    REDIS_READY,
    REDIS_CLOSING,
};

struct fup_request {
    struct fup_redis *redis;
    struct fup_request *next;
    fup_redis_cb cb;
    void *data;
    uint64_t serial;
    uint64_t sent_at; /* loop's clock, ms */
    size_t bytes;
    struct fup_redis_script *script; /* to EVAL when it is not known there */
    struct fup_args args;            /* what follows the script's name */
    enum fup_code code;              /* once it is over, until called back */
    struct fup_err err;
};

struct fup_requests {
    struct fup_request *head;
    struct fup_request *tail;
    size_t n;
};

struct fup_redis {
    struct uv_loop_s *loop;
    struct fup_redis_url url;
    struct fup_tls *tls;
    char *name;
    uint64_t connect_ms;
    uint64_t answer_ms;
    fup_redis_state_cb on_state;
    void *data;

    struct fup_sm sm;
    struct fup_backoff backoff;
    struct fup_err err; /* why it is not ready */
    bool tell;          /* that it is not ready, soon */
    uv_timer_t timer;   /* what the state waits for */
    uv_timer_t post;    /* calls back what is over */
    int handles;        /* open: the timers, links, look-ups */

    struct addrinfo *addrs;
    const struct addrinfo *next_addr;
    bool path_tried;
    struct fup_lookup *lookup;
    int lookups; /* running, with those nobody waits for */
    struct fup_link *link;

    struct fup_requests pending; /* sent, oldest first */
    struct fup_requests posted;  /* over, to be called back */
    size_t pending_bytes;
    uint64_t serial;
    uint64_t late; /* serial of the command seen too old once */
    bool posting;

    void (*on_closed)(void *data);
    void *closed_data;
};

/* --- session.c ---------------------------------------------------------- */

/* The connection is made. */
void fup_session_up(struct fup_redis *redis);
/* The connection broke or could not be made; the link is gone. */
void fup_session_down(struct fup_redis *redis, const struct fup_err *err);
/* Give the connection up, whatever the state, and try again later. */
void fup_session_lost(struct fup_redis *redis, const struct fup_err *err);
/* The greeting was answered. */
void fup_session_greeted(struct fup_redis *redis);
/* The addresses of the host, or why there are none; owns @addrs. */
void fup_session_resolved(struct fup_redis *redis,
                          struct addrinfo *addrs,
                          const struct fup_err *err);
/* Something is posted: have it called back soon. */
void fup_session_post(struct fup_redis *redis);
/* A command was sent: see that it is answered in time. */
void fup_session_watch(struct fup_redis *redis);
/* A handle or a look-up has closed. */
void fup_session_released(struct fup_redis *redis);

/* --- greet.c ------------------------------------------------------------ */

void fup_greet(struct fup_redis *redis);

/* --- request.c ---------------------------------------------------------- */

/* Zeroed memory for what a callback needs; ends the program when there is
 * none, since the caller could not be told. */
void *fup_redis_alloc(size_t size);

/* Send, whether the session is ready or not. */
void fup_request_command(struct fup_redis *redis,
                         int argc,
                         const char *const *argv,
                         fup_redis_cb cb,
                         void *data);
/* Answered: @reply, or NULL when the connection was lost because of @why. */
void fup_request_answered(struct fup_request *req,
                          const struct redisReply *reply,
                          const char *why);
/* Call back what is over by now. */
void fup_request_run_posted(struct fup_redis *redis);
/* Call @cb with @code soon. */
void fup_redis_defer(struct fup_redis *redis,
                     enum fup_code code,
                     const char *why,
                     fup_redis_cb cb,
                     void *data);

/* --- link.c ------------------------------------------------------------- */

/* Begin to connect to the numeric address @host, or to @redis' path when @host
 * is NULL. NULL: @err. */
struct fup_link *
fup_link_open(struct fup_redis *redis, const char *host, struct fup_err *err);
/* Hand a command's bytes to hiredis. */
bool fup_link_send(struct fup_link *link,
                   struct fup_request *req,
                   const char *bytes,
                   size_t len);
/* Close; commands under way are answered with @why. */
void fup_link_drop(struct fup_link *link, const struct fup_err *why);

/* --- lookup.c ----------------------------------------------------------- */

bool fup_lookup_start(struct fup_redis *redis, struct fup_err *err);
/* Its answer is not wanted any more. */
void fup_lookup_abandon(struct fup_redis *redis);

#endif
