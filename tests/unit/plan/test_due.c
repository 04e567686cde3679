/* What is asked again: ends, holds, and a step that has come due. */

#include "fixture.h"

#define SEND FUP_ACTION_SEND
#define NONE FUP_REASON_NONE

static int reset(void **state)
{
    fixture_reset(*state);
    return 0;
}

/* -- ends ---------------------------------------------------------------- */

static void a_conversation_that_is_gone_ends(void **state)
{
    struct fixture *f = *state;

    fup_plan_next(&f->env, &f->schedule, NULL, &f->run,
                  instant("2026-03-02 11:00"), &f->plan);
    assert_plan(f, FUP_ACTION_END, FUP_REASON_GONE, "2026-03-02 11:00");
    assert_int_equal(f->plan.step, 0);
}

static void a_reply_at_the_due_instant_ends(void **state)
{
    struct fixture *f = *state;

    f->run.due_at = instant("2026-03-02 14:00");
    f->facts.last_inbound_at = f->run.due_at;
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_END, FUP_REASON_REPLIED, "2026-03-02 14:00");
}

static void a_first_message_ends_an_episode_without_one(void **state)
{
    struct fixture *f = *state;

    f->run.episode_at = FUP_TIME_NONE;
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, FUP_ACTION_END, FUP_REASON_REPLIED, "2026-03-02 11:00");
}

static void closing_and_opting_out_end_with_their_own_words(void **state)
{
    struct fixture *f = *state;

    f->facts.status = FUP_STATUS_CLOSED;
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, FUP_ACTION_END, FUP_REASON_CLOSED, "2026-03-02 11:00");
    f->facts.opted_out = true;
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, FUP_ACTION_END, FUP_REASON_OPTED_OUT, "2026-03-02 11:00");
    f->facts.last_inbound_at = instant("2026-03-02 10:30");
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, FUP_ACTION_END, FUP_REASON_REPLIED, "2026-03-02 11:00");
}

static void after_the_last_step_it_is_completed(void **state)
{
    struct fixture *f = *state;

    f->run.step = 4;
    plan_at(f, "2026-03-05 11:00");
    assert_plan(f, FUP_ACTION_END, FUP_REASON_COMPLETED, "2026-03-05 11:00");
    f->facts.status = FUP_STATUS_CLOSED; /* by our own close-out */
    plan_at(f, "2026-03-05 11:00");
    assert_plan(f, FUP_ACTION_END, FUP_REASON_COMPLETED, "2026-03-05 11:00");
}

/* -- holds --------------------------------------------------------------- */

static void what_may_change_is_waited_for(void **state)
{
    struct fixture *f = *state;

    f->facts.address = "";
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_NO_ADDRESS, "never");
    f->facts.last_answer_at = FUP_TIME_NONE;
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_NO_ANSWER, "never");
    f->facts.status = FUP_STATUS_UNKNOWN;
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_STATUS_UNKNOWN, "never");
    f->facts.status = FUP_STATUS_SNOOZED;
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_SNOOZED, "never");
    f->run.held = true;
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_HELD, "never");
    f->schedule.mode = FUP_MODE_OFF;
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_SCHEDULE_OFF, "never");
    f->facts.tenant_active = false;
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_TENANT_INACTIVE, "never");
    assert_int_equal(f->plan.step, 1);
}

static void an_answer_before_the_last_inbound_is_no_silence(void **state)
{
    struct fixture *f = *state;

    f->facts.last_answer_at = instant("2026-03-02 08:59");
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_NO_ANSWER, "never");
    f->facts.last_answer_at = instant("2026-03-02 09:00");
    plan_at(f, "2026-03-02 09:00");
    assert_plan(f, SEND, NONE, "2026-03-02 13:00");
}

static void a_pause_holds_until_its_end(void **state)
{
    struct fixture *f = *state;

    f->run.paused_until = instant("2026-03-04 08:00");
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_PAUSED, "2026-03-04 08:00");
    f->run.paused_until = FUP_TIME_NEVER;
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_PAUSED, "never");
}

static void a_step_is_not_late_for_having_been_paused(void **state)
{
    struct fixture *f = *state;

    f->schedule.late = FUP_LATE_SKIP;
    f->run.paused_until = instant("2026-03-04 08:00");
    plan_at(f, "2026-03-04 08:00");
    assert_plan(f, SEND, NONE, "2026-03-04 08:00");
    assert_instant(traced(f, FUP_RULE_PAUSE), "2026-03-04 08:00");
}

/* -- due ----------------------------------------------------------------- */

static void a_due_step_is_done_now(void **state)
{
    struct fixture *f = *state;

    f->run.due_at = instant("2026-03-02 14:00");
    plan_at(f, "2026-03-02T14:00:00.007Z");
    assert_plan(f, SEND, NONE, "2026-03-02T14:00:00.007Z");
}

static void a_plan_that_moved_does_not_send(void **state)
{
    struct fixture *f = *state;

    f->run.due_at = instant("2026-03-02 14:00");
    f->facts.last_answer_at = instant("2026-03-02 11:00");
    plan_at(f, "2026-03-02T14:00:00.007Z");
    assert_plan(f, SEND, NONE, "2026-03-02 15:00");
}

static void hours_must_hold_at_the_real_now(void **state)
{
    struct fixture *f = *state;

    set_hours(&f->schedule, 0, 4, 9 * 60, 14 * 60 + 1);
    f->run.due_at = instant("2026-03-02 14:00");
    plan_at(f, "2026-03-02T14:00:59.999Z");
    assert_plan(f, SEND, NONE, "2026-03-02T14:00:59.999Z");
    plan_at(f, "2026-03-02 14:01");
    assert_plan(f, SEND, NONE, "2026-03-03 09:00");
    /* reached at its new instant it is not late, though its first one is */
    f->schedule.max_late_s = HOUR_S;
    f->schedule.late = FUP_LATE_SKIP;
    f->run.due_at = instant("2026-03-03 09:00");
    plan_at(f, "2026-03-03T09:00:00.003Z");
    assert_plan(f, SEND, NONE, "2026-03-03T09:00:00.003Z");
}

static void what_had_no_time_may_find_one_later(void **state)
{
    int32_t holidays[33];
    struct fixture *f = *state;

    for (int i = 0; i < 33; i++) {
        holidays[i] = fup_days_from_civil(2026, 3, 2) + i;
    }
    f->schedule.holidays = holidays;
    f->schedule.n_holidays = 33;
    f->schedule.max_late_s = -1;
    f->run.due_at = instant("2026-03-02 14:00");
    plan_at(f, "2026-03-02 14:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_NO_ALLOWED_TIME,
                "2026-03-02 14:00");
    plan_at(f, "2026-03-02T14:00:00.1Z");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_NO_ALLOWED_TIME,
                "2026-03-02T14:00:00.1Z");
    plan_at(f, "2026-03-04 01:00");
    assert_plan(f, SEND, NONE, "2026-04-04 00:00");
}

static void the_cap_must_hold_at_the_real_now(void **state)
{
    int64_t sends[] = {instant("2026-03-02 13:59")};
    struct fixture *f = *state;

    f->schedule.cap_max = 1;
    f->schedule.cap_per_s = 24 * HOUR_S;
    f->run.contact_sends = sends;
    f->run.n_contact_sends = 1;
    f->run.due_at = instant("2026-03-02 14:00");
    plan_at(f, "2026-03-02T14:00:00.007Z");
    assert_plan(f, SEND, NONE, "2026-03-03 13:59");
    f->schedule.steps[0].message = NULL;
    plan_at(f, "2026-03-02T14:00:00.007Z");
    assert_plan(f, FUP_ACTION_SILENT, FUP_REASON_NO_MESSAGE,
                "2026-03-03 13:59");
}

/* The window ends at 09:00 on the third, its deadline is 08:50; the step
 * would be at 10:00. */
static struct fixture *pulled(void **state)
{
    struct fixture *f = *state;

    f->facts.channel = "whatsapp";
    f->schedule.steps[0].after = (struct fup_delay){1, -1, 0};
    f->run.due_at = instant("2026-03-03 08:50");
    return f;
}

static void a_step_pulled_forward_may_use_the_guard(void **state)
{
    struct fixture *f = pulled(state);

    plan_at(f, "2026-03-03T08:50:00.012Z");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-03T08:50:00.012Z");
    plan_at(f, "2026-03-03T08:59:59.999Z");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-03T08:59:59.999Z");
    assert_instant(f->plan.expires_at, "2026-03-03 09:00");
}

static void a_missed_window_takes_the_rest_of_the_list(void **state)
{
    struct fixture *f = pulled(state);

    plan_at(f, "2026-03-03 09:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
    plan_at(f, "2026-03-03 11:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 11:00");
}

static void a_step_pulled_forward_out_of_hours_is_not_sent(void **state)
{
    struct fixture *f = pulled(state);

    set_hours(&f->schedule, 0, 6, 9 * 60, 20 * 60);
    f->run.due_at = instant("2026-03-02T19:59:59Z");
    plan_at(f, "2026-03-02T19:59:59.5Z");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-02T19:59:59.5Z");
    plan_at(f, "2026-03-02 20:00");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 10:00");
}

static void a_plain_step_may_use_the_guard_too(void **state)
{
    struct fixture *f = pulled(state);

    f->schedule.steps[0].after = (struct fup_delay){0, -1, 82200};
    plan_at(f, "2026-03-03T08:55:00Z");
    assert_plan(f, SEND, NONE, "2026-03-03T08:55:00Z");
    plan_at(f, "2026-03-03T09:00:00Z");
    assert_plan(f, FUP_ACTION_SKIP, FUP_REASON_WINDOW_CLOSED,
                "2026-03-03 09:00");
}

static void a_late_step_finds_the_window_closed(void **state)
{
    char name[] = "whatsapp";
    char *names[] = {name};
    struct fixture *f = pulled(state);

    f->schedule.steps[0].template_channels = (struct fup_names){names, 1};
    plan_at(f, "2026-03-04 10:00");
    assert_plan(f, FUP_ACTION_TEMPLATE, FUP_REASON_WINDOW_CLOSED,
                "2026-03-04 10:00");
}

/* -- the operator -------------------------------------------------------- */

static void an_operator_names_the_instant(void **state)
{
    struct fixture *f = *state;

    f->schedule.jitter_s = 600;
    f->run.manual_at = instant("2026-03-02 12:34");
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, SEND, FUP_REASON_OPERATOR, "2026-03-02 12:34");
    assert_instant(traced(f, FUP_RULE_MANUAL), "2026-03-02 12:34");
    assert_true(traced(f, FUP_RULE_DELAY) == FUP_TIME_NONE);
}

static void hours_move_the_operators_instant_unless_forced(void **state)
{
    struct fixture *f = *state;

    set_hours(&f->schedule, 0, 6, 9 * 60, 12 * 60);
    f->run.manual_at = instant("2026-03-02 12:34");
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, SEND, FUP_REASON_OPERATOR, "2026-03-03 09:00");
    assert_instant(traced(f, FUP_RULE_HOURS), "2026-03-03 09:00");
    f->run.force = FUP_FORCE_CAP;
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, SEND, FUP_REASON_OPERATOR, "2026-03-03 09:00");
    f->run.force = FUP_FORCE_HOURS;
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, SEND, FUP_REASON_OPERATOR, "2026-03-02 12:34");
}

static void the_cap_moves_the_operators_instant_unless_forced(void **state)
{
    int64_t sends[] = {instant("2026-03-02 12:00")};
    struct fixture *f = *state;

    f->schedule.cap_max = 1;
    f->schedule.cap_per_s = 2 * HOUR_S;
    f->run.contact_sends = sends;
    f->run.n_contact_sends = 1;
    f->run.manual_at = instant("2026-03-02 12:34");
    f->run.force = FUP_FORCE_HOURS;
    plan_at(f, "2026-03-02 12:10");
    assert_plan(f, SEND, FUP_REASON_OPERATOR, "2026-03-02 14:00");
    f->run.force = FUP_FORCE_CAP;
    plan_at(f, "2026-03-02 12:10");
    assert_plan(f, SEND, FUP_REASON_OPERATOR, "2026-03-02 12:34");
}

static void no_operator_overrides_gap_window_or_reply(void **state)
{
    struct fixture *f = pulled(state);

    f->run.force = FUP_FORCE_HOURS | FUP_FORCE_CAP;
    f->schedule.min_gap_s = 4 * HOUR_S;
    f->run.manual_at = instant("2026-03-02 11:00");
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, SEND, FUP_REASON_OPERATOR, "2026-03-02 14:00");
    f->run.manual_at = instant("2026-03-03 12:00");
    f->run.due_at = FUP_TIME_NONE;
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-03 08:50");
    f->facts.last_inbound_at = instant("2026-03-02 10:30");
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, FUP_ACTION_END, FUP_REASON_REPLIED, "2026-03-02 11:00");
}

static void forced_hours_pull_forward_to_the_deadline(void **state)
{
    struct fixture *f = pulled(state);

    set_hours(&f->schedule, 0, 6, 9 * 60, 20 * 60);
    f->run.force = FUP_FORCE_HOURS;
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, SEND, FUP_REASON_PULLED_FORWARD, "2026-03-03 08:50");
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_conversation_that_is_gone_ends),
        TEST(a_reply_at_the_due_instant_ends),
        TEST(a_first_message_ends_an_episode_without_one),
        TEST(closing_and_opting_out_end_with_their_own_words),
        TEST(after_the_last_step_it_is_completed),
        TEST(what_may_change_is_waited_for),
        TEST(an_answer_before_the_last_inbound_is_no_silence),
        TEST(a_pause_holds_until_its_end),
        TEST(a_step_is_not_late_for_having_been_paused),
        TEST(a_due_step_is_done_now),
        TEST(a_plan_that_moved_does_not_send),
        TEST(hours_must_hold_at_the_real_now),
        TEST(what_had_no_time_may_find_one_later),
        TEST(the_cap_must_hold_at_the_real_now),
        TEST(a_step_pulled_forward_may_use_the_guard),
        TEST(a_missed_window_takes_the_rest_of_the_list),
        TEST(a_step_pulled_forward_out_of_hours_is_not_sent),
        TEST(a_plain_step_may_use_the_guard_too),
        TEST(a_late_step_finds_the_window_closed),
        TEST(an_operator_names_the_instant),
        TEST(hours_move_the_operators_instant_unless_forced),
        TEST(the_cap_moves_the_operators_instant_unless_forced),
        TEST(no_operator_overrides_gap_window_or_reply),
        TEST(forced_hours_pull_forward_to_the_deadline),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
