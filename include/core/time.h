/* Instants: microseconds since 1970-01-01T00:00:00Z, in an int64_t.
 *
 * Names of instants end in _at, spans in their unit (_us, _ms, _s). Waiting is
 * done on the loop's clock, never on these. */

#ifndef FUP_CORE_TIME_H
#define FUP_CORE_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* No instant: a null column, an unset field. */
#define FUP_TIME_NONE INT64_MIN
/* For ever: a pause without an end. */
#define FUP_TIME_NEVER INT64_MAX

#define FUP_US_PER_MS INT64_C(1000)
#define FUP_US_PER_S  INT64_C(1000000)

/* Room for "2026-11-21T09:30:00.123456Z" and its end. */
#define FUP_TIME_TEXT 32

/* Parse RFC 3339 ("2026-11-21T09:30:00Z", "…+02:00", decimals, of which six
 * count; 'T' may be a space). Years 1970 to 9999. A leap second reads as :59.
 *
 * Errors: FUP_EPARSE, @err says what was expected. */
FUP_MUST_CHECK enum fup_code
fup_time_parse(const char *text, int64_t *ret_at, struct fup_err *err);

/* Write @at as RFC 3339 in UTC with milliseconds; "" for NONE, "never" for
 * NEVER. Returns @buf. */
const char *fup_time_format(int64_t at, char buf[FUP_TIME_TEXT]);

/* The same in whole seconds, rounded up: never before @at. */
const char *fup_time_format_s(int64_t at, char buf[FUP_TIME_TEXT]);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int32_t fup_days_from_civil(int year, int month, int day);
void fup_civil_from_days(int32_t days,
                         int *ret_year,
                         int *ret_month,
                         int *ret_day);

#endif
