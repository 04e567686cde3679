/* One conversation after the other through a whole installation. */

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

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "quick.json", quick);
    world_schedule(&w, "slow.json", slow);
    world_schedule(&w, "blank.json", blank);
    world_start(&w, 0);
    *state = &w;
    return world_logged(&w, 0, WAIT_MS, " ready") ? 0 : -1;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

/* A customer wrote, we answered: the silence begins. */
static void silence(struct world *w, const char *id, const char *channel)
{
    world_conversation(w, id, channel);
    world_message(w, id, "in", "human", "now()");
    world_message(w, id, "out", "human", "clock_timestamp()");
}

static long long entries(struct world *w, const char *channel)
{
    return redis_server_int(&w->redis, "XLEN followup:{p00}:out:%s", channel);
}

/* The ledger is ahead of the streams by a moment: until the newest entry of the
 * stream is the newest message of the conversation. */
static bool
last_until(struct world *w, const char *channel, const char *conversation)
{
    char last[64] = "";

    (void)snprintf(last, sizeof last, "%s",
                   world_text(w,
                              "SELECT max(seq) || '-0' FROM followup.ledger "
                              "WHERE conversation = '%s' AND event = 'fired'",
                              conversation));
    for (int i = 0; i < WAIT_MS; i++) {
        redisReply *reply = redis_server_ask(
            &w->redis, "XREVRANGE followup:{p00}:out:%s + - COUNT 1", channel);
        bool is = reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
                  strcmp(reply->element[0]->element[0]->str, last) == 0;

        freeReplyObject(reply);
        if (is) {
            return true;
        }
        (void)world_until(w, 1, "SELECT false");
    }
    return false;
}

static bool has_timer(struct world *w)
{
    return redis_server_int(&w->redis, "ZCOUNT followup:{p00}:due -inf (inf") >
           0;
}

/* The answer to a command, "" when none comes. */
static void command(struct world *w, const char *fields, char answer[1024])
{
    static int counter;
    char id[32];
    char line[512];
    redisReply *reply;

    (void)snprintf(id, sizeof id, "r%d", counter++);
    (void)snprintf(line, sizeof line,
                   "XADD followup:commands * %s request_id %s", fields, id);
    redis_server_do(&w->redis, line);
    reply = redis_server_ask(&w->redis, "BLPOP followup:reply:%s 10", id);
    (void)snprintf(answer, 1024, "%s",
                   reply->type == REDIS_REPLY_ARRAY ? reply->element[1]->str
                                                    : "");
    freeReplyObject(reply);
}

static bool is_ok(const char *answer)
{
    return strncmp(answer, "{\"ok\":true", 10) == 0 ||
           strncmp(answer, "{\"ok\": true", 11) == 0;
}

static void sends_all_steps_once_and_in_order(void **state)
{
    struct world *w = *state;

    silence(w, "all", "webchat");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' FROM "
                            "followup.enrollment WHERE conversation = 'all'"));
    assert_string_equal(
        world_text(w, "SELECT string_agg(kind, ' ' ORDER BY seq) FROM "
                      "followup.ledger WHERE conversation = 'all' AND event = "
                      "'fired'"),
        "check_in last_call close_out");
    assert_int_equal(world_int(w,
                               "SELECT count(*) FROM followup.ledger WHERE "
                               "conversation = 'all' AND event = 'fired' AND "
                               "at < due_at"),
                     0);
    /* Nobody takes them: each took the place of the one before. */
    assert_true(last_until(w, "webchat", "all"));
}

static void hands_out_the_message_that_the_contract_describes(void **state)
{
    struct world *w = *state;
    redisReply *reply;

    silence(w, "shape", "webchat");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) > 0 FROM followup.ledger WHERE "
                            "conversation = 'shape' AND event = 'fired'"));
    assert_string_equal(
        world_text(w, "SELECT concat_ws('|', m->>'tenant', m->>'channel', "
                      "m->>'to', m->>'kind', m->>'text', m->>'locale', "
                      "m#>>'{options,1,label}', "
                      "m#>>'{options,1,payload}' = 'f:' || message_id || ':b', "
                      "m->>'id' = message_id) FROM (SELECT *, message::jsonb m "
                      "FROM followup.ledger WHERE conversation = 'shape' AND "
                      "event = 'fired' ORDER BY seq LIMIT 1) l"),
        "default|webchat|to-shape|check_in|Hi Ana, which one?|en|Two|t|t");
    reply =
        redis_server_ask(&w->redis, "XINFO GROUPS followup:{p00}:out:webchat");
    assert_int_equal(reply->type, REDIS_REPLY_ARRAY);
    assert_int_equal(reply->elements, 1);
    freeReplyObject(reply);
}

static void
stops_at_a_reply_and_begins_again_with_the_next_silence(void **state)
{
    struct world *w = *state;

    silence(w, "reply", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'reply'"));
    world_message(w, "reply", "in", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'replied' FROM "
                            "followup.enrollment WHERE conversation = "
                            "'reply'"));
    world_message(w, "reply", "out", "bot", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 2 AND count(outcome) = 1 FROM "
                            "followup.enrollment WHERE conversation = "
                            "'reply'"));
}

static void withdraws_a_message_that_nobody_has_sent_yet(void **state)
{
    struct world *w = *state;
    long long before;

    silence(w, "late", "webchat");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) > 0 FROM followup.ledger WHERE "
                            "conversation = 'late' AND status = 'pending'"));
    world_message(w, "late", "in", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) FILTER (WHERE status = "
                            "'pending') = 0 AND count(*) FILTER (WHERE status "
                            "= 'withdrawn') > 0 FROM followup.ledger WHERE "
                            "conversation = 'late'"));
    before = world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                          "conversation = 'late' AND event = 'withdrawn' OR "
                          "conversation = 'late' AND withdrew IS NOT NULL");
    assert_int_equal(before, 1);
}

static void
leaves_silences_alone_that_began_before_it_was_installed(void **state)
{
    struct world *w = *state;
    char answer[1024];

    world_conversation(w, "old", "telegram");
    world_message(w, "old", "in", "human", "now() - interval '2 days'");
    world_message(w, "old", "out", "human", "now() - interval '1 day'");
    silence(w, "new", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'new'"));
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.enrollment "
                                  "WHERE conversation = 'old'"),
                     0);
    command(w, "action enroll conversation old", answer);
    assert_true(is_ok(answer));
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.enrollment "
                                  "WHERE conversation = 'old'"),
                     1);
}

static void reschedules_pauses_resumes_skips_and_cancels(void **state)
{
    struct world *w = *state;
    char answer[1024];

    silence(w, "steer", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'steer'"));
    command(w, "action reschedule conversation steer in 2h by ana", answer);
    assert_true(is_ok(answer));
    assert_non_null(strstr(answer, "\"kind\":\"check_in\""));
    assert_int_equal(world_int(w,
                               "SELECT count(*) FROM followup.enrollment "
                               "WHERE conversation = 'steer' AND due_at "
                               "BETWEEN now() + interval '119 min' AND now() "
                               "+ interval '121 min'"),
                     1);
    command(w, "action pause conversation steer", answer);
    assert_true(is_ok(answer));
    assert_string_equal(world_text(w,
                                   "SELECT waits_for FROM followup.enrollment "
                                   "WHERE conversation = 'steer'"),
                        "paused");
    command(w, "action resume conversation steer", answer);
    assert_true(is_ok(answer));
    command(w, "action skip conversation steer reason holiday", answer);
    assert_true(is_ok(answer));
    assert_non_null(strstr(answer, "\"step\":2"));
    command(w, "action cancel conversation steer", answer);
    assert_true(is_ok(answer));
    command(w, "action skip conversation steer", answer);
    assert_non_null(strstr(answer, "not_enrolled"));
}

static void a_command_may_overtake_the_change_it_follows(void **state)
{
    struct world *w = *state;
    char answer[1024];

    silence(w, "hasty", "telegram");
    command(w, "action reschedule conversation hasty in 3h", answer);
    assert_true(is_ok(answer));
}

static void a_command_that_comes_after_the_reply_is_refused(void **state)
{
    struct world *w = *state;
    char answer[1024];

    silence(w, "answered", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'answered'"));
    world_message(w, "answered", "in", "human", "clock_timestamp()");
    command(w, "action send_now conversation answered", answer);
    assert_non_null(strstr(answer, "\"ok\":false"));
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                                  "conversation = 'answered' AND event = "
                                  "'fired'"),
                     0);
}

static void sends_now_when_told_to(void **state)
{
    struct world *w = *state;
    char answer[1024];

    silence(w, "now", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'now'"));
    command(w, "action send_now conversation now", answer);
    assert_true(is_ok(answer));
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.ledger WHERE "
                            "conversation = 'now' AND event = 'fired'"));
}

static void refuses_bad_commands_and_says_why(void **state)
{
    struct world *w = *state;
    char answer[1024];

    command(w, "action reschedule in 2h", answer);
    assert_non_null(strstr(answer, "missing_conversation"));
    command(w, "action fly conversation steer", answer);
    assert_non_null(strstr(answer, "unknown_action"));
    silence(w, "past", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'past'"));
    command(w, "action reschedule conversation past at 2020-01-01T00:00:00Z",
            answer);
    assert_non_null(strstr(answer, "in_the_past"));
    assert_true(redis_server_int(&w->redis, "XLEN followup:rejected") >= 2);
    assert_int_equal(redis_server_int(&w->redis, "XLEN followup:commands"), 0);
}

static void the_same_request_is_done_once(void **state)
{
    struct world *w = *state;

    silence(w, "twice", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'twice'"));
    for (int i = 0; i < 2; i++) {
        redis_server_do(&w->redis,
                        "XADD followup:commands * action skip conversation "
                        "twice request_id same");
    }
    assert_true(world_until(w, WAIT_MS,
                            "SELECT step = 2 FROM followup.enrollment WHERE "
                            "conversation = 'twice'"));
    silence(w, "after-twice", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'after-twice'"));
    assert_int_equal(world_int(w, "SELECT step FROM followup.enrollment WHERE "
                                  "conversation = 'twice'"),
                     2);
}

static void an_opt_out_ends_it_and_holds(void **state)
{
    struct world *w = *state;
    char answer[1024];

    silence(w, "stop", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'stop'"));
    command(w, "action opt_out contact k-stop by ana", answer);
    assert_true(is_ok(answer));
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'opted_out' FROM "
                            "followup.enrollment WHERE conversation = 'stop'"));
}

static void a_hold_stops_everything_until_it_is_released(void **state)
{
    struct world *w = *state;
    char answer[1024];

    command(w, "action hold by ana", answer);
    assert_true(is_ok(answer));
    silence(w, "held", "webchat");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT waits_for = 'held' FROM "
                            "followup.enrollment WHERE conversation = 'held'"));
    command(w, "action release", answer);
    assert_true(is_ok(answer));
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.ledger WHERE "
                            "conversation = 'held' AND kind = 'check_in' AND "
                            "event = 'fired'"));
}

static void a_text_with_a_blank_or_a_bracket_is_never_sent(void **state)
{
    struct world *w = *state;

    silence(w, "blank", "sms");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' FROM "
                            "followup.enrollment WHERE conversation = "
                            "'blank'"));
    assert_string_equal(
        world_text(w, "SELECT string_agg(concat(reason, ' ', split_part(note, "
                      "': ', 2)), '; ' ORDER BY step) FROM followup.ledger "
                      "WHERE conversation = 'blank' AND event = 'skipped'"),
        "text_incomplete line 1, column 10; text_refused placeholder");
    assert_int_equal(entries(w, "sms"), 0);
}

/* Wait for the close-out of a silence and get it a permit. */
static void begin_close_out(struct world *w, const char *name, char id[64])
{
    silence(w, name, "webchat");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.ledger WHERE "
                            "conversation = '%s' AND kind = 'close_out' "
                            "AND event = 'fired'",
                            name));
    (void)snprintf(id, 64, "%s",
                   world_text(w,
                              "SELECT message_id FROM followup.ledger WHERE "
                              "conversation = '%s' AND kind = 'close_out' "
                              "AND event = 'fired'",
                              name));
    assert_string_equal(
        world_text(w, "SELECT granted FROM followup.permit('{%s}')", id), "t");
}

static void a_receipt_of_a_close_out_closes_the_conversation(void **state)
{
    struct world *w = *state;
    char id[64];

    begin_close_out(w, "close", id);
    redis_server_do(&w->redis, "XADD followup:receipts * id %s status sent",
                    id);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT status = 'closed' FROM crm.conversation "
                            "WHERE id = 'close'"));
    assert_string_equal(
        world_text(w, "SELECT granted FROM followup.permit('{%s}')", id), "f");
}

static void a_receipt_that_comes_after_a_reply_closes_nothing(void **state)
{
    struct world *w = *state;
    char id[64];

    begin_close_out(w, "reopen", id);
    world_message(w, "reopen", "in", "human", "clock_timestamp()");
    redis_server_do(&w->redis, "XADD followup:receipts * id %s status sent",
                    id);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT status = 'sent' FROM followup.ledger WHERE "
                            "message_id = '%s'",
                            id));
    assert_string_equal(world_text(w, "SELECT status FROM crm.conversation "
                                      "WHERE id = 'reopen'"),
                        "open");
}

static void ends_in_seconds_and_hands_over(void **state)
{
    struct world *w = *state;

    assert_int_equal(world_stop(w, 0, SIGTERM), 0);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.partition "
                                  "WHERE owner IS NOT NULL"),
                     0);
    assert_true(has_timer(w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_all_steps_once_and_in_order),
        cmocka_unit_test(hands_out_the_message_that_the_contract_describes),
        cmocka_unit_test(
            stops_at_a_reply_and_begins_again_with_the_next_silence),
        cmocka_unit_test(withdraws_a_message_that_nobody_has_sent_yet),
        cmocka_unit_test(
            leaves_silences_alone_that_began_before_it_was_installed),
        cmocka_unit_test(reschedules_pauses_resumes_skips_and_cancels),
        cmocka_unit_test(a_command_may_overtake_the_change_it_follows),
        cmocka_unit_test(a_command_that_comes_after_the_reply_is_refused),
        cmocka_unit_test(sends_now_when_told_to),
        cmocka_unit_test(refuses_bad_commands_and_says_why),
        cmocka_unit_test(the_same_request_is_done_once),
        cmocka_unit_test(an_opt_out_ends_it_and_holds),
        cmocka_unit_test(a_hold_stops_everything_until_it_is_released),
        cmocka_unit_test(a_text_with_a_blank_or_a_bracket_is_never_sent),
        cmocka_unit_test(a_receipt_of_a_close_out_closes_the_conversation),
        cmocka_unit_test(a_receipt_that_comes_after_a_reply_closes_nothing),
        cmocka_unit_test(ends_in_seconds_and_hands_over),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
