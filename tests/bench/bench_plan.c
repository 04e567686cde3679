/* How many plans a core makes in a second, with send hours, holidays, a
 * contact cap, jitter, a channel window and a zone, and how often each asks for
 * memory once the zone has been read. Prints one line; fails when one does. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "allocs.h"
#include "core/time.h"
#include "plan/plan.h"

#define N_PLANS 1000000

static int64_t clock_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * FUP_US_PER_S + ts.tv_nsec / 1000;
}

static void init_schedule(struct fup_schedule *s, struct fup_message_def *any)
{
    static char name[] = "bench";
    static int32_t holidays[] = {20000, 20500, 20600};

    memset(s, 0, sizeof *s);
    s->name = name;
    s->has_hours = true;
    for (int day = 0; day < 5; day++) {
        s->hours[day].n = 2;
        s->hours[day].ranges[0] = (struct fup_range){32400, 43200};
        s->hours[day].ranges[1] = (struct fup_range){50400, 72000};
    }
    s->holidays = holidays;
    s->n_holidays = 3;
    s->jitter_s = 600;
    s->min_gap_s = 14400;
    s->max_late_s = 43200;
    s->cap_max = 3;
    s->cap_per_s = 86400;
    s->n_steps = 1;
    s->steps[0].after = (struct fup_delay){1, -1, 0};
    s->steps[0].message = any;
    s->steps[0].n_outside = fup_outside_default(NULL, s->steps[0].outside);
}

static void init_facts(struct fup_facts *facts)
{
    *facts = (struct fup_facts){
        .tenant = "default",
        .conversation = "4711",
        .contact = "ana",
        .channel = "whatsapp",
        .address = "+491511234567",
        .status = FUP_STATUS_OPEN,
        .timezones = {"Europe/Berlin"},
        .n_timezones = 1,
        .window_ends_at = FUP_TIME_NONE,
        .tenant_active = true,
    };
}

/* Each plan is of another silence; the sum keeps them all. */
static int64_t run(const struct fup_plan_env *env,
                   const struct fup_schedule *schedule,
                   struct fup_facts *facts,
                   int n)
{
    int64_t at = INT64_C(1767225600) * FUP_US_PER_S; /* 2026 */
    int64_t sum = 0;

    for (int i = 0; i < n; i++, at += 30 * FUP_US_PER_S) {
        const int64_t sends[] = {at - 3 * FUP_US_PER_S, at - FUP_US_PER_S};
        const struct fup_run run = {
            .episode_at = at,
            .step = 1,
            .last_step_at = FUP_TIME_NONE,
            .due_at = FUP_TIME_NONE,
            .manual_at = FUP_TIME_NONE,
            .paused_until = FUP_TIME_NONE,
            .cap_counted = true,
            .contact_sends = sends,
            .n_contact_sends = 2,
        };
        struct fup_plan plan;

        facts->last_inbound_at = at;
        facts->last_answer_at = at + 60 * FUP_US_PER_S;
        fup_plan_next(env, schedule, facts, &run, facts->last_answer_at, &plan);
        sum += (plan.at - at) / FUP_US_PER_S;
    }
    return sum;
}

int main(void)
{
    static char whatsapp[] = "whatsapp";
    static const struct fup_channel_rule channel = {whatsapp, 86400, 600, 0};
    static max_align_t any;
    struct fup_plan_env env = {.channels = &channel, .n_channels = 1};
    struct fup_schedule schedule;
    struct fup_facts facts;
    int64_t took_us;
    int64_t sum;
    size_t allocs;

    if (fup_zones_create(&env.zones) != FUP_OK) {
        return 1;
    }
    init_schedule(&schedule, (void *)&any);
    init_facts(&facts);
    (void)run(&env, &schedule, &facts, 1);
    allocs = allocs_count();
    took_us = clock_us();
    sum = run(&env, &schedule, &facts, N_PLANS);
    took_us = clock_us() - took_us;
    allocs = allocs_count() - allocs;
    (void)printf("plans_per_s=%.0f us_per_plan=%.2f mean_wait_h=%.2f "
                 "allocations=%zu\n",
                 N_PLANS * 1e6 / (double)took_us, (double)took_us / N_PLANS,
                 (double)sum / 3600.0 / N_PLANS, allocs);
    fup_zones_free(env.zones);
    return allocs == 0 ? 0 : 1;
}
