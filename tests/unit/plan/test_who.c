/* Who speaks: persons of ours, other conversations, what a schedule stops at.
 */

#include <stdio.h>
#include <string.h>

#include "fixture.h"

static int reset(void **state)
{
    fixture_reset(*state);
    return 0;
}

static const char *admits(const struct fixture *f)
{
    const struct fup_schedule *only = &f->schedule;
    const struct fup_schedule *found = NULL;

    return fup_reason_text(
        fup_plan_admit(&only, 1, &f->facts, FUP_TIME_NONE, &found));
}

static void a_person_who_has_not_answered_owes_the_customer_one(void **state)
{
    struct fixture *f = *state;

    f->facts.owner = FUP_OWNER_HUMAN;
    assert_string_equal(admits(f), "handed_over");
    plan_at(f, "2026-03-02 15:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_HANDED_OVER, "never");
    /* What they wrote before the bot's last words is no answer to those. */
    f->facts.last_human_at = instant("2026-03-02 09:30");
    assert_string_equal(admits(f), "handed_over");
    plan_at(f, "2026-03-02 15:00");
    assert_plan(f, FUP_ACTION_WAIT, FUP_REASON_HANDED_OVER, "never");
}

static void a_persons_answer_anchors_anew(void **state)
{
    struct fixture *f = *state;

    f->facts.owner = FUP_OWNER_HUMAN;
    f->facts.last_answer_at = instant("2026-03-02 11:00");
    f->facts.last_human_at = f->facts.last_answer_at;
    assert_string_equal(admits(f), "");
    plan_at(f, "2026-03-02 11:00");
    assert_plan(f, FUP_ACTION_SEND, FUP_REASON_NONE, "2026-03-02 15:00");
}

static void a_bots_conversation_needs_no_person(void **state)
{
    struct fixture *f = *state;

    f->facts.owner = FUP_OWNER_BOT;
    assert_string_equal(admits(f), "");
    f->facts.owner = FUP_OWNER_NOBODY;
    assert_string_equal(admits(f), "");
}

static void a_schedule_may_stop_at_an_owner(void **state)
{
    struct fixture *f = *state;

    f->schedule.stop_when.owners = 1u << FUP_OWNER_HUMAN;
    assert_string_equal(admits(f), "");
    f->facts.owner = FUP_OWNER_HUMAN;
    f->facts.last_human_at = f->facts.last_answer_at;
    assert_string_equal(admits(f), "stopped");
    plan_at(f, "2026-03-02 11:00");
    assert_int_equal(f->plan.action, FUP_ACTION_END);
    assert_int_equal(f->plan.reason, FUP_REASON_STOPPED);
    /* Even before they have answered. */
    f->facts.last_human_at = FUP_TIME_NONE;
    plan_at(f, "2026-03-02 11:00");
    assert_int_equal(f->plan.reason, FUP_REASON_STOPPED);
}

static void any_of_its_conditions_stops_a_schedule(void **state)
{
    char done[] = "done";
    char *items[] = {done};
    const struct fup_names names = {items, 1};
    struct fup_attribute_match order = {done, {items, 1}};
    struct fixture *f = *state;
    struct fup_match *m = &f->schedule.stop_when.match;

    m->stage = names;
    assert_string_equal(admits(f), "");
    f->facts.stage = "done";
    assert_string_equal(admits(f), "stopped");
    fixture_reset(f);
    m->intent = names;
    f->facts.stage = "done";
    assert_string_equal(admits(f), "");
    f->facts.intent = "done";
    assert_string_equal(admits(f), "stopped");
    fixture_reset(f);
    m->attributes = &order;
    m->n_attributes = 1;
    f->facts.attributes = "{\"done\": \"no\"}";
    assert_string_equal(admits(f), "");
    f->facts.attributes = "{\"done\": \"done\"}";
    assert_string_equal(admits(f), "stopped");
}

static void a_newer_silence_ends_an_older_one(void **state)
{
    struct fixture *f = *state;

    f->run.superseded = true;
    plan_at(f, "2026-03-02 11:00");
    assert_int_equal(f->plan.action, FUP_ACTION_END);
    assert_int_equal(f->plan.reason, FUP_REASON_SUPERSEDED);
    f->facts.last_inbound_at = instant("2026-03-02 10:30");
    plan_at(f, "2026-03-02 11:00");
    assert_int_equal(f->plan.reason, FUP_REASON_REPLIED);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_person_who_has_not_answered_owes_the_customer_one),
        TEST(a_persons_answer_anchors_anew),
        TEST(a_bots_conversation_needs_no_person),
        TEST(a_schedule_may_stop_at_an_owner),
        TEST(any_of_its_conditions_stops_a_schedule),
        TEST(a_newer_silence_ends_an_older_one),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
