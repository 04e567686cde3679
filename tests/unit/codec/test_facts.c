/* Facts and channels from JSON. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/channels.h"
#include "codec/facts.h"
#include "core/time.h"
#include "message/message.h"

struct fixture {
    struct fup_problems problems;
    struct fup_facts_doc doc;
    struct fup_channels channels;
    struct fup_buf buf;
};

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    f = (struct fixture){.channels = {.n = 0}};
    fup_problems_init(&f.problems);
    fup_buf_init(&f.buf, 4096);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fup_facts_done(&f.doc);
    fup_channels_done(&f.channels);
    fup_problems_done(&f.problems);
    fup_buf_done(&f.buf);
    return 0;
}

static enum fup_code parse_facts(const char *text)
{
    return fup_facts_parse(text, strlen(text), "f.json", &f.doc, &f.problems);
}

static enum fup_code parse_channels(const char *text)
{
    return fup_channels_parse(text, strlen(text), "c.json", &f.channels,
                              &f.problems);
}

static void expect_problem(const char *expected)
{
    assert_true(f.problems.n > 0);
    fup_buf_clear(&f.buf);
    fup_problem_print(&f.problems.items[0], &f.buf);
    assert_string_equal(fup_buf_text(&f.buf), expected);
    fup_problems_done(&f.problems);
}

static void reads_the_columns_of_the_contract(void **state)
{
    (void)state;
    assert_int_equal(
        parse_facts("{\"tenant_id\": \"t\", \"conversation_id\": \"c\", "
                    "\"contact_id\": \"p\", \"channel\": \"sms\", \"address\": "
                    "\"+1\", \"status\": \"snoozed\", \"owner\": \"human\", "
                    "\"intent\": \"pricing\", \"stage\": null, \"locale\": "
                    "\"en\", \"timezones\": [\"Europe/Berlin\", \"UTC\"], "
                    "\"last_inbound_at\": \"2026-11-21T09:30:00+00:00\", "
                    "\"last_answer_at\": null, \"opted_out\": true, "
                    "\"tenant_active\": false, "
                    "\"attributes\": {\"goal\": \"x\"}}"),
        FUP_OK);
    assert_string_equal(f.doc.facts.tenant, "t");
    assert_string_equal(f.doc.facts.conversation, "c");
    assert_string_equal(f.doc.facts.contact, "p");
    assert_string_equal(f.doc.facts.address, "+1");
    assert_int_equal(f.doc.facts.status, FUP_STATUS_SNOOZED);
    assert_int_equal(f.doc.facts.owner, FUP_OWNER_HUMAN);
    assert_string_equal(f.doc.facts.intent, "pricing");
    assert_null(f.doc.facts.stage);
    assert_int_equal(f.doc.facts.n_timezones, 2);
    assert_string_equal(f.doc.facts.timezones[1], "UTC");
    assert_true(f.doc.facts.last_inbound_at ==
                INT64_C(1795253400) * FUP_US_PER_S);
    assert_true(f.doc.facts.last_answer_at == FUP_TIME_NONE);
    assert_true(f.doc.facts.opted_out);
    assert_false(f.doc.facts.tenant_active);
    assert_string_equal(f.doc.facts.attributes, "{\"goal\":\"x\"}");
}

static void what_is_left_out_has_a_default(void **state)
{
    (void)state;
    assert_int_equal(parse_facts("{}"), FUP_OK);
    assert_string_equal(f.doc.facts.tenant, "default");
    assert_string_equal(f.doc.facts.conversation, "");
    assert_int_equal(f.doc.facts.status, FUP_STATUS_OPEN);
    assert_true(f.doc.facts.tenant_active);
    assert_true(f.doc.facts.window_ends_at == FUP_TIME_NONE);
    assert_null(f.doc.facts.attributes);
}

static void facts_are_refused_with_a_place(void **state)
{
    (void)state;
    assert_int_equal(parse_facts("{\"conversation\": \"c\"}"), FUP_EPARSE);
    expect_problem("f.json:1:2: unknown field \"conversation\" in the facts; "
                   "did you mean \"conversation_id\"?");
    assert_int_equal(parse_facts("{\"status\": \"opne\"}"), FUP_EPARSE);
    expect_problem("f.json:1:12: unknown word \"opne\" in the facts; did you "
                   "mean \"open\"?");
    assert_int_equal(parse_facts("{\"attributes\": []}"), FUP_EPARSE);
    expect_problem("f.json:1:16: \"attributes\" in attributes: expected an "
                   "object { }");
}

static const struct fup_channel_rule *rule(const char *channel)
{
    for (size_t i = 0; i < f.channels.n; i++) {
        if (strcmp(f.channels.rules[i].channel, channel) == 0) {
            return &f.channels.rules[i];
        }
    }
    fail_msg("no rule for %s", channel);
    return NULL;
}

static void the_rules_of_the_channels_are_built_in(void **state)
{
    static const char *const windowed[] = {"whatsapp", "messenger",
                                           "instagram"};
    static const char *const open[] = {"telegram", "webchat", "sms", "email",
                                       "api"};

    (void)state;
    assert_int_equal(fup_channels_load(NULL, &f.channels, &f.problems), FUP_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rule(windowed[i])->window_s, 86400);
        assert_int_equal(rule(windowed[i])->guard_s, 600);
        assert_int_equal(rule(windowed[i])->catch_up, 1200);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(rule(open[i])->window_s, 0);
        assert_int_equal(rule(open[i])->catch_up, i == 0 ? 1200 : 0);
    }
    fup_channels_done(&f.channels);
    assert_int_equal(fup_channels_load("/nowhere", &f.channels, &f.problems),
                     FUP_OK);
    assert_int_equal(f.channels.n, 8);
}

static const struct fup_channel_limits *limits(const char *channel)
{
    const struct fup_channel_limits *found =
        fup_limits_find(f.channels.limits, f.channels.n, channel);

    assert_non_null(found);
    return found;
}

static void the_limits_of_the_channels_are_built_in(void **state)
{
    static const struct {
        const char *channel;
        struct fup_limit text;
        struct fup_limit title;
        size_t buttons;
        bool cut;
    } rows[] = {
        {"whatsapp", {4096, FUP_UNIT_UTF16}, {20, FUP_UNIT_UTF16}, 3, false},
        {"messenger",
         {2000, FUP_UNIT_CHARACTERS},
         {20, FUP_UNIT_UTF16},
         13,
         true},
        {"instagram", {1000, FUP_UNIT_BYTES}, {20, FUP_UNIT_UTF16}, 13, true},
        {"telegram", {4096, FUP_UNIT_UTF16}, {0, FUP_UNIT_UTF16}, 10, false},
        {"sms", {4, FUP_UNIT_SEGMENTS}, {0, 0}, 0, false},
        {"email", {0, 0}, {0, 0}, 0, false},
        {"webchat", {0, 0}, {0, 0}, 10, false},
        {"api", {0, 0}, {0, 0}, 10, false},
    };

    (void)state;
    assert_int_equal(fup_channels_load(NULL, &f.channels, &f.problems), FUP_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct fup_channel_limits *l = limits(rows[i].channel);

        assert_memory_equal(&l->text, &rows[i].text, sizeof l->text);
        assert_memory_equal(&l->button_title, &rows[i].title,
                            sizeof l->button_title);
        assert_int_equal(l->buttons, rows[i].buttons);
        assert_int_equal(l->cut_titles, rows[i].cut);
        assert_int_equal(l->flat_params, i == 0);
    }
    assert_int_equal(limits("whatsapp")->button_text.max, 1024);
    assert_int_equal(limits("whatsapp")->params.max, 1024);
}

#define FACT(value)                                                            \
    "{\"value\": " value ", \"asof\": \"2026-01-01\", \"source\": \"us\"}"

static void channels_can_be_given(void **state)
{
    (void)state;
    assert_int_equal(
        parse_channels("{\"channels\": {\"line\": {\"window\": " FACT(
            "\"7d\"") ", \"guard\": " FACT("\"1h\"") "}}}"),
        FUP_OK);
    assert_int_equal(rule("line")->window_s, 7 * 86400);
    assert_int_equal(rule("line")->guard_s, 3600);
    assert_int_equal(limits("line")->text.max, 0);
    assert_int_equal(limits("line")->buttons, FUP_OPTIONS_MAX);
}

#define CATCH_UP(value)                                                        \
    "{\"window\": " FACT("null") ", \"catch_up\": " FACT(value) "}"

static void a_channel_may_catch_up_at_a_pace(void **state)
{
    (void)state;
    assert_int_equal(
        parse_channels(
            "{\"channels\": {\"a\": " CATCH_UP("1000000") ", \"b\": " CATCH_UP(
                "null") ", \"c\": {\"window\": " FACT("null") "}}}"),
        FUP_OK);
    assert_int_equal(rule("a")->catch_up, 1000000);
    assert_int_equal(rule("b")->catch_up, 0);
    assert_int_equal(rule("c")->catch_up, 0);
    fup_channels_done(&f.channels);
    assert_int_equal(
        parse_channels("{\"channels\": {\"x\": " CATCH_UP("0") "}}"),
        FUP_EPARSE);
    expect_problem("c.json:1:108: \"value\" in channel \"x\": expected a whole "
                   "number from 1 to 1000000");
}

static void limits_need_a_unit_that_is_known(void **state)
{
    (void)state;
    assert_int_equal(parse_channels("{\"channels\": {\"x\": {\"window\": " FACT(
                         "null") ", \"text\": " FACT("70") "}}}"),
                     FUP_EPARSE);
    expect_problem("c.json:1:94: \"unit\" is missing in channel \"x\"");
    assert_int_equal(
        parse_channels("{\"channels\": {\"x\": {\"window\": " FACT(
            "null") ", \"text\": " FACT("70, \"unit\": \"byte\"") "}}}"),
        FUP_EPARSE);
    expect_problem("c.json:1:116: unknown word \"byte\" in channel \"x\"; did "
                   "you mean \"bytes\"?");
    assert_int_equal(parse_channels("{\"channels\": {\"x\": {\"window\": " FACT(
                         "null") ", \"buttons\": " FACT("-1") "}}}"),
                     FUP_EPARSE);
    expect_problem("c.json:1:107: \"value\" in channel \"x\": expected a whole "
                   "number from 0 to 1000");
}

static void channels_need_sources_and_sense(void **state)
{
    (void)state;
    assert_int_equal(
        parse_channels("{\"channels\": {\"x\": {\"window\": {\"value\": "
                       "\"24h\", \"asof\": \"2026-01-01\"}}}}"),
        FUP_EPARSE);
    expect_problem("c.json:1:31: \"source\" is missing in channel \"x\"");
    assert_int_equal(parse_channels("{\"channels\": {\"x\": {\"window\": " FACT(
                         "\"5m\"") "}}}"),
                     FUP_EPARSE);
    expect_problem("c.json:1:20: in channel \"x\": the guard is no shorter "
                   "than the window");
    assert_int_equal(parse_channels("{\"channels\": {\"x\": {}}}"), FUP_EPARSE);
    expect_problem("c.json:1:20: \"window\" is missing in channel \"x\"");
    assert_int_equal(
        parse_channels("{\"channels\": {\"x\": {\"window\": {\"value\": null, "
                       "\"asof\": \"2026-13-1x\", \"source\": \"s\"}}}}"),
        FUP_EPARSE);
    expect_problem("c.json:1:55: \"asof\" in channel \"x\": expected a date "
                   "such as \"2026-11-21\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_the_columns_of_the_contract),
        TEST(what_is_left_out_has_a_default),
        TEST(facts_are_refused_with_a_place),
        TEST(the_rules_of_the_channels_are_built_in),
        TEST(the_limits_of_the_channels_are_built_in),
        TEST(channels_can_be_given),
        TEST(a_channel_may_catch_up_at_a_pace),
        TEST(limits_need_a_unit_that_is_known),
        TEST(channels_need_sources_and_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
