/* Each numbered rule of planning: the instant of a step that lies ahead. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#include "core/hash.h"

#define SEND FUP_ACTION_SEND
#define NONE FUP_REASON_NONE

static int reset(void **state)
{
    fixture_reset(*state);
    return 0;
}

/* -- rule 1 -------------------------------------------------------------- */

static void a_delay_counts_from_our_answer(void **state)
{
    struct fixture *f = *state;

    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02 14:00");
    assert_int_equal(f->plan.step, 1);
    assert_int_equal(f->plan.trace.n, 2);
    assert_instant(traced(f, FUP_RULE_BASE), "2026-03-02 10:00");
    assert_instant(traced(f, FUP_RULE_DELAY), "2026-03-02 14:00");
}

static void the_next_delay_counts_from_our_follow_up(void **state)
{
    struct fixture *f = *state;

    f->run.step = 2;
    f->run.last_step_at = instant("2026-03-02 14:00");
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, SEND, NONE, "2026-03-03 10:00");
    assert_int_equal(f->plan.step, 2);
}

/* Senders were away, or a provider slow. */
static void the_next_delay_counts_from_when_it_was_sent(void **state)
{
    struct fixture *f = *state;

    f->run.step = 2;
    f->run.last_step_at = instant("2026-03-02 14:00");
    f->run.left_at = instant("2026-03-02T14:01:00Z");
    plan_at(f, "2026-03-02 15:00");
    assert_plan(f, SEND, NONE, "2026-03-03 10:00");
    f->run.left_at = instant("2026-03-02T14:01:01Z");
    plan_at(f, "2026-03-02 15:00");
    assert_plan(f, SEND, NONE, "2026-03-03T10:01:01Z");
    assert_instant(traced(f, FUP_RULE_BASE), "2026-03-02T14:01:01Z");
    f->facts.last_answer_at = instant("2026-03-02 14:30");
    plan_at(f, "2026-03-02 15:00");
    assert_plan(f, SEND, NONE, "2026-03-03 10:30");
}

static void a_further_answer_anchors_anew(void **state)
{
    struct fixture *f = *state;

    f->run.step = 2;
    f->run.last_step_at = instant("2026-03-02 14:00");
    f->run.due_at = instant("2026-03-03 10:00");
    f->facts.last_answer_at = instant("2026-03-02 18:00");
    plan_at(f, "2026-03-02 18:00");
    assert_plan(f, SEND, NONE, "2026-03-03 14:00");
}

static void a_day_is_the_same_wall_time_across_a_clock_change(void **state)
{
    struct fixture *f = *state;

    f->schedule.steps[0].after = (struct fup_delay){1, -1, 0};
    f->facts.timezones[0] = "Europe/Berlin";
    f->facts.n_timezones = 1;
    f->facts.last_answer_at = instant("2026-03-28 11:00");
    plan_at(f, "2026-03-28 11:00");
    assert_plan(f, SEND, NONE, "2026-03-29 10:00");
}

static void elapsed_time_ignores_a_clock_change(void **state)
{
    struct fixture *f = *state;

    f->schedule.steps[0].after = (struct fup_delay){0, -1, 24 * HOUR_S};
    f->facts.timezones[0] = "Europe/Berlin";
    f->facts.n_timezones = 1;
    f->facts.last_answer_at = instant("2026-03-28 11:00");
    plan_at(f, "2026-03-28 11:00");
    assert_plan(f, SEND, NONE, "2026-03-29 11:00");
}

static void a_wall_time_is_that_of_a_local_day_later(void **state)
{
    struct fixture *f = *state;

    f->schedule.steps[0].after = (struct fup_delay){1, 34200, 0};
    f->facts.timezones[0] = "Asia/Tokyo";
    f->facts.n_timezones = 1;
    /* already the third of March in Tokyo */
    f->facts.last_answer_at = instant("2026-03-02 16:00");
    plan_at(f, "2026-03-02 16:00");
    assert_plan(f, SEND, NONE, "2026-03-04 00:30");
}

static void days_come_before_elapsed_time(void **state)
{
    struct fixture *f = *state;

    f->schedule.steps[0].after = (struct fup_delay){1, -1, 4 * HOUR_S};
    f->facts.timezones[0] = "Europe/Berlin";
    f->facts.n_timezones = 1;
    /* 23:00 local before the change, 23:00 after it, and four hours */
    f->facts.last_answer_at = instant("2026-03-28 22:00");
    plan_at(f, "2026-03-28 22:00");
    assert_plan(f, SEND, NONE, "2026-03-30 01:00");
}

static void a_wall_time_in_a_gap_takes_the_offset_before_it(void **state)
{
    struct fixture *f = *state;

    f->schedule.steps[0].after = (struct fup_delay){1, 9000, 0};
    f->facts.timezones[0] = "Europe/Berlin";
    f->facts.n_timezones = 1;
    f->facts.last_answer_at = instant("2026-03-28 11:00");
    plan_at(f, "2026-03-28 11:00");
    assert_plan(f, SEND, NONE, "2026-03-29 01:30");
}

static void a_repeated_wall_time_is_the_first(void **state)
{
    struct fixture *f = *state;

    f->schedule.steps[0].after = (struct fup_delay){1, 9000, 0};
    f->facts.timezones[0] = "Europe/Berlin";
    f->facts.n_timezones = 1;
    f->facts.last_answer_at = instant("2026-10-24 11:00");
    f->facts.last_inbound_at = f->run.episode_at = instant("2026-10-24 10:00");
    plan_at(f, "2026-10-24 11:00");
    assert_plan(f, SEND, NONE, "2026-10-25 00:30");
}

static void zones_fall_back_to_the_schedule_then_to_utc(void **state)
{
    static char tokyo[] = "Asia/Tokyo";
    struct fixture *f = *state;

    f->schedule.steps[0].after = (struct fup_delay){1, 34200, 0};
    f->facts.timezones[0] = "No/Where";
    f->facts.n_timezones = 1;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-03 09:30");
    f->schedule.timezone = tokyo;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-03 00:30");
    f->facts.timezones[1] = "Europe/Berlin";
    f->facts.n_timezones = 2;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-03 08:30");
}

static void fractions_of_a_second_are_rounded_up(void **state)
{
    struct fixture *f = *state;

    f->facts.last_answer_at = instant("2026-03-02T10:00:00.000001Z");
    plan_at(f, "2026-03-02 10:01");
    assert_plan(f, SEND, NONE, "2026-03-02T14:00:01Z");
}

static void an_operators_delay_counts_the_same_way(void **state)
{
    static const struct fup_delay morning = {1, 34200, 0};
    struct fixture *f = *state;

    f->facts.timezones[0] = "Asia/Tokyo";
    f->facts.n_timezones = 1;
    assert_instant(fup_plan_after(&f->env, &f->schedule, &f->facts, &morning,
                                  instant("2026-03-02T16:00:00.5Z")),
                   "2026-03-04 00:30");
}

static void jitter_is_the_hash_of_the_four_fields(void **state)
{
    struct fixture *f = *state;
    char text[128];
    int64_t expected_s;

    f->schedule.jitter_s = 600;
    (void)snprintf(text, sizeof text, "default\x1f%s\x1f%" PRId64 "\x1f%d",
                   "4711", f->run.episode_at / 1000, 1);
    expected_s = (int64_t)(fup_fnv1a_text(FUP_FNV_START, text) % 601);
    plan_at(f, "2026-03-02 10:00");
    assert_true(f->plan.at ==
                instant("2026-03-02 14:00") + expected_s * FUP_US_PER_S);
    assert_true(traced(f, FUP_RULE_JITTER) == f->plan.at);
}

/* Computed apart from this code, over
 * "default" 1f "4711" 1f "1772442000000" 1f "1" and the like. */
static void jitter_has_the_known_values(void **state)
{
    static const struct {
        const char *conversation;
        int step;
        int64_t jitter_s;
        int64_t expected_s;
    } rows[] = {
        {"4711", 1, 600, 409}, {"4711", 2, 600, 261},
        {"4712", 1, 600, 88},  {"c-\xc3\xa9", 1, 86400, 17743},
        {"4711", 1, 1, 0},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->facts.conversation = rows[i].conversation;
        f->run.step = rows[i].step;
        f->schedule.steps[1].after = f->schedule.steps[0].after;
        f->schedule.jitter_s = rows[i].jitter_s;
        plan_at(f, "2026-03-02 10:00");
        assert_int_equal((f->plan.at - instant("2026-03-02 14:00")) /
                             FUP_US_PER_S,
                         rows[i].expected_s);
    }
}

static void without_an_episode_jitter_hashes_a_zero(void **state)
{
    struct fixture *f = *state;
    int64_t expected_s = (int64_t)(fup_fnv1a_text(FUP_FNV_START, "default\x1f"
                                                                 "4711\x1f"
                                                                 "0\x1f"
                                                                 "1") %
                                   3601);

    f->schedule.jitter_s = 3600;
    f->facts.last_inbound_at = FUP_TIME_NONE;
    f->run.episode_at = FUP_TIME_NONE;
    plan_at(f, "2026-03-02 10:00");
    assert_true(f->plan.at ==
                instant("2026-03-02 14:00") + expected_s * FUP_US_PER_S);
}

/* -- rule 2 -------------------------------------------------------------- */

static void the_minimum_gap_holds(void **state)
{
    struct fixture *f = *state;

    f->schedule.min_gap_s = 6 * HOUR_S;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02 16:00");
    assert_instant(traced(f, FUP_RULE_GAP), "2026-03-02 16:00");
    f->schedule.min_gap_s = 2 * HOUR_S;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02 14:00");
    assert_true(traced(f, FUP_RULE_GAP) == FUP_TIME_NONE);
}

static void the_minimum_gap_counts_from_when_it_was_sent(void **state)
{
    struct fixture *f = *state;

    f->run.step = 2;
    f->schedule.min_gap_s = 20 * HOUR_S;
    f->run.last_step_at = instant("2026-03-02 14:00");
    f->run.left_at = instant("2026-03-02T14:00:01Z");
    plan_at(f, "2026-03-02 15:00");
    assert_plan(f, SEND, NONE, "2026-03-03 10:00");
    f->run.left_at = instant("2026-03-02T14:00:02Z");
    plan_at(f, "2026-03-02 15:00");
    assert_plan(f, SEND, NONE, "2026-03-03T10:00:02Z");
    assert_instant(traced(f, FUP_RULE_GAP), "2026-03-03T10:00:02Z");
    f->run.force = FUP_FORCE_GAP;
    plan_at(f, "2026-03-02 15:00");
    assert_plan(f, SEND, NONE, "2026-03-03 10:00");
}

/* What was let go is not overtaken, though an operator wants it now. */
static void nothing_overtakes_a_message_on_its_way(void **state)
{
    struct fixture *f = *state;

    f->run.step = 2;
    f->run.force = FUP_FORCE_GAP;
    f->run.manual_at = instant("2026-03-02 14:30");
    f->run.last_step_at = instant("2026-03-02 14:00");
    f->run.left_at = instant("2026-03-02T14:29:59Z");
    plan_at(f, "2026-03-02 14:30");
    assert_plan(f, SEND, FUP_REASON_OPERATOR, "2026-03-02 14:30");
    f->run.in_hand = true;
    plan_at(f, "2026-03-02 14:30");
    assert_plan(f, SEND, FUP_REASON_OPERATOR, "2026-03-02T14:30:02Z");
}

static void a_wall_time_before_the_base_waits_for_it(void **state)
{
    struct fixture *f = *state;

    f->schedule.steps[0].after = (struct fup_delay){0, 3600, 0};
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02 10:00");
}

/* -- rule 3 -------------------------------------------------------------- */

static void a_step_waits_for_send_hours(void **state)
{
    struct fixture *f = *state;

    set_hours(&f->schedule, 0, 4, 9 * 60, 13 * 60);
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-03 09:00");
    assert_instant(traced(f, FUP_RULE_HOURS), "2026-03-03 09:00");
}

static void the_end_of_a_range_is_excluded(void **state)
{
    struct fixture *f = *state;

    set_hours(&f->schedule, 0, 4, 9 * 60, 14 * 60);
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-03 09:00");
}

static void holidays_have_no_hours(void **state)
{
    int32_t holidays[] = {fup_days_from_civil(2026, 3, 2),
                          fup_days_from_civil(2026, 3, 3)};
    struct fixture *f = *state;

    f->schedule.holidays = holidays;
    f->schedule.n_holidays = 2;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-04 00:00");
}

static void an_ambiguous_zone_needs_every_candidate(void **state)
{
    struct fixture *f = *state;

    set_hours(&f->schedule, 0, 6, 9 * 60, 20 * 60);
    f->facts.timezones[0] = "America/New_York";
    f->facts.timezones[1] = "America/Los_Angeles";
    f->facts.n_timezones = 2;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02 17:00");
}

static void a_step_without_any_allowed_instant_is_skipped(void **state)
{
    struct fixture *f = *state;

    f->schedule.has_hours = true;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_NO_ALLOWED_TIME,
                "2026-03-02 14:00");
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_NO_ALLOWED_TIME,
                "2026-03-02 14:00");
}

/* -- rule 4 -------------------------------------------------------------- */

static void a_reached_cap_waits_until_the_oldest_leaves(void **state)
{
    int64_t sends[] = {instant("2026-03-01 10:00"), instant("2026-03-01 15:00"),
                       instant("2026-03-02 08:00")};
    struct fixture *f = *state;

    f->schedule.cap_max = 2;
    f->schedule.cap_per_s = 24 * HOUR_S;
    f->run.contact_sends = sends;
    f->run.n_contact_sends = 3;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02 15:00");
    assert_instant(traced(f, FUP_RULE_CAP), "2026-03-02 15:00");
    f->schedule.cap_max = 1;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-03 08:00");
    f->schedule.cap_max = 3;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02 14:00");
}

static void what_lies_one_span_back_no_longer_counts(void **state)
{
    int64_t sends[] = {instant("2026-03-01 14:00")};
    struct fixture *f = *state;

    f->schedule.cap_max = 1;
    f->schedule.cap_per_s = 24 * HOUR_S;
    f->run.contact_sends = sends;
    f->run.n_contact_sends = 1;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02 14:00");
    sends[0] += FUP_US_PER_S;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02T14:00:01Z");
}

static void after_the_cap_come_the_hours_again(void **state)
{
    int64_t sends[] = {instant("2026-03-01 19:00")};
    struct fixture *f = *state;

    set_hours(&f->schedule, 0, 6, 9 * 60, 18 * 60);
    f->schedule.cap_max = 1;
    f->schedule.cap_per_s = 24 * HOUR_S;
    f->run.contact_sends = sends;
    f->run.n_contact_sends = 1;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-03 09:00");
}

static void a_cap_that_nobody_counted_is_left_out(void **state)
{
    int64_t sends[] = {instant("2026-03-02 13:00")};
    struct fixture *f = *state;

    f->schedule.cap_max = 1;
    f->schedule.cap_per_s = 24 * HOUR_S;
    f->run.contact_sends = sends;
    f->run.n_contact_sends = 1;
    f->run.cap_counted = false;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-02 14:00");
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_delay_counts_from_our_answer),
        TEST(the_next_delay_counts_from_our_follow_up),
        TEST(the_next_delay_counts_from_when_it_was_sent),
        TEST(a_further_answer_anchors_anew),
        TEST(a_day_is_the_same_wall_time_across_a_clock_change),
        TEST(elapsed_time_ignores_a_clock_change),
        TEST(a_wall_time_is_that_of_a_local_day_later),
        TEST(days_come_before_elapsed_time),
        TEST(a_wall_time_in_a_gap_takes_the_offset_before_it),
        TEST(a_repeated_wall_time_is_the_first),
        TEST(zones_fall_back_to_the_schedule_then_to_utc),
        TEST(fractions_of_a_second_are_rounded_up),
        TEST(an_operators_delay_counts_the_same_way),
        TEST(jitter_is_the_hash_of_the_four_fields),
        TEST(jitter_has_the_known_values),
        TEST(without_an_episode_jitter_hashes_a_zero),
        TEST(the_minimum_gap_holds),
        TEST(the_minimum_gap_counts_from_when_it_was_sent),
        TEST(nothing_overtakes_a_message_on_its_way),
        TEST(a_wall_time_before_the_base_waits_for_it),
        TEST(a_step_waits_for_send_hours),
        TEST(the_end_of_a_range_is_excluded),
        TEST(holidays_have_no_hours),
        TEST(an_ambiguous_zone_needs_every_candidate),
        TEST(a_step_without_any_allowed_instant_is_skipped),
        TEST(a_reached_cap_waits_until_the_oldest_leaves),
        TEST(what_lies_one_span_back_no_longer_counts),
        TEST(after_the_cap_come_the_hours_again),
        TEST(a_cap_that_nobody_counted_is_left_out),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
