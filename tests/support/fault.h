/* Allocations that fail on demand, in our own objects: link the test with
 * -Wl,--wrap=calloc,--wrap=realloc,--wrap=strdup. */

#ifndef FUP_TESTS_FAULT_H
#define FUP_TESTS_FAULT_H

#include <stdbool.h>

/* Let the @n-th allocation from now fail, counting from 0. */
void fault_alloc_after(int n);

/* No more failures. Returns whether there was one. */
bool fault_alloc_stop(void);

#endif
