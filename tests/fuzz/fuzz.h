/* What a fuzz target provides; the name is libFuzzer's. */

#ifndef FUP_TESTS_FUZZ_H
#define FUP_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Try one input; abort when something is wrong. */
/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

#endif
