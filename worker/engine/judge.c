/* Judging one conversation.
 *
 * An active enrollment is planned again with fresh facts. The answer ends it,
 * moves its timer, makes it wait, or is due: then the step is performed, which
 * means that a message is composed and handed to the ledger, or that the step
 * happens without one. Without an active enrollment the question is whether a
 * silence has begun. A command, when there is one, comes first (order.c). */

#include <stdio.h>
#include <string.h>

#include "case.h"
#include "codec/outbound.h"
#include "core/hash.h"
#include "core/point.h"
#include "message/message.h"

/* Missed by more than what handing over a partition takes. */
#define LATE_US (10 * FUP_US_PER_S)

void fup_decision_init(struct fup_decision *decision)
{
    *decision = (struct fup_decision){
        .due_at = FUP_TIME_NONE,
        .expires_at = FUP_TIME_NONE,
    };
    fup_buf_init(&decision->message, FUP_OUTBOUND_MAX);
    fup_buf_init(&decision->answer, FUP_ANSWER_MAX);
    fup_buf_init(&decision->why, FUP_ANSWER_MAX);
    fup_buf_init(&decision->next_why, FUP_ANSWER_MAX);
}

void fup_decision_done(struct fup_decision *decision)
{
    fup_buf_done(&decision->message);
    fup_buf_done(&decision->answer);
    fup_buf_done(&decision->why);
    fup_buf_done(&decision->next_why);
}

static const struct fup_facts *facts_of(const struct fup_case *c)
{
    return c->known ? &c->facts : NULL;
}

void fup_judge_end(const struct fup_case *c,
                   const char *event,
                   struct fup_decision *d)
{
    d->event = event;
    d->outcome = event;
    d->run = c->run;
    d->run.due_at = FUP_TIME_NONE;
    d->waits_for = NULL;
    d->withdraw = true;
}

/* What @plan, the next thing to come, makes of the state after. */
static void arm(struct fup_decision *d, const struct fup_plan *plan)
{
    if (plan->action == FUP_ACTION_END) {
        d->outcome = fup_reason_text(plan->reason);
        d->run.due_at = FUP_TIME_NONE;
        return;
    }
    d->next = *plan;
    d->waits_for =
        plan->action == FUP_ACTION_WAIT ? fup_reason_text(plan->reason) : NULL;
    d->run.due_at = plan->at == FUP_TIME_NEVER ? FUP_TIME_NONE : plan->at;
}

/* The instant that the step was planned for: the armed one, when the planner
 * says "now" because that has come. */
static int64_t planned_at(const struct fup_case *c, const struct fup_plan *plan)
{
    bool armed = c->run.due_at != FUP_TIME_NONE && c->run.due_at <= plan->at;

    return armed && plan->reason != FUP_REASON_LATE ? c->run.due_at : plan->at;
}

void fup_judge_advance(const struct fup_judge_env *env,
                       const struct fup_case *c,
                       const struct fup_plan *plan,
                       const char *event,
                       int64_t at,
                       struct fup_decision *d)
{
    const struct fup_step *step =
        &env->version->schedule->steps[plan->step - 1];
    struct fup_plan next;

    d->event = event;
    d->reason = fup_reason_text(plan->reason);
    d->step = plan->step;
    d->kind = step->kind;
    d->due_at = planned_at(c, plan);
    d->trace = plan->trace;
    d->run.step = plan->step + 1;
    d->run.last_step_at = at;
    d->run.due_at = FUP_TIME_NONE;
    d->run.manual_at = FUP_TIME_NONE;
    d->run.not_before = FUP_TIME_NONE;
    d->run.force = 0;
    fup_plan_next(&env->plan, env->version->schedule, facts_of(c), &d->run,
                  c->now, &next);
    arm(d, &next);
}

static void write_outbound(const struct fup_judge_env *env,
                           const struct fup_case *c,
                           const struct fup_message *message,
                           struct fup_decision *d)
{
    struct fup_outbound out = {
        .id = d->message_id,
        .tenant = c->tenant,
        .conversation = c->conversation,
        .contact = c->facts.contact,
        .channel = c->facts.channel,
        .to = c->facts.address,
        .kind = d->kind,
        .schedule = env->version->schedule->name,
        .version = env->version->digest,
        .step = d->step,
        .episode_at = c->run.episode_at,
        .due_at = d->due_at,
        .fired_at = c->now,
        .expires_at = d->expires_at,
        .manual = c->run.manual_at != FUP_TIME_NONE || c->order.seq != 0,
    };

    fup_outbound_set(&out, message);
    fup_outbound_write(&out, &d->message);
}

/* What the next delay counts from: the planned instant when the message goes
 * out within its second, so that nothing drifts from what a simulation and
 * `explain` have promised; else the real one. */
static int64_t sent_at(const struct fup_case *c, const struct fup_plan *plan)
{
    int64_t at = planned_at(c, plan);

    return c->now - at < FUP_US_PER_S ? at : c->now;
}

/* Hand the message to the ledger. Errors as of fup_message_compose(). */
static enum fup_code fire(const struct fup_judge_env *env,
                          const struct fup_case *c,
                          const struct fup_plan *plan,
                          struct fup_decision *d)
{
    const struct fup_schedule *schedule = env->version->schedule;
    const struct fup_step *step = &schedule->steps[plan->step - 1];
    struct fup_compose_in in = {
        .facts = &c->facts,
        .schedule = schedule->name,
        .step = plan->step,
        .first_locale = schedule->first_locale,
        .as_template = plan->action == FUP_ACTION_TEMPLATE,
        .limits = fup_limits_find(env->limits, env->n_limits, c->facts.channel),
        .links = &schedule->links,
        .zone = fup_plan_zone(&env->plan, schedule, &c->facts),
        .kind = step->kind,
        .waived = schedule->waived | step->waived,
    };
    struct fup_message message;
    struct fup_err err = {.msg = ""};
    enum fup_code code =
        fup_message_compose(step->message, &in, &message, &err);

    if (code != FUP_OK) {
        (void)snprintf(d->detail, sizeof d->detail, "%s", err.msg);
        return code;
    }
    fup_judge_advance(env, c, plan, "fired", sent_at(c, plan), d);
    d->expires_at = plan->expires_at;
    d->closes = step->close && schedule->mode == FUP_MODE_LIVE;
    d->status = schedule->mode == FUP_MODE_LIVE ? "pending" : "shadow";
    (void)fup_message_id(env->tag, env->partition, c->enrollment, c->gen + 1,
                         d->message_id);
    write_outbound(env, c, &message, d);
    fup_message_done(&message);
    return d->message.failed;
}

/* The step happens without a message. */
static void happen(const struct fup_judge_env *env,
                   const struct fup_case *c,
                   const struct fup_plan *plan,
                   struct fup_decision *d)
{
    const struct fup_schedule *schedule = env->version->schedule;
    const char *event = "skipped";
    int64_t at = planned_at(c, plan);

    if (plan->action == FUP_ACTION_TASK) {
        event = "task";
    } else if (plan->action == FUP_ACTION_SILENT) {
        event = "silent";
        d->closes = schedule->steps[plan->step - 1].close &&
                    schedule->mode == FUP_MODE_LIVE &&
                    plan->reason != FUP_REASON_HOLDOUT;
    }
    fup_judge_advance(env, c, plan, event, at, d);
}

/* Whether this silence is among those that get no messages, so that what
 * messages do can be measured: a hash, the same for every step of it. */
static bool is_held_out(const struct fup_schedule *schedule,
                        const struct fup_case *c)
{
    int64_t episode = c->run.episode_at;
    uint64_t hash = fup_fnv1a_text(FUP_FNV_START, c->tenant);

    hash = fup_fnv1a_text(fup_fnv1a(hash, "\x1f", 1), c->conversation);
    hash = fup_fnv1a(hash, &episode, sizeof episode);
    hash = fup_fnv1a_text(fup_fnv1a(hash, "\x1f", 1), schedule->name);
    /* FNV's upper bits are the weaker ones: mix (splitmix64's last steps). */
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    hash ^= hash >> 31;
    return (double)(hash >> 11) / (double)(UINT64_C(1) << 53) <
           schedule->holdout;
}

/* Why no candidate can be sent; NONE: @code is no such reason. */
static enum fup_reason unfit_reason(enum fup_code code)
{
    if (code == FUP_ELIMIT) {
        return FUP_REASON_TEXT_TOO_LONG;
    }
    if (code == FUP_EREFUSED) {
        return FUP_REASON_LINK_REFUSED;
    }
    if (code == FUP_EUNFIT) {
        return FUP_REASON_TEXT_REFUSED;
    }
    return code == FUP_ENOENT || code == FUP_EINVAL || code == FUP_EPARSE
               ? FUP_REASON_TEXT_INCOMPLETE
               : FUP_REASON_NONE;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* The instant is ahead, or there is none: write it down when it changed. */
static void wait_for(const struct fup_case *c,
                     const struct fup_plan *plan,
                     struct fup_decision *d)
{
    arm(d, plan);
    if (d->run.due_at == c->run.due_at &&
        same_text(d->waits_for, c->waits_for)) {
        return;
    }
    d->event = d->waits_for != NULL ? "held" : "armed";
    d->reason = d->waits_for;
    d->withdraw = plan->reason == FUP_REASON_HELD ||
                  plan->reason == FUP_REASON_PAUSED ||
                  plan->reason == FUP_REASON_HANDED_OVER;
}

static bool sends(const struct fup_plan *plan)
{
    return plan->action == FUP_ACTION_SEND ||
           plan->action == FUP_ACTION_TEMPLATE;
}

const struct fup_channel_rule *
fup_judge_catch_up(const struct fup_judge_env *env,
                   const struct fup_case *c,
                   const struct fup_plan *plan)
{
    const struct fup_schedule *schedule = env->version->schedule;
    const struct fup_channel_rule *rule;

    if (!sends(plan) || plan->at > c->now ||
        c->now - plan->meant_at <= LATE_US || schedule->mode != FUP_MODE_LIVE) {
        return NULL;
    }
    rule = fup_plan_channel(&env->plan, c->facts.channel);
    return rule != NULL && rule->catch_up > 0 && !is_held_out(schedule, c)
               ? rule
               : NULL;
}

/* Whether the message is late, and those before it have used up the pace. */
static bool must_wait(const struct fup_judge_env *env,
                      const struct fup_case *c,
                      const struct fup_plan *plan,
                      struct fup_decision *d)
{
    const struct fup_channel_rule *rule = fup_judge_catch_up(env, c, plan);
    struct fup_pace *pace;

    if (rule == NULL || env->paces == NULL) {
        return false;
    }
    pace = &env->paces[rule - env->plan.channels];
    if (fup_pace_take(
            pace, 60 * FUP_US_PER_S * env->n_shares / (int64_t)rule->catch_up,
            env->clock_ms)) {
        return false;
    }
    d->pace = pace;
    return true;
}

/* It stays due, and armed for the instant that it missed: when its turn comes
 * it is judged as late as it is then. */
static void wait_turn(const struct fup_case *c,
                      const struct fup_plan *plan,
                      struct fup_decision *d)
{
    if (d->run.due_at == FUP_TIME_NONE || d->run.due_at > c->now ||
        c->waits_for != NULL) {
        wait_for(c, plan, d);
    }
    d->reason = fup_reason_text(FUP_REASON_PACED);
    d->next = *plan;
    d->next.reason = FUP_REASON_PACED;
}

static enum fup_code perform(const struct fup_judge_env *env,
                             const struct fup_case *c,
                             struct fup_plan *plan,
                             struct fup_decision *d)
{
    if (must_wait(env, c, plan, d)) {
        wait_turn(c, plan, d);
        return FUP_OK;
    }
    if (sends(plan) && is_held_out(env->version->schedule, c)) {
        plan->action = FUP_ACTION_SILENT;
        plan->reason = FUP_REASON_HOLDOUT;
    } else if (sends(plan)) {
        enum fup_code code = fire(env, c, plan, d);

        enum fup_reason unfit = unfit_reason(code);

        FUP_POINT("decided");
        if (unfit == FUP_REASON_NONE) {
            return code;
        }
        fup_decision_done(d);
        plan->action = FUP_ACTION_SKIP;
        plan->reason = unfit;
        d->status = NULL;
        d->expires_at = FUP_TIME_NONE;
        d->closes = false;
    }
    happen(env, c, plan, d);
    return FUP_OK;
}

enum fup_code fup_judge_run(const struct fup_judge_env *env,
                            const struct fup_case *c,
                            const struct fup_run *run,
                            struct fup_decision *d)
{
    struct fup_plan plan;

    d->version = env->version;
    d->run = *run;
    fup_plan_next(&env->plan, env->version->schedule, facts_of(c), run, c->now,
                  &plan);
    if (plan.action == FUP_ACTION_END) {
        /* A reply that is a word for stop. */
        if (plan.reason == FUP_REASON_REPLIED && c->facts.opted_out) {
            plan.reason = FUP_REASON_OPTED_OUT;
        }
        fup_judge_end(c, fup_reason_text(plan.reason), d);
        d->note = plan.reason == FUP_REASON_SUPERSEDED ? c->newer : NULL;
        d->withdraw = plan.reason != FUP_REASON_COMPLETED;
        return FUP_OK;
    }
    if (plan.action == FUP_ACTION_WAIT || plan.at > c->now) {
        wait_for(c, &plan, d);
        return FUP_OK;
    }
    return perform(env, c, &plan, d);
}

enum fup_reason fup_judge_admit(const struct fup_judge_env *env,
                                const struct fup_case *c,
                                const char *schedule,
                                int64_t since_at,
                                int64_t first_at,
                                struct fup_decision *d)
{
    const struct fup_schedule *from[64];
    const struct fup_schedule *match = NULL;
    struct fup_plan plan;
    enum fup_reason reason;
    size_t n = 0;

    for (size_t i = 0; i < env->n_current && n < 64; i++) {
        if (schedule == NULL ||
            strcmp(env->current[i].schedule->name, schedule) == 0) {
            from[n++] = env->current[i].schedule;
        }
    }
    reason = fup_plan_admit(from, n, &c->facts, since_at, &match);
    if (reason != FUP_REASON_NONE) {
        return reason;
    }
    for (size_t i = 0; i < env->n_current; i++) {
        if (env->current[i].schedule == match) {
            d->version = &env->current[i];
        }
    }
    d->run = (struct fup_run){
        .episode_at = c->facts.last_inbound_at,
        .step = 1,
        .last_step_at = FUP_TIME_NONE,
        .due_at = FUP_TIME_NONE,
        .manual_at = first_at,
        .paused_until = FUP_TIME_NONE,
        .not_before = FUP_TIME_NONE,
    };
    fup_plan_next(&env->plan, match, &c->facts, &d->run, c->now, &plan);
    if (plan.action == FUP_ACTION_END) {
        return plan.reason;
    }
    d->event = "enrolled";
    arm(d, &plan);
    return FUP_REASON_NONE;
}

/* A message of an enrollment that has ended is still in the queue, and the
 * customer has answered or the conversation is not to be written to. */
static bool must_withdraw(const struct fup_case *c)
{
    if (c->enrollment == 0 || c->out_status == NULL ||
        strcmp(c->out_status, "pending") != 0) {
        return false;
    }
    return !c->known || c->facts.opted_out ||
           c->facts.status != FUP_STATUS_OPEN ||
           c->facts.last_inbound_at > c->run.episode_at ||
           fup_plan_handed_over(&c->facts);
}

static void withdraw(const struct fup_case *c, struct fup_decision *d)
{
    fup_judge_end(c, "withdrawn", d);
    d->outcome = c->outcome;
    d->reason = !c->known                            ? "gone"
                : c->facts.opted_out                 ? "opted_out"
                : c->facts.status != FUP_STATUS_OPEN ? "closed"
                : c->facts.last_inbound_at > c->run.episode_at
                    ? "replied"
                    : fup_reason_text(FUP_REASON_HANDED_OVER);
}

static bool is_active(const struct fup_case *c)
{
    return c->enrollment != 0 && c->outcome == NULL;
}

/* A silence that is not enrolled yet, in a conversation that is known. */
static bool may_begin(const struct fup_case *c)
{
    return c->known && !is_active(c) &&
           (c->enrollment == 0 || c->facts.last_inbound_at > c->run.episode_at);
}

enum fup_code fup_judge(const struct fup_judge_env *env,
                        const struct fup_case *c,
                        struct fup_decision *ret_decision)
{
    ret_decision->version = env->version;
    ret_decision->run = c->run;
    ret_decision->waits_for = c->waits_for;
    /* A command may overtake the change that it follows: first things first,
     * it is carried out in the next turn. */
    if (c->order.seq != 0 &&
        !(fup_order_needs_enrollment(&c->order) && may_begin(c) &&
          fup_judge_admit(env, c, NULL, env->since_at, FUP_TIME_NONE,
                          ret_decision) == FUP_REASON_NONE)) {
        return fup_order_judge(env, c, ret_decision);
    }
    if (c->order.seq != 0) {
        return FUP_OK;
    }
    if (is_active(c)) {
        return fup_judge_run(env, c, &c->run, ret_decision);
    }
    if (must_withdraw(c)) {
        withdraw(c, ret_decision);
        return FUP_OK;
    }
    if (may_begin(c)) {
        (void)fup_judge_admit(env, c, NULL, env->since_at, FUP_TIME_NONE,
                              ret_decision);
    }
    return FUP_OK;
}
