/* Dates in templates: reading the usual ways to write one, and printing. */

#ifndef FUP_MESSAGE_LIQUID_DATE_H
#define FUP_MESSAGE_LIQUID_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "liquid_lex.h"
#include "plan/zone.h"

/* A wall time and how it lies to UTC. */
struct fup_lq_date {
    int32_t days; /* since 1970-01-01, of the wall time */
    int second;   /* of that day, 0 to 86399 */
    int offset_s; /* wall time minus UTC */
    bool instant; /* it was written with its offset, or as seconds */
};

enum fup_lq_date_word {
    LQ_DATE_MONTH,
    LQ_DATE_MONTH_SHORT,
    LQ_DATE_DAY,
    LQ_DATE_DAY_SHORT,
    LQ_DATE_HALF,  /* of the day: before and after noon */
    LQ_DATE_WORDS, /* how many */
};

#define LQ_DATE_WORD_MAX 64 /* bytes of a name, with its end */

/* The instant @seconds since 1970 in UTC; false: not in the years 1 to 9999. */
bool fup_lq_date_of(int64_t seconds, struct fup_lq_date *ret_date);

/* Read seconds since 1970, ISO 8601 ("2026-11-21", "2026-11-21T09:30:00Z"), or
 * English ("March 14, 2016", "14 Mar 2016 09:30"). Without a zone it is UTC.
 * Returns whether @text is a date. */
bool fup_lq_date_parse(struct fup_lq_span text, struct fup_lq_date *ret_date);

/* The wall time of an instant in @zone. Any other date stays as it is, and so
 * does what would leave the years. */
void fup_lq_date_shift(struct fup_lq_date *date, const struct fup_zone *zone);

/* Seconds since 1970. */
int64_t fup_lq_date_seconds(const struct fup_lq_date *date);

/* The name of month, weekday or half @index (from 0, Sunday) in @locale, UTF-8;
 * English for NULL, and where ICU knows no better. A thread keeps the names of
 * the locale that it asked for last. */
void fup_lq_date_name(const char *locale,
                      enum fup_lq_date_word word,
                      int index,
                      char name[LQ_DATE_WORD_MAX]);

/* Whether @text is the English name of a month or weekday, whole or its first
 * three letters; *@ret_index is from 0. */
bool fup_lq_date_name_find(struct fup_lq_span text,
                           enum fup_lq_date_word word,
                           int *ret_index);

#endif
