#include "codec/command.h"

#include <string.h>

#include "core/json.h"
#include "core/time.h"
#include "entry_read.h"
#include "plan/plan.h"

enum field {
    FIELD_ACTION,
    FIELD_TENANT,
    FIELD_CONVERSATION,
    FIELD_CONTACT,
    FIELD_AT,
    FIELD_IN,
    FIELD_UNTIL,
    FIELD_FORCE,
    FIELD_BY,
    FIELD_REASON,
    FIELD_REQUEST_ID,
    FIELD_SCHEDULE,
    FIELD_SCOPE,
    FIELD_MARGIN,
    FIELD_MAX,
};

static const struct fup_entry_field fields[FIELD_MAX] = {
    [FIELD_ACTION] = {"action", FUP_ENTRY_ID_MAX},
    [FIELD_TENANT] = {"tenant", FUP_ENTRY_ID_MAX},
    [FIELD_CONVERSATION] = {"conversation", FUP_ENTRY_ID_MAX},
    [FIELD_CONTACT] = {"contact", FUP_ENTRY_ID_MAX},
    [FIELD_AT] = {"at", FUP_ENTRY_ID_MAX},
    [FIELD_IN] = {"in", FUP_ENTRY_ID_MAX},
    [FIELD_UNTIL] = {"until", FUP_ENTRY_ID_MAX},
    [FIELD_FORCE] = {"force", FUP_ENTRY_ID_MAX},
    [FIELD_BY] = {"by", FUP_ENTRY_ID_MAX},
    [FIELD_REASON] = {"reason", FUP_ENTRY_VALUE_MAX},
    [FIELD_REQUEST_ID] = {"request_id", FUP_ENTRY_ID_MAX},
    [FIELD_SCHEDULE] = {"schedule", FUP_ENTRY_ID_MAX},
    [FIELD_SCOPE] = {"scope", FUP_ENTRY_ID_MAX},
    [FIELD_MARGIN] = {"margin", FUP_ENTRY_ID_MAX},
};

static const char *const actions[FUP_COMMAND_MAX] = {

#define X(name, word) [FUP_COMMAND_##name] = (word),
    FUP_COMMANDS(X)
#undef X
};

static const char *const scopes[] = {
    [FUP_SCOPE_NONE] = "",           [FUP_SCOPE_CONTACT] = "contact",
    [FUP_SCOPE_CHANNEL] = "channel", [FUP_SCOPE_SERVICE] = "service",
    [FUP_SCOPE_TENANT] = "tenant",   [FUP_SCOPE_SCHEDULE] = "schedule",
};

#define BIT(field) (1u << FIELD_##field)
#define TARGET     (BIT(CONVERSATION) | BIT(CONTACT))
#define EVERY                                                                  \
    (BIT(ACTION) | BIT(TENANT) | BIT(BY) | BIT(REASON) | BIT(REQUEST_ID))

/* What goes with each action. */
static const struct {
    unsigned fields; /* besides EVERY */
    bool needs_target;
    bool or_scope; /* instead of a target; then there is no default scope */
    enum fup_command_scope first_scope; /* the default; NONE: no scope */
    enum fup_command_scope last_scope;
} rules[FUP_COMMAND_MAX] = {
    [FUP_COMMAND_RESCHEDULE] = {TARGET | BIT(AT) | BIT(IN) | BIT(FORCE), true,
                                false, FUP_SCOPE_NONE, FUP_SCOPE_NONE},
    [FUP_COMMAND_PAUSE] = {TARGET | BIT(UNTIL), true, false, FUP_SCOPE_NONE,
                           FUP_SCOPE_NONE},
    [FUP_COMMAND_RESUME] = {TARGET, true, false, FUP_SCOPE_NONE,
                            FUP_SCOPE_NONE},
    [FUP_COMMAND_SKIP] = {TARGET, true, false, FUP_SCOPE_NONE, FUP_SCOPE_NONE},
    [FUP_COMMAND_SEND_NOW] = {TARGET | BIT(FORCE), true, false, FUP_SCOPE_NONE,
                              FUP_SCOPE_NONE},
    [FUP_COMMAND_CANCEL] = {TARGET, true, false, FUP_SCOPE_NONE,
                            FUP_SCOPE_NONE},
    [FUP_COMMAND_ENROLL] = {TARGET | BIT(SCHEDULE) | BIT(AT), true, false,
                            FUP_SCOPE_NONE, FUP_SCOPE_NONE},
    [FUP_COMMAND_OPT_OUT] = {TARGET | BIT(SCOPE), true, false,
                             FUP_SCOPE_CONTACT, FUP_SCOPE_CHANNEL},
    [FUP_COMMAND_OPT_IN] = {TARGET | BIT(SCOPE), true, false, FUP_SCOPE_CONTACT,
                            FUP_SCOPE_CHANNEL},
    [FUP_COMMAND_REFRESH] = {TARGET, true, false, FUP_SCOPE_NONE,
                             FUP_SCOPE_NONE},
    [FUP_COMMAND_HOLD] = {BIT(SCOPE) | BIT(SCHEDULE), false, false,
                          FUP_SCOPE_SERVICE, FUP_SCOPE_SCHEDULE},
    [FUP_COMMAND_RELEASE] = {BIT(SCOPE) | BIT(SCHEDULE), false, false,
                             FUP_SCOPE_SERVICE, FUP_SCOPE_SCHEDULE},
    [FUP_COMMAND_MIGRATE_VERSION] = {TARGET | BIT(MARGIN) | BIT(SCOPE) |
                                         BIT(SCHEDULE),
                                     true, true, FUP_SCOPE_TENANT,
                                     FUP_SCOPE_SCHEDULE},
};

const char *fup_command_action_text(enum fup_command_action action)
{
    return actions[action];
}

const char *fup_command_scope_text(enum fup_command_scope scope)
{
    return scopes[scope];
}

static enum fup_code read_action(const char *value,
                                 struct fup_command *command,
                                 struct fup_refusal *refusal)
{
    int action;

    if (value == NULL) {
        return fup_refuse(refusal, "missing_action", "\"action\" is missing");
    }
    action = fup_entry_word(value, actions, FUP_COMMAND_MAX, "unknown_action",
                            refusal);
    if (action < 0) {
        return FUP_EPARSE;
    }
    command->action = (enum fup_command_action)action;
    return FUP_OK;
}

/* Whom it is about: one of conversation, contact and, where that will do, a
 * scope. */
static enum fup_code check_target(const char *const *values,
                                  enum fup_command_action action,
                                  struct fup_refusal *refusal)
{
    bool scoped = rules[action].or_scope && values[FIELD_SCOPE] != NULL;
    int n = (values[FIELD_CONVERSATION] != NULL ? 1 : 0) +
            (values[FIELD_CONTACT] != NULL ? 1 : 0) + (scoped ? 1 : 0);

    if (n == 0) {
        return fup_refuse(refusal, "missing_conversation",
                          "%s needs a conversation%s", actions[action],
                          rules[action].or_scope ? ", a contact or a scope"
                                                 : " or a contact");
    }
    return n == 1 ? FUP_OK
                  : fup_refuse(refusal, "bad_field",
                               "name a conversation%s, not both",
                               scoped ? " or a scope" : " or a contact");
}

static enum fup_code check_fields(const char *const *values,
                                  enum fup_command_action action,
                                  struct fup_refusal *refusal)
{
    unsigned allowed = rules[action].fields | EVERY;

    for (unsigned i = 0; i < FIELD_MAX; i++) {
        if (values[i] != NULL && (allowed & 1u << i) == 0) {
            return fup_refuse(refusal, "bad_field",
                              "\"%s\" does not go with %s", fields[i].name,
                              actions[action]);
        }
    }
    return rules[action].needs_target ? check_target(values, action, refusal)
                                      : FUP_OK;
}

/* "hours", "cap", "gap", or several with commas between. */
static enum fup_code read_force(const char *value,
                                struct fup_command *command,
                                struct fup_refusal *refusal)
{
    if (value == NULL) {
        return FUP_OK;
    }
    while (*value != '\0') {
        size_t len = strcspn(value, ",");

        if (len == 5 && memcmp(value, "hours", 5) == 0) {
            command->force |= FUP_FORCE_HOURS;
        } else if (len == 3 && memcmp(value, "cap", 3) == 0) {
            command->force |= FUP_FORCE_CAP;
        } else if (len == 3 && memcmp(value, "gap", 3) == 0) {
            command->force |= FUP_FORCE_GAP;
        } else {
            return fup_refuse(refusal, "bad_field",
                              "\"force\": expected hours, cap, gap, or "
                              "several with commas between");
        }
        value += len;
        value += *value == ',' && value[1] != '\0';
    }
    return FUP_OK;
}

static enum fup_code read_when(const char *const *values,
                               struct fup_command *command,
                               struct fup_refusal *refusal)
{
    struct fup_err err;

    if (command->action == FUP_COMMAND_RESCHEDULE &&
        (values[FIELD_AT] == NULL) == (values[FIELD_IN] == NULL)) {
        return fup_refuse(
            refusal, values[FIELD_AT] == NULL ? "missing_time" : "bad_field",
            "reschedule needs either at or in");
    }
    if (command->in != NULL &&
        fup_delay_parse(command->in, &command->delay, &err) != FUP_OK) {
        return fup_refuse(refusal, "bad_time", "\"in\": %s", err.msg);
    }
    if (fup_entry_time("at", values[FIELD_AT], &command->at, refusal) !=
        FUP_OK) {
        return FUP_EPARSE;
    }
    return fup_entry_time("until", values[FIELD_UNTIL], &command->until,
                          refusal);
}

/* A span that has passed by the clock, not by the calendar. */
static enum fup_code read_margin(const char *value,
                                 struct fup_command *command,
                                 struct fup_refusal *refusal)
{
    struct fup_delay margin;
    struct fup_err err;

    command->margin = value;
    if (value == NULL) {
        return FUP_OK;
    }
    if (fup_delay_parse(value, &margin, &err) != FUP_OK) {
        return fup_refuse(refusal, "bad_time", "\"margin\": %s", err.msg);
    }
    if (margin.days > 0 || margin.wall_s >= 0) {
        return fup_refuse(refusal, "bad_time",
                          "\"margin\": expected hours and minutes, as in "
                          "1h30m");
    }
    return FUP_OK;
}

static enum fup_code read_scope(const char *value,
                                struct fup_command *command,
                                struct fup_refusal *refusal)
{
    enum fup_command_scope first = rules[command->action].first_scope;
    enum fup_command_scope last = rules[command->action].last_scope;
    int i = 0;

    if (value == NULL && rules[command->action].or_scope) {
        command->scope = FUP_SCOPE_NONE;
        return FUP_OK;
    }
    if (value != NULL) {
        i = fup_entry_word(value, &scopes[first], (size_t)(last - first) + 1,
                           "bad_field", refusal);
    }
    if (i < 0) {
        return FUP_EPARSE;
    }
    command->scope = (enum fup_command_scope)((int)first + i);
    return FUP_OK;
}

/* The names that a scope speaks of must be there. */
static enum fup_code check_scope(const char *const *values,
                                 const struct fup_command *command,
                                 struct fup_refusal *refusal)
{
    bool by_schedule = command->scope == FUP_SCOPE_SCHEDULE;
    bool scoped =
        !rules[command->action].needs_target || rules[command->action].or_scope;

    if (scoped && by_schedule != (values[FIELD_SCHEDULE] != NULL)) {
        return fup_refuse(refusal, "bad_field",
                          "\"schedule\" goes with the scope schedule");
    }
    if (scoped && by_schedule && values[FIELD_TENANT] != NULL) {
        return fup_refuse(refusal, "bad_field",
                          "a schedule is meant in all tenants: give one of "
                          "\"schedule\" and \"tenant\"");
    }
    if (command->scope == FUP_SCOPE_TENANT && values[FIELD_TENANT] == NULL) {
        return fup_refuse(refusal, "bad_field",
                          "the scope tenant needs a tenant");
    }
    if (command->scope == FUP_SCOPE_CHANNEL && command->conversation == NULL) {
        return fup_refuse(refusal, "missing_conversation",
                          "the scope channel needs a conversation, whose "
                          "channel is meant");
    }
    return FUP_OK;
}

enum fup_code fup_command_parse(const struct fup_entry *entry,
                                struct fup_command *ret_command,
                                struct fup_refusal *refusal)
{
    const char *values[FIELD_MAX];
    struct fup_command command = {.at = FUP_TIME_NONE, .until = FUP_TIME_NONE};

    if (fup_entry_read(entry, fields, FIELD_MAX, values, refusal) != FUP_OK ||
        read_action(values[FIELD_ACTION], &command, refusal) != FUP_OK ||
        check_fields(values, command.action, refusal) != FUP_OK) {
        return FUP_EPARSE;
    }
    command.tenant =
        values[FIELD_TENANT] == NULL ? "default" : values[FIELD_TENANT];
    command.conversation = values[FIELD_CONVERSATION];
    command.contact = values[FIELD_CONTACT];
    command.in = values[FIELD_IN];
    command.by = values[FIELD_BY];
    command.reason = values[FIELD_REASON];
    command.request_id = values[FIELD_REQUEST_ID];
    command.schedule = values[FIELD_SCHEDULE];
    if (read_force(values[FIELD_FORCE], &command, refusal) != FUP_OK ||
        read_when(values, &command, refusal) != FUP_OK ||
        read_margin(values[FIELD_MARGIN], &command, refusal) != FUP_OK ||
        read_scope(values[FIELD_SCOPE], &command, refusal) != FUP_OK ||
        check_scope(values, &command, refusal) != FUP_OK) {
        return FUP_EPARSE;
    }
    *ret_command = command;
    return FUP_OK;
}

static void add_text(struct fup_buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        fup_buf_addf(out, ",\"%s\":", name);
        fup_json_string(out, value);
    }
}

static void add_time(struct fup_buf *out, const char *name, int64_t at)
{
    if (at != FUP_TIME_NONE) {
        fup_buf_addf(out, ",\"%s\":", name);
        fup_json_time(out, at);
    }
}

void fup_command_write(const struct fup_command *command,
                       const char *entry_id,
                       struct fup_buf *out)
{
    fup_buf_adds(out, "{\"entry\":");
    fup_json_string(out, entry_id);
    add_text(out, "action", actions[command->action]);
    add_text(out, "tenant", command->tenant);
    add_text(out, "conversation", command->conversation);
    add_text(out, "contact", command->contact);
    add_time(out, "at", command->at);
    add_text(out, "delay", command->in != NULL ? command->in : command->margin);
    add_time(out, "until", command->until);
    fup_buf_addf(out, ",\"force\":%u", command->force);
    add_text(out, "schedule", command->schedule);
    add_text(out, "scope",
             command->scope == FUP_SCOPE_NONE ? NULL : scopes[command->scope]);
    add_text(out, "actor", command->by);
    add_text(out, "reason", command->reason);
    add_text(out, "request_id", command->request_id);
    fup_buf_addc(out, '}');
}
