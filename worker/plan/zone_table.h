/* The inside of a zone: when its offset changes, and to what. */

#ifndef FUP_PLAN_ZONE_TABLE_H
#define FUP_PLAN_ZONE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* Offset i holds from @starts[i] (the first from the beginning of time) until
 * @starts[i + 1] (the last for ever). Instants and offsets in microseconds. */
struct fup_zone {
    char *name;
    size_t n;
    int64_t *starts;
    int64_t *offsets;
};

/* A stretch of time with one offset: [@from, @to). */
struct fup_zone_span {
    int64_t from;
    int64_t to;
    int64_t offset;
};

/* The stretch that @at lies in. */
struct fup_zone_span fup_zone_span_at(const struct fup_zone *zone, int64_t at);

/* Read the zone @name out of ICU.
 *
 * Owns:   *@ret_zone is the caller's; fup_zone_table_free() it.
 * Errors: FUP_ENOENT  there is no such zone.
 *         FUP_EIO     ICU has no data for it.
 *         FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_zone_table_read(const char *name,
                                                 struct fup_zone **ret_zone);

/* NULL is allowed. */
void fup_zone_table_free(struct fup_zone *zone);

#endif
