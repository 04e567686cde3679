/* The probe: what the adapter needs is there and may be read, or it says what
 * is not; and nothing else may be read. */

#include <libpq-fe.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chatwoot.h"

#define WAIT_MS 10000

static const char nobody[] =
    "{\"name\": \"none\", \"mode\": \"live\", \"match\": {\"channel\": "
    "[\"webchat\"]}, \"steps\": [{\"kind\": \"check_in\", \"after\": \"1h\", "
    "\"message\": {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": "
    "\"Still?\"}}]}}]}";

/* Whether who connects with @conninfo is refused @sql. */
static bool is_refused(const char *conninfo, const char *sql)
{
    PGconn *pg = PQconnectdb(conninfo);
    PGresult *result = PQexec(pg, sql);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool refused = state != NULL && strcmp(state, "42501") == 0;

    PQclear(result);
    PQfinish(pg);
    return refused;
}

/* What is granted is what the adapter says that it reads, but for columns that
 * it uses where they exist. */
static void assert_granted(struct chatwoot *c, const char *role)
{
    assert_string_equal(
        world_text(&c->w,
                   "SELECT string_agg(p.table_name || '.' || p.column_name, "
                   "' ') FROM information_schema.column_privileges p WHERE "
                   "p.grantee = '%s' AND p.table_schema = 'public' AND "
                   "(p.table_name, p.column_name) NOT IN (SELECT tab, col "
                   "FROM followup.chatwoot_columns()) AND p.table_name <> "
                   "'automation_rules' AND p.column_name <> "
                   "'assignee_agent_bot_id'",
                   role),
        "");
    assert_int_equal(
        world_int(&c->w,
                  "SELECT count(*) FROM followup.chatwoot_columns() WHERE NOT "
                  "has_column_privilege('%s', 'public.' || tab, col, 'SELECT')",
                  role),
        0);
}

static void grants_are_what_is_read(void **state)
{
    struct chatwoot *c = *state;
    const char *const who[] = {c->w.conninfo, c->w.worker_conninfo};

    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    assert_granted(c, c->role);
    assert_granted(c, "followup_worker");
    for (int i = 0; i < 2; i++) {
        assert_true(is_refused(who[i], "SELECT encrypted_password FROM users"));
        assert_true(
            is_refused(who[i], "SELECT auth_token FROM channel_twilio_sms"));
        assert_true(is_refused(who[i], "SELECT hmac_token FROM channel_api"));
        assert_true(is_refused(who[i], "SELECT * FROM messages"));
        assert_true(is_refused(who[i], "UPDATE conversations SET status = 1"));
        assert_false(is_refused(who[i], "SELECT id, content FROM messages"));
    }
    assert_true(is_refused(who[1], "ALTER TABLE messages DISABLE TRIGGER ALL"));
    assert_true(is_refused(who[1], "DELETE FROM followup.enrollment"));
}

/* The right to make triggers is needed once. */
static void triggers_stay_when_the_right_is_gone(void **state)
{
    struct chatwoot *c = *state;

    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    world_do(&c->w,
             "REVOKE TRIGGER ON messages, conversations, contacts, "
             "contact_inboxes, taggings FROM %s",
             c->role);
    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    /* Without triggers and without the right, it says so and changes nothing.
     */
    world_do(&c->w, "DROP TRIGGER followup_changed ON messages");
    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 1);
    assert_true(chatwoot_said(c, "permission denied for table messages"));
}

/* Chatwoot's role has no rights of ours, and whatever search_path it has leads
 * to no operator that is called with our rights. */
static void a_writer_leads_no_trigger_astray(void **state)
{
    struct chatwoot *c = *state;
    struct world *w = &c->w;

    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    chatwoot_psql(c, "cases.sql", NULL);
    chatwoot_psql(c, "tests/integration/adapters/astray.sql", NULL);
    world_do(w, "DO $$ BEGIN CREATE ROLE followup_crm; EXCEPTION WHEN "
                "duplicate_object OR unique_violation THEN NULL; END $$");
    world_do(w, "GRANT ALL ON ALL TABLES IN SCHEMA public TO followup_crm");
    world_do(w, "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO followup_crm");
    world_do(w, "DELETE FROM messages WHERE conversation_id <> 501");
    world_do(w, "DELETE FROM conversations WHERE id > 502");
    world_do(w, "DELETE FROM followup.change_log");
    world_do(w, "SET ROLE followup_crm");
    world_do(w, "SET search_path = astray, pg_catalog");
    world_do(w, "INSERT INTO public.messages (account_id, inbox_id, "
                "conversation_id, message_type) VALUES (1, 1, 502, 0)");
    world_do(w, "UPDATE public.messages SET status = 3");
    world_do(w, "DELETE FROM public.messages");
    world_do(w, "UPDATE public.conversations SET status = 2");
    world_do(w, "UPDATE public.contacts SET name = 'x'");
    world_do(w, "UPDATE public.contact_inboxes SET source_id = contact_id");
    world_do(w, "DELETE FROM public.taggings");
    world_do(w, "UPDATE public.conversations SET inbox_id = inbox_id");
    world_do(w, "DELETE FROM public.conversations");
    world_do(w, "DELETE FROM public.contacts");
    world_do(w, "RESET search_path");
    world_do(w, "RESET ROLE");
    assert_string_equal(
        world_text(w, "SELECT count(DISTINCT conversation) = 2 AND count(*) > "
                      "8 FROM followup.change_log"),
        "t");
}

static void what_is_missing_is_named_and_nothing_is_changed(void **state)
{
    struct chatwoot *c = *state;

    assert_int_equal(chatwoot_migrate(c, "plain"), 0);
    world_do(&c->w, "ALTER TABLE messages DROP content_attributes");
    world_do(&c->w, "ALTER TABLE inboxes RENAME timezone TO zone");
    world_do(&c->w, "DROP TABLE taggings");
    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 1);
    assert_true(chatwoot_said(c, "lacks inboxes.timezone, "
                                 "messages.content_attributes, table "
                                 "taggings"));
    assert_string_equal(
        world_text(&c->w, "SELECT adapter || (SELECT count(*) FROM pg_proc "
                          "WHERE proname LIKE 'chatwoot%%') || (SELECT "
                          "count(*) FROM pg_trigger g JOIN pg_class r ON r.oid "
                          "= g.tgrelid WHERE tgname = 'followup_changed' AND "
                          "r.relname = 'messages') FROM "
                          "followup.installation"),
        "plain00");
}

static void what_may_not_be_read_is_named(void **state)
{
    struct chatwoot *c = *state;

    world_do(&c->w, "REVOKE SELECT (content) ON messages FROM %s", c->role);
    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 1);
    assert_true(chatwoot_said(c, "may not read messages.content"));
}

static void rivals_are_warned_of(void **state)
{
    struct chatwoot *c = *state;

    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    chatwoot_psql(c, "cases.sql", NULL);
    world_do(&c->w, "DELETE FROM agent_bots WHERE id = 2");
    world_do(&c->w, "UPDATE accounts SET settings = "
                    "'{\"auto_resolve_after\": 30}' WHERE id = 1");
    world_do(&c->w, "UPDATE inboxes SET csat_survey_enabled = true "
                    "WHERE id IN (1, 7)");
    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    assert_true(chatwoot_said(c, "account 1 resolves conversations by itself "
                                 "after 30 minutes"));
    assert_true(chatwoot_said(c, "resolved: 1 wa, 7 site"));
    assert_true(chatwoot_said(c, "no agent bot named followup"));
    assert_true(chatwoot_said(c, "adapter chatwoot: "));
}

/* Only newer versions delay automations. */
static void delayed_automations_are_warned_of(void **state)
{
    struct chatwoot *c = *state;

    world_do(&c->w,
             "ALTER TABLE automation_rules %s ALTER account_id SET "
             "DEFAULT 1",
             world_text(&c->w, "SELECT string_agg(format('ALTER %%I SET "
                               "DEFAULT %%L', attname, CASE WHEN atttypid = "
                               "'timestamp'::regtype THEN '2026-01-01' ELSE "
                               "'x' END), ', ') || ',' FROM pg_attribute WHERE "
                               "attrelid = 'automation_rules'::regclass AND "
                               "attnum > 0 AND attnotnull AND NOT atthasdef "
                               "AND atttypid <> 'bigint'::regtype"));
    world_do(&c->w, "INSERT INTO automation_rules (id, name, active, "
                    "execution_delay) VALUES (5, 'nudge', true, 60), (6, "
                    "'off', false, 60), (7, 'at once', true, NULL)");
    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    assert_true(chatwoot_said(c, "write to the same people: 5 nudge"));
}

static void the_worker_waits_until_it_is_mended(void **state)
{
    struct chatwoot *c = *state;

    world_schedule(&c->w, "none.json", nobody);
    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    world_do(&c->w, "ALTER TABLE messages DISABLE TRIGGER followup_changed");
    world_start(&c->w, 0);
    assert_true(
        world_logged(&c->w, 0, WAIT_MS, "triggers are missing on messages"));
    assert_false(world_logged(&c->w, 0, 500, " ready"));
    assert_int_equal(world_int(&c->w, "SELECT count(*) FROM followup.partition "
                                      "WHERE owner IS NOT NULL"),
                     0);
    world_do(&c->w, "ALTER TABLE messages ENABLE TRIGGER followup_changed");
    assert_true(world_logged(&c->w, 0, WAIT_MS, " ready"));
}

/* Chatwoot's own migrations change types and drop columns; neither triggers
 * nor functions are in their way. */
static void chatwoot_may_still_change_its_tables(void **state)
{
    struct chatwoot *c = *state;

    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    world_do(&c->w, "ALTER TABLE messages ALTER source_id TYPE varchar(9)");
    world_do(&c->w, "ALTER TABLE messages ALTER sender_id TYPE numeric");
    world_do(&c->w, "ALTER TABLE conversations ALTER cached_label_list TYPE "
                    "varchar");
    world_do(&c->w, "ALTER TABLE contacts ALTER name TYPE text");
    world_do(&c->w, "ALTER TABLE conversations DROP COLUMN "
                    "additional_attributes");
}

int main(void)
{
    static struct CMUnitTest tests[4 * 9];
    size_t n = 0;

    for (int i = 0; i < chatwoot_n_forms(); i++) {
        struct form *form = &chatwoot_forms[i];

#define CASE(name)                                                             \
    (struct CMUnitTest){#name, name, chatwoot_open, chatwoot_close, form}
        tests[n++] = CASE(grants_are_what_is_read);
        tests[n++] = CASE(rivals_are_warned_of);
        tests[n++] = CASE(what_is_missing_is_named_and_nothing_is_changed);
        if (form->later) {
            tests[n++] = CASE(delayed_automations_are_warned_of);
        }
        if (i == 0) {
            tests[n++] = CASE(triggers_stay_when_the_right_is_gone);
            tests[n++] = CASE(what_may_not_be_read_is_named);
            tests[n++] = CASE(a_writer_leads_no_trigger_astray);
            tests[n++] = CASE(the_worker_waits_until_it_is_mended);
            tests[n++] = CASE(chatwoot_may_still_change_its_tables);
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
