/* One run: a world with two workers, two senders, a provider and a CRM in which
 * conversations are played, some faults, and the verdict.
 *
 * Everything runs in processes of its own. The run itself injects the faults
 * and starts anew whoever died, as an init system would. */

#ifndef FUP_FAULT_RUN_H
#define FUP_FAULT_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "cluster.h"
#include "tape.h"
#include "world.h"

#define RUN_WORKERS 2
#define RUN_SENDERS 2
#define RUN_CHANNEL "webchat"

struct run;

/* What a fault needs or brings with it. */
enum {
    /* Redis loses data: events may be missing, commands may be lost. */
    FAULT_LOSES_REDIS = 1,
    /* A sender dies between permit and receipt: outcomes may be unknown. */
    FAULT_DOUBT = 2,
    /* A PostgreSQL of its own, which may be stopped. */
    FAULT_CLUSTER = 4,
    /* Workers reach the servers through proxies. */
    FAULT_PROXY = 8,
    /* Clocks that can be stepped. */
    FAULT_CLOCK = 16,
    /* Needs a build with FUP_POINTS. */
    FAULT_POINTS = 32,
    /* A single worker. */
    FAULT_ALONE = 64,
    /* PostgreSQL is set back or away: statements of the CRM may fail. */
    FAULT_CRM_FAILS = 128,
    /* Not to be combined with others. */
    FAULT_LONELY = 256,
};

struct fault {
    const char *name;
    const char *group;
    unsigned flags;
    int bound_ms;    /* nothing is overdue any more so long after its end */
    const char *arg; /* for @prepare and @inject */
    int number;      /* likewise */
    /* Before the workers start; may be NULL. */
    void (*prepare)(struct run *run, const struct fault *fault);
    /* While all is under way; returns when the fault is over. May be NULL. */
    void (*inject)(struct run *run, const struct fault *fault);
};

struct run {
    const struct fault *faults[2];
    size_t n_faults;
    unsigned flags; /* of all of them */
    unsigned seed;
    unsigned long random; /* what was drawn last, 0: nothing yet */
    int conversations;
    int span_ms; /* conversations begin within so long */
    bool expects_violations;
    bool only_replies;     /* each customer writes around a due instant */
    int answer_after_ms;   /* the customer's message; 0: at once */
    bool second_is_direct; /* only the first worker goes through the proxies */
    int minutes;           /* of a soak */
    const char *complaint; /* of a fault that looks for itself, or NULL */
    bool default_lease;    /* ten seconds, not two */
    int drain_ms;          /* so long all may take to come to its end */
    int extra_bound_ms;

    struct world w;
    struct cluster cluster;
    struct tape *tape;
    pid_t generator;
    pid_t links;
    pid_t senders[RUN_SENDERS];
    const char *die_at[RUN_WORKERS + RUN_SENDERS]; /* once, at the next start */
    const char *stop_at[RUN_WORKERS];
    /* What workers are told; "": the world's. */
    char worker_url[96];
    char worker_pg[160];
    bool workers_away;  /* on purpose: not started anew */
    bool servers_away;  /* nothing may be asked at present */
    int64_t restart_ms; /* of dead workers: so long after their death */
    int64_t died_ms[RUN_WORKERS];
    int64_t cleared_ms;   /* when the last fault was over */
    int64_t recovered_ms; /* after that, nothing was overdue; -1: never */
    int64_t starved_ms; /* longest that this process itself was kept waiting */
    bool quiet;         /* all came to its end in time */
    FILE *out;          /* summary and violations */
};

/* Milliseconds of the monotonic clock. */
int64_t run_now_ms(void);

/* Resident memory of worker @i in KiB; 0 when there is none. */
long run_worker_kib(const struct run *run, int i);

/* Wait until worker @i has stopped itself, at most some seconds. */
void run_await_sleep(struct run *run, int i);

/* Let it run for @ms, starting anew whoever has died. */
void run_for(struct run *run, int ms);

/* A whole number from 0 to @below - 1. */
int run_random(struct run *run, int below);

/* Start worker @i, stop it and leave it stopped (@sig 0: SIGKILL). */
void run_start_worker(struct run *run, int i);
void run_stop_worker(struct run *run, int i, int sig);

void run_signal_senders(const struct run *run, int sig);

/* With the senders asleep: wait until last steps, which nothing comes after,
 * are in their streams. */
void run_await_last_steps(struct run *run);

/* PostgreSQL has been away: connect the run's own session again. */
void run_reconnect(struct run *run);

/* Entries that dead senders left behind become old enough to be taken over. */
void run_age_entries(struct run *run);

/* Play it from the beginning to the verdict; true when all is as it should.
 * Writes one line and, where there are any, the violations to @run->out. */
bool run_play(struct run *run);

/* The processes, in their files. Each returns its pid. */
pid_t start_generator(struct run *run);
pid_t start_sender(struct run *run, int i);
pid_t start_links(struct run *run);

#endif
