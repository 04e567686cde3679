/* The floor of a drain: a bare loop that does to PostgreSQL and Redis what a
 * fire does to them, and nothing else. */

#ifndef FUP_BENCH_FLOOR_H
#define FUP_BENCH_FLOOR_H

#include "ground.h"

/* Fires in a second of @connections processes, each with a connection to either
 * server and a partition of its own, together @n. The rows are like those that
 * the worker has just written to @w, and with @events so is what is told. */
double floor_rate(struct world *w, int connections, bool events, long long n);

#endif
