/* Private: the arguments of one command, gathered and then sent. */

#ifndef FUP_REDIS_ARGS_H
#define FUP_REDIS_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "redis/session.h"

/* As they go over the wire: a command is an array of strings of known length
 * (RESP, "Sending commands to a Redis server"). What is added is copied. A
 * failure (no memory, more than 64 MiB) is kept and reported when they are
 * sent. */
struct fup_args {
    struct fup_buf text;
    size_t n;
};

void fup_args_init(struct fup_args *args);
void fup_args_done(struct fup_args *args);

void fup_args_add(struct fup_args *args, const void *bytes, size_t len);
void fup_args_text(struct fup_args *args, const char *text);
void fup_args_printf(struct fup_args *args, const char *fmt, ...)
    FUP_PRINTF(2, 3);
void fup_args_int(struct fup_args *args, int64_t number);
/* An enrollment's id as it stands in the zsets: 8 bytes, big-endian. */
void fup_args_id(struct fup_args *args, int64_t id);

/* The whole command, @ret_len bytes; NULL after a failure. Valid until the next
 * change. */
const char *fup_args_text_of(struct fup_args *args, size_t *ret_len);

/* Add those of @more. */
void fup_args_add_all(struct fup_args *args, const struct fup_args *more);

/* Send them as a command, or to @script with the first @n_keys as its keys,
 * and free them. In request.c. */
void fup_args_command(struct fup_args *args,
                      struct fup_redis *redis,
                      fup_redis_cb cb,
                      void *data);
void fup_args_eval(struct fup_args *args,
                   struct fup_redis *redis,
                   struct fup_redis_script *script,
                   int n_keys,
                   fup_redis_cb cb,
                   void *data);

#endif
