#include "plan/schedule.h"

#include <string.h>

size_t fup_outside_default(const char *kind,
                           enum fup_outside ret_outside[FUP_OUTSIDE_MAX])
{
    bool closes = kind != NULL && strcmp(kind, "close_out") == 0;

    ret_outside[0] = FUP_OUTSIDE_PULL_FORWARD;
    ret_outside[1] = FUP_OUTSIDE_TEMPLATE;
    ret_outside[2] = closes ? FUP_OUTSIDE_SILENT : FUP_OUTSIDE_SKIP;
    return 3;
}
