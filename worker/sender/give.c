/* To the customer, and back to the streams: permit, delivery, record, receipt,
 * acknowledgement. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/time.h"
#include "impl.h"
#include "pg/array.h"
#include "pg/statements.h"
#include "sender/message.h"

#define ARRAY_BYTES ((size_t)16 * 1024 * 1024)
/* A permit whose answer was lost is still ours for so long after the read:
 * well before another sender may take the entry over. */
#define OURS_MS 30000

static void
drop(struct fup_sender *s, struct fup_batch_entry *entry, const char *reason)
{
    entry->ours = false;
    if (s->on_dropped != NULL) {
        s->on_dropped(s->data, entry->id, reason);
    }
}

/* --- PERMIT ------------------------------------------------------------- */

static void tell_of_dropped(struct fup_sender *s)
{
    for (size_t i = 0; i < s->batch.n; i++) {
        struct fup_batch_entry *entry = &s->batch.entries[i];

        if (!entry->understood) {
            drop(s, entry, "not_understood");
        } else if (entry->error_class != NULL) {
            drop(s, entry, entry->error_class);
        }
    }
}

static void deliver_all(struct fup_sender *s)
{
    tell_of_dropped(s);
    for (size_t i = 0; i < s->batch.n && s->sm.state != ENDING; i++) {
        struct fup_batch_entry *entry = &s->batch.entries[i];
        struct fup_err err = {0};

        if (!entry->ours) {
            continue;
        }
        if (s->deliver(s->data, &entry->doc, &err) == FUP_OK) {
            entry->status = "sent";
            s->delivered++;
        } else {
            entry->status = "failed";
            entry->error_class = "permanent_request";
        }
    }
    if (s->sm.state != ENDING) {
        fup_sender_move(s, RECORD);
    }
}

/* The permit of @entry was refused. */
static void
refused(struct fup_sender *s, struct fup_batch_entry *entry, const char *reason)
{
    bool unknown = strcmp(reason, "outcome_unknown") == 0;

    if (unknown && s->permit_lost && uv_now(s->loop) - s->read_ms < OURS_MS) {
        return; /* granted to us: it was the answer that was lost */
    }
    if (unknown) {
        entry->status = "failed";
        entry->error_class = "ambiguous";
        return;
    }
    drop(s, entry, reason);
}

static void on_permit(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_sender *s = req->data;

    if (s->sm.state == ENDING) {
        return;
    }
    if (code != FUP_OK) {
        s->permit_lost = s->permit_lost || code == FUP_EUNKNOWN;
        fup_sender_hindered(s, code, err);
        return;
    }
    fup_sender_answered(s);
    for (int i = 0; i < rows->n; i++) {
        const char *id = fup_pg_text(rows, i, 0);
        const char *reason = fup_pg_text(rows, i, 2);
        struct fup_batch_entry *entry =
            id != NULL ? fup_batch_find(&s->batch, id) : NULL;

        if (entry != NULL && !fup_pg_bool(rows, i, 1)) {
            refused(s, entry, reason != NULL ? reason : "refused");
        }
    }
    deliver_all(s);
}

void fup_sender_in_permit(struct fup_sender *s)
{
    struct fup_buf ids;
    const char *params[1];

    if (s->pg == NULL || !fup_batch_any_ours(&s->batch)) {
        deliver_all(s);
        return;
    }
    fup_buf_init(&ids, ARRAY_BYTES);
    fup_pg_array_begin(&ids);
    for (size_t i = 0; i < s->batch.n; i++) {
        if (s->batch.entries[i].ours) {
            fup_pg_array_text(&ids, s->batch.entries[i].id);
        }
    }
    fup_pg_array_end(&ids);
    if (ids.failed != FUP_OK) {
        fup_sender_hindered(s, ids.failed, NULL);
    } else {
        params[0] = fup_buf_text(&ids);
        s->request.data = s;
        fup_pg_submit(s->pg, &s->request, &fup_sql_permit, params, 1,
                      on_permit);
    }
    fup_buf_done(&ids);
}

/* --- RECORD ------------------------------------------------------------- */

static bool was_sent(const struct fup_batch_entry *entry)
{
    return entry->status != NULL && strcmp(entry->status, "sent") == 0;
}

/* What was sent was sent: a record that fails ends us, but not before the
 * receipts and acknowledgements are done. */
static void on_recorded(struct fup_pg_request *req,
                        enum fup_code code,
                        const struct fup_pg_rows *rows,
                        const struct fup_err *err)
{
    struct fup_sender *s = req->data;

    (void)rows;
    if (s->sm.state == ENDING) {
        return;
    }
    if (code == FUP_EAWAY) {
        fup_sender_hindered(s, code, err);
        return;
    }
    if (code != FUP_OK && code != FUP_EUNKNOWN) {
        s->end.code = code;
        if (err != NULL) {
            s->end = *err;
        }
    }
    fup_sender_move(s, REPORT);
}

static void add_body(struct fup_buf *bodies,
                     const struct fup_batch_entry *entry)
{
    struct fup_buf body;

    fup_buf_init(&body, FUP_OUTBOUND_MAX);
    fup_sender_message_body(&entry->doc.message, &body);
    fup_pg_array_text(bodies, fup_buf_text(&body));
    fup_buf_done(&body);
}

void fup_sender_in_record(struct fup_sender *s)
{
    struct fup_buf arrays[3];
    const char *params[3];
    size_t n = 0;

    if (!s->record || s->pg == NULL) {
        fup_sender_move(s, REPORT);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        fup_buf_init(&arrays[i], ARRAY_BYTES);
        fup_pg_array_begin(&arrays[i]);
    }
    for (size_t i = 0; i < s->batch.n; i++) {
        const struct fup_batch_entry *entry = &s->batch.entries[i];

        if (was_sent(entry)) {
            fup_pg_array_text(&arrays[0], entry->doc.message.tenant);
            fup_pg_array_text(&arrays[1], entry->doc.message.conversation);
            add_body(&arrays[2], entry);
            n++;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        fup_pg_array_end(&arrays[i]);
        params[i] = fup_buf_text(&arrays[i]);
    }
    if (n == 0) {
        fup_sender_move(s, REPORT);
    } else {
        s->request.data = s;
        fup_pg_submit(s->pg, &s->request, &fup_sql_plain_record, params, 3,
                      on_recorded);
    }
    for (size_t i = 0; i < 3; i++) {
        fup_buf_done(&arrays[i]);
    }
}

/* --- REPORT ------------------------------------------------------------- */

/* Duplicates are allowed, so after a failure all are added again. */
static void on_reported(void *data,
                        enum fup_code code,
                        const struct redisReply *reply,
                        const struct fup_err *err)
{
    (void)reply;
    fup_sender_gathered(data, code, err);
}

static void report(struct fup_sender *s,
                   const struct fup_batch_entry *entry,
                   const char *key,
                   const char *at)
{
    const char *argv[] = {"XADD",    key,           "*",           "id",
                          entry->id, "status",      entry->status, "at",
                          at,        "error_class", NULL};
    bool failed = entry->error_class != NULL;

    argv[10] = entry->error_class;
    fup_sender_gather(s, argv, failed ? 11 : 9, on_reported, s);
}

void fup_sender_in_report(struct fup_sender *s)
{
    char key[128];
    char at[FUP_TIME_TEXT];
    uv_timeval64_t now = {0, 0};
    bool any = false;

    (void)uv_gettimeofday(&now);
    (void)fup_time_format(now.tv_sec * FUP_US_PER_S + now.tv_usec, at);
    (void)snprintf(key, sizeof key, "%s:receipts", s->prefix);
    for (size_t i = 0; i < s->batch.n; i++) {
        if (s->batch.entries[i].status != NULL) {
            report(s, &s->batch.entries[i], key, at);
            any = true;
        }
    }
    if (!any) {
        fup_sender_move(s, ACK);
    }
}

/* --- ACK ---------------------------------------------------------------- */

static void on_acked(void *data,
                     enum fup_code code,
                     const struct redisReply *reply,
                     const struct fup_err *err)
{
    (void)reply;
    fup_sender_gathered(data, code, err);
}

void fup_sender_in_ack(struct fup_sender *s)
{
    for (size_t i = 0; i < s->batch.n; i++) {
        const struct fup_batch_entry *entry = &s->batch.entries[i];
        const char *ack[] = {"XACK", entry->key, FUP_SENDER_GROUP,
                             entry->stream_id};
        const char *del[] = {"XDEL", entry->key, entry->stream_id};

        fup_sender_gather(s, ack, 4, on_acked, s);
        fup_sender_gather(s, del, 3, on_acked, s);
    }
}
