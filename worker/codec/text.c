#include "text.h"

#include <stdint.h>
#include <string.h>

#include "core/utf8.h"

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
