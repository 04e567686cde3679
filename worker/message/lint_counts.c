/* How long a text is: graphemes, words and sentences as ICU finds them. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include "lint_look.h"

#define REPLACEMENT 0xfffd

struct wide {
    const UChar *text;
    int32_t n;
    const char *locale;
};

static enum fup_code
open_breaks(const struct wide *wide, UBreakIteratorType type, void **ret)
{
    UErrorCode status = U_ZERO_ERROR;
    UBreakIterator *breaks =
        ubrk_open(type, wide->locale, wide->text, wide->n, &status);

    if (U_FAILURE(status)) {
        ubrk_close(breaks);
        return FUP_ENOMEM;
    }
    *ret = breaks;
    return FUP_OK;
}

static bool is_emoji(UChar32 c)
{
    return u_hasBinaryProperty(c, UCHAR_EMOJI_PRESENTATION) &&
           !u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR);
}

/* The character that begins at @at. (ICU's macros for it do not pass our
 * warnings.) */
static UChar32 character(const struct wide *wide, int32_t at)
{
    UChar32 c = wide->text[at];

    if ((c & 0xfc00) == 0xd800 && at + 1 < wide->n) {
        c = ((c & 0x3ff) << 10) + (wide->text[at + 1] & 0x3ff) + 0x10000;
    }
    return c;
}

/* Graphemes, of all and of the longest line, and emoji among them. */
static enum fup_code count_graphemes(const struct wide *wide,
                                     struct fup_lint_counts *counts)
{
    void *breaks;
    size_t line = 0;
    enum fup_code code = open_breaks(wide, UBRK_CHARACTER, &breaks);

    if (code != FUP_OK) {
        return code;
    }
    for (int32_t at = 0, next = ubrk_next(breaks); next != UBRK_DONE;
         at = next, next = ubrk_next(breaks)) {
        UChar32 c = character(wide, at);

        line = c == '\n' ? 0 : line + 1;
        counts->characters++;
        counts->emoji += is_emoji(c);
        if (line > counts->paragraph_characters) {
            counts->paragraph_characters = line;
        }
    }
    ubrk_close(breaks);
    return FUP_OK;
}

/* Words, of all and of the longest sentence. */
static void count_in_sentences(UBreakIterator *words,
                               UBreakIterator *sentences,
                               struct fup_lint_counts *counts)
{
    int32_t end = ubrk_next(sentences);
    size_t n = 0;

    for (int32_t at = ubrk_next(words); at != UBRK_DONE;
         at = ubrk_next(words)) {
        bool word = ubrk_getRuleStatus(words) >= UBRK_WORD_NONE_LIMIT;

        while (end != UBRK_DONE && at > end) {
            end = ubrk_next(sentences);
            n = 0;
        }
        n += word;
        counts->words += word;
        if (n > counts->sentence_words) {
            counts->sentence_words = n;
        }
    }
}

static enum fup_code count_words(const struct wide *wide,
                                 struct fup_lint_counts *counts)
{
    void *words;
    void *sentences;
    enum fup_code code = open_breaks(wide, UBRK_WORD, &words);

    if (code != FUP_OK) {
        return code;
    }
    code = open_breaks(wide, UBRK_SENTENCE, &sentences);
    if (code == FUP_OK) {
        count_in_sentences(words, sentences, counts);
        ubrk_close(sentences);
    }
    ubrk_close(words);
    return code;
}

enum fup_code fup_lint_count(const char *text,
                             const char *locale,
                             struct fup_lint_counts *ret_counts)
{
    struct fup_lint_counts counts = {0};
    UErrorCode status = U_ZERO_ERROR;
    size_t size = strlen(text);
    /* UTF-16 has no more units than UTF-8 has bytes. */
    UChar *units = malloc((size + 1) * sizeof *units);
    struct wide wide = {.text = units, .locale = locale != NULL ? locale : ""};
    enum fup_code code = FUP_ENOMEM;

    if (units == NULL) {
        return code;
    }
    (void)u_strFromUTF8WithSub(units, (int32_t)size + 1, &wide.n, text,
                               (int32_t)size, REPLACEMENT, NULL, &status);
    if (U_SUCCESS(status)) {
        code = count_graphemes(&wide, &counts);
    }
    if (code == FUP_OK) {
        code = count_words(&wide, &counts);
    }
    free(units);
    if (code == FUP_OK) {
        *ret_counts = counts;
    }
    return code;
}
