/* Small helpers on texts: UTF-8, ids. */

#ifndef FUP_CODEC_TEXT_H
#define FUP_CODEC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 character at @text, of which @len bytes may be read; 0
 * when there is no valid one (RFC 3629: no surrogates, no long forms). */
size_t fup_text_char(const char *text, size_t len);

/* Whether @text is valid UTF-8 throughout. */
bool fup_text_is_utf8(const char *text, size_t len);

/* Blank control characters, and cut a character that was cut in two off the
 * end. */
void fup_text_tidy(char *text);

/* Whether @text is 1 to @max bytes of a-z, 0-9, '_' and '-'. */
bool fup_text_is_id(const char *text, size_t max);

#endif
