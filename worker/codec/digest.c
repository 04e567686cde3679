#include <stdio.h>

#include "codec/schedule.h"

/* 128 bits in two halves: C11 has no wider type.
 * Source: draft-eastlake-fnv, prime 2^88 + 2^8 + 0x3b for 128 bit. */
struct wide {
    uint64_t high;
    uint64_t low;
};

#define PRIME_LOW UINT64_C(0x13b)

static struct wide times_prime(struct wide w)
{
    uint64_t low_part = (w.low & UINT32_MAX) * PRIME_LOW;
    uint64_t high_part = (w.low >> 32) * PRIME_LOW + (low_part >> 32);

    return (struct wide){
        .high = w.high * PRIME_LOW + (high_part >> 32) + (w.low << 24),
        .low = (high_part << 32) | (low_part & UINT32_MAX),
    };
}

const char *fup_digest(const void *data, size_t len, char buf[FUP_DIGEST_TEXT])
{
    const unsigned char *bytes = data;
    struct wide hash = {.high = UINT64_C(0x6c62272e07bb0142),
                        .low = UINT64_C(0x62b821756295c58d)};

    for (size_t i = 0; i < len; i++) {
        hash.low ^= bytes[i];
        hash = times_prime(hash);
    }
    (void)snprintf(buf, FUP_DIGEST_TEXT, "%016llx%016llx",
                   (unsigned long long)hash.high, (unsigned long long)hash.low);
    return buf;
}
