/* Rule 5: steps around and behind the end of a channel's window; and what
 * becomes of steps without a message. */

#include "fixture.h"

#define SEND FUP_ACTION_SEND
#define NONE FUP_REASON_NONE

static int reset(void **state)
{
    fixture_reset(*state);
    return 0;
}

/* The window ends at 09:00 on the third, its deadline is 08:50. */
static struct fixture *outside(void **state)
{
    struct fixture *f = *state;

    f->facts.channel = "whatsapp";
    f->schedule.steps[0].after = (struct fup_delay){1, -1, 0};
    return f;
}

static void a_step_on_the_deadline_is_inside(void **state)
{
    struct fixture *f = outside(state);

    f->schedule.steps[0].after = (struct fup_delay){0, -1, 82200};
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-03 08:50");
    f->schedule.steps[0].after = (struct fup_delay){0, -1, 82201};
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-03 08:50");
}

static void a_step_is_pulled_forward_to_the_deadline(void **state)
{
    struct fixture *f = outside(state);

    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-03 08:50");
    assert_instant(traced(f, FUP_RULE_WINDOW), "2026-03-03 08:50");
    assert_instant(f->plan.expires_at, "2026-03-03 09:00");
}

static void pulled_forward_is_the_last_allowed_second(void **state)
{
    struct fixture *f = outside(state);

    set_hours(&f->schedule, 0, 6, 9 * 60, 20 * 60);
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-02T19:59:59Z");
}

static void a_fraction_in_the_deadline_is_cut_off(void **state)
{
    struct fixture *f = outside(state);

    f->facts.last_inbound_at = instant("2026-03-02T09:00:00.7Z");
    f->run.episode_at = f->facts.last_inbound_at;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-03 08:50");
}

static void pulling_forward_respects_the_gap(void **state)
{
    struct fixture *f = outside(state);

    f->schedule.min_gap_s = 82200;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-03 08:50");
    f->schedule.min_gap_s = 82201;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
}

static void pulling_forward_reaches_no_further_than_now(void **state)
{
    struct fixture *f = outside(state);

    set_hours(&f->schedule, 0, 6, 9 * 60, 20 * 60);
    plan_at(f, "2026-03-02T19:59:59Z");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-02T19:59:59Z");
    plan_at(f, "2026-03-02 20:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
}

static void pulling_forward_respects_the_cap(void **state)
{
    int64_t sends[] = {instant("2026-03-02 09:30")};
    struct fixture *f = outside(state);

    f->schedule.cap_max = 1;
    f->schedule.cap_per_s = 24 * HOUR_S;
    f->run.contact_sends = sends;
    f->run.n_contact_sends = 1;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
    sends[0] = instant("2026-03-02 08:50");
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-03 08:50");
}

static void a_template_stays_at_its_instant(void **state)
{
    char name[] = "whatsapp";
    char *names[] = {name};
    struct fixture *f = outside(state);

    f->schedule.steps[0].template_channels = (struct fup_names){names, 1};
    f->schedule.min_gap_s = 23 * HOUR_S;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_TEMPLATE, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
    assert_instant(f->plan.expires_at, "2026-03-03 22:00");
    f->facts.channel = "instagram";
    f->facts.window_ends_at = instant("2026-03-03 09:00");
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
}

static void the_list_is_tried_in_its_order(void **state)
{
    struct fixture *f = outside(state);
    struct fup_step *step = &f->schedule.steps[0];

    step->outside[0] = FUP_OUTSIDE_TEMPLATE;
    step->outside[1] = FUP_OUTSIDE_TASK;
    step->outside[2] = FUP_OUTSIDE_PULL_FORWARD;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_TASK, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
    step->outside[1] = FUP_OUTSIDE_SILENT;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_SILENT, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
    assert_true(f->plan.expires_at == FUP_TIME_NONE);
    step->n_outside = 1;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
}

static void a_window_named_by_the_adapter_wins(void **state)
{
    struct fixture *f = outside(state);

    f->facts.window_ends_at = instant("2026-03-05 09:00");
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, NONE, "2026-03-03 10:00");
    f->facts.channel = "telegram";
    f->facts.window_ends_at = instant("2026-03-02 20:00");
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-02 19:50");
}

static void without_an_inbound_message_the_window_was_never_open(void **state)
{
    struct fixture *f = outside(state);

    f->facts.last_inbound_at = FUP_TIME_NONE;
    f->run.episode_at = FUP_TIME_NONE;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
}

static void a_step_without_a_message_is_silent_and_has_no_window(void **state)
{
    struct fixture *f = outside(state);

    f->schedule.steps[0].message = NULL;
    f->facts.address = NULL;
    plan_at(f, "2026-03-02 10:00");
    assert_plan(f, FUP_ACTION_SILENT, FUP_REASON_NO_MESSAGE,
                "2026-03-03 10:00");
    assert_true(f->plan.expires_at == FUP_TIME_NONE);
}

static void a_message_expires_with_its_lateness(void **state)
{
    struct fixture *f = *state;

    plan_at(f, "2026-03-02 10:00");
    assert_instant(f->plan.expires_at, "2026-03-03 02:00");
    f->schedule.max_late_s = 0;
    plan_at(f, "2026-03-02 10:00");
    assert_instant(f->plan.expires_at, "2026-03-02 14:01");
    f->schedule.max_late_s = -1;
    plan_at(f, "2026-03-02 10:00");
    assert_true(f->plan.expires_at == FUP_TIME_NONE);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_step_on_the_deadline_is_inside),
        TEST(a_step_is_pulled_forward_to_the_deadline),
        TEST(pulled_forward_is_the_last_allowed_second),
        TEST(a_fraction_in_the_deadline_is_cut_off),
        TEST(pulling_forward_respects_the_gap),
        TEST(pulling_forward_reaches_no_further_than_now),
        TEST(pulling_forward_respects_the_cap),
        TEST(a_template_stays_at_its_instant),
        TEST(the_list_is_tried_in_its_order),
        TEST(a_window_named_by_the_adapter_wins),
        TEST(without_an_inbound_message_the_window_was_never_open),
        TEST(a_step_without_a_message_is_silent_and_has_no_window),
        TEST(a_message_expires_with_its_lateness),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
