/* What the benchmarks of the engine stand on: a world of the tests', with a
 * Redis that writes to the disk, and many conversations of the plain adapter
 * with an enrollment each, made without the worker. A bench ends the program
 * when something does not work. */

#ifndef FUP_BENCH_GROUND_H
#define FUP_BENCH_GROUND_H

#include "world.h"

/* Open @w with @partitions, and have the version of its only schedule known:
 * one step, a message an hour after the answer, then one more. */
void ground_open(struct world *w, int partitions);

/* Conversations and enrollments @first to @first + @n - 1, whose first step is
 * due at the SQL expression @due, of i. @crm: with their rows in the CRM. */
void ground_seed(
    struct world *w, long long first, long long n, const char *due, bool crm);

/* Start worker 0 with the settings of @json (an object, or NULL for the usual
 * ones and streams without a limit). */
void ground_start(struct world *w, const char *json);

/* Wait until the timers of all partitions are built. */
void ground_await_built(struct world *w);

/* Entries that the outbound streams of all partitions hold. */
long long ground_streamed(struct world *w);

/* Bytes of resident memory and seconds of processor that worker 0 has used. */
long long ground_worker_bytes(const struct world *w);
double ground_worker_cpu_s(const struct world *w);
/* The same of Redis, and of PostgreSQL with all its processes. */
double ground_redis_cpu_s(const struct world *w);
double ground_postgres_cpu_s(const struct world *w);
/* And of the one session of PostgreSQL that the world itself has. */
double ground_session_cpu_s(const struct world *w);

/* Seconds since 1970. */
double ground_clock(void);
void ground_pause_ms(int ms);

/* Argument @i as a number, or @otherwise. */
long long ground_arg(int argc, char **argv, int i, long long otherwise);

/* End the program with @why. */
void ground_fail(const char *why);

#endif
