/* How often memory was asked for in this process, by whichever library. Link
 * allocs.c into the program. */

#ifndef FUP_TESTS_ALLOCS_H
#define FUP_TESTS_ALLOCS_H

#include <stddef.h>

/* Calls of malloc, calloc and realloc since the first call of this. */
size_t allocs_count(void);

#endif
