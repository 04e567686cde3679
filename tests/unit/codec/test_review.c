/* Contradictions: each rule with a schedule that breaks it, and with the
 * nearest one that does not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/review.h"

#define FILES_MAX 4
#define NOW       INT64_C(1795253400000000) /* 2026-11-21T09:30:00Z */

struct fixture {
    char folder[64];
    char paths[FILES_MAX][128];
    size_t n;
    struct fup_channels channels;
    struct fup_problems problems;
    struct fup_buf text;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    (void)snprintf(f->folder, sizeof f->folder, "/tmp/fup-review-XXXXXX");
    fup_problems_init(&f->problems);
    fup_buf_init(&f->text, 4096);
    *state = f;
    if (mkdtemp(f->folder) == NULL) {
        return -1;
    }
    return fup_channels_load(NULL, &f->channels, &f->problems) != FUP_OK;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->n; i++) {
        (void)unlink(f->paths[i]);
    }
    (void)rmdir(f->folder);
    fup_channels_done(&f->channels);
    fup_problems_done(&f->problems);
    fup_buf_done(&f->text);
    free(f);
    return 0;
}

static void put(struct fixture *f, const char *name, const char *text)
{
    char path[sizeof f->paths[0]];
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    for (size_t i = 0; i < f->n; i++) {
        assert_string_not_equal(path, f->paths[i]);
    }
    memcpy(f->paths[f->n++], path, sizeof path);
    out = fopen(path, "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

/* All problems so far, a line each, without the folder. */
static void assert_problems(struct fixture *f, const char *expected)
{
    for (size_t i = 0; i < f->problems.n; i++) {
        const struct fup_problem *problem = &f->problems.items[i];

        fup_buf_addf(&f->text, "%s:%d:%d: %s%s\n",
                     problem->file + strlen(f->folder) + 1, problem->line,
                     problem->column,
                     problem->warning ? "" : "error: ", problem->text);
    }
    assert_string_equal(fup_buf_text(&f->text), expected);
}

/* Load and review all files. */
static void review(struct fixture *f)
{
    struct fup_schedules schedules;

    assert_int_equal(fup_schedules_load(f->folder, &schedules, &f->problems),
                     FUP_OK);
    assert_int_equal(
        fup_schedules_review(&schedules, &f->channels, NOW, &f->problems),
        FUP_OK);
    fup_schedules_done(&schedules);
}

/* What is said of a schedule with @members. */
static void
assert_review(struct fixture *f, const char *members, const char *expected)
{
    char text[2048];

    (void)snprintf(text, sizeof text, "{\"name\": \"a\",\n%s}", members);
    put(f, "a.json", text);
    review(f);
    assert_problems(f, expected);
}

#define TEXT       "\"message\": {\"fallback\": {\"text\": {\"sv\": \"👍?\"}}}"
#define STEP(more) "{\"kind\": \"n\",\n" more ",\n" TEXT "}"
#define STEPS(...) "\"steps\": [\n" __VA_ARGS__ "]"

#define NEVER_SENT                                                             \
    " always comes after the window has closed, and outside_window only "      \
    "skips: never sent on "

static void a_step_behind_every_window_that_is_skipped(void **state)
{
    assert_review(
        *state,
        "\"match\": {\"channel\": [\"whatsapp\", \"telegram\"]},\n" STEPS(
            STEP("\"after\": \"1d\", \"outside_window\": "
                 "[\"template\", \"skip\"]")),
        "a.json:5:10: step 1" NEVER_SENT "whatsapp\n");
}

static void a_schedule_for_all_channels_names_those_with_a_window(void **state)
{
    assert_review(*state,
                  STEPS(STEP("\"after\": \"23h51m\", "
                             "\"outside_window\": [\"skip\", \"task\"]")),
                  "a.json:4:10: step 1" NEVER_SENT
                  "whatsapp, messenger, instagram\n");
}

static void delays_add_up_to_a_window(void **state)
{
    assert_review(
        *state,
        STEPS(STEP(
            "\"after\": \"12h\", \"outside_window\": "
            "[\"skip\"]") ",\n" STEP("\"after\": \"12h\", \"outside_window\": "
                                     "[\"skip\"]")),
        "a.json:7:10: step 2" NEVER_SENT "whatsapp, messenger, instagram\n");
}

static void a_step_that_may_fall_into_the_window_is_fine(void **state)
{
    assert_review(*state,
                  STEPS(STEP("\"after\": \"23h50m\", "
                             "\"outside_window\": [\"skip\"]")),
                  "");
}

static void a_local_time_may_be_soon(void **state)
{
    assert_review(*state,
                  STEPS(STEP("\"after\": \"1d 23:00\", "
                             "\"outside_window\": [\"skip\"]")),
                  "");
}

static void a_step_pulled_forward_lets_the_next_one_in(void **state)
{
    assert_review(
        *state,
        "\"min_gap\": \"1h\",\n" STEPS(STEP("\"after\": \"20h\"") ",\n" STEP(
            "\"after\": \"20h\", \"outside_window\": "
            "[\"skip\"]")),
        "");
}

static void a_way_out_of_the_window_is_fine(void **state)
{
    assert_review(*state,
                  STEPS(STEP("\"after\": \"2d\", \"outside_window\": "
                             "[\"task\", \"skip\"]")),
                  "");
}

static void a_late_step_without_a_message_is_fine(void **state)
{
    assert_review(*state,
                  STEPS("{\"kind\": \"n\", \"after\": \"2d\", "
                        "\"outside_window\": [\"skip\"]}"),
                  "");
}

static void a_template_of_the_channel_is_a_way_out(void **state)
{
    assert_review(
        *state,
        "\"match\": {\"channel\": [\"whatsapp\"]},\n" STEPS(
            "{\"kind\": \"n\", \"after\": \"2d\", "
            "\"outside_window\": [\"template\"],\n"
            "\"message\": {\"fallback\": {\"text\": {\"sv\": \"👍?\"}, "
            "\"templates\": {\"whatsapp\": "
            "{\"name\": \"t\", \"language\": \"en\"}}}}}"),
        "");
}

static void hours_without_a_range(void **state)
{
    assert_review(*state,
                  "\"send_hours\": {\"mon\": [], \"tue\": []},\n" STEPS(
                      STEP("\"after\": \"1h\"")),
                  "a.json:2:15: send_hours allow no time at all: nothing will "
                  "be sent\n");
}

#define HOURS(range)                                                           \
    "\"min_gap\": \"1s\", \"send_hours\": {\"tue\": [\"" range "\"]},\n"

static void a_local_time_outside_all_hours(void **state)
{
    assert_review(*state,
                  HOURS("09:00-18:00")
                      STEPS(STEP("\"after\": \"1d 17:59\"") ",\n" STEP(
                          "\"after\": \"1d 18:00\"")),
                  "a.json:8:10: step 2 never goes out at 18:00: no send_hours "
                  "have that time\n");
}

static void a_local_time_after_midnight_is_in_the_night_before(void **state)
{
    assert_review(*state,
                  HOURS("22:00-02:00")
                      STEPS(STEP("\"after\": \"1d 01:59\"") ",\n" STEP(
                          "\"after\": \"1d 02:00\"")),
                  "a.json:8:10: step 2 never goes out at 02:00: no send_hours "
                  "have that time\n");
}

static void jitter_may_carry_a_local_time_into_the_hours(void **state)
{
    assert_review(*state,
                  "\"jitter\": \"1h\", " HOURS("09:00-18:00")
                      STEPS(STEP("\"after\": \"1d 08:00\"")),
                  "");
}

static void holidays_that_are_all_past(void **state)
{
    assert_review(*state,
                  "\"holidays\": [\"2026-01-01\", \"2025-12-25\"],\n" STEPS(
                      STEP("\"after\": \"1h\"")),
                  "a.json:2:13: all holidays are past: none will be kept\n");
}

static void a_holiday_to_come_is_fine(void **state)
{
    assert_review(*state,
                  "\"holidays\": [\"2025-12-25\", \"2026-12-25\"],\n" STEPS(
                      STEP("\"after\": \"1h\"")),
                  "");
}

static void a_gap_longer_than_a_delay(void **state)
{
    assert_review(*state,
                  "\"min_gap\": \"2h\",\n" STEPS(STEP(
                      "\"after\": \"2h\"") ",\n" STEP("\"after\": \"1h59m\"")),
                  "a.json:8:10: step 2 never comes after its delay: min_gap "
                  "is longer\n");
}

static void a_gap_may_be_longer_than_a_local_time_is_away(void **state)
{
    assert_review(
        *state,
        "\"min_gap\": \"33h\",\n" STEPS(STEP("\"after\": \"1d 09:00\"")), "");
}

static void jitter_longer_than_a_delay_is_said_once(void **state)
{
    assert_review(
        *state,
        "\"min_gap\": \"1s\", \"jitter\": \"1h\",\n" STEPS(
            STEP("\"after\": \"1h\"") ",\n" STEP(
                "\"after\": \"30m\"") ",\n" STEP("\"after\": \"20m\"")),
        "a.json:2:28: jitter is longer than the delay of step 2\n");
}

static void two_steps_pulled_to_one_second(void **state)
{
    assert_review(*state,
                  STEPS(STEP("\"after\": \"4h\"") ",\n" STEP(
                      "\"after\": \"4h\",\n\"outside_window\": "
                      "[\"template\", \"pull_forward\"]")),
                  "a.json:8:19: steps 1 and 2 may be pulled forward to the "
                  "same second: a min_gap keeps them apart\n");
}

static void steps_kept_apart_are_fine(void **state)
{
    assert_review(*state,
                  STEPS(STEP("\"after\": \"4h\"") ",\n" STEP(
                      "\"after\": \"4h\", \"outside_window\": "
                      "[\"task\", \"pull_forward\"]") ",\n" STEP("\"after\": "
                                                                 "\"4h\"") ",\n"
                                                                           "{\""
                                                                           "kin"
                                                                           "d\""
                                                                           ": "
                                                                           "\"s"
                                                                           "ile"
                                                                           "nt"
                                                                           "\","
                                                                           " \""
                                                                           "aft"
                                                                           "er"
                                                                           "\":"
                                                                           " \""
                                                                           "4h"
                                                                           "\""
                                                                           "}"),
                  "");
}

static void without_a_window_nothing_is_pulled(void **state)
{
    assert_review(*state,
                  "\"match\": {\"channel\": [\"telegram\"]},\n" STEPS(STEP(
                      "\"after\": \"4h\"") ",\n" STEP("\"after\": \"4h\"")),
                  "");
}

static void lateness_shorter_than_a_minute(void **state)
{
    assert_review(*state,
                  "\"max_late\": \"59s\",\n" STEPS(STEP("\"after\": \"1h\"")),
                  "a.json:2:13: max_late is shorter than a minute: a restart "
                  "makes steps late\n");
}

static void a_minute_of_lateness_is_fine(void **state)
{
    assert_review(
        *state, "\"max_late\": \"1m\",\n" STEPS(STEP("\"after\": \"1h\"")), "");
}

/* A schedule named @name with @members and one step. */
static void put_named(struct fixture *f, const char *name, const char *members)
{
    char file[32];
    char text[1024];

    (void)snprintf(file, sizeof file, "%s.json", name);
    (void)snprintf(text, sizeof text, "{\"name\": \"%s\",\n%s%s}", name,
                   members, STEPS(STEP("\"after\": \"1h\"")));
    put(f, file, text);
}

static void a_schedule_that_another_always_precedes(void **state)
{
    struct fixture *f = *state;

    put_named(f, "all", "\"priority\": 1,\n");
    put_named(f, "few", "\"match\": {\"intent\": [\"pricing\"]},\n");
    review(f);
    assert_problems(f, "few.json:2:10: never chosen: \"all\" matches all of "
                       "this too, and its priority is higher\n");
}

static void twins_go_by_their_names(void **state)
{
    struct fixture *f = *state;

    put_named(f, "one", "");
    put_named(f, "two", "");
    review(f);
    assert_problems(f, "two.json:1:1: never chosen: \"one\" matches all of "
                       "this too, and comes first by its name\n");
}

static void a_narrower_schedule_that_precedes_is_fine(void **state)
{
    struct fixture *f = *state;

    put_named(f, "all", "");
    put_named(f, "few",
              "\"priority\": 1, \"match\": {\"intent\": [\"pricing\"]},\n");
    review(f);
    assert_problems(f, "");
}

/* Places are lost then, and the warning is not. */
static void a_file_that_has_gone_is_named_as_a_whole(void **state)
{
    struct fixture *f = *state;
    struct fup_schedules schedules;

    put_named(f, "a", "\"max_late\": \"1s\",\n");
    assert_int_equal(fup_schedules_load(f->folder, &schedules, &f->problems),
                     FUP_OK);
    assert_int_equal(unlink(f->paths[0]), 0);
    assert_int_equal(
        fup_schedules_review(&schedules, &f->channels, NOW, &f->problems),
        FUP_OK);
    fup_schedules_done(&schedules);
    assert_problems(f, "a.json:0:0: max_late is shorter than a minute: a "
                       "restart makes steps late\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_step_behind_every_window_that_is_skipped),
        TEST(a_schedule_for_all_channels_names_those_with_a_window),
        TEST(delays_add_up_to_a_window),
        TEST(a_step_that_may_fall_into_the_window_is_fine),
        TEST(a_local_time_may_be_soon),
        TEST(a_step_pulled_forward_lets_the_next_one_in),
        TEST(a_way_out_of_the_window_is_fine),
        TEST(a_late_step_without_a_message_is_fine),
        TEST(a_template_of_the_channel_is_a_way_out),
        TEST(hours_without_a_range),
        TEST(a_local_time_outside_all_hours),
        TEST(a_local_time_after_midnight_is_in_the_night_before),
        TEST(jitter_may_carry_a_local_time_into_the_hours),
        TEST(holidays_that_are_all_past),
        TEST(a_holiday_to_come_is_fine),
        TEST(a_gap_longer_than_a_delay),
        TEST(a_gap_may_be_longer_than_a_local_time_is_away),
        TEST(jitter_longer_than_a_delay_is_said_once),
        TEST(two_steps_pulled_to_one_second),
        TEST(steps_kept_apart_are_fine),
        TEST(without_a_window_nothing_is_pulled),
        TEST(lateness_shorter_than_a_minute),
        TEST(a_minute_of_lateness_is_fine),
        TEST(a_schedule_that_another_always_precedes),
        TEST(twins_go_by_their_names),
        TEST(a_narrower_schedule_that_precedes_is_fine),
        TEST(a_file_that_has_gone_is_named_as_a_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
