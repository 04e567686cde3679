/* Measuring and cutting texts. */

#include <string.h>

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "core/utf8.h"
#include "message/limits.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* Places of an SMS in 7-bit letters and in UTF-16 units: of one that stands
 * alone, and of each part of a longer one, whose header takes some. */
#define GSM_ALONE  160
#define GSM_PART   153
#define WIDE_ALONE 70
#define WIDE_PART  67

/* The 7-bit alphabet beyond ASCII, and what of ASCII costs two places or is not
 * in it. (GSM 03.38, tables 6.2.1 and 6.2.1.1.) */
static const uint32_t gsm_others[] = {
    0xa3,  0xa5,  0xe8,  0xe9,  0xf9,  0xec,  0xf2,  0xc7,  0xd8,  0xf8,
    0xc5,  0xe5,  0x394, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3,
    0x398, 0x39e, 0xc6,  0xe6,  0xdf,  0xc9,  0xa4,  0xa1,  0xc4,  0xd6,
    0xd1,  0xdc,  0xa7,  0xbf,  0xe4,  0xf6,  0xf1,  0xfc,  0xe0,
};
#define GSM_EURO     0x20ac
#define GSM_EXTENDED "\f^{}\\[~]|"

/* The next character of the text at *@p, which moves on. */
static uint32_t next_character(const char **p)
{
    uint32_t c = 0;
    size_t step = fup_utf8_decode(*p, strnlen(*p, FUP_UTF8_MAX), &c);

    if (step == 0) {
        c = 0xfffd;
        step = 1;
    }
    *p += step;
    return c;
}

static size_t utf16_of(uint32_t c)
{
    return c > 0xffff ? 2 : 1;
}

static size_t count(const char *text, size_t (*size_of)(uint32_t))
{
    size_t n = 0;

    while (*text != '\0') {
        uint32_t c = next_character(&text);

        n += size_of != NULL ? size_of(c) : 1;
    }
    return n;
}

/* -- SMS ------------------------------------------------------------------ */

/* How many 7-bit places @c takes; 0: it is not in the alphabet. */
static size_t gsm_of(uint32_t c)
{
    if (c < 0x80) {
        if (strchr(GSM_EXTENDED, (int)c) != NULL) {
            return 2;
        }
        return c == '\n' || c == '\r' || (c >= ' ' && c != '`' && c < 0x7f);
    }
    for (size_t i = 0; i < sizeof gsm_others / sizeof gsm_others[0]; i++) {
        if (gsm_others[i] == c) {
            return 1;
        }
    }
    return c == GSM_EURO ? 2 : 0;
}

const char *fup_text_beyond_gsm(const char *text)
{
    while (*text != '\0') {
        const char *at = text;

        if (gsm_of(next_character(&text)) == 0) {
            return at;
        }
    }
    return NULL;
}

/* Parts of @part places that never end within a character. */
static size_t
parts_of(const char *text, size_t (*size_of)(uint32_t), size_t part)
{
    size_t n = 1;
    size_t used = 0;

    while (*text != '\0') {
        size_t size = size_of(next_character(&text));

        if (used + size > part) {
            n++;
            used = 0;
        }
        used += size;
    }
    return n;
}

static size_t segments(const char *text)
{
    bool wide = fup_text_beyond_gsm(text) != NULL;
    size_t (*size_of)(uint32_t) = wide ? utf16_of : gsm_of;

    if (*text == '\0') {
        return 0;
    }
    if (count(text, size_of) <= (wide ? WIDE_ALONE : GSM_ALONE)) {
        return 1;
    }
    return parts_of(text, size_of, wide ? WIDE_PART : GSM_PART);
}

/* -- graphemes ------------------------------------------------------------ */

/* A text that ICU walks by graphemes, in its own UTF-8. */
struct walk {
    UText text;
    UBreakIterator *breaks;
};

static bool walk_open(struct walk *walk, const char *text)
{
    UErrorCode status = U_ZERO_ERROR;

    walk->text = (UText)UTEXT_INITIALIZER;
    (void)utext_openUTF8(&walk->text, text, -1, &status);
    walk->breaks = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &status);
    ubrk_setUText(walk->breaks, &walk->text, &status);
    return U_SUCCESS(status);
}

static void walk_close(struct walk *walk)
{
    ubrk_close(walk->breaks);
    (void)utext_close(&walk->text);
}

static size_t graphemes(const char *text)
{
    struct walk walk;
    size_t n = 0;

    if (walk_open(&walk, text)) {
        while (ubrk_next(walk.breaks) != UBRK_DONE) {
            n++;
        }
    } else {
        n = count(text, NULL);
    }
    walk_close(&walk);
    return n;
}

/* ------------------------------------------------------------------------- */

const char *fup_unit_text(enum fup_unit unit)
{
    static const char *const words[FUP_UNITS] = {
        [FUP_UNIT_CHARACTERS] = "characters",
        [FUP_UNIT_GRAPHEMES] = "graphemes",
        [FUP_UNIT_UTF16] = "utf16",
        [FUP_UNIT_BYTES] = "bytes",
        [FUP_UNIT_SEGMENTS] = "segments",
    };

    return words[unit];
}

const char *fup_unit_name(enum fup_unit unit)
{
    return unit == FUP_UNIT_UTF16 ? "UTF-16 units" : fup_unit_text(unit);
}

size_t fup_text_measure(const char *text, enum fup_unit unit)
{
    switch (unit) {
    case FUP_UNIT_GRAPHEMES:
        return graphemes(text);
    case FUP_UNIT_UTF16:
        return count(text, utf16_of);
    case FUP_UNIT_BYTES:
        return strlen(text);
    case FUP_UNIT_SEGMENTS:
        return segments(text);
    case FUP_UNIT_CHARACTERS:
    case FUP_UNITS:
    default:
        return count(text, NULL);
    }
}

static bool fits(const char *text, struct fup_limit limit)
{
    return limit.max == 0 || fup_text_measure(text, limit.unit) <= limit.max;
}

/* Put the first @end bytes of @text and an ellipsis behind the @start bytes
 * that @out had before, and say whether they fit. */
static bool try_cut(const char *text,
                    size_t end,
                    struct fup_limit limit,
                    size_t start,
                    struct fup_buf *out)
{
    while (end > 0 && text[end - 1] == ' ') {
        end--;
    }
    out->len = start;
    fup_buf_add(out, text, end);
    fup_buf_adds(out, ELLIPSIS);
    return out->failed != FUP_OK || fits(out->data + start, limit);
}

enum fup_code
fup_text_cut(const char *text, struct fup_limit limit, struct fup_buf *out)
{
    size_t start = out->len;
    struct walk walk;
    enum fup_code code = FUP_ENOMEM;

    if (fits(text, limit)) {
        fup_buf_adds(out, text);
        return out->failed;
    }
    if (walk_open(&walk, text)) {
        int32_t end;

        (void)ubrk_last(walk.breaks);
        do {
            end = ubrk_previous(walk.breaks);
        } while (end != UBRK_DONE && end > 0 &&
                 !try_cut(text, (size_t)end, limit, start, out));
        if (end <= 0) {
            (void)try_cut(text, 0, limit, start, out);
        }
        code = out->failed;
    }
    walk_close(&walk);
    return code;
}
