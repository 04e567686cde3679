/* The numbered rules of planning, one function each, over one step. */

#ifndef FUP_PLAN_RULES_H
#define FUP_PLAN_RULES_H

#include "hours.h"
#include "plan/plan.h"

/* One step being placed. All borrowed, for the length of one call. */
struct fup_placing {
    const struct fup_schedule *schedule;
    const struct fup_step *step;
    const struct fup_facts *facts;
    const struct fup_run *run;
    const struct fup_zone *zones[FUP_FACTS_ZONES]; /* the first is the best */
    struct fup_hours hours;
    int64_t base;
    int64_t gap_ends_at; /* base + min_gap, or later */
    int64_t deadline;    /* what is planned lies at or before it */
    int64_t window_ends; /* what is sent lies before it: deadline + guard */
    int64_t settled;     /* where rules 3 and 4 left the step */
    struct fup_trace *trace;
};

/* Whether anything of the schedule's stop_when holds. */
bool fup_stop_holds(const struct fup_stop_when *stop,
                    const struct fup_facts *facts);

/* The base of @run: the later of our last answer in this silence and our last
 * follow-up, NONE when there is neither. A follow-up that was sent more than a
 * minute after its step happened counts from when it was. */
int64_t fup_rule_base(const struct fup_facts *facts, const struct fup_run *run);

/* Fill @ret for the pending step. @trace gets the base. */
void fup_placing_init(struct fup_placing *ret,
                      const struct fup_plan_env *env,
                      const struct fup_schedule *schedule,
                      const struct fup_facts *facts,
                      const struct fup_run *run,
                      struct fup_trace *trace);

/* Rule 1: base + after + jitter; or the operator's instant. */
int64_t fup_rule_delay(const struct fup_placing *p);

/* Rule 2; and an operator's pause and the margin of a migration, which hold
 * like a gap. */
int64_t fup_rule_gap(const struct fup_placing *p, int64_t t);
int64_t fup_rule_pause(const struct fup_placing *p, int64_t t);
int64_t fup_rule_margin(const struct fup_placing *p, int64_t t);

/* Rules 3 and 4 in turn until both agree. NONE when no instant is allowed
 * within 31 days; @p->settled is then where the search began. */
int64_t fup_rule_settle(struct fup_placing *p, int64_t t);

/* Rule 5: @t lies behind the deadline. Sets action, reason and instant of
 * @ret. A step is pulled forward no further than @earliest, and not at all
 * when that is NEVER. */
void fup_rule_outside(const struct fup_placing *p,
                      int64_t t,
                      int64_t earliest,
                      struct fup_plan *ret);

/* The instant from @t on at which the contact's cap is no longer reached. */
int64_t fup_rule_cap(const struct fup_placing *p, int64_t t);

/* Rule 5's bounds: no window, and both are NEVER. */
void fup_rule_window(const struct fup_plan_env *env,
                     const struct fup_facts *facts,
                     int64_t *ret_deadline,
                     int64_t *ret_ends);

/* Note that @rule moved the instant to @at; what finds no room replaces the
 * last note. */
void fup_trace_add(struct fup_trace *trace, enum fup_rule rule, int64_t at);

/* Whether @text (NULL is none) is in @names. */
bool fup_names_have(const struct fup_names *names, const char *text);

#endif
