/* Past conversations, compressed so that they happen within a minute, one soon
 * after the other. */

#ifndef FUP_TEST_REPLAY_TIMELINE_H
#define FUP_TEST_REPLAY_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEPS 3

/* What the schedule of the replay says: step k comes so long after the one
 * before, or after our answer. */
extern const int64_t step_after_s[STEPS];
extern const char *const step_kinds[STEPS];

struct message {
    size_t conversation;
    int64_t at; /* in whole milliseconds */
    bool inbound;
};

struct conversation {
    char id[64];
    char channel[32];
    size_t first; /* of its messages */
    size_t n;
    size_t steps; /* that are to be sent, by the walk that finds ties */
    bool whole;   /* nothing was cut off */
    bool tied;    /* a message came so near to a due instant that both answers
                     are right */
};

/* Conversations ascend by id; the messages of each are a run of @messages,
 * ascending, inbound first at one instant. */
struct timeline {
    struct conversation *conversations;
    size_t n;
    struct message *messages;
    size_t n_messages;
};

/* Read the file at @path, which must exist; ends the program when it cannot be
 * read. */
void timeline_load(struct timeline *t, const char *path);
void timeline_done(struct timeline *t);

/* Compress to 6 s a day, cut off what comes too late, and let the conversations
 * begin one after the other from @starts_at on, a whole second. */
void timeline_compress(struct timeline *t, int64_t starts_at);

/* Find which conversations have a message within @near_us of the due instant
 * of a step: before it, and not yet known when the step is judged, or after it,
 * and already known when the message is sent. */
void timeline_find_ties(struct timeline *t, int64_t near_us);

/* As CSV for `followup simulate`. */
void timeline_write(const struct timeline *t, const char *path);

/* The index of a conversation; t->n when there is none of that id. */
size_t timeline_index(const struct timeline *t, const char *id);

/* Whether the silence of @conversation that began with the inbound message of
 * @episode_s (in seconds, rounded up) was over within @short_us, before the
 * worker had to see it. */
bool timeline_is_short(const struct timeline *t,
                       size_t conversation,
                       int64_t episode_s,
                       int64_t short_us);

/* In seconds since 1970, rounded up: as simulate prints instants. */
int64_t whole_s(int64_t at);

#endif
