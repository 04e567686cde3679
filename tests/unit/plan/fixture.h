/* A schedule, a conversation and a run that the tests of planning begin with:
 * WhatsApp, UTC, three steps with messages after 4h, 20h and 1d; the customer
 * wrote at 09:00, we answered at 10:00 on 2026-03-02, a Monday. */

#ifndef FUP_TESTS_PLAN_FIXTURE_H
#define FUP_TESTS_PLAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan/plan.h"

#define HOUR_S INT64_C(3600)

struct fixture {
    struct fup_zones *zones;
    struct fup_channel_rule channels[2];
    struct fup_plan_env env;
    struct fup_schedule schedule;
    struct fup_facts facts;
    struct fup_run run;
    struct fup_plan plan; /* the last answer */
};

int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* Put schedule, facts and run back to the beginning. */
void fixture_reset(struct fixture *f);

/* The instant in @text, in UTC; "2026-03-02 10:00" and RFC 3339. */
int64_t instant(const char *text);

/* A number in [0, @below); @seed is never 0. */
uint64_t roll(uint64_t *seed, uint64_t below);

/* Give the days from @first to @last (0 is Monday) one range, in minutes. */
void set_hours(struct fup_schedule *schedule,
               int first,
               int last,
               int from_min,
               int to_min);

/* Something that is not NULL; nobody looks inside. */
struct fup_message_def *some_message(void);

/* Plan at @now; the answer is in f->plan. */
void plan_at(struct fixture *f, const char *now);

/* What f->plan says. */
void assert_plan(const struct fixture *f,
                 enum fup_action action,
                 enum fup_reason reason,
                 const char *at);

/* Whether @rule moved the instant, and to where last (NONE: it did not). */
int64_t traced(const struct fixture *f, enum fup_rule rule);

void assert_instant(int64_t at, const char *expected);

#endif
