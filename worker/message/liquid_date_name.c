/* The names of months, weekdays and halves of the day. */

#include <stdio.h>
#include <string.h>

#include <unicode/udat.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "liquid_date.h"

#define NAMES_MAX 12

static const char *const months[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};

static const char *const halves[] = {"AM", "PM"};

/* The same words for ICU, which counts weekdays from 1. */
static const struct {
    UDateFormatSymbolType type;
    int first;
    int n;
} symbols[LQ_DATE_WORDS] = {
    [LQ_DATE_MONTH] = {UDAT_MONTHS, 0, 12},
    [LQ_DATE_MONTH_SHORT] = {UDAT_SHORT_MONTHS, 0, 12},
    [LQ_DATE_DAY] = {UDAT_WEEKDAYS, 1, 7},
    [LQ_DATE_DAY_SHORT] = {UDAT_SHORT_WEEKDAYS, 1, 7},
    [LQ_DATE_HALF] = {UDAT_AM_PMS, 0, 2},
};

/* Opening a format takes longer than rendering a hundred texts. */
static _Thread_local struct {
    char locale[ULOC_FULLNAME_CAPACITY]; /* "": nothing yet */
    char names[LQ_DATE_WORDS][NAMES_MAX][LQ_DATE_WORD_MAX];
} known;

static const char *english(enum fup_lq_date_word word, int index)
{
    switch (word) {
    case LQ_DATE_MONTH:
    case LQ_DATE_MONTH_SHORT:
        return months[index];
    case LQ_DATE_HALF:
        return halves[index];
    case LQ_DATE_DAY:
    case LQ_DATE_DAY_SHORT:
    case LQ_DATE_WORDS:
    default:
        return days[index];
    }
}

static void read_names(const UDateFormat *format, enum fup_lq_date_word word)
{
    for (int i = 0; i < symbols[word].n; i++) {
        UChar wide[LQ_DATE_WORD_MAX];
        UErrorCode status = U_ZERO_ERROR;
        int32_t n =
            udat_getSymbols(format, symbols[word].type, i + symbols[word].first,
                            wide, LQ_DATE_WORD_MAX, &status);

        (void)u_strToUTF8(known.names[word][i], LQ_DATE_WORD_MAX, NULL, wide, n,
                          &status);
        if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING) {
            known.names[word][i][0] = '\0';
        }
    }
}

/* Learn the names of @locale; false: there is no memory, or it is too long. */
static bool learn(const char *locale)
{
    UErrorCode status = U_ZERO_ERROR;
    UDateFormat *format;

    if (strlen(locale) >= sizeof known.locale) {
        return false;
    }
    format = udat_open(UDAT_DEFAULT, UDAT_DEFAULT, locale, NULL, 0, NULL, 0,
                       &status);
    if (U_FAILURE(status)) {
        return false;
    }
    for (unsigned word = 0; word < LQ_DATE_WORDS; word++) {
        read_names(format, (enum fup_lq_date_word)word);
    }
    udat_close(format);
    (void)snprintf(known.locale, sizeof known.locale, "%s", locale);
    return true;
}

void fup_lq_date_name(const char *locale,
                      enum fup_lq_date_word word,
                      int index,
                      char name[LQ_DATE_WORD_MAX])
{
    bool brief = word == LQ_DATE_MONTH_SHORT || word == LQ_DATE_DAY_SHORT;

    if (locale != NULL && locale[0] != '\0' && strncmp(locale, "en", 2) != 0 &&
        (strcmp(locale, known.locale) == 0 || learn(locale)) &&
        known.names[word][index][0] != '\0') {
        (void)snprintf(name, LQ_DATE_WORD_MAX, "%s", known.names[word][index]);
        return;
    }
    (void)snprintf(name, LQ_DATE_WORD_MAX, "%.*s",
                   brief ? 3 : LQ_DATE_WORD_MAX - 1, english(word, index));
}

/* Equal but for the case of ASCII letters. */
static bool same_word(struct fup_lq_span text, const char *word, size_t n)
{
    if (text.n != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if ((text.p[i] | 0x20) != (word[i] | 0x20)) {
            return false;
        }
    }
    return true;
}

bool fup_lq_date_name_find(struct fup_lq_span text,
                           enum fup_lq_date_word word,
                           int *ret_index)
{
    const char *const *names = word == LQ_DATE_MONTH ? months : days;
    int n = word == LQ_DATE_MONTH ? 12 : 7;

    for (int i = 0; i < n; i++) {
        if (same_word(text, names[i], 3) ||
            same_word(text, names[i], strlen(names[i]))) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}
