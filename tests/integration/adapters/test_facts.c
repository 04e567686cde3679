/* What the plain adapter and those for Zammad and Papercups say of awkward
 * conversations, which changes the last two notice, and that noticing lends
 * nobody our rights. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapters.h"

#define UUID(n) "00000000-0000-4000-8000-0000000000" n
#define KEY(n)  "'" UUID(n) "'"

static int migrate(struct world *w, const char *adapter, const char **ret_out)
{
    const char *const args[] = {"migrate", "--adapter", adapter, NULL};

    return adapters_run(w, args, ret_out);
}

/* The CRM's tables and cases, then its adapter. */
static void load(struct world *w, const char *adapter)
{
    char path[128];
    const char *out;

    (void)snprintf(path, sizeof path, "tests/integration/adapters/%s.sql",
                   adapter);
    adapters_file(w, "tests/integration/adapters/cases.sql");
    adapters_file(w, path);
    if (migrate(w, adapter, &out) != 0) {
        fail_msg("%s", out);
    }
    world_do(w, "SELECT followup.grant_worker('followup_worker')");
}

/* As the worker's role sees it. */
static void assert_facts(struct world *w)
{
    static char wrong[4096];

    world_do(w, "GRANT SELECT ON cases, wrong TO followup_worker");
    world_do(w, "SET ROLE followup_worker");
    (void)snprintf(wrong, sizeof wrong, "%s",
                   world_text(w, "SELECT string_agg(x::text, E'\\n') "
                                 "FROM wrong x"));
    world_do(w, "RESET ROLE");
    assert_string_equal(wrong, "");
}

static void assert_checked(struct world *w, const char *adapter)
{
    const char *const args[] = {"migrate", "--check-adapter", adapter, NULL};
    const char *out;
    int code = adapters_run(w, args, &out);

    if (code != 0 || strstr(out, " 0 errors") == NULL ||
        strstr(out, " conversations asked about") == NULL) {
        fail_msg("%d: %s", code, out);
    }
}

/* @sql is noticed for @keys: conversations, in order, with spaces between. */
struct change {
    const char *sql;
    const char *keys;
};

static void assert_noticed(struct world *w, const struct change *changes)
{
    for (; changes->sql != NULL; changes++) {
        const char *got;

        world_do(w, "TRUNCATE followup.change_log");
        world_do(w, "%s", changes->sql);
        got =
            world_text(w, "SELECT string_agg(DISTINCT conversation, ' ' ORDER "
                          "BY conversation) FROM followup.change_log");
        if (strcmp(got, changes->keys) != 0) {
            fail_msg("%s: \"%s\"", changes->sql, got);
        }
    }
}

static void plain_facts_are_as_expected(void **state)
{
    struct world *w = *state;
    const char *out;

    assert_int_equal(migrate(w, "plain", &out), 0); /* makes the tables */
    load(w, "plain");
    assert_facts(w);
    /* A last message without a text, and a contact without a name. */
    assert_string_equal(world_text(w, "SELECT attributes FROM "
                                      "followup.conversation_facts("
                                      "'{default}', '{4}')"),
                        "{}");
    assert_checked(w, "plain");
}

static void zammad_facts_are_as_expected(void **state)
{
    struct world *w = *state;

    load(w, "zammad");
    assert_facts(w);
    assert_int_equal(world_int(w,
                               "SELECT (extract(epoch FROM last_inbound_at - "
                               "last_answer_at) * 1e6)::int FROM "
                               "followup.conversation_facts('{default}', "
                               "'{22}')"),
                     1);
    assert_checked(w, "zammad");
    /* Closing is the sender's. */
    world_do(w, "SELECT followup.close_conversation('default', '1')");
    assert_int_equal(world_int(w, "SELECT state_id FROM tickets WHERE id = 1"),
                     2);
}

static void zammad_changes_are_noticed(void **state)
{
    static const struct change changes[] = {
        {"INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, "
         "created_by_id, created_at) VALUES (1, 1, 2, 'x', 10, now())",
         "1"},
        {"UPDATE ticket_articles SET ticket_id = 3 WHERE ticket_id = 4", "3 4"},
        {"DELETE FROM ticket_articles WHERE ticket_id = 5", "5"},
        {"UPDATE tickets SET updated_at = now()", ""},
        {"UPDATE tickets SET state_id = 4 WHERE id = 6", "6"},
        {"UPDATE tickets SET customer_id = 11 WHERE id = 7", "7"},
        {"DELETE FROM tickets WHERE id = 8", "8"},
        {"UPDATE users SET password = 'x'", ""},
        {"UPDATE users SET mobile = '+491' WHERE id = 11", "21 7"},
        {"UPDATE users SET active = false WHERE id = 13", "18"},
        {"INSERT INTO tags (tag_item_id, tag_object_id, o_id) "
         "VALUES (1, 2, 9)",
         ""},
        {"INSERT INTO tags (tag_item_id, tag_object_id, o_id) "
         "VALUES (1, 1, 9)",
         "9"},
        {"DELETE FROM tags WHERE o_id = 9", "9"},
        {NULL, NULL},
    };

    load(*state, "zammad");
    assert_noticed(*state, changes);
}

static void papercups_facts_are_as_expected(void **state)
{
    struct world *w = *state;

    load(w, "papercups");
    assert_facts(w);
    assert_int_equal(world_int(w,
                               "SELECT (extract(epoch FROM last_inbound_at - "
                               "last_answer_at) * 1e6)::int FROM "
                               "followup.conversation_facts(ARRAY[" KEY(
                                   "01") "], ARRAY[" KEY("07") "])"),
                     1);
    assert_checked(w, "papercups");
    world_do(w, "SET ROLE followup_worker");
    world_do(
        w, "SELECT followup.close_conversation(" KEY("02") ", " KEY("01") ")");
    world_do(
        w, "SELECT followup.close_conversation(" KEY("01") ", " KEY("01") ")");
    world_do(w, "RESET ROLE");
    assert_string_equal(
        world_text(w, "SELECT string_agg(right(id::text, 2), ' ' ORDER BY id) "
                      "FROM conversations WHERE status = 'closed' AND "
                      "closed_at IS NOT NULL"),
        "01");
}

static void papercups_changes_are_noticed(void **state)
{
    static const struct change changes[] = {
        {"INSERT INTO messages (conversation_id, customer_id, body, "
         "inserted_at) VALUES (key(1), key(10), 'x', now())",
         UUID("01")},
        {"UPDATE messages SET seen_at = now(), updated_at = now()", ""},
        {"UPDATE messages SET private = true WHERE conversation_id = key(4)",
         UUID("04")},
        {"DELETE FROM messages WHERE conversation_id = key(5)", UUID("05")},
        {"UPDATE conversations SET read = true", ""},
        {"UPDATE conversations SET archived_at = now() WHERE id = key(6)",
         UUID("06")},
        {"UPDATE conversations SET assignee_id = 1 WHERE id = key(7)",
         UUID("07")},
        {"DELETE FROM conversations WHERE id = key(8)", UUID("08")},
        {"UPDATE customers SET ip = '::1'", ""},
        {"UPDATE customers SET time_zone = 'UTC' WHERE id = key(12)",
         UUID("17")},
        {"INSERT INTO customer_tags (customer_id, tag_id) "
         "VALUES (key(11), key(1))",
         UUID("16") " " UUID("20")},
        {"DELETE FROM conversation_tags WHERE conversation_id = key(18)",
         UUID("18")},
        {NULL, NULL},
    };

    load(*state, "papercups");
    assert_noticed(*state, changes);
}

/* Who writes to the CRM has no rights of ours, and may have a search_path that
 * leads to operators of their own: none is called with our rights. */
static void a_writer_leads_no_trigger_astray(void **state)
{
    struct world *w = *state;
    const char *out;

    assert_int_equal(migrate(w, "plain", &out), 0);
    world_do(w, "DO $$ BEGIN CREATE ROLE followup_crm; EXCEPTION WHEN "
                "duplicate_object OR unique_violation THEN NULL; END $$");
    world_do(w, "GRANT USAGE ON SCHEMA crm TO followup_crm");
    world_do(w, "GRANT ALL ON ALL TABLES IN SCHEMA crm TO followup_crm");
    world_do(w, "INSERT INTO crm.contact (id) VALUES ('k')");
    world_do(w, "INSERT INTO crm.conversation (id, contact_id, channel) "
                "VALUES ('c', 'k', 'webchat'), ('d', 'k', 'webchat')");
    adapters_file(w, "tests/integration/adapters/astray.sql");
    world_do(w, "SET ROLE followup_crm");
    world_do(w, "SET search_path = astray, pg_catalog");
    world_do(w, "INSERT INTO crm.message (conversation_id, direction) VALUES "
                "('c', 'in')");
    world_do(w, "UPDATE crm.message SET conversation_id = 'd'");
    world_do(w, "DELETE FROM crm.message");
    world_do(w, "UPDATE crm.conversation SET status = 'closed'");
    world_do(w, "UPDATE crm.contact SET opted_out = true");
    world_do(w, "RESET ROLE");
    world_do(w, "SELECT followup.touch('default', 'e')");
    world_do(w, "RESET search_path");
    assert_string_equal(
        world_text(w, "SELECT string_agg(conversation || n, ' ' ORDER BY "
                      "conversation) FROM (SELECT conversation, count(*) AS n "
                      "FROM followup.change_log GROUP BY 1) x"),
        "c3 d4 e1"); /* the insert is read later, by its id */
}

static void assert_refused(struct world *w,
                           const char *adapter,
                           const char *break_it,
                           const char *says)
{
    const char *out;

    world_do(w, "%s", break_it);
    assert_int_equal(migrate(w, adapter, &out), 1);
    if (strstr(out, says) == NULL) {
        fail_msg("%s", out);
    }
}

static void a_column_that_is_missing_is_named(void **state)
{
    struct world *w = *state;

    load(w, "zammad");
    assert_refused(w, "zammad", "ALTER TABLE users DROP mobile CASCADE",
                   "lacks public.users.mobile");
    assert_refused(w, "zammad", "DROP TABLE calendars CASCADE",
                   "lacks public.users.mobile, table public.calendars");
}

static void a_trigger_that_is_off_is_told(void **state)
{
    struct world *w = *state;

    load(w, "papercups");
    assert_refused(w, "papercups",
                   "ALTER TABLE messages DISABLE TRIGGER followup_changed",
                   "triggers are missing on public.messages:");
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, adapters_open, adapters_close)
    const struct CMUnitTest tests[] = {
        CASE(plain_facts_are_as_expected),
        CASE(zammad_facts_are_as_expected),
        CASE(zammad_changes_are_noticed),
        CASE(papercups_facts_are_as_expected),
        CASE(papercups_changes_are_noticed),
        CASE(a_writer_leads_no_trigger_astray),
        CASE(a_column_that_is_missing_is_named),
        CASE(a_trigger_that_is_off_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
