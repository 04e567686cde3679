/* What holds for every plan, over random schedules, zones and instants. Each
 * case comes from its own seed; a failure prints it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#include "rules.h"
#include "slow_hours.h"

#define N_CASES UINT64_C(20000)
#define MIN_S   INT64_C(60)
#define DAY_S   INT64_C(86400)

struct world {
    struct fixture *f;
    const struct fup_zone *zones[2];
    int32_t holidays[4];
    int64_t sends[6];
    char channel[16];
    char *channels[1];
    int64_t now;
    uint64_t number;
    uint64_t seed;
};

static const char *const zone_names[] = {
    "UTC",          "Europe/Berlin",     "Australia/Lord_Howe",
    "Pacific/Apia", "America/Sao_Paulo", "America/New_York",
    "Asia/Kolkata", "Africa/Casablanca"};

#define N_ZONES (sizeof zone_names / sizeof zone_names[0])

static int64_t roll_s(struct world *w, int64_t below_s)
{
    return (int64_t)roll(&w->seed, (uint64_t)below_s);
}

static bool one_in(struct world *w, uint64_t n)
{
    return roll(&w->seed, n) == 0;
}

static void random_step(struct world *w, struct fup_step *step)
{
    step->after = (struct fup_delay){
        .days = (int32_t)roll(&w->seed, 3),
        .wall_s = one_in(w, 3) ? (int32_t)roll(&w->seed, 1440) * 60 : -1,
        .elapsed_s = roll_s(w, 10 * HOUR_S),
    };
    step->message = one_in(w, 5) ? NULL : some_message();
    step->n_outside = (size_t)roll(&w->seed, FUP_OUTSIDE_MAX + 1);
    for (size_t i = 0; i < step->n_outside; i++) {
        step->outside[i] = (enum fup_outside)roll(&w->seed, FUP_OUTSIDE_MAX);
    }
    if (one_in(w, 2)) {
        step->template_channels = (struct fup_names){w->channels, 1};
    }
}

static void random_schedule(struct world *w)
{
    struct fup_schedule *s = &w->f->schedule;

    if (!one_in(w, 4)) {
        random_hours(s, &w->seed);
    }
    if (one_in(w, 2)) {
        for (int i = 0; i < 4; i++) {
            w->holidays[i] = (int32_t)(w->now / FUP_US_PER_S / DAY_S) + i;
        }
        s->holidays = w->holidays;
        s->n_holidays = (size_t)roll(&w->seed, 5);
    }
    s->jitter_s = one_in(w, 2) ? roll_s(w, HOUR_S) : 0;
    s->min_gap_s = one_in(w, 2) ? roll_s(w, 12 * HOUR_S) : 0;
    s->max_late_s = roll_s(w, 13 * HOUR_S) - 1;
    s->late = one_in(w, 2) ? FUP_LATE_SKIP : FUP_LATE_SHIFT;
    s->cap_max = (int)roll(&w->seed, 4);
    s->cap_per_s = MIN_S + roll_s(w, 2 * DAY_S);
    for (size_t i = 0; i < s->n_steps; i++) {
        random_step(w, &s->steps[i]);
    }
}

static void random_facts(struct world *w)
{
    struct fup_facts *facts = &w->f->facts;

    facts->last_answer_at = w->now - roll_s(w, 2 * DAY_S) * FUP_US_PER_S;
    facts->last_inbound_at =
        facts->last_answer_at - roll_s(w, HOUR_S) * FUP_US_PER_S - 300000;
    facts->channel = w->channel;
    facts->n_timezones = 1 + (size_t)roll(&w->seed, 2);
    for (size_t i = 0; i < facts->n_timezones; i++) {
        facts->timezones[i] = zone_names[roll(&w->seed, N_ZONES)];
        w->zones[i] = fup_zones_get(w->f->zones, facts->timezones[i]);
    }
    if (one_in(w, 5)) {
        facts->window_ends_at = w->now + roll_s(w, DAY_S) * FUP_US_PER_S;
    }
}

static void random_run(struct world *w)
{
    struct fup_run *run = &w->f->run;
    int64_t at = w->now - 4 * DAY_S * FUP_US_PER_S;

    run->episode_at = w->f->facts.last_inbound_at;
    run->step = 1 + (int)roll(&w->seed, 3);
    if (run->step > 1) {
        run->last_step_at = w->now - roll_s(w, DAY_S) * FUP_US_PER_S;
        run->left_at = one_in(w, 3) ? w->now - roll_s(w, DAY_S) * FUP_US_PER_S
                                    : FUP_TIME_NONE;
        if (one_in(w, 4)) {
            run->left_at = w->now - roll_s(w, 5) * FUP_US_PER_S;
            run->in_hand = true;
        }
    }
    if (one_in(w, 4)) {
        run->due_at = w->now - roll_s(w, DAY_S) * FUP_US_PER_S;
    }
    if (one_in(w, 8)) {
        run->manual_at = w->now + roll_s(w, DAY_S) * FUP_US_PER_S;
    }
    if (one_in(w, 8)) {
        run->force = (unsigned)roll(&w->seed, 8);
    }
    for (int i = 0; i < 6; i++) {
        at += roll_s(w, DAY_S * 4 / 6) * FUP_US_PER_S;
        w->sends[i] = at;
    }
    /* The newest ones, or few would ever count. */
    run->n_contact_sends = (size_t)roll(&w->seed, 7);
    run->contact_sends = w->sends + 6 - run->n_contact_sends;
}

static void world_init(struct world *w, struct fixture *f, uint64_t number)
{
    static const char *const centers[] = {
        "2026-03-29 01:00", "2026-10-25 01:00", "2026-04-04 15:00",
        "2011-12-30 10:00", "2017-10-15 03:00", "2026-06-15 12:00"};

    memset(w, 0, sizeof *w);
    w->f = f;
    w->number = number;
    w->seed = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    (void)snprintf(w->channel, sizeof w->channel, "%s",
                   one_in(w, 3) ? "telegram" : "whatsapp");
    w->channels[0] = w->channel;
    w->now = instant(centers[roll(&w->seed, 6)]) +
             (roll_s(w, 6 * DAY_S) - 3 * DAY_S) * FUP_US_PER_S +
             roll_s(w, 1000000);
    fixture_reset(f);
    random_schedule(w);
    random_facts(w);
    random_run(w);
}

static void ask(const struct world *w, int64_t now, struct fup_plan *ret)
{
    memset(ret, 0, sizeof *ret);
    fup_plan_next(&w->f->env, &w->f->schedule, &w->f->facts, &w->f->run, now,
                  ret);
}

static void check(const struct world *w,
                  const struct fup_plan *plan,
                  bool ok,
                  const char *what)
{
    char at[FUP_TIME_TEXT];

    if (!ok) {
        fail_msg("case %llu: %s at %s (%s): %s", (unsigned long long)w->number,
                 fup_action_text(plan->action), fup_time_format(plan->at, at),
                 fup_reason_text(plan->reason), what);
    }
}

static int64_t window_end(const struct world *w)
{
    const struct fup_facts *facts = &w->f->facts;

    if (facts->window_ends_at != FUP_TIME_NONE) {
        return facts->window_ends_at;
    }
    return strcmp(w->channel, "whatsapp") == 0
               ? facts->last_inbound_at + DAY_S * FUP_US_PER_S
               : FUP_TIME_NEVER;
}

static size_t sends_within(const struct world *w, int64_t at)
{
    int64_t per_us = w->f->schedule.cap_per_s * FUP_US_PER_S;
    size_t n = 0;

    for (size_t i = 0; i < w->f->run.n_contact_sends; i++) {
        int64_t sent = w->f->run.contact_sends[i];

        n += sent > at - per_us && sent <= at ? 1 : 0;
    }
    return n;
}

static void check_limits(const struct world *w, const struct fup_plan *plan)
{
    const struct fup_schedule *s = &w->f->schedule;
    const struct fup_hours hours = {s, w->zones, w->f->facts.n_timezones};
    const struct fup_run *run = &w->f->run;
    int64_t base = w->f->facts.last_answer_at > run->last_step_at
                       ? w->f->facts.last_answer_at
                       : run->last_step_at;

    /* Within a second it counts as sent at its instant. */
    if (run->step > 1 && run->left_at > run->last_step_at + FUP_US_PER_S &&
        run->left_at > base) {
        base = run->left_at;
    }
    check(w, plan, plan->at >= w->now, "before now");
    check(w, plan, !run->in_hand || plan->at >= run->left_at + 3 * FUP_US_PER_S,
          "past a message that is on its way");
    check(w, plan,
          (run->force & FUP_FORCE_GAP) != 0 ||
              plan->at >= base + s->min_gap_s * FUP_US_PER_S,
          "closer than the gap");
    if (plan->action == FUP_ACTION_SKIP) {
        return;
    }
    check(w, plan,
          (run->force & FUP_FORCE_HOURS) != 0 || slow_allows(&hours, plan->at),
          "outside hours");
    check(w, plan,
          (run->force & FUP_FORCE_CAP) != 0 || s->cap_max == 0 ||
              sends_within(w, plan->at) < (size_t)s->cap_max,
          "above the cap");
    if (plan->action == FUP_ACTION_SEND) {
        int64_t guard_us = plan->at == w->now ? 0 : 600 * FUP_US_PER_S;

        check(w, plan,
              window_end(w) == FUP_TIME_NEVER ||
                  plan->at <= window_end(w) - guard_us,
              "outside the window");
        check(w, plan,
              plan->expires_at == FUP_TIME_NONE ||
                  (plan->expires_at > plan->at &&
                   plan->expires_at <= window_end(w)),
              "expires at the wrong time");
    }
}

/* -- the first and the last instant, by a slow search ---------------------- */

static bool may_send(const struct world *w, int64_t at)
{
    const struct fup_schedule *s = &w->f->schedule;
    const struct fup_hours hours = {s, w->zones, w->f->facts.n_timezones};

    return slow_allows(&hours, at) &&
           (s->cap_max == 0 || sends_within(w, at) < (size_t)s->cap_max);
}

/* Where rules 1 and 2 left the step. */
static int64_t search_began(const struct fup_plan *plan)
{
    int64_t at = FUP_TIME_NONE;

    for (size_t i = 0; i < plan->trace.n; i++) {
        if (plan->trace.moves[i].rule <= FUP_RULE_GAP) {
            at = plan->trace.moves[i].at;
        }
    }
    return at;
}

static void check_none_earlier(const struct world *w,
                               const struct fup_plan *plan)
{
    int64_t at = search_began(plan);

    check(w, plan, plan->at == at || !may_send(w, at), "was free at once");
    for (at += MIN_S * FUP_US_PER_S - at % (MIN_S * FUP_US_PER_S);
         at < plan->at; at += MIN_S * FUP_US_PER_S) {
        check(w, plan, !may_send(w, at), "an earlier minute was free");
    }
}

static void check_none_later(const struct world *w, const struct fup_plan *plan)
{
    const struct fup_hours hours = {&w->f->schedule, w->zones,
                                    w->f->facts.n_timezones};
    int64_t guard_us = 600 * FUP_US_PER_S;

    check(w, plan,
          plan->at == slow_last(&hours, window_end(w) - guard_us, plan->at),
          "could be pulled forward less");
}

/* Planned when we answer, so that nothing is late yet. */
static void a_plan_is_the_first_or_the_last_instant_there_is(void **state)
{
    struct world w;
    struct fup_plan plan;
    size_t first = 0;
    size_t last = 0;

    for (uint64_t i = 1; i <= N_CASES / 10; i++) {
        world_init(&w, *state, i);
        w.f->run.force = 0;
        w.f->run.due_at = w.f->run.manual_at = FUP_TIME_NONE;
        w.now = w.f->facts.last_answer_at;
        ask(&w, w.now, &plan);
        if (plan.at <= w.now || plan.action == FUP_ACTION_SKIP) {
            continue;
        }
        if (plan.reason == FUP_REASON_PULLED_FORWARD) {
            check_none_later(&w, &plan);
            last++;
        } else {
            check_none_earlier(&w, &plan);
            first++;
        }
    }
    print_message("%zu first, %zu last\n", first, last);
    assert_true(first > N_CASES / 30 && last > N_CASES / 400);
}

static bool is_same(const struct fup_plan *a, const struct fup_plan *b)
{
    return a->action == b->action && a->reason == b->reason &&
           a->step == b->step && a->at == b->at &&
           a->expires_at == b->expires_at;
}

static void no_plan_ever_breaks_a_limit(void **state)
{
    struct world w;
    struct fup_plan plan;

    for (uint64_t i = 1; i <= N_CASES; i++) {
        world_init(&w, *state, i);
        ask(&w, w.now, &plan);
        check(&w, &plan, plan.action != FUP_ACTION_WAIT, "waits");
        check_limits(&w, &plan);
    }
}

static void the_same_input_gives_the_same_output(void **state)
{
    struct world w;
    struct fup_plan plan;
    struct fup_plan again;

    for (uint64_t i = 1; i <= N_CASES / 4; i++) {
        world_init(&w, *state, i);
        ask(&w, w.now, &plan);
        ask(&w, w.now, &again);
        check(&w, &plan, is_same(&plan, &again), "differs");
    }
}

static void what_was_armed_is_done_at_its_instant(void **state)
{
    struct world w;
    struct fup_plan armed;
    struct fup_plan due;

    for (uint64_t i = 1; i <= N_CASES; i++) {
        world_init(&w, *state, i);
        ask(&w, w.now, &armed);
        if (armed.at == w.now) {
            continue; /* done at once, not armed */
        }
        w.f->run.due_at = armed.at;
        ask(&w, armed.at, &due);
        check(&w, &armed, is_same(&armed, &due), "was something else then");
    }
}

static void asking_in_between_moves_nothing(void **state)
{
    struct world w;
    struct fup_plan armed;
    struct fup_plan between;

    for (uint64_t i = 1; i <= N_CASES; i++) {
        world_init(&w, *state, i);
        ask(&w, w.now, &armed);
        if (armed.at == w.now) {
            continue; /* done at once, not armed */
        }
        w.f->run.due_at = armed.at;
        ask(&w, w.now + (armed.at - w.now) / 2, &between);
        check(&w, &armed, is_same(&armed, &between), "moved on the way");
    }
}

static void reached_late_it_still_breaks_no_limit(void **state)
{
    struct world w;
    struct fup_plan plan;

    for (uint64_t i = 1; i <= N_CASES; i++) {
        world_init(&w, *state, i);
        ask(&w, w.now, &plan);
        w.f->run.due_at = plan.at;
        w.now = plan.at + (one_in(&w, 2) ? roll_s(&w, 600000000)
                                         : roll_s(&w, DAY_S) * FUP_US_PER_S);
        ask(&w, w.now, &plan);
        check_limits(&w, &plan);
    }
}

static void a_reply_at_any_instant_ends_it(void **state)
{
    struct world w;
    struct fup_plan plan;

    for (uint64_t i = 1; i <= N_CASES / 4; i++) {
        world_init(&w, *state, i);
        w.f->facts.last_inbound_at =
            w.f->run.episode_at + 1 + roll_s(&w, HOUR_S);
        ask(&w, w.now, &plan);
        check(&w, &plan,
              plan.action == FUP_ACTION_END &&
                  plan.reason == FUP_REASON_REPLIED && plan.at == w.now,
              "goes on after a reply");
    }
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_plan_ever_breaks_a_limit),
        TEST(a_plan_is_the_first_or_the_last_instant_there_is),
        TEST(the_same_input_gives_the_same_output),
        TEST(what_was_armed_is_done_at_its_instant),
        TEST(asking_in_between_moves_nothing),
        TEST(reached_late_it_still_breaks_no_limit),
        TEST(a_reply_at_any_instant_ends_it),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
