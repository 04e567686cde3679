/* Who speaks to a person, and whether anybody may. */

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

#include "schedules.h"
#include "world.h"

#define WAIT_MS 10000

/* Ends with a person of ours, or with the sale. */
static const char ending[] =
    "{\"name\": \"ending\", \"match\": {\"channel\": [\"email\"]},\n"
    " \"stop_when\": {\"owner\": [\"human\"], \"attributes\":\n"
    "   {\"order\": [\"paid\"]}},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1h\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

/* May be followed up in several conversations at once. */
static const char several[] =
    "{\"name\": \"several\", \"match\": {\"channel\": [\"api\"]},\n"
    " \"one_per_contact\": false,\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1h\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_do(&w, "SELECT followup.set_partitions(4)");
    world_schedule(&w, "quick.json", quick);
    world_schedule(&w, "slow.json", slow);
    world_schedule(&w, "ending.json", ending);
    world_schedule(&w, "several.json", several);
    world_start(&w, 0);
    world_start(&w, 1);
    *state = &w;
    return world_logged(&w, 0, WAIT_MS, " ready") ? 0 : -1;
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
    world_message(w, id, "out", "bot", "clock_timestamp()");
}

static void says(struct world *w, const char *id, const char *text)
{
    world_do(w,
             "INSERT INTO crm.message (conversation_id, direction, body) "
             "VALUES ('%s', 'in', $$%s$$)",
             id, text);
}

/* Until the newest enrollment of @id shows @state: its outcome, or what it
 * waits for, or "armed". */
static void until(struct world *w, const char *id, const char *state)
{
    if (!world_until(w, WAIT_MS,
                     "SELECT coalesce(outcome, waits_for, 'armed') = '%s' "
                     "FROM followup.enrollment WHERE conversation = '%s' "
                     "ORDER BY episode_at DESC LIMIT 1",
                     state, id)) {
        fail_msg("%s is not %s but %s", id, state,
                 world_text(w,
                            "SELECT coalesce(outcome, waits_for, 'armed') "
                            "FROM followup.enrollment WHERE conversation = "
                            "'%s' ORDER BY episode_at DESC LIMIT 1",
                            id));
    }
}

static int enrollments(struct world *w, const char *id)
{
    return (int)world_int(w,
                          "SELECT count(*) FROM followup.enrollment "
                          "WHERE conversation = '%s'",
                          id);
}

/* A silence that begins after @id's own was judged, and is judged after it
 * in the same partition or another: what is asserted then has settled. */
static void settle(struct world *w)
{
    static int counter;
    char id[32];

    for (int p = 0; p < 4; p++) {
        do {
            (void)snprintf(id, sizeof id, "settle-%d", counter++);
        } while (world_int(w, "SELECT followup.partition_of('default', '%s')",
                           id) != p);
        silence(w, id, "telegram");
        until(w, id, "armed");
    }
}

static void permit_is(struct world *w, const char *id, const char *reason)
{
    assert_string_equal(
        world_text(w,
                   "SELECT coalesce(reason, 'granted') FROM followup.permit("
                   "ARRAY(SELECT message_id FROM followup.ledger WHERE "
                   "conversation = '%s' AND status IS NOT NULL ORDER BY seq "
                   "DESC LIMIT 1))",
                   id),
        reason);
}

/* The first message of the conversation, fired and not withdrawn. */
static void queued(struct world *w, const char *id)
{
    silence(w, id, "webchat");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) > 0 FROM followup.ledger WHERE "
                            "conversation = '%s' AND status = 'pending'",
                            id));
}

/* --- hand-over ------------------------------------------------------------ */

static void a_hand_over_holds_until_a_person_answers(void **state)
{
    struct world *w = *state;

    silence(w, "over", "telegram");
    until(w, "over", "armed");
    world_do(w, "UPDATE crm.conversation SET owner = 'human' "
                "WHERE id = 'over'");
    until(w, "over", "handed_over");
    world_message(w, "over", "out", "human", "clock_timestamp()");
    until(w, "over", "armed");
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.enrollment n WHERE "
                     "conversation = 'over' AND due_at > (SELECT "
                     "max(created_at) FROM crm.message WHERE "
                     "conversation_id = 'over') + interval '59 min'"),
        1);
}

static void a_silence_of_ours_is_not_followed_up(void **state)
{
    struct world *w = *state;

    world_conversation(w, "owed", "telegram");
    world_do(w, "UPDATE crm.conversation SET owner = 'human' "
                "WHERE id = 'owed'");
    world_message(w, "owed", "in", "human", "now()");
    world_message(w, "owed", "out", "bot", "clock_timestamp()");
    settle(w);
    assert_int_equal(enrollments(w, "owed"), 0);
    world_message(w, "owed", "out", "human", "clock_timestamp()");
    until(w, "owed", "armed");
}

static void a_hand_over_withdraws_what_is_in_the_queue(void **state)
{
    struct world *w = *state;

    queued(w, "queue");
    world_do(w, "UPDATE crm.conversation SET owner = 'human' "
                "WHERE id = 'queue'");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) > 0 FROM followup.ledger WHERE "
                            "conversation = 'queue' AND status = 'withdrawn' "
                            "AND error_class = 'handed_over'"));
}

/* --- stop_when ------------------------------------------------------------ */

static void a_schedule_stops_at_a_person_and_at_what_it_names(void **state)
{
    struct world *w = *state;

    silence(w, "sold", "email");
    silence(w, "taken", "email");
    until(w, "sold", "armed");
    until(w, "taken", "armed");
    world_do(w, "UPDATE crm.conversation SET attributes = "
                "'{\"order\": \"paid\"}' WHERE id = 'sold'");
    until(w, "sold", "stopped");
    world_do(w, "UPDATE crm.conversation SET owner = 'human' "
                "WHERE id = 'taken'");
    until(w, "taken", "stopped");
}

/* The worker has not seen it yet. */
static void the_permit_knows_who_speaks(void **state)
{
    struct world *w = *state;

    queued(w, "asked");
    world_do(w, "BEGIN");
    world_do(w, "UPDATE crm.conversation SET owner = 'human' "
                "WHERE id = 'asked'");
    permit_is(w, "asked", "handed_over");
    world_do(w, "ROLLBACK");
    queued(w, "ended");
    world_do(w, "BEGIN");
    world_do(w, "UPDATE followup.schedule_version SET definition = "
                "definition::jsonb || '{\"stop_when\": {\"attributes\": "
                "{\"order\": [\"paid\"]}}}' WHERE name = 'quick'");
    world_do(w, "UPDATE crm.conversation SET attributes = "
                "'{\"order\": \"paid\"}' WHERE id = 'ended'");
    permit_is(w, "ended", "stopped");
    world_do(w, "ROLLBACK");
}

/* --- close-out ------------------------------------------------------------ */

static void a_closed_conversation_is_never_written_into(void **state)
{
    struct world *w = *state;
    long long before;

    silence(w, "shut", "webchat");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) > 0 FROM followup.ledger WHERE "
                            "conversation = 'shut' AND kind = 'close_out' AND "
                            "status = 'pending'"));
    before = world_int(w, "SELECT count(*) FROM crm.conversation WHERE id NOT "
                          "LIKE 'settle-%%'");
    world_do(w, "UPDATE crm.conversation SET status = 'closed' "
                "WHERE id = 'shut'");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 0 FROM followup.ledger WHERE "
                            "conversation = 'shut' AND status = 'pending'"));
    permit_is(w, "shut", "already_withdrawn");
    settle(w);
    assert_int_equal(world_int(w, "SELECT count(*) FROM crm.conversation "
                                  "WHERE id NOT LIKE 'settle-%%'"),
                     before);
    assert_string_equal(world_text(w, "SELECT status FROM crm.conversation "
                                      "WHERE id = 'shut'"),
                        "closed");
    assert_int_equal(enrollments(w, "shut"), 1);
}

/* --- one at a time -------------------------------------------------------- */

/* Conversations of one person, at one address. */
static void same_person(struct world *w, const char *id, const char *channel)
{
    world_do(w,
             "INSERT INTO crm.contact (id, name) VALUES ('p-%s', 'Ana') ON "
             "CONFLICT DO NOTHING",
             channel);
    world_do(w,
             "INSERT INTO crm.conversation (id, contact_id, channel, address) "
             "VALUES ('%s', 'p-%s', '%s', '+1')",
             id, channel, channel);
    world_message(w, id, "in", "human", "now()");
    world_message(w, id, "out", "bot", "clock_timestamp()");
}

static void the_newest_silence_of_a_person_wins(void **state)
{
    struct world *w = *state;

    same_person(w, "first", "telegram");
    until(w, "first", "armed");
    same_person(w, "second", "telegram");
    until(w, "first", "superseded");
    until(w, "second", "armed");
    assert_string_equal(world_text(w, "SELECT note FROM followup.ledger WHERE "
                                      "conversation = 'first' AND event = "
                                      "'superseded'"),
                        "second");
    /* Another address is another line to the person. */
    world_do(w, "INSERT INTO crm.conversation (id, contact_id, channel, "
                "address) VALUES ('other', 'p-telegram', 'telegram', '+2')");
    world_message(w, "other", "in", "human", "now()");
    world_message(w, "other", "out", "bot", "clock_timestamp()");
    until(w, "other", "armed");
    settle(w);
    until(w, "second", "armed");
}

/* Over four partitions and two workers, one commit after the other. */
static void of_many_at_once_one_is_left(void **state)
{
    struct world *w = *state;

    world_do(w, "INSERT INTO crm.contact (id, name) VALUES ('crowd', 'Ana')");
    world_do(w, "INSERT INTO crm.conversation (id, contact_id, channel, "
                "address) SELECT 'crowd-' || i, 'crowd', 'telegram', '+1' "
                "FROM generate_series(1, 40) i");
    world_do(w, "INSERT INTO crm.message (conversation_id, direction, author, "
                "created_at) SELECT 'crowd-' || i, d, 'bot', now() + i * "
                "interval '1 us' + interval '1 ms' FROM generate_series(1, 40) "
                "i, unnest('{in,out}'::text[]) d");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 40 AND count(outcome) = 39 "
                            "FROM followup.enrollment WHERE contact = "
                            "'crowd'"));
    until(w, "crowd-40", "armed");
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.enrollment "
                                  "WHERE contact = 'crowd' AND outcome = "
                                  "'superseded'"),
                     39);
}

static void a_schedule_may_let_several_be(void **state)
{
    struct world *w = *state;

    same_person(w, "several-1", "api");
    until(w, "several-1", "armed");
    same_person(w, "several-2", "api");
    until(w, "several-2", "armed");
    settle(w);
    until(w, "several-1", "armed");
}

static void the_permit_knows_of_a_newer_silence(void **state)
{
    struct world *w = *state;

    queued(w, "older");
    world_do(w, "BEGIN");
    world_do(w, "UPDATE followup.enrollment SET since_at = 'infinity', "
                "contact = 'k-older', address = 'to-older', channel = "
                "'webchat', version = (SELECT version FROM "
                "followup.enrollment WHERE conversation = 'older') WHERE "
                "conversation = 'second'");
    permit_is(w, "older", "superseded");
    world_do(w, "ROLLBACK");
}

/* --- opt-out -------------------------------------------------------------- */

static const char *kept(struct world *w, const char *contact)
{
    return world_text(w,
                      "SELECT channel || ' ' || source || ' ' || (lifted_at "
                      "IS NULL)::text FROM followup.suppression WHERE "
                      "contact = '%s'",
                      contact);
}

static void a_word_for_stop_ends_it_and_is_kept(void **state)
{
    struct world *w = *state;

    silence(w, "word", "telegram");
    until(w, "word", "armed");
    says(w, "word", "STOP!");
    until(w, "word", "opted_out");
    assert_string_equal(kept(w, "k-word"), "* text true");
    assert_string_equal(
        world_text(w, "SELECT s.at = m.created_at FROM followup.suppression "
                      "s, crm.message m WHERE s.contact = 'k-word' AND "
                      "m.conversation_id = 'word' AND m.body = 'STOP!'"),
        "t");
    /* Politely answered, and written to again: nothing. */
    world_message(w, "word", "out", "human", "clock_timestamp()");
    says(w, "word", "thanks");
    world_message(w, "word", "out", "human", "clock_timestamp()");
    settle(w);
    assert_int_equal(enrollments(w, "word"), 1);
}

static void a_near_miss_is_a_reply(void **state)
{
    struct world *w = *state;

    silence(w, "miss", "telegram");
    until(w, "miss", "armed");
    says(w, "miss", "don't stop");
    until(w, "miss", "replied");
    assert_string_equal(kept(w, "k-miss"), "");
}

static void a_word_for_stop_needs_no_follow_up(void **state)
{
    struct world *w = *state;

    world_conversation(w, "cold", "telegram");
    says(w, "cold", "Bitte nicht mehr schreiben.");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.suppression "
                            "WHERE contact = 'k-cold'"));
}

static void what_the_crm_forgets_is_kept(void **state)
{
    struct world *w = *state;

    silence(w, "block", "telegram");
    until(w, "block", "armed");
    world_do(w, "UPDATE crm.contact SET opted_out = true "
                "WHERE id = 'k-block'");
    until(w, "block", "opted_out");
    assert_string_equal(kept(w, "k-block"), "* crm true");
    world_do(w, "UPDATE crm.contact SET opted_out = false "
                "WHERE id = 'k-block'");
    world_message(w, "block", "in", "human", "clock_timestamp()");
    world_message(w, "block", "out", "human", "clock_timestamp()");
    settle(w);
    assert_int_equal(enrollments(w, "block"), 1);
}

static void an_opt_in_lifts_it_and_old_words_do_not_count(void **state)
{
    struct world *w = *state;

    silence(w, "back", "telegram");
    until(w, "back", "armed");
    says(w, "back", "stop");
    until(w, "back", "opted_out");
    redis_server_do(&w->redis,
                    "XADD followup:commands * action opt_in contact k-back "
                    "by ana");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT lifted_by = 'ana' FROM "
                            "followup.suppression WHERE contact = 'k-back'"));
    /* The newest words are still those for stop. */
    world_message(w, "back", "out", "human", "clock_timestamp()");
    until(w, "back", "armed");
    assert_string_equal(kept(w, "k-back"), "* text false");
    says(w, "back", "please stop");
    until(w, "back", "opted_out");
    assert_string_equal(kept(w, "k-back"), "* text true");
}

static void the_permit_knows_of_an_opt_out(void **state)
{
    struct world *w = *state;

    queued(w, "gate");
    world_do(w, "BEGIN");
    world_do(w, "SELECT followup.suppress('default', 'k-gate', '*', 'text', "
                "NULL, NULL, now())");
    permit_is(w, "gate", "opted_out");
    world_do(w, "ROLLBACK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hand_over_holds_until_a_person_answers),
        cmocka_unit_test(a_silence_of_ours_is_not_followed_up),
        cmocka_unit_test(a_hand_over_withdraws_what_is_in_the_queue),
        cmocka_unit_test(a_schedule_stops_at_a_person_and_at_what_it_names),
        cmocka_unit_test(the_permit_knows_who_speaks),
        cmocka_unit_test(a_closed_conversation_is_never_written_into),
        cmocka_unit_test(the_newest_silence_of_a_person_wins),
        cmocka_unit_test(of_many_at_once_one_is_left),
        cmocka_unit_test(a_schedule_may_let_several_be),
        cmocka_unit_test(the_permit_knows_of_a_newer_silence),
        cmocka_unit_test(a_word_for_stop_ends_it_and_is_kept),
        cmocka_unit_test(a_near_miss_is_a_reply),
        cmocka_unit_test(a_word_for_stop_needs_no_follow_up),
        cmocka_unit_test(what_the_crm_forgets_is_kept),
        cmocka_unit_test(an_opt_in_lifts_it_and_old_words_do_not_count),
        cmocka_unit_test(the_permit_knows_of_an_opt_out),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
