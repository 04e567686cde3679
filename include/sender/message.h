/* A message for a person: what the customer sees, and at a console. */

#ifndef FUP_SENDER_MESSAGE_H
#define FUP_SENDER_MESSAGE_H

#include "codec/outbound.h"
#include "core/buf.h"

/* Append what the customer sees: the text, then the options as numbered lines
 * (which the text has already where the channel has no buttons); of a template
 * its name and parameters. */
void fup_sender_message_body(const struct fup_outbound *message,
                             struct fup_buf *out);

/* Append the message for a console: a head line with channel, address and kind,
 * then the body, then an empty line. Control characters but line feeds are
 * blanked. */
void fup_sender_message_print(const struct fup_outbound *message,
                              struct fup_buf *out);

#endif
