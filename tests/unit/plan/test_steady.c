/* A plan asks for no memory once its zones have been read, neither itself nor
 * in a library. */

#include <stdlib.h>

#include "fixture.h"

#include "allocs.h"

#define N_PLANS 2000

static int32_t holidays[] = {20514, 20515};

/* Every rule has something to say in some of these. */
static void init(struct fixture *f)
{
    struct fup_schedule *s = &f->schedule;

    fixture_reset(f);
    set_hours(s, 0, 4, 9 * 60, 12 * 60);
    set_hours(s, 0, 5, 22 * 60, 2 * 60);
    s->holidays = holidays;
    s->n_holidays = 2;
    s->jitter_s = 600;
    s->min_gap_s = 4 * HOUR_S;
    s->cap_max = 2;
    s->cap_per_s = 24 * HOUR_S;
    s->steps[1].after = (struct fup_delay){1, 9 * 3600, 0};
    f->facts.channel = "whatsapp";
    f->facts.timezones[0] = "Europe/Berlin";
    f->facts.timezones[1] = "No/Zone";
    f->facts.timezones[2] = "Australia/Lord_Howe";
    f->facts.n_timezones = 3;
}

/* @n plans, each of another silence; returns how many went elsewhere than to
 * where their delay ended. */
static size_t plan_many(struct fixture *f, int n)
{
    int64_t at = instant("2026-02-20 09:00");
    size_t moved = 0;

    for (int i = 0; i < n; i++, at += 1799 * FUP_US_PER_S) {
        const int64_t sends[] = {at - 1, at};

        f->facts.last_inbound_at = at;
        f->facts.last_answer_at = at + 1;
        f->run.episode_at = at;
        f->run.step = 1 + i % 3;
        f->run.contact_sends = sends;
        f->run.n_contact_sends = 2;
        fup_plan_next(&f->env, &f->schedule, &f->facts, &f->run, at + 1,
                      &f->plan);
        moved += f->plan.trace.n > 3 ? 1 : 0;
    }
    return moved;
}

static void no_plan_asks_for_memory(void **state)
{
    struct fixture *f = *state;
    size_t before;
    size_t moved;

    init(f);
    (void)plan_many(f, 1);
    before = allocs_count();
    moved = plan_many(f, N_PLANS);
    assert_int_equal(allocs_count(), before);
    assert_in_range(moved, N_PLANS / 2, N_PLANS);
}

/* Else the other test could not fail. */
static void the_first_plan_reads_its_zones(void **state)
{
    struct fixture *f = *state;
    size_t before = allocs_count();

    init(f);
    f->facts.timezones[0] = "Africa/Cairo";
    (void)plan_many(f, 1);
    assert_true(allocs_count() > before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_plan_asks_for_memory),
        cmocka_unit_test(the_first_plan_reads_its_zones),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
