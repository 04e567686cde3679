/* Rule 7: a step that is reached late. */

#include "fixture.h"

#define SEND FUP_ACTION_SEND
#define NONE FUP_REASON_NONE

static int reset(void **state)
{
    fixture_reset(*state);
    return 0;
}

static void a_little_late_is_not_late(void **state)
{
    struct fixture *f = *state;

    f->run.due_at = instant("2026-03-02 14:00");
    f->schedule.late = FUP_LATE_SKIP;
    plan_at(f, "2026-03-03 02:00");
    assert_plan(f, SEND, NONE, "2026-03-03 02:00");
    assert_true(traced(f, FUP_RULE_LATE) == FUP_TIME_NONE);
}

static void a_late_step_is_planned_again_from_now(void **state)
{
    struct fixture *f = *state;

    f->run.due_at = instant("2026-03-02 14:00");
    set_hours(&f->schedule, 0, 6, 9 * 60, 20 * 60);
    plan_at(f, "2026-03-03 02:00:01Z");
    assert_plan(f, SEND, NONE, "2026-03-03 09:00");
    assert_instant(traced(f, FUP_RULE_LATE), "2026-03-03T02:00:01Z");
    plan_at(f, "2026-03-03 12:00");
    assert_plan(f, SEND, NONE, "2026-03-03 12:00");
}

static void a_late_step_may_be_skipped(void **state)
{
    struct fixture *f = *state;

    f->run.due_at = instant("2026-03-02 14:00");
    f->schedule.late = FUP_LATE_SKIP;
    plan_at(f, "2026-03-03 02:00:01Z");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_LATE, "2026-03-03T02:00:01Z");
}

/* Though it is armed anew, for the morning, it is one of those. */
static void what_was_missed_is_known_as_that(void **state)
{
    struct fixture *f = *state;

    set_hours(&f->schedule, 0, 6, 9 * 60, 20 * 60);
    f->run.due_at = instant("2026-03-02 14:00");
    plan_at(f, "2026-03-02 14:00:00.007Z");
    assert_instant(f->plan.meant_at, "2026-03-02 14:00");
    plan_at(f, "2026-03-02 19:00");
    assert_instant(f->plan.meant_at, "2026-03-02 14:00");
    f->run.due_at = instant("2026-03-03 09:00");
    plan_at(f, "2026-03-03 09:00");
    assert_plan(f, SEND, NONE, "2026-03-03 09:00");
    assert_instant(f->plan.meant_at, "2026-03-02 14:00");
    f->run.manual_at = instant("2026-03-03 09:00");
    plan_at(f, "2026-03-03 09:00");
    assert_instant(f->plan.meant_at, "2026-03-03 09:00");
    f->run.manual_at = FUP_TIME_NONE;
    f->run.paused_until = instant("2026-03-03 09:00");
    plan_at(f, "2026-03-03 09:00");
    assert_instant(f->plan.meant_at, "2026-03-03 09:00");
}

static void never_too_late_sends_after_any_outage(void **state)
{
    struct fixture *f = *state;

    f->run.due_at = instant("2026-03-02 14:00");
    f->schedule.late = FUP_LATE_SKIP;
    f->schedule.max_late_s = -1;
    plan_at(f, "2026-05-03 02:00");
    assert_plan(f, SEND, NONE, "2026-05-03 02:00");
}

static void what_was_armed_behind_the_deadline_has_no_guard(void **state)
{
    char name[] = "whatsapp";
    char *names[] = {name};
    struct fixture *f = *state;

    f->facts.channel = "whatsapp";
    f->schedule.steps[0].template_channels = (struct fup_names){names, 1};
    set_hours(&f->schedule, 0, 6, 8 * 60 + 55, 20 * 60);
    f->run.due_at = instant("2026-03-02 14:00");
    plan_at(f, "2026-03-03 08:40");
    assert_plan(f, FUP_ACTION_TEMPLATE, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 08:55");
    f->run.due_at = f->plan.at;
    plan_at(f, "2026-03-03 08:55");
    assert_plan(f, FUP_ACTION_TEMPLATE, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 08:55");
}

static void overdue_steps_go_out_one_by_one(void **state)
{
    struct fixture *f = *state;

    f->run.due_at = instant("2026-03-02 14:00");
    plan_at(f, "2026-03-10 12:00");
    assert_plan(f, SEND, NONE, "2026-03-10 12:00");
    f->run.step = 2;
    f->run.due_at = FUP_TIME_NONE;
    f->run.last_step_at = f->plan.at;
    plan_at(f, "2026-03-10 12:00");
    assert_plan(f, SEND, NONE, "2026-03-11 08:00");
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_little_late_is_not_late),
        TEST(a_late_step_is_planned_again_from_now),
        TEST(a_late_step_may_be_skipped),
        TEST(what_was_missed_is_known_as_that),
        TEST(never_too_late_sends_after_any_outage),
        TEST(what_was_armed_behind_the_deadline_has_no_guard),
        TEST(overdue_steps_go_out_one_by_one),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
