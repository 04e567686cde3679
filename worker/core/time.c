#include "core/time.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_TEXT 19

/* Howard Hinnant's civil calendar arithmetic: exact for every date, no
 * library call, no time zone. */
int32_t fup_days_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int yoe = y - era * 400;
    int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

void fup_civil_from_days(int32_t days,
                         int *ret_year,
                         int *ret_month,
                         int *ret_day)
{
    int z = days + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = z - era * 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;

    *ret_day = doy - (153 * mp + 2) / 5 + 1;
    *ret_month = mp < 10 ? mp + 3 : mp - 9;
    *ret_year = yoe + era * 400 + (*ret_month <= 2 ? 1 : 0);
}

/* Read exactly @digits decimal digits at *@p into *@ret and step over them. */
static bool take_digits(const char **p, int digits, int *ret)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)**p)) {
            return false;
        }
        value = value * 10 + (**p - '0');
        (*p)++;
    }
    *ret = value;
    return true;
}

static bool take_char(const char **p, char c)
{
    if (**p != c) {
        return false;
    }
    (*p)++;
    return true;
}

static bool take_date(const char **p, int32_t *ret_days)
{
    int y;
    int m;
    int d;
    int back_y;
    int back_m;
    int back_d;

    if (!take_digits(p, 4, &y) || !take_char(p, '-') ||
        !take_digits(p, 2, &m) || !take_char(p, '-') ||
        !take_digits(p, 2, &d) || y < 1970 || m < 1 || m > 12 || d < 1) {
        return false;
    }
    *ret_days = fup_days_from_civil(y, m, d);
    fup_civil_from_days(*ret_days, &back_y, &back_m, &back_d);
    return back_m == m && back_d == d;
}

static bool take_clock(const char **p, int64_t *ret_us)
{
    int h;
    int m;
    int s;
    int64_t unit = FUP_US_PER_S / 10;

    if (!take_digits(p, 2, &h) || !take_char(p, ':') ||
        !take_digits(p, 2, &m) || !take_char(p, ':') ||
        !take_digits(p, 2, &s) || h > 23 || m > 59 || s > 60) {
        return false;
    }
    *ret_us = (h * INT64_C(3600) + m * INT64_C(60) + (s == 60 ? 59 : s)) *
              FUP_US_PER_S;
    if (!take_char(p, '.')) {
        return true;
    }
    if (!isdigit((unsigned char)**p)) {
        return false;
    }
    for (; isdigit((unsigned char)**p); (*p)++, unit /= 10) {
        *ret_us += (**p - '0') * unit;
    }
    return true;
}

static bool take_offset(const char **p, int64_t *ret_us)
{
    int sign = **p == '-' ? -1 : 1;
    int h;
    int m;

    if (take_char(p, 'Z') || take_char(p, 'z')) {
        *ret_us = 0;
        return true;
    }
    if (!take_char(p, '+') && !take_char(p, '-')) {
        return false;
    }
    if (!take_digits(p, 2, &h) || !take_char(p, ':') ||
        !take_digits(p, 2, &m) || h > 23 || m > 59) {
        return false;
    }
    *ret_us = sign * (h * INT64_C(3600) + m * INT64_C(60)) * FUP_US_PER_S;
    return true;
}

enum fup_code
fup_time_parse(const char *text, int64_t *ret_at, struct fup_err *err)
{
    const char *p = text;
    int32_t days;
    int64_t clock_us;
    int64_t offset_us;

    if (!take_date(&p, &days) ||
        !(take_char(&p, 'T') || take_char(&p, 't') || take_char(&p, ' ')) ||
        !take_clock(&p, &clock_us) || !take_offset(&p, &offset_us) ||
        *p != '\0') {
        return fup_err_set(err, FUP_EPARSE,
                           "\"%.40s\" is not an instant such as "
                           "2026-11-21T09:30:00Z or …+02:00",
                           text);
    }
    *ret_at = days * INT64_C(86400) * FUP_US_PER_S + clock_us - offset_us;
    return FUP_OK;
}

/* @value in @n digits at @to. printf takes ten times as long, and a message has
 * a dozen instants. */
static void put_digits(char *to, int n, int value)
{
    while (n-- > 0) {
        to[n] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Seconds since 1970 as "YYYY-MM-DDTHH:MM:SS", without a zone. */
static void format_seconds(int64_t s, char buf[FUP_TIME_TEXT])
{
    int64_t days = s >= 0 ? s / 86400 : -((86399 - s) / 86400);
    int rest = (int)(s - days * 86400);
    int y;
    int m;
    int d;

    fup_civil_from_days((int32_t)days, &y, &m, &d);
    memcpy(buf, "0000-00-00T00:00:00", SECONDS_TEXT + 1);
    put_digits(buf, 4, y > 0 ? y % 10000 : 0);
    put_digits(buf + 5, 2, m);
    put_digits(buf + 8, 2, d);
    put_digits(buf + 11, 2, rest / 3600);
    put_digits(buf + 14, 2, rest / 60 % 60);
    put_digits(buf + 17, 2, rest % 60);
}

/* NONE and NEVER have words of their own. */
static const char *format_special(int64_t at, char buf[FUP_TIME_TEXT])
{
    (void)snprintf(buf, FUP_TIME_TEXT, "%s",
                   at == FUP_TIME_NONE ? "" : "never");
    return buf;
}

static int64_t floor_s(int64_t at)
{
    int64_t s = at / FUP_US_PER_S;

    return at % FUP_US_PER_S < 0 ? s - 1 : s;
}

const char *fup_time_format(int64_t at, char buf[FUP_TIME_TEXT])
{
    int64_t s = floor_s(at);

    if (at == FUP_TIME_NONE || at == FUP_TIME_NEVER) {
        return format_special(at, buf);
    }
    format_seconds(s, buf);
    memcpy(buf + SECONDS_TEXT, ".000Z", 6);
    put_digits(buf + SECONDS_TEXT + 1, 3,
               (int)((at - s * FUP_US_PER_S) / 1000));
    return buf;
}

const char *fup_time_format_s(int64_t at, char buf[FUP_TIME_TEXT])
{
    int64_t s = floor_s(at);

    if (at == FUP_TIME_NONE || at == FUP_TIME_NEVER) {
        return format_special(at, buf);
    }
    s += at > s * FUP_US_PER_S ? 1 : 0;
    format_seconds(s, buf);
    memcpy(buf + SECONDS_TEXT, "Z", 2);
    return buf;
}
