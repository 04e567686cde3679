/* What happens to conversations that are followed up is noticed, with triggers
 * and without. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chatwoot.h"

/* An adapter that is polled looks at what has no message every 15 s, at what
 * was changed in the last 30 s. */
#define WAIT_MS 40000

static const char slow[] =
    "{\"name\": \"slow\", \"mode\": \"live\", \"match\": {}, \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1h\", \"message\": {\"variants\": "
    "[{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static void enroll_all(struct chatwoot *c, const char *adapter)
{
    assert_int_equal(chatwoot_migrate(c, adapter), 0);
    world_do(&c->w, "UPDATE followup.installation SET enroll_since = now() - "
                    "interval '1 day'");
    chatwoot_psql(c, "cases.sql", NULL);
    chatwoot_psql(c, "changes.sql", NULL);
    world_schedule(&c->w, "slow.json", slow);
    (void)setenv("FOLLOWUP_POLL_MS", "100", 1);
    world_start(&c->w, 0);
    assert_true(world_until(&c->w, WAIT_MS,
                            "SELECT count(*) = (SELECT count(*) FROM changes) "
                            "FROM followup.enrollment WHERE outcome IS NULL"));
}

static void assert_come(struct chatwoot *c, bool triggers)
{
    const char *what = triggers ? "true" : "NOT triggers";

    (void)world_until(&c->w, WAIT_MS,
                      "SELECT count(*) = 0 FROM come WHERE %s AND then_is IS "
                      "DISTINCT FROM now_is",
                      what);
    assert_string_equal(
        world_text(
            &c->w,
            "SELECT string_agg(what || ': ' || now_is, E'\\n') FROM come "
            "WHERE %s AND then_is IS DISTINCT FROM now_is",
            what),
        "");
}

static void triggers_notice_what_happens(void **state)
{
    struct chatwoot *c = *state;

    enroll_all(c, "chatwoot");
    world_do(&c->w, "CALL happen()");
    assert_come(c, true);
    /* What touches no fact is not even looked at. */
    world_do(&c->w, "DELETE FROM followup.change_log");
    world_do(&c->w, "UPDATE conversations SET last_activity_at = now()");
    world_do(&c->w, "UPDATE contacts SET last_activity_at = now(), "
                    "updated_at = now()");
    world_do(&c->w, "UPDATE messages SET status = 2 WHERE status <> 3");
    world_do(&c->w, "SELECT say(1, 2, 0), say(1, 1, 0, is_private => true)");
    assert_int_equal(
        world_int(&c->w, "SELECT count(*) FROM followup.change_log"), 0);
}

static void polling_notices_what_happens(void **state)
{
    struct chatwoot *c = *state;

    enroll_all(c, "chatwoot_readonly");
    world_do(&c->w, "CALL happen()");
    assert_come(c, false);
}

/* The rows of a transaction that took its ids first and commits last. */
static void polling_misses_no_late_commit(void **state)
{
    struct chatwoot *c = *state;
    struct world *w = &c->w;

    assert_int_equal(chatwoot_migrate(c, "chatwoot_readonly"), 0);
    chatwoot_psql(c, "cases.sql", NULL);
    world_do(w, "SELECT * FROM followup.poll()");
    /* As if 10 s had passed at once. */
#define POLL                                                                   \
    "UPDATE followup.polling SET mark = (mark::jsonb || jsonb_build_object("   \
    "'at', now() - interval '1 min'))::text; SELECT followup.poll()"
    world_do(w, "CREATE EXTENSION dblink SCHEMA public");
    world_do(w,
             "SELECT dblink_connect('late', 'dbname=%s user=followup port=' || "
             "current_setting('port') || ' host=' || "
             "current_setting('unix_socket_directories'))",
             w->database);
    world_do(w, "SELECT dblink_exec('late', 'BEGIN')");
    world_do(w, "SELECT FROM dblink('late', 'SELECT say(1, 0, 0)') t(x text)");
    world_do(w, "SELECT say(2, 0, 0)");
    for (int i = 0; i < 5; i++) {
        world_do(w, POLL);
    }
    world_do(w, "DELETE FROM followup.change_log");
    world_do(w, "SELECT dblink_exec('late', 'COMMIT')");
    world_do(w, POLL);
    assert_int_equal(world_int(w, "SELECT count(DISTINCT conversation) FROM "
                                  "followup.change_log WHERE conversation = "
                                  "'1'"),
                     1);
    /* The safe id moves on behind it, once no transaction of any database is
     * older; then nothing is told twice. */
    assert_true(world_until(w, 20000,
                            POLL "; SELECT (mark::jsonb ->> 'safe')::bigint = "
                                 "(SELECT max(id) FROM messages) FROM "
                                 "followup.polling"));
    world_do(w, "DELETE FROM followup.change_log");
    world_do(w, POLL);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.change_log"),
                     0);
    world_do(w, "SELECT dblink_disconnect('late')");
}

/* A poll that fails leaves the mark where it was. */
static void a_poll_that_fails_is_done_again(void **state)
{
    struct chatwoot *c = *state;
    struct world *w = &c->w;

    assert_int_equal(chatwoot_migrate(c, "chatwoot_readonly"), 0);
    chatwoot_psql(c, "cases.sql", NULL);
    world_do(w, "SELECT followup.poll()");
    world_do(w, "SELECT say(2, 0, 0)");
    world_do(w, "DELETE FROM followup.change_log");
    world_do(w, "BEGIN");
    assert_int_equal(world_int(w, "SELECT followup.poll()"), 1);
    world_do(w, "ROLLBACK");
    assert_int_equal(world_int(w, "SELECT followup.poll()"), 1);
    assert_int_equal(world_int(w, "SELECT followup.poll()"), 0);
}

int main(void)
{
    static struct CMUnitTest tests[4 * 4];
    size_t n = 0;

    for (int i = 0; i < chatwoot_n_forms(); i++) {
        void *form = &chatwoot_forms[i];

#define CASE(name)                                                             \
    (struct CMUnitTest){#name, name, chatwoot_open, chatwoot_close, form}
        tests[n++] = CASE(triggers_notice_what_happens);
        tests[n++] = CASE(a_poll_that_fails_is_done_again);
        if (i % 2 == 0) { /* they do not depend on the columns */
            tests[n++] = CASE(polling_notices_what_happens);
            tests[n++] = CASE(polling_misses_no_late_commit);
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
