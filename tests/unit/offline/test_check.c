/* followup check, and that the shipped schedules pass. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "commands_offline.h"
#include "golden.h"

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct capture));
    return *state == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void
check(struct capture *c, const char *name, const char *flag, const char *value)
{
    char path[512];
    const char *argv[] = {"check", source_path(path, name), flag, value, NULL};

    capture_run(c, fup_cmd_check, argv);
}

static void the_shipped_schedules_pass(void **state)
{
    struct capture *c = *state;

    check(c, "schedules", NULL, NULL);
    assert_string_equal(c->err, "");
    assert_string_equal(c->out, "12 schedules, no errors\n");
    assert_int_equal(c->exit_code, 0);
}

static void names_file_line_and_column(void **state)
{
    struct capture *c = *state;

    check(c, "tests/golden/check/bad.json", NULL, NULL);
    assert_int_equal(c->exit_code, 1);
    assert_string_equal(c->out, "1 error\n");
    assert_non_null(strstr(c->err,
                           "tests/golden/check/bad.json:4:26: unknown field "
                           "\"afer\" in step 1; did you mean \"after\"?\n"));
}

static void prints_json(void **state)
{
    struct capture *c = *state;

    check(c, "tests/golden/check/bad.json", "--format", "json");
    assert_int_equal(c->exit_code, 1);
    assert_string_equal(c->err, "");
    assert_true(starts_with(
        c->out, "{\"schedules\": 0, \"errors\": 1, \"left_out\": 0, "
                "\"problems\": [\n {\"file\": "));
    assert_non_null(strstr(c->out, "\"line\": 4, \"column\": 26, \"level\": "
                                   "\"error\", \"text\": \"unknown field "
                                   "\\\"afer\\\" in step 1;"));
}

static void contradictions_are_warnings(void **state)
{
    struct capture *c = *state;

    check(c, "tests/golden/check/contradictions.json", NULL, NULL);
    assert_int_equal(c->exit_code, 0);
    assert_string_equal(c->out, "1 schedule, no errors\n");
    assert_non_null(strstr(c->err,
                           "tests/golden/check/contradictions.json:6:35: "
                           "warning: step 1 never comes after its delay: "
                           "min_gap is longer\n"));
}

/* The folder of goldens of simulate holds two that match everything. */
static void schedules_of_a_folder_are_compared(void **state)
{
    struct capture *c = *state;

    check(c, "tests/golden/simulate", NULL, NULL);
    assert_non_null(strstr(c->err,
                           "window.json:1:1: warning: never chosen: \"hours\" "
                           "matches all of this too, and comes first by its "
                           "name\n"));
    check(c, "tests/golden/simulate/window.json", NULL, NULL);
    assert_string_equal(c->err, "");
}

static void a_path_that_is_not_there_is_an_error(void **state)
{
    struct capture *c = *state;

    check(c, "nowhere", NULL, NULL);
    assert_int_equal(c->exit_code, 1);
    assert_non_null(strstr(c->err, "nowhere: cannot read: "));
    check(c, "schedules", "--format", "csv");
    assert_int_equal(c->exit_code, 2);
    check(c, "schedules", "--what", NULL);
    assert_int_equal(c->exit_code, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_shipped_schedules_pass),
        TEST(names_file_line_and_column),
        TEST(prints_json),
        TEST(contradictions_are_warnings),
        TEST(schedules_of_a_folder_are_compared),
        TEST(a_path_that_is_not_there_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
