/* Paths of files in the source tree. */

#ifndef FUP_TESTS_GOLDEN_H
#define FUP_TESTS_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>

/* @name below the source tree's root, in @buf. */
static inline const char *source_path(char buf[512], const char *name)
{
    const char *source = getenv("FUP_SOURCE_DIR"); // NOLINT(concurrency-*)

    (void)snprintf(buf, 512, "%s/%s", source == NULL ? "." : source, name);
    return buf;
}

/* @name below tests/golden, in @buf. */
static inline const char *golden_path(char buf[512], const char *name)
{
    char below[256];

    (void)snprintf(below, sizeof below, "tests/golden/%s", name);
    return source_path(buf, below);
}

#endif
