/* What followup render prints of a message. */

#ifndef FUP_APP_RENDER_PRINT_H
#define FUP_APP_RENDER_PRINT_H

#include "core/buf.h"
#include "message/limits.h"
#include "message/message.h"

struct fup_facts;
struct fup_outbound;

/* Append @message as a person reads it: the text, each button as [Label], then
 * a line with the channel, the variant, the locale and how much of the
 * channel's limit (@limits NULL: none) the text takes. */
void fup_render_print_text(const struct fup_message *message,
                           const struct fup_facts *facts,
                           const struct fup_channel_limits *limits,
                           struct fup_buf *out);

/* Append it as a sender gets it: @frame holds what is not of the message. */
void fup_render_print_json(const struct fup_message *message,
                           const struct fup_outbound *frame,
                           struct fup_buf *out);

#endif
