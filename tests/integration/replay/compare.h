/* Simulation and reality against one another. */

#ifndef FUP_TEST_REPLAY_COMPARE_H
#define FUP_TEST_REPLAY_COMPARE_H

#include <stddef.h>

#include "expect.h"
#include "sender.h"

/* How many of each were found; all but the counts of what was looked at must be
 * zero. Each find is printed, the first few of a kind. */
struct findings {
    /* conversations without a tie */
    size_t steps;    /* sent, as simulated */
    size_t missing;  /* simulated, not sent */
    size_t extra;    /* sent or taken from the queue, not simulated */
    size_t moved;    /* sent with another due instant than simulated */
    size_t outcomes; /* that are as simulated */
    size_t unseen;   /* silences too short to have to be seen, and not seen */
    size_t wrong_outcomes;
    size_t wrong_walks; /* the walk that finds ties disagrees with simulate */
    /* all conversations */
    size_t twice;       /* a step, or a message */
    size_t after_reply; /* delivered after a reply was committed */
    size_t early;       /* fired or delivered before it was due */
    size_t strange;     /* no such step or silence */
    size_t refused;     /* taken from the queue without a permit (of ties) */
};

/* How busy the machine was, in this run. */
struct slack {
    int64_t short_us; /* silences that short need not have been seen */
    int64_t moved_s;  /* instants may be that much later */
};

/* Sorts what arrived at @s. */
void compare(const struct timeline *t,
             const struct expectation *e,
             struct sender *s,
             const struct slack *slack,
             struct findings *ret);

#endif
