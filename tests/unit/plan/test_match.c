/* Which silence is followed up, and by which schedule. */

#include <stdio.h>
#include <string.h>

#include "fixture.h"

#include "attribute.h"

#define N_SCHEDULES 3

static int reset(void **state)
{
    fixture_reset(*state);
    return 0;
}

static void
assert_admit(const struct fixture *f, int64_t since_at, const char *reason)
{
    const struct fup_schedule *only = &f->schedule;
    const struct fup_schedule *found = NULL;
    enum fup_reason why = fup_plan_admit(&only, 1, &f->facts, since_at, &found);

    assert_string_equal(fup_reason_text(why), reason);
    assert_ptr_equal(found, why == FUP_REASON_NONE ? only : NULL);
}

static void assert_admits(const struct fixture *f, const char *reason)
{
    assert_admit(f, FUP_TIME_NONE, reason);
}

static void a_silence_after_our_answer_is_followed_up(void **state)
{
    struct fixture *f = *state;

    assert_admits(f, "");
    f->facts.last_answer_at = f->facts.last_inbound_at;
    assert_admits(f, "");
    f->facts.last_answer_at = f->facts.last_inbound_at - 1;
    assert_admits(f, "no_answer");
    f->facts.last_answer_at = FUP_TIME_NONE;
    assert_admits(f, "no_answer");
}

static void the_conversation_itself_may_forbid_it(void **state)
{
    const struct fup_schedule *only;
    const struct fup_schedule *found = NULL;
    struct fixture *f = *state;

    f->facts.status = FUP_STATUS_UNKNOWN;
    assert_admits(f, "status_unknown");
    f->facts.status = FUP_STATUS_SNOOZED;
    assert_admits(f, "snoozed");
    f->facts.status = FUP_STATUS_CLOSED;
    assert_admits(f, "closed");
    f->facts.opted_out = true;
    assert_admits(f, "opted_out");
    f->facts.tenant_active = false;
    assert_admits(f, "tenant_inactive");
    only = &f->schedule;
    assert_int_equal(fup_plan_admit(&only, 1, NULL, FUP_TIME_NONE, &found),
                     FUP_REASON_GONE);
}

static void silences_from_before_the_start_are_left_alone(void **state)
{
    struct fixture *f = *state;

    assert_admit(f, instant("2026-03-02 10:00"), "before_start");
    assert_admit(f, instant("2026-03-02 09:59"), "");
}

static void an_inbound_message_is_needed_unless_the_schedule_says(void **state)
{
    struct fixture *f = *state;

    f->facts.last_inbound_at = FUP_TIME_NONE;
    assert_admits(f, "no_inbound");
    f->schedule.require_inbound = false;
    assert_admits(f, "");
}

static void a_schedule_that_is_off_never_matches(void **state)
{
    struct fixture *f = *state;

    f->schedule.mode = FUP_MODE_OFF;
    assert_admits(f, "no_schedule");
    f->schedule.mode = FUP_MODE_SHADOW;
    assert_admits(f, "");
}

static void every_list_must_name_its_fact(void **state)
{
    char wanted[] = "wanted";
    char *items[] = {wanted};
    struct fixture *f = *state;
    struct fup_match *m = &f->schedule.match;

    const struct {
        struct fup_names *names;
        const char **fact;
    } rows[] = {
        {&m->tenant, &f->facts.tenant}, {&m->channel, &f->facts.channel},
        {&m->intent, &f->facts.intent}, {&m->stage, &f->facts.stage},
        {&m->locale, &f->facts.locale},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        *rows[i].names = (struct fup_names){items, 1};
        *rows[i].fact = NULL;
        assert_admits(f, "no_schedule");
        *rows[i].fact = "wante";
        assert_admits(f, "no_schedule");
        *rows[i].fact = "wanted";
        assert_admits(f, "");
    }
}

static void a_language_covers_its_regions(void **state)
{
    static const struct {
        const char *locale;
        const char *reason;
    } rows[] = {
        {"pt", ""},
        {"pt-BR", ""},
        {"PT_br", ""},
        {"ptx", "no_schedule"},
        {"p", "no_schedule"},
        {"", "no_schedule"},
        {"en-US", ""},
        {"en_us", ""},
        {"en", "no_schedule"},
        {"en-GB", "no_schedule"},
    };

    char pt[] = "pt";
    char en_us[] = "en-US";
    char *items[] = {pt, en_us};
    struct fixture *f = *state;

    f->schedule.match.locale = (struct fup_names){items, 2};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->facts.locale = rows[i].locale;
        assert_admits(f, rows[i].reason);
    }
}

static void attributes_are_conditions_too(void **state)
{
    char plan[] = "plan";
    char gold[] = "gold";
    char vip[] = "vip";
    char yes[] = "true";
    char *golds[] = {gold};
    char *yeses[] = {yes};
    struct fup_attribute_match conditions[] = {{plan, {golds, 1}},
                                               {vip, {yeses, 1}}};
    struct fixture *f = *state;

    f->schedule.match.attributes = conditions;
    f->schedule.match.n_attributes = 2;
    assert_admits(f, "no_schedule");
    f->facts.attributes = "{\"plan\": \"gold\"}";
    assert_admits(f, "no_schedule");
    f->facts.attributes = "{\"vip\": true, \"plan\": \"gold\"}";
    assert_admits(f, "");
}

static void the_highest_priority_wins_then_the_first_name(void **state)
{
    static const struct {
        const char *names[N_SCHEDULES];
        int priorities[N_SCHEDULES];
        size_t winner;
    } rows[] = {
        {{"a", "b", "c"}, {1, 3, 2}, 1},    {{"c", "b", "a"}, {2, 2, 2}, 2},
        {{"a", "b", "c"}, {2, 2, 2}, 0},    {{"b", "a", "c"}, {5, 5, 1}, 1},
        {{"b", "a", "c"}, {-5, -6, -7}, 0},
    };
    struct fup_schedule schedules[N_SCHEDULES];
    const struct fup_schedule *list[N_SCHEDULES];
    char names[N_SCHEDULES][2];
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct fup_schedule *found = NULL;

        for (size_t k = 0; k < N_SCHEDULES; k++) {
            schedules[k] = f->schedule;
            memcpy(names[k], rows[i].names[k], 2);
            schedules[k].name = names[k];
            schedules[k].priority = rows[i].priorities[k];
            list[k] = &schedules[k];
        }
        assert_int_equal(
            fup_plan_admit(list, N_SCHEDULES, &f->facts, FUP_TIME_NONE, &found),
            FUP_REASON_NONE);
        assert_ptr_equal(found, list[rows[i].winner]);
    }
}

static void attributes_are_read_as_postgresql_prints_them(void **state)
{
    static const struct {
        const char *json;
        const char *name;
        const char *value;
        bool same;
    } rows[] = {
        {"{\"a\": \"x\"}", "a", "x", true},
        {"{\"a\":\"x\"}", "a", "xy", false},
        {"{\"a\":\"xy\"}", "a", "x", false},
        {" { \"a\" : \"x\" } ", "a", "x", true},
        {"{\"b\": {\"a\": \"x\"}, \"a\": \"y\"}", "a", "y", true},
        {"{\"b\": {\"a\": \"x\"}}", "a", "x", false},
        {"{\"b\": [\"}\", {\"c\": [1, 2]}, \",\"], \"a\": 5}", "a", "5", true},
        {"{\"b\": \"a\\\"}\", \"a\": 5}", "a", "5", true},
        {"{\"a\": 5}", "a", "50", false},
        {"{\"a\": 5.50}", "a", "5.50", true},
        {"{\"a\": true, \"b\": false}", "b", "false", true},
        {"{\"a\": null}", "a", "null", false},
        {"{\"a\": \"null\"}", "a", "null", true},
        {"{\"a\": [\"x\"]}", "a", "[\"x\"]", false},
        {"{\"a\": {}}", "a", "{}", false},
        {"{\"a\": \"\"}", "a", "", true},
        {"{\"a\": \"t\\tb\\\\\"}", "a", "t\tb\\", true},
        {"{\"a\": \"\\u00e9\\u20ac\\ud83d\\ude00\"}", "a",
         "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", true},
        {"{\"a\": \"\xc3\xa9\"}", "a", "\xc3\xa9", true},
        {"{\"\\u0061\": 1}", "a", "1", true},
        {"{\"aa\": 1, \"a\": 2}", "a", "2", true},
        {"{}", "a", "", false},
        {"", "a", "", false},
        {"[\"a\"]", "a", "a", false},
        {"\"a\"", "a", "a", false},
        {"null", "a", "null", false},
        {"{\"a\"", "a", "", false},
        {"{\"a\":", "a", "", false},
        {"{\"a\": \"x", "a", "x", false},
        {"{\"a\": \"\\", "a", "", false},
        {"{\"a\": \"\\u12", "a", "", false},
        {"{\"a\": \"\\ud83d\"}", "a", "", false},
        {"{\"a\": \"\\u0000\"}", "a", "", false},
        {"{\"a\": \"\\x\"}", "a", "x", false},
        {"{\"b\": [1, 2", "a", "", false},
        {"{\"b\": 1 \"a\": 2}", "a", "2", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char value[64];
        char *items[] = {value};
        struct fup_names values = {items, 1};

        (void)snprintf(value, sizeof value, "%s", rows[i].value);
        if (fup_attribute_matches(rows[i].json, rows[i].name, &values) !=
            rows[i].same) {
            fail_msg("%s: %s is %s", rows[i].json, rows[i].name, value);
        }
    }
    assert_false(fup_attribute_matches(NULL, "a", &(struct fup_names){0}));
}

/* Lists of one or two names, as tests of shadows need them. */
static struct fup_names names(const char *a, const char *b)
{
    static char kept[16][16];
    static char *items[16];
    static size_t n;
    const char *const given[] = {a, b};
    struct fup_names ret = {.items = &items[n]};

    for (size_t i = 0; i < 2 && given[i] != NULL; i++, n++, ret.n++) {
        assert_true(n < 16);
        (void)snprintf(kept[n], sizeof kept[n], "%s", given[i]);
        items[n] = kept[n];
    }
    return ret;
}

/* Two schedules that match everything, of which @ret_by comes first. */
static void shadow_pair(const struct fixture *f,
                        struct fup_schedule *ret_by,
                        struct fup_schedule *ret)
{
    *ret_by = f->schedule;
    *ret = f->schedule;
    ret_by->priority = 1;
}

static void the_first_schedule_shadows_what_it_includes(void **state)
{
    struct fup_schedule by;
    struct fup_schedule s;

    shadow_pair(*state, &by, &s);
    assert_true(fup_plan_shadows(&by, &s));
    assert_false(fup_plan_shadows(&s, &by));
    by.match.channel = names("whatsapp", "telegram");
    assert_false(fup_plan_shadows(&by, &s));
    s.match.channel = names("telegram", NULL);
    assert_true(fup_plan_shadows(&by, &s));
    s.match.intent = names("pricing", NULL);
    assert_true(fup_plan_shadows(&by, &s));
    s.match.channel = names("telegram", "sms");
    assert_false(fup_plan_shadows(&by, &s));
}

static void a_language_shadows_its_regions(void **state)
{
    struct fup_schedule by;
    struct fup_schedule s;

    shadow_pair(*state, &by, &s);
    by.match.locale = names("pt", NULL);
    assert_false(fup_plan_shadows(&by, &s));
    s.match.locale = names("pt-BR", NULL);
    assert_true(fup_plan_shadows(&by, &s));
    s.priority = 2;
    assert_false(fup_plan_shadows(&s, &by));
}

static void a_shadow_needs_the_same_attributes(void **state)
{
    static char plan[] = "plan";
    static char tier[] = "tier";
    struct fup_attribute_match wide = {plan, names("pro", "team")};
    struct fup_attribute_match narrow = {plan, names("pro", NULL)};
    struct fup_schedule by;
    struct fup_schedule s;

    shadow_pair(*state, &by, &s);
    by.match.attributes = &wide;
    by.match.n_attributes = 1;
    assert_false(fup_plan_shadows(&by, &s));
    s.match.attributes = &narrow;
    s.match.n_attributes = 1;
    assert_true(fup_plan_shadows(&by, &s));
    narrow.name = tier;
    assert_false(fup_plan_shadows(&by, &s));
}

static void what_is_off_or_needs_an_inbound_shadows_less(void **state)
{
    struct fup_schedule by;
    struct fup_schedule s;

    shadow_pair(*state, &by, &s);
    s.require_inbound = false;
    assert_false(fup_plan_shadows(&by, &s));
    by.require_inbound = false;
    assert_true(fup_plan_shadows(&by, &s));
    by.mode = FUP_MODE_SHADOW;
    assert_true(fup_plan_shadows(&by, &s));
    by.mode = FUP_MODE_OFF;
    assert_false(fup_plan_shadows(&by, &s));
    shadow_pair(*state, &by, &s);
    s.mode = FUP_MODE_OFF;
    assert_false(fup_plan_shadows(&by, &s));
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_silence_after_our_answer_is_followed_up),
        TEST(the_conversation_itself_may_forbid_it),
        TEST(silences_from_before_the_start_are_left_alone),
        TEST(an_inbound_message_is_needed_unless_the_schedule_says),
        TEST(a_schedule_that_is_off_never_matches),
        TEST(every_list_must_name_its_fact),
        TEST(a_language_covers_its_regions),
        TEST(attributes_are_conditions_too),
        TEST(the_highest_priority_wins_then_the_first_name),
        TEST(the_first_schedule_shadows_what_it_includes),
        TEST(a_language_shadows_its_regions),
        TEST(a_shadow_needs_the_same_attributes),
        TEST(what_is_off_or_needs_an_inbound_shadows_less),
        TEST(attributes_are_read_as_postgresql_prints_them),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
