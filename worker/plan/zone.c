#include "plan/zone.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/time.h"
#include "zone_table.h"

#define DAY_US (INT64_C(86400) * FUP_US_PER_S)

#define BUCKETS 1024
/* Zones that exist are remembered always (there are some 600), names that are
 * none only so far: they come from outside. */
#define UNKNOWN_MAX 4096

/* A name asked for; @zone is NULL when there is no such zone. */
struct entry {
    struct entry *next;
    struct fup_zone *zone;
    char name[];
};

struct fup_zones {
    struct entry *buckets[BUCKETS];
    size_t n_unknown;
    fup_zones_unknown_cb on_unknown;
    void *arg;
};

enum fup_code fup_zones_create(struct fup_zones **ret_zones)
{
    struct fup_zones *zones = calloc(1, sizeof *zones);

    if (zones == NULL) {
        return FUP_ENOMEM;
    }
    *ret_zones = zones;
    return FUP_OK;
}

void fup_zones_free(struct fup_zones *zones)
{
    if (zones == NULL) {
        return;
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        while (zones->buckets[i] != NULL) {
            struct entry *entry = zones->buckets[i];

            zones->buckets[i] = entry->next;
            fup_zone_table_free(entry->zone);
            free(entry);
        }
    }
    free(zones);
}

void fup_zones_watch(struct fup_zones *zones,
                     fup_zones_unknown_cb on_unknown,
                     void *arg)
{
    zones->on_unknown = on_unknown;
    zones->arg = arg;
}

/* Put @name at the front of @bucket; NULL when memory is out. */
static struct entry *remember(struct entry **bucket, const char *name)
{
    size_t size = strlen(name) + 1;
    struct entry *entry = malloc(sizeof *entry + size);

    if (entry != NULL) {
        memcpy(entry->name, name, size);
        entry->zone = NULL;
        entry->next = *bucket;
        *bucket = entry;
    }
    return entry;
}

static const struct fup_zone *
load(struct fup_zones *zones, struct entry **bucket, const char *name)
{
    struct fup_zone *zone = NULL;
    enum fup_code code = fup_zone_table_read(name, &zone);
    struct entry *entry;

    if (code == FUP_ENOENT) {
        if (zones->n_unknown < UNKNOWN_MAX && remember(bucket, name) != NULL) {
            zones->n_unknown++;
            if (zones->on_unknown != NULL) {
                zones->on_unknown(name, zones->arg);
            }
        }
        return NULL;
    }
    if (code != FUP_OK) {
        return NULL;
    }
    entry = remember(bucket, name);
    if (entry == NULL) {
        fup_zone_table_free(zone);
        return NULL;
    }
    entry->zone = zone;
    return zone;
}

const struct fup_zone *fup_zones_get(struct fup_zones *zones, const char *name)
{
    struct entry **bucket =
        &zones->buckets[fup_fnv1a_text(FUP_FNV_START, name) % BUCKETS];

    for (const struct entry *e = *bucket; e != NULL; e = e->next) {
        if (strcmp(e->name, name) == 0) {
            return e->zone;
        }
    }
    return load(zones, bucket, name);
}

const char *fup_zone_name(const struct fup_zone *zone)
{
    return zone->name;
}

/* Index of the last start at or before @at. */
static size_t find(const struct fup_zone *zone, int64_t at)
{
    size_t low = 0;
    size_t high = zone->n;

    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;

        if (zone->starts[mid] <= at) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return low;
}

struct fup_zone_span fup_zone_span_at(const struct fup_zone *zone, int64_t at)
{
    size_t i = find(zone, at);

    return (struct fup_zone_span){
        .from = zone->starts[i],
        .to = i + 1 < zone->n ? zone->starts[i + 1] : INT64_MAX,
        .offset = zone->offsets[i],
    };
}

int32_t fup_zone_offset_s(const struct fup_zone *zone, int64_t at)
{
    return (int32_t)(zone->offsets[find(zone, at)] / FUP_US_PER_S);
}

/* The first stretch that has not ended when its clock shows @local holds the
 * answer, or follows the gap that swallowed @local. No offset differs from
 * another by two days, so the search may start there. */
int64_t
fup_zone_instant(const struct fup_zone *zone, int32_t days, int64_t wall_us)
{
    int64_t local = days * DAY_US + wall_us;
    size_t i = find(zone, local - 2 * DAY_US);

    while (i + 1 < zone->n && local - zone->offsets[i] >= zone->starts[i + 1]) {
        i++;
    }
    if (i > 0 && local - zone->offsets[i] < zone->starts[i]) {
        return local - zone->offsets[i - 1];
    }
    return local - zone->offsets[i];
}

void fup_zone_local(const struct fup_zone *zone,
                    int64_t at,
                    int32_t *ret_days,
                    int64_t *ret_wall_us)
{
    int64_t local = at + zone->offsets[find(zone, at)];
    int64_t days = local / DAY_US;

    if (local % DAY_US < 0) {
        days--;
    }
    *ret_days = (int32_t)days;
    *ret_wall_us = local - days * DAY_US;
}
