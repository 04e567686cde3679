/* Nothing here steps through minutes. Between two changes of its offset a
 * zone's clock is a straight line, so each such stretch is solved with plain
 * local arithmetic; several zones pull the instant on until all agree. */

#include "hours.h"

#include "core/time.h"
#include "zone_table.h"

#define DAY_S  INT64_C(86400)
#define DAY_US (DAY_S * FUP_US_PER_S)

/* A stretch of local time, [@from, @to), in microseconds since 1970. */
struct stretch {
    int64_t from;
    int64_t to;
};

static const struct fup_range whole_day = {0, 86400};

static int64_t floor_days(int64_t local)
{
    return local / DAY_US - (local % DAY_US < 0 ? 1 : 0);
}

static int64_t floor_s(int64_t at)
{
    int64_t rest = at % FUP_US_PER_S;

    return at - rest - (rest < 0 ? FUP_US_PER_S : 0);
}

static bool is_holiday(const struct fup_schedule *s, int64_t day)
{
    size_t low = 0;
    size_t high = s->n_holidays;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (s->holidays[mid] < day) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < s->n_holidays && s->holidays[low] == day;
}

/* The ranges that start on @day; returns how many. */
static size_t ranges_of(const struct fup_schedule *s,
                        int64_t day,
                        const struct fup_range **ret_ranges)
{
    const struct fup_day_hours *hours;
    int64_t weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday */

    if (s->n_holidays > 0 && is_holiday(s, day)) {
        return 0;
    }
    if (!s->has_hours) {
        *ret_ranges = &whole_day;
        return 1;
    }
    hours = &s->hours[weekday < 0 ? weekday + 7 : weekday];
    *ret_ranges = hours->ranges;
    return hours->n;
}

static struct stretch stretch_of(const struct fup_range *range, int64_t day)
{
    int64_t to_s = range->to_s;

    if (range->to_s <= range->from_s) {
        to_s += DAY_S;
    }
    return (struct stretch){
        .from = day * DAY_US + range->from_s * FUP_US_PER_S,
        .to = day * DAY_US + to_s * FUP_US_PER_S,
    };
}

/* The first local time >= @local in a range that starts on @day. */
static int64_t
first_of_day(const struct fup_schedule *s, int64_t day, int64_t local)
{
    const struct fup_range *ranges;
    size_t n = ranges_of(s, day, &ranges);
    int64_t best = FUP_TIME_NONE;

    for (size_t i = 0; i < n; i++) {
        struct stretch r = stretch_of(&ranges[i], day);
        int64_t found = r.from > local ? r.from : local;

        if (found < r.to && (best == FUP_TIME_NONE || found < best)) {
            best = found;
        }
    }
    return best;
}

/* The last whole second <= @local in a range that starts on @day. */
static int64_t
last_of_day(const struct fup_schedule *s, int64_t day, int64_t local)
{
    const struct fup_range *ranges;
    size_t n = ranges_of(s, day, &ranges);
    int64_t best = FUP_TIME_NONE;

    for (size_t i = 0; i < n; i++) {
        struct stretch r = stretch_of(&ranges[i], day);
        int64_t end = r.to - FUP_US_PER_S;
        int64_t found = end < local ? end : local;

        if (found >= r.from && found > best) {
            best = found;
        }
    }
    return best;
}

/* The day before comes first: its range may run over midnight. What starts on
 * a later day cannot be sooner than what was found. */
static int64_t
first_local(const struct fup_schedule *s, int64_t local, int64_t limit)
{
    int64_t last_day = floor_days(limit);

    for (int64_t day = floor_days(local) - 1; day <= last_day; day++) {
        int64_t found = first_of_day(s, day, local);

        if (found != FUP_TIME_NONE) {
            return found <= limit ? found : FUP_TIME_NONE;
        }
    }
    return FUP_TIME_NONE;
}

/* Only the day before can reach past what was found on a day. */
static int64_t
last_local(const struct fup_schedule *s, int64_t local, int64_t limit)
{
    int64_t first_day = floor_days(limit) - 1;

    for (int64_t day = floor_days(local); day >= first_day; day--) {
        int64_t found = last_of_day(s, day, local);

        if (found != FUP_TIME_NONE) {
            int64_t before = last_of_day(s, day - 1, local);

            found = before > found ? before : found;
            return found >= limit ? found : FUP_TIME_NONE;
        }
    }
    return FUP_TIME_NONE;
}

static int64_t first_in_zone(const struct fup_schedule *s,
                             const struct fup_zone *zone,
                             int64_t at,
                             int64_t limit)
{
    while (at <= limit) {
        struct fup_zone_span span = fup_zone_span_at(zone, at);
        int64_t end = span.to <= limit ? span.to - 1 : limit;
        int64_t found = first_local(s, at + span.offset, end + span.offset);

        if (found != FUP_TIME_NONE) {
            return found - span.offset;
        }
        if (end == limit) {
            break;
        }
        at = span.to;
    }
    return FUP_TIME_NONE;
}

static int64_t last_in_zone(const struct fup_schedule *s,
                            const struct fup_zone *zone,
                            int64_t at,
                            int64_t limit)
{
    while (at >= limit) {
        struct fup_zone_span span = fup_zone_span_at(zone, at);
        int64_t start = span.from >= limit ? span.from : limit;
        int64_t found = last_local(s, at + span.offset, start + span.offset);

        if (found != FUP_TIME_NONE) {
            return found - span.offset;
        }
        if (start == limit) {
            break;
        }
        at = span.from - FUP_US_PER_S;
    }
    return FUP_TIME_NONE;
}

bool fup_hours_are_open(const struct fup_hours *hours)
{
    return !hours->schedule->has_hours && hours->schedule->n_holidays == 0;
}

bool fup_hours_allow(const struct fup_hours *hours, int64_t at)
{
    return fup_hours_first(hours, at, at) == at;
}

int64_t
fup_hours_first(const struct fup_hours *hours, int64_t at, int64_t limit)
{
    size_t agreed = 0;

    if (fup_hours_are_open(hours)) {
        return at <= limit ? at : FUP_TIME_NONE;
    }
    for (size_t i = 0; agreed < hours->n_zones; i = (i + 1) % hours->n_zones) {
        int64_t found =
            first_in_zone(hours->schedule, hours->zones[i], at, limit);

        if (found == FUP_TIME_NONE) {
            return FUP_TIME_NONE;
        }
        agreed = found == at ? agreed + 1 : 1;
        at = found;
    }
    return at;
}

int64_t fup_hours_last(const struct fup_hours *hours, int64_t at, int64_t limit)
{
    size_t agreed = 0;

    at = floor_s(at);
    if (fup_hours_are_open(hours)) {
        return at >= limit ? at : FUP_TIME_NONE;
    }
    for (size_t i = 0; agreed < hours->n_zones; i = (i + 1) % hours->n_zones) {
        int64_t found =
            last_in_zone(hours->schedule, hours->zones[i], at, limit);

        if (found == FUP_TIME_NONE) {
            return FUP_TIME_NONE;
        }
        agreed = found == at ? agreed + 1 : 1;
        at = found;
    }
    return at;
}
