/* Zones by rows: instant to local time and back, gaps and repeated hours. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "core/time.h"
#include "plan/zone.h"

static int set_up(void **state)
{
    struct fup_zones *zones = NULL;

    assert_int_equal(fup_zones_create(&zones), FUP_OK);
    *state = zones;
    return 0;
}

static int tear_down(void **state)
{
    fup_zones_free(*state);
    return 0;
}

static int64_t instant(const char *text)
{
    int64_t at = 0;

    assert_int_equal(fup_time_parse(text, &at, NULL), FUP_OK);
    return at;
}

/* A local time is written as if it were UTC. */
static int64_t from_local(const struct fup_zone *zone, const char *local)
{
    int64_t at = instant(local);
    int64_t day_us = INT64_C(86400) * FUP_US_PER_S;

    return fup_zone_instant(zone, (int32_t)(at / day_us), at % day_us);
}

static void assert_instant(int64_t at, const char *expected)
{
    char text[FUP_TIME_TEXT];

    assert_string_equal(fup_time_format_s(at, text), expected);
}

static void local_times_have_their_instant(void **state)
{
    static const struct {
        const char *zone;
        const char *local;
        const char *expected;
    } rows[] = {
        {"UTC", "2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z"},
        {"Etc/GMT-14", "2026-11-21T09:30:00Z", "2026-11-20T19:30:00Z"},
        {"Asia/Kolkata", "2026-06-01T09:00:00Z", "2026-06-01T03:30:00Z"},
        {"Asia/Kathmandu", "2026-06-01T09:00:00Z", "2026-06-01T03:15:00Z"},
        {"Asia/Tokyo", "2026-07-01T00:00:00Z", "2026-06-30T15:00:00Z"},
        /* Berlin: gap 02:00 to 03:00, repeated 02:00 to 03:00 */
        {"Europe/Berlin", "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z"},
        {"Europe/Berlin", "2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z"},
        {"Europe/Berlin", "2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z"},
        {"Europe/Berlin", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z"},
        {"Europe/Berlin", "2026-10-25T01:59:00Z", "2026-10-24T23:59:00Z"},
        {"Europe/Berlin", "2026-10-25T02:00:00Z", "2026-10-25T00:00:00Z"},
        {"Europe/Berlin", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"},
        {"Europe/Berlin", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"},
        {"America/New_York", "2026-03-08T02:30:00Z", "2026-03-08T07:30:00Z"},
        {"America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T05:30:00Z"},
        /* Lord Howe saves 30 minutes: gap 02:00 to 02:30, 01:30 to 02:00
         * twice */
        {"Australia/Lord_Howe", "2026-10-04T02:15:00Z", "2026-10-03T15:45:00Z"},
        {"Australia/Lord_Howe", "2026-10-04T02:30:00Z", "2026-10-03T15:30:00Z"},
        {"Australia/Lord_Howe", "2026-04-05T01:45:00Z", "2026-04-04T14:45:00Z"},
        {"Australia/Lord_Howe", "2026-04-05T02:00:00Z", "2026-04-04T15:30:00Z"},
        /* Midnight does not exist */
        {"America/Sao_Paulo", "2017-10-15T00:00:00Z", "2017-10-15T03:00:00Z"},
        {"America/Sao_Paulo", "2017-10-15T00:30:00Z", "2017-10-15T03:30:00Z"},
        {"America/Sao_Paulo", "2017-10-15T01:00:00Z", "2017-10-15T03:00:00Z"},
        {"America/Sao_Paulo", "2018-02-17T23:30:00Z", "2018-02-18T01:30:00Z"},
        {"America/Sao_Paulo", "2026-01-10T12:00:00Z", "2026-01-10T15:00:00Z"},
        {"Asia/Beirut", "2022-03-27T00:30:00Z", "2022-03-26T22:30:00Z"},
        /* A whole day does not exist */
        {"Pacific/Apia", "2011-12-29T23:59:59Z", "2011-12-30T09:59:59Z"},
        {"Pacific/Apia", "2011-12-30T00:00:00Z", "2011-12-30T10:00:00Z"},
        {"Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T22:00:00Z"},
        {"Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-30T10:00:00Z"},
        /* Years beyond the usual */
        {"Europe/Berlin", "2090-07-01T12:00:00Z", "2090-07-01T10:00:00Z"},
        {"Europe/Berlin", "9999-01-01T12:00:00Z", "9999-01-01T11:00:00Z"},
        {"Africa/Monrovia", "1970-06-01T00:00:00Z", "1970-06-01T00:44:30Z"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct fup_zone *zone = fup_zones_get(*state, rows[i].zone);

        assert_non_null(zone);
        assert_instant(from_local(zone, rows[i].local), rows[i].expected);
    }
}

static void instants_have_their_local_time(void **state)
{
    static const struct {
        const char *zone;
        const char *at;
        int32_t offset_s;
        const char *local;
    } rows[] = {
        {"Europe/Berlin", "2026-03-29T00:59:59Z", 3600, "2026-03-29T01:59:59Z"},
        {"Europe/Berlin", "2026-03-29T01:00:00Z", 7200, "2026-03-29T03:00:00Z"},
        {"Europe/Berlin", "2026-10-25T00:30:00Z", 7200, "2026-10-25T02:30:00Z"},
        {"Europe/Berlin", "2026-10-25T01:30:00Z", 3600, "2026-10-25T02:30:00Z"},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", -36000,
         "2011-12-29T23:59:59Z"},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", 50400, "2011-12-31T00:00:00Z"},
        {"America/Los_Angeles", "1970-01-01T00:00:00Z", -28800,
         "1969-12-31T16:00:00Z"},
        {"Australia/Lord_Howe", "2026-01-01T00:00:00Z", 39600,
         "2026-01-01T11:00:00Z"},
        {"Australia/Lord_Howe", "2026-07-01T00:00:00Z", 37800,
         "2026-07-01T10:30:00Z"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct fup_zone *zone = fup_zones_get(*state, rows[i].zone);
        int64_t at = instant(rows[i].at);
        int32_t days;
        int64_t wall_us;

        assert_int_equal(fup_zone_offset_s(zone, at), rows[i].offset_s);
        fup_zone_local(zone, at, &days, &wall_us);
        assert_in_range(wall_us, 0, INT64_C(86399999999));
        assert_instant(days * INT64_C(86400) * FUP_US_PER_S + wall_us,
                       rows[i].local);
    }
}

static void there_and_back_is_the_same_unless_repeated(void **state)
{
    static const char *const names[] = {
        "Europe/Berlin",     "Australia/Lord_Howe", "Pacific/Apia",
        "Africa/Casablanca", "America/Sao_Paulo",   "Antarctica/Troll"};

    for (size_t z = 0; z < sizeof names / sizeof names[0]; z++) {
        const struct fup_zone *zone = fup_zones_get(*state, names[z]);
        int64_t step = INT64_C(7501) * FUP_US_PER_S;
        int64_t at = instant("2009-01-01T00:00:00Z");

        for (; at < instant("2031-01-01T00:00:00Z"); at += step) {
            int32_t days;
            int64_t wall_us;
            int64_t back;

            fup_zone_local(zone, at, &days, &wall_us);
            back = fup_zone_instant(zone, days, wall_us);
            /* a repeated time gives its first instant */
            assert_true(back == at ||
                        (back < at && fup_zone_offset_s(zone, back) >
                                          fup_zone_offset_s(zone, at)));
        }
    }
}

/* The calendar that ICU keeps beside the list of changes that we read. */
static void any_instant_has_the_local_time_of_icus_calendar(void **state)
{
    static const char *const names[] = {
        "Europe/Berlin",     "Australia/Lord_Howe", "Pacific/Apia",
        "Africa/Cairo",      "America/Sao_Paulo",   "Asia/Beirut",
        "Africa/Casablanca", "Asia/Kathmandu",      "America/New_York"};

    for (size_t z = 0; z < sizeof names / sizeof names[0]; z++) {
        const struct fup_zone *zone = fup_zones_get(*state, names[z]);
        UErrorCode status = U_ZERO_ERROR;
        UChar wide[64];
        UCalendar *cal;
        int64_t ms = 0;

        u_uastrcpy(wide, names[z]);
        cal = ucal_open(wide, -1, "en", UCAL_GREGORIAN, &status);
        /* 37 h and some: each hour of the day, near every change of 60 years */
        for (; ms < INT64_C(1893456000000); ms += 134567891) {
            int32_t days;
            int64_t wall_us;

            fup_zone_local(zone, ms * FUP_US_PER_MS, &days, &wall_us);
            ucal_setMillis(cal, (UDate)ms, &status);
            assert_int_equal(wall_us / 60000000 / 60,
                             ucal_get(cal, UCAL_HOUR_OF_DAY, &status));
            assert_int_equal(wall_us / 60000000 % 60,
                             ucal_get(cal, UCAL_MINUTE, &status));
            assert_int_equal((days + 4) % 7 + 1,
                             ucal_get(cal, UCAL_DAY_OF_WEEK, &status));
        }
        assert_true(U_SUCCESS(status));
        ucal_close(cal);
    }
}

static void names_that_are_no_zone_are_refused(void **state)
{
    static const char *const names[] = {
        "",
        "Europe/Berlinn",
        "europe/berlin",
        "Etc/Unknown",
        "GMT+3",
        "UTC+02:00",
        "+02:00",
        "BST",
        "IST",
        "PST",
        "CST",
        "Mars/Olympus",
        "Europe/Berlin ",
        "Europe/Berl\xc3\xadn",
        "a/very/long/name/that/no/zone/in/the/whole/wide/world/has/ever/had",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_null(fup_zones_get(*state, names[i]));
        assert_null(fup_zones_get(*state, names[i]));
    }
}

static void aliases_and_old_names_are_known(void **state)
{
    static const char *const names[] = {
        "GMT",           "UTC",         "Etc/UTC",    "Zulu",      "EST",
        "EST5EDT",       "MST",         "HST",        "CET",       "EET",
        "Asia/Calcutta", "Europe/Kiev", "US/Pacific", "Etc/GMT+12"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct fup_zone *zone = fup_zones_get(*state, names[i]);

        assert_non_null(zone);
        assert_string_equal(fup_zone_name(zone), names[i]);
        assert_ptr_equal(fup_zones_get(*state, names[i]), zone);
    }
}

static void note_unknown(const char *name, void *arg)
{
    char *names = arg;

    (void)snprintf(names + strlen(names), 64 - strlen(names), "%.20s,", name);
}

static void an_unknown_name_is_told_once(void **state)
{
    struct fup_zones *zones = NULL;
    char names[64] = "";

    (void)state;
    assert_int_equal(fup_zones_create(&zones), FUP_OK);
    assert_null(fup_zones_get(zones, "Mars/Unwatched"));
    fup_zones_watch(zones, note_unknown, names);
    for (int i = 0; i < 3; i++) {
        (void)fup_zones_get(zones, "Mars/Olympus");
        (void)fup_zones_get(zones, "Europe/Berlin");
        (void)fup_zones_get(zones, "BST");
        (void)fup_zones_get(zones, "Mars/Unwatched");
    }
    assert_string_equal(names, "Mars/Olympus,BST,");
    fup_zones_free(zones);
}

static void a_flood_of_unknown_names_keeps_real_zones_working(void **state)
{
    char name[32];

    for (int i = 0; i < 6000; i++) {
        (void)snprintf(name, sizeof name, "No/Zone%d", i);
        assert_null(fup_zones_get(*state, name));
    }
    assert_non_null(fup_zones_get(*state, "Asia/Tokyo"));
    assert_ptr_equal(fup_zones_get(*state, "Asia/Tokyo"),
                     fup_zones_get(*state, "Asia/Tokyo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_times_have_their_instant),
        cmocka_unit_test(instants_have_their_local_time),
        cmocka_unit_test(there_and_back_is_the_same_unless_repeated),
        cmocka_unit_test(any_instant_has_the_local_time_of_icus_calendar),
        cmocka_unit_test(names_that_are_no_zone_are_refused),
        cmocka_unit_test(aliases_and_old_names_are_known),
        cmocka_unit_test(an_unknown_name_is_told_once),
        cmocka_unit_test(a_flood_of_unknown_names_keeps_real_zones_working),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
