#include "liquid_isolate.h"

#include <string.h>

#include <unicode/uchar.h>

#include "core/utf8.h"
#include "message/links.h"

#define ISOLATE 0x2068 /* first strong isolate */
#define RELEASE 0x2069 /* pop directional isolate */

enum direction { NEUTRAL, LEFT_TO_RIGHT, RIGHT_TO_LEFT };

static enum direction direction_of(UCharDirection direction)
{
    if (direction == U_LEFT_TO_RIGHT) {
        return LEFT_TO_RIGHT;
    }
    return direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC
               ? RIGHT_TO_LEFT
               : NEUTRAL;
}

static int opens(UCharDirection direction)
{
    return direction == U_FIRST_STRONG_ISOLATE ||
           direction == U_LEFT_TO_RIGHT_ISOLATE ||
           direction == U_RIGHT_TO_LEFT_ISOLATE;
}

/* The direction of the first letter that has one, what is isolated already
 * passed over (Unicode, UAX 9, P2). */
static enum direction first_direction(struct fup_lq_span text)
{
    unsigned depth = 0;

    while (text.n > 0) {
        uint32_t c = 0;
        size_t n = fup_utf8_decode(text.p, text.n, &c);
        UCharDirection direction = u_charDirection((UChar32)c);

        if (opens(direction)) {
            depth++;
        } else if (direction == U_POP_DIRECTIONAL_ISOLATE) {
            depth -= depth > 0 ? 1 : 0;
        } else if (depth == 0 && direction_of(direction) != NEUTRAL) {
            return direction_of(direction);
        }
        n = n > 0 ? n : 1;
        text.p += n;
        text.n -= n;
    }
    return NEUTRAL;
}

/* Most values are ASCII in a text that runs left to right. */
static bool is_ascii(struct fup_lq_span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool runs_against(const struct fup_liquid_reader *reader,
                         struct fup_lq_span text)
{
    enum direction direction;

    if (!reader->right_to_left && is_ascii(text)) {
        return false;
    }
    direction = first_direction(text);
    return direction == (reader->right_to_left ? LEFT_TO_RIGHT : RIGHT_TO_LEFT);
}

/* Whether what is in @out ends within an address. */
static bool in_link(const struct fup_buf *out)
{
    struct fup_link link;
    size_t n = out->len;

    while (n > 0 && strchr(" \t\r\n", out->data[n - 1]) == NULL) {
        n--;
    }
    return out->len > n && fup_link_find(out->data + n, &link);
}

static void add_mark(struct fup_buf *out, uint32_t mark)
{
    char text[FUP_UTF8_MAX];

    fup_buf_add(out, text, fup_utf8_encode(mark, text));
}

void fup_lq_print_for(const struct fup_liquid_reader *reader,
                      const struct fup_lq_value *value,
                      struct fup_buf *out)
{
    bool marked = reader->isolated && value->type == LQ_STRING &&
                  runs_against(reader, value->as.text) && !in_link(out);

    if (marked) {
        add_mark(out, ISOLATE);
    }
    fup_lq_print(value, out);
    if (marked) {
        add_mark(out, RELEASE);
    }
}
