#include "core/near.h"

#include <stdint.h>
#include <string.h>

#define NAME_MAX_BYTES 63
#define NEAR_ENOUGH    2

static char folded(char c)
{
    if (c == '_') {
        return '-';
    }
    return c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t fup_near_distance(const char *a, const char *b)
{
    /* Three rows of the table: two back for swaps, one back, this one. */
    size_t rows[3][NAME_MAX_BYTES + 1];
    size_t len_a = least(strlen(a), NAME_MAX_BYTES);
    size_t len_b = least(strlen(b), NAME_MAX_BYTES);

    for (size_t j = 0; j <= len_b; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= len_a; i++) {
        size_t *row = rows[i % 3];
        const size_t *up = rows[(i + 2) % 3];

        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            char ca = folded(a[i - 1]);
            char cb = folded(b[j - 1]);

            row[j] = least(least(up[j], row[j - 1]) + 1,
                           up[j - 1] + (ca == cb ? 0 : 1));
            if (i > 1 && j > 1 && ca == folded(b[j - 2]) &&
                folded(a[i - 2]) == cb) {
                row[j] = least(row[j], rows[(i + 1) % 3][j - 2] + 1);
            }
        }
    }
    return rows[len_a % 3][len_b];
}

void fup_near_try(struct fup_near *near, const char *name)
{
    size_t distance = fup_near_distance(near->text, name);

    if (distance > NEAR_ENOUGH || distance * 2 >= strlen(name)) {
        return;
    }
    if (near->best == NULL || distance < near->distance) {
        near->best = name;
        near->distance = distance;
    }
}

const char *fup_near_of(const char *text, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < n; i++) {
        size_t distance = fup_near_distance(text, names[i]);

        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
