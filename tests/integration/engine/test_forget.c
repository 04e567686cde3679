/* What ended long ago is forgotten; what that must not touch; what is known
 * of it ever after. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "database.h"
#include "orders.h"
#include "past.h"

#define KEEP_S "7776000" /* 90 days */
#define ALL    "1000000"

/* "next ended rows commands" of a page. */
static const char *
forget(struct world *w, const char *after, const char *told, const char *most)
{
    return world_text(w,
                      "SELECT concat_ws(' ', coalesce(next::text, '-'), ended, "
                      "gone, commands) FROM followup.forget(0, " KEEP_S
                      ", %s, %s, %s)",
                      after, told, most);
}

static const char *forget_all(struct world *w)
{
    return forget(w, "0", ALL, "500");
}

/* The conversations that the ledger has rows of. */
static const char *kept(struct world *w)
{
    return world_text(w, "SELECT string_agg(x, ' ') FROM (SELECT conversation "
                         "|| ':' || count(*) AS x FROM followup.ledger GROUP "
                         "BY conversation ORDER BY conversation) y");
}

static void receipt_is(struct world *w, const char *fields, const char *answer)
{
    assert_string_equal(
        world_text(w,
                   "SELECT followup.receive_receipt(jsonb_build_object(%s)) "
                   "FROM followup.installation",
                   fields),
        answer);
}

/* --- what goes, what stays -------------------------------------------------
 */

static void it_goes_as_a_whole_and_its_silence_stays_known(void **state)
{
    struct world *w = *state;

    past_follow_up(w, 1, 91, "read");
    past_follow_up(w, 2, 89, "read");
    assert_string_equal(forget_all(w), "- 1 3 0");
    assert_string_equal(kept(w), "c2:3");
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.enrollment WHERE tenant = "
                     "'default' AND conversation = 'c1' AND episode_at < now() "
                     "- interval '90 days' AND outcome = 'replied' AND contact "
                     "IS NULL AND address IS NULL AND since_at IS NULL AND "
                     "last_seq IS NULL AND last_out_seq IS NULL"),
        1);
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.partition p JOIN "
                     "followup.enrollment n ON n.episode_at = p.forgotten "
                     "WHERE n.conversation = 'c1'"),
        1);
    assert_string_equal(forget_all(w), "- 0 0 0");
}

static void what_is_under_way_young_or_open_stays(void **state)
{
    struct world *w = *state;

    past_follow_up(w, 1, 100, "failed");
    past_follow_up(w, 2, 100, "pending");
    past_follow_up(w, 3, 100, "permit");
    past_follow_up(w, 4, 100, "unknown");
    past_follow_up(w, 5, 100, "read");
    world_do(w, "UPDATE followup.enrollment SET outcome = NULL WHERE id = 5");
    past_follow_up(w, 6, 100, "read"); /* its reply is of yesterday */
    world_do(w, "UPDATE followup.ledger SET at = now() - interval '1 day' "
                "WHERE seq = 18");
    past_follow_up(w, 7, 100, "read"); /* its reply was not told */
    assert_string_equal(forget(w, "0", "20", "500"), "- 1 3 0");
    assert_string_equal(kept(w), "c2:3 c3:3 c4:3 c5:3 c6:3 c7:3");
    assert_string_equal(forget(w, "0", "21", "500"), "- 1 3 0");
    world_do(w, "UPDATE followup.ledger SET status = 'sent' WHERE status IN "
                "('pending', 'permit', 'unknown')");
    assert_string_equal(forget_all(w), "- 3 9 0");
    assert_string_equal(kept(w), "c5:3 c6:3");
}

static void a_page_is_all_that_is_done_at_once(void **state)
{
    struct world *w = *state;

    for (int n = 1; n <= 7; n++) {
        past_follow_up(w, n, 100, "sent");
    }
    past_follow_up(w, 8, 1, "sent");
    assert_string_equal(forget(w, "0", ALL, "7"), "7 2 6 0");
    assert_string_equal(forget(w, "7", ALL, "7"), "14 2 6 0");
    assert_string_equal(forget(w, "14", ALL, "7"), "21 3 9 0");
    assert_string_equal(forget(w, "21", ALL, "7"), "- 0 0 0");
    assert_string_equal(kept(w), "c8:3");
}

static void answered_commands_go_too(void **state)
{
    struct world *w = *state;

    world_do(w, "INSERT INTO followup.command (entry, tenant, action, status, "
                "answered_at) SELECT 'e' || i, 'default', 'skip', CASE i WHEN "
                "2 THEN 'pending' ELSE 'done' END, CASE WHEN i <> 2 THEN now() "
                "- i * interval '30 days' END FROM generate_series(1, 9) i");
    world_do(w, "INSERT INTO followup.fan_out (command) SELECT seq FROM "
                "followup.command WHERE entry = 'e9'");
    assert_string_equal(forget(w, "0", ALL, "4"), "- 0 0 2");
    assert_string_equal(forget_all(w), "- 0 0 4");
    assert_string_equal(world_text(w, "SELECT string_agg(entry, ' ' ORDER BY "
                                      "entry) FROM followup.command"),
                        "e1 e2 e9");
}

static void more_than_a_page_of_commands_is_more_to_do(void **state)
{
    struct world *w = *state;

    world_do(w, "INSERT INTO followup.command (entry, tenant, action, status, "
                "answered_at) SELECT 'e' || i, 'default', 'skip', 'done', "
                "'epoch' FROM generate_series(1, 5) i");
    assert_string_equal(forget(w, "0", ALL, "4"), "0 0 0 4");
    assert_string_equal(forget(w, "0", ALL, "4"), "- 0 0 1");
}

/* --- at the same time ------------------------------------------------------
 */

#define FORGET                                                                 \
    "SELECT ended || ' ' || gone FROM followup.forget(0, " KEEP_S ", 0, " ALL  \
    ", 500)"

static void of_two_at_once_one_does_it(void **state)
{
    struct world *w = *state;
    PGconn *first = database_connect(w);
    PGconn *second = database_connect(w);
    char text[64];

    past_follow_up(w, 1, 100, "sent");
    database_run(first, "BEGIN");
    database_run(first, FORGET);
    assert_int_equal(PQsendQuery(second, FORGET), 1);
    assert_true(database_waits(w));
    database_run(first, "COMMIT");
    database_take(second, text);
    assert_string_equal(text, "0 0");
    assert_string_equal(kept(w), "");
    PQfinish(first);
    PQfinish(second);
}

/* A receipt takes the partition, then the message, then the enrollment. */
static void what_is_written_of_it_meanwhile_keeps_it(void **state)
{
    struct world *w = *state;
    PGconn *sender = database_connect(w);
    PGconn *owner = database_connect(w);
    char text[64];

    past_follow_up(w, 1, 100, "sent");
    database_run(sender, "BEGIN");
    database_run(sender,
                 "SELECT followup.receive_receipt(jsonb_build_object('id', "
                 "message_id, 'status', 'failed', 'error_class', "
                 "'window_closed')) FROM followup.ledger WHERE seq = 2");
    assert_int_equal(PQsendQuery(owner, FORGET), 1);
    assert_true(database_waits(w));
    database_run(sender, "COMMIT");
    database_take(owner, text);
    assert_string_equal(text, "0 0");
    assert_string_equal(kept(w), "c1:4");
    PQfinish(sender);
    PQfinish(owner);
}

/* --- ever after ------------------------------------------------------------
 */

static void a_cap_counts_as_before(void **state)
{
    struct world *w = *state;
    static const char counted[] =
        "SELECT count(*) FROM followup.sends_to('default', 'k', now() - "
        "interval '90 days')";

    past_follow_up(w, 1, 100, "sent");
    past_follow_up(w, 2, 89, "sent");
    past_follow_up(w, 3, 1, "sent");
    assert_int_equal(world_int(w, counted), 2);
    assert_string_equal(forget_all(w), "- 1 3 0");
    assert_int_equal(world_int(w, counted), 2);
}

static void a_late_receipt_is_told_so(void **state)
{
    struct world *w = *state;

    past_follow_up(w, 1, 100, "sent");
    (void)forget_all(w);
    receipt_is(w, "'id', tag || '-0-1-1', 'status', 'read'",
               "forgotten_message");
    receipt_is(w, "'id', tag || '-0-1-3', 'status', 'read'", "unknown_message");
    receipt_is(w, "'id', tag || '-0-2-1', 'status', 'read'", "unknown_message");
    receipt_is(w, "'id', 'ffffff-0-1-1', 'status', 'read'", "unknown_message");
    receipt_is(w, "'id', 'nonsense', 'status', 'read'", "unknown_message");
    assert_string_equal(
        world_text(w, "SELECT p.reason FROM followup.installation i, LATERAL "
                      "followup.permit(ARRAY[i.tag || '-0-1-1']) p"),
        "unknown_message");
}

/* Who opts out by an old message is still known to the CRM. */
static void a_late_opt_out_is_heard(void **state)
{
    struct world *w = *state;

    world_conversation(w, "c1", "webchat");
    for (int n = 1; n <= 2; n++) {
        past_follow_up(w, n, 100, "sent");
    }
    (void)forget_all(w);
    receipt_is(w,
               "'id', tag || '-0-1-1', 'status', 'failed', 'error_class', "
               "'permanent_recipient'",
               "done");
    receipt_is(w, "'id', tag || '-0-1-1', 'status', 'opted_out'", "done");
    receipt_is(w, "'id', tag || '-0-2-1', 'status', 'opted_out'",
               "forgotten_message"); /* the CRM has forgotten it as well */
    assert_string_equal(
        world_text(w, "SELECT string_agg(contact || ' ' || channel, ', ' "
                      "ORDER BY channel) FROM followup.suppression"),
        "k-c1 *, k-c1 webchat");
}

static void it_is_seen_where_the_past_ends(void **state)
{
    struct world *w = *state;
    const char *text;

    world_conversation(w, "c1", "webchat");
    past_follow_up(w, 1, 100, "sent");
    past_follow_up(w, 2, 95, "sent");
    world_do(w, "UPDATE followup.enrollment SET outcome = NULL WHERE id = 2");
    (void)forget_all(w);
    assert_int_equal(orders_cli(w, "explain c1 --format json", &text), 0);
    assert_non_null(strstr(text, "\"state\":\"ended: replied\""));
    assert_non_null(strstr(text, "\"history_forgotten\":true"));
    assert_non_null(strstr(text, "\"history\":[]"));
    assert_int_equal(orders_cli(w, "explain c2 --format json", &text), 0);
    assert_non_null(strstr(text, "\"history_forgotten\":false"));
    assert_int_equal(orders_cli(w,
                                "report --format json --since "
                                "2001-01-01T00:00:00Z",
                                &text),
                     0);
    assert_non_null(strstr(text, "\"sent\":1"));
    assert_string_equal(
        world_text(w,
                   "SELECT bool_and(x.at = p.forgotten) FROM "
                   "followup.partition p, (SELECT $j$%s$j$::jsonb AS r) j, "
                   "LATERAL (VALUES ((j.r->>'since')::timestamptz), "
                   "((j.r->>'forgotten_until')::timestamptz)) x (at)",
                   text),
        "t");
    assert_int_equal(orders_cli(w, "report --shadow --format json", &text), 0);
    assert_non_null(strstr(text, "\"forgotten_until\":null"));
    assert_int_equal(orders_cli(w, "status --format json", &text), 0);
    assert_non_null(strstr(text, "\"enrollments\":{\"active\":1,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_goes_as_a_whole_and_its_silence_stays_known),
        TEST(what_is_under_way_young_or_open_stays),
        TEST(a_page_is_all_that_is_done_at_once),
        TEST(answered_commands_go_too),
        TEST(more_than_a_page_of_commands_is_more_to_do),
        TEST(of_two_at_once_one_does_it),
        TEST(what_is_written_of_it_meanwhile_keeps_it),
        TEST(a_cap_counts_as_before),
        TEST(a_late_receipt_is_told_so),
        TEST(a_late_opt_out_is_heard),
        TEST(it_is_seen_where_the_past_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
