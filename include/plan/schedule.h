/* Schedules as the planner sees them: steps, delays, hours, limits.
 *
 * Filled by the codec from schedules/NAME.json; immutable from then on. */

#ifndef FUP_PLAN_SCHEDULE_H
#define FUP_PLAN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/delay.h"

struct fup_message_def; /* the texts of a step: message layer */
struct fup_zone;        /* a time zone: plan/zone.h */

#define FUP_STEPS_MAX  32
#define FUP_RANGES_MAX 8

enum fup_mode {
    FUP_MODE_LIVE,
    FUP_MODE_SHADOW, /* everything but the sending */
    FUP_MODE_OFF,
};

/* What to do with a step that would fall outside the channel's window. */
enum fup_outside {
    FUP_OUTSIDE_PULL_FORWARD,
    FUP_OUTSIDE_TEMPLATE,
    FUP_OUTSIDE_TASK,
    FUP_OUTSIDE_SILENT,
    FUP_OUTSIDE_SKIP,
    FUP_OUTSIDE_MAX, /* how many there are */
};

enum fup_late {
    FUP_LATE_SHIFT, /* plan it again from now */
    FUP_LATE_SKIP,
};

/* Seconds since local midnight, the end excluded; @to_s <= @from_s runs over
 * midnight and belongs to the day on which it starts. */
struct fup_range {
    int32_t from_s;
    int32_t to_s; /* up to 86400 */
};

struct fup_day_hours {
    struct fup_range ranges[FUP_RANGES_MAX];
    size_t n;
};

/* A list of strings; n == 0 matches everything. */
struct fup_names {
    char **items;
    size_t n;
};

/* One attribute condition: attributes[name] is one of values. */
struct fup_attribute_match {
    char *name;
    struct fup_names values;
};

struct fup_match {
    struct fup_names tenant;
    struct fup_names channel;
    struct fup_names intent;
    struct fup_names stage;
    struct fup_names locale;
    struct fup_attribute_match *attributes;
    size_t n_attributes;
};

/* What ends a follow-up early: any of these that holds. The lists of @match
 * that are used are intent, stage and attributes. */
struct fup_stop_when {
    unsigned owners; /* bits 1 << enum fup_owner */
    struct fup_match match;
};

struct fup_step {
    char *kind; /* "check_in", "last_call", "close_out" or a custom word */
    struct fup_delay after;
    enum fup_outside outside[FUP_OUTSIDE_MAX]; /* tried in this order */
    size_t n_outside;
    struct fup_message_def *message;    /* NULL: the step is silent */
    struct fup_names template_channels; /* channels it names a template for */
    bool close;      /* the conversation is closed after it */
    uint64_t waived; /* rules of message/lint.h: bit n is rule n */
};

struct fup_schedule {
    char *name;
    enum fup_mode mode;
    int priority;
    struct fup_match match;
    struct fup_stop_when stop_when;
    char *timezone;                /* NULL: UTC */
    bool has_hours;                /* false: every day 00:00-24:00 */
    struct fup_day_hours hours[7]; /* 0 is Monday */
    int32_t *holidays; /* days since 1970-01-01, ascending, local dates */
    size_t n_holidays;
    int64_t jitter_s;
    int64_t min_gap_s;
    int64_t max_late_s; /* < 0: never too late */
    enum fup_late late;
    int cap_max; /* 0: no cap */
    int64_t cap_per_s;
    double holdout; /* share of enrollments that get no messages, 0 to 1 */
    bool require_inbound;
    bool one_per_contact;   /* a newer silence of the same person ends it */
    uint64_t waived;        /* rules of message/lint.h, for all steps */
    struct fup_names links; /* hosts that links may lead to; n == 0: none */
    struct fup_step steps[FUP_STEPS_MAX];
    size_t n_steps;
    char *first_locale; /* of the first text: the last locale to fall back to */
};

/* The `outside_window` list of a step of @kind that names none of its own: the
 * last entry is a silent step for "close_out", a skip for all others. Returns
 * how many entries were written. */
size_t fup_outside_default(const char *kind,
                           enum fup_outside ret_outside[FUP_OUTSIDE_MAX]);

/* Whether all that @schedule counts of the past is there, when the past is kept
 * for @keep_days; 0: for ever. */
bool fup_schedule_fits(const struct fup_schedule *schedule, int64_t keep_days);

#endif
