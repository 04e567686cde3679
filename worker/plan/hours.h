/* Send hours: which instants are allowed, and the next and last of them.
 *
 * An instant is allowed when, in every zone given, its local time lies in one
 * of the ranges of a day that is no holiday. */

#ifndef FUP_PLAN_HOURS_H
#define FUP_PLAN_HOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/schedule.h"
#include "plan/zone.h"

/* How far ahead an allowed instant is looked for. */
#define FUP_HOURS_REACH_US (INT64_C(31) * 86400 * INT64_C(1000000))

/* All borrowed; at least one zone. */
struct fup_hours {
    const struct fup_schedule *schedule;
    const struct fup_zone *const *zones;
    size_t n_zones;
};

/* Whether the schedule allows every instant, so that no zone matters. */
bool fup_hours_are_open(const struct fup_hours *hours);

bool fup_hours_allow(const struct fup_hours *hours, int64_t at);

/* The first allowed instant at or after @at and not after @limit, or NONE. */
int64_t
fup_hours_first(const struct fup_hours *hours, int64_t at, int64_t limit);

/* The last allowed whole second at or before @at and not before @limit, or
 * NONE. */
int64_t
fup_hours_last(const struct fup_hours *hours, int64_t at, int64_t limit);

#endif
