/* Minutes of work under faults that no worker dies of: its memory stays flat.
 * Each half of the time is looked at apart; what the second half has over the
 * first one is growth. The first fifth does not count: caches fill. */

#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "faults.h"

#define BOUND_MS     36000
#define SAMPLE_MS    1000
#define SAMPLES_MAX  86400
#define EVERY        20 /* samples, from one fault to the next */
#define END_MS       15000
#define GROWTH_KIB   1024
#define GROWTH_SHARE 0.03

static void disturb(struct run *run)
{
    switch (run_random(run, 5)) {
    case 0:
        redis_server_do(&run->w.redis, "FLUSHALL");
        break;
    case 1:
        redis_server_do(&run->w.redis, "SCRIPT FLUSH");
        break;
    case 2:
        freeReplyObject(
            redis_server_ask(&run->w.redis, "CLIENT KILL TYPE normal"));
        break;
    case 3:
        world_do(&run->w, "SELECT pg_terminate_backend(pid) FROM "
                          "pg_stat_activity WHERE datname = current_database() "
                          "AND application_name LIKE 'followup%%'");
        break;
    default:
        atomic_store(&run->tape->links[run_random(run, LINKS)].cut_bytes,
                     1 + run_random(run, 600));
        break;
    }
}

static double mean(const long *kib, int from, int to)
{
    double sum = 0;

    for (int i = from; i < to; i++) {
        sum += (double)kib[i];
    }
    return to > from ? sum / (to - from) : 0;
}

static void judge(struct run *run, const long *kib, int n, int worker)
{
    int begin = n / 5;
    int middle = (begin + n) / 2;
    double before = mean(kib, begin, middle);
    double after = mean(kib, middle, n);
    double minutes = (double)(n - begin) * SAMPLE_MS / 60000 / 2;

    (void)fprintf(run->out,
                  "memory worker=%d samples=%d first_half_kib=%.0f "
                  "second_half_kib=%.0f slope_kib_per_min=%.1f\n",
                  worker, n, before, after,
                  minutes > 0 ? (after - before) / minutes : 0);
    if (after - before > GROWTH_KIB + before * GROWTH_SHARE) {
        run->complaint = "the memory of a worker grows";
    }
}

static void steady(struct run *run, const struct fault *fault)
{
    static long kib[RUN_WORKERS][SAMPLES_MAX];
    int n = run->minutes * 60000 / SAMPLE_MS;
    pid_t first[RUN_WORKERS];

    (void)fault;
    n = n < SAMPLES_MAX ? n : SAMPLES_MAX;
    for (int w = 0; w < RUN_WORKERS; w++) {
        first[w] = run->w.workers[w];
    }
    for (int i = 0; i < n; i++) {
        run_for(run, SAMPLE_MS);
        for (int w = 0; w < RUN_WORKERS; w++) {
            kib[w][i] = run_worker_kib(run, w);
            if (run->w.workers[w] != first[w]) {
                run->complaint = "a worker died";
            }
        }
        if (i % EVERY == EVERY - 1) {
            disturb(run);
        }
    }
    for (int w = 0; w < RUN_WORKERS; w++) {
        judge(run, kib[w], n, w);
    }
}

/* Conversations all the time, but for the end. */
static void fill(struct run *run, const struct fault *fault)
{
    run->span_ms = run->minutes * 60000 - END_MS;
    run->conversations = run->minutes * fault->number;
    run->drain_ms *= 2;
}

const struct fault faults_soak[] = {
    {"steady", "soak", FAULT_LOSES_REDIS | FAULT_PROXY | FAULT_LONELY, BOUND_MS,
     NULL, 600, fill, steady},
    {.name = NULL},
};
