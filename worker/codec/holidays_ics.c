/* Holidays from iCalendar files (RFC 5545): the days of all-day events. */

#include <libical/ical.h>
#include <stdlib.h>
#include <string.h>

#include "codec/text_file.h"
#include "core/time.h"
#include "schedule_parts.h"

#define ICS_BYTES_MAX  ((size_t)4 * 1024 * 1024)
#define EVENT_DAYS_MAX 366 /* of one event */
#define FIRST_YEAR     2020
#define LAST_YEAR      2045

struct expansion {
    struct fup_days *days;
    enum fup_code code;
};

static struct icaltimetype day_of_year(int year, int month, int day)
{
    struct icaltimetype t = icaltime_null_date();

    t.year = year;
    t.month = month;
    t.day = day;
    return t;
}

static void add_days(struct expansion *expansion, int32_t day, int32_t n)
{
    for (int32_t i = 0; i < n && expansion->code == FUP_OK; i++) {
        expansion->code = fup_days_add(expansion->days, day + i);
    }
}

/* How many days the all-day event @event lasts: DTEND is the first day after
 * it; without one it is a single day. */
static int32_t event_length(icalcomponent *event, struct icaltimetype start)
{
    struct icaltimetype end = icalcomponent_get_dtend(event);
    int32_t n = 1;

    if (!icaltime_is_null_time(end)) {
        n = fup_days_from_civil(end.year, end.month, end.day) -
            fup_days_from_civil(start.year, start.month, start.day);
    }
    if (n < 1) {
        return 1;
    }
    return n > EVENT_DAYS_MAX ? EVENT_DAYS_MAX : n;
}

static bool is_excluded(icalcomponent *event, struct icaltimetype day)
{
    icalproperty *p =
        icalcomponent_get_first_property(event, ICAL_EXDATE_PROPERTY);

    for (; p != NULL;
         p = icalcomponent_get_next_property(event, ICAL_EXDATE_PROPERTY)) {
        if (icaltime_compare_date_only(icalproperty_get_exdate(p), day) == 0) {
            return true;
        }
    }
    return false;
}

static void add_occurrence(struct expansion *expansion,
                           icalcomponent *event,
                           struct icaltimetype day,
                           int32_t n)
{
    if (!is_excluded(event, day)) {
        add_days(expansion, fup_days_from_civil(day.year, day.month, day.day),
                 n);
    }
}

static void add_repeats(struct expansion *expansion,
                        icalcomponent *event,
                        icalproperty *rule,
                        struct icaltimetype start)
{
    struct icaltimetype first = day_of_year(FIRST_YEAR, 1, 1);
    struct icaltimetype last = day_of_year(LAST_YEAR, 12, 31);
    int32_t n = event_length(event, start);
    icalrecur_iterator *i =
        icalrecur_iterator_new(icalproperty_get_rrule(rule), start);
    struct icaltimetype day;

    if (i == NULL) {
        expansion->code = FUP_EPARSE;
        return;
    }
    for (day = icalrecur_iterator_next(i);
         !icaltime_is_null_time(day) && expansion->code == FUP_OK &&
         icaltime_compare_date_only(day, last) <= 0;
         day = icalrecur_iterator_next(i)) {
        if (icaltime_compare_date_only(day, first) >= 0) {
            add_occurrence(expansion, event, day, n);
        }
    }
    icalrecur_iterator_free(i);
}

/* Events with a time of day, and cancelled ones, are no holidays. */
static bool is_holiday(icalcomponent *event, struct icaltimetype start)
{
    return icaltime_is_date(start) && !icaltime_is_null_time(start) &&
           start.year >= 1970 && start.year <= 9999 &&
           icalcomponent_get_status(event) != ICAL_STATUS_CANCELLED;
}

/* libical drops a property that it cannot read and leaves a note of it. Only
 * for those that say when is that an error: files in the wild have others. */
static bool is_damaged(icalcomponent *event)
{
    static const char *const needed[] = {"DTSTART", "DTEND", "RRULE", "EXDATE",
                                         "RDATE"};
    icalproperty *p =
        icalcomponent_get_first_property(event, ICAL_XLICERROR_PROPERTY);

    for (; p != NULL;
         p = icalcomponent_get_next_property(event, ICAL_XLICERROR_PROPERTY)) {
        const char *note = icalproperty_get_xlicerror(p);

        for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
            if (note != NULL && strstr(note, needed[i]) != NULL) {
                return true;
            }
        }
    }
    return false;
}

static void add_event(struct expansion *expansion, icalcomponent *event)
{
    struct icaltimetype start = icalcomponent_get_dtstart(event);
    icalproperty *p;
    bool repeats = false;

    if (is_damaged(event)) {
        expansion->code = FUP_EPARSE;
        return;
    }
    if (!is_holiday(event, start)) {
        return;
    }
    p = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);
    for (; p != NULL;
         p = icalcomponent_get_next_property(event, ICAL_RRULE_PROPERTY)) {
        repeats = true;
        add_repeats(expansion, event, p, start);
    }
    if (!repeats) {
        add_occurrence(expansion, event, start, event_length(event, start));
    }
    p = icalcomponent_get_first_property(event, ICAL_RDATE_PROPERTY);
    for (; p != NULL;
         p = icalcomponent_get_next_property(event, ICAL_RDATE_PROPERTY)) {
        add_occurrence(expansion, event, icalproperty_get_rdate(p).time,
                       event_length(event, start));
    }
}

/* A file may hold one calendar, or several in a row. */
static int add_calendar(struct expansion *expansion, icalcomponent *top)
{
    icalcomponent *event =
        icalcomponent_get_first_component(top, ICAL_VEVENT_COMPONENT);
    int events = 0;

    for (; event != NULL;
         event = icalcomponent_get_next_component(top, ICAL_VEVENT_COMPONENT)) {
        add_event(expansion, event);
        events++;
    }
    return events;
}

static int add_calendars(struct expansion *expansion, icalcomponent *root)
{
    icalcomponent *top;
    int events;

    if (icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT) {
        return add_calendar(expansion, root);
    }
    events = 0;
    top = icalcomponent_get_first_component(root, ICAL_VCALENDAR_COMPONENT);
    for (; top != NULL; top = icalcomponent_get_next_component(
                            root, ICAL_VCALENDAR_COMPONENT)) {
        events += add_calendar(expansion, top);
    }
    return events;
}

enum fup_code
fup_days_add_ics(struct fup_days *days, const char *path, struct fup_err *err)
{
    struct expansion expansion = {.days = days, .code = FUP_OK};
    icalcomponent *root;
    char *text;
    size_t len;
    enum fup_code code =
        fup_text_file_read(path, ICS_BYTES_MAX, &text, &len, err);
    int events = 0;

    if (code != FUP_OK) {
        return code;
    }
    icalerror_set_errors_are_fatal(0); /* or libical may abort on bad text */
    root = icalparser_parse_string(text);
    free(text);
    if (root != NULL) {
        events = add_calendars(&expansion, root);
        icalcomponent_free(root);
    }
    if (expansion.code == FUP_OK && events == 0) {
        return fup_err_set(err, FUP_EPARSE, "%.160s has no calendar events",
                           path);
    }
    if (expansion.code == FUP_ELIMIT) {
        return fup_err_set(err, FUP_ELIMIT, "%.160s: more than %d days", path,
                           FUP_HOLIDAYS_MAX);
    }
    if (expansion.code == FUP_EPARSE) {
        return fup_err_set(err, FUP_EPARSE,
                           "%.160s: an event whose date or "
                           "repeat rule cannot be read",
                           path);
    }
    return expansion.code;
}
