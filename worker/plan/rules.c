/* Rules 1 to 4. What is planned falls on a whole second, rounded up, so that
 * it can be printed, compared and armed without passing a limit. */

#include "rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "zone_table.h"

#define DAY_US (INT64_C(86400) * FUP_US_PER_S)
/* A message that is sent so soon is sent at its instant. */
#define SOON_US (60 * FUP_US_PER_S)
/* Senders begin within two seconds of asking for a permit. */
#define IN_HAND_US (3 * FUP_US_PER_S)

/* For contacts without a zone, and where no zone can be read. */
static const struct fup_zone *utc(void)
{
    static int64_t start = INT64_MIN;
    static int64_t offset = 0;
    static char name[] = "UTC";
    static const struct fup_zone zone = {name, 1, &start, &offset};

    return &zone;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t ceil_s(int64_t at)
{
    int64_t rest = at % FUP_US_PER_S;

    return rest > 0 ? at + FUP_US_PER_S - rest : at - rest;
}

void fup_trace_add(struct fup_trace *trace, enum fup_rule rule, int64_t at)
{
    if (trace->n == FUP_TRACE_MAX) {
        trace->n--;
    }
    trace->moves[trace->n].rule = rule;
    trace->moves[trace->n].at = at;
    trace->n++;
}

/* Trace a move, if it is one; returns @to. */
static int64_t
move(const struct fup_placing *p, enum fup_rule rule, int64_t from, int64_t to)
{
    if (to != from) {
        fup_trace_add(p->trace, rule, to);
    }
    return to;
}

/* The contact's zones as far as they exist, else the schedule's, else UTC. */
static size_t find_zones(const struct fup_plan_env *env,
                         const struct fup_schedule *schedule,
                         const struct fup_facts *facts,
                         const struct fup_zone *ret[FUP_FACTS_ZONES])
{
    size_t n = 0;

    for (size_t i = 0; i < facts->n_timezones && i < FUP_FACTS_ZONES; i++) {
        if (facts->timezones[i] != NULL) {
            ret[n] = fup_zones_get(env->zones, facts->timezones[i]);
            n += ret[n] != NULL ? 1 : 0;
        }
    }
    if (n == 0) {
        ret[0] = schedule->timezone != NULL
                     ? fup_zones_get(env->zones, schedule->timezone)
                     : NULL;
        ret[0] = ret[0] != NULL ? ret[0] : utc();
        n = 1;
    }
    return n;
}

/* When the message of the step before was sent, where that was more than
 * @later_us after the step; else NONE. */
static int64_t sent_late(const struct fup_run *run, int64_t later_us)
{
    return run->last_step_at != FUP_TIME_NONE &&
                   run->left_at > run->last_step_at + later_us
               ? run->left_at
               : FUP_TIME_NONE;
}

/* An answer older than the customer's last message belongs to no silence of
 * ours; one at the same instant came after it. */
int64_t fup_rule_base(const struct fup_facts *facts, const struct fup_run *run)
{
    int64_t answer = facts->last_answer_at;

    if (answer < run->episode_at) {
        answer = FUP_TIME_NONE;
    }
    return later(answer, later(run->last_step_at, sent_late(run, SOON_US)));
}

/* Nothing overtakes a message that may still be on its way to the customer. */
static int64_t find_gap_end(const struct fup_placing *p)
{
    const struct fup_run *run = p->run;
    int64_t end = p->base;

    if ((run->force & FUP_FORCE_GAP) == 0) {
        end = later(end, sent_late(run, FUP_US_PER_S)) +
              p->schedule->min_gap_s * FUP_US_PER_S;
    }
    return run->in_hand ? later(end, run->left_at + IN_HAND_US) : end;
}

void fup_placing_init(struct fup_placing *ret,
                      const struct fup_plan_env *env,
                      const struct fup_schedule *schedule,
                      const struct fup_facts *facts,
                      const struct fup_run *run,
                      struct fup_trace *trace)
{
    ret->schedule = schedule;
    ret->step = &schedule->steps[run->step - 1];
    ret->facts = facts;
    ret->run = run;
    ret->hours.schedule = schedule;
    ret->hours.zones = ret->zones;
    ret->hours.n_zones = find_zones(env, schedule, facts, ret->zones);
    ret->base = fup_rule_base(facts, run);
    ret->gap_ends_at = find_gap_end(ret);
    ret->settled = FUP_TIME_NONE;
    ret->trace = trace;
    fup_rule_window(env, facts, &ret->deadline, &ret->window_ends);
    if (run->window_closed) {
        ret->deadline = FUP_TIME_NONE;
        ret->window_ends = FUP_TIME_NONE;
    }
    fup_trace_add(trace, FUP_RULE_BASE, ret->base);
}

/* Elapsed time alone asks no zone: four hours after the second 02:30 of an
 * autumn night are four hours. */
static int64_t
add_delay(const struct fup_zone *zone, const struct fup_delay *after, int64_t t)
{
    int32_t days;
    int64_t wall_us;

    if (after->days > 0 || after->wall_s >= 0) {
        fup_zone_local(zone, t, &days, &wall_us);
        if (after->wall_s >= 0) {
            wall_us = after->wall_s * FUP_US_PER_S;
        }
        t = fup_zone_instant(zone, days + after->days, wall_us);
    }
    return ceil_s(t + after->elapsed_s * FUP_US_PER_S);
}

int64_t fup_plan_after(const struct fup_plan_env *env,
                       const struct fup_schedule *schedule,
                       const struct fup_facts *facts,
                       const struct fup_delay *delay,
                       int64_t from_at)
{
    return add_delay(fup_plan_zone(env, schedule, facts), delay, from_at);
}

const struct fup_zone *fup_plan_zone(const struct fup_plan_env *env,
                                     const struct fup_schedule *schedule,
                                     const struct fup_facts *facts)
{
    const struct fup_zone *zones[FUP_FACTS_ZONES];

    (void)find_zones(env, schedule, facts, zones);
    return zones[0];
}

void fup_plan_local(const struct fup_plan_env *env,
                    const struct fup_schedule *schedule,
                    const struct fup_facts *facts,
                    int64_t at,
                    int32_t *ret_days,
                    int64_t *ret_wall_us)
{
    fup_zone_local(fup_plan_zone(env, schedule, facts), at, ret_days,
                   ret_wall_us);
}

static uint64_t hash_field(uint64_t hash, const char *text)
{
    hash = fup_fnv1a_text(hash, text != NULL ? text : "");
    return fup_fnv1a(hash, "\x1f", 1);
}

/* A hash, not a draw: a preview shows the instant that will be used. */
static int64_t jitter_us(const struct fup_placing *p)
{
    int64_t episode = p->run->episode_at;
    char number[24];
    uint64_t hash;

    if (p->schedule->jitter_s <= 0) {
        return 0;
    }
    episode = episode == FUP_TIME_NONE ? 0 : episode / FUP_US_PER_MS;
    hash = hash_field(FUP_FNV_START, p->facts->tenant);
    hash = hash_field(hash, p->facts->conversation);
    (void)snprintf(number, sizeof number, "%" PRId64, episode);
    hash = hash_field(hash, number);
    (void)snprintf(number, sizeof number, "%d", p->run->step);
    hash = fup_fnv1a_text(hash, number);
    return (int64_t)(hash % ((uint64_t)p->schedule->jitter_s + 1)) *
           FUP_US_PER_S;
}

int64_t fup_rule_delay(const struct fup_placing *p)
{
    int64_t t = p->run->manual_at;

    if (t != FUP_TIME_NONE) {
        fup_trace_add(p->trace, FUP_RULE_MANUAL, t);
        return t;
    }
    t = add_delay(p->zones[0], &p->step->after, p->base);
    fup_trace_add(p->trace, FUP_RULE_DELAY, t);
    return move(p, FUP_RULE_JITTER, t, t + jitter_us(p));
}

int64_t fup_rule_gap(const struct fup_placing *p, int64_t t)
{
    return t >= p->gap_ends_at
               ? t
               : move(p, FUP_RULE_GAP, t, ceil_s(p->gap_ends_at));
}

int64_t fup_rule_pause(const struct fup_placing *p, int64_t t)
{
    return t >= p->run->paused_until
               ? t
               : move(p, FUP_RULE_PAUSE, t, ceil_s(p->run->paused_until));
}

int64_t fup_rule_margin(const struct fup_placing *p, int64_t t)
{
    return t >= p->run->not_before
               ? t
               : move(p, FUP_RULE_MARGIN, t, ceil_s(p->run->not_before));
}

/* How many of the contact's follow-ups lie at or before @t. */
static size_t count_until(const struct fup_run *run, int64_t t)
{
    size_t low = 0;
    size_t high = run->n_contact_sends;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (run->contact_sends[mid] <= t) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

int64_t fup_rule_cap(const struct fup_placing *p, int64_t t)
{
    size_t max = p->schedule->cap_max > 0 ? (size_t)p->schedule->cap_max : 0;
    int64_t per_us = p->schedule->cap_per_s * FUP_US_PER_S;
    size_t n;

    if (max == 0 || !p->run->cap_counted ||
        (p->run->force & FUP_FORCE_CAP) != 0) {
        return t;
    }
    n = count_until(p->run, t);
    while (n >= max && p->run->contact_sends[n - max] > t - per_us) {
        t = ceil_s(p->run->contact_sends[n - max] + per_us);
        n = count_until(p->run, t);
    }
    return t;
}

static int64_t first_allowed(const struct fup_placing *p, int64_t t)
{
    if ((p->run->force & FUP_FORCE_HOURS) != 0) {
        return t;
    }
    return fup_hours_first(&p->hours, t, t + FUP_HOURS_REACH_US);
}

/* Each turn of the loop waits for one more of the contact's follow-ups to
 * leave the span, so it ends. */
int64_t fup_rule_settle(struct fup_placing *p, int64_t t)
{
    for (;;) {
        int64_t allowed = first_allowed(p, t);
        int64_t free_at;

        if (allowed == FUP_TIME_NONE) {
            p->settled = t;
            return FUP_TIME_NONE;
        }
        allowed = move(p, FUP_RULE_HOURS, t, allowed);
        free_at = fup_rule_cap(p, allowed);
        if (free_at == allowed) {
            p->settled = allowed;
            return allowed;
        }
        t = move(p, FUP_RULE_CAP, allowed, free_at);
    }
}
