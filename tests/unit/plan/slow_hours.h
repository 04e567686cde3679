/* Send hours the slow way, from local times alone: what the fast search has
 * to agree with. */

#ifndef FUP_TESTS_PLAN_SLOW_HOURS_H
#define FUP_TESTS_PLAN_SLOW_HOURS_H

#include "hours.h"

bool slow_allows(const struct fup_hours *h, int64_t at);

/* Minute by minute; ranges and offsets are whole minutes. */
int64_t slow_first(const struct fup_hours *h, int64_t at, int64_t limit);
int64_t slow_last(const struct fup_hours *h, int64_t at, int64_t limit);

/* Up to two ranges a day, at any minute. */
void random_hours(struct fup_schedule *s, uint64_t *seed);

#endif
