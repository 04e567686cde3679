#include "core/utf8.h"

/* By the number of bytes: the marks of the first, and the least character. */
static const struct {
    unsigned char mask;
    unsigned char mark;
    uint32_t least;
} forms[] = {
    {0x80, 0x00, 0},
    {0xe0, 0xc0, 0x80},
    {0xf0, 0xe0, 0x800},
    {0xf8, 0xf0, 0x10000},
};

size_t fup_utf8_decode(const char *text, size_t n, uint32_t *ret_character)
{
    unsigned char first = n > 0 ? (unsigned char)text[0] : 0xff;
    uint32_t character;
    size_t form = 0;

    while (form < 4 && (first & forms[form].mask) != forms[form].mark) {
        form++;
    }
    if (form == 4 || form + 1 > n) {
        return 0;
    }
    character = first & (unsigned char)~forms[form].mask;
    for (size_t i = 1; i <= form; i++) {
        unsigned char next = (unsigned char)text[i];

        if ((next & 0xc0) != 0x80) {
            return 0;
        }
        character = character << 6 | (next & 0x3f);
    }
    if (character < forms[form].least || character > 0x10ffff ||
        (character >= 0xd800 && character <= 0xdfff)) {
        return 0;
    }
    *ret_character = character;
    return form + 1;
}

size_t fup_utf8_encode(uint32_t character, char text[FUP_UTF8_MAX])
{
    size_t form = character < 0x80      ? 0
                  : character < 0x800   ? 1
                  : character < 0x10000 ? 2
                                        : 3;

    for (size_t i = form; i > 0; i--) {
        text[i] = (char)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    text[0] = (char)(forms[form].mark | character);
    return form + 1;
}
