/* The planner: schedule, facts, history and now in; the next action, its
 * instant and a trace of reasons out.
 *
 * Pure: no clock, no I/O, no allocation (zones come from a cache). The worker,
 * simulate, explain and the tests call the same functions. */

#ifndef FUP_PLAN_PLAN_H
#define FUP_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/time.h"
#include "plan/facts.h"
#include "plan/schedule.h"
#include "plan/zone.h"

/* What comes next for an enrollment. */
enum fup_action {
    FUP_ACTION_WAIT,     /* nothing to arm before @at (NEVER: until a change) */
    FUP_ACTION_SEND,     /* a message */
    FUP_ACTION_TEMPLATE, /* the approved template for the channel */
    FUP_ACTION_TASK,     /* a task for a person instead of a message */
    FUP_ACTION_SILENT,   /* the step happens without a message */
    FUP_ACTION_SKIP,     /* the step is skipped, the next one counts from @at */
    FUP_ACTION_END,      /* the enrollment ends with @reason as its outcome */
};

/* Every decision has one of these; the word is part of the contract. */
#define FUP_REASONS(X)                                                         \
    X(NONE, "")                                                                \
    X(PULLED_FORWARD, "pulled_forward")                                        \
    X(WINDOW_CLOSED, "window_closed")                                          \
    X(NO_MESSAGE, "no_message")                                                \
    X(NO_ALLOWED_TIME, "no_allowed_time")                                      \
    X(TEXT_INCOMPLETE, "text_incomplete")                                      \
    X(TEXT_TOO_LONG, "text_too_long")                                          \
    X(LINK_REFUSED, "link_refused")                                            \
    X(TEXT_REFUSED, "text_refused")                                            \
    X(LATE, "late")                                                            \
    X(OPERATOR, "operator")                                                    \
    X(REPLIED, "replied")                                                      \
    X(CLOSED, "closed")                                                        \
    X(OPTED_OUT, "opted_out")                                                  \
    X(GONE, "gone")                                                            \
    X(CANCELLED, "cancelled")                                                  \
    X(COMPLETED, "completed")                                                  \
    X(PAUSED, "paused")                                                        \
    X(HELD, "held")                                                            \
    X(SNOOZED, "snoozed")                                                      \
    X(STATUS_UNKNOWN, "status_unknown")                                        \
    X(TENANT_INACTIVE, "tenant_inactive")                                      \
    X(SCHEDULE_OFF, "schedule_off")                                            \
    X(NO_ANSWER, "no_answer")                                                  \
    X(NO_INBOUND, "no_inbound")                                                \
    X(NO_SCHEDULE, "no_schedule")                                              \
    X(BEFORE_START, "before_start")                                            \
    X(NO_ADDRESS, "no_address")                                                \
    X(HOLDOUT, "holdout")                                                      \
    X(HANDED_OVER, "handed_over")                                              \
    X(STOPPED, "stopped")                                                      \
    X(SUPERSEDED, "superseded")                                                \
    X(PACED, "paced")

enum fup_reason {

#define X(name, text) FUP_REASON_##name,
    FUP_REASONS(X)
#undef X
};

/* What moved the instant, in the order in which the rules ran. */
enum fup_rule {
    FUP_RULE_BASE,          /* our last answer or last follow-up */
    FUP_RULE_DELAY,         /* after */
    FUP_RULE_JITTER,        /* jitter */
    FUP_RULE_MANUAL,        /* an operator named the instant */
    FUP_RULE_GAP,           /* min_gap */
    FUP_RULE_HOURS,         /* send_hours, holidays */
    FUP_RULE_CAP,           /* contact_cap */
    FUP_RULE_WINDOW,        /* the channel's window */
    FUP_RULE_LATE,          /* reached after max_late: planned again from now */
    FUP_RULE_PAUSE,         /* paused until */
    FUP_RULE_MARGIN,        /* not earlier, after another version was taken */
    FUP_RULE_WINDOW_CLOSED, /* a sender was told that the window is closed */
    FUP_RULE_MAX,
};

#define FUP_TRACE_MAX 16

/* Each move: the rule and the instant after it. BASE and DELAY are always
 * there, the others only when they moved the instant. */
struct fup_trace {
    struct {
        enum fup_rule rule;
        int64_t at;
    } moves[FUP_TRACE_MAX];

    size_t n;
};

#define FUP_FORCE_HOURS 1u
#define FUP_FORCE_CAP   2u
#define FUP_FORCE_GAP   4u

/* One enrollment: where it stands. */
struct fup_run {
    int64_t episode_at;   /* last inbound when it began, NONE if none */
    int step;             /* the pending step, from 1 */
    int64_t last_step_at; /* when the step before happened, NONE if none did */
    int64_t left_at;      /* when its newest message was let go to be sent; NONE
                             or 0: none was, or not yet */
    bool in_hand;         /* ... and it may still be on its way */
    int64_t due_at;       /* armed instant of the pending step, NONE if unset */
    int64_t manual_at;    /* an operator's instant for it, NONE if unset */
    unsigned force;       /* FUP_FORCE_*: rules the operator overrides */
    int64_t paused_until; /* NONE: not paused; NEVER: until resumed. One that
                             has passed: nothing is planned before it */
    int64_t not_before;   /* the pending step's floor; NONE or 0: none */
    bool window_closed;   /* the channel has said so, for this episode */
    bool held;            /* the service, tenant or schedule is on hold */
    bool superseded;      /* a newer silence of the same person goes first */
    bool cap_counted;     /* @contact_sends is filled */
    const int64_t *contact_sends; /* follow-ups to the contact, ascending */
    size_t n_contact_sends;
    int64_t searched_until; /* hours and cap are known to allow the pending step
                               no instant before it; NONE or 0: not known */
};

struct fup_plan {
    enum fup_action action;
    enum fup_reason reason;
    int step;           /* the step it speaks of, from 1; 0 for END */
    int64_t at;         /* <= now: do it now */
    int64_t meant_at;   /* what @at was before it was missed */
    int64_t expires_at; /* a message is worthless after it; NONE: no limit */
    struct fup_trace trace;
};

/* The word of @reason ("" for NONE), of @action, of @rule; never NULL. */
const char *fup_reason_text(enum fup_reason reason);
const char *fup_action_text(enum fup_action action);
const char *fup_rule_text(enum fup_rule rule);

/* Data of one channel, from channels.json.
 * @window_s is 0 where a channel has no window. */
struct fup_channel_rule {
    char *channel;
    int64_t window_s;
    int64_t guard_s;
    size_t catch_up; /* late messages in a minute, at most; 0: all at once */
};

/* What planning needs besides its arguments; all borrowed. */
struct fup_plan_env {
    struct fup_zones *zones;
    const struct fup_channel_rule *channels;
    size_t n_channels;
};

/* The instant @delay after @from_at in the contact's zone, in whole seconds
 * rounded up: rule 1 without jitter. */
int64_t fup_plan_after(const struct fup_plan_env *env,
                       const struct fup_schedule *schedule,
                       const struct fup_facts *facts,
                       const struct fup_delay *delay,
                       int64_t from_at);

/* The contact's zone: the first of its own that exists, else the schedule's,
 * else UTC. Lives as long as the zones of @env. */
const struct fup_zone *fup_plan_zone(const struct fup_plan_env *env,
                                     const struct fup_schedule *schedule,
                                     const struct fup_facts *facts);

/* The local date and time of day of @at in the contact's zone. */
void fup_plan_local(const struct fup_plan_env *env,
                    const struct fup_schedule *schedule,
                    const struct fup_facts *facts,
                    int64_t at,
                    int32_t *ret_days,
                    int64_t *ret_wall_us);

/* Decide whether the silence in @facts is to be followed up.
 *
 * Returns NONE when it is, with *@ret_schedule the matching schedule (highest
 * priority, ties by name) of the @n in @schedules; otherwise the reason why
 * not. @since_at: silences that began at or before it are left alone
 * (FUP_TIME_NONE takes all). Modes: a schedule that is off never matches. */
enum fup_reason fup_plan_admit(const struct fup_schedule *const *schedules,
                               size_t n,
                               const struct fup_facts *facts,
                               int64_t since_at,
                               const struct fup_schedule **ret_schedule);

/* Whether the conversation is with a person of ours, and the newest answer is
 * not theirs: it was handed over, and the customer waits for us. */
bool fup_plan_handed_over(const struct fup_facts *facts);

/* Whether @schedule can never be chosen beside @by, for @by comes first and
 * matches whatever @schedule does. Conditions are compared list by list: two
 * that exclude each other only in another way are not seen. */
bool fup_plan_shadows(const struct fup_schedule *by,
                      const struct fup_schedule *schedule);

/* The rule of @channel (NULL is none), or NULL. */
const struct fup_channel_rule *fup_plan_channel(const struct fup_plan_env *env,
                                                const char *channel);

/* What comes next for @run. @facts NULL: the conversation is gone.
 *
 * The answer is to be done now when @at <= @now and the action is not WAIT;
 * otherwise a timer is to be armed for @at, and the same question asked again
 * with fresh facts. Same input, same output. */
void fup_plan_next(const struct fup_plan_env *env,
                   const struct fup_schedule *schedule,
                   const struct fup_facts *facts,
                   const struct fup_run *run,
                   int64_t now,
                   struct fup_plan *ret_plan);

#endif
