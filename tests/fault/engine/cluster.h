/* A PostgreSQL of a run's own, which may be killed and started again. Its
 * commits are as safe as the operating system: it survives that its processes
 * are killed. */

#ifndef FUP_FAULT_CLUSTER_H
#define FUP_FAULT_CLUSTER_H

#include <stdbool.h>
#include <sys/types.h>

struct cluster {
    char dir[64];
    char conninfo[160];
    bool has_clock; /* one that can be stepped, as clock.c says */
    pid_t pid;
};

/* Make it, start it and put its conninfo into FUP_TEST_POSTGRES. */
bool cluster_open(struct cluster *c);

/* What is started from now on has the clock of @server, "postgres" or "redis":
 * the machine's and what the file dir/clock-<server> holds. NULL: the machine's
 * alone. */
void cluster_clock_for(const struct cluster *c, const char *server);

/* Start it, and wait until it takes connections. */
bool cluster_start(struct cluster *c);

/* SIGQUIT: at once, without a checkpoint. SIGINT: disconnecting all. */
void cluster_stop(struct cluster *c, int sig);

void cluster_close(struct cluster *c);

#endif
