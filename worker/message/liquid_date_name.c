/* The names of months and weekdays. */

#include <stdio.h>
#include <string.h>

#include <unicode/udat.h>
#include <unicode/ustring.h>

#include "liquid_date.h"

static const char *const months[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};

/* The same words for ICU, which counts weekdays from 1. */
static const struct {
    UDateFormatSymbolType type;
    int first;
} symbols[LQ_DATE_WORDS] = {
    [LQ_DATE_MONTH] = {UDAT_MONTHS, 0},
    [LQ_DATE_MONTH_SHORT] = {UDAT_SHORT_MONTHS, 0},
    [LQ_DATE_DAY] = {UDAT_WEEKDAYS, 1},
    [LQ_DATE_DAY_SHORT] = {UDAT_SHORT_WEEKDAYS, 1},
};

static bool name_in(const char *locale,
                    enum fup_lq_date_word word,
                    int index,
                    char name[LQ_DATE_WORD_MAX])
{
    UChar wide[LQ_DATE_WORD_MAX];
    UErrorCode status = U_ZERO_ERROR;
    int32_t n;
    UDateFormat *format = udat_open(UDAT_DEFAULT, UDAT_DEFAULT, locale, NULL, 0,
                                    NULL, 0, &status);

    if (U_FAILURE(status)) {
        return false;
    }
    n = udat_getSymbols(format, symbols[word].type, index + symbols[word].first,
                        wide, LQ_DATE_WORD_MAX, &status);
    udat_close(format);
    (void)u_strToUTF8(name, LQ_DATE_WORD_MAX, NULL, wide, n, &status);
    return U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING;
}

void fup_lq_date_name(const char *locale,
                      enum fup_lq_date_word word,
                      int index,
                      char name[LQ_DATE_WORD_MAX])
{
    bool month = word == LQ_DATE_MONTH || word == LQ_DATE_MONTH_SHORT;
    bool brief = word == LQ_DATE_MONTH_SHORT || word == LQ_DATE_DAY_SHORT;

    if (locale == NULL || strncmp(locale, "en", 2) == 0 ||
        !name_in(locale, word, index, name)) {
        (void)snprintf(name, LQ_DATE_WORD_MAX, "%.*s",
                       brief ? 3 : LQ_DATE_WORD_MAX - 1,
                       month ? months[index] : days[index]);
    }
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
