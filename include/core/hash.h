/* FNV-1a, 64 bit: stable choices (jitter, variant) that a preview repeats.
 * Source: draft-eastlake-fnv, offset basis and prime for 64 bit. */

#ifndef FUP_CORE_HASH_H
#define FUP_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define FUP_FNV_START UINT64_C(0xcbf29ce484222325)

/* Continue @hash (FUP_FNV_START at first) over @len bytes. */
uint64_t fup_fnv1a(uint64_t hash, const void *data, size_t len);

/* The same over a C string, without its end. */
uint64_t fup_fnv1a_text(uint64_t hash, const char *text);

#endif
