/* What messages did, and what shadow schedules would have. */

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

static const char shadow[] =
    "{\"name\": \"shadow\", \"mode\": \"shadow\", \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": "
    "{\"variants\":\n"
    "   [{\"id\": \"a\", \"text\": {\"en\": \"Still of use?\"}}]}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"1h\", \"message\": "
    "{\"variants\":\n"
    "   [{\"id\": \"a\", \"text\": {\"en\": \"Closed for now.\"}}]}}]}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "shadow.json", shadow);
    world_start(&w, 0);
    *state = &w;
    return world_logged(&w, 0, WAIT_MS, " ready") ? 0 : -1;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

static const char *report(struct world *w, const char *flag)
{
    static char text[32768];
    const char *args[] = {"report", "--format", "json", flag, NULL};
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

static void has(const char *text, const char *what)
{
    if (strstr(text, what) == NULL) {
        fail_msg("no %s in %s", what, text);
    }
}

static void silence(struct world *w, const char *id)
{
    world_conversation(w, id, "webchat");
    world_message(w, id, "in", "human", "now()");
    world_message(w, id, "out", "human", "clock_timestamp()");
}

static void until_fired(struct world *w, const char *id, int n)
{
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) >= %d FROM followup.ledger WHERE "
                            "conversation = '%s' AND status = 'shadow'",
                            n, id));
}

/* Now, not in an hour. */
static void second_step(struct world *w, const char *id)
{
    redis_server_do(&w->redis,
                    "XADD followup:commands * action send_now conversation %s",
                    id);
    until_fired(w, id, 2);
}

/* One is left alone; in one we write after the first step, in one after the
 * last; one customer writes after the first step. */
static void a_shadow_is_seen_beside_what_happened(void **state)
{
    struct world *w = *state;
    const char *text;

    silence(w, "alone");
    silence(w, "ours");
    silence(w, "late");
    silence(w, "theirs");
    until_fired(w, "ours", 1);
    until_fired(w, "theirs", 1);
    world_message(w, "ours", "out", "human", "clock_timestamp()");
    world_message(w, "theirs", "in", "human", "clock_timestamp()");
    until_fired(w, "late", 1);
    until_fired(w, "alone", 1);
    second_step(w, "ours");
    second_step(w, "late");
    second_step(w, "alone");
    world_message(w, "late", "out", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 4 FROM followup.enrollment "
                            "WHERE outcome IS NOT NULL"));
    text = report(w, "--shadow");
    has(text, "\"would_have_sent\":7");
    has(text, "\"messages\":7,\"we_wrote\":2,\"customer_wrote\":1,"
              "\"nothing\":4");
    has(text, "\"step\":1,\"kind\":\"check_in\",\"messages\":4,\"we_wrote\":1,"
              "\"customer_wrote\":1,\"nothing\":2");
    has(text, "\"step\":2,\"kind\":\"close_out\",\"messages\":3,\"we_wrote\":1,"
              "\"customer_wrote\":0,\"nothing\":2");
    has(text, "\"conversation\":\"theirs\",\"schedule\":\"shadow\",\"step\":1,"
              "\"text\":\"Still of use?\",\"then\":\"customer_wrote\"");
    has(text, "\"conversation\":\"alone\",\"schedule\":\"shadow\",\"step\":2,"
              "\"text\":\"Closed for now.\",\"then\":\"nothing\"");
    has(report(w, NULL), "\"messages\":[]");
}

/* Ten messages of four days ago, and one of now; three of the ten were replied
 * to in time, one after the next step was due, one person has opted out. Four
 * held out, of which one wrote anyway. */
static void replies_are_counted_with_their_interval(void **state)
{
    struct world *w = *state;
    const char *text;

    world_do(w, "INSERT INTO followup.schedule_version (name, digest, "
                "definition) VALUES ('m', 'd', '{}')");
    world_do(
        w,
        "INSERT INTO followup.enrollment (partition, id, tenant, conversation, "
        "channel, episode_at, version, outcome, last_seq) SELECT 0, 1000 + i, "
        "'default', 'm' || i, 'sms', 'epoch', (SELECT id FROM "
        "followup.schedule_version WHERE name = 'm'), CASE WHEN i IN (1, 2, 3, "
        "4, 12) THEN 'replied' WHEN i = 5 THEN 'opted_out' END, CASE WHEN i IN "
        "(1, 2, 3, 4, 5, 12) THEN 2000 + i ELSE 1000 + i END FROM "
        "generate_series(1, 15) i");
    world_do(
        w,
        "INSERT INTO followup.ledger (partition, seq, epoch, enrollment, gen, "
        "at, tenant, conversation, channel, episode_at, event, reason, "
        "schedule, step, kind, next_due_at, message, status) SELECT 0, 1000 + "
        "i, 0, 1000 + i, 1, t, 'default', 'm' || i, 'sms', 'epoch', CASE WHEN "
        "i > 11 THEN 'silent' ELSE 'fired' END, CASE WHEN i > 11 THEN "
        "'holdout' END, 'm', 1, 'check_in', t + interval '1 day', CASE WHEN i "
        "<= 11 THEN '{\"variant\": \"b\"}' END, CASE WHEN i <= 11 THEN 'sent' "
        "END FROM generate_series(1, 15) i, LATERAL (SELECT CASE WHEN i = 11 "
        "THEN now() ELSE now() - interval '4 days' END AS t) x");
    world_do(
        w,
        "INSERT INTO followup.ledger (partition, seq, epoch, enrollment, gen, "
        "at, tenant, conversation, channel, episode_at, event, outcome, "
        "schedule, prev_seq) SELECT 0, 2000 + i, 0, 1000 + i, 2, now() - "
        "interval '4 days' + CASE WHEN i = 4 THEN interval '25 h' ELSE "
        "interval '2 h' END, 'default', 'm' || i, 'sms', 'epoch', n.outcome, "
        "n.outcome, 'm', 1000 + i FROM followup.enrollment n, LATERAL (SELECT "
        "n.id - 1000 AS i) x WHERE n.id > 1000 AND n.outcome IS NOT NULL");
    text = report(w, NULL);
    has(text, "\"step\":1,\"kind\":\"check_in\",\"variant\":\"b\",\"channel\":"
              "\"sms\",\"intent\":null,\"sent\":11,\"failed\":0,\"unknown\":0,"
              "\"opted_out\":1,\"counted\":10,\"replied\":3,\"percent\":30,"
              "\"low\":10.8,\"high\":60.3");
    has(text, "\"arm\":\"messages\",\"counted\":10,\"replied\":3");
    has(text, "\"arm\":\"held out\",\"counted\":4,\"replied\":1,"
              "\"percent\":25");
}

static void bad_flags_are_refused(void **state)
{
    const char *bad[] = {"report", "--since", "monday", NULL};

    assert_int_equal(world_run(*state, bad), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shadow_is_seen_beside_what_happened),
        cmocka_unit_test(replies_are_counted_with_their_interval),
        cmocka_unit_test(bad_flags_are_refused),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
