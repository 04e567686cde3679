/* From the commit of a customer's reply until the timer is gone from Redis, one
 * conversation after the other, beside many timers that wait.
 *
 *     bench_reply [REPLIES [PENDING [PARTITIONS]]]
 *
 * Prints one line. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "ground.h"

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static long long timers(struct world *w, int parts)
{
    long long sum = 0;

    for (int i = 0; i < parts; i++) {
        sum +=
            redis_server_int(&w->redis, "ZCARD followup:{p%02d}:due", i) +
            redis_server_int(&w->redis, "ZCARD followup:{p%02d}:inflight", i);
    }
    return sum;
}

int main(int argc, char **argv)
{
    long long n = ground_arg(argc, argv, 1, 500);
    long long pending = ground_arg(argc, argv, 2, 100000);
    int parts = (int)ground_arg(argc, argv, 3, 4);
    double *took_ms = calloc((size_t)n, sizeof *took_ms);
    struct world w;

    if (took_ms == NULL) {
        ground_fail("memory");
    }
    ground_open(&w, parts);
    ground_seed(&w, 1, n, "now() + interval '40 min'", true);
    ground_seed(&w, n + 1, pending, "now() + interval '10 day'", false);
    ground_start(&w, NULL);
    ground_await_built(&w);
    for (long long i = 0; i < n; i++) {
        long long left = timers(&w, parts) - 1;
        double at;

        ground_pause_ms((int)(i * 37 % 150)); /* not in step with the looks */
        world_do(&w,
                 "INSERT INTO crm.message (conversation_id, direction, author, "
                 "body) VALUES ('c%lld', 'in', 'human', 'yes')",
                 i + 1);
        at = ground_clock();
        while (timers(&w, parts) > left) {
            if (ground_clock() > at + 10) {
                ground_fail("the timer stays");
            }
        }
        took_ms[i] = (ground_clock() - at) * 1000;
    }
    qsort(took_ms, (size_t)n, sizeof *took_ms, by_size);
    (void)printf("reply replies=%lld pending=%lld partitions=%d p50_ms=%.1f "
                 "p99_ms=%.1f max_ms=%.1f\n",
                 n, pending, parts, took_ms[(n - 1) / 2],
                 took_ms[(n - 1) * 99 / 100], took_ms[n - 1]);
    (void)world_stop(&w, 0, SIGTERM);
    free(took_ms);
    world_close(&w);
    return 0;
}
