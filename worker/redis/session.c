#include "redis/session.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "session_private.h"
#include "tls.h"

/* The life of a session:
 *
 *              timer              addresses               connected
 *   WAITING ----------> RESOLVING ---------> CONNECTING ------------> GREETING
 *      ^  \                 |        (unix) ^    |                      |   |
 *      |   '------------------------------'     |                      |   |
 *      '------- lost -------'-------------------'----------------------'   |
 *      '------- lost ----------------------- READY <---- PONG -------------'
 *
 *   any --> CLOSING
 *
 * It starts in WAITING with a wait of nothing, so that opening does not call
 * back. One timer is what the state waits for: the end of a wait, the deadline
 * for resolving, connecting and greeting, or that of the oldest command. Each
 * address of a host has a deadline of its own.
 *
 * Lost means: the connection is dropped, every command under way is posted as
 * UNKNOWN, and the state callback after them; both come from the post timer. */

#define TO(state) FUP_SM_TO(REDIS_##state)

static const struct fup_sm_state states[] = {
    [REDIS_WAITING] = {"waiting", TO(WAITING) | TO(RESOLVING) | TO(CONNECTING) |
                                      TO(CLOSING)},
    [REDIS_RESOLVING] = {"resolving",
                         TO(WAITING) | TO(CONNECTING) | TO(CLOSING)},
    [REDIS_CONNECTING] = {"connecting",
                          TO(WAITING) | TO(GREETING) | TO(CLOSING)},
    [REDIS_GREETING] = {"greeting", TO(WAITING) | TO(READY) | TO(CLOSING)},
    [REDIS_READY] = {"ready", TO(WAITING) | TO(CLOSING)},
    [REDIS_CLOSING] = {"closing", 0},
};

#undef TO

#define DEFAULT_CONNECT_MS 5000
#define DEFAULT_ANSWER_MS  2000
#define RETRY_BASE_MS      100
#define RETRY_CAP_MS       5000

static void on_timer(uv_timer_t *timer);
static void on_post(uv_timer_t *timer);

static void wait_ms(struct fup_redis *redis, uint64_t ms)
{
    (void)uv_timer_start(&redis->timer, on_timer, ms, 0);
}

void fup_session_post(struct fup_redis *redis)
{
    if (!uv_is_closing((uv_handle_t *)&redis->post) &&
        !uv_is_active((uv_handle_t *)&redis->post)) {
        /* One that asks again from its callback must not keep the loop from
         * its other work. */
        (void)uv_timer_start(&redis->post, on_post, redis->posting ? 1 : 0, 0);
    }
}

/* --- lost --------------------------------------------------------------- */

static void forget_addresses(struct fup_redis *redis)
{
    uv_freeaddrinfo(redis->addrs);
    redis->addrs = NULL;
    redis->next_addr = NULL;
}

static void let_go(struct fup_redis *redis, const struct fup_err *err)
{
    fup_lookup_abandon(redis);
    if (redis->link != NULL) {
        fup_link_drop(redis->link, err);
    }
    forget_addresses(redis);
    (void)uv_timer_stop(&redis->timer);
}

void fup_session_lost(struct fup_redis *redis, const struct fup_err *err)
{
    redis->err = *err;
    redis->tell = true;
    fup_sm_move(&redis->sm, REDIS_WAITING);
    let_go(redis, &redis->err);
    wait_ms(redis, fup_backoff_next(&redis->backoff));
    fup_session_post(redis);
}

/* Lost, since @what did not happen within @ms. */
static void too_late(struct fup_redis *redis, const char *what, uint64_t ms)
{
    struct fup_err err;

    (void)fup_err_set(&err, FUP_EAWAY, "%s within %llu ms", what,
                      (unsigned long long)ms);
    fup_session_lost(redis, &err);
}

/* --- connecting --------------------------------------------------------- */

/* The next address to try as a numeric host in @host, NULL in *@ret_host for
 * the path of a unix socket. */
static bool next_address(struct fup_redis *redis,
                         char host[NI_MAXHOST],
                         const char **ret_host)
{
    const struct addrinfo *addr = redis->next_addr;

    if (redis->url.path != NULL) {
        *ret_host = NULL;
        redis->path_tried = !redis->path_tried;
        return redis->path_tried;
    }
    if (addr == NULL) {
        return false;
    }
    redis->next_addr = addr->ai_next;
    *ret_host = host;
    return getnameinfo(addr->ai_addr, addr->ai_addrlen, host, NI_MAXHOST, NULL,
                       0, NI_NUMERICHOST) == 0;
}

/* Try the addresses that are left; @why is what became of the last one. */
static void try_next(struct fup_redis *redis, const struct fup_err *why)
{
    struct fup_err err = *why;
    char host[NI_MAXHOST];
    const char *to;

    while (redis->link == NULL && next_address(redis, host, &to)) {
        redis->link = fup_link_open(redis, to, &err);
    }
    if (redis->link == NULL) {
        fup_session_lost(redis, &err);
    } else {
        wait_ms(redis, redis->connect_ms);
    }
}

static void begin(struct fup_redis *redis)
{
    struct fup_err err = {.code = FUP_EAWAY, .msg = "no address"};

    if (redis->url.path != NULL) {
        redis->path_tried = false;
        fup_sm_move(&redis->sm, REDIS_CONNECTING);
        try_next(redis, &err);
    } else if (fup_lookup_start(redis, &err)) {
        fup_sm_move(&redis->sm, REDIS_RESOLVING);
        wait_ms(redis, redis->connect_ms);
    } else {
        fup_session_lost(redis, &err);
    }
}

void fup_session_resolved(struct fup_redis *redis,
                          struct addrinfo *addrs,
                          const struct fup_err *err)
{
    redis->addrs = addrs;
    redis->next_addr = addrs;
    fup_sm_move(&redis->sm, REDIS_CONNECTING);
    try_next(redis, err);
}

void fup_session_up(struct fup_redis *redis)
{
    fup_sm_move(&redis->sm, REDIS_GREETING);
    fup_greet(redis);
}

void fup_session_down(struct fup_redis *redis, const struct fup_err *err)
{
    if (redis->sm.state == REDIS_CONNECTING) {
        try_next(redis, err);
    } else {
        fup_session_lost(redis, err);
    }
}

void fup_session_greeted(struct fup_redis *redis)
{
    const struct fup_err none = {.code = FUP_OK};

    fup_sm_move(&redis->sm, REDIS_READY);
    fup_backoff_reset(&redis->backoff);
    forget_addresses(redis);
    (void)uv_timer_stop(&redis->timer);
    if (redis->on_state != NULL) {
        redis->on_state(redis, true, &none);
    }
}

/* --- deadlines ---------------------------------------------------------- */

void fup_session_watch(struct fup_redis *redis)
{
    if (redis->sm.state == REDIS_READY &&
        !uv_is_active((uv_handle_t *)&redis->timer)) {
        wait_ms(redis, redis->answer_ms);
    }
}

static void in_connecting(struct fup_redis *redis)
{
    struct fup_err err;

    (void)fup_err_set(&err, FUP_EAWAY, "not connected within %llu ms",
                      (unsigned long long)redis->connect_ms);
    fup_link_drop(redis->link, &err);
    try_next(redis, &err);
}

/* A command seen too old gets one more turn of the loop: it was our process
 * that stood still when its answer lies in the socket. */
static void in_ready(struct fup_redis *redis)
{
    const struct fup_request *oldest = redis->pending.head;
    uint64_t age;

    if (oldest == NULL) {
        return;
    }
    age = uv_now(redis->loop) - oldest->sent_at;
    if (age < redis->answer_ms) {
        wait_ms(redis, redis->answer_ms - age);
    } else if (redis->late != oldest->serial) {
        redis->late = oldest->serial;
        wait_ms(redis, 1);
    } else {
        too_late(redis, "a command was not answered", redis->answer_ms);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct fup_redis *redis = timer->data;

    switch (redis->sm.state) {
    case REDIS_WAITING:
        begin(redis);
        break;
    case REDIS_RESOLVING:
        too_late(redis, "host name not resolved", redis->connect_ms);
        break;
    case REDIS_CONNECTING:
        in_connecting(redis);
        break;
    case REDIS_GREETING:
        too_late(redis, "greeting not answered", redis->connect_ms);
        break;
    case REDIS_READY:
        in_ready(redis);
        break;
    default:
        break;
    }
}

/* --- open and close ----------------------------------------------------- */

static void redis_free(struct fup_redis *redis)
{
    fup_redis_url_done(&redis->url);
    fup_tls_free(redis->tls);
    free(redis->name);
    free(redis);
}

static void on_handle_closed(uv_handle_t *handle)
{
    fup_session_released(handle->data);
}

void fup_session_released(struct fup_redis *redis)
{
    void (*on_closed)(void *) = redis->on_closed;
    void *data = redis->closed_data;

    redis->handles--;
    if (redis->sm.state != REDIS_CLOSING) {
        return;
    }
    fup_session_post(redis);
    if (redis->handles > 0) {
        return;
    }
    while (redis->posted.head != NULL) {
        fup_request_run_posted(redis);
    }
    redis_free(redis);
    on_closed(data);
}

/* Only the timers are left: close them too. */
static void close_timers(struct fup_redis *redis)
{
    uv_close((uv_handle_t *)&redis->timer, on_handle_closed);
    uv_close((uv_handle_t *)&redis->post, on_handle_closed);
}

static void on_post(uv_timer_t *timer)
{
    struct fup_redis *redis = timer->data;

    fup_request_run_posted(redis);
    if (redis->sm.state == REDIS_CLOSING) {
        if (redis->handles == 2 && redis->posted.head == NULL) {
            close_timers(redis);
        }
        return;
    }
    if (redis->tell) {
        redis->tell = false;
        if (redis->on_state != NULL) {
            redis->on_state(redis, false, &redis->err);
        }
    }
}

static enum fup_code redis_init(struct fup_redis *redis,
                                const struct fup_redis_options *options,
                                struct fup_err *err)
{
    enum fup_code code = fup_redis_url_parse(options->url, &redis->url, err);

    if (code != FUP_OK) {
        return code;
    }
    if (redis->url.tls) {
        code = fup_tls_create(redis->url.host, &redis->tls, err);
        if (code != FUP_OK) {
            return code;
        }
    }
    if (options->name != NULL) {
        redis->name = strdup(options->name);
        if (redis->name == NULL) {
            return fup_err_set(err, FUP_ENOMEM, "redis: out of memory");
        }
    }
    redis->connect_ms =
        options->connect_ms > 0 ? options->connect_ms : DEFAULT_CONNECT_MS;
    redis->answer_ms =
        options->answer_ms > 0 ? options->answer_ms : DEFAULT_ANSWER_MS;
    redis->on_state = options->on_state;
    redis->data = options->data;
    return FUP_OK;
}

enum fup_code fup_redis_open(struct uv_loop_s *loop,
                             const struct fup_redis_options *options,
                             struct fup_redis **ret_redis,
                             struct fup_err *err)
{
    struct fup_redis *redis = calloc(1, sizeof *redis);
    enum fup_code code;

    if (redis == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "redis: out of memory");
    }
    redis->loop = loop;
    code = redis_init(redis, options, err);
    if (code != FUP_OK) {
        redis_free(redis);
        return code;
    }
    fup_sm_init(&redis->sm, states, REDIS_WAITING);
    fup_backoff_init(&redis->backoff, RETRY_BASE_MS, RETRY_CAP_MS, uv_hrtime());
    (void)uv_timer_init(loop, &redis->timer);
    (void)uv_timer_init(loop, &redis->post);
    redis->timer.data = redis;
    redis->post.data = redis;
    redis->handles = 2;
    wait_ms(redis, 0);
    *ret_redis = redis;
    return FUP_OK;
}

void *fup_redis_data(const struct fup_redis *redis)
{
    return redis->data;
}

bool fup_redis_ready(const struct fup_redis *redis)
{
    return redis->sm.state == REDIS_READY;
}

void fup_redis_reset(struct fup_redis *redis)
{
    const struct fup_err err = {.code = FUP_EAWAY,
                                .msg = "dropped to connect "
                                       "again"};

    if (redis->sm.state == REDIS_CLOSING) {
        return;
    }
    if (redis->sm.state != REDIS_WAITING) {
        fup_session_lost(redis, &err);
    }
    wait_ms(redis, 0);
}

void fup_redis_close(struct fup_redis *redis,
                     void (*on_closed)(void *data),
                     void *data)
{
    const struct fup_err err = {.code = FUP_ECLOSED, .msg = "closed"};

    redis->on_closed = on_closed;
    redis->closed_data = data;
    fup_sm_move(&redis->sm, REDIS_CLOSING);
    let_go(redis, &err);
    fup_session_post(redis);
}
