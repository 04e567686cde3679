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

/* Without a margin in the command. */
#define MARGIN_S 900

struct order_in {
    const struct fup_judge_env *env;
    const struct fup_case *c;
    struct fup_decision *d;
    int64_t asked_at; /* the instant that was named, NONE if none was */
    const struct fup_version *from; /* it was migrated from this one, or NULL */
};

typedef enum fup_code (*order_fn)(struct order_in *in);

/* --- answers -------------------------------------------------------------- */

static void
refuse(struct fup_decision *d, const char *error, const char *message)
{
    d->event = NULL;
    d->order_status = "refused";
    fup_buf_clear(&d->answer);
    fup_answer_error(&d->answer, error, message);
}

/* What was done at once. */
static void answer_did(const struct fup_decision *d, struct fup_buf *out)
{
    fup_json_key(out, "did");
    fup_json_begin(out, '{');
    fup_json_add_text(out, "event", d->event);
    fup_json_add_text(out, "reason", d->reason);
    fup_json_add_int(out, "step", d->step);
    fup_json_add_text(out, "kind", d->kind);
    if (d->trace.n > 0) {
        fup_json_key(out, "why");
        fup_answer_why(out, &d->trace);
    }
    fup_json_end(out, '}');
}

static void answer_next(const struct fup_decision *d, struct fup_buf *out)
{
    const struct fup_schedule *schedule = d->version->schedule;

    fup_json_key(out, "next");
    fup_json_begin(out, '{');
    fup_json_add_int(out, "step", d->run.step);
    fup_json_add_text(out, "kind", schedule->steps[d->run.step - 1].kind);
    fup_json_add_text(out, "action", fup_action_text(d->next.action));
    if (d->next.reason != FUP_REASON_NONE) {
        fup_json_add_text(out, "reason", fup_reason_text(d->next.reason));
    }
    fup_json_add_time(out, "due_at", d->run.due_at);
    fup_json_add_text(out, "waits_for", d->waits_for);
    fup_json_key(out, "why");
    fup_answer_why(out, &d->next.trace);
    fup_json_end(out, '}');
}

/* An operator named an instant, and it became another: say so, and why. */
static void answer_moved(const struct order_in *in, struct fup_buf *out)
{
    const struct fup_decision *d = in->d;
    const struct fup_trace *trace = &d->next.trace;
    const char *before = ": ";
    struct fup_buf text;

    if (in->asked_at == FUP_TIME_NONE || d->step != 0 || d->outcome != NULL ||
        (d->waits_for == NULL && d->run.due_at == in->asked_at)) {
        return;
    }
    fup_json_add_time(out, "asked_at", in->asked_at);
    fup_buf_init(&text, FUP_ANSWER_MAX);
    fup_buf_adds(&text, "not at the instant asked for");
    if (d->waits_for != NULL) {
        fup_buf_addf(&text, ": %s", d->waits_for);
    }
    for (size_t i = 0; d->waits_for == NULL && i < trace->n; i++) {
        if (trace->moves[i].at > in->asked_at ||
            trace->moves[i].rule == FUP_RULE_WINDOW) {
            fup_buf_addf(&text, "%s%s", before,
                         fup_rule_text(trace->moves[i].rule));
            before = ", ";
        }
    }
    fup_json_add_text(out, "message", fup_buf_text(&text));
    fup_buf_done(&text);
}

/* From which version to which, and where it stood. */
static void answer_migrated(const struct order_in *in, struct fup_buf *out)
{
    const struct fup_version *from = in->from;
    const struct fup_run *run = &in->c->run;
    char digest[16];

    if (from == NULL) {
        return;
    }
    fup_json_key(out, "was");
    fup_json_begin(out, '{');
    (void)snprintf(digest, sizeof digest, "%.12s", from->digest);
    fup_json_add_text(out, "version", digest);
    fup_json_add_int(out, "step", run->step);
    fup_json_add_text(out, "kind", from->schedule->steps[run->step - 1].kind);
    fup_json_add_time(out, "due_at", run->due_at);
    fup_json_add_text(out, "waits_for", in->c->waits_for);
    fup_json_end(out, '}');
    fup_json_add_text(out, "schedule", in->d->version->schedule->name);
    (void)snprintf(digest, sizeof digest, "%.12s", in->d->version->digest);
    fup_json_add_text(out, "version", digest);
}

/* What the command was to change has come to its end instead: by a reply, an
 * opt-out and so on. The end is kept, the command is refused. */
static bool ended_otherwise(const struct order_in *in)
{
    const struct fup_decision *d = in->d;

    return d->event != NULL && d->outcome != NULL &&
           strcmp(d->event, d->outcome) == 0 &&
           strcmp(d->outcome, "cancelled") != 0 &&
           strcmp(d->outcome, "completed") != 0;
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
    answer_migrated(in, out);
    answer_moved(in, out);
    if (d->step > 0) {
        answer_did(d, out);
    }
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

static enum fup_code order_reschedule(struct order_in *in)
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
    in->asked_at = run.manual_at;
    return replan(in, &run, "armed");
}

static enum fup_code order_pause(struct order_in *in)
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

/* As if the pause had been to end now: what fell due in it is due now, and is
 * not late. */
static enum fup_code order_resume(struct order_in *in)
{
    struct fup_run run = in->c->run;

    if (run.paused_until <= in->c->now) {
        refuse(in->d, "not_paused", "the conversation is not paused");
        return FUP_OK;
    }
    run.paused_until = in->c->now;
    return replan(in, &run, "resumed");
}

static enum fup_code order_skip(struct order_in *in)
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

static enum fup_code order_send_now(struct order_in *in)
{
    struct fup_run run = in->c->run;

    run.manual_at = in->c->now;
    run.due_at = in->c->now;
    run.force = in->c->order.force;
    in->asked_at = in->c->now;
    return replan(in, &run, "armed");
}

static enum fup_code order_cancel(struct order_in *in)
{
    fup_judge_end(in->c, "cancelled", in->d);
    return FUP_OK;
}

static enum fup_code order_refresh(struct order_in *in)
{
    return fup_judge_run(in->env, in->c, &in->c->run, in->d);
}

/* Which step of @to is pending for whom step @pending of @from is: the same
 * number, or a later one where a step of a kind that was done stands there or
 * behind it. What was sent is never sent again. */
static int place_in(const struct fup_schedule *from,
                    const struct fup_schedule *to,
                    int pending)
{
    size_t next = 0;

    for (int i = 0; i < pending - 1 && (size_t)i < from->n_steps; i++) {
        for (size_t k = next; k < to->n_steps; k++) {
            if (strcmp(to->steps[k].kind, from->steps[i].kind) == 0) {
                next = k + 1;
                break;
            }
        }
    }
    return (int)next + 1 > pending ? (int)next + 1 : pending;
}

/* Nobody is moved to an instant before the margin's end; who was to be reached
 * before that keeps that instant. */
static int64_t find_floor(const struct fup_case *c)
{
    int64_t floor = c->now + MARGIN_S * FUP_US_PER_S;
    struct fup_delay margin;
    struct fup_err err;

    if (c->order.delay != NULL &&
        fup_delay_parse(c->order.delay, &margin, &err) == FUP_OK) {
        floor = c->now + margin.elapsed_s * FUP_US_PER_S;
    }
    return c->run.due_at != FUP_TIME_NONE && c->run.due_at < floor
               ? c->run.due_at
               : floor;
}

/* Move to the newest content of the same schedule. */
static enum fup_code order_migrate(struct order_in *in)
{
    struct fup_judge_env env = *in->env;
    struct order_in moved = {&env, in->c, in->d, FUP_TIME_NONE, NULL};
    struct fup_run run = in->c->run;
    const struct fup_version *from = in->env->version;

    env.version = NULL;
    for (size_t i = 0; i < env.n_current; i++) {
        if (strcmp(env.current[i].schedule->name, from->schedule->name) == 0) {
            env.version = &env.current[i];
        }
    }
    if (env.version == NULL) {
        refuse(in->d, "no_such_schedule",
               "its schedule is not there any more, or has another name now; "
               "it goes on with the version that it has");
        return FUP_OK;
    }
    if (strcmp(env.version->digest, from->digest) == 0) {
        refuse(in->d, "no_newer_version", "it is on the newest version");
        return FUP_OK;
    }
    in->from = from;
    run.step = place_in(from->schedule, env.version->schedule, run.step);
    run.not_before = find_floor(in->c);
    run.due_at = FUP_TIME_NONE;
    return replan(&moved, &run, "migrated");
}

static enum fup_code order_enroll(struct order_in *in)
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

static enum fup_code run_order(struct order_in *in)
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
    struct order_in in = {env, c, d, FUP_TIME_NONE, NULL};
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
