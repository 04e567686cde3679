/* Entries of streams from lists of C strings. */

#ifndef FUP_TESTS_ENTRY_OF_H
#define FUP_TESTS_ENTRY_OF_H

#include <string.h>

#include "codec/entry.h"

#define ENTRY_ITEMS_MAX 200

struct entry_of {
    struct fup_entry entry;
    size_t lens[ENTRY_ITEMS_MAX];
};

/* @items ends with NULL. */
static const struct fup_entry *entry_of(struct entry_of *of,
                                        const char *const *items)
{
    size_t n = 0;

    for (; items[n] != NULL; n++) {
        of->lens[n] = strlen(items[n]);
    }
    of->entry = (struct fup_entry){.items = items, .lens = of->lens, .n = n};
    return &of->entry;
}

#endif
