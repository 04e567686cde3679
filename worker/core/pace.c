#include "core/pace.h"

#define US_PER_MS 1000
/* A place is not missed by a clock that is read a little early. */
#define EARLY_MS 50

/* The time that counts, after @ms: a beginning of a tenth of the pace counts
 * for a tenth. In the ramp that is ms / 10 + 9/10 ms^2 / (2 RAMP). */
static int64_t counted_us(int64_t ms)
{
    int64_t ramp = ms < FUP_PACE_RAMP_MS ? ms : FUP_PACE_RAMP_MS;

    return ramp * (US_PER_MS / 10) +
           ramp * ramp * (US_PER_MS * 9 / 10) / (FUP_PACE_RAMP_MS * 2) +
           (ms - ramp) * US_PER_MS;
}

/* The first ms after which @us count. */
static int64_t when_ms(int64_t us)
{
    int64_t low = 0;
    int64_t high = FUP_PACE_RAMP_MS;

    if (us > counted_us(high)) {
        return high + (us - counted_us(high) + US_PER_MS - 1) / US_PER_MS;
    }
    while (low < high) {
        int64_t middle = (low + high) / 2;

        if (counted_us(middle) < us) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Nobody asked for as long as the ramp, and nobody had a place in that time. */
static bool is_over(const struct fup_pace *pace, int64_t now_ms)
{
    int64_t last_ms =
        pace->began_ms + when_ms(later(pace->next_us, pace->places_us));

    return pace->each_us == 0 || now_ms < pace->seen_ms ||
           now_ms - later(last_ms, pace->seen_ms) > FUP_PACE_RAMP_MS;
}

bool fup_pace_take(struct fup_pace *pace, int64_t each_us, int64_t now_ms)
{
    int64_t since_ms;
    int64_t kept_us;

    if (is_over(pace, now_ms)) {
        *pace = (struct fup_pace){.began_ms = now_ms};
    }
    pace->each_us = each_us;
    pace->seen_ms = now_ms;
    since_ms = now_ms - pace->began_ms;
    if (when_ms(pace->next_us) > since_ms + EARLY_MS) {
        return false;
    }
    kept_us = counted_us(since_ms) - FUP_PACE_BURST_MS * US_PER_MS;
    pace->next_us = later(pace->next_us, kept_us) + each_us;
    return true;
}

/* Places that would be too far away begin from the front again: they are shared
 * then, and who comes too late to one gets another. So none is empty for long
 * when many of those who wait have gone, or when the pace has changed. */
int64_t fup_pace_place(struct fup_pace *pace, int64_t now_ms)
{
    int64_t since_ms = now_ms - pace->began_ms;
    int64_t front_us = later(pace->next_us, counted_us(since_ms));
    int64_t wait_ms;

    pace->places_us = later(pace->places_us, front_us);
    if (when_ms(pace->places_us) - since_ms > FUP_PACE_AHEAD_MS) {
        pace->places_us = front_us;
    }
    wait_ms = when_ms(pace->places_us) - since_ms;
    pace->places_us += pace->each_us;
    pace->held++;
    wait_ms = wait_ms < FUP_PACE_AHEAD_MS ? wait_ms : FUP_PACE_AHEAD_MS;
    return wait_ms > 0 ? wait_ms : 1;
}

bool fup_pace_is_kept(const struct fup_pace *pace, int64_t now_ms)
{
    return pace->held > 0 && !is_over(pace, now_ms);
}

void fup_pace_recall(struct fup_pace *pace)
{
    pace->places_us = 0;
}
