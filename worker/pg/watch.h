/* Watching the socket of a libpq connection, which libpq may replace. */

#ifndef FUP_PG_WATCH_H
#define FUP_PG_WATCH_H

#include <stdbool.h>

#include <uv.h>

struct fup_pg;

/* On the heap, for libuv keeps a handle until its close callback, and by then
 * the session may watch another. */
struct fup_pg_watch {
    uv_poll_t poll;
    struct fup_pg *pg;
    int fd;
    int events; /* being watched for; 0: stopped */
};

/* Watch the socket of @pg's connection for @events, anew where it was stopped
 * or is another socket now. False when that is not possible. */
bool fup_pg_watch_for(struct fup_pg *pg, int events);

/* Stop, but keep: due before PQconnectPoll(), which may close the socket. */
void fup_pg_watch_stop(struct fup_pg *pg);

/* Give it up: due before PQfinish(). */
void fup_pg_watch_drop(struct fup_pg *pg);

#endif
