/* Closing, holds and permits: what the database does by itself. */

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

/* Enroll conversation c<n> of one person in partition n - 1. */
#define BEGINS(n)                                                              \
    "SELECT result FROM followup.apply(" #n " - 1, 1, pg_current_snapshot(), " \
    "ARRAY(SELECT d FROM jsonb_populate_recordset(NULL::followup.decision, "   \
    "'[{\"ord\": 0, \"tenant\": \"default\", \"conversation\": \"c" #n         \
    "\", \"contact\": \"k\", \"channel\": \"sms\", \"address\": \"a\", "       \
    "\"episode_at\": \"1970-01-02\", \"since_at\": \"1970-01-02 00:00:0" #n    \
    "\", \"version\": 1, \"schedule\": \"s\", \"event\": \"enrolled\", "       \
    "\"next_step\": 1, \"force\": 0}]') d))"

/* Two silences of one person that begin at once, in two partitions: the second
 * waits for the first, and has it judged again. */
static void of_two_silences_of_a_person_each_knows_of_the_other(void **state)
{
    struct world *w = *state;
    PGconn *other = database_connect(w);
    PGconn *second = database_connect(w);
    char text[64];

    world_do(w, "SELECT followup.set_partitions(2)");
    world_do(w, "UPDATE followup.partition SET owner = 'me', epoch = 1, "
                "lease_until = 'infinity'");
    database_run(other, "BEGIN");
    database_run(other, BEGINS(1));
    assert_int_equal(PQsendQuery(second, BEGINS(2)), 1);
    assert_true(database_waits(w));
    database_run(other, "COMMIT");
    database_take(second, text);
    assert_string_equal(text, "done");
    assert_string_equal(world_text(w,
                                   "SELECT string_agg(conversation, ' ') FROM "
                                   "followup.change_log"),
                        "c1");
    assert_string_equal(
        world_text(w, "SELECT string_agg(conversation || ' ' || coalesce("
                      "(SELECT n.conversation FROM followup.newer_silence("
                      "partition, id) n), 'first'), ', ' "
                      "ORDER BY conversation) FROM followup.enrollment"),
        "c1 c2, c2 first");
    PQfinish(other);
    PQfinish(second);
}

/* Ask a permit for the message of enrollment @n: "granted" or the reason. */
static const char *permit(struct world *w, int n)
{
    return world_text(w,
                      "SELECT coalesce(p.reason, 'granted') FROM "
                      "followup.installation i, followup.permit(ARRAY[i.tag || "
                      "'-0-%d-1']) p",
                      n);
}

static const char *permit_again(struct world *w, int n)
{
    return world_text(w,
                      "SELECT coalesce(p.reason, 'granted') FROM "
                      "followup.installation i, followup.permit(ARRAY[i.tag || "
                      "'-0-%d-1'], ARRAY[i.tag || '-0-%d-1']) p",
                      n, n);
}

static const char *receive(struct world *w, int n, const char *status)
{
    return world_text(w,
                      "SELECT followup.receive_receipt(jsonb_build_object("
                      "'id', tag || '-0-%d-1', 'status', '%s')) FROM "
                      "followup.installation",
                      n, status);
}

/* --- closing ---------------------------------------------------------------
 */

static const char *close_next(struct world *w)
{
    database_prepare(w, &fup_sql_close_next);
    world_do(w, "DROP TABLE IF EXISTS pg_temp.closed");
    world_do(w, "CREATE TEMP TABLE closed AS EXECUTE close_next");
    world_do(w, "DEALLOCATE close_next");
    return world_text(w, "SELECT concat_ws(' ', conversation, result, state) "
                         "FROM closed");
}

static void no_partition_waits_for_a_lock_of_the_crm(void **state)
{
    struct world *w = *state;
    PGconn *crm = database_connect(w);

    database_message(w, 1, "permit");
    database_message(w, 2, "permit");
    world_do(w, "UPDATE followup.ledger SET closes = true WHERE seq = 2");
    database_run(crm, "BEGIN");
    database_run(crm, "SELECT FROM crm.conversation FOR UPDATE");
    world_do(w, "SET statement_timeout = '5s'");
    assert_string_equal(database_apply(w, "\"event\": \"silent\", \"outcome\": "
                                          "\"completed\", \"closes\": true"),
                        "done");
    assert_string_equal(receive(w, 2, "sent"), "done");
    assert_string_equal(receive(w, 2, "delivered"), "done");
    assert_string_equal(close_next(w), "c1 failed 55P03");
    assert_string_equal(close_next(w), "c2 failed 55P03");
    assert_string_equal(close_next(w), "");
    database_run(crm, "ROLLBACK");
    world_do(w, "UPDATE followup.closing SET try_at = now()");
    assert_string_equal(close_next(w), "c1 closed");
    assert_string_equal(close_next(w), "c2 closed");
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.closing"), 0);
    assert_int_equal(world_int(w, "SELECT count(*) FROM crm.conversation WHERE "
                                  "status = 'closed'"),
                     2);
    PQfinish(crm);
}

static void what_cannot_be_closed_keeps_no_other_from_it(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "permit");
    database_message(w, 2, "permit");
    world_do(w, "UPDATE followup.ledger SET closes = true");
    world_do(w, "CREATE FUNCTION crm.refuse() RETURNS trigger LANGUAGE plpgsql "
                "AS 'BEGIN RAISE EXCEPTION ''no''; END'");
    world_do(w, "CREATE TRIGGER refuse BEFORE UPDATE ON crm.conversation FOR "
                "EACH ROW WHEN (NEW.id = 'c1') EXECUTE FUNCTION crm.refuse()");
    assert_string_equal(receive(w, 1, "sent"), "done");
    assert_string_equal(receive(w, 2, "sent"), "done");
    assert_string_equal(close_next(w), "c1 failed P0001");
    assert_string_equal(close_next(w), "c2 closed");
    assert_int_equal(world_int(w, "SELECT tries FROM followup.closing"), 1);
}

/* A sender that was taken for dead comes back and says what it has done. What
 * has failed may be under way again, and what was withdrawn is not wanted. */
static void what_was_sent_after_all_closes(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "unknown");
    database_message(w, 2, "failed");
    database_message(w, 3, "withdrawn");
    world_do(w, "UPDATE followup.ledger SET closes = true");
    for (int n = 1; n <= 3; n++) {
        assert_string_equal(receive(w, n, "sent"), "done");
        assert_string_equal(database_status(w, n), "sent");
    }
    assert_string_equal(close_next(w), "c1 closed");
    assert_string_equal(close_next(w), "");
}

static void what_the_customer_has_opened_again_stays_open(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "permit");
    world_do(w, "UPDATE followup.ledger SET closes = true");
    assert_string_equal(receive(w, 1, "sent"), "done");
    world_message(w, "c1", "in", "human", "clock_timestamp()");
    assert_string_equal(close_next(w), "c1 left");
    assert_string_equal(close_next(w), "");
    assert_string_equal(world_text(w, "SELECT status FROM crm.conversation"),
                        "open");
}

/* --- holds -----------------------------------------------------------------
 */

static int64_t command_ms(struct world *w, const char *action)
{
    int64_t begin = database_ms();

    assert_string_equal(
        world_text(w,
                   "SELECT status FROM followup.receive_command('{\"action\": "
                   "\"%s\", \"entry\": \"%s\", \"tenant\": \"default\"}')",
                   action, action),
        "done");
    return database_ms() - begin;
}

static void a_hold_is_answered_at_once_however_much_it_holds(void **state)
{
    struct world *w = *state;
    int pages = 0;
    long long after = 0;

    world_do(w, "INSERT INTO followup.enrollment (partition, tenant, "
                "conversation, channel, episode_at, version, waits_for) SELECT "
                "0, 'default', 'h' || i, 'webchat', 'epoch', 1, 'held' FROM "
                "generate_series(1, 100000) i");
    world_do(w, "ANALYZE followup.enrollment");
    database_prepare(w, &fup_sql_unheld);
    assert_true(command_ms(w, "hold") < 1000);
    assert_int_equal(world_int(w, "EXECUTE unheld(0, 0, 5000)"), 0);
    assert_true(command_ms(w, "release") < 1000);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.change_log"),
                     0);
    while ((after = world_int(w, "EXECUTE unheld(0, %lld, 5000)", after)) > 0) {
        pages++;
    }
    assert_int_equal(pages, 20);
    assert_int_equal(world_int(w, "SELECT count(DISTINCT conversation) FROM "
                                  "followup.change_log"),
                     100000);
}

static void only_what_is_released_is_judged_again(void **state)
{
    struct world *w = *state;

    world_do(w, "INSERT INTO followup.enrollment (partition, tenant, "
                "conversation, channel, episode_at, version, waits_for) SELECT "
                "0, t, 'h', 'webchat', 'epoch', 1, 'held' FROM "
                "unnest('{a,b}'::text[]) t");
    world_do(w, "INSERT INTO followup.hold (scope, name) VALUES ('tenant', "
                "'a'), ('schedule', 'other')");
    database_prepare(w, &fup_sql_unheld);
    world_do(w, "EXECUTE unheld(0, 0, 10)");
    assert_string_equal(world_text(w, "SELECT string_agg(tenant, ' ') FROM "
                                      "followup.change_log"),
                        "b");
}

static void a_hold_takes_messages_out_of_the_queue(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "pending");
    database_message(w, 2, "pending");
    database_message(w, 3, "permit");
    world_do(w, "UPDATE followup.ledger SET tenant = 'other' WHERE seq = 2");
    database_prepare(w, &fup_sql_held);
    assert_int_equal(world_int(w, "EXECUTE held(0, 10)"), 0);
    world_do(w, "INSERT INTO followup.hold (scope, name) VALUES ('tenant', "
                "'default')");
    assert_int_equal(world_int(w, "EXECUTE held(0, 10)"), 1);
    assert_string_equal(database_status(w, 1), "withdrawn held");
    assert_string_equal(database_status(w, 2), "pending");
    assert_string_equal(database_status(w, 3), "permit");
}

static void a_command_for_a_contact_is_one_for_each_conversation(void **state)
{
    struct world *w = *state;

    for (int i = 1; i <= 3; i++) {
        database_message(w, i, "sent");
    }
    world_do(w, "UPDATE followup.enrollment SET contact = 'k' WHERE id < 3");
    assert_string_equal(
        world_text(w, "SELECT answer::jsonb->>'conversations' FROM "
                      "followup.receive_command('{\"action\": \"skip\", "
                      "\"entry\": \"5_1\", \"tenant\": \"default\", "
                      "\"contact\": \"k\"}')"),
        "2");
    assert_string_equal(world_text(w, "SELECT string_agg(conversation, ' ' "
                                      "ORDER BY 1) FROM followup.change_log"),
                        "c1 c2");
    assert_string_equal(world_text(w, "SELECT string_agg(entry || conversation,"
                                      " ' ' ORDER BY 1) FROM followup.command "
                                      "WHERE status = 'pending'"),
                        "5_1/1c1 5_1/2c2");
}

/* --- permits ---------------------------------------------------------------
 */

static void an_id_that_is_none_is_an_unknown_message(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < 3; i++) {
        static const char *const ids[] = {"nonsense", "0-1", "a-b-c-d"};

        assert_string_equal(
            world_text(w,
                       "SELECT followup.receive_receipt('{\"id\": \"%s\", "
                       "\"status\": \"sent\"}')",
                       ids[i]),
            "unknown_message");
    }
}

static void no_permit_for_what_has_been_overtaken(void **state)
{
    struct world *w = *state;

    for (int i = 1; i <= 4; i++) {
        database_message(w, i, "pending");
    }
    world_do(w, "UPDATE followup.enrollment SET last_out_seq = 100 WHERE id = "
                "1");
    world_do(w, "UPDATE followup.enrollment SET outcome = 'cancelled' WHERE "
                "id = 2");
    assert_string_equal(permit(w, 1), "superseded");
    assert_string_equal(permit(w, 2), "cancelled");
    assert_string_equal(permit(w, 3), "granted");
    world_do(w, "ALTER FUNCTION followup.conversation_facts RENAME TO plain");
    world_do(
        w,
        "CREATE FUNCTION followup.conversation_facts(tenants text[], "
        "conversations text[]) RETURNS TABLE (tenant_id text, conversation_id "
        "text, contact_id text, channel text, address text, status text, owner "
        "text, intent text, stage text, locale text, timezones text[], "
        "last_inbound_at timestamptz, last_answer_at timestamptz, "
        "last_human_at timestamptz, last_ours_at timestamptz, window_ends_at "
        "timestamptz, opted_out boolean, tenant_active boolean, attributes "
        "jsonb) LANGUAGE sql STABLE AS 'SELECT f.tenant_id, f.conversation_id, "
        "f.contact_id, f.channel, f.address, f.status, f.owner, f.intent, "
        "f.stage, f.locale, f.timezones, f.last_inbound_at, f.last_answer_at, "
        "f.last_human_at, f.last_ours_at, f.window_ends_at, f.opted_out, "
        "false, f.attributes FROM followup.plain($1, $2) f'");
    assert_string_equal(permit(w, 4), "tenant_inactive");
    assert_string_equal(database_status(w, 4), "withdrawn tenant_inactive");
}

static void a_permit_that_was_not_used_is_judged_again(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "pending");
    assert_string_equal(permit(w, 1), "granted");
    assert_string_equal(permit(w, 1), "outcome_unknown");
    assert_string_equal(permit_again(w, 1), "granted");
    assert_string_equal(database_status(w, 1), "permit");
    world_message(w, "c1", "in", "human", "clock_timestamp()");
    assert_string_equal(permit_again(w, 1), "replied");
    assert_string_equal(database_status(w, 1), "withdrawn replied");
    assert_string_equal(permit_again(w, 1), "already_withdrawn");
}

static void what_waits_is_not_read_for_each_permit(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "pending");
    database_past(w);
    database_crowd(w);
    assert_string_equal(permit(w, 1), "granted");
    assert_in_range(database_crowd_read(w), 0, 100);
}

static void a_plan_made_when_there_was_little_is_good_for_much(void **state)
{
    struct world *w = *state;

    database_message(w, 1, "pending");
    database_message(w, 2, "pending");
    assert_string_equal(permit(w, 1), "granted");
    database_crowd(w);
    assert_string_equal(permit(w, 2), "granted");
    assert_in_range(database_crowd_read(w), 0, 100);
}

static void what_a_permit_waited_for_counts_as_it_is_afterwards(void **state)
{
    struct world *w = *state;
    PGconn *other = database_connect(w);
    PGconn *sender = database_connect(w);
    char text[64];

    database_message(w, 1, "pending");
    world_do(w, "UPDATE followup.enrollment SET paused_until = 'infinity'");
    database_run(other, "BEGIN");
    database_run(other, "SELECT FROM followup.partition FOR UPDATE");
    assert_int_equal(PQsendQuery(sender,
                                 "SELECT coalesce(p.reason, 'granted') FROM "
                                 "followup.installation i, "
                                 "followup.permit(ARRAY[i.tag || '-0-1-1']) p"),
                     1);
    assert_true(database_waits(w));
    database_run(other, "UPDATE followup.enrollment SET paused_until = NULL");
    database_run(other, "COMMIT");
    database_take(sender, text);
    assert_string_equal(text, "granted");
    PQfinish(other);
    PQfinish(sender);
}

static void tells_the_planner_of_tables_that_grow(void **state)
{
    struct world *w = *state;

    world_do(w, "SELECT count(followup.touch('default', 'c' || i)) FROM "
                "generate_series(1, 2000) i");
    world_do(w, "INSERT INTO followup.closing (tenant, conversation, "
                "episode_at) SELECT 'default', 'c' || i, now() FROM "
                "generate_series(1, 2000) i");
    assert_true(world_until(
        w, 10000,
        "SELECT min(reltuples) >= 2000 FROM pg_class, (SELECT followup.tend()) "
        "t WHERE oid IN ('followup.change_log'::regclass, "
        "'followup.closing'::regclass)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_two_silences_of_a_person_each_knows_of_the_other),
        TEST(no_partition_waits_for_a_lock_of_the_crm),
        TEST(what_cannot_be_closed_keeps_no_other_from_it),
        TEST(what_was_sent_after_all_closes),
        TEST(what_the_customer_has_opened_again_stays_open),
        TEST(a_hold_is_answered_at_once_however_much_it_holds),
        TEST(only_what_is_released_is_judged_again),
        TEST(a_hold_takes_messages_out_of_the_queue),
        TEST(a_command_for_a_contact_is_one_for_each_conversation),
        TEST(an_id_that_is_none_is_an_unknown_message),
        TEST(no_permit_for_what_has_been_overtaken),
        TEST(a_permit_that_was_not_used_is_judged_again),
        TEST(what_waits_is_not_read_for_each_permit),
        TEST(a_plan_made_when_there_was_little_is_good_for_much),
        TEST(what_a_permit_waited_for_counts_as_it_is_afterwards),
        TEST(tells_the_planner_of_tables_that_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
