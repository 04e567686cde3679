/* followup check, and that the shipped schedules pass and can be used. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "codec/schedule.h"
#include "commands_offline.h"
#include "golden.h"
#include "message/message.h"

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

/* Each step that has a message can say it without knowing anything. */
static size_t compose_all(const struct fup_schedule *schedule,
                          const char *attributes)
{
    size_t usable = 0;

    for (size_t i = 0; i < schedule->n_steps; i++) {
        struct fup_facts facts = {.tenant = "default",
                                  .conversation = "c",
                                  .channel = "whatsapp",
                                  .locale = "en",
                                  .attributes = attributes};
        struct fup_compose_in in = {.facts = &facts,
                                    .schedule = schedule->name,
                                    .step = (int)i + 1,
                                    .first_locale = schedule->first_locale};
        struct fup_message message;

        if (fup_message_compose(schedule->steps[i].message, &in, &message,
                                NULL) == FUP_OK) {
            usable++;
            fup_message_done(&message);
        }
    }
    return usable;
}

static void the_shipped_schedules_can_always_speak(void **state)
{
    struct fup_schedules schedules;
    struct fup_problems problems;
    char path[512];

    (void)state;
    fup_problems_init(&problems);
    assert_int_equal(fup_schedules_load(source_path(path, "schedules"),
                                        &schedules, &problems),
                     FUP_OK);
    for (size_t i = 0; i < schedules.n; i++) {
        const struct fup_schedule *s = schedules.items[i].schedule;

        assert_int_equal(s->n_steps, 3);
        assert_int_equal(compose_all(s, "{}"), 3);
        assert_int_equal(compose_all(s, "{\"name\": \"Ana\", \"goal\": \"a "
                                        "bike\", \"option_a\": \"speed\", "
                                        "\"option_b\": \"price\"}"),
                         3);
        assert_string_equal(s->steps[2].kind, "close_out");
        assert_true(s->steps[2].close);
    }
    fup_schedules_done(&schedules);
    fup_problems_done(&problems);
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
        TEST(the_shipped_schedules_can_always_speak),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
