/* Traces in the bytes of a text: looked for in each message that goes out, so
 * each is one pass without memory. */

#include <string.h>

#include "core/utf8.h"
#include "lint_look.h"

#define INSIDE_MAX 60 /* bytes between the brackets of a placeholder */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

static bool is_wordy(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

static char before(const char *text, const char *at)
{
    char c = '\0';

    if (at > text) {
        c = at[-1];
    }
    return c;
}

/* -- characters ----------------------------------------------------------- */

static bool is_bad(uint32_t c)
{
    return (c < 0x20 && c != '\n') || (c >= 0x7f && c <= 0x9f) ||
           (c >= 0x2028 && c <= 0x202e) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffd);
}

/* Marks that part a value from the text around it come in pairs. Returns
 * whether the pairs can still come out even behind @c. */
static bool follow_isolates(uint32_t c, size_t *depth)
{
    if (c >= 0x2066 && c <= 0x2068) {
        (*depth)++;
    } else if (c == 0x2069) {
        return (*depth)-- > 0;
    }
    return true;
}

const char *fup_lint_bad_character(const char *text, size_t *ret_n)
{
    size_t depth = 0;
    size_t left = strlen(text);
    const char *p = text;

    while (left > 0) {
        uint32_t c = 0;
        size_t n;

        if (*p >= ' ' && *p <= '~') {
            p++;
            left--;
            continue;
        }
        n = fup_utf8_decode(p, left, &c);
        *ret_n = n > 0 ? n : 1;
        if (n == 0 || is_bad(c) || !follow_isolates(c, &depth)) {
            return p;
        }
        p += n;
        left -= n;
    }
    *ret_n = 0;
    return depth > 0 ? p : NULL;
}

/* -- placeholders --------------------------------------------------------- */

/* Bytes of "[word]" or "<word>" at @at, 0 if it is none. "[1]" and "a < b" are
 * not. */
static size_t bracketed(const char *at, char close)
{
    bool letters = false;

    if (close == '>' && !is_letter(at[1]) && at[1] != '%') {
        return 0;
    }
    for (size_t n = 1; n < INSIDE_MAX && at[n] != '\0' && at[n] != '\n'; n++) {
        if (at[n] == close) {
            return letters ? n + 1 : 0;
        }
        letters |= is_letter(at[n]);
    }
    return 0;
}

/* "%s", "%1$d", "%name%", but not "20 %", "100% sure". */
static size_t percent(const char *text, const char *at)
{
    size_t n = 1;

    if (is_digit(before(text, at))) {
        return 0;
    }
    n += strspn(at + n, "0123456789$.-");
    if (at[n] != '\0' && strchr("sdiufxgc@", at[n]) != NULL &&
        !is_wordy(at[n + 1])) {
        return n + 1;
    }
    n = 1;
    while (n < INSIDE_MAX && is_wordy(at[n])) {
        n++;
    }
    return n > 1 && at[n] == '%' ? n + 1 : 0;
}

/* "$name", but not "$5", "US$", "$A". */
static size_t dollar(const char *text, const char *at)
{
    size_t n = 1;

    if (is_wordy(before(text, at))) {
        return 0;
    }
    while (n < INSIDE_MAX && ((at[n] >= 'a' && at[n] <= 'z') || at[n] == '_' ||
                              (n > 2 && is_wordy(at[n])))) {
        n++;
    }
    return n > 2 ? n : 0;
}

/* What programs say when there is no value. In German "null" is a number. */
static const char *
no_value(const char *text, const char *language, size_t *ret_n)
{
    static const char *const words[] = {"undefined", "NaN", "null"};
    bool german = language != NULL && strcmp(language, "de") == 0;
    size_t n = sizeof words / sizeof words[0] - german;

    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(words[i]);

        for (const char *p = text; (p = strstr(p, words[i])) != NULL; p++) {
            if (!is_wordy(before(text, p)) && !is_wordy(p[len])) {
                *ret_n = len;
                return p;
            }
        }
    }
    return NULL;
}

/* Bytes of the placeholder at @at, 0 if it is none. */
static size_t placeholder(const char *text, const char *at)
{
    size_t n;

    switch (*at) {
    case '{':
    case '}':
        n = 1 + strcspn(at + 1, "}");
        return n + (at[n] == '}');
    case '[':
        return bracketed(at, ']');
    case '<':
        return bracketed(at, '>');
    case '%':
        return percent(text, at);
    case '$':
        return dollar(text, at);
    default:
        return at[1] == '|' ? 2 : 0;
    }
}

const char *
fup_lint_placeholder(const char *text, const char *language, size_t *ret_n)
{
    for (const char *p = text; (p = strpbrk(p, "{}[<%$*")) != NULL; p++) {
        size_t n = placeholder(text, p);

        if (n > 0) {
            *ret_n = n;
            return p;
        }
    }
    return no_value(text, language, ret_n);
}

/* -- empty values --------------------------------------------------------- */

/* Whether nothing stands where the mark at @at has something to its left:
 * "Hi ,", ", ,", a line that begins with it. */
static bool
follows_nothing(const char *text, const char *at, const char *language)
{
    const char *p = at;
    bool spaced;
    bool french = language == NULL || strcmp(language, "fr") == 0;

    while (p > text && p[-1] == ' ') {
        p--;
    }
    spaced = p < at;
    if (p == text || p[-1] == '\n' || strchr(",;:", p[-1]) != NULL) {
        return true;
    }
    /* French puts a space before these. */
    return spaced && (*at == ',' || *at == '.' || !french);
}

/* The mark at @at is one of an ending, not of ".5", "...", ".com", ";-)". */
static bool is_mark(const char *text, const char *at)
{
    switch (*at) {
    case '.':
        return at[1] != '.' && before(text, at) != '.' && !is_wordy(at[1]);
    case ';':
        return at[1] == ' ' || at[1] == '\n' || at[1] == '\0';
    default:
        return true;
    }
}

/* Quotes and brackets with nothing in them. */
static size_t empty_pair(const char *at)
{
    static const char *const pairs[] = {"()", "\"\"", "“”", "«»", "„“"};
    size_t n = 0;

    for (size_t i = 0; n == 0 && i < sizeof pairs / sizeof pairs[0]; i++) {
        size_t len = strlen(pairs[i]);

        n = strncmp(at, pairs[i], len) == 0 ? len : 0;
    }
    return n;
}

/* "for  today": two spaces between words. */
static bool is_gap(const char *text, const char *at)
{
    return at[0] == ' ' && at[1] == ' ' && is_wordy(at[2]) &&
           is_wordy(before(text, at));
}

/* Bytes of the trace at @at, 0 if it is none. */
static size_t
empty_value(const char *text, const char *at, const char *language)
{
    static const char arabic_comma[] = "،";

    switch (*at) {
    case ' ':
        return is_gap(text, at);
    case ',':
    case '.':
    case ';':
    case '!':
    case '?':
        return is_mark(text, at) && follows_nothing(text, at, language);
    case '\xd8':
        return strncmp(at, arabic_comma, sizeof arabic_comma - 1) == 0 &&
                       (before(text, at) == ' ' || at == text)
                   ? sizeof arabic_comma - 1
                   : 0;
    case '(':
    case '"':
    case '\xc2':
    case '\xe2':
        return empty_pair(at);
    default:
        return 0;
    }
}

const char *
fup_lint_empty_value(const char *text, const char *language, size_t *ret_n)
{
    for (const char *p = text; *p != '\0'; p++) {
        size_t n = is_wordy(*p) && (*p & 0x80) == 0
                       ? 0
                       : empty_value(text, p, language);

        if (n > 0) {
            *ret_n = n;
            return p;
        }
    }
    return NULL;
}

/* -- questions ------------------------------------------------------------ */

/* Bytes of the question mark at @at, 0 if it is none: Latin, full width,
 * Arabic, Greek, Armenian. */
static size_t mark(const char *at)
{
    static const char *const marks[] = {"?", "\xef\xbc\x9f", "\xd8\x9f",
                                        "\xcd\xbe", "\xd5\x9e"};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t n = strlen(marks[i]);

        if (strncmp(at, marks[i], n) == 0) {
            return n;
        }
    }
    return 0;
}

/* Whether @at is inside the address of a web page. */
static bool in_address(const char *text, const char *at)
{
    const char *p = at;

    if (!is_wordy(at[1])) {
        return false;
    }
    while (p > text && p[-1] != ' ' && p[-1] != '\n') {
        p--;
    }
    for (; p < at; p++) {
        if (strncmp(p, "://", 3) == 0 || strncmp(p, "www.", 4) == 0) {
            return true;
        }
    }
    return false;
}

/* Past the marks at @at: "?!" and "???" are one. */
static const char *past_marks(const char *at)
{
    size_t n = mark(at);

    while (n > 0 || *at == '!') {
        at += n > 0 ? n : 1;
        n = mark(at);
    }
    return at;
}

size_t fup_lint_questions(const char *text)
{
    const char *p = text;
    size_t questions = 0;

    while (*p != '\0') {
        bool may_be = *p == '?' || (*p & 0x80) != 0;

        if (may_be && mark(p) > 0 && !in_address(text, p)) {
            questions++;
            p = past_marks(p);
        } else {
            p++;
        }
    }
    /* Spanish, half done. */
    return questions == 0 && strstr(text, "¿") != NULL ? 1 : questions;
}
