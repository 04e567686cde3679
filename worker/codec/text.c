#include "text.h"

#include <stdint.h>
#include <string.h>

#include "core/utf8.h"

#define NAME_MAX_BYTES 63

size_t fup_text_char(const char *text, size_t len)
{
    uint32_t character;

    return fup_utf8_decode(text, len, &character);
}

bool fup_text_is_utf8(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = fup_text_char(text + i, len - i);

        if (n == 0) {
            return false;
        }
        i += n;
    }
    return true;
}

void fup_text_tidy(char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len;) {
        size_t n = fup_text_char(text + i, len - i);

        if (n == 0 && len - i < 4) {
            text[i] = '\0';
            return;
        }
        if (n == 0 || (unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            text[i] = n == 0 ? '?' : ' ';
            n = 1;
        }
        i += n;
    }
}

bool fup_text_is_id(const char *text, size_t max)
{
    size_t len = strlen(text);

    return len >= 1 && len <= max &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: Levenshtein's distance with swaps. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_BYTES + 1];
    size_t na = min_of(strlen(a), NAME_MAX_BYTES);
    size_t nb = min_of(strlen(b), NAME_MAX_BYTES);

    for (size_t j = 0; j <= nb; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        size_t *row = rows[i % 3];
        const size_t *up = rows[(i + 2) % 3];
        const size_t *up2 = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            row[j] = min_of(min_of(up[j], row[j - 1]) + 1,
                            up[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1]) {
                row[j] = min_of(row[j], up2[j - 2] + 1);
            }
        }
    }
    return rows[na % 3][nb];
}

const char *
fup_text_nearest(const char *text, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(text, names[i]);

        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
