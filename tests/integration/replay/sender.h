/* A sender for all channels at once, which delivers to a list. It does what
 * docs/senders.md asks for: read, permit, deliver, report, acknowledge. */

#ifndef FUP_TEST_REPLAY_SENDER_H
#define FUP_TEST_REPLAY_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "play.h"

/* One entry of a stream, as it came. */
struct arrival {
    char id[64];
    char kind[16];
    size_t conversation;
    int step;
    int64_t episode_at;
    int64_t due_at;
    int64_t fired_at;
    int64_t arrived_at;
    bool granted;     /* there was a permit: it was delivered */
    bool after_reply; /* and a newer inbound message had been committed */
};

struct sender {
    struct world *world;
    const struct player *player;
    char streams[8][64];
    size_t n_streams;
    struct arrival *arrivals;
    size_t n;
    size_t cap;
};

/* Make the streams of all channels in the timeline, with their group. */
void sender_init(struct sender *s, struct world *w, const struct player *p);
void sender_done(struct sender *s);

/* Take what is there, a few of each stream. */
void sender_turn(struct sender *s);

/* How many entries the streams hold. */
long long sender_waiting(struct sender *s);

#endif
