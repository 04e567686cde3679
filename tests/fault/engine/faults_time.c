/* Clocks of the servers that are stepped, and hours of which nobody saw
 * anything. The worker itself asks no wall clock but for its log. */

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

#define RECOVERY_MS 12000
#define SWEEP_MS    36000
#define HOUR_MS     3600000

static void step(struct run *run, const char *server, int64_t ms)
{
    char path[96];
    int64_t us = ms * 1000;
    int fd;

    (void)snprintf(path, sizeof path, "%s/clock-%s", run->cluster.dir, server);
    fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, &us, sizeof us) != (ssize_t)sizeof us) {
        abort();
    }
    (void)close(fd);
}

static void step_for_a_while(struct run *run, const struct fault *fault)
{
    bool both = strcmp(fault->arg, "both") == 0;

    step(run, both ? "postgres" : fault->arg, fault->number);
    if (both) {
        step(run, "redis", fault->number);
    }
    run_for(run, 3000);
    step(run, both ? "postgres" : fault->arg, 0);
    if (both) {
        step(run, "redis", 0);
    }
}

static void step_for_good(struct run *run, const struct fault *fault)
{
    step(run, fault->arg, fault->number);
    run_for(run, 500);
}

/* Nobody works for hours; then all is overdue by hours. */
static void miss_hours(struct run *run, const struct fault *fault)
{
    run->workers_away = true;
    for (int i = 0; i < RUN_WORKERS; i++) {
        run_stop_worker(run, i, SIGTERM);
    }
    run_for(run, 2000);
    step(run, "postgres", fault->number);
    step(run, "redis", fault->number);
    run_for(run, 500);
    run->workers_away = false;
    for (int i = 0; i < RUN_WORKERS; i++) {
        run_start_worker(run, i);
    }
}

#define CLOCK(name, bound, server, ms, inject)                                 \
    {                                                                          \
        name, "time", FAULT_CLUSTER | FAULT_CLOCK | FAULT_LONELY, bound,       \
            server, ms, NULL, inject                                           \
    }

const struct fault faults_time[] = {
    CLOCK("redis_an_hour_ahead", SWEEP_MS, "redis", HOUR_MS, step_for_a_while),
    CLOCK("redis_an_hour_behind",
          RECOVERY_MS,
          "redis",
          -HOUR_MS,
          step_for_a_while),
    CLOCK(
        "redis_half_a_second_ahead", RECOVERY_MS, "redis", 500, step_for_good),
    CLOCK("redis_half_a_second_behind",
          RECOVERY_MS,
          "redis",
          -500,
          step_for_good),
    CLOCK("postgres_ten_seconds_ahead",
          RECOVERY_MS,
          "postgres",
          10000,
          step_for_a_while),
    CLOCK("postgres_a_second_behind",
          RECOVERY_MS,
          "postgres",
          -1000,
          step_for_a_while),
    CLOCK("both_ten_seconds_ahead", SWEEP_MS, "both", 10000, step_for_a_while),
    CLOCK("both_an_hour_behind", SWEEP_MS, "both", -HOUR_MS, step_for_a_while),
    CLOCK("two_hours_of_downtime", RECOVERY_MS, NULL, 2 * HOUR_MS, miss_hours),
    {.name = NULL},
};
