/* The part of a review that reads the texts. */

#ifndef FUP_CODEC_REVIEW_LINT_H
#define FUP_CODEC_REVIEW_LINT_H

#include "codec/channels.h"
#include "codec/problem.h"
#include "core/err.h"
#include "json_in.h"
#include "plan/schedule.h"

/* Lint each text of @schedule in each language, filled in with sample values:
 * our own, those that the schedule matches, the schedule's samples, each over
 * the one before; and once more without any, where it can be. Then see whether
 * it fits each of @channels that the schedule may be for. @json is open on
 * the schedule's file, for samples and places.
 *
 * Errors: FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_review_lint(const struct fup_schedule *schedule,
                const struct fup_channels *channels,
                const struct fup_json *json,
                struct fup_problems *problems);

#endif
