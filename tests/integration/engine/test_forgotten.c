/* Workers that forget what ended long ago, and what comes after. */

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

#include "orders.h"
#include "past.h"
#include "schedules.h"

/* The conversation of past_follow_up(): the customer wrote, and we answered. */
static void old_talk(struct world *w, const char *id, int n)
{
    char at[64];

    (void)snprintf(at, sizeof at,
                   n == 0 ? "now() - interval '100 days'"
                          : "(SELECT episode_at FROM followup.enrollment "
                            "WHERE id = %d)",
                   n);
    world_do(w, "SET session_replication_role = replica");
    world_conversation(w, id, "webchat");
    world_message(w, id, "in", "human", at);
    world_message(w, id, "out", "human", "now() - interval '99 days'");
    world_do(w, "SET session_replication_role = origin");
}

/* Silences of before the first start are enrolled, for what is tested would
 * happen to them else. Old follow-ups are in both partitions. */
static int open_live(void **state)
{
    static struct world w;
    char id[16];

    if (!world_open(&w)) {
        return -1;
    }
    world_do(&w, "SELECT followup.set_partitions(2)");
    world_do(&w, "UPDATE followup.installation SET enroll_since = now() - "
                 "interval '1 year'");
    world_do(&w,
             "INSERT INTO followup.schedule_version (name, digest, definition) "
             "VALUES ('quick', 'd', $j$%s$j$)",
             quick);
    for (int n = 1; n <= 20; n++) {
        past_follow_up(&w, n, 100, "sent");
        (void)snprintf(id, sizeof id, "c%d", n);
        old_talk(&w, id, n);
    }
    world_schedule(&w, "quick.json", quick);
    world_start(&w, 0);
    world_start(&w, 1);
    *state = &w;
    return 0;
}

/* A new name of a conversation that is in partition @p. */
static void name_in(struct world *w, int p, char id[16])
{
    static int counter;

    do {
        (void)snprintf(id, 16, "n%d", counter++);
    } while (
        world_int(w, "SELECT followup.partition_of('default', '%s')", id) != p);
}

static bool fired(struct world *w, const char *id)
{
    return world_until(w, WAIT_MS,
                       "SELECT count(*) > 0 FROM followup.ledger WHERE "
                       "conversation = '%s' AND event = 'fired'",
                       id);
}

/* One that is as old and was never followed up shows that it could be. All of
 * a partition's changes that are noted together are judged together. */
static void nobody_is_followed_up_again(void **state)
{
    struct world *w = *state;
    char id[2][16];

    assert_true(
        world_until(w, WAIT_MS, "SELECT count(*) = 0 FROM followup.ledger"));
    for (int p = 0; p < 2; p++) {
        name_in(w, p, id[p]);
        old_talk(w, id[p], 0);
    }
    world_do(w, "SELECT followup.touch('default', id) FROM crm.conversation");
    assert_true(fired(w, id[0]));
    assert_true(fired(w, id[1]));
    /* A further answer of ours begins no silence. */
    world_do(w, "INSERT INTO crm.message (conversation_id, direction, author, "
                "body) SELECT id, 'out', 'human', 'text' FROM crm.conversation "
                "WHERE id LIKE 'c%%'");
    for (int p = 0; p < 2; p++) {
        name_in(w, p, id[p]);
        orders_silence(w, id[p], "webchat");
    }
    assert_string_equal(orders_give(w, "action enroll conversation c1"),
                        "{\"ok\":false,\"error\":\"already_enrolled\","
                        "\"message\":\"this silence is or was followed up; it "
                        "is never begun again\"}");
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                                  "conversation LIKE 'c%%'"),
                     0);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.enrollment "
                                  "WHERE conversation LIKE 'c%%'"),
                     20);
    /* The customer's next message does. */
    world_message(w, "c1", "in", "human", "clock_timestamp()");
    world_message(w, "c1", "out", "human", "clock_timestamp()");
    assert_true(fired(w, "c1"));
}

static void a_late_receipt_is_rejected_with_the_reason(void **state)
{
    struct world *w = *state;
    redisReply *reply;
    long long n = 0;

    assert_true(
        world_until(w, WAIT_MS, "SELECT count(*) = 0 FROM followup.ledger"));
    redis_server_do(&w->redis, "XADD followup:receipts * id %s status read",
                    world_text(w, "SELECT concat_ws('-', tag, partition, id, "
                                  "1) FROM followup.enrollment, "
                                  "followup.installation WHERE id = 1"));
    for (int i = 0; i < WAIT_MS / 20 && n == 0; i++) {
        n = redis_server_int(&w->redis, "XLEN followup:rejected");
        (void)world_until(w, 20, "SELECT false");
    }
    reply = redis_server_ask(&w->redis, "XRANGE followup:rejected - +");
    assert_int_equal(reply->elements, 1);
    assert_string_equal(
        reply->element[0]->element[1]->element[5]->str,
        "forgotten_message: it was sent longer ago than keep_days");
    freeReplyObject(reply);
}

/* A number of days that begins to count while the worker runs; one that a
 * schedule counts further back than is refused. */
static void a_reload_begins_at_once(void **state)
{
    struct world *w = *state;
    const char *text;

    world_config(w, "{\"keep_days\": 0}");
    world_start_config(w, 0);
    assert_true(world_logged(w, 0, WAIT_MS, " ready"));
    past_follow_up(w, 1, 100, "sent");
    world_schedule(w, "capped.json",
                   "{\"name\": \"capped\", \"contact_cap\": {\"max\": 2, "
                   "\"per\": \"72h\"}, \"steps\": [{\"kind\": \"check_in\", "
                   "\"after\": \"1h\"}]}");
    world_config(w, "{\"keep_days\": 2}");
    (void)kill(w->workers[0], SIGHUP);
    assert_true(world_logged(w, 0, WAIT_MS, "reload_refused"));
    assert_true(world_logged(w, 0, WAIT_MS, "contact_cap"));
    assert_int_equal(orders_cli(w, "check --keep-days 2", &text), 1);
    assert_non_null(strstr(text, "capped.json"));
    assert_int_equal(orders_cli(w, "check --keep-days 3", &text), 0);
    assert_int_equal(orders_cli(w, "worker --keep-days 2", &text), 2);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger"), 3);
    world_config(w, "{\"keep_days\": 3}");
    (void)kill(w->workers[0], SIGHUP);
    assert_true(
        world_until(w, WAIT_MS, "SELECT count(*) = 0 FROM followup.ledger"));
    assert_true(world_logged(w, 0, WAIT_MS, "forgotten enrollments=1 rows=3"));
}

static int open_bare(void **state)
{
    static struct world w;

    *state = &w;
    if (!world_open(&w)) {
        return -1;
    }
    world_do(&w, "INSERT INTO followup.schedule_version (name, digest, "
                 "definition) VALUES ('s', 'd', '{}')");
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

#define CASE(name, open)                                                       \
    cmocka_unit_test_setup_teardown(name, open, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nobody_is_followed_up_again, open_live),
        CASE(a_late_receipt_is_rejected_with_the_reason, open_live),
        CASE(a_reload_begins_at_once, open_bare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
