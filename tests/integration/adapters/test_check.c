/* followup migrate --check-adapter: the template of sql/adapters, which is
 * right, and what is said of it when a line of it is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libpq-fe.h>

#include "adapters.h"

#define TEMPLATE "sql/adapters/template.sql.example"

static char *template;

/* The tables of the README, and threads 1 to 600 of account 1, all right. */
static int open_helpdesk(void **state)
{
    char *readme;
    char *from;
    char *end;

    if (adapters_open(state) != 0) {
        return -1;
    }
    readme = adapters_read("sql/adapters/README.md");
    from = strstr(readme, "```sql") + strlen("```sql");
    end = strstr(from, "```");
    *end = '\0';
    adapters_do(*state, from);
    free(readme);
    adapters_do(
        *state,
        "INSERT INTO helpdesk.person (id, name, email, phone, language, zone) "
        "SELECT n, 'Ana', 'a' || n || '@x', '+49' || n, 'pt_BR', "
        "'Europe/Berlin' FROM generate_series(1, 600) n;"
        "INSERT INTO helpdesk.thread (id, account_id, person_id, via, state) "
        "SELECT n, 1, n, 'chat', 'open' FROM generate_series(1, 600) n;"
        "INSERT INTO helpdesk.entry (thread_id, written_by, body, created_at) "
        "SELECT n, b, 'text', now() - i FROM generate_series(1, 600) n, "
        "(VALUES ('customer', interval '3 h'), ('agent', interval '2 h'), "
        "('followup', interval '1 h')) x(b, i)");
    template = adapters_read(TEMPLATE);
    return 0;
}

static int close_helpdesk(void **state)
{
    free(template);
    return adapters_close(state);
}

static int check(struct world *w, const char *path, const char **ret_out)
{
    const char *const args[] = {"migrate", "--check-adapter", path, NULL};

    return adapters_run(w, args, ret_out);
}

static void the_template_is_right(void **state)
{
    const char *out;
    const char *path = adapters_variant(*state, template, "", "");
    int code = check(*state, path, &out);

    if (code != 0 ||
        strstr(out, "adapter mycrm: 0 errors, 0 warnings\n") == NULL ||
        strstr(out, "\n600 conversations asked about, 600 rows: ") == NULL) {
        fail_msg("%d: %s", code, out);
    }
}

/* The template with @from for @to. */
struct wrong {
    const char *from;
    const char *to;
    const char *says;
};

static void assert_says(void **state, const struct wrong *wrong, int exit_code)
{
    const char *out;
    const char *path =
        adapters_variant(*state, template, wrong->from, wrong->to);
    int code = check(*state, path, &out);

    if (code != exit_code || strstr(out, wrong->says) == NULL) {
        fail_msg("%s: exit %d, and says: %s", wrong->says, code, out);
    }
}

#define NEW_MESSAGES(type, end)                                                \
    "CREATE FUNCTION followup.new_messages(above " type ", up_to " type ") "   \
    "RETURNS TABLE (id bigint, tenant text, conversation text) "               \
    "LANGUAGE sql STABLE AS $$ SELECT e.id, '1'::text, e.thread_id::text "     \
    "FROM helpdesk.entry e WHERE e.id > above AND e.id <= up_to "              \
    "ORDER BY e.id " end " $$;\n"

static void what_breaks_the_contract_is_an_error(void **state)
{
    static const struct wrong wrongs[] = {
        {"-- --- the facts", "SELEC 1; --", "SELEC\", line 40\n"},
        {"FUNCTION followup.conversation_facts(", "FUNCTION followup.facts(",
         "error: there is no followup.conversation_facts(text[], text[])\n"},
        {"FUNCTION followup.close_conversation(", "FUNCTION followup.close_it(",
         "error: there is no followup.close_conversation(text, text)\n"},
        {"intent text, stage text", "stage text, intent text",
         "column 8 is stage text, and is to be intent text\n"},
        {"  tenants text[], conversations text[])",
         "  conversations text[], tenants text[])",
         "its parameters are to be named tenants, conversations\n"},
        {"conversations_since(since timestamptz)",
         "conversations_since(since timestamp)",
         "conversations_since(timestamp without time zone) is never called"},
        {"RETURNS void\nLANGUAGE plpgsql SET",
         "RETURNS text\nLANGUAGE plpgsql SET",
         "grant_adapter(name) is to return void\n"},
        {"'helpdesk.thread id", "'helpdesk.thread nr",
         "says: the CRM's schema lacks helpdesk.thread.nr\n"},
        {"followup.mycrm_key(w.conversation)", "w.conversation::bigint",
         "fails for the key 'no such conversation': 22P02: "},
        {"    AND t.account_id = followup.mycrm_key(w.tenant)\n", "",
         "returns 1 rows for a tenant that the conversation is not of\n"},
        {"SELECT w.tenant, w.conversation,", "SELECT NULL, w.conversation,",
         "error: tenant_id or conversation_id is null: 600, as "},
        {"SELECT w.tenant, w.conversation,", "SELECT w.tenant, 'c' || t.id,",
         "error: came without having been asked for: 600, as 1/c1\n"},
        {"LEFT JOIN helpdesk.person p ON p.id = t.person_id",
         "LEFT JOIN helpdesk.person p ON p.id IN (t.person_id, 600)",
         "error: came more than once: 599, as 1/1\n"},
        {"CASE t.via WHEN 'chat' THEN 'webchat' ELSE t.via END",
         "CASE t.via WHEN 'mail' THEN 'email' END",
         "error: channel is null: 600, as 1/1\n"},
        {"e.inbound_at, e.answer_at,",
         "e.inbound_at + interval '1 d', e.answer_at,",
         "error: last_inbound_at is in the future: 600, as 1/1\n"},
        {"    jsonb_strip_nulls(jsonb_build_object(\n",
         "    jsonb_build_array(jsonb_build_object(\n",
         "error: attributes is no object: 600, as 1/1\n"},
        {"    t.person_id::text,\n",
         "    CASE WHEN t.id = 501 THEN (1 / (t.id - 501))::text ELSE '1' "
         "END,\n",
         "fails for 1/501: 22012: division by zero\n"},
        {"-- --- the facts", NEW_MESSAGES("int", "LIMIT 1000"),
         "error: new_messages(integer, integer) is never called"},
        {"-- --- the facts", NEW_MESSAGES("bigint", "DESC LIMIT 1000"),
         "gives ids that are not in between, or not in order\n"},
        {"-- --- the facts",
         NEW_MESSAGES("bigint", "LIMIT 1 / (up_to - up_to)"),
         "error: new_messages() fails: 22012: division by zero\n"},
    };

    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        assert_says(state, &wrongs[i], 1);
    }
}

static void messages_may_be_read_by_their_ids(void **state)
{
    const struct wrong right = {"-- --- the facts",
                                NEW_MESSAGES("bigint", "LIMIT 1000"),
                                "adapter mycrm: 0 errors, 0 warnings\n"};

    assert_says(state, &right, 0);
}

static void what_may_be_meant_is_a_warning(void **state)
{
    static const struct wrong wrongs[] = {
        {"WHEN 'open' THEN 'open'", "WHEN 'open' THEN 'opened'",
         "warning: status \"opened\": nothing is sent: 600, as 1/1\n"},
        {"WHEN 'open' THEN 'open'", "",
         "warning: status null: nothing is sent: 600, as 1/1\n"},
        {"ELSE 'nobody' END", "ELSE 'team' END",
         "warning: owner \"team\" is taken for nobody: 600, as 1/1\n"},
        {"THEN 'webchat'", "THEN 'chat'",
         "warning: channel \"chat\" is none that followup knows: 600"},
        {"    t.person_id::text,\n", "    NULL::text,\n",
         "warning: contact_id is null: an opt-out cannot be kept: 600"},
        {"ELSE t.person_id::text END", "END",
         "warning: without an address: a message waits (no_address): 600"},
        {"ARRAY[p.zone]", "ARRAY[p.zone, 'CET+1']",
         "warning: timezones: \"CET+1\" is no zone: 600, as 1/1\n"},
        {"written_by IN ('agent', 'bot'))\n", "written_by <> 'customer')\n",
         "warning: last_answer_at is last_ours_at: is our own message taken "},
        {"'_last_text', left(l.body, 200)", "'_x', 1",
         "warning: _last_text is missing: words for stop are not seen: 1"},
        {"'_last_text', left(l.body, 200)", "'_x', 1",
         "warning: attributes: _x is for the worker alone: 600, as 1/1\n"},
        {"left(l.body, 200)", "repeat('x', 201)",
         "warning: _last_text: more than 200 characters: 600, as 1/1\n"},
        {"FUNCTION followup.grant_adapter(", "FUNCTION followup.grant_it(",
         "warning: there is no grant_adapter(): "},
        {"RETURNS trigger\nLANGUAGE plpgsql SECURITY DEFINER",
         "RETURNS trigger\nLANGUAGE plpgsql",
         "warning: not SECURITY DEFINER with a search_path "},
        {"RETURNS trigger\nLANGUAGE plpgsql SECURITY DEFINER SET search_path = "
         "pg_catalog, pg_temp AS",
         "RETURNS trigger\nLANGUAGE plpgsql SECURITY DEFINER AS",
         "warning: not SECURITY DEFINER with a search_path "},
        {"FUNCTION followup.conversations_since(", "FUNCTION followup.others(",
         "warning: there is no conversations_since()"},
    };

    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        assert_says(state, &wrongs[i], 0);
    }
}

static void nothing_stays(void **state)
{
    /* Of ours and the CRM's; a session's own are dropped after it has ended. */
    static const char state_of[] =
        "SELECT (SELECT md5(string_agg(oid || ' ' || xmin, ',' ORDER BY oid)) "
        "FROM pg_proc WHERE pronamespace = 'followup'::regnamespace) || "
        "(SELECT md5(string_agg(oid::text, ',' ORDER BY oid)) FROM pg_class "
        "WHERE relnamespace IN ('followup'::regnamespace, "
        "'helpdesk'::regnamespace)) || (SELECT count(*) FROM pg_trigger) || "
        "(SELECT i::text FROM followup.installation i)";
    char before[256];
    const char *out;
    const char *path = adapters_variant(*state, template, "-- --- the facts",
                                        "CREATE TABLE helpdesk.more ();");

    (void)snprintf(before, sizeof before, "%s", world_text(*state, state_of));
    assert_int_equal(check(*state, path, &out), 0);
    assert_non_null(strstr(out, "note: it makes helpdesk.more, "));
    assert_string_equal(world_text(*state, state_of), before);
}

/* The facts tell how many of the CRM's tables are locked while they are asked
 * for. */
static void tables_are_not_locked_while_facts_are_asked_for(void **state)
{
    static const struct wrong counting = {
        "CASE t.via WHEN 'chat' THEN 'webchat' ELSE t.via END",
        "(SELECT 'n' || count(*) FROM pg_locks l WHERE l.pid = "
        "pg_backend_pid() AND l.mode LIKE 'Share%' AND l.relation IN "
        "('helpdesk.entry'::regclass, 'helpdesk.thread'::regclass))",
        "note: installing it locks, for a moment, helpdesk.entry, "
        "helpdesk.person, helpdesk.thread: "};
    const char *out;

    assert_says(state, &counting, 0);
    assert_int_equal(
        check(*state,
              adapters_variant(*state, template, counting.from, counting.to),
              &out),
        0);
    assert_non_null(strstr(out, "channel \"n0\" is none"));
}

static void a_table_in_use_is_given_up(void **state)
{
    struct world *w = *state;
    const char *out;
    PGconn *other = PQconnectdb(w->conninfo);
    const char *path =
        adapters_variant(w, template, "SET LOCAL lock_timeout = '5s';", "");

    PQclear(PQexec(other, "BEGIN"));
    PQclear(PQexec(other, "UPDATE helpdesk.thread SET topic = 'x'"));
    assert_int_equal(check(w, path, &out), 3);
    assert_non_null(strstr(out, "lock timeout"));
    PQfinish(other);
}

static void asks_about_those_that_are_named(void **state)
{
    struct world *w = *state;
    char list[128];
    const char *const args[] = {
        "migrate", "--check-adapter", NULL,   "--conversations",
        list,      "--format",        "json", NULL};
    const char *all[sizeof args / sizeof args[0]];
    const char *out;
    FILE *f;

    (void)snprintf(list, sizeof list, "%s/list", w->dir);
    f = fopen(list, "w");
    assert_non_null(f);
    (void)fputs("1/7\n\n 1/8 \r\n2/7\n9\n", f);
    (void)fclose(f);
    (void)memcpy(all, args, sizeof args);
    all[2] = adapters_variant(w, template, "", "");
    assert_int_equal(adapters_run(w, all, &out), 0);
    assert_non_null(strstr(out, "\"asked\":4,\"rows\":2,"));
    assert_non_null(strstr(
        out, "{\"severity\":\"warning\",\"problem\":\"named, but without "
             "facts: 2, as 2/7\"}"));
}

static void a_database_without_the_schema_is_refused(void **state)
{
    const char *out;

    world_do(*state, "DROP SCHEMA followup CASCADE");
    assert_int_equal(
        check(*state, adapters_variant(*state, template, "", ""), &out), 1);
    assert_non_null(strstr(out, "has no schema followup yet"));
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_helpdesk, close_helpdesk)
    const struct CMUnitTest tests[] = {
        CASE(the_template_is_right),
        CASE(what_breaks_the_contract_is_an_error),
        CASE(messages_may_be_read_by_their_ids),
        CASE(what_may_be_meant_is_a_warning),
        CASE(nothing_stays),
        CASE(tables_are_not_locked_while_facts_are_asked_for),
        CASE(a_table_in_use_is_given_up),
        CASE(asks_about_those_that_are_named),
        CASE(a_database_without_the_schema_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
