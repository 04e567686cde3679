/* Printing values among text that may run the other way. */

#ifndef FUP_MESSAGE_LIQUID_ISOLATE_H
#define FUP_MESSAGE_LIQUID_ISOLATE_H

#include "liquid_value.h"
#include "message/liquid.h"

/* Append @value as a template prints it, between marks where its direction is
 * not that of @reader's text: see fup_liquid_render_for(). */
void fup_lq_print_for(const struct fup_liquid_reader *reader,
                      const struct fup_lq_value *value,
                      struct fup_buf *out);

#endif
