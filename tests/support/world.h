/* A whole installation for one test: a database of its own in the scratch
 * PostgreSQL, a Redis of its own, a folder of schedules, and workers as
 * processes. What a test looks at is what the servers hold. */

#ifndef FUP_TEST_WORLD_H
#define FUP_TEST_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "redis_server.h"

struct pg_conn;

#define WORLD_WORKERS 4

struct world {
    struct pg_conn *pg;
    struct redis_server redis;
    pid_t workers[WORLD_WORKERS];
    char database[48];
    char conninfo[600];
    char worker_conninfo[640]; /* of a role with a worker's rights */
    char dir[64];
    char schedules[96]; /* folder */
};

/* Make it and run `followup migrate --adapter plain`. Ends the program with 77
 * without FUP_TEST_POSTGRES, or fails where FUP_REQUIRE_SERVICES is set. */
bool world_open(struct world *w);
/* The same with further arguments of redis-server, ended by NULL. */
bool world_open_on(struct world *w, const char *const *redis_args);
/* The same without migrating: for a database that is not ours alone. */
bool world_open_bare(struct world *w);
/* Then: the role that workers run as; it is to be granted what it needs. */
void world_make_worker(struct world *w);
void world_close(struct world *w);

/* Write a file into the folder of schedules. */
void world_schedule(struct world *w, const char *name, const char *json);

/* Start worker @i (its log: dir/worker-i.log), with a lease of 2 s. @url:
 * another Redis URL, or NULL; @conninfo likewise. */
void world_start_at(struct world *w,
                    int i,
                    const char *url,
                    const char *conninfo);
void world_start(struct world *w, int i);

/* Write dir/followup.json, and start worker @i with that and its name as its
 * only flags. */
void world_config(struct world *w, const char *json);
void world_start_config(struct world *w, int i);

/* Send @sig (0: none) and wait for the end; returns the exit code, -1 when it
 * was killed or did not end within 10 s. */
int world_stop(struct world *w, int i, int sig);

/* Run `followup ARGS…` (NULL-terminated) to its end; returns the exit code.
 * Its output goes to dir/command.log. */
int world_run(struct world *w, const char *const *args);

/* Statements; the program ends when the server refuses one. world_text gives
 * the first value, "" for null or no row, valid until the next call. */
void world_do(struct world *w, const char *fmt, ...);
long long world_int(struct world *w, const char *fmt, ...);
const char *world_text(struct world *w, const char *fmt, ...);

/* Ask every few ms until the answer to @fmt is true, at most @ms. */
bool world_until(struct world *w, int ms, const char *fmt, ...);

/* The same for a worker's log: until it has a line with @text. */
bool world_logged(struct world *w, int i, int ms, const char *text);

/* A conversation and its messages through the plain adapter. The times are SQL
 * expressions: "now() - interval '1 s'". */
void world_conversation(struct world *w, const char *id, const char *channel);
void world_message(struct world *w,
                   const char *conversation,
                   const char *direction,
                   const char *author,
                   const char *at);

#endif
