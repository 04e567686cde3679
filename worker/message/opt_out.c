/* A text is made plain, then compared: no accents, no case, one space for all
 * that is no letter or digit, nothing for an apostrophe. */

#include "message/opt_out.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "core/utf8.h"

/* In bytes. No phrase is half as long. */
#define TEXT_MAX   200
#define FOLDED_MAX 1200

/* Units of UTF-16: a normal form is longer than the text, seldom by much. What
 * does not fit is no phrase. */
#define WIDE_MAX 600

static const struct {
    const char *text;
    bool sms_only;
} phrases[] = {

#define FUP_OPT_OUT(locale, phrase)     {(phrase), false},
#define FUP_OPT_OUT_SMS(locale, phrase) {(phrase), true},
#include "opt_out.def"
#undef FUP_OPT_OUT
#undef FUP_OPT_OUT_SMS
};

/* Without case, marks apart: "DÉSABONNER" as "desabonner" with an accent that
 * is a character of its own. */
static bool fold(const char *text, char ret[FOLDED_MAX])
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *folds = unorm2_getNFKCCasefoldInstance(&status);
    const UNormalizer2 *splits = unorm2_getNFDInstance(&status);
    UChar wide[WIDE_MAX];
    UChar folded[WIDE_MAX];
    int32_t n = 0;

    (void)u_strFromUTF8WithSub(wide, WIDE_MAX, &n, text, -1, 0xfffd, NULL,
                               &status);
    n = unorm2_normalize(folds, wide, n, folded, WIDE_MAX, &status);
    n = unorm2_normalize(splits, folded, n, wide, WIDE_MAX, &status);
    (void)u_strToUTF8(ret, FOLDED_MAX, NULL, wide, n, &status);
    return status == U_ZERO_ERROR;
}

static bool is_dropped(uint32_t c)
{
    int8_t type = u_charType((UChar32)c);

    return type == U_NON_SPACING_MARK || type == U_FORMAT_CHAR || c == '\'' ||
           c == 0x2019 || c == 0x02bc || c == 0x0640;
}

/* Words with one space between, in the place of @text. */
static void make_plain(char *text)
{
    size_t left = strlen(text);
    const char *from = text;
    size_t n = 0;

    while (left > 0) {
        uint32_t c = 0;
        size_t step = fup_utf8_decode(from, left, &c);

        step = step > 0 ? step : 1;
        if (u_isalnum((UChar32)c) && !is_dropped(c)) {
            memmove(text + n, from, step);
            n += step;
        } else if (!is_dropped(c) && n > 0 && text[n - 1] != ' ') {
            text[n++] = ' ';
        }
        from += step;
        left -= step;
    }
    n -= n > 0 && text[n - 1] == ' ' ? 1 : 0;
    text[n] = '\0';
}

bool fup_opt_out_is(const char *text, const char *channel)
{
    bool sms = channel != NULL && strcmp(channel, "sms") == 0;
    char plain[FOLDED_MAX];

    if (text == NULL || strlen(text) > TEXT_MAX || !fold(text, plain)) {
        return false;
    }
    make_plain(plain);
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if ((sms || !phrases[i].sms_only) &&
            strcmp(phrases[i].text, plain) == 0) {
            return true;
        }
    }
    return false;
}
