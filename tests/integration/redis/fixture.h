/* What the tests of redis share: a server, a loop, a session, and callbacks
 * that record. */

#ifndef FUP_TEST_REDIS_FIXTURE_H
#define FUP_TEST_REDIS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include "core/err.h"
#include "redis/queue.h"
#include "redis/session.h"
#include "redis_server.h"

struct fixture {
    uv_loop_t loop;
    uv_timer_t limit;
    uv_prepare_t before_waiting;
    const bool *until; /* what loop_until() waits for */
    bool limit_passed;
    struct redis_server server;
    struct fup_redis *redis;
    bool submitting; /* set around submitting calls */
    bool ready;
    bool lost;
    int n_ready;
    int n_lost;
    struct fup_err why; /* of the last loss */
    bool closed;
};

/* One command's end. */
struct answer {
    struct fixture *f;
    bool done;
    int calls;
    bool inside; /* called back from inside the submitting call */
    enum fup_code code;
    struct fup_err err;
    int type;
    long long integer;
    size_t len;
    char text[128];
};

/* An empty loop; no server, no session. */
void fixture_init(struct fixture *f);
/* The loop must be empty: 0, else the count of what is left. */
int fixture_done(struct fixture *f);

/* A session with @url (NULL: the server's), its states recorded in @f. */
void fixture_open(struct fixture *f, const char *url);
void fixture_open_with(struct fixture *f, struct fup_redis_options options);
/* Close it and wait until it has. */
void fixture_close(struct fixture *f);

/* Run the loop until *@done, for @ms at most; returns *@done. */
bool loop_until(struct fixture *f, const bool *done, uint64_t ms);

/* cmocka's set-up and tear-down with a server and a session that is ready. */
int with_session(void **state);
int without_session(void **state);
/* Set-up with neither. */
int with_empty_loop(void **state);

/* Send the words of @line; the answer is recorded. */
void ask(struct fixture *f, const char *line, struct answer *answer);
void on_answer(void *data,
               enum fup_code code,
               const struct redisReply *reply,
               const struct fup_err *err);
struct answer answer_for(struct fixture *f);

/* One claim's end, and that of what calls back like it. */
struct claimed {
    struct fixture *f;
    bool done;
    int calls;
    bool inside;
    enum fup_code code;
    struct fup_err err;
    bool has_claim;
    struct fup_queue_claim claim;
    int64_t ids[FUP_QUEUE_BATCH_MAX];
};

/* A fup_queue_cb; @data is a struct answer. */
void on_done(void *data, enum fup_code code, const struct fup_err *err);
/* A fup_queue_claim_cb; @data is a struct claimed. */
void on_claimed(void *data,
                enum fup_code code,
                const struct fup_queue_claim *claim,
                const struct fup_err *err);
void claimed_init(struct claimed *claimed, struct fixture *f);
/* Partition 0 of "followup", epoch 1. */
struct fup_queue queue_of(const struct fixture *f);

#endif
