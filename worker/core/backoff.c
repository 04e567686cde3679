#include "core/backoff.h"

void fup_backoff_init(struct fup_backoff *backoff,
                      uint64_t base_ms,
                      uint64_t cap_ms,
                      uint64_t seed)
{
    backoff->base_ms = base_ms;
    backoff->cap_ms = cap_ms;
    backoff->attempts = 0;
    backoff->seed = seed | 1;
}

/* xorshift64: spreading retries needs no better randomness. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

uint64_t fup_backoff_next(struct fup_backoff *backoff)
{
    uint64_t wait = backoff->base_ms;

    for (unsigned i = 0; i < backoff->attempts && wait < backoff->cap_ms; i++) {
        wait *= 2;
    }
    if (wait > backoff->cap_ms) {
        wait = backoff->cap_ms;
    }
    backoff->attempts++;
    return wait - next_random(&backoff->seed) % (wait / 2 + 1);
}

void fup_backoff_reset(struct fup_backoff *backoff)
{
    backoff->attempts = 0;
}
