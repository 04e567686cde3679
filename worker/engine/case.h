/* A case: all that is known of one conversation at one instant, and what is
 * decided about it. Pure; texts are borrowed from the rows it was read from. */

#ifndef FUP_ENGINE_CASE_H
#define FUP_ENGINE_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/outbound.h"
#include "codec/schedule.h"
#include "core/buf.h"
#include "core/pace.h"
#include "ledger.h"
#include "message/limits.h"
#include "plan/facts.h"
#include "plan/plan.h"

/* One immutable content of a schedule. */
struct fup_version {
    int64_t id;
    struct fup_schedule *schedule;
    char digest[FUP_DIGEST_TEXT];
};

/* An operator's command that waits for this conversation. */
struct fup_order {
    int64_t seq; /* 0: there is none */
    const char *action;
    int64_t at;
    const char *delay;
    int64_t until_at;
    unsigned force;
    const char *schedule;
    const char *actor;
    const char *reason;
    const char *request_id;
};

struct fup_case {
    int64_t now;
    const char *tenant;
    const char *conversation;
    bool known; /* the CRM has it: @facts is filled */
    struct fup_facts facts;
    int64_t enrollment; /* id of the newest one, 0 if there is none */
    int gen;
    const char *outcome; /* NULL while it is active */
    int64_t version;
    struct fup_run run;
    const char *waits_for;
    const char *out_status; /* of its newest message, or NULL */
    int64_t out_left_at;    /* when that was let go, or NONE */
    const char *newer;      /* conversation that it is superseded by, or NULL */
    const char *suppress;   /* source of an opt-out to be kept, or NULL */
    int64_t suppress_at;
    struct fup_order order;
};

/* What judging depends on besides the case. */
struct fup_judge_env {
    struct fup_plan_env plan;
    const struct fup_channel_limits *limits; /* by channel */
    size_t n_limits;
    const struct fup_version *current; /* what new enrollments get */
    size_t n_current;
    const struct fup_version *version; /* the one that the case is pinned to */
    int64_t since_at; /* older silences are enrolled by command only */
    const char *tag;  /* of the installation */
    int partition;
    struct fup_pace *paces; /* of each of plan.channels; NULL: none is kept */
    int64_t clock_ms;       /* theirs */
    int n_shares;           /* partitions, each with its share of a pace */
};

/* What becomes of the case. @event NULL: the enrollment stays as it is. */
struct fup_decision {
    const char *event;
    const char *reason;
    const char *outcome; /* it ended with this */
    const struct fup_version *version;
    int step; /* what was done, from 1; 0 if none */
    const char *kind;
    int64_t due_at;     /* planned instant of what was done */
    struct fup_run run; /* what it is after */
    const char *waits_for;
    struct fup_pace *pace;  /* it is due, and waits for its turn; or NULL */
    struct fup_trace trace; /* how @due_at came about */
    struct fup_plan next;   /* what was armed, and how it came about */
    const char *note;
    char detail[256]; /* why there is no text, goes before @note; or "" */
    bool closes;
    bool withdraw;
    char message_id[FUP_MESSAGE_ID_TEXT];
    struct fup_buf message; /* JSON; empty: no message */
    const char *status;     /* of the message: pending, shadow */
    int64_t expires_at;
    const char *order_status; /* done, refused; NULL: no command was handled */
    struct fup_buf answer;    /* to the command */
    struct fup_buf why;       /* @trace as JSON, once it is written */
    struct fup_buf next_why;  /* that of @next */
};

#define FUP_ANSWER_MAX 8192

void fup_decision_init(struct fup_decision *decision);
void fup_decision_done(struct fup_decision *decision);

/* Judge @c. @ret_decision is initialised by the caller and filled here.
 * Errors: FUP_ENOMEM, and the case is to be judged again. */
FUP_MUST_CHECK enum fup_code fup_judge(const struct fup_judge_env *env,
                                       const struct fup_case *c,
                                       struct fup_decision *ret_decision);

/* Parts that judge.c and order.c share. */

/* Plan @run and let @d say what comes of it: ended, moved, performed, waiting.
 * @changed: the enrollment is written even when its instant stays. */
enum fup_code fup_judge_run(const struct fup_judge_env *env,
                            const struct fup_case *c,
                            const struct fup_run *run,
                            struct fup_decision *d);

/* The rule of the channel on which what @plan says is to go out now is a late
 * message among others that are caught up with at a pace; NULL: it is none. */
const struct fup_channel_rule *
fup_judge_catch_up(const struct fup_judge_env *env,
                   const struct fup_case *c,
                   const struct fup_plan *plan);

/* Whether the silence is followed up: enroll, or the reason why not.
 * @schedule: only this one, NULL any; @since_at as in fup_plan_admit();
 * @first_at: an operator's instant for the first step, NONE for its own. */
enum fup_reason fup_judge_admit(const struct fup_judge_env *env,
                                const struct fup_case *c,
                                const char *schedule,
                                int64_t since_at,
                                int64_t first_at,
                                struct fup_decision *d);

/* End the enrollment with @event as its outcome. */
void fup_judge_end(const struct fup_case *c,
                   const char *event,
                   struct fup_decision *d);

/* Count the pending step as done with @event at @at, and plan the next one. */
void fup_judge_advance(const struct fup_judge_env *env,
                       const struct fup_case *c,
                       const struct fup_plan *plan,
                       const char *event,
                       int64_t at,
                       struct fup_decision *d);

/* Whether the command speaks of a follow-up that is under way. */
bool fup_order_needs_enrollment(const struct fup_order *order);

/* Carry out the command of @c. */
enum fup_code fup_order_judge(const struct fup_judge_env *env,
                              const struct fup_case *c,
                              struct fup_decision *d);

/* Append @d to an array of rows for followup.apply(), see pg/binary.h. */
void fup_decision_write(const struct fup_case *c,
                        struct fup_decision *d,
                        int ord,
                        struct fup_buf *out);

/* What the ledger will say of @d, which has been written and has an event: all
 * but seq, at and what was withdrawn. Borrows from both. */
void fup_decision_row(const struct fup_case *c,
                      const struct fup_decision *d,
                      struct fup_ledger_row *ret_row);

#endif
