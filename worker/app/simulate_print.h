/* The rows of a simulation as CSV, JSON or a table. */

#ifndef FUP_APP_SIMULATE_PRINT_H
#define FUP_APP_SIMULATE_PRINT_H

#include "core/buf.h"
#include "offline.h"
#include "plan/simulate.h"

/* One row in words; what was simulated need not be kept. */
struct fup_sim_line {
    size_t timeline;
    int64_t episode_at;
    int64_t at;
    int step; /* 0: the end of an enrollment */
    const char *tenant;
    const char *conversation;
    const char *schedule;
    const char *kind;
    const char *action;
    const char *reason;
    size_t order; /* in which it came: the last word in sorting */
};

/* Append @lines to @out. */
void fup_simulate_print(const struct fup_sim_line *lines,
                        size_t n,
                        enum fup_offline_format format,
                        struct fup_buf *out);

#endif
