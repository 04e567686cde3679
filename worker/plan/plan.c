/* What comes next for an enrollment.
 *
 * First what ends it, then what holds it, then the instant of the pending
 * step. That instant follows from schedule, facts and history alone; only when
 * it has come does `now` matter: the message would go out now and not then, so
 * hours, cap and window are asked about now once more. */

#include <assert.h>

#include "rules.h"

/* A message may always spend this long in the queue. */
#define LIFE_MIN_S 60

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The outcome with which the enrollment ends, or NONE. Our own close-out
 * closes the conversation, so having completed is asked before that. */
static enum fup_reason find_end(const struct fup_schedule *schedule,
                                const struct fup_facts *facts,
                                const struct fup_run *run)
{
    if (facts == NULL) {
        return FUP_REASON_GONE;
    }
    if (facts->last_inbound_at > run->episode_at) {
        return FUP_REASON_REPLIED;
    }
    if ((size_t)run->step > schedule->n_steps) {
        return FUP_REASON_COMPLETED;
    }
    if (facts->opted_out) {
        return FUP_REASON_OPTED_OUT;
    }
    if (facts->status == FUP_STATUS_CLOSED) {
        return FUP_REASON_CLOSED;
    }
    if (run->superseded) {
        return FUP_REASON_SUPERSEDED;
    }
    return fup_stop_holds(&schedule->stop_when, facts) ? FUP_REASON_STOPPED
                                                       : FUP_REASON_NONE;
}

static bool lacks_address(const struct fup_schedule *schedule,
                          const struct fup_facts *facts,
                          const struct fup_run *run)
{
    return schedule->steps[run->step - 1].message != NULL &&
           (facts->address == NULL || facts->address[0] == '\0');
}

/* What holds the enrollment until something changes, or NONE. */
static enum fup_reason find_hold(const struct fup_schedule *schedule,
                                 const struct fup_facts *facts,
                                 const struct fup_run *run)
{
    if (!facts->tenant_active) {
        return FUP_REASON_TENANT_INACTIVE;
    }
    if (schedule->mode == FUP_MODE_OFF) {
        return FUP_REASON_SCHEDULE_OFF;
    }
    if (run->held) {
        return FUP_REASON_HELD;
    }
    if (facts->status == FUP_STATUS_SNOOZED) {
        return FUP_REASON_SNOOZED;
    }
    if (facts->status != FUP_STATUS_OPEN) {
        return FUP_REASON_STATUS_UNKNOWN;
    }
    if (fup_rule_base(facts, run) == FUP_TIME_NONE) {
        return FUP_REASON_NO_ANSWER;
    }
    if (fup_plan_handed_over(facts)) {
        return FUP_REASON_HANDED_OVER;
    }
    return lacks_address(schedule, facts, run) ? FUP_REASON_NO_ADDRESS
                                               : FUP_REASON_NONE;
}

/* No instant is allowed from @at on. */
static void skip_for_good(struct fup_plan *plan, int64_t at)
{
    plan->action = FUP_ACTION_SKIP;
    plan->reason = FUP_REASON_NO_ALLOWED_TIME;
    plan->at = at;
}

/* Rules 3 to 5 from @t on. */
static void
place(struct fup_placing *p, int64_t t, int64_t earliest, struct fup_plan *plan)
{
    t = fup_rule_settle(p, t);
    plan->at = p->settled;
    plan->reason = FUP_REASON_NONE;
    if (t == FUP_TIME_NONE) {
        skip_for_good(plan, p->settled);
    } else if (p->step->message == NULL) {
        plan->action = FUP_ACTION_SILENT;
        plan->reason = FUP_REASON_NO_MESSAGE;
    } else if (t <= p->deadline) {
        plan->action = FUP_ACTION_SEND;
    } else {
        fup_rule_outside(p, t, earliest, plan);
    }
}

/* Whether a message may still go out at @now. The guard before the window's
 * end is there for what comes due a little late, and not for what was armed
 * for an instant behind the deadline. */
static bool is_inside(const struct fup_placing *p, int64_t now)
{
    if (p->run->due_at > p->deadline && p->run->due_at <= now) {
        return false;
    }
    return now < p->window_ends;
}

/* A planned message has come due, perhaps by some hours. Where now is no
 * longer good, the step is behind the window; nothing can be pulled forward
 * any more, and a step that was keeps the instant it had before. */
static void send_now(struct fup_placing *p, int64_t now, struct fup_plan *plan)
{
    int64_t planned = p->settled;
    int64_t t = fup_rule_settle(p, now);

    if (t == FUP_TIME_NONE) {
        skip_for_good(plan, now);
    } else if (t == now ? is_inside(p, now) : t <= p->deadline) {
        plan->at = t;
    } else {
        fup_rule_outside(p, later(t, planned), FUP_TIME_NEVER, plan);
    }
}

/* What is no message needs hours and cap at now, and no window. */
static void do_now(struct fup_placing *p, int64_t now, struct fup_plan *plan)
{
    int64_t t = fup_rule_settle(p, now);

    if (t == FUP_TIME_NONE) {
        skip_for_good(plan, now);
    } else {
        plan->at = t;
    }
}

static void act_now(struct fup_placing *p, int64_t now, struct fup_plan *plan)
{
    if (plan->reason == FUP_REASON_NO_ALLOWED_TIME) {
        place(p, now, now, plan);
    } else if (plan->action == FUP_ACTION_SEND) {
        send_now(p, now, plan);
    } else {
        do_now(p, now, plan);
    }
}

/* Rule 7. The instant that was missed is the armed one where hours or cap had
 * moved the step to it. */
static bool
is_late(const struct fup_placing *p, int64_t now, const struct fup_plan *plan)
{
    int64_t missed = later(plan->at, p->run->due_at);

    return p->schedule->max_late_s >= 0 &&
           now - missed > p->schedule->max_late_s * FUP_US_PER_S;
}

/* Of a step that was pulled forward, and missed that instant, the one that it
 * had before may still lie ahead. */
static void be_late(struct fup_placing *p, int64_t now, struct fup_plan *plan)
{
    fup_trace_add(p->trace, FUP_RULE_LATE, now);
    if (p->schedule->late == FUP_LATE_SKIP) {
        plan->action = FUP_ACTION_SKIP;
        plan->reason = FUP_REASON_LATE;
        plan->at = now;
    } else {
        place(p, later(now, p->settled), FUP_TIME_NEVER, plan);
    }
}

/* A step pulled forward is not refused when it comes due a little later than
 * it was armed for. */
static int64_t planned_since(const struct fup_run *run, int64_t now)
{
    int64_t since =
        run->due_at != FUP_TIME_NONE ? earlier(run->due_at, now) : now;

    return later(since, run->not_before);
}

static void plan_step(struct fup_placing *p, int64_t now, struct fup_plan *plan)
{
    int64_t t = fup_rule_delay(p);

    t = fup_rule_margin(p, fup_rule_pause(p, fup_rule_gap(p, t)));
    t = later(t, p->run->searched_until);
    place(p, t, planned_since(p->run, now), plan);
    plan->meant_at = plan->at;
    if (plan->at <= now) {
        if (is_late(p, now, plan)) {
            be_late(p, now, plan);
        } else {
            act_now(p, now, plan);
        }
    }
}

static int64_t find_expiry(const struct fup_placing *p,
                           const struct fup_plan *plan)
{
    int64_t life_s = p->schedule->max_late_s;
    int64_t expires = FUP_TIME_NEVER;

    if (plan->action == FUP_ACTION_SEND) {
        expires = p->window_ends;
    } else if (plan->action != FUP_ACTION_TEMPLATE) {
        return FUP_TIME_NONE;
    }
    if (life_s >= 0) {
        life_s = life_s > LIFE_MIN_S ? life_s : LIFE_MIN_S;
        expires = earlier(expires, plan->at + life_s * FUP_US_PER_S);
    }
    return expires == FUP_TIME_NEVER ? FUP_TIME_NONE : expires;
}

static void answer(struct fup_plan *plan,
                   enum fup_action action,
                   enum fup_reason reason,
                   int64_t at)
{
    plan->action = action;
    plan->reason = reason;
    plan->at = at;
    plan->meant_at = at;
}

void fup_plan_next(const struct fup_plan_env *env,
                   const struct fup_schedule *schedule,
                   const struct fup_facts *facts,
                   const struct fup_run *run,
                   int64_t now,
                   struct fup_plan *ret_plan)
{
    struct fup_placing p;
    enum fup_reason reason = find_end(schedule, facts, run);

    assert(run->step >= 1);
    ret_plan->step = run->step;
    ret_plan->expires_at = FUP_TIME_NONE;
    ret_plan->trace.n = 0;
    if (reason != FUP_REASON_NONE) {
        ret_plan->step = 0;
        answer(ret_plan, FUP_ACTION_END, reason, now);
        return;
    }
    reason = find_hold(schedule, facts, run);
    if (reason != FUP_REASON_NONE) {
        answer(ret_plan, FUP_ACTION_WAIT, reason, FUP_TIME_NEVER);
        return;
    }
    if (run->paused_until > now) {
        fup_trace_add(&ret_plan->trace, FUP_RULE_PAUSE, run->paused_until);
        answer(ret_plan, FUP_ACTION_WAIT, FUP_REASON_PAUSED, run->paused_until);
        return;
    }
    fup_placing_init(&p, env, schedule, facts, run, &ret_plan->trace);
    plan_step(&p, now, ret_plan);
    if (ret_plan->action == FUP_ACTION_SEND &&
        ret_plan->reason == FUP_REASON_NONE &&
        run->manual_at != FUP_TIME_NONE) {
        ret_plan->reason = FUP_REASON_OPERATOR;
    }
    ret_plan->expires_at = find_expiry(&p, ret_plan);
}
