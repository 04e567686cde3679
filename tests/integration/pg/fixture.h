/* What the tests of sessions share: a loop, a session, an administrator's own
 * connection, and records of what was called back. Callbacks record, the bodies
 * of the tests assert. */

#ifndef FUP_TESTS_PG_FIXTURE_H
#define FUP_TESTS_PG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libpq-fe.h>
#include <uv.h>

#include "pg/session.h"
#include "proxy.h"

enum { CALLS_MAX = 3000, WAIT_MS = 10000 };

/* One request and what came of it. */
struct call {
    struct fup_pg_request req;
    int answers; /* 1 in the end */
    int place;   /* among all answers, from 0 */
    enum fup_code code;
    int rows;
    char text[64]; /* first column of the first row */
    struct fup_err err;
};

struct fixture {
    uv_loop_t loop;
    uv_timer_t guard;
    PGconn *admin;
    char name[32];   /* application_name of the session, this program's own */
    char login[512]; /* user, password, database of FUP_TEST_POSTGRES */
    struct fup_pg *pg;
    struct fup_proxy *proxy;
    struct call calls[CALLS_MAX];
    int used;
    int answered;
    int ready; /* how often */
    int lost;
    struct fup_err why;
    bool closed;
    bool timed_out;
    bool submitting; /* inside fup_pg_submit() or fup_pg_close() */
    int from_inside; /* callbacks that ran in there: a fault */
    /* what the callback of a request does besides recording */
    void (*then)(struct fixture *f, struct call *call);
};

/* Exit code for a program without a server: 77, or 1 where services are
 * required; 0 if there is one. */
int fixture_missing(void);

int fixture_setup(void **state);
/* Closes what is open and wants the loop empty. */
int fixture_teardown(void **state);

/* Run @sql as the administrator, who must succeed. Returns the first value as a
 * number, 0 if there is none. */
long admin(struct fixture *f, const char *sql);

/* Open a proxy to the server, in f->proxy. */
void proxy_open(struct fixture *f);

/* Open f->pg; @where holds host and port, NULL for those of the environment.
 * Deadlines in ms, 0 for the usual. */
void session_open(struct fixture *f,
                  const char *where,
                  uint64_t connect_ms,
                  uint64_t answer_ms);
/* The same through f->proxy. */
void session_open_proxy(struct fixture *f,
                        uint64_t connect_ms,
                        uint64_t answer_ms);
void session_close(struct fixture *f);

/* Submit, with one parameter or none (NULL). */
struct call *submit(struct fixture *f,
                    const struct fup_statement *statement,
                    const char *param);

/* Run the loop until *@counter is at least @want; false when it takes too
 * long. */
bool until(struct fixture *f, const int *counter, int want);

#endif
