#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

static void lists_its_commands_and_options(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "--help", NULL), 0);
    assert_non_null(strstr(f->run.out, "\n  worker "));
    assert_non_null(strstr(f->run.out, "\n  check "));
    assert_non_null(strstr(f->run.out, "\n  --lease-ms N\n"));
    assert_int_equal(fixture_run(f, "--version", NULL), 0);
    assert_int_equal(strncmp(f->run.out, "followup ", 9), 0);
}

static void what_is_no_command_is_wrong_use(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, NULL), 2);
    assert_int_equal(fixture_run(f, "stauts", NULL), 2);
    assert_string_equal(f->run.err,
                        "followup: stauts is no command; is status meant?\n");
    assert_int_equal(fixture_run(f, "status", "--lease-ms", "1", NULL), 2);
}

static void check_finds_errors_of_the_configuration(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "check", "--redis", "http://x", NULL), 1);
    assert_non_null(strstr(f->run.err, "redis: "));
    assert_int_equal(
        fixture_run(f, "check", "--postgres", "hots=x password=pw", NULL), 1);
    assert_non_null(strstr(f->run.err, "postgres: "));
    assert_null(strstr(f->run.err, "pw"));
    assert_int_equal(fixture_run(f, "check", "--sweep-s", "0", NULL), 1);
    assert_int_equal(fixture_run(f, "check", "--config", "/nowhere", NULL), 1);
}

static void check_reads_the_schedules_in_force(void **state)
{
    struct fixture *f = *state;
    char schedules[512];

    (void)snprintf(schedules, sizeof schedules, "%s/schedules",
                   fixture_env("FUP_SOURCE_DIR"));
    assert_int_equal(fixture_run(f, "check", "--schedules", schedules, NULL),
                     0);
    assert_int_equal(fixture_run(f, "check", "--schedules", "/nowhere", NULL),
                     1);
    assert_non_null(strstr(f->run.err, "/nowhere"));
    assert_int_equal(
        fixture_run(f, "check", "--schedules", "/nowhere", schedules, NULL), 0);
}

static void what_is_in_force_is_printed_without_passwords(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "check", "--print-config", "--redis",
                                 "redis://:geheim@cache/1", "--postgres",
                                 "postgres://u:geheim@db/crm", NULL),
                     0);
    assert_null(strstr(f->run.out, "geheim"));
    assert_non_null(strstr(f->run.out, "redis://:***@cache/1"));
    assert_non_null(strstr(f->run.out, "postgres://u:***@db/crm"));
    assert_int_equal(fixture_run(f, "status", "--print-config", NULL), 0);
    assert_non_null(strstr(f->run.out, f->prefix));
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(lists_its_commands_and_options),
        CASE(what_is_no_command_is_wrong_use),
        CASE(check_finds_errors_of_the_configuration),
        CASE(check_reads_the_schedules_in_force),
        CASE(what_is_in_force_is_printed_without_passwords),
    };

    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
