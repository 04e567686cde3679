/* The parts of a simulation: walkers and the world of one contact. */

#ifndef FUP_PLAN_SIMULATE_WORLD_H
#define FUP_PLAN_SIMULATE_WORLD_H

#include "plan/simulate.h"
#include "simulate_line.h"

/* Schedules and zones of one contact that have a line. Who finds none free
 * waits by a timer. */
#define LINES 8

/* One conversation. */
struct fup_sim_walker {
    const struct fup_sim_timeline *timeline;
    size_t index; /* of the timeline */
    size_t next_event;
    struct fup_facts facts;
    bool active;      /* an enrollment is under way */
    bool has_episode; /* @run.episode_at has been enrolled, active or not */
    const struct fup_schedule *schedule;
    struct fup_run run;
    int64_t timer_at;
    bool has_instant; /* hours and cap allow @timer_at, as of the plan */
    size_t slot;      /* in the heap */
    const struct fup_sim_line *line; /* where it waits for the cap, or NULL */
};

/* The follow-ups sent to the contact of this world, ascending. */
struct sends {
    int64_t *items;
    size_t n;
    size_t cap;
};

/* One contact: its walkers and what they share. */
struct fup_sim_world {
    const struct fup_sim *sim;
    struct fup_sim_walker *walkers; /* of all contacts, by index */
    struct fup_sim_walker **heap;
    size_t n;
    struct sends sends;
    struct fup_sim_line lines[LINES];
    enum fup_code failed;
};

/* The next message of @w's timeline has come. */
void fup_sim_on_event(struct fup_sim_world *world, struct fup_sim_walker *w);

/* The timer of @w has come, at @now. */
void fup_sim_on_timer(struct fup_sim_world *world,
                      struct fup_sim_walker *w,
                      int64_t now);

/* @w waits for @at, where hours and cap allow its step. */
void fup_sim_wait(struct fup_sim_walker *w, int64_t at);

/* The first instant from @at on that hours and cap allow, as far as there is
 * one. */
int64_t fup_sim_first(const struct fup_sim_world *world,
                      struct fup_sim_walker *w,
                      int64_t at);

#endif
