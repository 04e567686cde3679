/* The program against real servers: schemas and key names of its own for each
 * test, and the program itself as a child. */

#ifndef FUP_TESTS_APP_FIXTURE_H
#define FUP_TESTS_APP_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pg/block.h"
#include "redis_block.h"

struct outcome {
    int exit_code; /* -1: it did not end by itself */
    char out[65536];
    char err[65536];
};

struct fixture {
    char conninfo[512];
    char prefix[80];
    struct fup_pg_block *conn;
    struct fup_redis_block *redis;
    struct outcome run; /* of the last fixture_run() */
    struct fup_err err;
    char path[128];
    char text[4096]; /* of the last fixture_sql() or fixture_redis() */
};

/* For cmocka, around all tests of a program: a database of its own. Skips the
 * program without servers. */
int fixture_begin(void **state);
int fixture_end(void **state);

/* Around each test; the environment of children names the servers and the
 * prefix; the schemas are dropped after it. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* The same, with the schema and the adapter "plain". */
int fixture_set_up_migrated(void **state);

/* Run followup with arguments up to a NULL; returns its exit code. */
int fixture_run(struct fixture *f, ...);

/* A variable of the environment, "" when it is not set. */
const char *fixture_env(const char *name);

/* Write @text to a file whose name ends in ".sql"; returns its path, which the
 * test unlinks. */
const char *fixture_file(struct fixture *f, const char *text);

/* Start it in the background, its output in *@ret_out (a descriptor). */
pid_t fixture_start(struct fixture *f, int *ret_out, ...);

/* Wait for it; its exit code, -1 when a signal ended it. */
int fixture_wait(pid_t child);

/* Run SQL and return its first value, "" for none. Fails the test. */
const char *fixture_sql(struct fixture *f, const char *sql);

/* A command of words to Redis, "%" standing for the prefix; an answer that
 * is a string or a number is returned, of an array all of them, with spaces
 * between. Fails the test. */
const char *fixture_redis(struct fixture *f, ...);

#endif
