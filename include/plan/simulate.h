/* What a set of schedules would have done on past conversations.
 *
 * Pure: the clock is that of the timelines. Conversations of one contact run
 * side by side in the order of time, since the contact cap counts over all of
 * them; at one instant inbound messages come first, then outbound ones, then
 * timers, each in the order of the timelines. Simulated messages change no
 * reply and are no answers of ours. The hold-out is not simulated. */

#ifndef FUP_PLAN_SIMULATE_H
#define FUP_PLAN_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "plan/plan.h"

/* One message of a timeline. An inbound one opens a closed conversation; an
 * outbound one is an answer of ours. What is not NULL holds from here on. */
struct fup_sim_event {
    int64_t at;
    bool inbound;
    const char *channel;
    const char *timezone;
    const char *locale;
    const char *intent;
    const char *stage;
};

/* One conversation. @facts gives its names (@contact NULL: the conversation
 * is its own contact), and its texts to begin with; all else in it is set by
 * the simulation. @events ascend by @at, inbound ones first
 * where that is equal. Borrowed. */
struct fup_sim_timeline {
    struct fup_facts facts;
    const struct fup_sim_event *events;
    size_t n_events;
};

/* Something that would have happened: a step, or the end of an enrollment. */
struct fup_sim_row {
    size_t timeline; /* index of its timeline */
    const struct fup_schedule *schedule;
    int64_t episode_at; /* NONE when there was no inbound message */
    int step;           /* 0 for END */
    const char *kind;   /* NULL for END */
    int pending;        /* the step it was at, for END too; past the last one
                           when all have happened */
    enum fup_action action;
    int64_t at;
    enum fup_reason reason;
    const struct fup_facts *facts; /* as they were then; gone like the row */
};

/* Called for each row, in the order of time within one contact; not sorted
 * otherwise. @row is gone when it returns. */
typedef void (*fup_sim_row_cb)(const struct fup_sim_row *row, void *arg);

/* Called for each enrollment as it begins, before its rows. */
typedef void (*fup_sim_enroll_cb)(const struct fup_schedule *schedule,
                                  void *arg);

struct fup_sim {
    const struct fup_plan_env *env;
    const struct fup_schedule *const *schedules;
    size_t n_schedules;
    int64_t until_at; /* the last instant; NEVER: to the end */
    fup_sim_row_cb on_row;
    fup_sim_enroll_cb on_enroll; /* may be NULL */
    void *arg;
};

/* Run all of @timelines, each enrollment to its end or to @sim->until_at; what
 * then still waits has no END row.
 *
 * Errors: FUP_EINVAL  the events of a timeline are out of order; no row.
 *         FUP_ENOMEM  rows are missing. */
FUP_MUST_CHECK enum fup_code
fup_simulate(const struct fup_sim *sim,
             const struct fup_sim_timeline *timelines,
             size_t n);

#endif
