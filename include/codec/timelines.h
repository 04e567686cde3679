/* Past conversations from a CSV file (RFC 4180), for a simulation.
 *
 * The first line names the columns: conversation, channel, at (RFC 3339) and
 * direction ("in", "out"); tenant, contact, timezone, locale, intent and stage
 * may be there; others are ignored. */

#ifndef FUP_CODEC_TIMELINES_H
#define FUP_CODEC_TIMELINES_H

#include <stddef.h>

#include "codec/problem.h"
#include "core/err.h"
#include "plan/simulate.h"

#define FUP_TIMELINES_BYTES_MAX ((size_t)512 * 1024 * 1024)

/* For fup_simulate(): ascending by conversation, then tenant. */
struct fup_timelines {
    struct fup_sim_timeline *items;
    size_t n;
    struct fup_sim_event *events; /* of all, each timeline a run of it */
    char *text;                   /* which all strings point into */
};

/* Parse @text, which is changed. Problems name @file, the line and the field;
 * time zones that do not exist are warned of.
 *
 * Owns:   @text is @ret_timelines' from then on, and freed on failure; it must
 *         come from malloc() and have a NUL after its @len bytes.
 *         fup_timelines_done() @ret_timelines.
 * Errors: FUP_EPARSE (reported to @problems), FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_timelines_parse(char *text,
                    size_t len,
                    const char *file,
                    struct fup_timelines *ret_timelines,
                    struct fup_problems *problems);

/* The same from the file at @path. Errors: also FUP_EIO (reported). */
FUP_MUST_CHECK enum fup_code
fup_timelines_load(const char *path,
                   struct fup_timelines *ret_timelines,
                   struct fup_problems *problems);

void fup_timelines_done(struct fup_timelines *timelines);

#endif
