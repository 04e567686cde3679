/* The sender's permits, with a delivery function of the test's own. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <uv.h>

#include "database.h"
#include "proxy.h"
#include "sender/sender.h"

struct scene {
    struct world *w;
    uv_loop_t loop;
    uv_timer_t timer;
    PGconn *other;
    char log[200]; /* what was delivered and dropped, in order */
    bool ended;

    enum { WATCH, LOST, SEEN } stage;
    struct fup_proxy *proxy;
    char conninfo[700];
    struct fup_sender *sender;
};

static void note(struct scene *s, const char *what, const char *of)
{
    size_t n = strlen(s->log);

    (void)snprintf(s->log + n, sizeof s->log - n, "%s%s %s", n > 0 ? ", " : "",
                   what, of);
}

/* The second delivery takes longer than a permit is good for, and meanwhile
 * the third customer replies. */
static enum fup_code
deliver(void *data, const struct fup_outbound_doc *doc, struct fup_err *err)
{
    struct scene *s = data;
    struct timespec slow = {.tv_sec = 2, .tv_nsec = 100000000};

    (void)err;
    note(s, "sent", doc->message.conversation);
    if (strcmp(doc->message.conversation, "c2") == 0) {
        world_message(s->w, "c3", "in", "human", "clock_timestamp()");
        (void)nanosleep(&slow, NULL);
    }
    return FUP_OK;
}

static void on_dropped(void *data, const char *id, const char *reason)
{
    (void)id;
    note(data, "dropped", reason);
}

static void on_end(void *data, enum fup_code code, const struct fup_err *err)
{
    struct scene *s = data;

    (void)err;
    s->ended = code == FUP_OK;
    if (s->timer.data != NULL) {
        uv_close((uv_handle_t *)&s->timer, NULL);
    }
}

static void queue_message(struct world *w, int n, const char *status)
{
    char tag[16];

    database_message(w, n, status);
    (void)snprintf(tag, sizeof tag, "%s",
                   world_text(w, "SELECT tag FROM followup.installation"));
    redis_server_do(
        &w->redis,
        "XADD followup:{p00}:out:webchat %d-0 id %s-0-%d-1 message "
        "{\"id\":\"%s-0-%d-1\",\"tenant\":\"default\",\"conversation\":\"c%d\","
        "\"channel\":\"webchat\",\"to\":\"x\",\"kind\":\"check_in\","
        "\"schedule\":\"s\",\"step\":1,\"text\":\"Hi\",\"options\":[]}",
        n, tag, n, tag, n, n);
}

static void open_proxy(struct scene *s)
{
    char path[300];

    (void)snprintf(path, sizeof path, "%s/.s.PGSQL.%s", PQhost(s->w->pg),
                   PQport(s->w->pg));
    s->proxy = fup_proxy_open(&s->loop, path);
    assert_non_null(s->proxy);
    assert_true(fup_proxy_listen(s->proxy));
    (void)snprintf(s->conninfo, sizeof s->conninfo, "%s host=127.0.0.1 port=%d",
                   s->w->conninfo, fup_proxy_port(s->proxy));
}

static void open_sender(struct scene *s, int once)
{
    static const char *const channels[] = {"webchat"};
    const struct fup_sender_options options = {
        .postgres = s->proxy != NULL ? s->conninfo : s->w->conninfo,
        .redis = s->w->redis.url,
        .prefix = "followup",
        .consumer = "test",
        .channels = channels,
        .n_channels = 1,
        .once = once,
        .deliver = deliver,
        .on_dropped = on_dropped,
        .on_end = on_end,
        .data = s,
    };

    assert_int_equal(fup_sender_open(&s->loop, &options, &s->sender, NULL),
                     FUP_OK);
}

static void run_loop(struct scene *s)
{
    while (!s->ended && uv_run(&s->loop, UV_RUN_ONCE) != 0) {
    }
    fup_proxy_close(s->proxy);
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&s->loop), 0);
    assert_true(s->ended);
}

static void a_permit_grows_old_while_another_message_is_delivered(void **state)
{
    struct scene s = {.w = *state};

    for (int i = 1; i <= 4; i++) {
        queue_message(s.w, i, "pending");
    }
    (void)uv_loop_init(&s.loop);
    open_sender(&s, 3);
    run_loop(&s);
    assert_string_equal(s.log, "sent c1, sent c2, dropped replied, sent c4");
    assert_string_equal(database_status(s.w, 3), "withdrawn replied");
}

/* Break the connection while the sender asks, then wait for its receipt. */
static void on_timer(uv_timer_t *timer)
{
    struct scene *s = timer->data;

    if (s->stage == WATCH &&
        world_int(s->w, "SELECT count(*) FROM pg_locks WHERE NOT granted") >
            0) {
        fup_proxy_cut_after(s->proxy, 0);
        s->stage = LOST;
    } else if (s->stage == LOST) {
        database_run(s->other, "ROLLBACK");
        s->stage = SEEN;
    } else if (s->stage == SEEN &&
               redis_server_int(&s->w->redis, "XLEN followup:receipts") > 0) {
        fup_sender_stop(s->sender);
        (void)uv_timer_stop(timer);
    }
}

static void what_another_sender_may_have_sent_is_never_sent_again(void **state)
{
    struct scene s = {.w = *state};

    queue_message(s.w, 1, "permit");
    redis_server_do(&s.w->redis,
                    "XGROUP CREATE followup:{p00}:out:webchat senders 0");
    redis_server_do(&s.w->redis, "XREADGROUP GROUP senders dead COUNT 1 "
                                 "STREAMS followup:{p00}:out:webchat >");
    redis_server_do(&s.w->redis, "XCLAIM followup:{p00}:out:webchat senders "
                                 "dead 0 1-0 IDLE 120000 JUSTID");
    s.other = database_connect(s.w);
    database_run(s.other, "BEGIN");
    database_run(s.other, "LOCK TABLE followup.ledger");
    (void)uv_loop_init(&s.loop);
    (void)uv_timer_init(&s.loop, &s.timer);
    s.timer.data = &s;
    (void)uv_timer_start(&s.timer, on_timer, 10, 10);
    open_proxy(&s);
    open_sender(&s, 0);
    run_loop(&s);
    assert_string_equal(s.log, "");
    PQfinish(s.other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_permit_grows_old_while_another_message_is_delivered),
        TEST(what_another_sender_may_have_sent_is_never_sent_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
