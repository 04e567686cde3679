/* Past timelines, and what would have been sent. Rows are written as
 * "conversation step action at reason", in the order in which they come. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#include "core/buf.h"
#include "plan/simulate.h"

#define IN  true
#define OUT false

#define EVENTS(...)                                                            \
    (const struct fup_sim_event[]){__VA_ARGS__},                               \
        sizeof((const struct fup_sim_event[]){__VA_ARGS__}) /                  \
            sizeof(struct fup_sim_event)

/* What one test looks at. */
struct story {
    struct fixture *f;
    struct fup_sim_timeline timelines[4];
    size_t n;
    int64_t until_at;
    enum fup_code code;
    struct fup_buf rows;
    size_t enrollments;
    int pending;      /* of the last row */
    const char *zone; /* the contact's at the last row */
};

static struct fup_sim_event at(const char *text, bool inbound)
{
    return (struct fup_sim_event){.at = instant(text), .inbound = inbound};
}

static void on_row(const struct fup_sim_row *row, void *arg)
{
    struct story *story = arg;
    char at_text[FUP_TIME_TEXT];

    fup_buf_addf(&story->rows, "%s %d %s %s %s\n",
                 story->timelines[row->timeline].facts.conversation, row->step,
                 fup_action_text(row->action),
                 fup_time_format_s(row->at, at_text),
                 fup_reason_text(row->reason));
    if ((row->step == 0) != (row->kind == NULL)) {
        fup_buf_adds(&story->rows, "kind!\n");
    }
    story->pending = row->pending;
    story->zone = row->facts->timezones[0];
}

static void on_enroll(const struct fup_schedule *schedule, void *arg)
{
    struct story *story = arg;

    story->enrollments += schedule == &story->f->schedule;
}

static void story_init(struct story *story, struct fixture *f)
{
    *story = (struct story){.f = f, .until_at = FUP_TIME_NEVER};
    fup_buf_init(&story->rows, 100000);
}

static void add(struct story *story,
                const char *conversation,
                const char *contact,
                const struct fup_sim_event *events,
                size_t n)
{
    struct fup_sim_timeline *t = &story->timelines[story->n++];

    memset(t, 0, sizeof *t);
    t->facts.tenant = "default";
    t->facts.conversation = conversation;
    t->facts.contact = contact;
    t->facts.channel = "telegram";
    t->events = events;
    t->n_events = n;
}

static void run(struct story *story)
{
    const struct fup_schedule *schedule = &story->f->schedule;
    const struct fup_sim sim = {
        .env = &story->f->env,
        .schedules = &schedule,
        .n_schedules = 1,
        .until_at = story->until_at,
        .on_row = on_row,
        .on_enroll = on_enroll,
        .arg = story,
    };

    story->code = fup_simulate(&sim, story->timelines, story->n);
}

/* Run, compare, clean up. */
static void assert_rows(struct story *story, const char *expected)
{
    char text[2000];

    run(story);
    (void)snprintf(text, sizeof text, "%s", fup_buf_text(&story->rows));
    fup_buf_done(&story->rows);
    assert_int_equal(story->code, FUP_OK);
    assert_string_equal(text, expected);
}

static int reset(void **state)
{
    fixture_reset(*state);
    return 0;
}

static void a_silence_runs_to_its_end(void **state)
{
    struct story story;

    story_init(&story, *state);
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT)));
    assert_rows(&story, "c1 1 send 2026-03-02T14:00:00Z \n"
                        "c1 2 send 2026-03-03T10:00:00Z \n"
                        "c1 3 send 2026-03-04T10:00:00Z \n"
                        "c1 0 end 2026-03-04T10:00:00Z completed\n");
}

static void a_reply_stops_it_and_a_new_silence_is_a_new_episode(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.n_steps = 1;
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT),
               at("2026-03-02 13:59", IN), at("2026-03-02 15:00", OUT)));
    assert_rows(&story, "c1 0 end 2026-03-02T13:59:00Z replied\n"
                        "c1 1 send 2026-03-02T19:00:00Z \n"
                        "c1 0 end 2026-03-02T19:00:00Z completed\n");
}

static void
an_end_says_what_it_waited_for_and_where_the_contact_was(void **state)
{
    struct fup_sim_event moved = at("2026-03-02 13:00", OUT);
    struct story story;

    moved.timezone = "Asia/Tokyo";
    story_init(&story, *state);
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT), moved,
               at("2026-03-02 18:00", IN)));
    assert_rows(&story, "c1 1 send 2026-03-02T17:00:00Z \n"
                        "c1 0 end 2026-03-02T18:00:00Z replied\n");
    assert_int_equal(story.pending, 2);
    assert_string_equal(story.zone, "Asia/Tokyo");
    assert_int_equal(story.enrollments, 1);
}

static void enrollments_are_counted_also_without_a_row(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.until_at = instant("2026-03-02 12:00");
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT),
               at("2026-03-02 11:00", OUT)));
    assert_rows(&story, "");
    assert_int_equal(story.enrollments, 1);
}

static void a_reply_at_the_due_instant_comes_first(void **state)
{
    struct story story;

    story_init(&story, *state);
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT),
               at("2026-03-02 14:00", IN)));
    assert_rows(&story, "c1 0 end 2026-03-02T14:00:00Z replied\n");
}

static void an_answer_at_the_due_instant_anchors_anew(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.n_steps = 1;
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT),
               at("2026-03-02 14:00", OUT)));
    assert_rows(&story, "c1 1 send 2026-03-02T18:00:00Z \n"
                        "c1 0 end 2026-03-02T18:00:00Z completed\n");
}

static void after_its_end_an_episode_is_never_started_again(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.n_steps = 1;
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT),
               at("2026-03-05 10:00", OUT), at("2026-03-06 10:00", IN),
               at("2026-03-06 11:00", IN), at("2026-03-06 12:00", OUT)));
    assert_rows(&story, "c1 1 send 2026-03-02T14:00:00Z \n"
                        "c1 0 end 2026-03-02T14:00:00Z completed\n"
                        "c1 1 send 2026-03-06T16:00:00Z \n"
                        "c1 0 end 2026-03-06T16:00:00Z completed\n");
}

static void nothing_happens_without_an_answer_or_an_inbound(void **state)
{
    struct story story;

    story_init(&story, *state);
    add(&story, "c1", "ana", EVENTS(at("2026-03-02 09:00", IN)));
    add(&story, "c2", "ben", EVENTS(at("2026-03-02 09:00", OUT)));
    add(&story, "c3", "cem", NULL, 0);
    assert_rows(&story, "");
}

static void an_answer_alone_may_be_enough_for_a_schedule(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.require_inbound = false;
    story.f->schedule.n_steps = 1;
    add(&story, "c2", "ben",
        EVENTS(at("2026-03-02 09:00", OUT), at("2026-03-05 09:00", OUT)));
    assert_rows(&story, "c2 1 send 2026-03-02T13:00:00Z \n"
                        "c2 0 end 2026-03-02T13:00:00Z completed\n");
}

static void the_cap_counts_over_a_contacts_conversations(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.n_steps = 1;
    story.f->schedule.cap_max = 1;
    story.f->schedule.cap_per_s = 24 * HOUR_S;
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT)));
    add(&story, "c2", "ben",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT)));
    add(&story, "c3", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 09:59", OUT)));
    assert_rows(&story, "c3 1 send 2026-03-02T13:59:00Z \n"
                        "c3 0 end 2026-03-02T13:59:00Z completed\n"
                        "c1 1 send 2026-03-03T13:59:00Z \n"
                        "c1 0 end 2026-03-03T13:59:00Z completed\n"
                        "c2 1 send 2026-03-02T14:00:00Z \n"
                        "c2 0 end 2026-03-02T14:00:00Z completed\n");
}

static void equal_instants_take_timelines_in_their_order(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.n_steps = 1;
    story.f->schedule.cap_max = 1;
    story.f->schedule.cap_per_s = HOUR_S;
    for (int i = 0; i < 4; i++) {
        static const char *const names[] = {"c1", "c2", "c3", "c4"};
        static struct fup_sim_event events[2];

        events[0] = at("2026-03-02 09:00", IN);
        events[1] = at("2026-03-02 10:00", OUT);
        add(&story, names[i], "ana", events, 2);
    }
    assert_rows(&story, "c1 1 send 2026-03-02T14:00:00Z \n"
                        "c1 0 end 2026-03-02T14:00:00Z completed\n"
                        "c2 1 send 2026-03-02T15:00:00Z \n"
                        "c2 0 end 2026-03-02T15:00:00Z completed\n"
                        "c3 1 send 2026-03-02T16:00:00Z \n"
                        "c3 0 end 2026-03-02T16:00:00Z completed\n"
                        "c4 1 send 2026-03-02T17:00:00Z \n"
                        "c4 0 end 2026-03-02T17:00:00Z completed\n");
}

static void same_contact_of_another_tenant_is_another_person(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.n_steps = 1;
    story.f->schedule.cap_max = 1;
    story.f->schedule.cap_per_s = 24 * HOUR_S;
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT)));
    add(&story, "c2", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT)));
    story.timelines[1].facts.tenant = "other";
    assert_rows(&story, "c1 1 send 2026-03-02T14:00:00Z \n"
                        "c1 0 end 2026-03-02T14:00:00Z completed\n"
                        "c2 1 send 2026-03-02T14:00:00Z \n"
                        "c2 0 end 2026-03-02T14:00:00Z completed\n");
}

static void the_window_pulls_forward_then_is_silent(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.min_gap_s = 4 * HOUR_S;
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT)));
    story.timelines[0].facts.channel = "whatsapp";
    assert_rows(&story, "c1 1 send 2026-03-02T14:00:00Z \n"
                        "c1 2 send 2026-03-03T08:50:00Z pulled_forward\n"
                        "c1 3 silent 2026-03-04T08:50:00Z window_closed\n"
                        "c1 0 end 2026-03-04T08:50:00Z completed\n");
}

/* To the letter of the rule: who wants them apart sets min_gap. */
static void without_a_gap_pulled_steps_meet_at_the_deadline(void **state)
{
    struct story story;

    story_init(&story, *state);
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT)));
    story.timelines[0].facts.channel = "whatsapp";
    assert_rows(&story, "c1 1 send 2026-03-02T14:00:00Z \n"
                        "c1 2 send 2026-03-03T08:50:00Z pulled_forward\n"
                        "c1 3 send 2026-03-03T08:50:00Z pulled_forward\n"
                        "c1 0 end 2026-03-03T08:50:00Z completed\n");
}

static void steps_without_message_or_time_have_their_reason(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.n_steps = 1;
    story.f->schedule.steps[0].message = NULL;
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT)));
    assert_rows(&story, "c1 1 silent 2026-03-02T14:00:00Z no_message\n"
                        "c1 0 end 2026-03-02T14:00:00Z completed\n");
    story.f->schedule.has_hours = true;
    assert_rows(&story, "c1 1 skip 2026-03-02T14:00:00Z no_allowed_time\n"
                        "c1 0 end 2026-03-02T14:00:00Z completed\n");
}

static void until_cuts_it_without_an_end(void **state)
{
    struct story story;

    story_init(&story, *state);
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT)));
    story.until_at = instant("2026-03-03 10:00");
    assert_rows(&story, "c1 1 send 2026-03-02T14:00:00Z \n"
                        "c1 2 send 2026-03-03T10:00:00Z \n");
    story.until_at = instant("2026-03-03 09:59");
    assert_rows(&story, "c1 1 send 2026-03-02T14:00:00Z \n");
}

static void closing_half_way_ends_it_until_the_customer_writes(void **state)
{
    struct story story;

    story_init(&story, *state);
    story.f->schedule.n_steps = 2;
    story.f->schedule.steps[0].close = true;
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT),
               at("2026-03-03 09:00", IN), at("2026-03-03 10:00", OUT)));
    assert_rows(&story, "c1 1 send 2026-03-02T14:00:00Z \n"
                        "c1 0 end 2026-03-02T14:00:00Z closed\n"
                        "c1 1 send 2026-03-03T14:00:00Z \n"
                        "c1 0 end 2026-03-03T14:00:00Z closed\n");
}

static void what_a_timeline_learns_holds_from_there_on(void **state)
{
    char booking[] = "booking";
    char *items[] = {booking};
    struct fup_sim_event events[] = {
        at("2026-03-02 09:00", IN), at("2026-03-02 10:00", OUT),
        at("2026-03-03 09:00", IN), at("2026-03-03 10:00", OUT)};
    struct story story;

    events[2].intent = "booking";
    events[2].timezone = "Asia/Tokyo";
    story_init(&story, *state);
    story.f->schedule.n_steps = 1;
    story.f->schedule.match.intent = (struct fup_names){items, 1};
    story.f->schedule.steps[0].after = (struct fup_delay){1, 34200, 0};
    add(&story, "c1", "ana", events, 4);
    assert_rows(&story, "c1 1 send 2026-03-04T00:30:00Z \n"
                        "c1 0 end 2026-03-04T00:30:00Z completed\n");
}

static void a_timeline_out_of_order_is_refused(void **state)
{
    struct story story;

    story_init(&story, *state);
    add(&story, "c1", "ana",
        EVENTS(at("2026-03-02 10:00", OUT), at("2026-03-02 10:00", IN)));
    run(&story);
    assert_int_equal(story.code, FUP_EINVAL);
    story.timelines[0].n_events = 1;
    run(&story);
    assert_int_equal(story.code, FUP_OK);
    fup_buf_done(&story.rows);
}

static void no_timelines_are_fine(void **state)
{
    struct story story;

    story_init(&story, *state);
    assert_rows(&story, "");
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_silence_runs_to_its_end),
        TEST(a_reply_stops_it_and_a_new_silence_is_a_new_episode),
        TEST(an_end_says_what_it_waited_for_and_where_the_contact_was),
        TEST(enrollments_are_counted_also_without_a_row),
        TEST(a_reply_at_the_due_instant_comes_first),
        TEST(an_answer_at_the_due_instant_anchors_anew),
        TEST(after_its_end_an_episode_is_never_started_again),
        TEST(nothing_happens_without_an_answer_or_an_inbound),
        TEST(an_answer_alone_may_be_enough_for_a_schedule),
        TEST(the_cap_counts_over_a_contacts_conversations),
        TEST(equal_instants_take_timelines_in_their_order),
        TEST(same_contact_of_another_tenant_is_another_person),
        TEST(the_window_pulls_forward_then_is_silent),
        TEST(without_a_gap_pulled_steps_meet_at_the_deadline),
        TEST(steps_without_message_or_time_have_their_reason),
        TEST(until_cuts_it_without_an_end),
        TEST(closing_half_way_ends_it_until_the_customer_writes),
        TEST(what_a_timeline_learns_holds_from_there_on),
        TEST(a_timeline_out_of_order_is_refused),
        TEST(no_timelines_are_fine),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
