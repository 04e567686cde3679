/* Writing JSON into a buffer. */

#ifndef FUP_CODEC_JSON_H
#define FUP_CODEC_JSON_H

#include <stdint.h>

#include "core/buf.h"

/* Append @text as a JSON string, quotes included; NULL appends null. Bytes
 * that are no valid UTF-8 become U+FFFD, so that the result always is. */
void fup_json_string(struct fup_buf *out, const char *text);

/* Append an instant as a string, RFC 3339 in UTC with milliseconds; null for
 * NONE, "never" for NEVER. */
void fup_json_time(struct fup_buf *out, int64_t at);

#endif
