/* Schedules: what is refused, in what words, and where. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schedule_fixture.h"

/* One problem, printed. */
static void expect_problem(struct fixture *f,
                           const char *text,
                           size_t len,
                           const char *expected)
{
    fup_buf_clear(&f->buf);
    assert_int_equal(
        fup_schedule_parse(text, len, "s.json", &f->schedule, &f->problems),
        FUP_EPARSE);
    assert_null(f->schedule);
    assert_true(f->problems.errors > 0);
    fup_problem_print(&f->problems.items[0], &f->buf);
    assert_string_equal(fup_buf_text(&f->buf), expected);
    fup_problems_done(&f->problems);
}

struct bad {
    const char *text;
    const char *problem;
};

static void expect_problems(struct fixture *f, const struct bad *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        expect_problem(f, rows[i].text, strlen(rows[i].text), rows[i].problem);
    }
}

#define EXPECT(rows)                                                           \
    expect_problems(*state, (rows), sizeof(rows) / sizeof((rows)[0]))

static void names_the_nearest_field_and_its_place(void **state)
{
    static const struct bad rows[] = {
        {"{\"name\": \"a\",\n  \"steps\": [\n    {\"kind\": \"n\", "
         "\"afer\": \"1h\", \"after\": \"1h\"}]}",
         "s.json:3:19: unknown field \"afer\" in step 1; did you mean "
         "\"after\"?"},
        {HEAD "\"prority\": 1," TAIL,
         "s.json:2:1: unknown field \"prority\" in the schedule; did you mean "
         "\"priority\"?"},
        {HEAD "\"match\": {\"chanel\": [\"x\"]}," TAIL,
         "s.json:2:11: unknown field \"chanel\" in match; did you mean "
         "\"channel\"?"},
        {HEAD "\"send_hours\": {\"mo\": []}," TAIL,
         "s.json:2:16: unknown field \"mo\" in send_hours; did you mean "
         "\"mon\"?"},
        {HEAD "\"stop_when\": {\"ownr\": []}," TAIL,
         "s.json:2:15: unknown field \"ownr\" in stop_when; did you mean "
         "\"owner\"?"},
        {HEAD "\"stop_when\": {\"owner\": [\"humans\"]}," TAIL,
         "s.json:2:25: unknown word \"humans\" in stop_when; did you mean "
         "\"human\"?"},
        {HEAD "\"contact_cap\": {\"max\": 1, \"pr\": \"1h\"}," TAIL,
         "s.json:2:27: unknown field \"pr\" in contact_cap; did you mean "
         "\"per\"?"},
        {MESSAGE("\"variant\": []"),
         "s.json:4:1: unknown field \"variant\" in step 1; did you mean "
         "\"variants\"?"},
        {MESSAGE("\"variants\": [{\"id\": \"a\", \"txt\": {}}]"),
         "s.json:4:26: unknown field \"txt\" in step 1, variant 1; did you "
         "mean \"text\"?"},
        {MESSAGE("\"fallback\": {\"id\": \"a\", \"text\": {\"en\": \"x\"}}"),
         "s.json:4:14: unknown field \"id\" in step 1, fallback; did you mean "
         "\"text\"?"},
        {HEAD "\"mode\": \"lve\"," TAIL,
         "s.json:2:9: unknown word \"lve\" in the schedule; did you mean "
         "\"live\"?"},
        {STEP("\"outside_window\": [\"pull_foward\"]"),
         "s.json:3:20: unknown word \"pull_foward\" in step 1; did you mean "
         "\"pull_forward\"?"},
    };

    EXPECT(rows);
}

static void a_waiver_names_a_rule_and_says_why(void **state)
{
    static const struct bad rows[] = {
        {HEAD "\"waive\": {\"presure\": \"ours\"}," TAIL,
         "s.json:2:11: no rule \"presure\" to waive; did you mean "
         "\"pressure\"?"},
        {HEAD "\"waive\": {\"pressure\": \" \"}," TAIL,
         "s.json:2:23: \"pressure\" in the schedule: expected the reason for "
         "waiving, up to 200 bytes"},
        {HEAD "\"samples\": [1]," TAIL,
         "s.json:2:12: \"samples\" in the schedule: expected an object { }"},
    };

    EXPECT(rows);
}

static void refuses_bad_values(void **state)
{
    static const struct bad rows[] = {
        {HEAD "\"priority\": 1.5," TAIL,
         "s.json:2:13: \"priority\" in the schedule: expected a whole number "
         "from -1000000 to 1000000"},
        {HEAD "\"holdout\": 2," TAIL,
         "s.json:2:12: \"holdout\" in the schedule: expected a number from 0 "
         "to 1"},
        {HEAD "\"require_inbound\": 1," TAIL,
         "s.json:2:20: \"require_inbound\" in the schedule: expected true or "
         "false"},
        {HEAD "\"timezone\": \"Europe/Berlim\"," TAIL,
         "s.json:2:13: unknown time zone \"Europe/Berlim\": expected an IANA "
         "name such as \"America/Sao_Paulo\""},
        {HEAD "\"holidays\": [\"2026-02-30\"]," TAIL,
         "s.json:2:14: in holidays: expected a date such as \"2026-12-25\" or "
         "the path of an .ics file"},
        {HEAD "\"send_hours\": {\"mon\": [\"9-20\"]}," TAIL,
         "s.json:2:24: in send_hours: expected a range such as "
         "\"09:00-20:00\", up to 24:00"},
        {HEAD "\"send_hours\": {\"mon\": [\"09:00-09:00\"]}," TAIL,
         "s.json:2:24: in send_hours: a range without length; "
         "\"00:00-24:00\" is the whole day"},
        {HEAD "\"match\": {\"channel\": \"sms\"}," TAIL,
         "s.json:2:22: \"channel\" in match: expected a list [ ] of 1 to 100 "
         "entries"},
        {"{\"name\": \"A b\",\n" TAIL,
         "s.json:1:10: \"name\" in the schedule: expected 1 to 64 of a-z, "
         "0-9, _ and -"},
        {HEAD "\"links\": [\"a.example\", \"https://b.example\"]," TAIL,
         "s.json:2:10: \"https://b.example\" in links is no host such as "
         "\"example.com\""},
        {STEP("\"outside_window\": [\"skip\", \"skip\"]"),
         "s.json:3:28: \"skip\" is there twice in step 1"},
        {"[]", "s.json:1:1: in the schedule: expected an object { }"},
    };

    EXPECT(rows);
}

static void refuses_bad_messages(void **state)
{
    static const struct bad rows[] = {
        {MESSAGE("\"variants\": [{\"id\": \"a\", \"text\": {\"en\": 1}}]"),
         "s.json:4:41: \"en\" in step 1, variant 1: expected a text in "
         "quotes"},
        {MESSAGE("\"variants\": [{\"id\": \"a\", \"text\": {}}]"),
         "s.json:4:34: \"text\" in step 1, variant 1: expected 1 to 64 texts "
         "by locale, such as {\"en\": \"...\"}"},
        {MESSAGE("\"variants\": [{\"id\": \"fallback\", "
                 "\"text\": {\"en\": \"x\"}}]"),
         "s.json:4:14: in step 1, variant 1: \"fallback\" is the fallback's "
         "id"},
        {MESSAGE("\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"x\"}},\n"
                 "{\"id\": \"a\", \"text\": {\"en\": \"x\"}}]"),
         "s.json:5:1: step 1, variant 2: the id \"a\" is there twice"},
        {MESSAGE("\"variants\": [{\"id\": \"a\", \"weight\": 0, "
                 "\"text\": {\"en\": \"x\"}}]"),
         "s.json:4:13: in step 1: at least one variant needs a weight above "
         "0"},
        {MESSAGE("\"fallback\": {\"text\": {\"en\": \"x\"}, \"options\": "
                 "[{\"id\": \"this_is_too_long_\", \"label\": {\"en\": "
                 "\"x\"}}]}"),
         "s.json:4:54: \"id\" in step 1, fallback: expected 1 to 16 of a-z, "
         "0-9, _ and -"},
        {MESSAGE("\"fallback\": {\"text\": {\"1\": \"x\"}}"),
         "s.json:4:23: \"1\" in step 1, fallback is no locale such as \"en\" "
         "or \"pt-BR\""},
    };

    EXPECT(rows);
}

static void reports_what_is_missing_or_doubled(void **state)
{
    static const struct bad rows[] = {
        {"{" TAIL, "s.json:1:1: \"name\" is missing in the schedule"},
        {"{\"name\": \"a\"}",
         "s.json:1:1: \"steps\" is missing in the schedule"},
        {"{\"name\": \"a\", \"steps\": []}",
         "s.json:1:24: \"steps\" in the schedule: expected a list [ ] of 1 to "
         "32 entries"},
        {"{\"name\": \"a\", \"steps\": [\n{\"kind\": \"n\"}]}",
         "s.json:2:1: \"after\" is missing in step 1"},
        {HEAD "\"mode\": \"off\",\n\"mode\": \"live\"," TAIL,
         "s.json:3:1: \"mode\" is there twice in the schedule"},
    };

    EXPECT(rows);
}

static void says_where_the_syntax_is_wrong(void **state)
{
    static const struct bad rows[] = {
        {"", "s.json:1:1: the file is empty"},
        {"{\"name\": \"a\",\n}", "s.json:2:1: not valid JSON here or just "
                                 "before"},
        {HEAD TAIL "\n x", "s.json:3:2: more text after the JSON value"},
        {"{\"name\":\n \"a\tb\"}",
         "s.json:2:4: a control character in a string: write it as \\n, \\t "
         "or \\u00XX"},
        {"{\"name\": \"a\\u0000\"}", "s.json:1:12: \\u0000 is not allowed"},
        {"{\"name\": \"\xff\"}", "s.json:1:11: not valid UTF-8"},
    };

    EXPECT(rows);
    expect_problem(*state, "{\"name\": \"a\0\"}", 14,
                   "s.json:1:12: a NUL byte");
}

static void collects_several_problems_up_to_a_limit(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, "{\"name\": 1, \"mode\": 2, \"late\": 3, "
                              "\"steps\": 4}"),
                     FUP_EPARSE);
    assert_int_equal(f->problems.n, 4);
    assert_int_equal(f->problems.items[3].column, 44);
    fup_problems_done(&f->problems);
    assert_int_equal(
        parse(f, HEAD "\"holidays\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,"
                      "17,18,19,20,21,22,23]," TAIL),
        FUP_EPARSE);
    assert_int_equal(f->problems.n, FUP_PROBLEMS_PER_FILE);
    assert_int_equal(f->problems.errors, 23);
    assert_int_equal(f->problems.dropped, 3);
}

static void refuses_a_file_over_the_limit(void **state)
{
    struct fixture *f = *state;
    size_t len = FUP_SCHEDULE_BYTES_MAX + 1;
    char *text = malloc(len);
    enum fup_code code;

    memset(text, ' ', len);
    code = fup_schedule_parse(text, len, "s.json", &f->schedule, &f->problems);
    free(text);
    assert_int_equal(code, FUP_EPARSE);
    assert_string_equal(f->problems.items[0].text, "larger than 1048576 bytes");
}

static void warns_of_what_works_but_hardly_as_meant(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        parse(f, MESSAGE("\"variants\": [{\"id\": \"a\", \"text\": {\"en\": "
                         "\"x\", \"de\": \"y\"}, \"options\": [{\"id\": "
                         "\"a\", \"label\": {\"en\": \"z\"}}]}]")),
        FUP_OK);
    assert_int_equal(f->problems.errors, 0);
    assert_int_equal(f->problems.n, 1);
    fup_problem_print(&f->problems.items[0], &f->buf);
    assert_string_equal(fup_buf_text(&f->buf),
                        "s.json:4:14: warning: in step 1, variant 1: the text "
                        "in \"de\" is never used, because option 1 has no "
                        "label in it");
    fup_schedule_free(f->schedule);
    f->schedule = NULL;
    assert_int_equal(parse(f, MESSAGE("")), FUP_OK);
    assert_int_equal(f->problems.n, 2);
    assert_int_equal(f->problems.errors, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_the_nearest_field_and_its_place),
        TEST(a_waiver_names_a_rule_and_says_why),
        TEST(refuses_bad_values),
        TEST(refuses_bad_messages),
        TEST(reports_what_is_missing_or_doubled),
        TEST(says_where_the_syntax_is_wrong),
        TEST(collects_several_problems_up_to_a_limit),
        TEST(refuses_a_file_over_the_limit),
        TEST(warns_of_what_works_but_hardly_as_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
