/* The log: one line an event, "level event key=value …", on a stream.
 *
 * Only engine and app log, once an event. No message text and no contact data
 * at info; secrets never. Words of events are fixed; values that come from
 * outside go through %s inside double quotes, control characters are blanked.
 */

#ifndef FUP_CORE_LOG_H
#define FUP_CORE_LOG_H

#include <stdio.h>

#include "core/err.h"

enum fup_log_level {
    FUP_LOG_ERROR,
    FUP_LOG_WARN,
    FUP_LOG_INFO,
    FUP_LOG_DEBUG,
};

struct fup_log {
    FILE *to;
    enum fup_log_level level; /* lines above it are dropped */
};

/* The level named @text ("error", "warn", "info", "debug").
 * Errors: FUP_EINVAL. */
FUP_MUST_CHECK enum fup_code fup_log_level_parse(const char *text,
                                                 enum fup_log_level *ret_level);

/* Write one line: instant, level, @event, then @fmt (may be "") printed. */
void fup_log(const struct fup_log *log,
             enum fup_log_level level,
             const char *event,
             const char *fmt,
             ...) FUP_PRINTF(4, 5);

#endif
