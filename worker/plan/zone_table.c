/* Reading a zone out of ICU, once: from then on it is two arrays of integers.
 *
 * ICU takes any text for a zone and quietly means GMT, so the name is looked
 * up first. It also knows abbreviations of its own ("BST" is Dhaka, "IST"
 * Kolkata); no such name is in the IANA data, and who writes one means another
 * place as often as not, so they are refused. */

#include "zone_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/ucal.h>

#include "core/time.h"

#define NAME_MAX_CHARS 64

/* 1970-01-01 to 2100-01-01, in ICU's milliseconds. Later instants keep the
 * last offset. */
#define FIRST_MS 0.0
#define LAST_MS  4102444800000.0

/* Up to two a year is the rule; Morocco has four. */
#define CHANGES_MAX 1024

static const char *const abbreviations[] = {
    "ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT",
    "CST", "CTT", "EAT", "ECT", "IET", "IST", "JST", "MIT", "NET",
    "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST",
};

static bool is_abbreviation(const char *name)
{
    for (size_t i = 0; i < sizeof abbreviations / sizeof abbreviations[0];
         i++) {
        if (strcmp(name, abbreviations[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* @name as ICU wants it; its length, or 0 when it cannot be a zone. */
static int32_t widen(const char *name, UChar ret[NAME_MAX_CHARS])
{
    size_t len = strlen(name);

    if (len >= NAME_MAX_CHARS) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        if (name[i] <= ' ' || name[i] > '~') {
            return 0;
        }
        ret[i] = (UChar)name[i];
    }
    return (int32_t)len;
}

static bool is_known(const char *name, const UChar *wide, int32_t len)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar canonical[NAME_MAX_CHARS];
    UBool is_system = false;

    if (len == 0 || is_abbreviation(name) || strcmp(name, "Etc/Unknown") == 0) {
        return false;
    }
    (void)ucal_getCanonicalTimeZoneID(wide, len, canonical, NAME_MAX_CHARS,
                                      &is_system, &status);
    return U_SUCCESS(status) && is_system;
}

static int64_t offset_now(const UCalendar *cal, UErrorCode *status)
{
    int64_t ms = ucal_get(cal, UCAL_ZONE_OFFSET, status);

    ms += ucal_get(cal, UCAL_DST_OFFSET, status);
    return ms * FUP_US_PER_MS;
}

/* Walk from change to change. Those that change but the name or the mark of
 * summer time are left out. Returns how many were written. */
static size_t walk(UCalendar *cal,
                   int64_t starts[CHANGES_MAX],
                   int64_t offsets[CHANGES_MAX],
                   UErrorCode *status)
{
    size_t n = 1;
    UDate at = FIRST_MS;

    ucal_setMillis(cal, at, status);
    starts[0] = INT64_MIN;
    offsets[0] = offset_now(cal, status);
    while (n < CHANGES_MAX &&
           ucal_getTimeZoneTransitionDate(cal, UCAL_TZ_TRANSITION_NEXT, &at,
                                          status) &&
           at < LAST_MS) {
        int64_t offset;

        ucal_setMillis(cal, at, status);
        offset = offset_now(cal, status);
        if (U_FAILURE(*status)) {
            break;
        }
        if (offset != offsets[n - 1]) {
            starts[n] = (int64_t)at * FUP_US_PER_MS;
            offsets[n] = offset;
            n++;
        }
    }
    return n;
}

static int64_t *copy(const int64_t *from, size_t n)
{
    int64_t *to = malloc(n * sizeof *to);

    if (to != NULL) {
        memcpy(to, from, n * sizeof *to);
    }
    return to;
}

static enum fup_code
make(const char *name, UCalendar *cal, struct fup_zone **ret_zone)
{
    int64_t starts[CHANGES_MAX];
    int64_t offsets[CHANGES_MAX];
    UErrorCode status = U_ZERO_ERROR;
    size_t n = walk(cal, starts, offsets, &status);
    struct fup_zone *zone;

    if (U_FAILURE(status)) {
        return status == U_MEMORY_ALLOCATION_ERROR ? FUP_ENOMEM : FUP_EIO;
    }
    zone = calloc(1, sizeof *zone);
    if (zone == NULL) {
        return FUP_ENOMEM;
    }
    zone->n = n;
    zone->name = strdup(name);
    zone->starts = copy(starts, n);
    zone->offsets = copy(offsets, n);
    if (zone->name == NULL || zone->starts == NULL || zone->offsets == NULL) {
        fup_zone_table_free(zone);
        return FUP_ENOMEM;
    }
    *ret_zone = zone;
    return FUP_OK;
}

enum fup_code fup_zone_table_read(const char *name, struct fup_zone **ret_zone)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[NAME_MAX_CHARS];
    int32_t len = widen(name, wide);
    UCalendar *cal;
    enum fup_code code;

    if (!is_known(name, wide, len)) {
        return FUP_ENOENT;
    }
    cal = ucal_open(wide, len, "en", UCAL_GREGORIAN, &status);
    if (U_FAILURE(status)) {
        return status == U_MEMORY_ALLOCATION_ERROR ? FUP_ENOMEM : FUP_EIO;
    }
    code = make(name, cal, ret_zone);
    ucal_close(cal);
    return code;
}

void fup_zone_table_free(struct fup_zone *zone)
{
    if (zone == NULL) {
        return;
    }
    free(zone->name);
    free(zone->starts);
    free(zone->offsets);
    free(zone);
}
