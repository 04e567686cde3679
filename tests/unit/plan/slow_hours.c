#include "slow_hours.h"

#include <string.h>

#include "fixture.h"

#define MIN_US (INT64_C(60) * FUP_US_PER_S)

static bool is_holiday(const struct fup_schedule *s, int32_t day)
{
    for (size_t i = 0; i < s->n_holidays; i++) {
        if (s->holidays[i] == day) {
            return true;
        }
    }
    return false;
}

/* Whether @wall_s, counted from the start of @day, lies in a range of it. */
static bool day_has(const struct fup_schedule *s, int32_t day, int64_t wall_s)
{
    const struct fup_day_hours *hours = &s->hours[(day + 3) % 7];

    if (is_holiday(s, day)) {
        return false;
    }
    if (!s->has_hours) {
        return wall_s < 86400;
    }
    for (size_t i = 0; i < hours->n; i++) {
        int64_t from = hours->ranges[i].from_s;
        int64_t to = hours->ranges[i].to_s;

        to += to <= from ? 86400 : 0;
        if (wall_s >= from && wall_s < to) {
            return true;
        }
    }
    return false;
}

bool slow_allows(const struct fup_hours *h, int64_t at)
{
    for (size_t i = 0; i < h->n_zones; i++) {
        int32_t day;
        int64_t wall_us;
        int64_t wall_s;

        fup_zone_local(h->zones[i], at, &day, &wall_us);
        wall_s = wall_us / FUP_US_PER_S;
        if (!day_has(h->schedule, day, wall_s) &&
            !day_has(h->schedule, day - 1, wall_s + 86400)) {
            return false;
        }
    }
    return true;
}

int64_t slow_first(const struct fup_hours *h, int64_t at, int64_t limit)
{
    if (slow_allows(h, at)) {
        return at;
    }
    for (at += MIN_US - at % MIN_US; at <= limit; at += MIN_US) {
        if (slow_allows(h, at)) {
            return at;
        }
    }
    return FUP_TIME_NONE;
}

int64_t slow_last(const struct fup_hours *h, int64_t at, int64_t limit)
{
    at -= at % FUP_US_PER_S;
    if (slow_allows(h, at)) {
        return at;
    }
    for (at -= at % MIN_US + FUP_US_PER_S; at >= limit; at -= MIN_US) {
        if (slow_allows(h, at)) {
            return at;
        }
    }
    return FUP_TIME_NONE;
}

void random_hours(struct fup_schedule *s, uint64_t *seed)
{
    memset(s->hours, 0, sizeof s->hours);
    s->has_hours = true;
    for (int day = 0; day < 7; day++) {
        size_t n = (size_t)roll(seed, 3);

        while (n-- > 0) {
            int from = (int)roll(seed, 1440);

            set_hours(s, day, day, from, (int)roll(seed, 1441));
        }
    }
}
