/* Answers to commands: one JSON object. Failures stay in the buffer. */

#ifndef FUP_CODEC_ANSWER_H
#define FUP_CODEC_ANSWER_H

#include <stdint.h>

#include "core/buf.h"
#include "plan/plan.h"

/* What comes next for a conversation; texts are borrowed. */
struct fup_answer_next {
    int step; /* from 1 */
    const char *kind;
    int64_t due_at;
    const struct fup_trace *why; /* NULL: not known */
};

/* {"ok":true,"conversation":…,"next":{"step":…,"kind":…,"due_at":…,"why":[
 * {"rule":"delay","at":…},…]}}; @next NULL: nothing does, and "next" is
 * null. */
void fup_answer_ok(struct fup_buf *out,
                   const char *conversation,
                   const struct fup_answer_next *next);

/* {"ok":false,"error":"not_enrolled","message":"…"} */
void fup_answer_error(struct fup_buf *out,
                      const char *error,
                      const char *message);

#endif
