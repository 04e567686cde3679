/* Rule 5: the window that a channel keeps open after the customer's last
 * message, and what becomes of a step behind it. */

#include <string.h>

#include "rules.h"

/* Where the adapter names a window's end for a channel that has no rule. */
#define GUARD_S 600

const struct fup_channel_rule *fup_plan_channel(const struct fup_plan_env *env,
                                                const char *channel)
{
    for (size_t i = 0; channel != NULL && i < env->n_channels; i++) {
        if (strcmp(env->channels[i].channel, channel) == 0) {
            return &env->channels[i];
        }
    }
    return NULL;
}

static const struct fup_channel_rule *
find_window(const struct fup_plan_env *env, const char *channel)
{
    const struct fup_channel_rule *rule = fup_plan_channel(env, channel);

    return rule != NULL && rule->window_s > 0 ? rule : NULL;
}

void fup_rule_window(const struct fup_plan_env *env,
                     const struct fup_facts *facts,
                     int64_t *ret_deadline,
                     int64_t *ret_ends)
{
    const struct fup_channel_rule *rule = find_window(env, facts->channel);
    int64_t ends = facts->window_ends_at;

    *ret_deadline = FUP_TIME_NEVER;
    *ret_ends = FUP_TIME_NEVER;
    if (ends == FUP_TIME_NONE && rule == NULL) {
        return;
    }
    if (ends == FUP_TIME_NONE && facts->last_inbound_at == FUP_TIME_NONE) {
        *ret_deadline = FUP_TIME_NONE; /* it has never been open */
        *ret_ends = FUP_TIME_NONE;
        return;
    }
    if (ends == FUP_TIME_NONE) {
        ends = facts->last_inbound_at + rule->window_s * FUP_US_PER_S;
    }
    *ret_ends = ends;
    *ret_deadline =
        ends - (rule != NULL ? rule->guard_s : GUARD_S) * FUP_US_PER_S;
}

static int64_t last_allowed(const struct fup_placing *p, int64_t earliest)
{
    static const struct fup_schedule open = {.has_hours = false};
    struct fup_hours hours = p->hours;

    if ((p->run->force & FUP_FORCE_HOURS) != 0) {
        hours.schedule = &open;
    }
    return fup_hours_last(&hours, p->deadline, earliest);
}

/* The last legal instant before the window closes, or NONE. An earlier one
 * cannot be freer: the contact's follow-ups all lie before it. */
static int64_t pull_forward(const struct fup_placing *p, int64_t earliest)
{
    int64_t t;

    if (earliest < p->gap_ends_at) {
        earliest = p->gap_ends_at;
    }
    if (p->deadline < earliest) {
        return FUP_TIME_NONE;
    }
    t = last_allowed(p, earliest);
    return t != FUP_TIME_NONE && fup_rule_cap(p, t) == t ? t : FUP_TIME_NONE;
}

static bool try_outside(const struct fup_placing *p,
                        enum fup_outside how,
                        int64_t earliest,
                        struct fup_plan *ret)
{
    int64_t pulled;

    switch (how) {
    case FUP_OUTSIDE_PULL_FORWARD:
        pulled = pull_forward(p, earliest);
        if (pulled == FUP_TIME_NONE) {
            return false;
        }
        ret->action = FUP_ACTION_SEND;
        ret->reason = FUP_REASON_PULLED_FORWARD;
        ret->at = pulled;
        fup_trace_add(p->trace, FUP_RULE_WINDOW, pulled);
        return true;
    case FUP_OUTSIDE_TEMPLATE:
        ret->action = FUP_ACTION_TEMPLATE;
        return fup_names_have(&p->step->template_channels, p->facts->channel);
    case FUP_OUTSIDE_TASK:
        ret->action = FUP_ACTION_TASK;
        return true;
    case FUP_OUTSIDE_SILENT:
        ret->action = FUP_ACTION_SILENT;
        return true;
    case FUP_OUTSIDE_SKIP:
    case FUP_OUTSIDE_MAX:
        break;
    }
    ret->action = FUP_ACTION_SKIP;
    return true;
}

/* A list that offers nothing usable ends in a skip. */
void fup_rule_outside(const struct fup_placing *p,
                      int64_t t,
                      int64_t earliest,
                      struct fup_plan *ret)
{
    ret->reason = FUP_REASON_WINDOW_CLOSED;
    ret->at = t;
    if (p->run->window_closed) {
        fup_trace_add(p->trace, FUP_RULE_WINDOW_CLOSED, t);
    }
    for (size_t i = 0; i < p->step->n_outside; i++) {
        if (try_outside(p, p->step->outside[i], earliest, ret)) {
            return;
        }
    }
    ret->action = FUP_ACTION_SKIP;
}
