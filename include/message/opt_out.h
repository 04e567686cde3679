/* Words for stop. */

#ifndef FUP_MESSAGE_OPT_OUT_H
#define FUP_MESSAGE_OPT_OUT_H

#include <stdbool.h>

/* Whether @text, a customer's whole message, asks us to write no more: it is
 * one of the phrases of worker/message/opt_out.def, whatever its case, accents
 * and punctuation. A phrase amid other words ("don't stop") is none. Some short
 * words are one on @channel "sms" alone, where carriers take them so. Both may
 * be NULL. Pure; no allocation. */
bool fup_opt_out_is(const char *text, const char *channel);

#endif
