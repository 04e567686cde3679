/* The CRM of the replay: writes each message when its instant has come, and
 * opens a conversation again when the customer writes. */

#ifndef FUP_TEST_REPLAY_PLAY_H
#define FUP_TEST_REPLAY_PLAY_H

#include <stddef.h>
#include <stdint.h>

#include "timeline.h"
#include "world.h"

struct player {
    struct world *world;
    const struct timeline *timeline;
    struct message *queue; /* all messages in the order of time */
    size_t n;
    size_t next;
    int64_t *heard_at; /* of each conversation, its newest inbound message that
                          is committed; FUP_TIME_NONE: none */
    int64_t worst_us;  /* longest time from an instant to its commit */
};

/* Make the conversations of @t, which may be compressed after. */
void player_init(struct player *p, struct world *w, const struct timeline *t);

/* Take in the messages of the timeline as it is now. */
void player_fill(struct player *p);
void player_done(struct player *p);

/* Write what is due, in one transaction. */
void player_turn(struct player *p);

/* Now, as the servers' clock says. */
int64_t wall_clock(void);

#endif
