/* Rows for every rule about local time: a delay and hours as a schedule says
 * them, the contact's zones, our answer, and the instant of the step. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

struct row {
    const char *after;
    const char *hours; /* of every day, "" for any time; "!date" in front
                          is a holiday */
    const char *zones; /* candidates, with commas between */
    const char *from;
    const char *expected;
};

static const struct row delays[] = {
    /* A spring gap: the offset before it. */
    {"1d 02:30", "", "Europe/Berlin", "2026-03-28 11:00", "2026-03-29 01:30"},
    {"1d", "", "Europe/Berlin", "2026-03-28 01:30", "2026-03-29 01:30"},
    {"1d 02:00", "", "Europe/Berlin", "2026-03-28 11:00", "2026-03-29 01:00"},
    {"1d 02:30", "", "America/New_York", "2026-03-07 15:00",
     "2026-03-08 07:30"},
    {"1d", "", "Europe/Berlin", "2026-03-28 11:00", "2026-03-29 10:00"},
    {"24h", "", "Europe/Berlin", "2026-03-28 11:00", "2026-03-29 11:00"},
    {"1d4h", "", "Europe/Berlin", "2026-03-28 22:00", "2026-03-30 01:00"},
    /* A repeated hour: the first. */
    {"1d 02:30", "", "Europe/Berlin", "2026-10-24 11:00", "2026-10-25 00:30"},
    {"1d1h", "", "Europe/Berlin", "2026-10-24 00:30", "2026-10-25 01:30"},
    {"1d", "", "Europe/Berlin", "2026-10-25 01:30", "2026-10-26 01:30"},
    {"1d", "", "Europe/Berlin", "2026-10-24 11:00", "2026-10-25 12:00"},
    {"24h", "", "Europe/Berlin", "2026-10-24 11:00", "2026-10-25 11:00"},
    {"1d 01:30", "", "America/New_York", "2026-10-31 15:00",
     "2026-11-01 05:30"},
    /* Half an hour of saving. */
    {"1d 02:15", "", "Australia/Lord_Howe", "2026-10-03 00:00",
     "2026-10-03 15:45"},
    {"1d 01:45", "", "Australia/Lord_Howe", "2026-04-04 00:00",
     "2026-04-04 14:45"},
    {"1d", "", "Australia/Lord_Howe", "2026-04-04 01:00", "2026-04-05 01:30"},
    {"1d", "", "Australia/Lord_Howe", "2026-10-03 01:00", "2026-10-04 00:30"},
    /* Midnight does not exist, or is there twice. */
    {"1d 00:00", "", "America/Sao_Paulo", "2017-10-14 12:00",
     "2017-10-15 03:00"},
    {"1d 00:30", "", "America/Sao_Paulo", "2017-10-14 12:00",
     "2017-10-15 03:30"},
    {"1d 23:30", "", "America/Sao_Paulo", "2018-02-16 12:00",
     "2018-02-18 01:30"},
    {"1d 00:30", "", "Asia/Beirut", "2022-03-26 10:00", "2022-03-26 22:30"},
    {"1d 00:15", "", "Africa/Cairo", "2010-04-29 10:00", "2010-04-29 22:15"},
    /* A day that does not exist. */
    {"1d", "", "Pacific/Apia", "2011-12-29 20:00", "2011-12-30 20:00"},
    {"2d", "", "Pacific/Apia", "2011-12-29 20:00", "2011-12-30 20:00"},
    {"1d 09:00", "", "Pacific/Apia", "2011-12-29 20:00", "2011-12-30 19:00"},
    /* Zones without saving. */
    {"1d 09:30", "", "Asia/Kolkata", "2026-03-28 12:00", "2026-03-29 04:00"},
    {"1d 09:30", "", "Asia/Kathmandu", "2026-06-01 00:00", "2026-06-02 03:45"},
    {"1d", "", "America/Phoenix", "2026-03-07 20:00", "2026-03-08 20:00"},
    {"2d", "", "UTC", "2026-10-24 12:00", "2026-10-26 12:00"},
    /* The day is that of the contact: already the third in Tokyo. */
    {"1d 09:30", "", "Asia/Tokyo", "2026-03-02 16:00", "2026-03-04 00:30"},
    {"1d 09:30", "", "America/Los_Angeles", "2026-03-02 06:00",
     "2026-03-02 17:30"},
    /* The first zone that exists counts, then the schedule's (none: UTC). */
    {"1d 09:30", "", "Mars/Base,Asia/Tokyo", "2026-03-02 10:00",
     "2026-03-03 00:30"},
    {"1d 09:30", "", "Asia/Tokyo,Europe/Berlin", "2026-03-02 10:00",
     "2026-03-03 00:30"},
    {"1d 09:30", "", "Mars/Base,BST", "2026-03-02 10:00", "2026-03-03 09:30"},
    {"1d 09:30", "", "", "2026-03-02 10:00", "2026-03-03 09:30"},
};

static const struct row hours[] = {
    /* Several ranges, and their ends. */
    {"1h", "09:00-12:00,14:00-18:00", "UTC", "2026-03-02 05:00",
     "2026-03-02 09:00"},
    {"1h", "09:00-12:00,14:00-18:00", "UTC", "2026-03-02 11:00",
     "2026-03-02 14:00"},
    {"1h", "09:00-12:00,14:00-18:00", "UTC", "2026-03-02T10:59:59Z",
     "2026-03-02T11:59:59Z"},
    {"1h", "20:00-24:00", "UTC", "2026-03-02T22:59:59Z",
     "2026-03-02T23:59:59Z"},
    {"1h", "20:00-24:00", "UTC", "2026-03-02 23:00", "2026-03-03 20:00"},
    /* Overnight ranges, also over a change. */
    {"1h", "22:00-02:00", "Europe/Berlin", "2026-06-01 12:00",
     "2026-06-01 20:00"},
    {"5m", "22:00-02:30", "Europe/Berlin", "2026-03-29 00:50",
     "2026-03-29 00:55"},
    {"15m", "22:00-02:30", "Europe/Berlin", "2026-03-29 00:50",
     "2026-03-29 20:00"},
    {"1h", "22:00-02:30", "Europe/Berlin", "2026-10-24 23:45",
     "2026-10-25 01:00"},
    /* The same hours on the clock, another hour in UTC. */
    {"1h", "09:00-18:00", "Europe/Berlin", "2026-03-28 18:00",
     "2026-03-29 07:00"},
    {"1h", "09:00-18:00", "Europe/Berlin", "2026-10-24 18:00",
     "2026-10-25 08:00"},
    /* A range in a gap does not exist on that day. */
    {"1h", "02:00-03:00", "Europe/Berlin", "2026-03-28 12:00",
     "2026-03-30 00:00"},
    {"1h", "02:00-02:20", "Australia/Lord_Howe", "2026-10-03 00:00",
     "2026-10-04 15:00"},
    {"1h", "00:00-01:00", "America/Sao_Paulo", "2017-10-14 12:00",
     "2017-10-16 02:00"},
    {"1h", "00:00-01:30", "Asia/Beirut", "2022-03-26 12:00",
     "2022-03-26 22:00"},
    {"1h", "00:00-00:30", "Africa/Cairo", "2010-04-29 10:00",
     "2010-04-30 21:00"},
    /* A range in a repeated hour exists twice. */
    {"40m", "02:00-02:30", "Europe/Berlin", "2026-10-25 00:00",
     "2026-10-25 01:00"},
    {"10m", "01:30-01:40", "Australia/Lord_Howe", "2026-04-04 14:35",
     "2026-04-04 15:00"},
    /* The day that does not exist has no hours. */
    {"1h", "09:00-18:00", "Pacific/Apia", "2011-12-30 08:00",
     "2011-12-30 19:00"},
    /* Candidates must agree; unknown ones do not count. */
    {"1h", "09:00-18:00", "Europe/Berlin,Asia/Tokyo", "2026-03-02 00:00",
     "2026-03-02 08:00"},
    {"1h", "09:00-18:00", "Asia/Tokyo,Europe/Berlin", "2026-03-02 08:00",
     "2026-03-03 08:00"},
    {"1h", "09:00-18:00", "Mars/Base,Asia/Tokyo", "2026-03-02 00:00",
     "2026-03-02 01:00"},
    /* Holidays are local dates; the tail of the night before is open. */
    {"1h", "!2026-12-25", "Asia/Tokyo", "2026-12-24 14:00", "2026-12-25 15:00"},
    {"1h", "!2026-12-25", "Asia/Tokyo,UTC", "2026-12-24 14:00",
     "2026-12-26 00:00"},
    {"15m", "!2026-12-2522:00-02:00", "UTC", "2026-12-25 00:30",
     "2026-12-25 00:45"},
    {"2h", "!2026-12-2522:00-02:00", "UTC", "2026-12-25 00:30",
     "2026-12-26 22:00"},
};

static int minutes(const char *text)
{
    return ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 +
           text[4] - '0';
}

/* A row in words, to find it by. */
static void name_row(const struct row *row, char ret[160])
{
    (void)snprintf(ret, 160, "%s [%s] %s from %s", row->after, row->hours,
                   row->zones, row->from);
}

static void split_zones(struct fup_facts *facts, char *zones)
{
    char *rest = NULL;
    char *name = strtok_r(zones, ",", &rest);

    for (facts->n_timezones = 0; name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        facts->timezones[facts->n_timezones++] = name;
    }
}

static void plan_row(struct fixture *f, const struct row *row)
{
    const char *p = row->hours;
    char zones[64];
    int32_t holiday;

    fixture_reset(f);
    assert_int_equal(
        fup_delay_parse(row->after, &f->schedule.steps[0].after, NULL), FUP_OK);
    if (*p == '!') {
        char midnight[24];

        (void)snprintf(midnight, sizeof midnight, "%.10s 00:00", p + 1);
        holiday = (int32_t)(instant(midnight) / FUP_US_PER_S / 86400);
        f->schedule.holidays = &holiday;
        f->schedule.n_holidays = 1;
        p += 11;
    }
    while (*p != '\0') {
        set_hours(&f->schedule, 0, 6, minutes(p), minutes(p + 6));
        p += p[11] == ',' ? 12 : 11;
    }
    (void)snprintf(zones, sizeof zones, "%s", row->zones);
    split_zones(&f->facts, zones);
    f->facts.last_answer_at = instant(row->from);
    f->facts.last_inbound_at = f->facts.last_answer_at;
    f->run.episode_at = f->facts.last_answer_at;
    fup_plan_next(&f->env, &f->schedule, &f->facts, &f->run,
                  f->facts.last_answer_at, &f->plan);
}

static void assert_rows(struct fixture *f, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char name[160];

        plan_row(f, &rows[i]);
        name_row(&rows[i], name);
        if (f->plan.at != instant(rows[i].expected)) {
            print_error("%s\n", name);
        }
        assert_plan(f, FUP_ACTION_SEND, FUP_REASON_NONE, rows[i].expected);
    }
}

static void a_delay_ends_when_the_contacts_clock_says(void **state)
{
    assert_rows(*state, delays, sizeof delays / sizeof delays[0]);
}

static void hours_are_those_of_the_contacts_clock(void **state)
{
    assert_rows(*state, hours, sizeof hours / sizeof hours[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delay_ends_when_the_contacts_clock_says),
        cmocka_unit_test(hours_are_those_of_the_contacts_clock),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
