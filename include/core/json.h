/* Writing JSON into a buffer, a member at a time. Reading is cJSON's work. */

#ifndef FUP_CORE_JSON_H
#define FUP_CORE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

/* Append @text as a JSON string, in quotes; NULL appends null. Bytes that are
 * no UTF-8 become U+FFFD, so the result is always valid. */
void fup_json_string(struct fup_buf *buf, const char *text);

/* Append an instant as a string, RFC 3339 in UTC with milliseconds; null for
 * NONE, "never" for NEVER. */
void fup_json_time(struct fup_buf *buf, int64_t at);

/* Open an object or begin a member; commas are put where they are needed:
 *
 *     fup_json_begin(buf, '{');
 *     fup_json_add_text(buf, "name", "Ana");     "name":"Ana"
 *     fup_json_add_int(buf, "step", 2);
 *     fup_json_key(buf, "why");              then any value
 *     fup_json_end(buf, '}');
 *
 * Members whose value is NULL or, for instants, FUP_TIME_NONE are left out. */
void fup_json_begin(struct fup_buf *buf, char bracket);
void fup_json_end(struct fup_buf *buf, char bracket);
void fup_json_key(struct fup_buf *buf, const char *key);
void fup_json_add_text(struct fup_buf *buf, const char *key, const char *value);
void fup_json_add_int(struct fup_buf *buf, const char *key, int64_t value);
void fup_json_add_bool(struct fup_buf *buf, const char *key, bool value);
/* An instant as a number of microseconds. */
void fup_json_add_us(struct fup_buf *buf, const char *key, int64_t at);
/* An instant as RFC 3339. */
void fup_json_add_time(struct fup_buf *buf, const char *key, int64_t at);

/* A comma, unless @buf ends with an opening bracket or a colon or is empty. */
void fup_json_comma(struct fup_buf *buf);

#endif
