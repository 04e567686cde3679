/* Follow-ups that ended long ago, as the worker would have left them. */

#ifndef FUP_TEST_PAST_H
#define FUP_TEST_PAST_H

#include "world.h"

/* Conversation c<n>, followed up by enrollment <n>: enrolled, a message with
 * @status, a reply, all @days ago, under seq 3n - 2 to 3n. Their schedule
 * is the newest version. */
void past_follow_up(struct world *w, int n, int days, const char *status);

#endif
