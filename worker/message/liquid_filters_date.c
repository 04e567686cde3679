/* The filter "date": strftime as the standard's, in the reader's zone and in
 * the language of the message where it has the variable "locale". "now" is
 * refused: a render asks no clock, so that a preview shows what will be sent.
 */

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/time.h"
#include "liquid_date.h"
#include "liquid_filter.h"
#include "liquid_render.h"

#define WIDTH_MAX 32

/* "%-d", "%010Y", "%^a": what stands between the percent sign and the letter.
 * @pad is '\0' for the letter's own, '-' for none. */
struct flags {
    char pad;
    bool upper;
    int width;
};

struct print {
    struct fup_lq_out out;
    const char *locale;
    struct fup_lq_date date;
    int year;
    int month;
    int day;
    int weekday; /* 0 is Sunday */
    int yearday; /* from 1 */
    struct flags flags;
};

/* A directive that is a number: its usual width, and what fills it. */
struct number {
    char letter;
    char pad;
    int width;
    int64_t (*value)(const struct print *print);
};

/* A directive that stands for others. */
static const struct {
    char letter;
    const char *format;
} composites[] = {
    {'c', "%a %b %e %H:%M:%S %Y"},
    {'D', "%m/%d/%y"},
    {'F', "%Y-%m-%d"},
    {'R', "%H:%M"},
    {'r', "%I:%M:%S %p"},
    {'T', "%H:%M:%S"},
    {'v', "%e-%^b-%Y"},
    {'X', "%H:%M:%S"},
    {'x', "%m/%d/%y"},
};

static int64_t year_of(const struct print *print)
{
    return print->year;
}

static int64_t century_of(const struct print *print)
{
    return print->year / 100;
}

static int64_t short_year_of(const struct print *print)
{
    return print->year % 100;
}

static int64_t month_of(const struct print *print)
{
    return print->month;
}

static int64_t day_of(const struct print *print)
{
    return print->day;
}

static int64_t yearday_of(const struct print *print)
{
    return print->yearday;
}

static int64_t hour_of(const struct print *print)
{
    return print->date.second / 3600;
}

static int64_t hour12_of(const struct print *print)
{
    int64_t hour = hour_of(print) % 12;

    return hour == 0 ? 12 : hour;
}

static int64_t minute_of(const struct print *print)
{
    return print->date.second / 60 % 60;
}

static int64_t second_of(const struct print *print)
{
    return print->date.second % 60;
}

static int64_t nothing_of(const struct print *print)
{
    (void)print;
    return 0;
}

static int64_t epoch_of(const struct print *print)
{
    return fup_lq_date_seconds(&print->date);
}

static int64_t weekday_of(const struct print *print)
{
    return print->weekday;
}

static int64_t iso_weekday_of(const struct print *print)
{
    return print->weekday == 0 ? 7 : print->weekday;
}

/* Weeks that start on Sunday, and on Monday. */
static int64_t sunday_week_of(const struct print *print)
{
    return (print->yearday + 6 - print->weekday) / 7;
}

static int64_t monday_week_of(const struct print *print)
{
    return (print->yearday + 6 - (print->weekday + 6) % 7) / 7;
}

/* The year that an ISO week belongs to is that of its Thursday. */
static int thursday_of(const struct print *print, int *ret_yearday)
{
    int32_t days = print->date.days + 4 - (int32_t)iso_weekday_of(print);
    int year;
    int month;
    int day;

    fup_civil_from_days(days, &year, &month, &day);
    *ret_yearday = (int)(days - fup_days_from_civil(year, 1, 1)) + 1;
    return year;
}

static int64_t iso_year_of(const struct print *print)
{
    int yearday;

    return thursday_of(print, &yearday);
}

static int64_t iso_week_of(const struct print *print)
{
    int yearday;

    (void)thursday_of(print, &yearday);
    return (yearday + 6) / 7;
}

static const struct number numbers[] = {
    {'C', '0', 2, century_of},     {'d', '0', 2, day_of},
    {'e', ' ', 2, day_of},         {'G', '0', 4, iso_year_of},
    {'H', '0', 2, hour_of},        {'I', '0', 2, hour12_of},
    {'j', '0', 3, yearday_of},     {'k', ' ', 2, hour_of},
    {'L', '0', 3, nothing_of},     {'l', ' ', 2, hour12_of},
    {'M', '0', 2, minute_of},      {'m', '0', 2, month_of},
    {'N', '0', 9, nothing_of},     {'S', '0', 2, second_of},
    {'s', '0', 1, epoch_of},       {'U', '0', 2, sunday_week_of},
    {'u', '0', 1, iso_weekday_of}, {'V', '0', 2, iso_week_of},
    {'W', '0', 2, monday_week_of}, {'w', '0', 1, weekday_of},
    {'Y', '0', 4, year_of},        {'y', '0', 2, short_year_of},
};

static void
print_padded(struct print *print, struct fup_lq_span text, int width, char pad)
{
    for (size_t n = fup_lq_characters(text); (int)n < width; n++) {
        fup_lq_out_add(&print->out, &pad, 1);
    }
    fup_lq_out_span(&print->out, text);
}

static void print_number(struct print *print, const struct number *number)
{
    char text[24];
    char pad = number->pad;
    int width = print->flags.width > 0 ? print->flags.width : number->width;

    if (print->flags.pad != '\0') {
        pad = print->flags.pad;
    }
    (void)snprintf(text, sizeof text, "%lld", (long long)number->value(print));
    print_padded(print, fup_lq_span_of(text), pad == '-' ? 0 : width, pad);
}

static void print_word(struct print *print, const char *word)
{
    struct fup_lq_span text = fup_lq_span_of(word);
    char upper[LQ_DATE_WORD_MAX];
    char pad = print->flags.pad == '0' ? '0' : ' ';

    if (print->flags.upper && text.n < sizeof upper) {
        for (size_t i = 0; i < text.n; i++) {
            upper[i] = word[i];
            if (word[i] >= 'a' && word[i] <= 'z') {
                upper[i] = (char)(word[i] ^ 0x20);
            }
        }
        text.p = upper;
    }
    print_padded(print, text, print->flags.width, pad);
}

static void print_name(struct print *print, enum fup_lq_date_word word)
{
    bool month = word == LQ_DATE_MONTH || word == LQ_DATE_MONTH_SHORT;
    char name[LQ_DATE_WORD_MAX];

    fup_lq_date_name(print->locale, word,
                     month ? print->month - 1 : print->weekday, name);
    print_word(print, name);
}

/* "AM", "p. m."; small where there are small letters for it (@small). */
static void print_half(struct print *print, bool small)
{
    char name[LQ_DATE_WORD_MAX];

    fup_lq_date_name(print->locale, LQ_DATE_HALF,
                     print->date.second >= 12 * 3600, name);
    for (char *p = name; small && *p != '\0'; p++) {
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
    }
    print_word(print, name);
}

static void print_zone(struct print *print)
{
    int minutes = print->date.offset_s / 60;
    char text[8];

    (void)snprintf(text, sizeof text, "%c%02d%02d", minutes < 0 ? '-' : '+',
                   (minutes < 0 ? -minutes : minutes) / 60 % 100,
                   (minutes < 0 ? -minutes : minutes) % 60);
    print_word(print, text);
}

/* The directives that are words. Returns whether @letter is one. */
static bool print_text(struct print *print, char letter)
{
    switch (letter) {
    case 'A':
        print_name(print, LQ_DATE_DAY);
        return true;
    case 'a':
        print_name(print, LQ_DATE_DAY_SHORT);
        return true;
    case 'B':
        print_name(print, LQ_DATE_MONTH);
        return true;
    case 'b':
    case 'h':
        print_name(print, LQ_DATE_MONTH_SHORT);
        return true;
    case 'P':
    case 'p':
        print_half(print, letter == 'P');
        return true;
    case 'Z':
        print_word(print, print->date.offset_s == 0 ? "UTC" : "");
        return true;
    case 'z':
        print_zone(print);
        return true;
    case 'n':
        print_word(print, "\n");
        return true;
    case 't':
        print_word(print, "\t");
        return true;
    case '%':
        print_word(print, "%");
        return true;
    default:
        return false;
    }
}

/* Take the flags and the width at the start of *@format. */
static struct flags take_flags(struct fup_lq_span *format)
{
    struct flags flags = {.pad = '\0'};

    for (; format->n > 0; format->p++, format->n--) {
        char c = *format->p;

        if (c == '-' || (c == '0' && flags.width == 0)) {
            flags.pad = c;
        } else if (c == '_') {
            flags.pad = ' ';
        } else if (c == '^') {
            flags.upper = true;
        } else if (c >= '0' && c <= '9') {
            flags.width = flags.width * 10 + (c - '0');
            flags.width = flags.width < WIDTH_MAX ? flags.width : WIDTH_MAX;
        } else {
            break;
        }
    }
    return flags;
}

static void print_date(struct print *print, struct fup_lq_span format);

/* One directive; false: there is none of that letter. */
static bool print_directive(struct print *print, char letter)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].letter == letter) {
            print_number(print, &numbers[i]);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof composites / sizeof composites[0]; i++) {
        if (composites[i].letter == letter) {
            print_date(print, fup_lq_span_of(composites[i].format));
            return true;
        }
    }
    return print_text(print, letter);
}

/* Recurses into composites, which hold none. */
static void print_date(struct print *print, struct fup_lq_span format)
{
    while (format.n > 0) {
        const char *start = format.p;

        format.p++;
        format.n--;
        if (*start != '%') {
            fup_lq_out_add(&print->out, start, 1);
            continue;
        }
        print->flags = take_flags(&format);
        if (format.n > 0 && print_directive(print, *format.p)) {
            format.p++;
            format.n--;
        } else {
            fup_lq_out_add(&print->out, start, (size_t)(format.p - start));
        }
    }
}

static bool read_date(const struct fup_lq_value *value,
                      struct fup_lq_date *ret_date)
{
    if (value->type == LQ_INT) {
        return fup_lq_date_of(value->as.integer, ret_date);
    }
    return value->type == LQ_STRING &&
           fup_lq_date_parse(value->as.text, ret_date);
}

/* The "locale" of the data; NULL when they have none. */
static const char *locale_of(const struct fup_lq_call *call)
{
    const struct cJSON *item = fup_lq_find_member(
        call->render, call->render->data, fup_lq_span_of("locale"));

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static enum fup_code apply_date(struct fup_lq_call *call,
                                struct fup_lq_value *ret)
{
    struct print print = {.out.arena = call->arena};
    struct fup_lq_span format = fup_lq_call_text(call, 0);

    *ret = call->in;
    if (call->in.type == LQ_STRING &&
        (fup_lq_span_is(fup_lq_trim(call->in.as.text), "now") ||
         fup_lq_span_is(fup_lq_trim(call->in.as.text), "today"))) {
        return fup_lq_call_fail(call, "knows no \"now\" and no \"today\"");
    }
    if (format.n == 0 || !read_date(&call->in, &print.date)) {
        return FUP_OK;
    }
    fup_lq_date_shift(&print.date, call->render->reader.zone);
    fup_civil_from_days(print.date.days, &print.year, &print.month, &print.day);
    print.weekday = (int)((print.date.days % 7 + 11) % 7);
    print.yearday =
        (int)(print.date.days - fup_days_from_civil(print.year, 1, 1)) + 1;
    print.locale = locale_of(call);
    print_date(&print, format);
    *ret = fup_lq_out_value(&print.out);
    return FUP_OK;
}

const struct fup_lq_filter fup_lq_filters_date[] = {
    {"date", apply_date, 1, 1},
    {NULL, NULL, 0, 0},
};
