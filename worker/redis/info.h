/* Private: values in the answer to INFO. */

#ifndef FUP_REDIS_INFO_H
#define FUP_REDIS_INFO_H

#include <stdbool.h>

struct redisReply;

#define FUP_INFO_MAX 64

/* Copy the value of the line "@name:…" of @reply to @value, "" and false when
 * there is none or it is too long. */
bool fup_info_get(const struct redisReply *reply,
                  const char *name,
                  char value[FUP_INFO_MAX]);

#endif
