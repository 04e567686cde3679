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
    world_do(&c->w, "SELECT followup.read_new()");
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

/* What has been read up to now, and what of it will not be read again. */
static void read_all(struct world *w)
{
    world_do(w, "SELECT followup.read_new()");
    world_do(w, "DELETE FROM followup.change_log");
}

/* New messages have no trigger to pay for, with triggers or without; what reads
 * them does so in the order of their commits (test_reading.c). */
static void messages_are_read_by_their_ids(void **state, const char *adapter)
{
    struct chatwoot *c = *state;
    struct world *w = &c->w;

    assert_int_equal(chatwoot_migrate(c, adapter), 0);
    chatwoot_psql(c, "cases.sql", NULL);
    read_all(w);
    world_do(w, "SELECT say(2, 0, 0)");
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.change_log"),
                     0);
    world_do(w, "BEGIN");
    assert_int_equal(world_int(w, "SELECT followup.read_new()"), 1);
    world_do(w, "ROLLBACK"); /* as if it had failed: it is done again */
    assert_int_equal(world_int(w, "SELECT followup.read_new()"), 1);
    assert_int_equal(world_int(w, "SELECT followup.read_new()"), 0);
    assert_string_equal(
        world_text(w, "SELECT conversation FROM followup.change_log"), "2");
}

static void with_triggers_messages_are_read(void **state)
{
    messages_are_read_by_their_ids(state, "chatwoot");
}

static void without_triggers_messages_are_read(void **state)
{
    messages_are_read_by_their_ids(state, "chatwoot_readonly");
}

/* From its installation on, not only from the start of a worker. */
static void what_comes_before_the_first_worker_is_read(void **state)
{
    struct chatwoot *c = *state;
    struct world *w = &c->w;

    assert_int_equal(chatwoot_migrate(c, "chatwoot_readonly"), 0);
    chatwoot_psql(c, "cases.sql", NULL);
    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    assert_true(world_int(w, "SELECT max(id) FROM messages") > 0);
    assert_int_equal(world_int(w, "SELECT head FROM followup.reading"),
                     world_int(w, "SELECT max(id) FROM messages"));
}

/* Said once; and when it works again, nothing has been passed over. */
static void a_read_that_fails_is_said_and_done_again(void **state)
{
    struct chatwoot *c = *state;
    struct world *w = &c->w;

    enroll_all(c, "chatwoot");
    world_do(w, "ALTER FUNCTION followup.new_messages(bigint, bigint) "
                "RENAME TO as_it_was");
    world_do(w, "CREATE FUNCTION followup.new_messages(above bigint, up_to "
                "bigint) RETURNS TABLE (id bigint, tenant text, conversation "
                "text) LANGUAGE sql AS 'SELECT 1 / (up_to - up_to), NULL, "
                "NULL'");
    assert_true(world_logged(w, 0, WAIT_MS, "read_failed"));
    world_do(w, "SELECT say(2, 0, 0, 'Contact')");
    world_do(w, "DROP FUNCTION followup.new_messages(bigint, bigint)");
    world_do(w, "ALTER FUNCTION followup.as_it_was(bigint, bigint) RENAME TO "
                "new_messages");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'replied' FROM "
                            "followup.enrollment WHERE conversation = (SELECT "
                            "conversation FROM numbers WHERE id = 2)"));
}

static void ids_in_advance_are_refused(void **state)
{
    struct chatwoot *c = *state;

    world_do(&c->w, "ALTER SEQUENCE messages_id_seq CACHE 20");
    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 1);
    assert_true(chatwoot_said(c, "sessions take 20 ids of public.messages at a "
                                 "time"));
}

int main(void)
{
    static struct CMUnitTest tests[4 * 7];
    size_t n = 0;

    for (int i = 0; i < chatwoot_n_forms(); i++) {
        void *form = &chatwoot_forms[i];

#define CASE(name)                                                             \
    (struct CMUnitTest){#name, name, chatwoot_open, chatwoot_close, form}
        tests[n++] = CASE(triggers_notice_what_happens);
        tests[n++] = CASE(with_triggers_messages_are_read);
        tests[n++] = CASE(without_triggers_messages_are_read);
        if (i % 2 == 0) { /* they do not depend on the columns */
            tests[n++] = CASE(polling_notices_what_happens);
            tests[n++] = CASE(what_comes_before_the_first_worker_is_read);
            tests[n++] = CASE(a_read_that_fails_is_said_and_done_again);
            tests[n++] = CASE(ids_in_advance_are_refused);
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
