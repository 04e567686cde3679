/* A simulation in numbers: what one schedule would have done, without saying
 * to whom. */

#ifndef FUP_APP_SIMULATE_SUMMARY_H
#define FUP_APP_SIMULATE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "plan/simulate.h"

#define FUP_SUMMARY_HOURS 24

struct fup_sim_step_counts {
    size_t actions[FUP_ACTION_END]; /* by enum fup_action; no WAIT */
    size_t replied; /* enrollments that a reply ended before it */
};

/* Zeroed but for @schedule, which is borrowed, at first. */
struct fup_sim_summary {
    const struct fup_schedule *schedule;
    size_t enrollments; /* counted by the caller */
    size_t ended;
    size_t replied;
    size_t completed;
    size_t closed;
    struct fup_sim_step_counts steps[FUP_STEPS_MAX];
    size_t hours[FUP_SUMMARY_HOURS]; /* messages, by the contact's hour */
};

/* Count @row, which is of this schedule. */
void fup_sim_summary_add(struct fup_sim_summary *summary,
                         const struct fup_plan_env *env,
                         const struct fup_sim_row *row);

/* Append the @n in @summaries to @out: a JSON object, or tables with the hours
 * as bars. */
void fup_sim_summary_print(const struct fup_sim_summary *summaries,
                           size_t n,
                           bool json,
                           struct fup_buf *out);

#endif
