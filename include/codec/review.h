/* Contradictions in schedules: what can be read and used, and yet cannot be
 * meant. Only followup check asks for them. */

#ifndef FUP_CODEC_REVIEW_H
#define FUP_CODEC_REVIEW_H

#include "codec/channels.h"
#include "codec/problem.h"
#include "codec/schedule.h"
#include "core/err.h"

/* Warn of contradictions in @file, a schedule that was loaded; it is read once
 * more to say where they stand. @now says what is past.
 *
 * - a step that is always skipped where its channel has a window
 * - a local time of day that send_hours allow on no day
 * - holidays that are all past
 * - min_gap longer than a step's delay, which then never counts
 * - jitter longer than a step's delay
 * - two steps that may be pulled forward to the same instant
 * - max_late shorter than a minute
 *
 * Errors: FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_schedule_review(const struct fup_schedule_file *file,
                    const struct fup_channels *channels,
                    int64_t now,
                    struct fup_problems *problems);

/* The same for each of @schedules, and of one that is never chosen because
 * another is wherever it matches. */
FUP_MUST_CHECK enum fup_code
fup_schedules_review(const struct fup_schedules *schedules,
                     const struct fup_channels *channels,
                     int64_t now,
                     struct fup_problems *problems);

#endif
