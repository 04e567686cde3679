/* What planning and messages need to know of the channels:
 * schedules/channels.json, which is built in as well. */

#ifndef FUP_CODEC_CHANNELS_H
#define FUP_CODEC_CHANNELS_H

#include <stddef.h>

#include "codec/problem.h"
#include "core/err.h"
#include "message/limits.h"
#include "plan/plan.h"

#define FUP_CHANNELS_MAX 64

/* Two views of the same @n channels, in one order: for struct fup_plan_env,
 * and for struct fup_compose_in. */
struct fup_channels {
    struct fup_channel_rule *rules;
    struct fup_channel_limits *limits;
    size_t n;
};

/* Parse @text, the content of a channels.json; @file names it in problems.
 *
 * Owns:   @ret_channels is the caller's; fup_channels_done() it.
 * Errors: FUP_EPARSE (reported to @problems), FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_channels_parse(const char *text,
                   size_t len,
                   const char *file,
                   struct fup_channels *ret_channels,
                   struct fup_problems *problems);

/* The rules of @folder/channels.json, or those built in when there is no such
 * file or @folder is NULL.
 *
 * Owns, Errors: as above, and FUP_EIO (reported). */
FUP_MUST_CHECK enum fup_code
fup_channels_load(const char *folder,
                  struct fup_channels *ret_channels,
                  struct fup_problems *problems);

/* Free what @channels holds. */
void fup_channels_done(struct fup_channels *channels);

#endif
