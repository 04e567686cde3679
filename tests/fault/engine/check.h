/* The verdict over a run, from what PostgreSQL, Redis and the provider saw. */

#ifndef FUP_FAULT_CHECK_H
#define FUP_FAULT_CHECK_H

#include "run.h"

/* What violations are counted under. */
enum check_class {
    CHECK_LOST,
    CHECK_DUPLICATED,
    CHECK_AFTER_REPLY,
    CHECK_EARLY,
    CHECK_UNEXPECTED, /* whatever else must not be */
    CHECK_CLASSES,
};

struct verdict {
    long long fires;      /* messages decided */
    long long calls;      /* of the provider */
    long long recovered;  /* decided, a second late or more */
    long long taken_back; /* of the messages, before anybody sent them */
    long long unknown;    /* messages of which nobody knows whether they came */
    long long found[CHECK_CLASSES];
};

/* Look at everything, after record_close(); violations are written to
 * @run->out, some of each kind. */
void check_all(struct run *run, struct verdict *ret_verdict);

bool verdict_is_clean(const struct verdict *verdict);

/* One line: fault=… fires=… lost=0 … */
void verdict_print(const struct run *run, const struct verdict *verdict);

#endif
