/* The conversations of one contact that wait for the contact cap, and what
 * else they share says the same to all of them: schedule and zones. They go on
 * one by one, so the line has one instant and not each of them its own.
 *
 * A conversation is its index. Who leaves early, because something happened,
 * is not looked for: the caller knows, and drops it when it comes first. */

#ifndef FUP_PLAN_SIMULATE_LINE_H
#define FUP_PLAN_SIMULATE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "plan/facts.h"
#include "plan/schedule.h"

struct fup_sim_line {
    const struct fup_schedule *schedule;
    const char *timezones[FUP_FACTS_ZONES];
    size_t n_timezones;
    int64_t at;    /* when the first may go on, or later */
    size_t *items; /* a heap: the least index is first */
    size_t n;
    size_t cap;
};

/* Whether a conversation of @schedule with @facts may stand in @line. */
bool fup_sim_line_suits(const struct fup_sim_line *line,
                        const struct fup_schedule *schedule,
                        const struct fup_facts *facts);

/* Put @index into @line; into an empty one as the first of its kind.
 *
 * Errors: FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_sim_line_push(struct fup_sim_line *line,
                  const struct fup_schedule *schedule,
                  const struct fup_facts *facts,
                  size_t index);

/* Drop the first one; there must be one. */
void fup_sim_line_pop(struct fup_sim_line *line);

#endif
