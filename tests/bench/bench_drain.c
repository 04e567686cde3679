/* How fast due timers become messages on the streams, all due at one instant,
 * beside a floor: the same transaction and the same commands without a thought,
 * and those without the events (untold).
 *
 *     bench_drain [TIMERS [PARTITIONS [PENDING]]]
 *
 * PENDING more timers wait for another day. Prints one line. */

#include <signal.h>
#include <stdio.h>

#include "floor.h"
#include "ground.h"

/* Timers are made in this many in a second, at least. */
#define BUILD_RATE 20000

/* Seconds of the processor. */
struct cpu {
    double worker;
    double redis;
    double postgres;
};

static struct cpu cpu_now(struct world *w)
{
    return (struct cpu){ground_worker_cpu_s(w), ground_redis_cpu_s(w),
                        ground_postgres_cpu_s(w)};
}

/* Make the timers, and wait until they are due, which is returned. Due while
 * the rows are made would be late at once: there is time. Plans are whole
 * seconds: between two, all would be planned once more. */
static double build(struct world *w, long long n, long long pending)
{
    double at = (double)(long long)(ground_clock() + 11 + (double)n / 6000 +
                                    (double)(pending + n) / BUILD_RATE);
    char due[64];

    (void)snprintf(due, sizeof due, "to_timestamp(%.3f)", at);
    ground_seed(w, 1, n, due, true);
    if (pending > 0) {
        ground_seed(w, n + 1, pending, "now() + interval '10 day'", false);
    }
    ground_start(w, NULL);
    ground_await_built(w);
    if (ground_clock() > at) {
        ground_fail("the timers were due before all were built");
    }
    /* What the servers still do for the rows that were made is not counted. */
    while (ground_clock() < at - 0.02) {
        ground_pause_ms(10);
    }
    return at;
}

/* The floor of @connections, and how much of it @rate is. */
static void print_floor(struct world *w,
                        const char *name,
                        int connections,
                        bool events,
                        long long n,
                        double rate)
{
    double floor = floor_rate(w, connections, events, n < 100000 ? n : 100000);

    (void)printf(" %s=%.0f of_%s=%.0f%%", name, floor, name,
                 100 * rate / floor);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    long long n = ground_arg(argc, argv, 1, 100000);
    int parts = (int)ground_arg(argc, argv, 2, 4);
    long long pending = ground_arg(argc, argv, 3, 0);
    struct world w;
    struct cpu before;
    struct cpu after;
    double at;
    double rate;

    ground_open(&w, parts);
    at = build(&w, n, pending);
    before = cpu_now(&w);
    while (ground_streamed(&w) < n) {
        ground_pause_ms(20);
        if (ground_clock() > at + 30 + (double)n / 500) {
            ground_fail("the streams do not fill");
        }
    }
    rate = (double)n / (ground_clock() - at);
    after = cpu_now(&w);
    (void)world_stop(&w, 0, SIGTERM);
    (void)printf("drain timers=%lld pending=%lld partitions=%d "
                 "fires_per_s=%.0f took_s=%.2f worker_us=%.1f redis_us=%.1f "
                 "postgres_us=%.1f",
                 n, pending, parts, rate, (double)n / rate,
                 (after.worker - before.worker) * 1e6 / (double)n,
                 (after.redis - before.redis) * 1e6 / (double)n,
                 (after.postgres - before.postgres) * 1e6 / (double)n);
    print_floor(&w, "floor_1", 1, true, n, rate);
    print_floor(&w, "floor_2", 2, true, n, rate);
    print_floor(&w, "floor_1_untold", 1, false, n, rate);
    (void)puts("");
    world_close(&w);
    return 0;
}
