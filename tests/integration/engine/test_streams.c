/* Streams that are full, or that somebody deletes, while the worker works. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "world.h"

#define WAIT_MS 15000
#define OUT     "followup:{p00}:out:"

static const char quick[] =
    "{\"name\": \"quick\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"webchat\", \"sms\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "quick.json", quick);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_stream_holds_up_no_other),
        cmocka_unit_test(what_is_sent_makes_room_for_what_waits),
        cmocka_unit_test(a_stream_that_is_deleted_is_filled_with_what_waits),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
