/* What timers that wait cost in Redis, how fast they are built anew after
 * FLUSHALL while others fire, and what the worker costs when nothing happens.
 *
 *     bench_memory [PENDING [PARTITIONS]]
 *
 * Prints one line. */

#include <signal.h>
#include <stdio.h>

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "ground.h"

#define IDLE_S 10
/* Timers a second that go on firing meanwhile. */
#define BESIDE 100

static long long used_memory(struct world *w)
{
    redisReply *info = redis_server_ask(&w->redis, "INFO memory");
    const char *at = strstr(info->str, "used_memory:");
    long long bytes = at != NULL ? strtoll(at + 12, NULL, 10) : 0;

    freeReplyObject(info);
    return bytes;
}

static void await_streamed(struct world *w, long long n)
{
    double end = ground_clock() + 120;

    while (ground_streamed(w) < n) {
        ground_pause_ms(20);
        if (ground_clock() > end) {
            ground_fail("the streams do not fill");
        }
    }
}

int main(int argc, char **argv)
{
    long long pending = ground_arg(argc, argv, 1, 1000000);
    int parts = (int)ground_arg(argc, argv, 2, 4);
    struct world w;
    long long before;
    double bytes;
    double idle;
    double built;
    double at;
    char due[96];

    ground_open(&w, parts);
    ground_start(&w, NULL);
    ground_await_built(&w);
    ground_pause_ms(2000);
    idle = ground_worker_cpu_s(&w);
    ground_pause_ms(IDLE_S * 1000);
    idle = ground_worker_cpu_s(&w) - idle;
    bytes = (double)ground_worker_bytes(&w);
    before = used_memory(&w);
    (void)world_stop(&w, 0, SIGTERM);
    ground_seed(&w, 100001, pending, "now() + interval '10 day'", false);
    at = ground_clock() + 30 + (double)pending / 15000;
    (void)snprintf(due, sizeof due,
                   "to_timestamp(%.3f) + i * interval '1 s' / %d", at, BESIDE);
    ground_seed(&w, 1, 60L * BESIDE, due, true);
    redis_server_do(&w.redis, "FLUSHALL");
    ground_start(&w, NULL);
    ground_await_built(&w);
    (void)printf("memory idle_worker_cpu=%.2f%% idle_worker_mb=%.1f "
                 "pending=%lld bytes_per_timer=%.0f ",
                 100 * idle / IDLE_S, bytes / 1e6, pending,
                 (double)(used_memory(&w) - before) / (double)pending);
    while (ground_clock() < at + 5) {
        ground_pause_ms(20);
    }
    built = ground_clock();
    redis_server_do(&w.redis, "FLUSHALL");
    ground_await_built(&w);
    built = ground_clock() - built;
    await_streamed(&w, 60L * BESIDE);
    (void)printf("rebuild_s=%.1f fired_beside=%lld worker_mb=%.1f\n", built,
                 ground_streamed(&w), (double)ground_worker_bytes(&w) / 1e6);
    world_close(&w);
    return 0;
}
