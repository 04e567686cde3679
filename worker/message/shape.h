/* A message that is filled in, made fit for its channel. */

#ifndef FUP_MESSAGE_SHAPE_H
#define FUP_MESSAGE_SHAPE_H

#include "message/message.h"

/* Make labels one line, cut titles or add numbered lines to the text, and check
 * links and limits, as fup_message_compose() says.
 *
 * Errors: FUP_ENOENT a label is empty, FUP_ELIMIT, FUP_EREFUSED, FUP_ENOMEM;
 *         @message is still to be ended. */
FUP_MUST_CHECK enum fup_code fup_message_shape(const struct fup_compose_in *in,
                                               struct fup_message *message,
                                               struct fup_err *err);

#endif
