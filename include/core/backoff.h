/* How long to wait before trying again: doubling with jitter, capped. */

#ifndef FUP_CORE_BACKOFF_H
#define FUP_CORE_BACKOFF_H

#include <stdint.h>

struct fup_backoff {
    uint64_t base_ms;
    uint64_t cap_ms;
    unsigned attempts; /* failures in a row */
    uint64_t seed;     /* state of the jitter */
};

void fup_backoff_init(struct fup_backoff *backoff,
                      uint64_t base_ms,
                      uint64_t cap_ms,
                      uint64_t seed);

/* Count one more failure; returns the wait in ms, between half and the whole
 * of base * 2^n, at most cap. */
uint64_t fup_backoff_next(struct fup_backoff *backoff);

/* It worked: the next failure starts from base again. */
void fup_backoff_reset(struct fup_backoff *backoff);

#endif
