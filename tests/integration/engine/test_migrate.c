/* Follow-ups under way are moved to the newest content of their schedule: what
 * the dry run says, and what then happens. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "orders.h"

#define STEP(kind, after)                                                      \
    "{\"kind\": \"" kind "\", \"after\": \"" after                             \
    "\", \"message\": {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": "     \
    "\"Still?\"}}]}}"
#define SCHEDULE(name, steps)                                                  \
    "{\"name\": \"" name "\", \"mode\": \"live\", \"match\": {\"channel\": "   \
    "[\"telegram\"]}, \"steps\": [" steps "]}"
#define DUE_IN(id, from, to)                                                   \
    "SELECT due_at - now() BETWEEN '" from "' AND '" to                        \
    "' FROM followup.enrollment WHERE conversation = '" id "'"

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(
        &w, "s.json",
        SCHEDULE("s", STEP("check_in", "2h") "," STEP("last_call", "2h")));
    world_start(&w, 0);
    *state = &w;
    return world_logged(&w, 0, WAIT_MS, " ready") ? 0 : -1;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

/* The worker reads its folder anew, and has done so when this returns. */
static void reload(struct world *w)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/worker-0.log", w->dir);
    assert_int_equal(truncate(path, 0), 0);
    (void)kill(w->workers[0], SIGHUP);
    assert_true(world_logged(w, 0, WAIT_MS, " schedules "));
}

static void now_has(struct world *w, const char *json)
{
    world_schedule(w, "s.json", json);
    reload(w);
}

static bool has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        (void)fprintf(stderr, "no %s in: %s\n", part, text);
        return false;
    }
    return true;
}

static bool is_true(struct world *w, const char *sql)
{
    return strcmp(world_text(w, "%s", sql), "t") == 0;
}

static void a_dry_run_lists_old_and_new_and_changes_nothing(void **state)
{
    struct world *w = *state;
    const char *text;
    char due[64];

    orders_silence(w, "dry", "telegram");
    (void)snprintf(due, sizeof due, "%s",
                   world_text(w, "SELECT to_char(due_at AT TIME ZONE 'UTC', "
                                 "'YYYY-MM-DD\"T\"HH24:MI:SS') FROM "
                                 "followup.enrollment"));
    now_has(w, SCHEDULE("s", STEP("hello", "3h") "," STEP("last_call", "2h")));
    assert_int_equal(
        orders_cli(w, "migrate-version dry --dry-run --format json", &text), 0);
    assert_true(has(text, "\"tenant\":\"default\",\"conversation\":\"dry\""));
    assert_true(has(text, "\"old_step\":\"check_in\",\"old_at\":\""));
    assert_true(has(text, due));
    assert_true(has(text, "\"new_step\":\"hello\""));
    assert_true(has(text, "\"why\":\"base, delay +3h\""));
    assert_true(has(text, "1 under way, 1 would be moved"));
    assert_int_equal(
        orders_cli(w, "migrate-version --schedule s --dry-run", &text), 0);
    assert_true(has(text, "old_version   new_version"));
    assert_true(has(text, due));
    assert_string_equal(world_text(w, "SELECT gen FROM followup.enrollment "
                                      "WHERE conversation = 'dry'"),
                        "0");
    assert_int_equal(orders_cli(w, "migrate-version nobody --dry-run", &text),
                     1);
    assert_true(has(text, "not_enrolled"));
}

static void the_command_does_what_the_dry_run_said(void **state)
{
    struct world *w = *state;
    const char *text;
    char at[32];

    assert_int_equal(orders_cli(w, "migrate-version dry --dry-run", &text), 0);
    assert_int_equal(
        orders_cli(w, "migrate-version dry --by ana --reason shorter", &text),
        0);
    assert_true(has(text, "hello"));
    assert_true(is_true(w, DUE_IN("dry", "179 min", "181 min")));
    (void)snprintf(at, sizeof at, "%s",
                   world_text(w, "SELECT event FROM followup.ledger WHERE "
                                 "conversation = 'dry' AND actor = 'ana' AND "
                                 "note = 'shorter'"));
    assert_string_equal(at, "migrated");
    assert_true(has(orders_give(w, "action migrate_version conversation dry"),
                    "no_newer_version"));
    assert_int_equal(orders_cli(w, "migrate-version dry --dry-run", &text), 0);
    assert_true(has(text, "1 under way, 0 would be moved"));
}

/* The new version would have written an hour ago. */
static void nobody_is_moved_to_before_the_margin(void **state)
{
    struct world *w = *state;
    const char *text;

    world_conversation(w, "margin", "telegram");
    world_message(w, "margin", "in", "human", "now() - interval '2 h'");
    world_message(w, "margin", "out", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'margin'"));
    orders_silence(w, "wide", "telegram");
    orders_silence(w, "soon", "telegram");
    orders_silence(w, "asleep", "telegram");
    (void)orders_give(w, "action reschedule conversation soon in 5m");
    (void)orders_give(w, "action pause conversation asleep");
    now_has(w, SCHEDULE("s", STEP("hello", "1s") "," STEP("last_call", "2h")));

    assert_int_equal(orders_cli(w,
                                "migrate-version margin --dry-run --format "
                                "json",
                                &text),
                     0);
    assert_true(has(text, ", margin +"));
    (void)orders_give(w, "action migrate_version conversation margin");
    assert_true(is_true(w, DUE_IN("margin", "14 min", "901 s")));
    /* It holds for every later judging too. */
    (void)orders_give(w, "action refresh conversation margin");
    assert_true(is_true(w, DUE_IN("margin", "14 min", "901 s")));

    /* A margin behind the instant that was: it stays. */
    (void)orders_give(w, "action migrate_version conversation wide margin 9h");
    assert_true(is_true(w, DUE_IN("wide", "170 min", "181 min")));
    /* An operator's instant is kept. */
    (void)orders_give(w, "action migrate_version conversation soon");
    assert_true(is_true(w, DUE_IN("soon", "4 min", "301 s")));
    /* What waits is not sent before the margin's end when it goes on. */
    (void)orders_give(w, "action migrate_version conversation asleep");
    assert_string_equal(orders_value(w, "{next,waits_for}"), "paused");
    (void)orders_give(w, "action resume conversation asleep");
    assert_true(is_true(w, DUE_IN("asleep", "14 min", "901 s")));
    assert_int_equal(
        world_int(w,
                  "SELECT count(*) FROM followup.ledger WHERE event = 'fired'"),
        0);
}

static void what_was_sent_is_not_sent_again(void **state)
{
    struct world *w = *state;

    now_has(w,
            SCHEDULE("s", STEP("check_in", "2h") "," STEP(
                              "last_call", "2h") "," STEP("close_out", "2h")));
    orders_silence(w, "front", "telegram");
    orders_silence(w, "fewer", "telegram");
    (void)orders_give(w, "action send_now conversation front");
    assert_string_equal(orders_value(w, "{did,kind}"), "check_in");
    (void)orders_give(w, "action send_now conversation fewer");
    (void)orders_give(w, "action send_now conversation fewer");
    assert_string_equal(orders_value(w, "{did,kind}"), "last_call");
    /* A step more before those that were sent. */
    now_has(w,
            SCHEDULE("s", STEP("hello", "2h") "," STEP(
                              "check_in", "2h") "," STEP("last_call", "2h")));
    (void)orders_give(w, "action migrate_version conversation front");
    assert_string_equal(orders_value(w, "{next,kind}"), "last_call");
    assert_string_equal(orders_value(w, "{next,step}"), "3");
    assert_string_equal(orders_value(w, "{was,kind}"), "last_call");
    assert_string_equal(orders_value(w, "{was,step}"), "2");
    /* All that there is has been done. */
    (void)orders_give(w, "action migrate_version conversation fewer");
    assert_string_equal(orders_value(w, "{outcome}"), "completed");
    assert_int_equal(
        world_int(w,
                  "SELECT count(*) FROM followup.ledger WHERE event = 'fired'"),
        3);
}

static void all_of_a_schedule_are_moved_page_by_page(void **state)
{
    struct world *w = *state;
    const char *text;

    world_do(w, "INSERT INTO crm.conversation (id, channel, address) SELECT "
                "'m' || i, 'telegram', 'to' FROM generate_series(1, 1200) i");
    world_do(w, "INSERT INTO crm.message (conversation_id, direction, author, "
                "body, created_at) SELECT 'm' || i, d, 'human', 'x', "
                "clock_timestamp() FROM generate_series(1, 1200) i, "
                "unnest('{in,out}'::text[]) WITH ORDINALITY u(d, n) "
                "ORDER BY i, n");
    assert_true(world_until(w, 60000,
                            "SELECT count(*) = 1200 FROM followup.enrollment "
                            "WHERE conversation LIKE 'm_%%' AND conversation "
                            "<> 'margin'"));
    now_has(w, SCHEDULE("s", STEP("check_in", "5h")));
    assert_int_equal(
        orders_cli(w, "migrate-version --schedule s --dry-run", &text), 0);
    assert_true(has(text, " m1200 "));
    assert_int_equal(
        orders_cli(w, "migrate-version --schedule s --by ana", &text), 0);
    assert_true(world_until(w, 60000,
                            "SELECT count(*) = 1200 FROM followup.enrollment "
                            "WHERE conversation ~ '^m[0-9]' AND version = "
                            "(SELECT max(id) FROM followup.schedule_version) "
                            "AND due_at - now() > '4 h'"));
    assert_true(
        world_until(w, WAIT_MS, "SELECT count(*) = 0 FROM followup.fan_out"));
    assert_int_equal(
        orders_cli(w, "migrate-version --tenant default --dry-run", &text), 0);
    assert_true(has(text, " 0 would be moved"));
}

static void a_tenant_is_moved_alone(void **state)
{
    struct world *w = *state;
    const char *text;

    orders_silence(w, "mine", "telegram");
    now_has(w, SCHEDULE("s", STEP("check_in", "6h")));
    assert_int_equal(orders_cli(w, "migrate-version --tenant acme", &text), 0);
    assert_int_equal(orders_cli(w, "migrate-version --tenant default", &text),
                     0);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT due_at - now() > '330 min' FROM "
                            "followup.enrollment WHERE conversation = 'mine'"));
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.command WHERE "
                     "conversation = 'mine' AND action = 'migrate_version'"),
        1);
}

static void a_schedule_that_is_gone_moves_nobody(void **state)
{
    struct world *w = *state;
    const char *text;

    orders_silence(w, "gone", "telegram");
    now_has(w, SCHEDULE("renamed", STEP("check_in", "1h")));
    assert_true(has(orders_give(w, "action migrate_version conversation gone"),
                    "\"error\":\"no_such_schedule\""));
    assert_true(has(orders_give(w, "action migrate_version scope schedule "
                                   "schedule s"),
                    "\"error\":\"no_such_schedule\""));
    assert_int_equal(orders_cli(w, "migrate-version gone --dry-run", &text), 0);
    assert_true(has(text, "no_such_schedule"));
    assert_true(has(text, "1 under way, 0 would be moved"));
    assert_true(is_true(w, DUE_IN("gone", "350 min", "361 min")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dry_run_lists_old_and_new_and_changes_nothing),
        cmocka_unit_test(the_command_does_what_the_dry_run_said),
        cmocka_unit_test(nobody_is_moved_to_before_the_margin),
        cmocka_unit_test(what_was_sent_is_not_sent_again),
        cmocka_unit_test(all_of_a_schedule_are_moved_page_by_page),
        cmocka_unit_test(a_tenant_is_moved_alone),
        cmocka_unit_test(a_schedule_that_is_gone_moves_nobody),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
