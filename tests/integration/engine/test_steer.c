/* Every verb of an operator, given to a running worker, and what the operator
 * is told. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "orders.h"

/* An hour between steps, and as much between two messages of ours. */
static const char desk[] =
    "{\"name\": \"desk\", \"mode\": \"live\", \"min_gap\": \"30m\",\n"
    " \"max_late\": \"1h\", \"late\": \"skip\",\n"
    " \"match\": {\"channel\": [\"telegram\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1h\", \"message\": {\"variants\": "
    "[\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Still of use?\"}}]}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"1h\", \"message\": "
    "{\"variants\": [\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Shall I close?\"}}]}}]}";

/* Mondays from nine to ten, by UTC. */
static const char mondays[] =
    "{\"name\": \"mondays\", \"mode\": \"live\", \"timezone\": \"UTC\",\n"
    " \"send_hours\": {\"mon\": [\"09:00-10:00\"]},\n"
    " \"match\": {\"channel\": [\"webchat\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1h\", \"message\": {\"variants\": "
    "[\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Still of use?\"}}]}}]}";

/* Noon of a Tuesday to come, and the Monday after it. */
#define TUESDAY "(date_trunc('week', now() AT TIME ZONE 'UTC') + '8 days 12 h')"
#define MONDAY  "(date_trunc('week', now() AT TIME ZONE 'UTC') + '14 days 9 h')"
#define STAMP   "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'"

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "desk.json", desk);
    world_schedule(&w, "mondays.json", mondays);
    world_start(&w, 0);
    *state = &w;
    return world_logged(&w, 0, WAIT_MS, " ready") ? 0 : -1;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

static bool has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        (void)fprintf(stderr, "no %s in: %s\n", part, text);
        return false;
    }
    return true;
}

static long long fired(struct world *w, const char *id)
{
    return world_int(w,
                     "SELECT count(*) FROM followup.ledger WHERE event = "
                     "'fired' AND conversation = '%s'",
                     id);
}

static void an_instant_that_is_named_is_kept_to_the_second(void **state)
{
    struct world *w = *state;
    char at[64];
    char line[256];

    orders_silence(w, "at", "telegram");
    (void)snprintf(at, sizeof at, "%s",
                   world_text(w, "SELECT to_char(" TUESDAY ", " STAMP ")"));
    (void)snprintf(line, sizeof line,
                   "action reschedule conversation at at %s by ana "
                   "reason she~travels",
                   at);
    assert_true(has(orders_give(w, line), "\"ok\":true"));
    assert_memory_equal(orders_value(w, "{next,due_at}"), at, 19);
    assert_string_equal(orders_value(w, "{next,action}"), "send");
    assert_string_equal(orders_value(w, "{next,reason}"), "operator");
    assert_string_equal(orders_value(w, "{next,why,1,rule}"), "manual");
    assert_string_equal(orders_value(w, "{message}"), "");
    assert_string_equal(world_text(w, "SELECT actor || ': ' || note FROM "
                                      "followup.ledger WHERE conversation = "
                                      "'at' ORDER BY seq DESC LIMIT 1"),
                        "ana: she travels");
}

static void a_calendar_form_is_of_the_contacts_zone(void **state)
{
    struct world *w = *state;

    orders_silence(w, "zone", "telegram");
    world_do(w, "UPDATE crm.contact SET timezones = '{Asia/Tokyo}' WHERE id = "
                "'k-zone'");
    (void)orders_give(w, "action reschedule conversation zone in 1d~09:30");
    assert_string_equal(orders_value(w, "{ok}"), "true");
    assert_string_equal(
        world_text(w, "SELECT due_at = ((now() AT TIME ZONE 'Asia/Tokyo')::date"
                      " + 1 + time '09:30') AT TIME ZONE 'Asia/Tokyo' FROM "
                      "followup.enrollment WHERE conversation = 'zone'"),
        "t");
    (void)orders_give(w, "action reschedule conversation zone in 90m");
    assert_string_equal(
        world_text(w, "SELECT due_at - now() BETWEEN '89 min' AND '91 min' "
                      "FROM followup.enrollment WHERE conversation = 'zone'"),
        "t");
}

static void
an_instant_outside_of_the_hours_is_moved_and_the_answer_says_so(void **state)
{
    struct world *w = *state;
    char tuesday[64];
    char line[256];

    orders_silence(w, "moved", "webchat");
    (void)snprintf(tuesday, sizeof tuesday, "%s",
                   world_text(w, "SELECT to_char(" TUESDAY ", " STAMP ")"));
    (void)snprintf(line, sizeof line,
                   "action reschedule conversation moved at %s", tuesday);
    (void)orders_give(w, line);
    assert_string_equal(orders_value(w, "{message}"),
                        "not at the instant asked for: send_hours");
    assert_memory_equal(orders_value(w, "{asked_at}"), tuesday, 19);
    assert_string_equal(orders_value(w, "{next,why,2,rule}"), "send_hours");
    assert_string_equal(orders_value(w, "{next,why,2,moved}"), "+5d 21h");
    assert_string_equal(
        world_text(w, "SELECT due_at AT TIME ZONE 'UTC' = " MONDAY " FROM "
                      "followup.enrollment WHERE conversation = 'moved'"),
        "t");
    (void)snprintf(line, sizeof line,
                   "action reschedule conversation moved at %s force hours",
                   tuesday);
    (void)orders_give(w, line);
    assert_string_equal(orders_value(w, "{message}"), "");
    assert_memory_equal(orders_value(w, "{next,due_at}"), tuesday, 19);
}

static void what_has_passed_is_refused_and_changes_nothing(void **state)
{
    struct world *w = *state;

    orders_silence(w, "past", "telegram");
    assert_true(has(orders_give(w, "action reschedule conversation past at "
                                   "2020-01-01T00:00:00Z"),
                    "in_the_past"));
    assert_true(has(orders_give(w, "action pause conversation past until "
                                   "2020-01-01T00:00:00Z"),
                    "in_the_past"));
    assert_true(
        has(orders_give(w, "action resume conversation past"), "not_paused"));
    assert_string_equal(world_text(w, "SELECT gen FROM followup.enrollment "
                                      "WHERE conversation = 'past'"),
                        "0");
}

static void a_pause_with_an_end_ends_by_itself(void **state)
{
    struct world *w = *state;
    char line[256];

    orders_silence(w, "until", "telegram");
    (void)snprintf(
        line, sizeof line, "action pause conversation until until %s",
        world_text(w, "SELECT to_char(now() AT TIME ZONE 'UTC' + '2 s', " STAMP
                      ")"));
    (void)orders_give(w, line);
    assert_string_equal(orders_value(w, "{next,waits_for}"), "paused");
    assert_string_equal(orders_value(w, "{next,why,0,rule}"), "pause");
    /* Then the step is due at its own time. */
    assert_true(world_until(w, WAIT_MS,
                            "SELECT waits_for IS NULL AND due_at - now() > "
                            "'55 min' FROM followup.enrollment WHERE "
                            "conversation = 'until'"));
    assert_int_equal(fired(w, "until"), 0);
    assert_true(
        has(orders_give(w, "action resume conversation until"), "not_paused"));
}

/* Five hours pass in the pause: both steps would be overdue, and late. */
static void
after_a_pause_it_goes_on_from_now_with_one_message_and_no_more(void **state)
{
    struct world *w = *state;

    world_conversation(w, "rest", "telegram");
    world_message(w, "rest", "in", "human", "now() - interval '6 h'");
    world_message(w, "rest", "out", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'rest'"));
    (void)orders_give(w, "action pause conversation rest");
    assert_string_equal(orders_value(w, "{next,waits_for}"), "paused");
    assert_string_equal(orders_value(w, "{next,due_at}"), "");
    world_do(w, "UPDATE crm.message SET created_at = now() - interval '5 h' "
                "WHERE conversation_id = 'rest' AND direction = 'out'");
    (void)orders_give(w, "action refresh conversation rest");
    assert_int_equal(fired(w, "rest"), 0);
    (void)orders_give(w, "action resume conversation rest by ana");
    assert_string_equal(orders_value(w, "{next,waits_for}"), "");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT step = 2 AND due_at - now() > '55 min' "
                            "FROM followup.enrollment WHERE conversation = "
                            "'rest'"));
    assert_int_equal(fired(w, "rest"), 1);
    assert_string_equal(
        world_text(w, "SELECT string_agg(event, ' ' ORDER BY seq) FROM "
                      "followup.ledger WHERE conversation = 'rest'"),
        "enrolled paused resumed fired");
}

static void a_skipped_step_is_done_and_the_next_one_told(void **state)
{
    struct world *w = *state;

    orders_silence(w, "skip", "telegram");
    (void)orders_give(w, "action skip conversation skip by ana");
    assert_string_equal(orders_value(w, "{did,event}"), "skipped");
    assert_string_equal(orders_value(w, "{did,reason}"), "operator");
    assert_string_equal(orders_value(w, "{did,kind}"), "check_in");
    assert_string_equal(orders_value(w, "{next,kind}"), "last_call");
    assert_string_equal(orders_value(w, "{next,why,1,rule}"), "delay");
    assert_string_equal(orders_value(w, "{next,why,1,moved}"), "+1h");
    (void)orders_give(w, "action skip conversation skip by ana");
    assert_string_equal(orders_value(w, "{outcome}"), "completed");
    assert_string_equal(orders_value(w, "{next}"), "");
    assert_int_equal(fired(w, "skip"), 0);
}

static void now_is_after_the_gap_unless_that_is_forced(void **state)
{
    struct world *w = *state;

    orders_silence(w, "gap", "telegram");
    (void)orders_give(w, "action send_now conversation gap");
    assert_string_equal(orders_value(w, "{message}"),
                        "not at the instant asked for: min_gap");
    assert_string_equal(
        world_text(w, "SELECT due_at - now() BETWEEN '29 min' AND '31 min' "
                      "FROM followup.enrollment WHERE conversation = 'gap'"),
        "t");
    assert_int_equal(fired(w, "gap"), 0);
    (void)orders_give(w, "action send_now conversation gap force gap");
    assert_string_equal(orders_value(w, "{did,event}"), "fired");
    assert_string_equal(orders_value(w, "{did,reason}"), "operator");
    assert_string_equal(orders_value(w, "{next,kind}"), "last_call");
    assert_int_equal(fired(w, "gap"), 1);
}

static void now_is_within_the_hours_unless_that_is_forced(void **state)
{
    struct world *w = *state;

    orders_silence(w, "hours", "webchat");
    /* From Monday, nine, to ten there is nothing to be seen. */
    if (strcmp(world_text(w, "SELECT to_char(now() AT TIME ZONE 'UTC', "
                             "'D HH24')"),
               "2 09") != 0) {
        (void)orders_give(w, "action send_now conversation hours");
        assert_string_equal(orders_value(w, "{message}"),
                            "not at the instant asked for: send_hours");
        assert_int_equal(fired(w, "hours"), 0);
    }
    (void)orders_give(w, "action send_now conversation hours force hours");
    assert_string_equal(orders_value(w, "{did,event}"), "fired");
    assert_string_equal(orders_value(w, "{outcome}"), "completed");
}

static void a_pause_is_stronger_than_now(void **state)
{
    struct world *w = *state;

    orders_silence(w, "both", "telegram");
    (void)orders_give(w, "action pause conversation both");
    (void)orders_give(w, "action send_now conversation both force gap");
    assert_string_equal(orders_value(w, "{message}"),
                        "not at the instant asked for: paused");
    assert_int_equal(fired(w, "both"), 0);
}

static void what_is_cancelled_ends_and_explain_says_by_whom(void **state)
{
    struct world *w = *state;
    const char *text;

    orders_silence(w, "end", "telegram");
    assert_int_equal(
        orders_cli(w, "cancel end --by ana --reason he~bought", &text), 0);
    assert_true(has(text, "cancelled"));
    assert_int_equal(orders_cli(w, "explain end", &text), 0);
    assert_true(has(text, "ended: cancelled"));
    assert_true(has(text, "he bought"));
    assert_true(has(text, "ana"));
    assert_true(
        has(orders_give(w, "action resume conversation end"), "not_enrolled"));
}

static void a_held_schedule_waits_and_goes_on(void **state)
{
    struct world *w = *state;
    const char *text;

    orders_silence(w, "hold", "telegram");
    assert_int_equal(orders_cli(w, "hold --schedule desk --by ana", &text), 0);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT true FROM followup.hold WHERE scope = "
                            "'schedule' AND name = 'desk' AND actor = 'ana'"));
    (void)orders_give(w, "action send_now conversation hold force gap");
    assert_string_equal(orders_value(w, "{next,waits_for}"), "held");
    assert_int_equal(fired(w, "hold"), 0);
    assert_int_equal(orders_cli(w, "explain hold", &text), 0);
    assert_true(has(text, "waiting: held"));
    assert_int_equal(orders_cli(w, "release --schedule desk", &text), 0);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.ledger WHERE "
                            "conversation = 'hold' AND event = 'fired'"));
}

static void a_persons_conversations_are_paused_together(void **state)
{
    struct world *w = *state;

    orders_silence(w, "two-1", "telegram");
    orders_silence(w, "two-2", "telegram");
    world_do(w, "UPDATE followup.enrollment SET contact = 'k-two' WHERE "
                "conversation LIKE 'two-%%'");
    (void)orders_give(w, "action pause contact k-two by ana");
    assert_string_equal(orders_value(w, "{conversations}"), "2");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 2 FROM followup.enrollment "
                            "WHERE conversation LIKE 'two-%%' AND waits_for = "
                            "'paused'"));
}

/* The same words in the command line's answer, in explain and in events. */
static void the_trace_is_the_same_wherever_it_is_told(void **state)
{
    struct world *w = *state;
    const char *text;
    char trace[1024];
    redisReply *reply;
    bool told = false;

    orders_silence(w, "trace", "telegram");
    assert_int_equal(orders_cli(w,
                                "send-now trace --by ana --reason asked "
                                "--format json",
                                &text),
                     0);
    (void)snprintf(trace, sizeof trace, "%s",
                   world_text(w, "SELECT next_trace FROM followup.ledger WHERE "
                                 "conversation = 'trace' ORDER BY seq DESC "
                                 "LIMIT 1"));
    assert_true(has(trace, "\"rule\":\"min_gap\""));
    assert_true(has(text, trace));
    assert_int_equal(orders_cli(w, "explain trace --format json", &text), 0);
    assert_true(has(text, trace));
    assert_true(has(text, "\"by\":\"ana\",\"note\":\"asked\""));
    for (int i = 0; i < WAIT_MS && !told; i++) {
        reply = redis_server_ask(&w->redis,
                                 "XREVRANGE followup:events + - COUNT 1");
        for (size_t k = 0; reply->elements == 1 &&
                           k < reply->element[0]->element[1]->elements;
             k++) {
            told =
                told || strcmp(reply->element[0]->element[1]->element[k]->str,
                               trace) == 0;
        }
        freeReplyObject(reply);
        (void)world_until(w, 1, "SELECT false");
    }
    assert_true(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instant_that_is_named_is_kept_to_the_second),
        cmocka_unit_test(a_calendar_form_is_of_the_contacts_zone),
        cmocka_unit_test(
            an_instant_outside_of_the_hours_is_moved_and_the_answer_says_so),
        cmocka_unit_test(what_has_passed_is_refused_and_changes_nothing),
        cmocka_unit_test(a_pause_with_an_end_ends_by_itself),
        cmocka_unit_test(
            after_a_pause_it_goes_on_from_now_with_one_message_and_no_more),
        cmocka_unit_test(a_skipped_step_is_done_and_the_next_one_told),
        cmocka_unit_test(now_is_after_the_gap_unless_that_is_forced),
        cmocka_unit_test(now_is_within_the_hours_unless_that_is_forced),
        cmocka_unit_test(a_pause_is_stronger_than_now),
        cmocka_unit_test(what_is_cancelled_ends_and_explain_says_by_whom),
        cmocka_unit_test(a_held_schedule_waits_and_goes_on),
        cmocka_unit_test(a_persons_conversations_are_paused_together),
        cmocka_unit_test(the_trace_is_the_same_wherever_it_is_told),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
