/* The parts of a schedule's reader, one file each. */

#ifndef FUP_CODEC_SCHEDULE_PARTS_H
#define FUP_CODEC_SCHEDULE_PARTS_H

#include "codec/schedule.h"
#include "json_in.h"

/* Days since 1970-01-01, ascending once sorted. */
struct fup_days {
    int32_t *items;
    size_t n;
};

/* schedule_hours.c: into is struct fup_schedule for both. */
FUP_JSON_READER(fup_schedule_read_hours);
FUP_JSON_READER(fup_schedule_read_holidays);

/* schedule_match.c: into is struct fup_match, and struct fup_stop_when. */
FUP_JSON_READER(fup_schedule_read_match);
FUP_JSON_READER(fup_schedule_read_stop_when);

/* schedule_message.c: into is struct fup_step. */
FUP_JSON_READER(fup_schedule_read_message);

/* schedule_lint.c: "waive", into is uint64_t; "samples", which is only looked
 * at. */
FUP_JSON_READER(fup_schedule_read_waive);
FUP_JSON_READER(fup_schedule_read_samples);

/* The locale of the first text of @def, NULL if it has none. */
const char *fup_schedule_def_locale(const struct fup_message_def *def);

/* Add one day.
 * Errors: FUP_ELIMIT beyond FUP_HOLIDAYS_MAX, FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_days_add(struct fup_days *days, int32_t day);

/* Sort ascending and drop doubles. */
void fup_days_sort(struct fup_days *days);

/* holidays_ics.c: add the days of all-day events in the iCalendar file at
 * @path; yearly and other repeating events from 2020 to 2045.
 *
 * Errors: FUP_EIO, FUP_EPARSE, FUP_ELIMIT (@err says what), FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_days_add_ics(struct fup_days *days, const char *path, struct fup_err *err);

/* @entry, a path relative to the folder of @file, on the heap; NULL: no
 * memory. */
char *fup_schedule_beside(const char *file, const char *entry);

#endif
