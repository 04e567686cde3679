/* Answers to commands: one JSON object. Failures stay in the buffer. */

#ifndef FUP_CODEC_ANSWER_H
#define FUP_CODEC_ANSWER_H

#include "core/buf.h"
#include "plan/plan.h"

/* [{"rule":"base","at":…},{"rule":"delay","at":…,"moved":"+4h"},…]: the instant
 * after each rule, and by how much it moved it. The same in answers, events,
 * the ledger and `explain`. */
void fup_answer_why(struct fup_buf *out, const struct fup_trace *why);

/* {"ok":false,"error":"not_enrolled","message":"…"} */
void fup_answer_error(struct fup_buf *out,
                      const char *error,
                      const char *message);

#endif
