/* Awkward conversations: what the adapter says of them, and who is written to
 * when a worker runs beside them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "chatwoot.h"

#define WAIT_MS 20000

/* Two steps, a second apart, for whoever is there. */
static const char both[] =
    "{\"name\": \"both\", \"mode\": \"live\", \"min_gap\": \"1s\",\n"
    " \"match\": {},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": {\"variants\": "
    "[{\"id\": \"a\", \"text\": {\n"
    "   \"en\": \"Hi {{ name | default: 'there' }}, still?\",\n"
    "   \"de\": \"Hallo {{ name | default: 'du' }}, noch?\",\n"
    "   \"pt-BR\": \"Oi {{ name | default: 'tudo bem' }}, ainda?\",\n"
    "   \"es\": \"Hola {{ name | default: 'bien' }}, sigues?\",\n"
    "   \"fr\": \"Salut {{ name | default: 'toi' }}, encore?\"}}]}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"1s\", \"close\": true,\n"
    "   \"message\": {\"variants\": [{\"id\": \"a\",\n"
    "    \"text\": {\"en\": \"Closed for now.\"}}]}}]}";

static void load_cases(struct chatwoot *c, const char *adapter)
{
    assert_int_equal(chatwoot_migrate(c, adapter), 0);
    world_do(&c->w, "UPDATE followup.installation SET enroll_since = now() - "
                    "interval '1 day'");
    world_schedule(&c->w, "both.json", both);
    chatwoot_psql(c, "cases.sql", NULL);
}

static void assert_facts(struct chatwoot *c)
{
    assert_string_equal(world_text(&c->w, "SELECT string_agg(w::text, E'\\n') "
                                          "FROM wrong w"),
                        "");
}

static void facts_are_as_expected(void **state)
{
    struct chatwoot *c = *state;

    load_cases(c, "chatwoot");
    assert_facts(c);
    /* A window of its own ends 48 h after the customer; without a message of
     * theirs it is not open. */
    assert_string_equal(
        world_text(&c->w, "SELECT f.window_ends_at = f.last_inbound_at + "
                          "interval '48 h' FROM conversations v, LATERAL "
                          "followup.conversation_facts(ARRAY['1'], "
                          "ARRAY[v.display_id::text]) f WHERE v.id = 509"),
        "t");
    world_do(&c->w, "DELETE FROM messages WHERE conversation_id = 509 AND "
                    "message_type = 0");
    assert_string_equal(
        world_text(&c->w,
                   "SELECT f.window_ends_at = 'epoch' FROM conversations "
                   "v, LATERAL followup.conversation_facts(ARRAY['1'], "
                   "ARRAY[v.display_id::text]) f WHERE v.id = 509"),
        "t");
}

/* The same cases as others have written them down. */
static void those_of_others_are_as_expected(void **state)
{
    struct chatwoot *c = *state;

    assert_int_equal(chatwoot_migrate(c, "chatwoot"), 0);
    if (!chatwoot_shared(c, "chatwoot-testdata.sql")) {
        skip();
    }
    chatwoot_psql(c, "awkward.sql", NULL);
    assert_int_equal(world_int(&c->w, "SELECT count(*) FROM expected JOIN "
                                      "conversations USING (id)"),
                     11);
    assert_facts(c);
}

/* Keys that Chatwoot does not write are no conversation, and no error. */
static void other_keys_are_unknown(void **state)
{
    struct chatwoot *c = *state;

    load_cases(c, "chatwoot");
    assert_int_equal(
        world_int(&c->w, "SELECT count(*) FROM followup.conversation_facts("
                         "ARRAY['default', '1', '1', '1', '01', '1'], "
                         "ARRAY['1', 'abc', '01', '99999999999', '1', '-1'])"),
        0);
}

/* Why explain says that nothing is under way. */
static void explain(struct chatwoot *c, const char *key, char why[64])
{
    const char *const args[] = {"explain", key, "--format", "json", NULL};
    char path[128];
    static char text[65536];
    cJSON *tree;
    const cJSON *row;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/command.log", c->w.dir);
    (void)remove(path);
    assert_int_equal(world_run(&c->w, args), 0);
    f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    (void)fclose(f);
    tree = cJSON_Parse(text);
    assert_non_null(tree);
    row = cJSON_GetObjectItem(tree, "not_followed_up_because");
    (void)snprintf(why, 64, "%s", cJSON_IsString(row) ? row->valuestring : "");
    cJSON_Delete(tree);
}

/* Those who are not written to, each with its reason. */
static void assert_reasons(struct chatwoot *c)
{
    static char list[4096];
    char *save;

    (void)snprintf(list, sizeof list, "%s",
                   world_text(&c->w, "SELECT string_agg(v.account_id || '/' || "
                                     "v.display_id || ' ' || k.why, ',') FROM "
                                     "cases k JOIN conversations v ON v.id = "
                                     "500 + k.id WHERE k.why IS NOT NULL AND "
                                     "k.why <> 'no_address'"));
    for (char *one = strtok_r(list, ",", &save); one != NULL;
         one = strtok_r(NULL, ",", &save)) {
        char why[64];
        char *expected = strchr(one, ' ');

        *expected++ = '\0';
        explain(c, one, why);
        if (strcmp(why, expected) != 0) {
            fail_msg("%s: %s, not %s", one, why, expected);
        }
    }
}

/* Of each who is to be written to, both steps once, with the right channel,
 * address and language; of others none. */
static void assert_written(struct chatwoot *c)
{
    const char *sql =
        "SELECT string_agg(k.id || ' ' || k.what || coalesce(' ' || s.got, ' "
        "nothing'), E'\\n') FROM cases k JOIN conversations v ON v.id = 500 + "
        "k.id LEFT JOIN LATERAL (SELECT string_agg(concat_ws(' ', l.step, "
        "l.message::json ->> 'channel', l.message::json ->> 'to', "
        "l.message::json ->> 'locale', l.message::json ->> 'text'), ' ' ORDER "
        "BY l.seq) AS got FROM followup.ledger l WHERE l.tenant = "
        "v.account_id::text AND l.conversation = v.display_id::text AND "
        "l.event = 'fired') s ON true WHERE s.got IS DISTINCT FROM CASE WHEN "
        "k.why IS NULL THEN concat_ws(' ', '1', k.channel, k.address, CASE "
        "k.locale WHEN 'fr-FR' THEN 'fr' ELSE k.locale END, CASE k.locale WHEN "
        "'de' THEN 'Hallo Ana, noch?' WHEN 'pt-BR' THEN 'Oi Ana, ainda?' WHEN "
        "'es' THEN 'Hola Ana, sigues?' ELSE 'Salut toi, encore?' END, '2', "
        "k.channel, k.address, 'en', 'Closed for now.') END";

    assert_string_equal(world_text(&c->w, "%s", sql), "");
}

static void wait_for_all(struct chatwoot *c)
{
    world_do(&c->w, "SELECT followup.touch(account_id::text, display_id::text) "
                    "FROM conversations");
    assert_true(
        world_until(&c->w, WAIT_MS,
                    "SELECT (SELECT count(*) FROM followup.enrollment WHERE "
                    "outcome = 'completed') = (SELECT count(*) FROM cases "
                    "WHERE why IS NULL)"));
    assert_string_equal(
        world_text(&c->w, "SELECT string_agg(coalesce(outcome, waits_for), "
                          "' ') FROM followup.enrollment WHERE outcome IS "
                          "DISTINCT FROM 'completed'"),
        "no_address");
}

static void exactly_the_right_ones_are_written_to(void **state)
{
    struct chatwoot *c = *state;

    load_cases(c, "chatwoot");
    world_start(&c->w, 0);
    wait_for_all(c);
    assert_written(c);
    assert_reasons(c);
    /* Closing is the sender's: SQL would pass Chatwoot's own ways by. */
    assert_true(world_until(&c->w, WAIT_MS,
                            "SELECT count(*) = 0 FROM followup.closing"));
    assert_int_equal(world_int(&c->w, "SELECT count(*) FROM conversations "
                                      "WHERE status = 1"),
                     1);
}

static void without_triggers_as_well(void **state)
{
    struct chatwoot *c = *state;

    assert_int_equal(chatwoot_migrate(c, "chatwoot_readonly"), 0);
    assert_int_equal(world_int(&c->w, "SELECT count(*) FROM pg_trigger WHERE "
                                      "tgname LIKE 'followup%%'"),
                     0);
    world_schedule(&c->w, "both.json", both);
    world_do(&c->w, "UPDATE followup.installation SET enroll_since = now() - "
                    "interval '1 day'");
    world_start(&c->w, 0);
    assert_true(world_until(&c->w, WAIT_MS,
                            "SELECT polled_at IS NOT NULL FROM "
                            "followup.polling"));
    chatwoot_psql(c, "cases.sql", NULL);
    assert_true(
        world_until(&c->w, WAIT_MS,
                    "SELECT (SELECT count(*) FROM followup.enrollment WHERE "
                    "outcome = 'completed') = (SELECT count(*) FROM cases "
                    "WHERE why IS NULL)"));
    assert_facts(c);
    assert_written(c);
}

int main(void)
{
    static struct CMUnitTest tests[4 * 4];
    size_t n = 0;

    for (int i = 0; i < chatwoot_n_forms(); i++) {
        void *form = &chatwoot_forms[i];

#define CASE(name)                                                             \
    (struct CMUnitTest){#name, name, chatwoot_open, chatwoot_close, form}
        tests[n++] = CASE(facts_are_as_expected);
        tests[n++] = CASE(exactly_the_right_ones_are_written_to);
        if (chatwoot_forms[i].full) {
            tests[n++] = CASE(those_of_others_are_as_expected);
        }
        if (i == 0) {
            tests[n++] = CASE(other_keys_are_unknown);
            tests[n++] = CASE(without_triggers_as_well);
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
