/* Time zones: local time from an instant and back.
 *
 * The data is ICU's (no setenv("TZ"), no global state); each zone is read once
 * into a table of offset changes, so that planning allocates nothing. */

#ifndef FUP_PLAN_ZONE_H
#define FUP_PLAN_ZONE_H

#include <stdint.h>

#include "core/err.h"

struct fup_zone;

/* Zones read so far, by name. One per thread of use; not locked. */
struct fup_zones;

/* Owns:   *@ret_zones is the caller's; fup_zones_free() it.
 * Errors: FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_zones_create(struct fup_zones **ret_zones);

/* Free @zones and every zone in it; NULL is allowed. */
void fup_zones_free(struct fup_zones *zones);

/* The zone with the IANA name @name ("Europe/Berlin"), or NULL when there is
 * none or memory is out. Names are remembered, unknown ones too (up to 4096).
 * Owned by @zones. */
const struct fup_zone *fup_zones_get(struct fup_zones *zones, const char *name);

/* Called once for each name that turns out to be no zone, during the
 * fup_zones_get() that finds it out, for as many as are remembered. @name is
 * text from outside. */
typedef void (*fup_zones_unknown_cb)(const char *name, void *arg);

/* Tell @on_unknown from now on; NULL tells nobody. */
void fup_zones_watch(struct fup_zones *zones,
                     fup_zones_unknown_cb on_unknown,
                     void *arg);

/* The name given to fup_zones_get(). */
const char *fup_zone_name(const struct fup_zone *zone);

/* Seconds east of UTC that @zone is at @at. */
int32_t fup_zone_offset_s(const struct fup_zone *zone, int64_t at);

/* The instant at which local date @days (since 1970-01-01) and time of day
 * @wall_us begin. In a gap the offset before the gap holds (02:30 becomes
 * 03:30); a repeated time is the first (RFC 5545, 3.3.5). */
int64_t
fup_zone_instant(const struct fup_zone *zone, int32_t days, int64_t wall_us);

/* The local date and time of day of @at. */
void fup_zone_local(const struct fup_zone *zone,
                    int64_t at,
                    int32_t *ret_days,
                    int64_t *ret_wall_us);

#endif
