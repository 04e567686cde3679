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
#include "page.h"
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
};

/* After a refusal. */
#define RETRY_MS 1000

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
    fup_queue_events(&queue, relay->page->items, relay->page->n,
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

/* Messages to put on, messages to take out. */
static size_t outbound(const struct fup_page *page,
                       struct fup_queue_row out[FUP_RELAY_PAGE * 2],
                       char expires[FUP_RELAY_PAGE][FUP_TIME_TEXT])
{
    size_t n = 0;

    for (size_t i = 0; i < page->n_rows; i++) {
        const struct fup_ledger_row *r = &page->rows[i];

        if (r->withdrew_channel != NULL &&
            is(r->withdrew_status, "withdrawn")) {
            out[n++] = (struct fup_queue_row){
                .seq = r->withdrew,
                .channel = r->withdrew_channel,
                .withdraw = true,
            };
        }
        if (is(r->status, "pending") || is(r->status, "shadow")) {
            out[n++] = (struct fup_queue_row){
                .seq = r->seq,
                .channel = r->channel,
                .shadow = is(r->status, "shadow"),
                .id = r->message_id,
                .kind = r->kind,
                .expires_at = r->expires_at == FUP_TIME_NONE
                                  ? ""
                                  : fup_time_format(r->expires_at, expires[i]),
                .message = r->message,
            };
        }
    }
    return n;
}

static void send_page(struct fup_part *part)
{
    struct fup_relay *relay = &part->relay;
    struct fup_queue_row out[FUP_RELAY_PAGE * 2];
    char expires[FUP_RELAY_PAGE][FUP_TIME_TEXT];
    struct fup_queue queue;

    relay->last_seq = relay->page->rows[relay->page->n_rows - 1].seq;
    if (fup_page_tell(part) != FUP_OK) {
        fup_relay_stop(part, FUP_ENOMEM);
        return;
    }
    relay->n_rows = outbound(relay->page, out, expires);
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

static void
read_row(const struct fup_pg_rows *rows, int i, struct fup_ledger_row *row)
{
    *row = (struct fup_ledger_row){
        .seq = fup_pg_int(rows, i, COL_SEQ, 0),
        .event = fup_pg_text(rows, i, COL_EVENT),
        .reason = fup_pg_text(rows, i, COL_REASON),
        .outcome = fup_pg_text(rows, i, COL_OUTCOME),
        .tenant = fup_pg_text(rows, i, COL_TENANT),
        .conversation = fup_pg_text(rows, i, COL_CONVERSATION),
        .episode_at = fup_pg_int(rows, i, COL_EPISODE, FUP_TIME_NONE),
        .step = (int)fup_pg_int(rows, i, COL_STEP, 0),
        .kind = fup_pg_text(rows, i, COL_KIND),
        .at = fup_pg_int(rows, i, COL_AT, FUP_TIME_NONE),
        .next_step = (int)fup_pg_int(rows, i, COL_NEXT_STEP, 0),
        .next_due_at = fup_pg_int(rows, i, COL_NEXT_DUE, FUP_TIME_NONE),
        .actor = fup_pg_text(rows, i, COL_ACTOR),
        .closes = fup_pg_bool(rows, i, COL_CLOSES),
        .status = fup_pg_text(rows, i, COL_STATUS),
        .channel = fup_pg_text(rows, i, COL_CHANNEL),
        .message_id = fup_pg_text(rows, i, COL_MESSAGE_ID),
        .message = fup_pg_text(rows, i, COL_MESSAGE),
        .expires_at = fup_pg_int(rows, i, COL_EXPIRES, FUP_TIME_NONE),
        .withdrew = fup_pg_int(rows, i, COL_WITHDREW, 0),
        .withdrew_channel = fup_pg_text(rows, i, COL_WITHDREW_CHANNEL),
        .withdrew_status = fup_pg_text(rows, i, COL_WITHDREW_STATUS),
        .trace = fup_pg_text(rows, i, COL_TRACE),
        .next_trace = fup_pg_text(rows, i, COL_NEXT_TRACE),
    };
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
    for (int i = 0; i < rows->n; i++) {
        read_row(rows, i, &relay->page->rows[i]);
    }
    relay->page->n_rows = (size_t)rows->n;
    send_page(part);
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
    if (relay->page == NULL) {
        relay->page = calloc(1, sizeof *relay->page);
        fup_buf_init(&relay->fields, FUP_FIELDS_BYTES_MAX);
    }
    return relay->page != NULL;
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

/* The first rows of @done, as many as make a page. */
static void fill_page(struct fup_page *page, const struct fup_verdicts *done)
{
    page->n_rows = 0;
    for (size_t i = 0; i < done->n && page->n_rows < FUP_RELAY_PAGE; i++) {
        const struct fup_ledger_row *row = done->items[i].row;

        if (row != NULL && row->seq != 0) {
            page->rows[page->n_rows++] = *row;
        }
    }
}

void fup_relay_take(struct fup_part *part, const struct fup_verdicts *done)
{
    struct fup_relay *relay = &part->relay;
    int64_t first = 0;

    for (size_t i = 0; i < done->n; i++) {
        const struct fup_ledger_row *row = done->items[i].row;

        if (row != NULL && row->seq != 0) {
            first = first == 0 ? row->seq : first;
            relay->end = row->seq + 1;
        }
    }
    if (first == relay->seq + 1 && may_begin(part)) {
        relay->running = true;
        relay->wanted = false;
        fill_page(relay->page, done);
        send_page(part);
    }
    fup_relay_kick(part);
}

void fup_relay_done(struct fup_part *part)
{
    free(part->relay.page);
    part->relay.page = NULL;
    fup_buf_done(&part->relay.fields);
    fup_refill_forget(part);
}
