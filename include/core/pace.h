/* A pace: so many in a minute, at an even distance, and slowly at first.
 *
 * Who may not go yet is given a place, an instant at which to ask again. It is
 * no promise: others may have asked meanwhile. The pace is kept by
 * fup_pace_take() alone; places only spread those who wait, so that not all of
 * them ask at once.
 *
 * Begins at a tenth of the pace and reaches all of it in FUP_PACE_RAMP_MS; so
 * again after as long a time in which nobody waited. Pure: @now_ms is any clock
 * that goes forward; one that is set back begins anew. All zero is a pace that
 * nobody has asked for yet. */

#ifndef FUP_CORE_PACE_H
#define FUP_CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define FUP_PACE_RAMP_MS INT64_C(60000)
/* What was not used keeps for so long. */
#define FUP_PACE_BURST_MS INT64_C(1000)
/* No place is further away than that. */
#define FUP_PACE_AHEAD_MS INT64_C(600000)

struct fup_pace {
    int64_t each_us;   /* from one to the next, at the whole pace; 0: unset */
    int64_t began_ms;  /* the slow beginning */
    int64_t seen_ms;   /* the last question */
    int64_t next_us;   /* the next one may go; time since @began_ms, counted */
    int64_t places_us; /* as much as it brings on; the next place, likewise */
    int64_t held;      /* places given since the beginning */
};

/* Whether one may go at @now_ms; it is counted then. @each_us: the distance at
 * the whole pace, at least 1. */
bool fup_pace_take(struct fup_pace *pace, int64_t each_us, int64_t now_ms);

/* The time, in ms from @now_ms, after which one that may not go should ask
 * again: at least 1, at most FUP_PACE_AHEAD_MS. */
int64_t fup_pace_place(struct fup_pace *pace, int64_t now_ms);

/* Whether somebody has a place, or had one not long ago. */
bool fup_pace_is_kept(const struct fup_pace *pace, int64_t now_ms);

/* All who have places will ask anew: the next ones are at the front. */
void fup_pace_recall(struct fup_pace *pace);

#endif
