/* The known name nearest to a misspelt one. */

#ifndef FUP_CORE_NEAR_H
#define FUP_CORE_NEAR_H

#include <stddef.h>

/* The best name seen so far. Begin with {.text = …}. */
struct fup_near {
    const char *text; /* what was written */
    const char *best; /* NULL: none is near */
    size_t distance;
};

/* Letters to add, drop, change or swap with the next to get from @a to @b; '-'
 * and '_' are the same. Of longer names the first 63 bytes are compared. */
size_t fup_near_distance(const char *a, const char *b);

/* Look at one more @name, which must outlive @near. It counts as near within
 * two letters, and only when that is less than half of it. */
void fup_near_try(struct fup_near *near, const char *name);

/* The one of @n names nearest to @text, however far; NULL when @n is 0. */
const char *fup_near_of(const char *text, const char *const *names, size_t n);

#endif
