/* The words of reasons, actions and rules: part of the contract. */

#include "plan/plan.h"

static const char *const reasons[] = {

#define X(name, text) [FUP_REASON_##name] = (text),
    FUP_REASONS(X)
#undef X
};

static const char *const actions[] = {
    [FUP_ACTION_WAIT] = "wait",         [FUP_ACTION_SEND] = "send",
    [FUP_ACTION_TEMPLATE] = "template", [FUP_ACTION_TASK] = "task",
    [FUP_ACTION_SILENT] = "silent",     [FUP_ACTION_SKIP] = "skip",
    [FUP_ACTION_END] = "end",
};

static const char *const rules[] = {
    [FUP_RULE_BASE] = "base",       [FUP_RULE_DELAY] = "delay",
    [FUP_RULE_JITTER] = "jitter",   [FUP_RULE_MANUAL] = "manual",
    [FUP_RULE_GAP] = "min_gap",     [FUP_RULE_HOURS] = "send_hours",
    [FUP_RULE_CAP] = "contact_cap", [FUP_RULE_WINDOW] = "window",
    [FUP_RULE_LATE] = "late",       [FUP_RULE_PAUSE] = "pause",
    [FUP_RULE_MARGIN] = "margin",   [FUP_RULE_WINDOW_CLOSED] = "window_closed",
};

#define WORD(table, i)                                                         \
    ((size_t)(i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : "")

const char *fup_reason_text(enum fup_reason reason)
{
    return WORD(reasons, reason);
}

const char *fup_action_text(enum fup_action action)
{
    return WORD(actions, action);
}

const char *fup_rule_text(enum fup_rule rule)
{
    return WORD(rules, rule);
}
