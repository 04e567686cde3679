/* How late a message is on its stream, at a steady rate, beside many timers
 * that wait. Entries are read as a sender would read them, and the clock at
 * that instant is compared with the instant that the timer was due.
 *
 *     bench_lateness [RATE [SECONDS [PENDING [PARTITIONS]]]]
 *
 * The floor is the same reader on the same server, of entries that a bare loop
 * adds at the same instants. Prints one line. */

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

struct sample {
    double *late_ms;
    long long n;
    long long room;
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double part(const struct sample *s, int percent)
{
    return s->late_ms[(s->n - 1) * percent / 100];
}

/* Number of the timer in an entry: the floor's field `n`, or the conversation
 * c<n> in a message. */
static long long number_of(const redisReply *fields)
{
    const char *text = fields->element[fields->elements - 1]->str;
    const char *at = strstr(text, "\"conversation\":\"c");

    return strtoll(at != NULL ? at + 17 : text, NULL, 10);
}

static void take(const redisReply *streams,
                 char last[][32],
                 int n_streams,
                 double due,
                 long long rate,
                 struct sample *s)
{
    double now = ground_clock();

    for (size_t i = 0; i < streams->elements; i++) {
        const redisReply *entries = streams->element[i]->element[1];
        const char *key = strstr(streams->element[i]->element[0]->str, "{p");
        long stream = strtol(key + 2, NULL, 10);

        for (size_t e = 0; e < entries->elements; e++) {
            const redisReply *entry = entries->element[e];

            if (s->n < s->room && stream < n_streams) {
                s->late_ms[s->n++] =
                    (now - due -
                     (double)number_of(entry->element[1]) / (double)rate) *
                    1000;
            }
            (void)snprintf(last[stream], sizeof last[stream], "%s",
                           entry->element[0]->str);
        }
    }
}

/* Read the streams of @n_streams partitions under @prefix to the end. */
static void read_all(const struct world *w,
                     const char *prefix,
                     int n_streams,
                     double due,
                     long long rate,
                     struct sample *s)
{
    redisContext *redis = redisConnectUnix(w->redis.path);
    char last[64][32];
    char keys[64][64];
    const char *argv[140] = {"XREAD", "COUNT", "1000",
                             "BLOCK", "2000",  "STREAMS"};

    for (int i = 0; i < n_streams; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%s:{p%02d}:out:webchat",
                       prefix, i);
        (void)snprintf(last[i], sizeof last[i], "0");
        argv[6 + i] = keys[i];
        argv[6 + n_streams + i] = last[i];
    }
    while (s->n < s->room &&
           ground_clock() < due + 60 + (double)s->room / (double)rate) {
        redisReply *reply =
            redisCommandArgv(redis, 6 + 2 * n_streams, argv, NULL);

        if (reply == NULL) {
            ground_fail("Redis is away");
        }
        if (reply->type == REDIS_REPLY_ARRAY) {
            take(reply, last, n_streams, due, rate, s);
        }
        freeReplyObject(reply);
    }
    redisFree(redis);
    if (s->n < s->room) {
        ground_fail("messages are missing");
    }
    qsort(s->late_ms, (size_t)s->n, sizeof *s->late_ms, by_size);
}

/* A process that adds entries at the instants that they are due. */
static pid_t
add_at(const struct world *w, double due, long long n, long long rate)
{
    pid_t pid = fork();

    if (pid == 0) {
        redisContext *redis = redisConnectUnix(w->redis.path);

        for (long long i = 1; i <= n; i++) {
            while (ground_clock() < due + (double)i / (double)rate) {
                ground_pause_ms(1);
            }
            freeReplyObject(redisCommand(
                redis, "XADD bench:{p00}:out:webchat * n %lld", i));
        }
        _exit(0);
    }
    return pid;
}

int main(int argc, char **argv)
{
    long long rate = ground_arg(argc, argv, 1, 500);
    long long n = rate * ground_arg(argc, argv, 2, 20);
    long long pending = ground_arg(argc, argv, 3, 1000000);
    int parts = (int)ground_arg(argc, argv, 4, 4);
    struct sample s = {.late_ms = calloc((size_t)n, sizeof(double)), .room = n};
    struct sample bare = {.late_ms = calloc((size_t)n, sizeof(double)),
                          .room = n};
    struct world w;
    char due[96];
    double at;

    if (s.late_ms == NULL || bare.late_ms == NULL) {
        ground_fail("memory");
    }
    ground_open(&w, parts);
    ground_seed(&w, n + 1, pending, "now() + interval '10 day'", false);
    at = ground_clock() + 15 + (double)(pending + n) / 20000;
    (void)snprintf(due, sizeof due,
                   "to_timestamp(%.3f) + i * interval '1 s' / %lld", at, rate);
    ground_seed(&w, 1, n, due, true);
    /* Plans are whole seconds; an instant that somebody asked for is not. */
    world_do(&w, "UPDATE followup.enrollment SET manual_at = due_at "
                 "WHERE due_at < now() + interval '1 day'");
    world_do(&w, "VACUUM ANALYZE followup.enrollment");
    ground_start(&w, NULL);
    ground_await_built(&w);
    if (ground_clock() > at) {
        ground_fail("too late to begin");
    }
    read_all(&w, "followup", parts, at, rate, &s);
    (void)world_stop(&w, 0, SIGTERM);
    at = ground_clock() + 1;
    (void)add_at(&w, at, n, rate);
    read_all(&w, "bench", 1, at, rate, &bare);
    (void)printf("lateness rate=%lld timers=%lld pending=%lld partitions=%d "
                 "p50_ms=%.2f p99_ms=%.2f max_ms=%.2f floor_p50_ms=%.2f "
                 "floor_p99_ms=%.2f\n",
                 rate, n, pending, parts, part(&s, 50), part(&s, 99),
                 part(&s, 100), part(&bare, 50), part(&bare, 99));
    free(s.late_ms);
    free(bare.late_ms);
    world_close(&w);
    return 0;
}
