/* followup simulate: goldens, formats, errors and exit codes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "commands_offline.h"
#include "golden.h"

struct fixture {
    struct capture c;
    char schedule[512];
    char timelines[512];
    char expected[65536];
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static const char *path_of(char buf[512], const char *name)
{
    char below[128];

    (void)snprintf(below, sizeof below, "simulate/%s", name);
    return golden_path(buf, below);
}

static void read_expected(struct fixture *f, const char *name)
{
    char path[512];
    FILE *in;
    size_t n;

    in = fopen(path_of(path, name), "re");
    assert_non_null(in);
    n = fread(f->expected, 1, sizeof f->expected - 1, in);
    f->expected[n] = '\0';
    (void)fclose(in);
}

/* Simulate with up to two more arguments. */
static void run(struct fixture *f,
                const char *schedule,
                const char *timelines,
                const char *flag,
                const char *value)
{
    const char *argv[] = {"simulate",    "--schedule", f->schedule,
                          "--timelines", f->timelines, NULL,
                          NULL,          NULL};

    (void)path_of(f->schedule, schedule);
    (void)path_of(f->timelines, timelines);
    argv[5] = flag;
    argv[6] = value;
    capture_run(&f->c, fup_cmd_simulate, argv);
}

static void expect_golden(struct fixture *f, const char *name)
{
    char schedule[64];
    char timelines[64];
    char expected[64];

    (void)snprintf(schedule, sizeof schedule, "%s.json", name);
    (void)snprintf(timelines, sizeof timelines, "%s.csv", name);
    (void)snprintf(expected, sizeof expected, "%s.expected.csv", name);
    run(f, schedule, timelines, NULL, NULL);
    read_expected(f, expected);
    assert_string_equal(f->c.err, "");
    assert_string_equal(f->c.out, f->expected);
    assert_int_equal(f->c.exit_code, 0);
}

static void prints_what_would_have_been_sent(void **state)
{
    expect_golden(*state, "basic");
}

static void plans_for_the_window(void **state)
{
    expect_golden(*state, "window");
}

static void keeps_hours_and_holidays_in_the_contacts_zone(void **state)
{
    expect_golden(*state, "hours");
}

static void until_cuts_without_an_end(void **state)
{
    struct fixture *f = *state;

    run(f, "window.json", "window.csv", "--until", "2026-03-02T14:05:00Z");
    assert_string_equal(f->c.out,
                        "conversation,episode,step,kind,action,at,reason\n"
                        "i1,2026-03-02T10:00:00Z,1,check_in,send,"
                        "2026-03-02T14:05:00Z,\n"
                        "w1,2026-03-02T10:00:00Z,1,check_in,send,"
                        "2026-03-02T14:05:00Z,\n");
    run(f, "window.json", "window.csv", "--until", "2026-03-02T14:04:59Z");
    assert_string_equal(f->c.out,
                        "conversation,episode,step,kind,action,at,reason\n");
    assert_int_equal(f->c.exit_code, 0);
}

static void the_zone_is_for_contacts_without_one(void **state)
{
    struct fixture *f = *state;

    run(f, "hours.json", "hours.csv", "--timezone", "Asia/Tokyo");
    assert_non_null(strstr(f->c.out, "berlin,2026-03-06T14:00:00Z,1,check_in,"
                                     "send,2026-03-10T08:00:00Z,\n"));
    assert_non_null(strstr(f->c.out, "brazil,2026-03-06T20:00:00Z,1,check_in,"
                                     "send,2026-03-10T00:00:00Z,\n"));
}

static void prints_json_and_tables(void **state)
{
    struct fixture *f = *state;

    run(f, "basic.json", "basic.csv", "--format", "json");
    assert_non_null(strstr(
        f->c.out, "[\n {\"tenant\": \"default\", \"conversation\": \"c,4\", "
                  "\"schedule\": \"basic\", "
                  "\"episode\": \"2026-03-02T10:00:00Z\", \"step\": 1, "
                  "\"kind\": \"check_in\", \"action\": \"send\", "
                  "\"at\": \"2026-03-02T17:00:01Z\", \"reason\": null},\n"));
    run(f, "basic.json", "basic.csv", "--format", "table");
    assert_non_null(
        strstr(f->c.out,
               "c1            2026-03-02T10:00:00Z  3     close_out  silent  "
               "2026-03-04T10:05:00Z  no_message\n"));
}

/* The summary of @name as it lies beside it, in the format of @expected. */
static void
expect_summary(struct fixture *f, const char *name, const char *expected)
{
    bool json = strstr(expected, ".json") != NULL;
    char schedule[64];
    char timelines[64];

    (void)snprintf(schedule, sizeof schedule, "%s.json", name);
    (void)snprintf(timelines, sizeof timelines, "%s.csv", name);
    run(f, schedule, timelines, "--summary", json ? "--format=json" : NULL);
    read_expected(f, expected);
    assert_string_equal(f->c.err, "");
    assert_string_equal(f->c.out, f->expected);
    assert_int_equal(f->c.exit_code, 0);
}

static void a_summary_counts_steps_and_replies(void **state)
{
    expect_summary(*state, "basic", "basic.summary.txt");
    expect_summary(*state, "window", "window.summary.txt");
}

static void a_summary_shows_the_contacts_hours(void **state)
{
    struct fixture *f = *state;

    expect_summary(f, "hours", "hours.summary.txt");
    assert_non_null(strstr(f->c.out, "\n09           4  ####\n"));
}

static void a_summary_as_json_has_the_same_numbers(void **state)
{
    expect_summary(*state, "window", "window.summary.json.txt");
}

static void a_summary_counts_what_still_waits(void **state)
{
    struct fixture *f = *state;
    const char *argv[] = {"simulate",
                          "--summary",
                          "--until=2026-03-02T14:04:59Z",
                          "--schedule",
                          path_of(f->schedule, "window.json"),
                          "--timelines",
                          path_of(f->timelines, "window.csv"),
                          NULL};

    capture_run(&f->c, fup_cmd_simulate, argv);
    assert_non_null(strstr(f->c.out, "\n2 enrollments: 0 replied, 0 completed, "
                                     "0 closed, 2 waiting\n"));
    assert_null(strchr(f->c.out, '#'));
    assert_null(strstr(f->c.out, "hour "));
}

static void a_summary_keeps_schedules_apart(void **state)
{
    struct fixture *f = *state;
    char other[512];
    const char *argv[] = {"simulate",    "--summary",
                          "--schedule",  path_of(f->schedule, "basic.json"),
                          "--schedule",  path_of(other, "window.json"),
                          "--timelines", path_of(f->timelines, "window.csv"),
                          NULL};

    capture_run(&f->c, fup_cmd_simulate, argv);
    assert_true(starts_with(f->c.out, "schedule basic\n2 enrollments: "));
    assert_non_null(strstr(f->c.out, "\n\nschedule window\n0 enrollments: "));
}

static void refuses_wrong_usage_with_2(void **state)
{
    struct fixture *f = *state;
    const char *none[] = {"simulate", NULL};

    capture_run(&f->c, fup_cmd_simulate, none);
    assert_int_equal(f->c.exit_code, 2);
    assert_non_null(strstr(f->c.err, "--schedule and --timelines"));
    run(f, "basic.json", "basic.csv", "--format", "xml");
    assert_int_equal(f->c.exit_code, 2);
    run(f, "basic.json", "basic.csv", "--until", "tomorrow");
    assert_int_equal(f->c.exit_code, 2);
    run(f, "basic.json", "basic.csv", "--timezone", "Mars/Base");
    assert_int_equal(f->c.exit_code, 2);
    run(f, "basic.json", "basic.csv", "--summary", "--format=csv");
    assert_int_equal(f->c.exit_code, 2);
    run(f, "basic.json", "basic.csv", "--nonsense", NULL);
    assert_int_equal(f->c.exit_code, 2);
    run(f, "basic.json", "basic.csv", "more", NULL);
    assert_int_equal(f->c.exit_code, 2);
    assert_string_equal(f->c.out, "");
}

static void help_goes_to_stdout(void **state)
{
    struct fixture *f = *state;
    const char *argv[] = {"simulate", "--help", NULL};

    capture_run(&f->c, fup_cmd_simulate, argv);
    assert_int_equal(f->c.exit_code, 0);
    assert_true(starts_with(f->c.out, "usage: followup simulate"));
}

static void names_the_line_of_bad_input(void **state)
{
    struct fixture *f = *state;

    run(f, "basic.json", "bad.csv", NULL, NULL);
    assert_int_equal(f->c.exit_code, 1);
    assert_string_equal(f->c.out, "");
    assert_non_null(strstr(f->c.err, "bad.csv:2:1: in at: \"yesterday\" is "));
    assert_non_null(strstr(f->c.err, "bad.csv:3:1: in direction: expected in "
                                     "or out\n"));
    assert_non_null(strstr(f->c.err, "bad.csv:6:1: conversation is empty\n"));
    assert_non_null(strstr(f->c.err, "bad.csv:7:1: not as many fields"));
    assert_non_null(strstr(f->c.err, "bad.csv:8:1: a quoted field without"));
    run(f, "none.json", "none.csv", NULL, NULL);
    assert_int_equal(f->c.exit_code, 1);
    assert_non_null(strstr(f->c.err, "none.json: cannot read"));
    assert_non_null(strstr(f->c.err, "none.csv: cannot read"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(prints_what_would_have_been_sent),
        TEST(plans_for_the_window),
        TEST(keeps_hours_and_holidays_in_the_contacts_zone),
        TEST(until_cuts_without_an_end),
        TEST(the_zone_is_for_contacts_without_one),
        TEST(prints_json_and_tables),
        TEST(a_summary_counts_steps_and_replies),
        TEST(a_summary_shows_the_contacts_hours),
        TEST(a_summary_as_json_has_the_same_numbers),
        TEST(a_summary_counts_what_still_waits),
        TEST(a_summary_keeps_schedules_apart),
        TEST(refuses_wrong_usage_with_2),
        TEST(help_goes_to_stdout),
        TEST(names_the_line_of_bad_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
