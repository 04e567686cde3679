/* Workers that die, sleep, leave and come again, and senders that die. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "faults.h"

#define RECOVERY_MS 12000
#define LEASE_MS    2000 /* of the workers in a world */

/* --- dying at a point ------------------------------------------------------
 */

/* "one second": a point for each of the two. */
static void share(const struct fault *fault, const char **dies, size_t n)
{
    static char buffers[2][64]; /* one for each of a pair */
    static int used;
    char *labels = buffers[used++ % 2];
    char *space;

    (void)snprintf(labels, sizeof buffers[0], "%s", fault->arg);
    space = strchr(labels, ' ');
    for (size_t i = 0; i < n; i++) {
        dies[i] = space != NULL && i > 0 ? space + 1 : labels;
    }
    if (space != NULL) {
        *space = '\0';
    }
}

static void die_at(struct run *run, const struct fault *fault)
{
    share(fault, run->die_at, RUN_WORKERS);
}

static void sender_dies_at(struct run *run, const struct fault *fault)
{
    share(fault, run->die_at + RUN_WORKERS, RUN_SENDERS);
    atomic_store(&run->tape->slow_ms, 5);
}

/* Entries of the dead are taken over after a minute; here at once. */
static void let_take_over(struct run *run, const struct fault *fault)
{
    (void)fault;
    run_for(run, 4000);
    run_age_entries(run);
    for (int i = 0; i < RUN_SENDERS; i++) {
        if (run->senders[i] > 0) {
            (void)kill(run->senders[i], SIGTERM);
        }
    }
    run_for(run, 500);
}

static void some_time(struct run *run, const struct fault *fault)
{
    run_for(run, fault->number);
}

/* --- signals ---------------------------------------------------------------
 */

static void kill_some(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        int victim = run_random(run, RUN_WORKERS);

        if (run->w.workers[victim] > 0) {
            (void)kill(run->w.workers[victim], SIGKILL);
        }
        run_for(run, 300 + run_random(run, 700));
    }
}

/* Asleep for @number ms; the other one has taken over when it is more than a
 * lease, and the sleeper wakes up into a world that has gone on. */
static void put_to_sleep(struct run *run, const struct fault *fault)
{
    int victim = run_random(run, RUN_WORKERS);

    (void)kill(run->w.workers[victim], SIGSTOP);
    run_for(run, fault->number);
    (void)kill(run->w.workers[victim], SIGCONT);
}

static void fall_asleep_at(struct run *run, const struct fault *fault)
{
    run->stop_at[0] = fault->arg;
}

static void wake_up(struct run *run, const struct fault *fault)
{
    run_await_sleep(run, 0);
    run_for(run, fault->number);
    if (run->w.workers[0] > 0) {
        (void)kill(run->w.workers[0], SIGCONT);
    }
}

/* One after the other leaves properly and comes again. */
static void roll(struct run *run, const struct fault *fault)
{
    (void)fault;
    for (int i = 0; i < RUN_WORKERS; i++) {
        run_stop_worker(run, i, SIGTERM);
        run_start_worker(run, i);
        run_for(run, 1000);
    }
}

/* A third worker under the name of the first. */
static void same_name(struct run *run, const struct fault *fault)
{
    pid_t first = run->w.workers[0];

    (void)fault;
    run_start_worker(run, 0);
    run_for(run, 2500);
    (void)kill(first, SIGKILL);
    (void)waitpid(first, NULL, 0);
}

/* All of them are away; then all that has come due meanwhile is there. */
static void all_away(struct run *run, const struct fault *fault)
{
    run->workers_away = true;
    for (int i = 0; i < RUN_WORKERS; i++) {
        run_stop_worker(run, i, SIGTERM);
    }
    run_for(run, fault->number);
    run->workers_away = false;
    for (int i = 0; i < RUN_WORKERS; i++) {
        run_start_worker(run, i);
    }
}

static void set_default_lease(struct run *run, const struct fault *fault)
{
    (void)fault;
    world_config(&run->w, "{\"sweep_s\": 2}");
    run->default_lease = true;
}

/* The first worker goes, properly or not; within @number ms the second one has
 * all that was the first one's. */
static void change_owner(struct run *run, const struct fault *fault, int sig)
{
    int64_t began;
    int64_t ms;

    (void)world_until(&run->w, 20000,
                      "SELECT count(DISTINCT owner) = 2 FROM "
                      "followup.partition WHERE owner IS NOT NULL");
    run->restart_ms = 60000;
    began = run_now_ms();
    (void)kill(run->w.workers[0], sig);
    while (world_int(&run->w, "SELECT count(*) FROM followup.partition WHERE "
                              "owner IS DISTINCT FROM 'worker-1'") > 0 &&
           run_now_ms() - began < 60000) {
        run_for(run, 20);
    }
    ms = run_now_ms() - began;
    (void)fprintf(run->out, "%s_ms=%lld\n", fault->name, (long long)ms);
    if (ms > fault->number) {
        run->complaint = "the other worker came too late";
    }
}

static void be_killed(struct run *run, const struct fault *fault)
{
    change_owner(run, fault, SIGKILL);
}

static void be_stopped(struct run *run, const struct fault *fault)
{
    change_owner(run, fault, SIGTERM);
}

/* The first worker dies at one point, the second one at the other. */
#define DIE(one, other)                                                        \
    {                                                                          \
        "die_" one "_" other, "worker", FAULT_POINTS, RECOVERY_MS,             \
            one ":3 " other ":6", 3000, die_at, some_time                      \
    }
#define SLEEPS(label)                                                          \
    {                                                                          \
        "sleep_" label, "worker", FAULT_POINTS, RECOVERY_MS, label ":10",      \
            LEASE_MS * 3, fall_asleep_at, wake_up                              \
    }

const struct fault faults_worker[] = {
    DIE("captured", "relay_sent"),
    DIE("claimed", "relayed"),
    DIE("loaded", "told"),
    DIE("decided", "keeping"),
    DIE("judged", "kept"),
    DIE("apply_sent", "ack_sent"),
    DIE("applied", "leased"),
    DIE("settle_sent", "saved"),
    DIE("settled", "closed"),
    DIE("page_read", "claimed"),
    SLEEPS("judged"),
    SLEEPS("claimed"),
    SLEEPS("page_read"),
    SLEEPS("decided"),
    {"kill", "worker", 0, RECOVERY_MS, NULL, 5, NULL, kill_some},
    {"takeover", "worker", FAULT_LONELY, RECOVERY_MS, NULL, RECOVERY_MS,
     set_default_lease, be_killed},
    {"handover", "worker", FAULT_LONELY, RECOVERY_MS, NULL, 1500,
     set_default_lease, be_stopped},
    {"sleep_short", "worker", 0, RECOVERY_MS, NULL, LEASE_MS / 2, NULL,
     put_to_sleep},
    {"sleep_past_lease", "worker", 0, RECOVERY_MS, NULL, LEASE_MS * 3, NULL,
     put_to_sleep},
    {"rolling_restart", "worker", 0, RECOVERY_MS, NULL, 0, NULL, roll},
    {"same_name", "worker", 0, RECOVERY_MS, NULL, 0, NULL, same_name},
    {"all_away", "worker", FAULT_LONELY, RECOVERY_MS, NULL, 8000, NULL,
     all_away},
    {.name = NULL},
};

#define SENDERS_DIE(one, other)                                                \
    {                                                                          \
        "senders_die_" one "_" other, "sender", FAULT_POINTS | FAULT_DOUBT,    \
            RECOVERY_MS, one ":20 " other ":20", 0, sender_dies_at,            \
            let_take_over                                                      \
    }

const struct fault faults_sender[] = {
    SENDERS_DIE("permit_sent", "delivered"),
    SENDERS_DIE("permitted", "report_sent"),
    SENDERS_DIE("calling", "acking"),
    {.name = NULL},
};
