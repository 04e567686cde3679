#include "core/hash.h"

#include <string.h>

uint64_t fup_fnv1a(uint64_t hash, const void *data, size_t len)
{
    const unsigned char *p = data;

    for (size_t i = 0; i < len; i++) {
        hash ^= p[i];
        hash *= UINT64_C(0x100000001b3);
    }
    return hash;
}

uint64_t fup_fnv1a_text(uint64_t hash, const char *text)
{
    return fup_fnv1a(hash, text, strlen(text));
}
