#include <stdio.h>

#include "case.h"
#include "codec/answer.h"
#include "core/json.h"

/* "No inbound message" is 0 in the database: part of a key, never null. */
static int64_t episode_us(const struct fup_run *run)
{
    return run->episode_at == FUP_TIME_NONE ? 0 : run->episode_at;
}

/* A part that is not whole spoils the whole: it must not be written. */
static void take_failure(struct fup_buf *out, const struct fup_buf *part)
{
    if (out->failed == FUP_OK) {
        out->failed = part->failed;
    }
}

static void write_who(const struct fup_case *c,
                      const struct fup_decision *d,
                      struct fup_buf *out)
{
    fup_json_add_text(out, "tenant", c->tenant);
    fup_json_add_text(out, "conversation", c->conversation);
    fup_json_add_text(out, "contact", c->facts.contact);
    fup_json_add_text(out, "channel", c->facts.channel);
    if (c->suppress != NULL && c->facts.contact != NULL) {
        fup_json_add_text(out, "suppress", c->suppress);
        fup_json_add_us(out, "suppress_us", c->suppress_at);
    }
    if (c->order.seq != 0 && d->order_status != NULL) {
        fup_json_add_int(out, "command", c->order.seq);
        fup_json_add_text(out, "command_status", d->order_status);
        fup_json_add_text(out, "answer", fup_buf_text(&d->answer));
        take_failure(out, &d->answer);
        fup_json_add_text(out, "actor", c->order.actor);
    }
}

/* Which rules led to an instant: JSON, kept as text. */
static void write_trace(const char *name,
                        const struct fup_trace *trace,
                        struct fup_buf *out)
{
    struct fup_buf text;

    if (trace->n == 0) {
        return;
    }
    fup_buf_init(&text, FUP_ANSWER_MAX);
    fup_answer_why(&text, trace);
    fup_json_add_text(out, name, fup_buf_text(&text));
    take_failure(out, &text);
    fup_buf_done(&text);
}

/* What the message is counted against, so that no two pass at once. */
static void write_cap(const struct fup_case *c,
                      const struct fup_decision *d,
                      struct fup_buf *out)
{
    const struct fup_schedule *s = d->version->schedule;

    if (s->cap_max > 0 && c->facts.contact != NULL &&
        s->mode == FUP_MODE_LIVE && (c->run.force & FUP_FORCE_CAP) == 0 &&
        (c->order.force & FUP_FORCE_CAP) == 0) {
        fup_json_add_int(out, "cap_max", s->cap_max);
        fup_json_add_int(out, "cap_per_s", s->cap_per_s);
    }
}

static void write_done(const struct fup_case *c,
                       const struct fup_decision *d,
                       struct fup_buf *out)
{
    fup_json_add_text(out, "event", d->event);
    fup_json_add_text(out, "reason", d->reason);
    fup_json_add_text(out, "outcome", d->outcome);
    if (d->step > 0) {
        fup_json_add_int(out, "step", d->step);
        fup_json_add_text(out, "kind", d->kind);
    }
    fup_json_add_us(out, "due_us", d->due_at);
    fup_json_add_text(out, "note", d->detail[0] != '\0' ? d->detail : d->note);
    fup_json_add_bool(out, "closes", d->closes);
    fup_json_add_bool(out, "withdraw", d->withdraw);
    if (d->message.len > 0) {
        fup_json_add_text(out, "message_id", d->message_id);
        fup_json_add_text(out, "message", fup_buf_text(&d->message));
        fup_json_add_text(out, "status", d->status);
        fup_json_add_us(out, "expires_us", d->expires_at);
        write_cap(c, d, out);
    }
    write_trace("trace", &d->trace, out);
    write_trace("next_trace", &d->next.trace, out);
}

/* Who else must not be followed up with the same person. */
static void write_alone(const struct fup_case *c,
                        const struct fup_decision *d,
                        struct fup_buf *out)
{
    const struct fup_facts *f = &c->facts;

    if (d->version->schedule->one_per_contact && f->contact != NULL &&
        f->address != NULL && f->address[0] != '\0') {
        fup_json_add_text(out, "address", f->address);
        fup_json_add_us(out, "since_us", f->last_answer_at);
    }
}

static void write_state(const struct fup_case *c,
                        const struct fup_decision *d,
                        struct fup_buf *out)
{
    if (c->enrollment != 0 && episode_us(&d->run) == episode_us(&c->run)) {
        fup_json_add_int(out, "id", c->enrollment);
        fup_json_add_int(out, "gen", c->gen);
    } else if (d->version != NULL) {
        write_alone(c, d, out);
    }
    fup_json_add_us(out, "episode_us", episode_us(&d->run));
    fup_json_add_int(out, "next_step", d->run.step);
    fup_json_add_us(out, "last_step_us", d->run.last_step_at);
    fup_json_add_us(out, "next_due_us", d->run.due_at);
    fup_json_add_text(out, "waits_for", d->waits_for);
    fup_json_add_us(out, "manual_us", d->run.manual_at);
    fup_json_add_int(out, "force", d->run.force);
    fup_json_add_us(out, "paused_us", d->run.paused_until);
    fup_json_add_us(out, "not_before_us", d->run.not_before);
    if (d->version != NULL) {
        fup_json_add_int(out, "version", d->version->id);
        fup_json_add_text(out, "schedule", d->version->schedule->name);
    }
}

void fup_decision_write(const struct fup_case *c,
                        const struct fup_decision *d,
                        int ord,
                        struct fup_buf *out)
{
    fup_json_begin(out, '{');
    fup_json_add_int(out, "ord", ord);
    write_who(c, d, out);
    if (d->event != NULL) {
        write_done(c, d, out);
        write_state(c, d, out);
    }
    fup_json_end(out, '}');
}
