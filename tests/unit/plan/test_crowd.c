/* One contact in many conversations: each waits for its share of the contact
 * cap, for months, and none is planned anew each time that another goes. */

#include <stdio.h>
#include <string.h>

#include "fixture.h"

#include "plan/simulate.h"

#define CROWD 400
#define DAY_S INT64_C(86400)

struct crowd {
    char names[CROWD][8];
    struct fup_sim_timeline timelines[CROWD];
    size_t sent[CROWD]; /* timelines in the order of their messages */
    int64_t at[CROWD];
    size_t n;
    bool strange; /* a row that should not be */
};

static void on_row(const struct fup_sim_row *row, void *arg)
{
    struct crowd *crowd = arg;

    if (row->action == FUP_ACTION_SEND && row->reason == FUP_REASON_NONE &&
        crowd->n < CROWD) {
        crowd->sent[crowd->n] = row->timeline;
        crowd->at[crowd->n++] = row->at;
    } else if (row->action != FUP_ACTION_END) {
        crowd->strange = true;
    }
}

static int reset(void **state)
{
    fixture_reset(*state);
    return 0;
}

/* All are answered at 10:00 on Monday, the step is due at 14:00. */
static void run(struct fixture *f, struct crowd *crowd)
{
    const struct fup_sim_event events[] = {
        {.at = instant("2026-03-02 09:00"), .inbound = true},
        {.at = instant("2026-03-02 10:00"), .inbound = false},
    };
    const struct fup_schedule *schedule = &f->schedule;
    const struct fup_sim sim = {.env = &f->env,
                                .schedules = &schedule,
                                .n_schedules = 1,
                                .until_at = FUP_TIME_NEVER,
                                .on_row = on_row,
                                .arg = crowd};

    for (size_t i = 0; i < CROWD; i++) {
        (void)snprintf(crowd->names[i], sizeof crowd->names[i], "c%zu", i);
        crowd->timelines[i] =
            (struct fup_sim_timeline){.facts = {.tenant = "default",
                                                .conversation = crowd->names[i],
                                                .contact = "ana",
                                                .channel = "telegram"},
                                      .events = events,
                                      .n_events = 2};
    }
    assert_int_equal(fup_simulate(&sim, crowd->timelines, CROWD), FUP_OK);
}

static void a_crowd_goes_out_two_a_working_day_in_its_order(void **state)
{
    static struct crowd crowd;
    struct fixture *f = *state;
    int64_t monday = instant("2026-03-02 14:00");

    f->schedule.n_steps = 1;
    f->schedule.cap_max = 2;
    f->schedule.cap_per_s = DAY_S;
    f->schedule.has_hours = true;
    set_hours(&f->schedule, 0, 4, 9 * 60, 18 * 60);
    run(f, &crowd);
    assert_false(crowd.strange);
    assert_int_equal(crowd.n, CROWD);
    for (size_t i = 0; i < CROWD; i++) {
        int64_t days = (int64_t)(i / 10 * 7 + i % 10 / 2);
        /* Saturday's turn, at 14:00, waits for Monday's 09:00. */
        int64_t at = monday + days * DAY_S * FUP_US_PER_S -
                     (i < 10 ? 0 : 5 * HOUR_S * FUP_US_PER_S);

        assert_int_equal(crowd.sent[i], i);
        assert_int_equal(crowd.at[i], at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_crowd_goes_out_two_a_working_day_in_its_order,
                               reset),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
