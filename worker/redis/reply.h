/* Private: what an answer of Redis means in our codes. */

#ifndef FUP_REDIS_REPLY_H
#define FUP_REDIS_REPLY_H

#include <stdbool.h>

#include "core/err.h"

struct redisReply;

/* FUP_OK, or the code of an error reply with its line in @err: the arguments
 * that some servers repeat in it are left out. */
enum fup_code fup_reply_code(const struct redisReply *reply,
                             struct fup_err *err);

/* Whether @reply is an error that begins with @word. */
bool fup_reply_is_error(const struct redisReply *reply, const char *word);

/* The code of the error line @line (without '-'). */
enum fup_code fup_reply_line_code(const char *line, struct fup_err *err);

#endif
