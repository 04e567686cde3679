/* Streams that are full, or that somebody deletes, while the worker works. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "world.h"

#define WAIT_MS 15000
#define OUT     "followup:{p00}:out:"

static const char quick[] =
    "{\"name\": \"quick\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"webchat\", \"sms\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

/* Each message takes the place of the one before, which nobody has sent. */
static const char steps[] =
    "{\"name\": \"steps\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"telegram\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "   {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"1s\", \"message\":\n"
    "   {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Or not?\"}}]}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"1s\", \"close\": true}]}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "quick.json", quick);
    world_schedule(&w, "steps.json", steps);
    *state = &w;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

static void silence(struct world *w, const char *id, const char *channel)
{
    world_conversation(w, id, channel);
    world_message(w, id, "in", "human", "now()");
    world_message(w, id, "out", "bot", "now()");
}

static long long len(struct world *w, const char *channel)
{
    return redis_server_int(&w->redis, "XLEN " OUT "%s", channel);
}

/* The conversations that the ledger has a message for. */
static bool fired(struct world *w, int n)
{
    return world_until(w, WAIT_MS,
                       "SELECT count(*) = %d FROM followup.ledger "
                       "WHERE event = 'fired'",
                       n);
}

static bool filled(struct world *w, const char *channel, long long n)
{
    for (int i = 0; i < WAIT_MS / 5; i++) {
        if (len(w, channel) == n) {
            return true;
        }
        (void)world_until(w, 5, "SELECT false");
    }
    return false;
}

static void a_full_stream_holds_up_no_other(void **state)
{
    struct world *w = *state;

    world_config(w, "{\"stream_max\": 2}");
    world_start_config(w, 0);
    for (char id[] = "w1"; id[1] <= '5'; id[1]++) {
        silence(w, id, "webchat");
    }
    assert_true(fired(w, 5));
    assert_true(world_logged(w, 0, WAIT_MS,
                             "stream_full partition=0 channel=\"webchat\""));
    silence(w, "s1", "sms");
    silence(w, "s2", "sms");
    assert_true(filled(w, "sms", 2));
    assert_int_equal(len(w, "webchat"), 2);
}

/* In order, and by another worker too, that has to learn of it. */
static void what_is_sent_makes_room_for_what_waits(void **state)
{
    struct world *w = *state;

    assert_int_equal(world_stop(w, 0, SIGTERM), 0);
    redis_server_do(&w->redis, "XTRIM " OUT "webchat MAXLEN 0");
    world_start_config(w, 1);
    assert_true(filled(w, "webchat", 2));
    redis_server_do(&w->redis, "XTRIM " OUT "webchat MAXLEN 0");
    assert_true(filled(w, "webchat", 1));
    silence(w, "w6", "webchat");
    assert_true(filled(w, "webchat", 2));
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger "
                                  "WHERE status = 'pending'"),
                     8);
    assert_int_equal(redis_server_int(&w->redis, "HEXISTS followup:{p00}:meta "
                                                 "behind:webchat"),
                     0);
}

/* All six of its messages are pending: nobody has sent any. */
static void a_stream_that_is_deleted_is_filled_with_what_waits(void **state)
{
    struct world *w = *state;

    assert_int_equal(world_stop(w, 1, SIGTERM), 0);
    world_config(w, "{\"stream_max\": 100}");
    world_start_config(w, 2);
    redis_server_do(&w->redis, "DEL " OUT "webchat");
    assert_true(filled(w, "webchat", 6));
    redis_server_do(&w->redis, "DEL " OUT "webchat");
    redis_server_do(&w->redis,
                    "XGROUP CREATE " OUT "webchat senders 0 MKSTREAM");
    silence(w, "w7", "webchat");
    assert_true(filled(w, "webchat", 7));
    assert_int_equal(len(w, "sms"), 2);
    assert_true(world_logged(w, 2, WAIT_MS,
                             "stream_lost partition=0 channel=\"webchat\""));
}

#define TEXT_MAX 2000

/* The fields of an event, one after the other, but that of a message's status:
 * it may have become another one since. */
static void event_text(const redisReply *entry, char text[TEXT_MAX])
{
    const redisReply *fields = entry->element[1];
    size_t len = 0;

    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        const char *name = fields->element[i]->str;

        if (strcmp(name, "status") != 0) {
            len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s|%s|", name,
                                    fields->element[i + 1]->str);
            assert_true(len < TEXT_MAX);
        }
    }
}

/* How often the event at @at is told from @from on. */
static int times_told(const redisReply *all, size_t at, size_t from, size_t end)
{
    char wanted[TEXT_MAX];
    char text[TEXT_MAX];
    int n = 0;

    event_text(all->element[at], wanted);
    for (size_t i = from; i < end; i++) {
        event_text(all->element[i], text);
        n += strcmp(text, wanted) == 0;
    }
    return n;
}

static redisReply *events(struct world *w)
{
    return redis_server_ask(&w->redis, "XRANGE followup:events - +");
}

/* The mark is lost: all behind the oldest message that waits is told once more,
 * from the ledger, as it was told from the turns that wrote it. */
static void the_ledger_tells_what_the_turns_have_told(void **state)
{
    struct world *w = *state;
    redisReply *all;
    size_t n;

    silence(w, "t1", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' FROM "
                            "followup.enrollment WHERE conversation = 't1'"));
    (void)world_until(w, 500, "SELECT false");
    n = (size_t)redis_server_int(&w->redis, "XLEN followup:events");
    redis_server_do(&w->redis, "HDEL followup:{p00}:meta relayed");
    all = events(w);
    for (int i = 0;
         i < WAIT_MS && times_told(all, n - 1, n, all->elements) == 0; i++) {
        (void)world_until(w, 5, "SELECT false");
        freeReplyObject(all);
        all = events(w);
    }
    assert_int_equal(times_told(all, n - 1, n, all->elements), 1);
    for (size_t i = n; i < all->elements; i++) {
        assert_int_equal(times_told(all, i, 0, n), 1);
    }
    for (size_t i = 0; i < n; i++) {
        char text[TEXT_MAX];

        event_text(all->element[i], text);
        if (strstr(text, "conversation|t1|") != NULL) {
            assert_int_equal(times_told(all, i, n, all->elements), 1);
        }
    }
    freeReplyObject(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_stream_holds_up_no_other),
        cmocka_unit_test(what_is_sent_makes_room_for_what_waits),
        cmocka_unit_test(a_stream_that_is_deleted_is_filled_with_what_waits),
        cmocka_unit_test(the_ledger_tells_what_the_turns_have_told),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
