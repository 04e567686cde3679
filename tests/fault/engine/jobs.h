/* Runs as processes, some beside each other, and the sum of what they said. */

#ifndef FUP_FAULT_JOBS_H
#define FUP_FAULT_JOBS_H

#include "run.h"

#define JOBS_BESIDE 4

struct job {
    const struct fault *faults[2];
    size_t n_faults;
    unsigned seed;
    int minutes; /* of a soak */
    pid_t pid;
    FILE *out;
};

struct totals {
    long long runs;
    long long injected; /* faults */
    long long fires;
    long long lost;
    long long duplicated;
    long long after_reply;
    long long early;
    long long unexpected;
    long long failed;
    long long broken; /* engines that were broken on purpose */
    long long found;  /* those of them that were found out */
};

/* Start @job; what it says is printed when it is reaped. */
void job_start(struct job *job);

/* Wait for one of @n jobs, print it and add it up; its place is free then
 * (pid 0). Without one under way nothing happens. */
void jobs_reap(struct job *jobs, size_t n, struct totals *totals);

void totals_print(const struct totals *totals);

#endif
