/* Send hours and holidays from any text: what is taken gives a first and a last
 * instant that are allowed, and none in between. */

#include <stdlib.h>
#include <string.h>

#include "codec/schedule.h"
#include "core/time.h"
#include "fuzz.h"
#include "hours.h"

#define TEXT_MAX 4096
#define START_S  INT64_C(1774656000) /* 2026-03-28, a change in Berlin next */
#define LATER_S  INT64_C(13117)      /* how far the next question is */

static void check(int ok)
{
    if (!ok) {
        abort();
    }
}

/* @input as the members of a schedule with one step. */
static struct fup_schedule *read_hours(const uint8_t *input, size_t size)
{
    static const char before[] = "{\"name\": \"f\", \"steps\": [{\"kind\": "
                                 "\"n\", \"after\": \"1h\"}], ";
    struct fup_schedule *schedule = NULL;
    struct fup_problems problems;
    char text[sizeof before + TEXT_MAX + 1];
    size_t n = sizeof before - 1;

    memcpy(text, before, n);
    memcpy(text + n, input, size);
    n += size;
    text[n++] = '}';
    fup_problems_init(&problems);
    if (fup_schedule_parse(text, n, "/nowhere/f.json", &schedule, &problems) !=
        FUP_OK) {
        check(schedule == NULL && problems.errors > 0);
    }
    fup_problems_done(&problems);
    return schedule;
}

static void check_around(const struct fup_hours *hours, int64_t at)
{
    int64_t first = fup_hours_first(hours, at, at + FUP_HOURS_REACH_US);
    int64_t last;

    check(fup_hours_allow(hours, at) == (first == at));
    if (first == FUP_TIME_NONE) {
        return;
    }
    check(first >= at && first <= at + FUP_HOURS_REACH_US);
    check(fup_hours_allow(hours, first));
    check(first == at || !fup_hours_allow(hours, first - 1));
    check(fup_hours_last(hours, first, at) == first);
    last = fup_hours_last(hours, first - FUP_US_PER_S, at);
    check(last == FUP_TIME_NONE || first - FUP_US_PER_S < at);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static struct fup_zones *zones; /* read once, for all inputs */
    const struct fup_zone *pair[2];
    struct fup_schedule *schedule;
    int64_t at = START_S * FUP_US_PER_S;

    if (size > TEXT_MAX) {
        return 0;
    }
    schedule = read_hours(input, size);
    if (schedule == NULL) {
        return 0;
    }
    check(zones != NULL || fup_zones_create(&zones) == FUP_OK);
    pair[0] = fup_zones_get(zones, "Europe/Berlin");
    pair[1] = fup_zones_get(zones, "Australia/Lord_Howe");
    for (int i = 0; i < 200; i++, at += LATER_S * FUP_US_PER_S) {
        const struct fup_hours hours = {schedule, pair, 1 + (size_t)(i % 2)};

        check_around(&hours, at);
    }
    fup_schedule_free(schedule);
    return 0;
}
