/* What becomes of messages that nobody takes. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hiredis/hiredis.h>

#include "database.h"

#define WAIT_MS 10000

static const char two_steps[] =
    "{\"name\": \"two\", \"mode\": \"live\", \"min_gap\": \"1s\",\n"
    " \"match\": {\"channel\": [\"webchat\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": {\"variants\": "
    "[{\"id\": \"a\", \"text\": {\"en\": \"One?\"}}]}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"1s\", \"message\": "
    "{\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Two?\"}}]}}]}";

static const char apart[] =
    "{\"name\": \"two\", \"mode\": \"live\", \"min_gap\": \"3s\",\n"
    " \"match\": {\"channel\": [\"webchat\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": {\"variants\": "
    "[{\"id\": \"a\", \"text\": {\"en\": \"One?\"}}]}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"3s\", \"message\": "
    "{\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Two?\"}}]}}]}";

/* --- with a worker ---------------------------------------------------------
 */

static void begin(struct world *w, const char *schedule)
{
    world_do(w, "UPDATE followup.partition SET owner = NULL, lease_until = "
                "NULL");
    world_schedule(w, "two.json", schedule);
    world_start(w, 0);
    assert_true(world_logged(w, 0, WAIT_MS, " ready"));
    world_conversation(w, "c", "webchat");
    world_message(w, "c", "in", "human", "now()");
    world_message(w, "c", "out", "human", "clock_timestamp()");
}

static void start(struct world *w)
{
    begin(w, two_steps);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' FROM "
                            "followup.enrollment WHERE conversation = 'c'"));
}

static bool queue_has(struct world *w, long long n)
{
    long long is = -1;

    for (int i = 0; i < WAIT_MS && is != n; i++) {
        is = redis_server_int(&w->redis, "XLEN followup:{p00}:out:webchat");
        (void)world_until(w, 1, "SELECT false");
    }
    return is == n;
}

static void what_is_still_queued_can_be_cancelled(void **state)
{
    struct world *w = *state;

    start(w);
    assert_true(queue_has(w, 1));
    assert_string_equal(
        world_text(w, "SELECT string_agg(concat_ws(' ', kind, status, "
                      "error_class), ', ' ORDER BY seq) FROM followup.ledger "
                      "WHERE event = 'fired'"),
        "check_in withdrawn superseded, last_call pending");
    redis_server_do(&w->redis, "XADD followup:commands * action cancel "
                               "conversation c request_id r");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT answer LIKE '%%\"ok\":true%%' FROM "
                            "followup.command WHERE request_id = 'r'"));
    assert_true(queue_has(w, 0));
    assert_string_equal(
        world_text(w, "SELECT outcome FROM followup.enrollment"), "cancelled");
}

/* The first message is let go when it is a second and a half old, and @report
 * comes of it; then the second step follows. */
static void let_go_late(struct world *w, const char *report)
{
    begin(w, apart);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) > 0 FROM followup.ledger WHERE "
                            "event = 'fired' AND at < clock_timestamp() - "
                            "interval '1500 ms'"));
    assert_string_equal(
        world_text(w, "SELECT granted FROM followup.permit(ARRAY(SELECT "
                      "message_id FROM followup.ledger WHERE event = "
                      "'fired'))"),
        "t");
    redis_server_do(
        &w->redis, "XADD followup:receipts * status %s id %s", report,
        world_text(w, "SELECT message_id FROM followup.ledger WHERE event = "
                      "'fired'"));
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' FROM "
                            "followup.enrollment WHERE conversation = 'c'"));
}

static long long moved_by_the_gap(struct world *w)
{
    return world_int(w, "SELECT count(*) FROM followup.ledger WHERE event = "
                        "'armed' AND next_step = 2 AND next_trace LIKE "
                        "'%%min_gap%%'");
}

static void what_is_sent_late_is_not_followed_at_once(void **state)
{
    struct world *w = *state;

    let_go_late(w, "sent");
    assert_int_equal(moved_by_the_gap(w), 1);
    assert_string_equal(
        world_text(w, "SELECT two.at >= one.left_at + interval '3 s' FROM "
                      "followup.ledger one, followup.ledger two WHERE "
                      "one.step = 1 AND two.step = 2 AND one.event = 'fired' "
                      "AND two.event = 'fired'"),
        "t");
}

static void what_was_not_sent_keeps_nothing_waiting(void **state)
{
    struct world *w = *state;

    let_go_late(w, "failed");
    assert_int_equal(moved_by_the_gap(w), 0);
}

/* It may be on its way still: senders begin within two seconds. */
static void keep_in_hand(struct world *w, const char *report)
{
    begin(w, two_steps);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) > 0 FROM followup.permit(ARRAY("
                            "SELECT message_id FROM followup.ledger WHERE "
                            "event = 'fired')) WHERE granted"));
    if (report != NULL) {
        redis_server_do(
            &w->redis,
            "XADD followup:receipts * status failed error_class %s "
            "id %s",
            report,
            world_text(w, "SELECT message_id FROM followup.ledger WHERE event "
                          "= 'fired'"));
    }
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' FROM "
                            "followup.enrollment WHERE conversation = 'c'"));
    assert_string_equal(
        world_text(w, "SELECT two.at >= one.left_at + interval '3 s' FROM "
                      "followup.ledger one, followup.ledger two WHERE "
                      "one.step = 1 AND two.step = 2 AND one.event = 'fired' "
                      "AND two.event = 'fired'"),
        "t");
}

static void what_was_let_go_is_not_overtaken(void **state)
{
    keep_in_hand(*state, NULL);
}

/* Another sender got the entry too, and knows no better. */
static void nor_is_it_when_somebody_is_in_doubt(void **state)
{
    keep_in_hand(*state, "ambiguous");
}

/* A sender that asks for no permits: its report says when. */
static void without_a_permit_the_report_counts(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "pending");
    world_do(w, "SELECT followup.receive_receipt(jsonb_build_object('id', "
                "message_id, 'status', 'sent')) FROM followup.ledger");
    assert_string_equal(
        world_text(w, "SELECT left_at > at FROM followup.ledger WHERE seq = 1"),
        "t");
    world_do(w, "UPDATE followup.ledger SET left_at = NULL");
    world_do(w, "SELECT followup.receive_receipt(jsonb_build_object('id', "
                "message_id, 'status', 'sent', 'at', at + interval '1 ms')) "
                "FROM followup.ledger");
    assert_string_equal(world_text(w, "SELECT left_at - at FROM "
                                      "followup.ledger WHERE seq = 1"),
                        "00:00:00.001");
    world_do(w, "UPDATE followup.ledger SET left_at = NULL");
    world_do(w, "SELECT followup.receive_receipt(jsonb_build_object('id', "
                "message_id, 'status', 'sent', 'at', 'infinity'::timestamptz)) "
                "FROM followup.ledger");
    assert_string_equal(world_text(w, "SELECT left_at <= clock_timestamp() "
                                      "FROM followup.ledger WHERE seq = 1"),
                        "t");
    world_do(w, "UPDATE followup.ledger SET left_at = 'epoch'");
    world_do(w, "SELECT followup.receive_receipt(jsonb_build_object('id', "
                "message_id, 'status', 'sent')) FROM followup.ledger");
    assert_string_equal(
        world_text(
            w, "SELECT left_at = 'epoch' FROM followup.ledger WHERE seq = 1"),
        "t");
}

static void the_worker_follows_holds_and_closes(void **state)
{
    struct world *w = *state;

    start(w);
    assert_true(queue_has(w, 1));
    world_do(w, "INSERT INTO followup.hold (scope) VALUES ('service')");
    assert_true(queue_has(w, 0));
    world_do(w, "INSERT INTO followup.closing (tenant, conversation, "
                "episode_at) SELECT tenant, conversation, episode_at FROM "
                "followup.enrollment");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT status = 'closed' FROM crm.conversation"));
}

/* Its row is deleted by the transaction that locked it, and by no inner one:
 * else it would be in the way of all that come after it, until vacuum. */
static void what_is_closed_leaves_the_queue_at_once(void **state)
{
    struct world *w = *state;
    PGconn *worker = database_connect(w);

    world_do(w, "INSERT INTO followup.closing (tenant, conversation, "
                "episode_at) VALUES ('default', 'c', now())");
    database_run(worker, "BEGIN");
    database_run(worker, "SELECT followup.close_next()");
    assert_int_equal(
        world_int(w,
                  "SELECT count(*) FROM followup.closing c, pg_stat_activity a "
                  "WHERE a.pid = %d AND c.xmax = a.backend_xid",
                  PQbackendPID(worker)),
        1);
    database_run(worker, "COMMIT");
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.closing"), 0);
    PQfinish(worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_still_queued_can_be_cancelled),
        TEST(what_is_sent_late_is_not_followed_at_once),
        TEST(what_was_let_go_is_not_overtaken),
        TEST(nor_is_it_when_somebody_is_in_doubt),
        TEST(what_was_not_sent_keeps_nothing_waiting),
        TEST(without_a_permit_the_report_counts),
        TEST(the_worker_follows_holds_and_closes),
        TEST(what_is_closed_leaves_the_queue_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
