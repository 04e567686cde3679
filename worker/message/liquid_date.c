/* Reading dates. */

#include "liquid_date.h"

#include <string.h>

#include "core/time.h"
#include "liquid_value.h"

#define DAY_S 86400

/* The fields as they are read; what was not there keeps its default. */
struct fields {
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int offset_s;
    bool zoned;
};

bool fup_lq_date_of(int64_t seconds, struct fup_lq_date *ret_date)
{
    int64_t days = seconds / DAY_S;
    int second = (int)(seconds % DAY_S);

    if (second < 0) {
        second += DAY_S;
        days--;
    }
    if (days < fup_days_from_civil(1, 1, 1) ||
        days > fup_days_from_civil(9999, 12, 31)) {
        return false;
    }
    *ret_date = (struct fup_lq_date){
        .days = (int32_t)days, .second = second, .instant = true};
    return true;
}

int64_t fup_lq_date_seconds(const struct fup_lq_date *date)
{
    return (int64_t)date->days * DAY_S + date->second - date->offset_s;
}

void fup_lq_date_shift(struct fup_lq_date *date, const struct fup_zone *zone)
{
    int64_t s = fup_lq_date_seconds(date);
    struct fup_lq_date local;
    int offset_s;

    if (!date->instant || zone == NULL) {
        return;
    }
    offset_s = fup_zone_offset_s(zone, s * FUP_US_PER_S);
    if (fup_lq_date_of(s + offset_s, &local)) {
        local.offset_s = offset_s;
        *date = local;
    }
}

static void skip_spaces(struct fup_lq_span *text)
{
    while (text->n > 0 && (fup_lq_is_space(*text->p) || *text->p == ',')) {
        text->p++;
        text->n--;
    }
}

static bool take_char(struct fup_lq_span *text, const char *any)
{
    if (text->n == 0 || *text->p == '\0' || strchr(any, *text->p) == NULL) {
        return false;
    }
    text->p++;
    text->n--;
    return true;
}

/* @min to @max digits; false, and nothing taken, when there are none. */
static bool
take_digits(struct fup_lq_span *text, size_t min, size_t max, int *ret)
{
    size_t n = 0;
    int number = 0;

    while (n < text->n && n < max && text->p[n] >= '0' && text->p[n] <= '9') {
        number = number * 10 + (text->p[n] - '0');
        n++;
    }
    if (n < min) {
        return false;
    }
    text->p += n;
    text->n -= n;
    *ret = number;
    return true;
}

static struct fup_lq_span take_letters(struct fup_lq_span *text)
{
    struct fup_lq_span word = {text->p, 0};

    while (word.n < text->n && (text->p[word.n] | 0x20) >= 'a' &&
           (text->p[word.n] | 0x20) <= 'z') {
        word.n++;
    }
    text->p += word.n;
    text->n -= word.n;
    return word;
}

/* "Z", "UTC", "GMT", "+02:00", "-0300"; nothing is UTC too. */
static bool take_zone(struct fup_lq_span *text, struct fields *fields)
{
    struct fup_lq_span word;
    bool west;
    int hours;
    int minutes;

    skip_spaces(text);
    if (text->n == 0) {
        return true;
    }
    fields->zoned = true;
    if (*text->p != '+' && *text->p != '-') {
        word = take_letters(text);
        return fup_lq_span_is(word, "Z") || fup_lq_span_is(word, "UTC") ||
               fup_lq_span_is(word, "GMT");
    }
    west = *text->p == '-';
    (void)take_char(text, "+-");
    if (!take_digits(text, 2, 2, &hours)) {
        return false;
    }
    (void)take_char(text, ":");
    if (!take_digits(text, 2, 2, &minutes) || hours > 14 || minutes > 59) {
        return false;
    }
    fields->offset_s = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

/* "09:30", "09:30:15", "09:30:15.250", then a zone. Fractions are dropped. */
static bool take_time(struct fup_lq_span *text, struct fields *fields)
{
    int fraction;

    if (text->n == 0) {
        return true;
    }
    if (!take_digits(text, 1, 2, &fields->hour) || !take_char(text, ":") ||
        !take_digits(text, 2, 2, &fields->minute)) {
        return false;
    }
    if (take_char(text, ":")) {
        if (!take_digits(text, 2, 2, &fields->second)) {
            return false;
        }
        if (take_char(text, ".") && !take_digits(text, 1, 9, &fraction)) {
            return false;
        }
    }
    return take_zone(text, fields);
}

/* "2026-11-21" or "2026/11/21", then a time. */
static bool take_iso(struct fup_lq_span *text, struct fields *fields)
{
    if (!take_digits(text, 4, 4, &fields->year) || !take_char(text, "-/") ||
        !take_digits(text, 1, 2, &fields->month) || !take_char(text, "-/") ||
        !take_digits(text, 1, 2, &fields->day)) {
        return false;
    }
    if (!take_char(text, "T")) {
        skip_spaces(text);
    }
    return take_time(text, fields);
}

/* "[Monday,] March 14, 2016" or "14 March 2016", then a time. */
static bool take_english(struct fup_lq_span *text, struct fields *fields)
{
    bool day_first = take_digits(text, 1, 2, &fields->day);
    struct fup_lq_span word;
    int ignored;

    skip_spaces(text);
    word = take_letters(text);
    if (!day_first && fup_lq_date_name_find(word, LQ_DATE_DAY, &ignored)) {
        skip_spaces(text);
        day_first = take_digits(text, 1, 2, &fields->day);
        skip_spaces(text);
        word = take_letters(text);
    }
    if (!fup_lq_date_name_find(word, LQ_DATE_MONTH, &fields->month)) {
        return false;
    }
    fields->month++;
    skip_spaces(text);
    if (!day_first && !take_digits(text, 1, 2, &fields->day)) {
        return false;
    }
    skip_spaces(text);
    if (!take_digits(text, 4, 4, &fields->year)) {
        return false;
    }
    skip_spaces(text);
    return take_time(text, fields);
}

static bool from_fields(const struct fields *fields,
                        struct fup_lq_date *ret_date)
{
    int32_t days;
    int year;
    int month;
    int day;

    if (fields->year < 1 || fields->month < 1 || fields->month > 12 ||
        fields->day < 1 || fields->hour > 23 || fields->minute > 59 ||
        fields->second > 60) {
        return false;
    }
    days = fup_days_from_civil(fields->year, fields->month, fields->day);
    fup_civil_from_days(days, &year, &month, &day);
    if (day != fields->day) {
        return false; /* the 30th of February */
    }
    ret_date->days = days;
    ret_date->second = fields->hour * 3600 + fields->minute * 60 +
                       (fields->second == 60 ? 59 : fields->second);
    ret_date->offset_s = fields->offset_s;
    ret_date->instant = fields->zoned;
    return true;
}

bool fup_lq_date_parse(struct fup_lq_span text, struct fup_lq_date *ret_date)
{
    struct fields fields = {.month = 1, .day = 1};
    struct fup_lq_span rest;
    struct fup_lq_value number;

    text = fup_lq_trim(text);
    if (text.n == 0) {
        return false;
    }
    /* The standard reads digits as seconds, but not below zero. */
    if (fup_lq_number_of_text(text, &number)) {
        return number.type == LQ_INT && *text.p != '-' &&
               fup_lq_date_of(number.as.integer, ret_date);
    }
    rest = text;
    if (take_iso(&rest, &fields) && rest.n == 0) {
        return from_fields(&fields, ret_date);
    }
    fields = (struct fields){.month = 1, .day = 1};
    rest = text;
    return take_english(&rest, &fields) && rest.n == 0 &&
           from_fields(&fields, ret_date);
}
