/* Operator commands, as they come through followup:commands. */

#ifndef FUP_CODEC_COMMAND_H
#define FUP_CODEC_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/entry.h"
#include "core/buf.h"
#include "core/err.h"
#include "plan/delay.h"

/* name, word */
#define FUP_COMMANDS(X)                                                        \
    X(RESCHEDULE, "reschedule")                                                \
    X(PAUSE, "pause")                                                          \
    X(RESUME, "resume")                                                        \
    X(SKIP, "skip")                                                            \
    X(SEND_NOW, "send_now")                                                    \
    X(CANCEL, "cancel")                                                        \
    X(ENROLL, "enroll")                                                        \
    X(OPT_OUT, "opt_out")                                                      \
    X(OPT_IN, "opt_in")                                                        \
    X(REFRESH, "refresh")                                                      \
    X(HOLD, "hold")                                                            \
    X(RELEASE, "release")                                                      \
    X(MIGRATE_VERSION, "migrate_version")

enum fup_command_action {

#define X(name, word) FUP_COMMAND_##name,
    FUP_COMMANDS(X)
#undef X
        FUP_COMMAND_MAX,
};

enum fup_command_scope {
    FUP_SCOPE_NONE,     /* the action has no scope */
    FUP_SCOPE_CONTACT,  /* opt_out, opt_in: the person; their default */
    FUP_SCOPE_CHANNEL,  /* opt_out, opt_in: this channel only */
    FUP_SCOPE_SERVICE,  /* hold, release: everything; their default */
    FUP_SCOPE_TENANT,   /* hold, release, migrate_version: @tenant */
    FUP_SCOPE_SCHEDULE, /* hold, release, migrate_version: @schedule */
};

/* Texts are borrowed from the entry; NULL where the field was not there. */
struct fup_command {
    enum fup_command_action action;
    enum fup_command_scope scope;
    const char *tenant; /* never NULL: "default" */
    const char *conversation;
    const char *contact;
    int64_t at;    /* NONE when not given */
    int64_t until; /* NONE when not given */
    const char *in;
    struct fup_delay delay; /* @in, parsed; valid when @in is not NULL */
    const char *margin;     /* migrate_version: hours and minutes, or NULL */
    unsigned force;         /* FUP_FORCE_* */
    const char *by;
    const char *reason;
    const char *request_id;
    const char *schedule;
};

/* The word of @action ("send_now"); of @scope ("" for NONE). */
const char *fup_command_action_text(enum fup_command_action action);
const char *fup_command_scope_text(enum fup_command_scope scope);

/* Parse @entry. Fields that the action has no use for are refused too, for
 * they show that something else was meant.
 *
 * Errors: FUP_EPARSE, @refusal says why. */
FUP_MUST_CHECK enum fup_code fup_command_parse(const struct fup_entry *entry,
                                               struct fup_command *ret_command,
                                               struct fup_refusal *refusal);

/* Append @command as the JSON that followup.receive_command() takes;
 * @entry_id is the stream entry's id. Failures stay in @out. */
void fup_command_write(const struct fup_command *command,
                       const char *entry_id,
                       struct fup_buf *out);

#endif
