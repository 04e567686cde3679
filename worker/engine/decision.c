/* Decisions as followup.apply() takes them: rows of followup.decision. */

#include <string.h>

#include "case.h"
#include "codec/answer.h"
#include "pg/binary.h"

/* The columns of the type, in order: test_decision compares. */
enum column {
    COL_ORD,
    COL_ID,
    COL_GEN,
    COL_TENANT,
    COL_CONVERSATION,
    COL_CONTACT,
    COL_CHANNEL,
    COL_EPISODE,
    COL_VERSION,
    COL_SCHEDULE,
    COL_EVENT,
    COL_REASON,
    COL_OUTCOME,
    COL_STEP,
    COL_KIND,
    COL_DUE,
    COL_NEXT_STEP,
    COL_LAST_STEP,
    COL_NEXT_DUE,
    COL_WAITS_FOR,
    COL_MANUAL,
    COL_FORCE,
    COL_PAUSED,
    COL_NOT_BEFORE,
    COL_TRACE,
    COL_NEXT_TRACE,
    COL_ACTOR,
    COL_NOTE,
    COL_CLOSES,
    COL_WITHDRAW,
    COL_MESSAGE_ID,
    COL_MESSAGE,
    COL_STATUS,
    COL_EXPIRES,
    COL_CAP_MAX,
    COL_CAP_PER,
    COL_COMMAND,
    COL_COMMAND_STATUS,
    COL_ANSWER,
    COL_ADDRESS,
    COL_SINCE,
    COL_SUPPRESS,
    COL_SUPPRESS_AT,
    COL_OUT_WAITS,
    COL_OUT_LEFT,
    N_COLUMNS,
};

static const enum fup_pg_type types[N_COLUMNS] = {
    [COL_ORD] = FUP_PG_INT4,
    [COL_ID] = FUP_PG_INT8,
    [COL_GEN] = FUP_PG_INT4,
    [COL_TENANT] = FUP_PG_TEXT,
    [COL_CONVERSATION] = FUP_PG_TEXT,
    [COL_CONTACT] = FUP_PG_TEXT,
    [COL_CHANNEL] = FUP_PG_TEXT,
    [COL_EPISODE] = FUP_PG_TIMESTAMPTZ,
    [COL_VERSION] = FUP_PG_INT8,
    [COL_SCHEDULE] = FUP_PG_TEXT,
    [COL_EVENT] = FUP_PG_TEXT,
    [COL_REASON] = FUP_PG_TEXT,
    [COL_OUTCOME] = FUP_PG_TEXT,
    [COL_STEP] = FUP_PG_INT4,
    [COL_KIND] = FUP_PG_TEXT,
    [COL_DUE] = FUP_PG_TIMESTAMPTZ,
    [COL_NEXT_STEP] = FUP_PG_INT4,
    [COL_LAST_STEP] = FUP_PG_TIMESTAMPTZ,
    [COL_NEXT_DUE] = FUP_PG_TIMESTAMPTZ,
    [COL_WAITS_FOR] = FUP_PG_TEXT,
    [COL_MANUAL] = FUP_PG_TIMESTAMPTZ,
    [COL_FORCE] = FUP_PG_INT4,
    [COL_PAUSED] = FUP_PG_TIMESTAMPTZ,
    [COL_NOT_BEFORE] = FUP_PG_TIMESTAMPTZ,
    [COL_TRACE] = FUP_PG_TEXT,
    [COL_NEXT_TRACE] = FUP_PG_TEXT,
    [COL_ACTOR] = FUP_PG_TEXT,
    [COL_NOTE] = FUP_PG_TEXT,
    [COL_CLOSES] = FUP_PG_BOOL,
    [COL_WITHDRAW] = FUP_PG_BOOL,
    [COL_MESSAGE_ID] = FUP_PG_TEXT,
    [COL_MESSAGE] = FUP_PG_TEXT,
    [COL_STATUS] = FUP_PG_TEXT,
    [COL_EXPIRES] = FUP_PG_TIMESTAMPTZ,
    [COL_CAP_MAX] = FUP_PG_INT4,
    [COL_CAP_PER] = FUP_PG_INT8,
    [COL_COMMAND] = FUP_PG_INT8,
    [COL_COMMAND_STATUS] = FUP_PG_TEXT,
    [COL_ANSWER] = FUP_PG_TEXT,
    [COL_ADDRESS] = FUP_PG_TEXT,
    [COL_SINCE] = FUP_PG_TIMESTAMPTZ,
    [COL_SUPPRESS] = FUP_PG_TEXT,
    [COL_SUPPRESS_AT] = FUP_PG_TIMESTAMPTZ,
    [COL_OUT_WAITS] = FUP_PG_BOOL,
    [COL_OUT_LEFT] = FUP_PG_TIMESTAMPTZ,
};

/* What is not set is null. */
struct cell {
    bool set;
    const char *text; /* of a column of that type */
    int64_t value;    /* of any other */
};

/* A row in the making. */
struct row {
    struct cell cells[N_COLUMNS];
    enum fup_code failed; /* a part is not whole: it must not be written */
};

static void set_text(struct row *row, enum column column, const char *text)
{
    row->cells[column] = (struct cell){.set = text != NULL, .text = text};
}

static void set_int(struct row *row, enum column column, int64_t value)
{
    row->cells[column] = (struct cell){.set = true, .value = value};
}

static void set_us(struct row *row, enum column column, int64_t at)
{
    if (at != FUP_TIME_NONE) {
        set_int(row, column, at);
    }
}

static void
set_buf(struct row *row, enum column column, const struct fup_buf *buf)
{
    set_text(row, column, fup_buf_text(buf));
    if (row->failed == FUP_OK) {
        row->failed = buf->failed;
    }
}

/* "No inbound message" is 0 in the database: part of a key, never null. */
static int64_t episode_us(const struct fup_run *run)
{
    return run->episode_at == FUP_TIME_NONE ? 0 : run->episode_at;
}

static void
set_who(struct row *row, const struct fup_case *c, const struct fup_decision *d)
{
    set_text(row, COL_TENANT, c->tenant);
    set_text(row, COL_CONVERSATION, c->conversation);
    set_text(row, COL_CONTACT, c->facts.contact);
    set_text(row, COL_CHANNEL, c->facts.channel);
    if (c->suppress != NULL && c->facts.contact != NULL) {
        set_text(row, COL_SUPPRESS, c->suppress);
        set_us(row, COL_SUPPRESS_AT, c->suppress_at);
    }
    if (c->order.seq != 0 && d->order_status != NULL) {
        set_int(row, COL_COMMAND, c->order.seq);
        set_text(row, COL_COMMAND_STATUS, d->order_status);
        set_buf(row, COL_ANSWER, &d->answer);
        set_text(row, COL_ACTOR, c->order.actor);
    }
}

/* Which rules led to an instant. */
static void set_trace(struct row *row,
                      enum column column,
                      struct fup_buf *text,
                      const struct fup_trace *trace)
{
    fup_buf_clear(text);
    if (trace->n > 0) {
        fup_answer_why(text, trace);
        set_buf(row, column, text);
    }
}

/* What the message is counted against, so that no two pass at once. */
static void
set_cap(struct row *row, const struct fup_case *c, const struct fup_decision *d)
{
    const struct fup_schedule *s = d->version->schedule;

    if (s->cap_max > 0 && c->facts.contact != NULL &&
        s->mode == FUP_MODE_LIVE && (c->run.force & FUP_FORCE_CAP) == 0 &&
        (c->order.force & FUP_FORCE_CAP) == 0) {
        set_int(row, COL_CAP_MAX, s->cap_max);
        set_int(row, COL_CAP_PER, s->cap_per_s);
    }
}

/* Its newest message may be let go at any time, while this is about to take its
 * place, or to take it back. */
static void
set_out(struct row *row, const struct fup_case *c, const struct fup_decision *d)
{
    const char *out = c->out_status != NULL ? c->out_status : "";

    if ((d->withdraw || d->closes || d->message.len > 0) &&
        (strcmp(out, "pending") == 0 || strcmp(out, "permit") == 0)) {
        set_int(row, COL_OUT_WAITS, true);
        set_us(row, COL_OUT_LEFT, c->out_left_at);
    }
}

static void
set_done(struct row *row, const struct fup_case *c, struct fup_decision *d)
{
    set_text(row, COL_EVENT, d->event);
    set_text(row, COL_REASON, d->reason);
    set_text(row, COL_OUTCOME, d->outcome);
    if (d->step > 0) {
        set_int(row, COL_STEP, d->step);
        set_text(row, COL_KIND, d->kind);
    }
    set_us(row, COL_DUE, d->due_at);
    set_text(row, COL_NOTE, d->detail[0] != '\0' ? d->detail : d->note);
    set_int(row, COL_CLOSES, d->closes);
    set_int(row, COL_WITHDRAW, d->withdraw);
    if (d->message.len > 0) {
        set_text(row, COL_MESSAGE_ID, d->message_id);
        set_buf(row, COL_MESSAGE, &d->message);
        set_text(row, COL_STATUS, d->status);
        set_us(row, COL_EXPIRES, d->expires_at);
        set_cap(row, c, d);
    }
    set_out(row, c, d);
    set_trace(row, COL_TRACE, &d->why, &d->trace);
    set_trace(row, COL_NEXT_TRACE, &d->next_why, &d->next.trace);
}

/* Who else must not be followed up with the same person. */
static void set_alone(struct row *row,
                      const struct fup_case *c,
                      const struct fup_decision *d)
{
    const struct fup_facts *f = &c->facts;

    if (d->version->schedule->one_per_contact && f->contact != NULL &&
        f->address != NULL && f->address[0] != '\0') {
        set_text(row, COL_ADDRESS, f->address);
        set_us(row, COL_SINCE, f->last_answer_at);
    }
}

static void set_state(struct row *row,
                      const struct fup_case *c,
                      const struct fup_decision *d)
{
    if (c->enrollment != 0 && episode_us(&d->run) == episode_us(&c->run)) {
        set_int(row, COL_ID, c->enrollment);
        set_int(row, COL_GEN, c->gen);
    } else if (d->version != NULL) {
        set_alone(row, c, d);
    }
    set_us(row, COL_EPISODE, episode_us(&d->run));
    set_int(row, COL_NEXT_STEP, d->run.step);
    set_us(row, COL_LAST_STEP, d->run.last_step_at);
    set_us(row, COL_NEXT_DUE, d->run.due_at);
    set_text(row, COL_WAITS_FOR, d->waits_for);
    set_us(row, COL_MANUAL, d->run.manual_at);
    set_int(row, COL_FORCE, d->run.force);
    set_us(row, COL_PAUSED, d->run.paused_until);
    set_us(row, COL_NOT_BEFORE, d->run.not_before);
    if (d->version != NULL) {
        set_int(row, COL_VERSION, d->version->id);
        set_text(row, COL_SCHEDULE, d->version->schedule->name);
    }
}

static void write(const struct row *row, struct fup_buf *out)
{
    size_t begun = fup_pg_row_begin(out, N_COLUMNS);

    for (int i = 0; i < N_COLUMNS; i++) {
        const struct cell *cell = &row->cells[i];

        if (!cell->set) {
            fup_pg_row_null(out, types[i]);
        } else if (types[i] == FUP_PG_TEXT) {
            fup_pg_row_text(out, cell->text);
        } else {
            fup_pg_row_int(out, types[i], cell->value);
        }
    }
    fup_pg_row_end(out, begun);
    if (out->failed == FUP_OK) {
        out->failed = row->failed;
    }
}

void fup_decision_write(const struct fup_case *c,
                        struct fup_decision *d,
                        int ord,
                        struct fup_buf *out)
{
    struct row row = {.failed = FUP_OK};

    set_int(&row, COL_ORD, ord);
    set_who(&row, c, d);
    if (d->event != NULL) {
        set_done(&row, c, d);
        set_state(&row, c, d);
    }
    write(&row, out);
}

/* Empty means that there is none. */
static const char *text_of(const struct fup_buf *buf)
{
    return buf->len > 0 ? fup_buf_text(buf) : NULL;
}

void fup_decision_row(const struct fup_case *c,
                      const struct fup_decision *d,
                      struct fup_ledger_row *ret_row)
{
    bool sends = d->message.len > 0;

    *ret_row = (struct fup_ledger_row){
        .event = d->event,
        .reason = d->reason,
        .outcome = d->outcome,
        .tenant = c->tenant,
        .conversation = c->conversation,
        .episode_at = episode_us(&d->run),
        .step = d->step,
        .kind = d->step > 0 ? d->kind : NULL,
        .next_step = d->outcome == NULL ? d->run.step : 0,
        .next_due_at = d->run.due_at,
        .actor = d->order_status != NULL ? c->order.actor : NULL,
        .closes = d->closes,
        .status = sends ? d->status : NULL,
        .channel = c->facts.channel,
        .message_id = sends ? d->message_id : NULL,
        .message = text_of(&d->message),
        .expires_at = sends ? d->expires_at : FUP_TIME_NONE,
        .trace = text_of(&d->why),
        .next_trace = text_of(&d->next_why),
    };
}
