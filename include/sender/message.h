/* One entry of an outbound stream, as docs/redis.md describes it. */

#ifndef FUP_SENDER_MESSAGE_H
#define FUP_SENDER_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/buf.h"
#include "core/err.h"

#define FUP_SENDER_MESSAGE_MAX 262144 /* bytes of JSON */

struct cJSON;

/* Texts belong to @json and are "" where the message has none. */
struct fup_sender_message {
    struct cJSON *json;
    const char *id;
    const char *tenant;
    const char *conversation;
    const char *channel;
    const char *to;
    const char *kind;
    const char *text;
    int64_t expires_at; /* FUP_TIME_NONE: it does not */
};

/* Parse the field `message` of an entry.
 *
 * Owns:   fup_sender_message_done() *@ret_message.
 * Errors: FUP_EPARSE  no JSON object, or without id, conversation or channel
 *         FUP_ELIMIT  larger than the limit */
FUP_MUST_CHECK enum fup_code
fup_sender_message_parse(const char *text,
                         size_t len,
                         struct fup_sender_message *ret_message,
                         struct fup_err *err);
void fup_sender_message_done(struct fup_sender_message *message);

/* Append what the customer sees: the text, then the options as numbered lines;
 * of a template its name and parameters. */
void fup_sender_message_body(const struct fup_sender_message *message,
                             struct fup_buf *out);

/* Append the message for a person at a console: a head line with channel,
 * address and kind, then the body, then an empty line. Control characters but
 * line feeds are blanked. */
void fup_sender_message_print(const struct fup_sender_message *message,
                              struct fup_buf *out);

#endif
