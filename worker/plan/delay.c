#include "plan/delay.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define DAY_S     INT64_C(86400)
#define DAYS_MAX  366
#define LONGEST_S (DAYS_MAX * DAY_S)

/* The units in the order in which they may follow one another, and what is
 * expected where only the rest of them is left. */
static const struct {
    char letter;
    int64_t s;
    const char *expected;
} units[] = {
    {'d', DAY_S, "d, h, m or s"},
    {'h', 3600, "h, m or s"},
    {'m', 60, "m or s"},
    {'s', 1, "s"},
};

#define N_UNITS (sizeof units / sizeof units[0])

struct reader {
    const char *text;
    const char *p;
    struct fup_err *err;
};

static enum fup_code fail(const struct reader *r, const char *expected)
{
    return fup_err_set(r->err, FUP_EPARSE,
                       "\"%.40s\": expected %s at position %zu", r->text,
                       expected, (size_t)(r->p - r->text) + 1);
}

static enum fup_code too_long(const struct reader *r)
{
    return fup_err_set(r->err, FUP_ELIMIT, "\"%.40s\" is longer than %d days",
                       r->text, DAYS_MAX);
}

/* Read a number; anything above LONGEST_S counts as one more than it. */
static bool take_number(struct reader *r, int64_t *ret)
{
    int64_t value = 0;

    if (!isdigit((unsigned char)*r->p)) {
        return false;
    }
    for (; isdigit((unsigned char)*r->p); r->p++) {
        value = value * 10 + (*r->p - '0');
        value = value > LONGEST_S ? LONGEST_S + 1 : value;
    }
    *ret = value;
    return true;
}

/* The unit that stands here and is not before @first, or N_UNITS. */
static size_t find_unit(const struct reader *r, size_t first)
{
    size_t i = first;

    while (i < N_UNITS && *r->p != units[i].letter) {
        i++;
    }
    return i;
}

/* Read "1d4h…" into days and seconds, as far as it goes. */
static enum fup_code
take_parts(struct reader *r, int64_t *ret_days, int64_t *ret_s)
{
    size_t first = 0;
    int64_t days = 0;
    int64_t rest_s = 0;

    do {
        int64_t value;
        size_t unit;

        if (!take_number(r, &value)) {
            return fail(r, "a number");
        }
        unit = find_unit(r, first);
        if (unit == N_UNITS) {
            return fail(r, units[first].expected);
        }
        r->p++;
        if (value > LONGEST_S / units[unit].s) {
            return too_long(r);
        }
        days += unit == 0 ? value : 0;
        rest_s += unit == 0 ? 0 : value * units[unit].s;
        first = unit + 1;
    } while (first < N_UNITS && isdigit((unsigned char)*r->p));
    if (days * DAY_S + rest_s > LONGEST_S) {
        return too_long(r);
    }
    *ret_days = days;
    *ret_s = rest_s;
    return FUP_OK;
}

/* What may follow the parts read so far. */
static const char *expected_after(const struct reader *r)
{
    return r->p[-1] == 's' ? "the end" : "a number or the end";
}

/* Read "09:30". */
static enum fup_code take_wall(struct reader *r, int32_t *ret_s)
{
    const char *p = r->p;
    int hours;
    int minutes;

    for (int i = 0; i < 5; i++) {
        if (i == 2 ? p[i] != ':' : !isdigit((unsigned char)p[i])) {
            return fail(r, "HH:MM");
        }
    }
    hours = (p[0] - '0') * 10 + (p[1] - '0');
    minutes = (p[3] - '0') * 10 + (p[4] - '0');
    if (hours > 23 || minutes > 59) {
        return fail(r, "a time up to 23:59");
    }
    r->p += 5;
    *ret_s = (hours * 60 + minutes) * 60;
    return FUP_OK;
}

enum fup_code fup_delay_parse(const char *text,
                              struct fup_delay *ret_delay,
                              struct fup_err *err)
{
    struct reader r = {text, text, err};
    int64_t days = 0;
    int64_t rest_s = 0;
    int32_t wall_s = -1;
    enum fup_code code = take_parts(&r, &days, &rest_s);

    if (code != FUP_OK) {
        return code;
    }
    if (r.p[0] == ' ' && r.p[-1] == 'd') {
        r.p++;
        code = take_wall(&r, &wall_s);
        if (code != FUP_OK) {
            return code;
        }
    }
    if (*r.p != '\0') {
        return fail(&r, wall_s >= 0 ? "the end" : expected_after(&r));
    }
    *ret_delay = (struct fup_delay){(int32_t)days, wall_s, rest_s};
    return FUP_OK;
}

enum fup_code
fup_span_parse(const char *text, int64_t *ret_s, struct fup_err *err)
{
    struct reader r = {text, text, err};
    int64_t days = 0;
    int64_t rest_s = 0;
    enum fup_code code = take_parts(&r, &days, &rest_s);

    if (code != FUP_OK) {
        return code;
    }
    if (*r.p != '\0') {
        return fail(&r, expected_after(&r));
    }
    *ret_s = days * DAY_S + rest_s;
    return FUP_OK;
}
