/* Delays: elapsed time, calendar days, or a local wall time n days later. */

#ifndef FUP_PLAN_DELAY_H
#define FUP_PLAN_DELAY_H

#include <stdint.h>

#include "core/err.h"

/* Applied in this order: days, wall time, elapsed seconds. */
struct fup_delay {
    int32_t days;      /* calendar days in the contact's zone */
    int32_t wall_s;    /* local time of day in seconds, -1: as it was */
    int64_t elapsed_s; /* elapsed time, added last */
};

/* Parse "4h", "90m", "1h30m", "45s", "1d", "1d4h", "1d 09:30". A year at most.
 * Units come in the order d, h, m, s, each once; a wall time follows days only.
 *
 * Errors: FUP_EPARSE  @err names what was expected and where:
 *                     "4x": expected d, h, m or s at position 2
 *         FUP_ELIMIT  longer than 366 days. */
FUP_MUST_CHECK enum fup_code fup_delay_parse(const char *text,
                                             struct fup_delay *ret_delay,
                                             struct fup_err *err);

/* Parse a span without calendar parts ("4h", "90m"); "1d" is 24 hours here.
 * Errors: as above. */
FUP_MUST_CHECK enum fup_code
fup_span_parse(const char *text, int64_t *ret_s, struct fup_err *err);

#endif
