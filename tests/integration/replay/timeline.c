#include "timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/timelines.h"
#include "core/time.h"

#define DAY_S     INT64_C(86400)
#define DAY_IS_S  6
#define STARTS_MS 14000
#define CUT_MS    42000

const int64_t step_after_s[STEPS] = {1, 2, 3};
const char *const step_kinds[STEPS] = {"check_in", "last_call", "close_out"};

int64_t whole_s(int64_t at)
{
    return (at + FUP_US_PER_S - 1) / FUP_US_PER_S;
}

static void *must(void *memory)
{
    if (memory == NULL) {
        (void)fprintf(stderr, "replay: no memory\n");
        abort();
    }
    return memory;
}

/* --- reading ---------------------------------------------------------------
 */

static void take(struct timeline *t, const struct fup_sim_timeline *from)
{
    struct conversation *c = &t->conversations[t->n];

    *c = (struct conversation){.first = t->n_messages, .n = from->n_events};
    (void)snprintf(c->id, sizeof c->id, "%s", from->facts.conversation);
    (void)snprintf(c->channel, sizeof c->channel, "%s",
                   from->events[0].channel);
    for (size_t i = 0; i < from->n_events; i++) {
        t->messages[t->n_messages++] = (struct message){
            .conversation = t->n,
            .at = from->events[i].at,
            .inbound = from->events[i].inbound,
        };
    }
    t->n++;
}

void timeline_load(struct timeline *t, const char *path)
{
    struct fup_timelines from;
    struct fup_problems problems;
    size_t n = 0;

    fup_problems_init(&problems);
    if (fup_timelines_load(path, &from, &problems) != FUP_OK) {
        (void)fprintf(stderr, "replay: %s cannot be read\n", path);
        abort();
    }
    for (size_t i = 0; i < from.n; i++) {
        n += from.items[i].n_events;
    }
    *t = (struct timeline){0};
    t->conversations = must(calloc(from.n + 1, sizeof *t->conversations));
    t->messages = must(calloc(n + 1, sizeof *t->messages));
    for (size_t i = 0; i < from.n; i++) {
        take(t, &from.items[i]);
    }
    fup_timelines_done(&from);
    fup_problems_done(&problems);
}

void timeline_done(struct timeline *t)
{
    free(t->conversations);
    free(t->messages);
    *t = (struct timeline){0};
}

/* --- compressing -----------------------------------------------------------
 */

static int by_time(const void *a, const void *b)
{
    const struct message *x = a;
    const struct message *y = b;

    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (int)y->inbound - (int)x->inbound;
}

static void
compress_one(struct timeline *t, struct conversation *c, int64_t starts_at)
{
    struct message *messages = &t->messages[c->first];
    int64_t began_at = messages[0].at;
    size_t n = 0;

    while (n < c->n) {
        int64_t ms =
            (messages[n].at - began_at) / FUP_US_PER_MS * DAY_IS_S / DAY_S;

        if (ms > CUT_MS) {
            break;
        }
        messages[n++].at = starts_at + ms * FUP_US_PER_MS;
    }
    c->whole = n == c->n;
    c->n = n;
    /* What was seconds apart may now be at one instant. */
    qsort(messages, n, sizeof *messages, by_time);
}

void timeline_compress(struct timeline *t, int64_t starts_at)
{
    for (size_t i = 0; i < t->n; i++) {
        int64_t after_ms = (int64_t)i * STARTS_MS / (int64_t)t->n;

        compress_one(t, &t->conversations[i],
                     starts_at + after_ms * FUP_US_PER_MS);
    }
}

/* --- ties ------------------------------------------------------------------
 */

/* One silence on its way through its steps. Only for finding ties: what is to
 * be sent is for `followup simulate` to say, and the test holds the two
 * against one another. */
struct walk {
    struct conversation *conversation;
    int64_t near_us;
    bool spoken;  /* the customer has written */
    bool waiting; /* we have answered, and steps are left */
    bool begun;   /* ... at some time in this silence */
    size_t step;
    int64_t base_at;
};

static int64_t due_of(const struct walk *w)
{
    return whole_s(w->base_at + step_after_s[w->step] * FUP_US_PER_S) *
           FUP_US_PER_S;
}

/* All steps that are due before @at. */
static void walk_to(struct walk *w, int64_t at)
{
    while (w->waiting && due_of(w) < at) {
        int64_t due_at = due_of(w);

        w->conversation->steps++;
        w->conversation->tied |= at - due_at <= w->near_us;
        w->base_at = due_at;
        w->step++;
        w->waiting = w->step < STEPS;
    }
    w->conversation->tied |= w->waiting && due_of(w) - at <= w->near_us;
}

static void hear(struct walk *w, const struct message *m)
{
    if (m->inbound) {
        w->spoken = true;
        w->waiting = false;
        w->begun = false;
    } else if (w->waiting) {
        w->base_at = m->at;
    } else if (w->spoken && !w->begun) {
        w->waiting = true;
        w->begun = true;
        w->step = 0;
        w->base_at = m->at;
    }
}

void timeline_find_ties(struct timeline *t, int64_t near_us)
{
    for (size_t i = 0; i < t->n; i++) {
        struct walk w = {.conversation = &t->conversations[i],
                         .near_us = near_us};

        w.conversation->steps = 0;
        w.conversation->tied = false;
        for (size_t k = 0; k < w.conversation->n; k++) {
            const struct message *m = &t->messages[w.conversation->first + k];

            walk_to(&w, m->at);
            hear(&w, m);
        }
        walk_to(&w, FUP_TIME_NEVER);
    }
}

/* --- looking ---------------------------------------------------------------
 */

void timeline_write(const struct timeline *t, const char *path)
{
    FILE *f = must(fopen(path, "w"));
    char at[FUP_TIME_TEXT];

    (void)fputs("conversation,channel,at,direction\n", f);
    for (size_t i = 0; i < t->n; i++) {
        const struct conversation *c = &t->conversations[i];

        for (size_t k = c->first; k < c->first + c->n; k++) {
            (void)fprintf(f, "%s,%s,%s,%s\n", c->id, c->channel,
                          fup_time_format(t->messages[k].at, at),
                          t->messages[k].inbound ? "in" : "out");
        }
    }
    if (fclose(f) != 0) {
        (void)fprintf(stderr, "replay: %s cannot be written\n", path);
        abort();
    }
}

static int by_id(const void *a, const void *b)
{
    const struct conversation *x = a;
    const struct conversation *y = b;

    return strcmp(x->id, y->id);
}

size_t timeline_index(const struct timeline *t, const char *id)
{
    struct conversation wanted = {.n = 0};
    const struct conversation *found;

    (void)snprintf(wanted.id, sizeof wanted.id, "%s", id);
    found = bsearch(&wanted, t->conversations, t->n, sizeof wanted, by_id);
    return found != NULL ? (size_t)(found - t->conversations) : t->n;
}

bool timeline_is_short(const struct timeline *t,
                       size_t conversation,
                       int64_t episode_s,
                       int64_t short_us)
{
    const struct conversation *c = &t->conversations[conversation];
    int64_t answered_at = FUP_TIME_NONE;
    int64_t replied_at = FUP_TIME_NEVER;
    bool ours = false;

    for (size_t i = c->first; i < c->first + c->n; i++) {
        const struct message *m = &t->messages[i];

        if (m->inbound && whole_s(m->at) == episode_s) {
            ours = true;
            answered_at = FUP_TIME_NONE;
        } else if (m->inbound && ours) {
            replied_at = m->at;
            break;
        } else if (ours && answered_at == FUP_TIME_NONE) {
            answered_at = m->at;
        }
    }
    return answered_at == FUP_TIME_NONE || replied_at < answered_at + short_us;
}
