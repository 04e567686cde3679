/* What the offline commands share. */

#ifndef FUP_APP_OFFLINE_H
#define FUP_APP_OFFLINE_H

#include <stdbool.h>
#include <stdio.h>

#include "codec/channels.h"
#include "codec/problem.h"
#include "core/buf.h"
#include "core/err.h"

enum fup_offline_exit {
    FUP_OFFLINE_DONE = 0,
    FUP_OFFLINE_ERRORS = 1,
    FUP_OFFLINE_USAGE = 2,
};

enum fup_offline_format {
    FUP_OFFLINE_TABLE,
    FUP_OFFLINE_JSON,
    FUP_OFFLINE_CSV,
};

/* Say on stderr what is wrong with the arguments of @command; returns
 * FUP_OFFLINE_USAGE. */
int fup_offline_usage(const char *command, const char *fmt, ...)
    FUP_PRINTF(2, 3);

/* Say on stderr that memory was out; returns FUP_OFFLINE_ERRORS. */
int fup_offline_nomem(const char *command);

/* The format named @text. Errors: FUP_EINVAL. */
FUP_MUST_CHECK enum fup_code
fup_offline_format_parse(const char *text, enum fup_offline_format *ret_format);

/* The channels.json beside the file at @path, or what is built in.
 * Owns, Errors: as of fup_channels_load(). */
FUP_MUST_CHECK enum fup_code
fup_offline_channels(const char *path,
                     struct fup_channels *ret_channels,
                     struct fup_problems *problems);

/* Print problems to @to, a line each, and how many were left out. */
void fup_offline_problems(const struct fup_problems *problems, FILE *to);

/* Write @buf to stdout; false when it could not be written, or @buf failed. */
bool fup_offline_write(const struct fup_buf *buf);

#endif
