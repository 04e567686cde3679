/* What `followup simulate` says of a timeline. */

#ifndef FUP_TEST_REPLAY_EXPECT_H
#define FUP_TEST_REPLAY_EXPECT_H

#include <stddef.h>
#include <stdint.h>

#include "timeline.h"
#include "world.h"

/* A step that is sent, or (step 0) the end of an enrollment. Instants are in
 * seconds, rounded up. */
struct expected {
    size_t conversation;
    int64_t episode_s;
    int step;
    char kind[16];
    char action[16];
    char reason[32];
    int64_t at_s;
};

/* Ascending by conversation, episode, step, instant; ends are kept apart. */
struct expectation {
    struct expected *steps;
    size_t n_steps;
    struct expected *ends;
    size_t n_ends;
    int64_t last_s; /* the last instant of all */
};

/* Run it with the schedule in file @schedule. */
void expect(struct expectation *e,
            struct world *w,
            const struct timeline *t,
            const char *schedule);
void expect_done(struct expectation *e);

#endif
