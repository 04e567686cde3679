/* UTF-8, one character at a time. (ICU's macros for it do not pass our
 * warnings.) */

#ifndef FUP_CORE_UTF8_H
#define FUP_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define FUP_UTF8_MAX 4 /* bytes of one character */

/* The character at the start of the @n bytes at @text. Returns how many bytes
 * it takes; 0 when it is none: cut off, too long, a surrogate, too large. */
size_t fup_utf8_decode(const char *text, size_t n, uint32_t *ret_character);

/* Write @character, which must be one; returns how many bytes. */
size_t fup_utf8_encode(uint32_t character, char text[FUP_UTF8_MAX]);

#endif
