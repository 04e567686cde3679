/* Blocking use of Redis, for commands that run once and end: a session on a
 * private loop. */

#ifndef FUP_APP_REDIS_BLOCK_H
#define FUP_APP_REDIS_BLOCK_H

#include <stdint.h>

#include "core/err.h"

struct redisReply;

struct fup_redis_block;

/* Connect within 5 s; no answer for @answer_ms drops the connection.
 * Errors: FUP_EINVAL url, FUP_EAWAY, FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_redis_block_open(const char *url,
                     uint64_t answer_ms,
                     struct fup_redis_block **ret_redis,
                     struct fup_err *err);
void fup_redis_block_close(struct fup_redis_block *redis);

/* Called with the answer, which is valid during the call only. */
typedef void (*fup_redis_block_cb)(void *data, const struct redisReply *reply);

/* Send a command of @n strings and wait for its answer; @cb may be NULL.
 * Errors: those of redis/session.h; @cb is called on FUP_OK only. */
FUP_MUST_CHECK enum fup_code fup_redis_block_run(struct fup_redis_block *redis,
                                                 const char *const *argv,
                                                 int n,
                                                 fup_redis_block_cb cb,
                                                 void *data,
                                                 struct fup_err *err);

/* The same for a command that answers a number; nil is @ret 0. */
FUP_MUST_CHECK enum fup_code
fup_redis_block_number(struct fup_redis_block *redis,
                       const char *const *argv,
                       int n,
                       int64_t *ret_number,
                       struct fup_err *err);

#endif
