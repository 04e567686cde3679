/* A channel says that its window is closed before we knew: the step is done
 * again by other means, once. And what the adapter says of a window's end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "orders.h"

#define TEXT(text)                                                             \
    "\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"" text "\"}"
/* A check-in with a template, and a close-out without one. */
static const char both[] =
    "{\"name\": \"both\", \"mode\": \"live\", \"min_gap\": \"1s\",\n"
    " \"match\": {\"channel\": [\"whatsapp\"]},\n"
    " \"contact_cap\": {\"max\": 1, \"per\": \"1h\"},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": {" TEXT(
        "Still?") ", \"templates\": {\"whatsapp\": {\"name\": \"t1\", "
                  "\"language\": \"en\","
                  " \"params\": []}}}]}},\n"
                  "  {\"kind\": \"close_out\", \"after\": \"1h\", \"message\": "
                  "{" TEXT("Bye.") "}]}}]}";

/* One step that nothing can stand in for. */
static const char alone[] =
    "{\"name\": \"alone\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"instagram\"]},\n"
    " \"steps\": [{\"kind\": \"close_out\", \"after\": \"1s\", \"close\": true,"
    "\n   \"message\": {" TEXT("Bye.") "}]}}]}";

/* Five hours from now the window would be open yet. */
static const char hours[] = "{\"name\": \"hours\", \"mode\": \"live\",\n"
                            " \"match\": {\"channel\": [\"telegram\"]},\n"
                            " \"steps\": [{\"kind\": \"check_in\", \"after\": "
                            "\"5h\", \"message\": {" TEXT("Still?") "}]}}]}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "both.json", both);
    world_schedule(&w, "alone.json", alone);
    world_schedule(&w, "hours.json", hours);
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

/* Its first message, which a sender has a permit for. */
static void
first_message(struct world *w, const char *id, const char *channel, char to[64])
{
    orders_silence(w, id, channel);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.ledger WHERE "
                            "conversation = '%s' AND event = 'fired'",
                            id));
    (void)snprintf(to, 64, "%s",
                   world_text(w,
                              "SELECT message_id FROM followup.ledger WHERE "
                              "conversation = '%s' AND event = 'fired'",
                              id));
    assert_string_equal(
        world_text(w, "SELECT granted FROM followup.permit('{%s}')", to), "t");
}

static void report(struct world *w, const char *id, const char *status)
{
    redis_server_do(&w->redis,
                    strcmp(status, "failed") == 0
                        ? "XADD followup:receipts * id %s status %s "
                          "error_class window_closed"
                        : "XADD followup:receipts * id %s status %s",
                    id, status);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT status IN "
                            "('%s', 'delivered') FROM followup.ledger WHERE "
                            "message_id = '%s'",
                            status, id));
}

static void the_step_is_done_again_by_its_template(void **state)
{
    struct world *w = *state;
    const char *text;
    char id[64];

    first_message(w, "again", "whatsapp", id);
    report(w, id, "failed");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 2 FROM followup.ledger WHERE "
                            "conversation = 'again' AND event = 'fired'"));
    assert_string_equal(
        world_text(w,
                   "SELECT concat_ws(' ', reason, kind, step, message_id <> "
                   "'%s', message::json #>> '{template,name}', trace::jsonb "
                   "@> '[{\"rule\": \"window_closed\"}]') FROM followup.ledger "
                   "WHERE conversation = 'again' AND event = 'fired' ORDER BY "
                   "seq DESC LIMIT 1",
                   id),
        "window_closed check_in 1 t t1 t");
    assert_string_equal(
        world_text(w, "SELECT string_agg(event, ' ' ORDER BY seq) FROM "
                      "followup.ledger WHERE conversation = 'again'"),
        "enrolled fired failed fired");
    /* What comes next knows it, too. */
    assert_int_equal(orders_cli(w, "explain again", &text), 0);
    assert_true(has(text, "window closed            yes"));
    assert_true(has(text, "window_closed"));
    assert_true(has(text, "silent"));
}

static void a_receipt_that_comes_again_changes_nothing(void **state)
{
    struct world *w = *state;
    char id[64];

    (void)snprintf(id, sizeof id, "%s",
                   world_text(w, "SELECT message_id FROM followup.ledger WHERE "
                                 "conversation = 'again' AND event = 'fired' "
                                 "ORDER BY seq LIMIT 1"));
    report(w, id, "failed");
    report(w, id, "failed");
    (void)orders_give(w, "action refresh conversation again");
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                                  "conversation = 'again'"),
                     4);
}

static void what_has_arrived_is_not_sent_again(void **state)
{
    struct world *w = *state;
    char id[64];

    first_message(w, "arrived", "whatsapp", id);
    report(w, id, "delivered");
    redis_server_do(&w->redis,
                    "XADD followup:receipts * id %s status failed error_class "
                    "window_closed",
                    id);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT error_class = 'window_closed' FROM "
                            "followup.ledger WHERE message_id = '%s'",
                            id));
    (void)orders_give(w, "action refresh conversation arrived");
    assert_string_equal(
        world_text(w, "SELECT concat_ws(' ', step, window_closed) FROM "
                      "followup.enrollment WHERE conversation = 'arrived'"),
        "2 f");
}

/* The provider took it, and refused it a moment later. */
static void what_was_taken_and_then_refused_is_done_again(void **state)
{
    struct world *w = *state;
    char id[64];

    first_message(w, "taken", "whatsapp", id);
    report(w, id, "sent");
    report(w, id, "failed");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 2 FROM followup.ledger WHERE "
                            "conversation = 'taken' AND event = 'fired'"));
}

static void the_last_step_is_done_again_too(void **state)
{
    struct world *w = *state;
    char id[64];

    first_message(w, "last", "instagram", id);
    report(w, id, "failed");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' AND window_closed "
                            "FROM followup.enrollment WHERE conversation = "
                            "'last'"));
    assert_true(world_until(w, WAIT_MS,
                            "SELECT status = 'closed' FROM crm.conversation "
                            "WHERE id = 'last'"));
    assert_string_equal(
        world_text(w, "SELECT string_agg(event || coalesce(' ' || "
                      "nullif(reason, ''), ''), "
                      "', ' ORDER BY seq) FROM followup.ledger WHERE "
                      "conversation = 'last'"),
        "enrolled, fired, failed window_closed, silent window_closed");
}

static void the_customer_opens_the_window_again(void **state)
{
    struct world *w = *state;

    world_message(w, "again", "in", "human", "clock_timestamp()");
    world_message(w, "again", "out", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 2 FROM followup.enrollment "
                            "WHERE conversation = 'again'"));
    assert_string_equal(
        world_text(w, "SELECT window_closed FROM followup.enrollment WHERE "
                      "conversation = 'again' ORDER BY episode_at DESC LIMIT "
                      "1"),
        "f");
}

/* Three hours of window by the adapter, of a channel that has none. */
static void explain_and_the_worker_agree_about_a_windows_end(void **state)
{
    struct world *w = *state;
    const char *text;
    char due[64];

    world_do(w, "ALTER FUNCTION followup.conversation_facts(text[], text[]) "
                "RENAME TO plain_facts");
    world_do(w,
             "DO $do$ BEGIN EXECUTE format($f$CREATE FUNCTION "
             "followup.conversation_facts(a text[], b text[]) RETURNS %%s "
             "LANGUAGE sql STABLE AS $b$ SELECT tenant_id, conversation_id, "
             "contact_id, channel, address, status, owner, intent, stage, "
             "locale, timezones, last_inbound_at, last_answer_at, "
             "last_human_at, last_ours_at, last_inbound_at + interval '3 h', "
             "opted_out, tenant_active, attributes FROM "
             "followup.plain_facts(a, b) $b$$f$, (SELECT "
             "pg_get_function_result('followup.plain_facts(text[], "
             "text[])'::regprocedure))); END $do$");
    orders_silence(w, "ends", "telegram");
    (void)snprintf(due, sizeof due, "%s",
                   world_text(w, "SELECT to_char(due_at AT TIME ZONE 'UTC', "
                                 "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') FROM "
                                 "followup.enrollment WHERE conversation = "
                                 "'ends'"));
    assert_int_equal(orders_cli(w, "explain ends --format json", &text), 0);
    assert_true(has(text, "\"reason\":\"pulled_forward\""));
    assert_true(has(text, "{\"rule\":\"window\",\"at\":\""));
    assert_true(has(strstr(text, "\"next\""), due));
    assert_string_equal(
        world_text(w, "SELECT due_at - now() BETWEEN '165 min' AND '171 min' "
                      "FROM followup.enrollment WHERE conversation = 'ends'"),
        "t");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_step_is_done_again_by_its_template),
        cmocka_unit_test(a_receipt_that_comes_again_changes_nothing),
        cmocka_unit_test(what_has_arrived_is_not_sent_again),
        cmocka_unit_test(what_was_taken_and_then_refused_is_done_again),
        cmocka_unit_test(the_last_step_is_done_again_too),
        cmocka_unit_test(the_customer_opens_the_window_again),
        cmocka_unit_test(explain_and_the_worker_agree_about_a_windows_end),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
