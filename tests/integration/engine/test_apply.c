/* Decisions that the database is given: what it does to tables and by the
 * clock. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "database.h"

/* Fire enrollment 1, whose step was due @due and judged as of @judged. */
static const char *fire(struct world *w, const char *due, const char *judged)
{
    char more[300];

    (void)snprintf(more, sizeof more,
                   "\"event\": \"fired\", \"due_at\": \"%s\", "
                   "\"last_step_at\": \"%s\", \"message_id\": \"x\", "
                   "\"message\": \"{}\", \"status\": \"pending\"",
                   due, judged);
    return database_apply(w, more);
}

static void the_next_message_takes_the_place_of_one_still_queued(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "pending");
    assert_string_equal(fire(w, "epoch", "epoch"), "done");
    assert_string_equal(database_status(w, 1), "withdrawn superseded");
    assert_int_equal(world_int(w, "SELECT withdrew FROM followup.ledger WHERE "
                                  "seq = 2 AND status = 'pending'"),
                     1);
}

#define PERMIT_WITH(again)                                                     \
    "SELECT granted || coalesce(' ' || reason, '') FROM "                      \
    "followup.installation, "                                                  \
    "followup.permit(ARRAY[tag || '-0-1-1']" again ")"
#define PERMIT       PERMIT_WITH("")
#define PERMIT_AGAIN PERMIT_WITH(", ARRAY[tag || '-0-1-1']")
/* The next step of enrollment 1, judged while its message was in the queue or
 * in a sender's hands. */
#define DECIDE(event, more)                                                    \
    "SELECT result FROM followup.apply(0, 1, pg_current_snapshot(), ARRAY("    \
    "SELECT d FROM jsonb_populate_recordset(NULL::followup.decision, '[{"      \
    "\"ord\": 0, \"id\": 1, \"gen\": 1, \"tenant\": \"default\", "             \
    "\"conversation\": \"c1\", \"channel\": \"webchat\", \"episode_at\": "     \
    "\"epoch\", \"version\": 1, \"schedule\": \"s\", \"step\": 2, "            \
    "\"next_step\": 3, \"force\": 0, \"event\": \"" event "\", \"due_at\": "   \
    "\"epoch\", \"out_waits\": true" more "}]') d))"
#define SENDS                                                                  \
    ", \"message_id\": \"x\", \"message\": \"{}\", \"status\": \"pending\""
#define NEXT DECIDE("fired", SENDS)

static void a_message_let_go_meanwhile_is_not_followed_at_once(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "pending");
    assert_string_equal(world_text(w, PERMIT), "true");
    assert_string_equal(
        world_text(w, "SELECT left_at > at FROM followup.ledger"), "t");
    assert_string_equal(world_text(w, NEXT), "changed");
    assert_string_equal(world_text(w, DECIDE("silent", ", \"closes\": true")),
                        "changed");
    assert_string_equal(database_status(w, 1), "permit");
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger"), 1);
    world_do(w,
             "UPDATE followup.ledger SET status = 'pending', left_at = NULL");
    assert_string_equal(world_text(w, NEXT), "done");
    assert_string_equal(database_status(w, 1), "withdrawn superseded");
}

/* The sender had not used its permit, and asked again. */
static void nor_is_one_that_was_let_go_again(void **state)
{
    struct world *w = *state;
    char left[64];

    database_message(w, 1, "pending");
    assert_string_equal(world_text(w, PERMIT), "true");
    (void)snprintf(left, sizeof left, "%s",
                   world_text(w, "SELECT left_at FROM followup.ledger"));
    assert_string_equal(world_text(w, PERMIT_AGAIN), "true");
    assert_string_equal(
        world_text(w, DECIDE("fired", SENDS ", \"out_left_at\": \"%s\""), left),
        "changed");
    (void)snprintf(left, sizeof left, "%s",
                   world_text(w, "SELECT left_at FROM followup.ledger"));
    assert_string_equal(
        world_text(w, DECIDE("fired", SENDS ", \"out_left_at\": \"%s\""), left),
        "done");
    assert_string_equal(database_status(w, 1), "permit");
}

/* At the same moment: who comes second finds what the first one did. */
static void of_a_permit_and_the_next_message_one_comes_first(void **state)
{
    struct world *w = *state;
    PGconn *first = database_connect(w);
    PGconn *second = database_connect(w);
    char text[64];

    database_message(w, 1, "pending");
    database_run(first, "BEGIN");
    database_run(first, PERMIT);
    assert_int_equal(PQsendQuery(second, NEXT), 1);
    assert_true(database_waits(w));
    database_run(first, "COMMIT");
    database_take(second, text);
    assert_string_equal(text, "changed");
    world_do(w,
             "UPDATE followup.ledger SET status = 'pending', left_at = NULL");
    database_run(first, "BEGIN");
    database_run(first, NEXT);
    assert_int_equal(PQsendQuery(second, PERMIT), 1);
    assert_true(database_waits(w));
    database_run(first, "COMMIT");
    database_take(second, text);
    assert_string_equal(text, "false already_withdrawn");
    PQfinish(first);
    PQfinish(second);
}

/* What ends does so all the same. */
static void a_message_let_go_meanwhile_stops_no_end(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "pending");
    assert_string_equal(world_text(w, PERMIT), "true");
    assert_string_equal(
        world_text(w, DECIDE("replied", ", \"outcome\": \"replied\", "
                                        "\"withdraw\": true")),
        "done");
    assert_string_equal(database_status(w, 1), "permit");
}

static void what_waits_is_not_read_for_each_decision(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "pending");
    database_past(w);
    database_crowd(w);
    world_do(w, "SET plan_cache_mode = force_generic_plan");
    assert_string_equal(world_text(w, NEXT), "done");
    assert_string_equal(database_status(w, 1), "withdrawn superseded");
    assert_in_range(database_crowd_read(w), 0, 100);
}

static void the_next_step_counts_from_when_a_message_was_kept(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "withdrawn");
    assert_string_equal(
        fire(w, "epoch",
             world_text(w, "SELECT clock_timestamp() - interval '20 s'")),
        "done");
    assert_string_equal(world_text(w, "SELECT clock_timestamp() - last_step_at "
                                      "< interval '15 s' FROM "
                                      "followup.enrollment WHERE id = 1"),
                        "t");
}

static void nothing_is_sent_before_its_instant(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "withdrawn");
    assert_string_equal(
        fire(w, world_text(w, "SELECT clock_timestamp() + interval '1 min'"),
             "epoch"),
        "early");
    assert_string_equal(
        fire(w, world_text(w, "SELECT clock_timestamp() + interval '40 ms'"),
             "epoch"),
        "done");
    assert_string_equal(world_text(w, "SELECT at >= due_at FROM "
                                      "followup.ledger WHERE event = 'fired' "
                                      "AND message_id = 'x'"),
                        "t");
}

/* However little of a millisecond is ahead, and however quick the rest is. */
static void what_is_nearly_due_is_seen_at_its_instant(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "withdrawn");
    world_do(w, "CREATE TABLE ended (due timestamptz, at timestamptz)");
    world_do(w, "DO $$ DECLARE due timestamptz; BEGIN "
                "FOR i IN 1 .. 200 LOOP "
                "UPDATE followup.enrollment SET gen = 1 WHERE id = 1; "
                "due := clock_timestamp() + i %% 40 * interval '100 us'; "
                "PERFORM followup.apply(0, 1, pg_current_snapshot(), ARRAY("
                "SELECT d FROM jsonb_populate_record(NULL::followup.decision, "
                "jsonb_build_object('ord', 0, 'id', 1, 'gen', 1, 'tenant', "
                "'default', 'conversation', 'c1', 'channel', 'webchat', "
                "'episode_at', 'epoch', 'version', 1, 'schedule', 's', 'step', "
                "2, 'next_step', 3, 'force', 0, 'event', 'fired', 'due_at', "
                "due)) d)); "
                "INSERT INTO ended VALUES (due, clock_timestamp()); "
                "END LOOP; END $$");
    assert_int_equal(world_int(w, "SELECT count(*) FROM ended WHERE at < due"),
                     0);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                                  "event = 'fired' AND at >= due_at"),
                     200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_next_message_takes_the_place_of_one_still_queued),
        TEST(a_message_let_go_meanwhile_is_not_followed_at_once),
        TEST(nor_is_one_that_was_let_go_again),
        TEST(of_a_permit_and_the_next_message_one_comes_first),
        TEST(a_message_let_go_meanwhile_stops_no_end),
        TEST(what_waits_is_not_read_for_each_decision),
        TEST(the_next_step_counts_from_when_a_message_was_kept),
        TEST(nothing_is_sent_before_its_instant),
        TEST(what_is_nearly_due_is_seen_at_its_instant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
