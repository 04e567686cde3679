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

/* -- who leaves the line -------------------------------------------------- */

#define FEW 5

struct story {
    char texts[16][64];
    size_t n;
};

static void on_story_row(const struct fup_sim_row *row, void *arg)
{
    struct story *story = arg;
    char at[FUP_TIME_TEXT];

    if (story->n < 16) {
        (void)snprintf(
            story->texts[story->n++], sizeof story->texts[0], "%zu %s %s %s",
            row->timeline, fup_action_text(row->action),
            fup_time_format_s(row->at, at), fup_reason_text(row->reason));
    }
}

static void tell(struct fixture *f,
                 const struct fup_sim_timeline *timelines,
                 struct story *story)
{
    const struct fup_schedule *schedule = &f->schedule;
    const struct fup_sim sim = {.env = &f->env,
                                .schedules = &schedule,
                                .n_schedules = 1,
                                .until_at = FUP_TIME_NEVER,
                                .on_row = on_story_row,
                                .arg = story};

    f->schedule.n_steps = 1;
    f->schedule.cap_max = 1;
    f->schedule.cap_per_s = DAY_S;
    story->n = 0;
    assert_int_equal(fup_simulate(&sim, timelines, FEW), FUP_OK);
}

static void
assert_story(const struct story *story, const char *const *expected, size_t n)
{
    for (size_t i = 0; i < n && i < story->n; i++) {
        assert_string_equal(story->texts[i], expected[i]);
    }
    assert_int_equal(story->n, n);
}

/* Conversation 1 is answered a second time while it waits, which puts it back
 * into its place; the customer of 2 writes, and 3 is the next. */
static void who_writes_leaves_the_line_and_the_next_moves_up(void **state)
{
    const struct fup_sim_event events[] = {
        {.at = instant("2026-03-02 09:00"), .inbound = true},
        {.at = instant("2026-03-02 10:00"), .inbound = false},
        {.at = instant("2026-03-02 20:00"), .inbound = false},
        {.at = instant("2026-03-03 15:00"), .inbound = true},
    };
    static const char *const expected[] = {
        "0 send 2026-03-02T14:00:00Z ",
        "0 end 2026-03-02T14:00:00Z completed",
        "1 send 2026-03-03T14:00:00Z ",
        "1 end 2026-03-03T14:00:00Z completed",
        "2 end 2026-03-03T15:00:00Z replied",
        "3 send 2026-03-04T14:00:00Z ",
        "3 end 2026-03-04T14:00:00Z completed",
        "4 send 2026-03-05T14:00:00Z ",
        "4 end 2026-03-05T14:00:00Z completed",
    };
    struct fup_sim_timeline timelines[FEW];
    struct story story;

    for (size_t i = 0; i < FEW; i++) {
        timelines[i] =
            (struct fup_sim_timeline){.facts = {.tenant = "default",
                                                .conversation = "c",
                                                .contact = "ana",
                                                .channel = "telegram"},
                                      .events = events,
                                      .n_events = i == 2   ? 4
                                                  : i == 1 ? 3
                                                           : 2};
    }
    tell(*state, timelines, &story);
    assert_story(&story, expected, sizeof expected / sizeof expected[0]);
}

/* Two zones, two lines: the hours of each hold, the cap counts over both. */
static void zones_have_lines_of_their_own(void **state)
{
    const struct fup_sim_event events[] = {
        {.at = instant("2026-03-02 09:00"), .inbound = true},
        {.at = instant("2026-03-02 10:00"), .inbound = false},
    };
    static const char *const expected[] = {
        "0 send 2026-03-02T14:00:00Z ", "0 end 2026-03-02T14:00:00Z completed",
        "4 send 2026-03-04T00:00:00Z ", "4 end 2026-03-04T00:00:00Z completed",
        "1 send 2026-03-05T09:00:00Z ", "1 end 2026-03-05T09:00:00Z completed",
        "2 send 2026-03-06T09:00:00Z ", "2 end 2026-03-06T09:00:00Z completed",
        "3 send 2026-03-09T09:00:00Z ", "3 end 2026-03-09T09:00:00Z completed",
    };
    struct fixture *f = *state;
    struct fup_sim_timeline timelines[FEW];
    struct story story;

    set_hours(&f->schedule, 0, 4, 9 * 60, 9 * 60 + 1);
    set_hours(&f->schedule, 0, 0, 14 * 60, 14 * 60 + 1);
    for (size_t i = 0; i < FEW; i++) {
        timelines[i] = (struct fup_sim_timeline){
            .facts = {.tenant = "default",
                      .conversation = "c",
                      .contact = "ana",
                      .channel = "telegram",
                      .timezones = {i == 4 ? "Asia/Tokyo" : "UTC"},
                      .n_timezones = 1},
            .events = events,
            .n_events = 2};
    }
    tell(f, timelines, &story);
    assert_story(&story, expected, sizeof expected / sizeof expected[0]);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_crowd_goes_out_two_a_working_day_in_its_order),
        TEST(who_writes_leaves_the_line_and_the_next_moves_up),
        TEST(zones_have_lines_of_their_own),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
