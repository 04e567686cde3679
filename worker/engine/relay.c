/* From the ledger to the streams.
 *
 * Rows come in the order of their seq, which is the order of their commits:
 * from the answer that says they were written, where the relay has all before
 * them; else they are read, a page at a time. Messages go onto their streams
 * under their own seq, so that Redis itself refuses a second time; then the
 * events, then the mark of how far this went. A failure anywhere means that
 * they are read and sent once more: messages are refused, events may come
 * twice. A full stream stops the relay, not the rest of the worker: what waits
 * is in PostgreSQL. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/point.h"
#include "internal.h"
#include "pg/statements.h"

/* The columns of ledger_page.sql. */
enum {
    COL_SEQ,
    COL_EVENT,
    COL_REASON,
    COL_OUTCOME,
    COL_TENANT,
    COL_CONVERSATION,
    COL_EPISODE,
    COL_STEP,
    COL_KIND,
    COL_AT,
    COL_NEXT_STEP,
    COL_NEXT_DUE,
    COL_ACTOR,
    COL_CLOSES,
    COL_STATUS,
    COL_CHANNEL,
    COL_MESSAGE_ID,
    COL_MESSAGE,
    COL_EXPIRES,
    COL_WITHDREW,
    COL_WITHDREW_CHANNEL,
    COL_WITHDREW_STATUS,
    COL_TRACE,
    COL_NEXT_TRACE,
    N_COLUMNS,
};

_Static_assert(N_COLUMNS == FUP_LEDGER_COLUMNS, "settle.c counts on it");

#define EVENTS_PER_ROW   4
#define FIELDS_PER_EVENT 28
#define FIELDS_BYTES_MAX (4u << 20)
/* What the events stream can hold: older ones are not told again. */
#define EVENTS_KEPT 10000
/* After a refusal. */
#define RETRY_MS 1000

/* Events of one page. The texts lie one after the other in the relay's buffer
 * and are pointed at when all of them are there. */
struct fup_events {
    struct fup_queue_event items[FUP_RELAY_PAGE * EVENTS_PER_ROW];
    const char *fields[FUP_RELAY_PAGE * EVENTS_PER_ROW * FIELDS_PER_EVENT];
    size_t offsets[FUP_RELAY_PAGE * EVENTS_PER_ROW * FIELDS_PER_EVENT];
    size_t first[FUP_RELAY_PAGE * EVENTS_PER_ROW]; /* field of each event */
    size_t n_fields;
    size_t n;
};

struct ledger_row {
    const struct fup_pg_rows *rows;
    int n;
};

static const char *text(const struct ledger_row *r, int col)
{
    return fup_pg_text(r->rows, r->n, col);
}

static int64_t number(const struct ledger_row *r, int col)
{
    return fup_pg_int(r->rows, r->n, col, FUP_TIME_NONE);
}

/* --- events ----------------------------------------------------------------
 */

static void add_text(struct fup_relay *relay, const char *value)
{
    struct fup_events *e = relay->events;

    e->offsets[e->n_fields++] = relay->fields.len;
    fup_buf_add(&relay->fields, value, strlen(value) + 1);
}

/* Fields without a value are left out. */
static void
add_field(struct fup_relay *relay, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        add_text(relay, name);
        add_text(relay, value);
    }
}

static void add_time(struct fup_relay *relay, const char *name, int64_t at)
{
    char buf[FUP_TIME_TEXT];

    if (at != FUP_TIME_NONE) {
        add_field(relay, name, fup_time_format(at, buf));
    }
}

/* One event of @r; @step is text or NULL. */
static void add_event(struct fup_part *part,
                      const struct ledger_row *r,
                      const char *event,
                      const char *step,
                      const char *reason)
{
    bool done = step != NULL && step == text(r, COL_STEP);
    struct fup_relay *relay = &part->relay;
    struct fup_events *e = relay->events;
    char seq[40];

    e->first[e->n++] = e->n_fields;
    (void)snprintf(seq, sizeof seq, "%d-%s", part->id, text(r, COL_SEQ));
    add_field(relay, "event", event);
    add_field(relay, "tenant", text(r, COL_TENANT));
    add_field(relay, "conversation", text(r, COL_CONVERSATION));
    add_time(relay, "episode", number(r, COL_EPISODE));
    add_field(relay, "step", step);
    add_field(relay, "kind", done ? text(r, COL_KIND) : NULL);
    add_field(relay, "reason", reason);
    add_field(relay, "by", text(r, COL_ACTOR));
    add_time(relay, "at", number(r, COL_AT));
    add_field(relay, "seq", seq);
}

/* The step that comes next and when. */
static void add_armed(struct fup_part *part, const struct ledger_row *r)
{
    struct fup_relay *relay = &part->relay;

    add_event(part, r, "armed", text(r, COL_NEXT_STEP), NULL);
    add_time(relay, "due_at", number(r, COL_NEXT_DUE));
    add_field(relay, "why", text(r, COL_NEXT_TRACE));
}

static const char *public_name(const char *event)
{
    return strcmp(event, "silent") == 0 ? "skipped" : event;
}

static void add_events(struct fup_part *part, const struct ledger_row *r)
{
    const char *event = text(r, COL_EVENT);
    const char *outcome = text(r, COL_OUTCOME);
    bool closes = fup_pg_bool(r->rows, r->n, COL_CLOSES);

    if (strcmp(event, "armed") != 0) {
        add_event(part, r, public_name(event), text(r, COL_STEP),
                  text(r, COL_REASON));
        add_field(&part->relay, "message", text(r, COL_MESSAGE_ID));
        add_field(&part->relay, "status", text(r, COL_STATUS));
        add_field(&part->relay, "why", text(r, COL_TRACE));
    }
    if (strcmp(event, "withdrawn") == 0) {
        return;
    }
    if (text(r, COL_WITHDREW) != NULL) {
        add_event(part, r, "withdrawn", NULL,
                  strcmp(event, "fired") == 0 ? "superseded" : event);
    }
    if (closes && text(r, COL_STATUS) == NULL) {
        add_event(part, r, "closed", text(r, COL_STEP), "close_out");
    }
    if (outcome != NULL && strcmp(outcome, event) != 0) {
        add_event(part, r, outcome, NULL, NULL);
    } else if (outcome == NULL && text(r, COL_NEXT_DUE) != NULL) {
        add_armed(part, r);
    }
}

/* Now that the texts stay where they are. */
static void point_fields(struct fup_relay *relay)
{
    struct fup_events *e = relay->events;

    for (size_t i = 0; i < e->n_fields; i++) {
        e->fields[i] = relay->fields.data + e->offsets[i];
    }
    for (size_t i = 0; i < e->n; i++) {
        size_t end = i + 1 < e->n ? e->first[i + 1] : e->n_fields;

        e->items[i].fields = &e->fields[e->first[i]];
        e->items[i].n_fields = end - e->first[i];
    }
}

/* --- ends ------------------------------------------------------------------
 */

void fup_relay_stop(struct fup_part *part, enum fup_code code)
{
    struct fup_relay *relay = &part->relay;

    relay->running = false;
    relay->wanted = true;
    relay->next_ms = uv_now(part->engine->loop) + RETRY_MS;
    if (code == FUP_EFENCED) {
        fup_part_close(part);
    } else if (code == FUP_ELOST) {
        relay->known = false;
        relay->next_ms = 0;
        fup_part_check(part);
    } else if (code == FUP_EREFUSED) {
        FUP_ENGINE_LOG(part->engine, ERROR, "relay_refused", "partition=%d",
                       part->id);
    }
}

static void on_told(void *data, enum fup_code code, const struct fup_err *err)
{
    struct fup_part *part = data;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        fup_relay_stop(part, code);
        return;
    }
    FUP_POINT("told");
    part->relay.seq = part->relay.last_seq;
    part->relay.running = false;
    part->relay.refilled = false;
    fup_relay_kick(part);
}

static void tell(struct fup_part *part)
{
    struct fup_relay *relay = &part->relay;
    struct fup_queue queue;

    fup_part_queue(part, &queue);
    part->refs++;
    fup_queue_events(&queue, relay->events->items, relay->events->n,
                     relay->last_seq, on_told, part);
}

static void on_relayed(void *data,
                       enum fup_code code,
                       size_t done,
                       const struct fup_queue_behind *behind,
                       size_t n_behind,
                       const struct fup_err *err)
{
    struct fup_part *part = data;

    (void)done;
    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    fup_refill_note(part, behind, n_behind);
    if (code != FUP_OK) {
        fup_relay_stop(part, code);
        return;
    }
    FUP_POINT("relayed");
    tell(part);
}

/* --- a page ----------------------------------------------------------------
 */

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

/* Messages to put on, messages to take out. Where nothing was written, there is
 * no status either. */
static size_t outbound(const struct fup_pg_rows *rows,
                       int end,
                       struct fup_queue_row out[FUP_RELAY_PAGE * 2],
                       char expires[FUP_RELAY_PAGE][FUP_TIME_TEXT])
{
    size_t n_expires = 0;
    size_t n = 0;

    for (int i = 0; i < end; i++) {
        const struct ledger_row r = {rows, i};
        const char *status = text(&r, COL_STATUS);

        if (text(&r, COL_WITHDREW_CHANNEL) != NULL &&
            is(text(&r, COL_WITHDREW_STATUS), "withdrawn")) {
            out[n++] = (struct fup_queue_row){
                .seq = number(&r, COL_WITHDREW),
                .channel = text(&r, COL_WITHDREW_CHANNEL),
                .withdraw = true,
            };
        }
        if (is(status, "pending") || is(status, "shadow")) {
            out[n++] = (struct fup_queue_row){
                .seq = number(&r, COL_SEQ),
                .channel = text(&r, COL_CHANNEL),
                .shadow = is(status, "shadow"),
                .id = text(&r, COL_MESSAGE_ID),
                .kind = text(&r, COL_KIND),
                .expires_at = number(&r, COL_EXPIRES) == FUP_TIME_NONE
                                  ? ""
                                  : fup_time_format(number(&r, COL_EXPIRES),
                                                    expires[n_expires++]),
                .message = text(&r, COL_MESSAGE),
            };
        }
    }
    return n;
}

static enum fup_code
gather_events(struct fup_part *part, const struct fup_pg_rows *rows, int end)
{
    struct fup_relay *relay = &part->relay;

    fup_buf_clear(&relay->fields);
    relay->events->n = 0;
    relay->events->n_fields = 0;
    for (int i = 0; i < end; i++) {
        const struct ledger_row r = {rows, i};

        if (relay->last_seq > relay->end - EVENTS_KEPT &&
            text(&r, COL_SEQ) != NULL) {
            add_events(part, &r);
        }
    }
    if (relay->fields.failed == FUP_OK) {
        point_fields(relay);
    }
    return relay->fields.failed;
}

/* Send the first rows, as many as make a page. */
static void send_page(struct fup_part *part, const struct fup_pg_rows *rows)
{
    struct fup_relay *relay = &part->relay;
    struct fup_queue_row out[FUP_RELAY_PAGE * 2];
    char expires[FUP_RELAY_PAGE][FUP_TIME_TEXT];
    struct fup_queue queue;
    int n = 0;
    int end = 0;

    for (; end < rows->n && n < FUP_RELAY_PAGE; end++) {
        const struct ledger_row r = {rows, end};

        if (text(&r, COL_SEQ) != NULL) {
            relay->last_seq = number(&r, COL_SEQ);
            n++;
        }
    }
    if (gather_events(part, rows, end) != FUP_OK) {
        fup_relay_stop(part, FUP_ENOMEM);
        return;
    }
    relay->n_rows = outbound(rows, end, out, expires);
    FUP_POINT("page_read");
    if (relay->n_rows == 0) {
        tell(part);
        return;
    }
    fup_part_queue(part, &queue);
    part->refs++;
    fup_queue_relay(&queue, out, relay->n_rows, part->engine->o.stream_max,
                    on_relayed, part);
    FUP_POINT("relay_sent");
}

static void on_page(struct fup_pg_request *req,
                    enum fup_code code,
                    const struct fup_pg_rows *rows,
                    const struct fup_err *err)
{
    struct fup_part *part = req->data;
    struct fup_relay *relay = &part->relay;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        fup_relay_stop(part, code);
        return;
    }
    if (rows->n == 0) {
        relay->running = false;
        relay->end = relay->seq + 1;
        if (relay->wanted) {
            fup_relay_kick(part);
        }
        return;
    }
    relay->wanted = relay->wanted || rows->n == FUP_RELAY_PAGE;
    send_page(part, rows);
}

static void read_page(struct fup_part *part)
{
    char partition[16];
    char after[24];
    char limit[16];
    const char *params[] = {partition, after, limit};

    (void)snprintf(partition, sizeof partition, "%d", part->id);
    (void)snprintf(after, sizeof after, "%lld", (long long)part->relay.seq);
    (void)snprintf(limit, sizeof limit, "%d", FUP_RELAY_PAGE);
    part->relay.wanted = false;
    part->refs++;
    part->relay.req.data = part;
    fup_pg_submit(part->pg, &part->relay.req, &fup_sql_ledger_page, params, 3,
                  on_page);
}

/* --- beginnings ------------------------------------------------------------
 */

/* Nothing stands against relaying; there is room for it. */
static bool may_begin(struct fup_part *part)
{
    struct fup_relay *relay = &part->relay;
    struct fup_engine *engine = part->engine;

    if (part->closing || relay->running || !relay->known ||
        uv_now(engine->loop) < relay->next_ms || !fup_engine_may_act(engine) ||
        !engine->redis_ok || !fup_redis_ready(engine->redis)) {
        return false;
    }
    if (relay->events == NULL) {
        relay->events = calloc(1, sizeof *relay->events);
        fup_buf_init(&relay->fields, FIELDS_BYTES_MAX);
    }
    return relay->events != NULL;
}

void fup_relay_kick(struct fup_part *part)
{
    struct fup_relay *relay = &part->relay;

    if (!may_begin(part) || (!relay->refilled && fup_refill_start(part))) {
        return;
    }
    if (relay->wanted || relay->end > relay->seq + 1) {
        relay->running = true;
        read_page(part);
    } else {
        (void)fup_refill_start(part);
    }
}

void fup_relay_take(struct fup_part *part, const struct fup_pg_rows *rows)
{
    struct fup_relay *relay = &part->relay;
    int64_t first = FUP_TIME_NONE;

    for (int i = 0; i < rows->n; i++) {
        const struct ledger_row r = {rows, i};

        if (text(&r, COL_SEQ) != NULL) {
            first = first == FUP_TIME_NONE ? number(&r, COL_SEQ) : first;
            relay->end = number(&r, COL_SEQ) + 1;
        }
    }
    if (first == relay->seq + 1 && may_begin(part)) {
        relay->running = true;
        relay->wanted = false;
        send_page(part, rows);
    }
    fup_relay_kick(part);
}

void fup_relay_done(struct fup_part *part)
{
    free(part->relay.events);
    part->relay.events = NULL;
    fup_buf_done(&part->relay.fields);
    fup_refill_forget(part);
}
