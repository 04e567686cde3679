#include "plan/schedule.h"

#include <string.h>

#define S_PER_DAY 86400

size_t fup_outside_default(const char *kind,
                           enum fup_outside ret_outside[FUP_OUTSIDE_MAX])
{
    bool closes = kind != NULL && strcmp(kind, "close_out") == 0;

    ret_outside[0] = FUP_OUTSIDE_PULL_FORWARD;
    ret_outside[1] = FUP_OUTSIDE_TEMPLATE;
    ret_outside[2] = closes ? FUP_OUTSIDE_SILENT : FUP_OUTSIDE_SKIP;
    return 3;
}

bool fup_schedule_fits(const struct fup_schedule *schedule, int64_t keep_days)
{
    return keep_days == 0 || schedule->cap_max == 0 ||
           schedule->cap_per_s <= keep_days * S_PER_DAY;
}
