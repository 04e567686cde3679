/* After an outage: late messages go out at their channel's pace, and nothing
 * else has to wait for them. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "orders.h"
#include "world.h"

#define OUT "followup:{p00}:out:"

/* The second step is missed as well. */
static const char quick[] =
    "{\"name\": \"quick\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"webchat\", \"sms\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"4s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}},\n"
    "  {\"kind\": \"check_in\", \"after\": \"10m\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Really?\"}}]}}]}";

/* Fifteen in a second. */
static const char channels[] =
    "{\"channels\": {\n"
    "  \"sms\": {\"window\": {\"value\": null, \"asof\": \"2026-11-21\", "
    "\"source\": \"test\"}},\n"
    "  \"webchat\": {\"window\": {\"value\": null, \"asof\": \"2026-11-21\", "
    "\"source\": \"test\"},\n"
    "    \"catch_up\": {\"value\": 900, \"asof\": \"2026-11-21\", "
    "\"source\": \"test\"}}}}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "quick.json", quick);
    world_schedule(&w, "channels.json", channels);
    world_config(&w, "{\"sweep_s\": 1}");
    *state = &w;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

/* They began @ago. */
static void silences_since(struct world *w,
                           const char *ago,
                           const char *prefix,
                           const char *channel,
                           int n)
{
    char id[24];
    char at[64];

    (void)snprintf(at, sizeof at, "clock_timestamp() - interval '%s'", ago);
    for (int i = 0; i < n; i++) {
        (void)snprintf(id, sizeof id, "%s%d", prefix, i);
        world_conversation(w, id, channel);
        world_message(w, id, "in", "human", at);
        world_message(w, id, "out", "human", at);
    }
}

static void
silences(struct world *w, const char *prefix, const char *channel, int n)
{
    silences_since(w, "0", prefix, channel, n);
}

static bool fired(struct world *w, const char *like, int n)
{
    return world_until(w, WAIT_MS,
                       "SELECT count(*) >= %d FROM followup.ledger "
                       "WHERE event = 'fired' AND conversation LIKE '%s'",
                       n, like);
}

static bool filled(struct world *w, const char *channel, long long n)
{
    for (int i = 0; i < WAIT_MS / 5; i++) {
        if (redis_server_int(&w->redis, "XLEN " OUT "%s", channel) == n) {
            return true;
        }
        (void)world_until(w, 5, "SELECT false");
    }
    return false;
}

/* Of the late messages since the @nth, each came when the pace had room for it:
 * in T seconds of the ramp there is some for T/10 + 9/10 T^2/120. The ledger's
 * instants are those of transactions, a little after the question. */
static void assert_paced(struct world *w, int nth)
{
    assert_string_equal(
        world_text(w,
                   "SELECT coalesce(min(n || ' after ' || t), 'paced') FROM ("
                   "  SELECT row_number() OVER (ORDER BY seq) AS n,"
                   "    extract(epoch FROM at - min(at) OVER ()) + 0.5 AS t"
                   "  FROM (SELECT seq, at FROM followup.ledger"
                   "    WHERE event = 'fired' AND channel = 'webchat'"
                   "      AND conversation NOT LIKE 'fresh%%'"
                   "    ORDER BY seq OFFSET %d) l) x "
                   "WHERE n > 1 + 15 * (0.1 * t + 0.0075 * t * t)",
                   nth),
        "paced");
}

/* Forty timers are set when the worker goes, and missed by an hour; twenty
 * silences begin, and are overdue, while it is away. */
static void an_outage(struct world *w)
{
    world_start_config(w, 0);
    assert_true(world_logged(w, 0, WAIT_MS, " ready"));
    silences(w, "armed", "webchat", 40);
    silences(w, "sms", "sms", 10);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 50 FROM followup.enrollment"));
    assert_int_equal(world_stop(w, 0, SIGTERM), 0);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger "
                                  "WHERE event = 'fired'"),
                     0);
    silences_since(w, "1 min", "began", "webchat", 20);
    world_do(w, "UPDATE crm.message SET created_at = "
                "created_at - interval '1 hour'");
    world_do(w, "UPDATE followup.enrollment SET due_at = "
                "due_at - interval '1 hour', episode_at = episode_at - "
                "interval '1 hour'");
    world_do(w, "UPDATE followup.installation SET enroll_since = "
                "enroll_since - interval '1 day'");
}

static void late_messages_go_out_at_the_pace(void **state)
{
    struct world *w = *state;

    an_outage(w);
    world_start_config(w, 1);
    assert_true(world_logged(w, 1, WAIT_MS,
                             "catching_up partition=0 channel=\"webchat\" "
                             "per_minute=900"));
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 70 FROM followup.enrollment"));
    assert_true(fired(w, "sms%", 10));
    assert_true(filled(w, "sms", 10));
    assert_true(redis_server_int(&w->redis, "XLEN " OUT "webchat") < 20);
    assert_paced(w, 0);
}

static void fresh_ones_do_not_wait_for_them(void **state)
{
    struct world *w = *state;

    silences(w, "fresh", "webchat", 3);
    assert_true(fired(w, "fresh%", 3));
    assert_true(world_int(w, "SELECT max(extract(epoch FROM at - due_at) * "
                             "1000)::integer FROM followup.ledger "
                             "WHERE event = 'fired' AND conversation "
                             "LIKE 'fresh%%'") < 1000);
    assert_true(world_int(w, "SELECT count(*) FROM followup.enrollment "
                             "WHERE due_at < now()") > 0);
}

/* One that still waits; valid until the next call. */
static const char *held(struct world *w)
{
    static char id[24];

    (void)snprintf(id, sizeof id, "%s",
                   world_text(w, "SELECT conversation FROM followup.enrollment "
                                 "WHERE due_at < now() - interval '1 min' "
                                 "ORDER BY id DESC LIMIT 1"));
    assert_true(id[0] != '\0');
    return id;
}

/* The timer's score. */
static long long place_of(struct world *w, const char *id)
{
    static const char script[] =
        "return tonumber(redis.call('ZSCORE', KEYS[1], "
        "struct.pack('>I8', tonumber(ARGV[1]))))";
    long long enrollment = world_int(w,
                                     "SELECT id FROM followup.enrollment "
                                     "WHERE conversation = '%s'",
                                     id);

    return redis_server_int(&w->redis, "EVAL %s 1 followup:{p00}:due %lld",
                            script, enrollment);
}

/* What the CRM writes of conversations moves none to the end, nor does the look
 * for lost timers, once a second. */
static void a_place_is_kept(void **state)
{
    struct world *w = *state;
    const char *id = held(w);
    long long place = place_of(w, id);

    assert_true(place > 0);
    world_do(w, "SELECT followup.touch('default', conversation) FROM "
                "followup.enrollment WHERE due_at < now() - interval '1 min'");
    (void)world_until(w, 2000, "SELECT false");
    assert_int_equal(place_of(w, id), place);
}

static void explain_and_status_say_so(void **state)
{
    struct world *w = *state;
    char words[64];
    const char *text;

    (void)snprintf(words, sizeof words, "explain %s --format json", held(w));
    assert_int_equal(orders_cli(w, words, &text), 0);
    assert_non_null(strstr(text, "\"action\":\"send\",\"reason\":\"paced\""));
    assert_int_equal(orders_cli(w, "status --format json", &text), 0);
    assert_non_null(strstr(text, "\"late\":[{\"channel\":\"webchat\","));
    assert_non_null(strstr(text, "\"catch_up\":900}]"));
}

static void who_replies_meanwhile_gets_none(void **state)
{
    struct world *w = *state;
    const char *id = held(w);

    world_message(w, id, "in", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'replied' FROM "
                            "followup.enrollment WHERE conversation = '%s'",
                            id));
    assert_int_equal(world_int(w,
                               "SELECT count(*) FROM followup.ledger WHERE "
                               "conversation = '%s' AND event = 'fired'",
                               id),
                     0);
}

/* By then many places have passed: all who had them come at once. Then Redis
 * forgets all places, and everybody comes once more. */
static void the_next_worker_begins_slowly_too(void **state)
{
    struct world *w = *state;
    int before;

    assert_int_equal(world_stop(w, 1, SIGKILL), -1);
    before = (int)world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                               "event = 'fired' AND channel = 'webchat' AND "
                               "conversation NOT LIKE 'fresh%%'");
    (void)world_until(w, 5000, "SELECT false");
    world_start_config(w, 2);
    assert_true(world_logged(w, 2, WAIT_MS, "catching_up"));
    redis_server_do(&w->redis, "FLUSHALL");
    assert_true(world_until(w, 2 * WAIT_MS,
                            "SELECT count(*) = 0 FROM followup.enrollment "
                            "WHERE due_at < now()"));
    assert_paced(w, before);
}

static void all_arrive_each_once(void **state)
{
    struct world *w = *state;

    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger "
                                  "WHERE event = 'fired'"),
                     72);
    assert_int_equal(world_int(w, "SELECT count(DISTINCT conversation) "
                                  "FROM followup.ledger "
                                  "WHERE event = 'fired'"),
                     72);
    assert_true(filled(w, "webchat", 62));
}

/* Those of a hold become late messages when it ends. */
static void what_was_held_comes_at_the_pace_as_well(void **state)
{
    struct world *w = *state;
    const char *text;

    assert_int_equal(orders_cli(w, "hold", &text), 0);
    silences_since(w, "1 hour", "freed", "webchat", 40);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 40 FROM followup.enrollment "
                            "WHERE waits_for = 'held' AND "
                            "conversation LIKE 'freed%%'"));
    assert_int_equal(orders_cli(w, "release", &text), 0);
    assert_true(fired(w, "freed%", 40));
    assert_true(world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                             "event = 'armed' AND "
                             "conversation LIKE 'freed%%'") > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_messages_go_out_at_the_pace),
        cmocka_unit_test(fresh_ones_do_not_wait_for_them),
        cmocka_unit_test(a_place_is_kept),
        cmocka_unit_test(explain_and_status_say_so),
        cmocka_unit_test(who_replies_meanwhile_gets_none),
        cmocka_unit_test(the_next_worker_begins_slowly_too),
        cmocka_unit_test(all_arrive_each_once),
        cmocka_unit_test(what_was_held_comes_at_the_pace_as_well),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
