/* A safe start: older silences are taken in when somebody says so, at a pace.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "world.h"

#define WAIT_MS 10000

/* Any time, so that the pace alone decides. */
static const char schedule[] =
    "{\"name\": \"s\", \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"4h\", \"message\": "
    "{\"variants\":\n"
    "   [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"1d\", \"message\": "
    "{\"variants\":\n"
    "   [{\"id\": \"a\", \"text\": {\"en\": \"Bye.\"}}]}}]}";

/* Old silences: c1 to c8, of which c3 opted out, c4 is a person's, c5 said
 * stop; and c0 of the same person as c1, older. */
static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "s.json", schedule);
    world_do(&w, "INSERT INTO crm.contact (id, name, opted_out) SELECT 'k' || "
                 "i, 'Ana', i = 3 FROM generate_series(1, 8) i");
    world_do(&w, "INSERT INTO crm.conversation (id, contact_id, channel, "
                 "address, owner) SELECT 'c' || i, 'k' || greatest(i, 1), "
                 "'telegram', '@' || greatest(i, 1), CASE WHEN i = 4 THEN "
                 "'human' ELSE 'nobody' END FROM generate_series(0, 8) i");
    world_do(&w, "INSERT INTO crm.message (conversation_id, direction, "
                 "author, body, created_at) SELECT 'c' || i, d, 'bot', CASE "
                 "WHEN i = 5 THEN 'STOP' END, now() - interval '2 days' + i * "
                 "interval '1 min' FROM generate_series(0, 8) i, "
                 "unnest('{in,out}'::text[]) d");
    /* c9, of the same person again, waits for an answer of ours: no rival. */
    world_do(&w, "INSERT INTO crm.conversation (id, contact_id, channel, "
                 "address) VALUES ('c9', 'k1', 'telegram', '@1')");
    world_do(&w, "INSERT INTO crm.message (conversation_id, direction, author, "
                 "created_at) SELECT 'c9', d, 'bot', now() - t FROM (VALUES "
                 "('out', interval '30 h'), ('in', interval '20 h')) v (d, t)");
    world_do(&w, "DELETE FROM followup.change_log");
    world_start(&w, 0);
    *state = &w;
    return world_logged(&w, 0, WAIT_MS, " ready") ? 0 : -1;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

/* What `followup enroll --since` prints, at two an hour. */
static const char *enroll(struct world *w, const char *dry_run)
{
    static char text[16384];
    const char *args[] = {"enroll",     "--since", "2020-01-01T00:00:00Z",
                          "--per-hour", "2",       "--format",
                          "json",       dry_run,   NULL};
    char path[128];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/command.log", w->dir);
    (void)unlink(path);
    assert_int_equal(world_run(w, args), 0);
    f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    (void)fclose(f);
    return text;
}

static int count(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)) != NULL; text++) {
        n++;
    }
    return n;
}

static void the_first_start_takes_in_nobody(void **state)
{
    struct world *w = *state;

    world_do(w, "SELECT followup.touch(tenant, id) FROM crm.conversation");
    world_conversation(w, "new", "telegram");
    world_message(w, "new", "in", "human", "now()");
    world_message(w, "new", "out", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment"));
}

static void a_dry_run_lists_them_and_does_nothing(void **state)
{
    struct world *w = *state;
    const char *text = enroll(w, "--dry-run");

    assert_non_null(strstr(text, "\"taken_in\":5,\"not_taken_in\":4"));
    assert_int_equal(count(text, "\"first_messages\":2"), 2);
    assert_int_equal(count(text, "\"first_messages\":1"), 1);
    assert_int_equal(count(text, "\"kind\":\"check_in\",\"action\":\"send\""),
                     5);
    assert_int_equal(count(text, "\"kind\":\"close_out\",\"action\":\"send\""),
                     5);
    assert_non_null(strstr(text, "\"c3\",\"because\":\"opted_out\""));
    assert_non_null(strstr(text, "\"c4\",\"because\":\"handed_over\""));
    assert_non_null(strstr(text, "\"c5\",\"because\":\"opted_out\""));
    assert_non_null(strstr(text, "\"c0\",\"because\":\"superseded\""));
    assert_null(strstr(text, "\"new\""));
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.command"), 0);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.enrollment"),
                     1);
}

static void takes_them_in_at_the_pace_that_it_said(void **state)
{
    struct world *w = *state;

    /* Twice, before any worker has seen the first: done once. */
    assert_int_equal(world_stop(w, 0, SIGTERM), 0);
    (void)enroll(w, NULL);
    assert_non_null(strstr(enroll(w, NULL), "\"taken_in\":5"));
    world_start(w, 0);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) >= 5 AND count(*) FILTER (WHERE "
                            "status = 'done') = 5 FROM followup.command"));
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.enrollment "
                                  "WHERE conversation <> 'new' AND outcome IS "
                                  "NULL"),
                     5);
    /* The newest goes first, and no hour has more than two. */
    assert_int_equal(world_int(w, "SELECT max(n) FROM (SELECT count(*) AS n "
                                  "FROM (SELECT due_at FROM "
                                  "followup.enrollment WHERE due_at IS NOT "
                                  "NULL AND conversation <> 'new' UNION ALL "
                                  "SELECT due_at FROM followup.ledger WHERE "
                                  "event = 'fired') x GROUP BY date_trunc("
                                  "'hour', due_at)) y"),
                     2);
}

static void doing_it_twice_is_doing_it_once(void **state)
{
    struct world *w = *state;
    const char *text = enroll(w, NULL);

    assert_non_null(strstr(text, "\"taken_in\":0"));
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.command"), 5);
}

static void bad_flags_are_refused(void **state)
{
    const char *no_since[] = {"enroll", "--dry-run", NULL};
    const char *bad_since[] = {"enroll", "--since", "yesterday", NULL};
    const char *bad_pace[] = {"enroll",     "--since", "2020-01-01T00:00:00Z",
                              "--per-hour", "0",       NULL};

    assert_int_equal(world_run(*state, no_since), 2);
    assert_int_equal(world_run(*state, bad_since), 2);
    assert_int_equal(world_run(*state, bad_pace), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_start_takes_in_nobody),
        cmocka_unit_test(a_dry_run_lists_them_and_does_nothing),
        cmocka_unit_test(takes_them_in_at_the_pace_that_it_said),
        cmocka_unit_test(doing_it_twice_is_doing_it_once),
        cmocka_unit_test(bad_flags_are_refused),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
