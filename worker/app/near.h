/* The known name nearest to a misspelt one. */

#ifndef FUP_APP_NEAR_H
#define FUP_APP_NEAR_H

#include <stddef.h>

/* The best name seen so far. Begin with {.text = …}. */
struct fup_near {
    const char *text; /* what was written */
    const char *best; /* NULL: none is near */
    size_t distance;
};

/* Letters to add, drop, change or swap with the next to get from @a to @b; '-'
 * and '_' are the same. Names longer than 63 bytes are far from everything. */
size_t fup_near_distance(const char *a, const char *b);

/* Look at one more @name, which must outlive @near. It counts as near within
 * two letters, and only when that is less than half of it. */
void fup_near_try(struct fup_near *near, const char *name);

#endif
