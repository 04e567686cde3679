/* Send hours: rows for what bites, and a slow search to compare with. */

#include <stdio.h>
#include <string.h>

#include "fixture.h"

#include "hours.h"
#include "slow_hours.h"

#define DAY_US   (INT64_C(86400) * FUP_US_PER_S)
#define SEED     UINT64_C(20261121)
#define N_RANDOM 300

struct zoned {
    struct fixture *f;
    const struct fup_zone *zones[3];
    struct fup_hours hours;
};

static void zoned_init(struct zoned *z, struct fixture *f, const char *name)
{
    z->f = f;
    z->zones[0] = fup_zones_get(f->zones, name);
    assert_non_null(z->zones[0]);
    z->hours = (struct fup_hours){&f->schedule, z->zones, 1};
}

static int reset(void **state)
{
    fixture_reset(*state);
    return 0;
}

static void assert_first(const struct zoned *z, const char *at, const char *is)
{
    int64_t t = instant(at);

    assert_instant(fup_hours_first(&z->hours, t, t + FUP_HOURS_REACH_US), is);
}

static void assert_last(const struct zoned *z, const char *at, const char *is)
{
    int64_t t = instant(at);

    assert_instant(fup_hours_last(&z->hours, t, t - FUP_HOURS_REACH_US), is);
}

static void several_ranges_a_day_are_all_tried(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "UTC");
    set_hours(&z.f->schedule, 0, 4, 14 * 60, 18 * 60); /* not in order */
    set_hours(&z.f->schedule, 0, 4, 9 * 60, 12 * 60);
    assert_first(&z, "2026-03-02 08:00", "2026-03-02 09:00");
    assert_first(&z, "2026-03-02 09:00", "2026-03-02 09:00");
    assert_first(&z, "2026-03-02T11:59:59.999999Z",
                 "2026-03-02T11:59:59.999999Z");
    assert_first(&z, "2026-03-02 12:00", "2026-03-02 14:00");
    assert_first(&z, "2026-03-06 18:00", "2026-03-09 09:00");
    assert_last(&z, "2026-03-02 13:00", "2026-03-02T11:59:59Z");
    assert_last(&z, "2026-03-02T15:00:00.5Z", "2026-03-02 15:00");
    assert_last(&z, "2026-03-09 08:59", "2026-03-06T17:59:59Z");
}

static void an_overnight_range_belongs_to_its_first_day(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "UTC");
    set_hours(&z.f->schedule, 4, 4, 22 * 60, 2 * 60); /* Friday */
    assert_first(&z, "2026-03-06 00:00", "2026-03-06 22:00");
    assert_first(&z, "2026-03-07 01:59", "2026-03-07 01:59");
    assert_first(&z, "2026-03-07 02:00", "2026-03-13 22:00");
    assert_last(&z, "2026-03-08 12:00", "2026-03-07T01:59:59Z");
}

static void a_holiday_leaves_the_tail_of_the_night_before(void **state)
{
    int32_t holidays[] = {fup_days_from_civil(2026, 3, 4)};
    struct zoned z;

    zoned_init(&z, *state, "UTC");
    set_hours(&z.f->schedule, 0, 6, 22 * 60, 2 * 60);
    z.f->schedule.holidays = holidays;
    z.f->schedule.n_holidays = 1;
    assert_first(&z, "2026-03-04 01:00", "2026-03-04 01:00");
    assert_first(&z, "2026-03-04 02:00", "2026-03-05 22:00");
    assert_last(&z, "2026-03-05 12:00", "2026-03-04T01:59:59Z");
}

static void a_holiday_alone_closes_a_local_date(void **state)
{
    int32_t holidays[] = {fup_days_from_civil(2026, 12, 25)};
    struct zoned z;

    zoned_init(&z, *state, "Asia/Tokyo");
    z.f->schedule.holidays = holidays;
    z.f->schedule.n_holidays = 1;
    assert_first(&z, "2026-12-24 14:59", "2026-12-24 14:59");
    assert_first(&z, "2026-12-24 15:00", "2026-12-25 15:00");
    assert_last(&z, "2026-12-25 10:00", "2026-12-24T14:59:59Z");
}

static void a_day_may_run_to_24_00(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "UTC");
    set_hours(&z.f->schedule, 0, 0, 20 * 60, 24 * 60);
    assert_first(&z, "2026-03-02T23:59:59Z", "2026-03-02T23:59:59Z");
    assert_first(&z, "2026-03-03 00:00", "2026-03-09 20:00");
}

static void equal_ends_make_a_range_of_24_hours(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "UTC");
    set_hours(&z.f->schedule, 0, 0, 9 * 60, 9 * 60);
    assert_first(&z, "2026-03-02 00:00", "2026-03-02 09:00");
    assert_first(&z, "2026-03-03 08:59", "2026-03-03 08:59");
    assert_first(&z, "2026-03-03 09:00", "2026-03-09 09:00");
}

static void clock_changes_shift_the_hours(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "Europe/Berlin");
    set_hours(&z.f->schedule, 0, 6, 9 * 60, 18 * 60);
    assert_first(&z, "2026-03-28 18:00", "2026-03-29 07:00");
    assert_first(&z, "2026-10-24 18:00", "2026-10-25 08:00");
    assert_last(&z, "2026-03-29 20:00", "2026-03-29T15:59:59Z");
}

static void a_range_inside_a_gap_has_no_instant(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "Europe/Berlin");
    set_hours(&z.f->schedule, 0, 6, 2 * 60, 3 * 60);
    assert_first(&z, "2026-03-28 12:00", "2026-03-30 00:00");
    assert_last(&z, "2026-03-29 12:00", "2026-03-28T01:59:59Z");
}

static void a_repeated_hour_is_allowed_twice(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "Europe/Berlin");
    set_hours(&z.f->schedule, 6, 6, 2 * 60, 2 * 60 + 30);
    assert_first(&z, "2026-10-25 00:00", "2026-10-25 00:00");
    assert_first(&z, "2026-10-25 00:30", "2026-10-25 01:00");
    assert_first(&z, "2026-10-25 01:29", "2026-10-25 01:29");
    assert_first(&z, "2026-10-25 01:30", "2026-11-01 01:00");
    assert_last(&z, "2026-10-25 00:59", "2026-10-25T00:29:59Z");
    assert_last(&z, "2026-10-25 02:00", "2026-10-25T01:29:59Z");
}

static void a_skipped_day_has_no_hours(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "Pacific/Apia");
    set_hours(&z.f->schedule, 4, 4, 9 * 60, 18 * 60); /* Fridays */
    assert_first(&z, "2011-12-30 09:00", "2012-01-05 19:00");
    assert_last(&z, "2011-12-31 09:00", "2011-12-24T03:59:59Z");
}

static void a_midnight_gap_starts_the_day_later(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "America/Sao_Paulo");
    set_hours(&z.f->schedule, 6, 6, 0, 60 + 30); /* Sunday 00:00 to 01:30 */
    assert_first(&z, "2017-10-14 12:00", "2017-10-15 03:00");
    assert_first(&z, "2017-10-15 03:30", "2017-10-22 02:00");
}

static void thirty_one_days_are_the_limit(void **state)
{
    int32_t holidays[40];
    struct zoned z;

    zoned_init(&z, *state, "UTC");
    for (int i = 0; i < 40; i++) {
        holidays[i] = fup_days_from_civil(2026, 3, 2) + i;
    }
    z.f->schedule.holidays = holidays;
    z.f->schedule.n_holidays = 31;
    assert_first(&z, "2026-03-02 00:00", "2026-04-02 00:00");
    z.f->schedule.n_holidays = 32;
    assert_true(fup_hours_first(&z.hours, instant("2026-03-02 00:00"),
                                instant("2026-04-02 00:00")) == FUP_TIME_NONE);
}

static void several_zones_must_agree(void **state)
{
    struct zoned z;

    zoned_init(&z, *state, "Asia/Tokyo");
    z.zones[1] = fup_zones_get(z.f->zones, "Europe/Berlin");
    z.hours.n_zones = 2;
    set_hours(&z.f->schedule, 0, 4, 9 * 60, 18 * 60);
    /* Berlin 09:00 to 10:00 is Tokyo 17:00 to 18:00 */
    assert_first(&z, "2026-03-02 00:00", "2026-03-02 08:00");
    assert_first(&z, "2026-03-02 09:00", "2026-03-03 08:00");
    assert_first(&z, "2026-03-06 09:00", "2026-03-09 08:00");
    assert_last(&z, "2026-03-09 00:00", "2026-03-06T08:59:59Z");
    z.zones[2] = fup_zones_get(z.f->zones, "America/Los_Angeles");
    z.hours.n_zones = 3;
    assert_true(fup_hours_first(&z.hours, instant("2026-03-02 00:00"),
                                instant("2026-04-02 00:00")) == FUP_TIME_NONE);
    assert_true(fup_hours_last(&z.hours, instant("2026-04-02 00:00"),
                               instant("2026-03-02 00:00")) == FUP_TIME_NONE);
}

/* -- compared with a slow search ----------------------------------------- */

/* Instants around clock changes, where it is most likely to go wrong. */
static int64_t random_instant(uint64_t *seed)
{
    static const char *const centers[] = {
        "2026-03-29 01:00", "2026-10-25 01:00", "2026-04-04 15:00",
        "2011-12-30 10:00", "2017-10-15 03:00", "2026-03-08 07:00"};
    int64_t center = instant(centers[roll(seed, 6)]);

    return center - 2 * DAY_US +
           (int64_t)roll(seed, 4 * UINT64_C(86400000)) * 1000;
}

static void next_and_last_agree_with_a_slow_search(void **state)
{
    static const char *const names[] = {
        "UTC",          "Europe/Berlin",     "Australia/Lord_Howe",
        "Pacific/Apia", "America/Sao_Paulo", "America/New_York"};
    int32_t holidays[3];
    uint64_t seed = SEED;
    struct zoned z;

    print_message("seed %llu\n", (unsigned long long)SEED);
    for (int i = 0; i < N_RANDOM; i++) {
        int64_t at = random_instant(&seed);
        int64_t far = at + 9 * DAY_US;

        zoned_init(&z, *state, names[roll(&seed, 6)]);
        z.zones[1] = fup_zones_get(z.f->zones, names[roll(&seed, 6)]);
        z.hours.n_zones = 1 + (size_t)roll(&seed, 2);
        random_hours(&z.f->schedule, &seed);
        for (int k = 0; k < 3; k++) {
            holidays[k] = (int32_t)(at / DAY_US) - 2 + 2 * k;
        }
        z.f->schedule.holidays = holidays;
        z.f->schedule.n_holidays = (size_t)roll(&seed, 4);
        assert_true(fup_hours_first(&z.hours, at, far) ==
                    slow_first(&z.hours, at, far));
        assert_true(fup_hours_last(&z.hours, far, at) ==
                    slow_last(&z.hours, far, at));
        assert_true(fup_hours_allow(&z.hours, at) == slow_allows(&z.hours, at));
    }
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(several_ranges_a_day_are_all_tried),
        TEST(an_overnight_range_belongs_to_its_first_day),
        TEST(a_holiday_leaves_the_tail_of_the_night_before),
        TEST(a_holiday_alone_closes_a_local_date),
        TEST(a_day_may_run_to_24_00),
        TEST(equal_ends_make_a_range_of_24_hours),
        TEST(clock_changes_shift_the_hours),
        TEST(a_range_inside_a_gap_has_no_instant),
        TEST(a_repeated_hour_is_allowed_twice),
        TEST(a_skipped_day_has_no_hours),
        TEST(a_midnight_gap_starts_the_day_later),
        TEST(thirty_one_days_are_the_limit),
        TEST(several_zones_must_agree),
        TEST(next_and_last_agree_with_a_slow_search),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
