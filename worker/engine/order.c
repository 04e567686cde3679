/* Commands of operators and of the CRM, carried out on one conversation.
 *
 * Each is a function on a copy of the enrollment's state, which the planner
 * then plans again; what the planner may not be overridden in (reply, opt-out,
 * close, window), no command can override. */

#include <stdio.h>
#include <string.h>

#include "case.h"
#include "codec/answer.h"
#include "core/json.h"

struct order_in {
    const struct fup_judge_env *env;
    const struct fup_case *c;
    struct fup_decision *d;
};

typedef enum fup_code (*order_fn)(const struct order_in *in);

/* --- answers -------------------------------------------------------------- */

static void
refuse(struct fup_decision *d, const char *error, const char *message)
{
    d->event = NULL;
    d->order_status = "refused";
    fup_buf_clear(&d->answer);
    fup_answer_error(&d->answer, error, message);
}

static void answer_next(const struct fup_decision *d, struct fup_buf *out)
{
    const struct fup_schedule *schedule = d->version->schedule;
    char at[FUP_TIME_TEXT];

    fup_json_key(out, "next");
    fup_json_begin(out, '{');
    fup_json_add_int(out, "step", d->run.step);
    fup_json_add_text(out, "kind", schedule->steps[d->run.step - 1].kind);
    fup_json_add_time(out, "due_at", d->run.due_at);
    fup_json_add_text(out, "waits_for", d->waits_for);
    fup_json_key(out, "why");
    fup_json_begin(out, '[');
    for (size_t i = 0; i < d->trace.n; i++) {
        fup_json_begin(out, '{');
        fup_json_add_text(out, "rule", fup_rule_text(d->trace.moves[i].rule));
        fup_json_add_text(out, "at", fup_time_format(d->trace.moves[i].at, at));
        fup_json_end(out, '}');
    }
    fup_json_end(out, ']');
    fup_json_end(out, '}');
}

/* What the command was to change has come to its end instead: by a reply, an
 * opt-out and so on. The end is kept, the command is refused. */
static bool ended_otherwise(const struct order_in *in)
{
    const struct fup_decision *d = in->d;

    return d->event != NULL && d->outcome != NULL &&
           strcmp(d->event, d->outcome) == 0 &&
           strcmp(d->outcome, "cancelled") != 0;
}

static void accept(const struct order_in *in)
{
    struct fup_decision *d = in->d;
    struct fup_buf *out = &d->answer;

    d->order_status = "done";
    fup_json_begin(out, '{');
    fup_json_add_bool(out, "ok", true);
    fup_json_add_text(out, "conversation", in->c->conversation);
    fup_json_add_text(out, "outcome", d->outcome);
    if (d->version != NULL && d->outcome == NULL &&
        (size_t)d->run.step <= d->version->schedule->n_steps) {
        answer_next(d, out);
    }
    fup_json_end(out, '}');
}

/* --- the commands ----------------------------------------------------------
 */

/* Plan @run; what happens is called @event unless the plan itself is news
 * (a step performed, an end). */
static enum fup_code
replan(const struct order_in *in, const struct fup_run *run, const char *event)
{
    enum fup_code code = fup_judge_run(in->env, in->c, run, in->d);
    const char *happened = in->d->event;

    if (code != FUP_OK) {
        return code;
    }
    if (happened == NULL || strcmp(happened, "armed") == 0 ||
        strcmp(happened, "held") == 0) {
        in->d->event = event;
    }
    return FUP_OK;
}

static enum fup_code order_reschedule(const struct order_in *in)
{
    const struct fup_order *order = &in->c->order;
    struct fup_run run = in->c->run;
    struct fup_delay delay;
    struct fup_err err;
    const struct fup_schedule *schedule = in->env->version->schedule;

    run.manual_at = order->at;
    run.force = order->force;
    if (order->delay != NULL) {
        if (fup_delay_parse(order->delay, &delay, &err) != FUP_OK) {
            refuse(in->d, "bad_field", err.msg);
            return FUP_OK;
        }
        run.manual_at = fup_plan_after(&in->env->plan, schedule, &in->c->facts,
                                       &delay, in->c->now);
    }
    if (run.manual_at == FUP_TIME_NONE) {
        refuse(in->d, "bad_field", "at or in is needed");
        return FUP_OK;
    }
    if (run.manual_at <= in->c->now) {
        refuse(in->d, "in_the_past", "the instant has passed");
        return FUP_OK;
    }
    return replan(in, &run, "armed");
}

static enum fup_code order_pause(const struct order_in *in)
{
    struct fup_run run = in->c->run;

    run.paused_until = in->c->order.until_at;
    if (run.paused_until == FUP_TIME_NONE) {
        run.paused_until = FUP_TIME_NEVER;
    }
    if (run.paused_until <= in->c->now) {
        refuse(in->d, "in_the_past", "until has passed");
        return FUP_OK;
    }
    return replan(in, &run, "paused");
}

static enum fup_code order_resume(const struct order_in *in)
{
    struct fup_run run = in->c->run;

    if (run.paused_until == FUP_TIME_NONE) {
        refuse(in->d, "not_paused", "the conversation is not paused");
        return FUP_OK;
    }
    run.paused_until = FUP_TIME_NONE;
    return replan(in, &run, "resumed");
}

static enum fup_code order_skip(const struct order_in *in)
{
    struct fup_plan plan = {
        .action = FUP_ACTION_SKIP,
        .reason = FUP_REASON_OPERATOR,
        .step = in->c->run.step,
        .at = in->c->now,
    };

    fup_judge_advance(in->env, in->c, &plan, "skipped", in->c->now, in->d);
    return FUP_OK;
}

static enum fup_code order_send_now(const struct order_in *in)
{
    struct fup_run run = in->c->run;

    run.manual_at = in->c->now;
    run.due_at = in->c->now;
    run.force = in->c->order.force;
    return replan(in, &run, "armed");
}

static enum fup_code order_cancel(const struct order_in *in)
{
    fup_judge_end(in->c, "cancelled", in->d);
    return FUP_OK;
}

static enum fup_code order_refresh(const struct order_in *in)
{
    return fup_judge_run(in->env, in->c, &in->c->run, in->d);
}

/* Move to the newest content of the same schedule. */
static enum fup_code order_migrate(const struct order_in *in)
{
    struct fup_judge_env env = *in->env;
    struct order_in moved = {&env, in->c, in->d};
    const char *name = env.version->schedule->name;

    for (size_t i = 0; i < env.n_current; i++) {
        if (strcmp(env.current[i].schedule->name, name) == 0) {
            env.version = &env.current[i];
        }
    }
    if (env.version->id == in->env->version->id) {
        refuse(in->d, "no_newer_version", "it is on the newest version");
        return FUP_OK;
    }
    return replan(&moved, &in->c->run, "armed");
}

static enum fup_code order_enroll(const struct order_in *in)
{
    const struct fup_case *c = in->c;
    enum fup_reason reason;

    if (!c->known) {
        refuse(in->d, "not_found", "the CRM knows no such conversation");
        return FUP_OK;
    }
    if (c->enrollment != 0 && c->facts.last_inbound_at <= c->run.episode_at) {
        refuse(in->d, "already_enrolled",
               "this silence is or was followed up; it is never begun again");
        return FUP_OK;
    }
    reason = fup_judge_admit(in->env, c, c->order.schedule, FUP_TIME_NONE,
                             c->order.at, in->d);
    if (reason != FUP_REASON_NONE) {
        refuse(in->d, fup_reason_text(reason),
               "there is no silence that a schedule matches");
    }
    return FUP_OK;
}

static const struct {
    const char *action;
    order_fn fn;
    bool needs_enrollment;
} orders[] = {
    {"reschedule", order_reschedule, true},
    {"pause", order_pause, true},
    {"resume", order_resume, true},
    {"skip", order_skip, true},
    {"send_now", order_send_now, true},
    {"cancel", order_cancel, true},
    {"refresh", order_refresh, true},
    {"migrate_version", order_migrate, true},
    {"enroll", order_enroll, false},
};

bool fup_order_needs_enrollment(const struct fup_order *order)
{
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (strcmp(orders[i].action, order->action) == 0) {
            return orders[i].needs_enrollment;
        }
    }
    return false;
}

/* A follow-up is under way, or its last message is still in the queue: what
 * has not gone out can be cancelled. */
static bool is_under_way(const struct fup_case *c)
{
    bool queued =
        c->out_status != NULL && strcmp(c->out_status, "pending") == 0;

    return c->enrollment != 0 &&
           (c->outcome == NULL ||
            (queued && strcmp(c->order.action, "cancel") == 0));
}

static enum fup_code run_order(const struct order_in *in)
{
    const struct fup_case *c = in->c;

    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (strcmp(orders[i].action, c->order.action) != 0) {
            continue;
        }
        if (orders[i].needs_enrollment && !is_under_way(c)) {
            refuse(in->d, "not_enrolled",
                   "no follow-up is under way in this conversation");
            return FUP_OK;
        }
        return orders[i].fn(in);
    }
    refuse(in->d, "bad_field", "the action is not known");
    return FUP_OK;
}

enum fup_code fup_order_judge(const struct fup_judge_env *env,
                              const struct fup_case *c,
                              struct fup_decision *d)
{
    struct order_in in = {env, c, d};
    enum fup_code code = run_order(&in);

    if (code != FUP_OK || d->order_status != NULL) {
        return code;
    }
    if (ended_otherwise(&in)) {
        const char *end = d->event;

        refuse(d, end, "the follow-up has ended");
        d->event = end;
        return FUP_OK;
    }
    d->note = c->order.reason;
    accept(&in);
    return FUP_OK;
}
