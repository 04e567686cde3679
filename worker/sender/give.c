/* To the customer, and back to the streams: permit, delivery, record, receipt,
 * acknowledgement. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/point.h"
#include "core/time.h"
#include "impl.h"
#include "pg/array.h"
#include "pg/statements.h"
#include "sender/message.h"

#define ARRAY_BYTES ((size_t)16 * 1024 * 1024)
/* A permit whose answer was lost is still ours for so long after the read:
 * well before another sender may take the entry over. */
#define OURS_MS 30000
/* A permit that was not used within so long is asked for again. */
#define PERMIT_MS 2000

static void
drop(struct fup_sender *s, struct fup_batch_entry *entry, const char *reason)
{
    entry->ours = false;
    if (s->on_dropped != NULL) {
        s->on_dropped(s->data, entry->id, reason);
    }
}

/* --- PERMIT ------------------------------------------------------------- */

void fup_sender_tell_dropped(struct fup_sender *s)
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

static bool is_to_give(const struct fup_batch_entry *entry)
{
    return entry->ours && entry->status == NULL;
}

static void give(struct fup_sender *s, struct fup_batch_entry *entry)
{
    struct fup_err err = {0};

    if (s->deliver(s->data, &entry->doc, &err) == FUP_OK) {
        FUP_POINT("delivered");
        entry->status = "sent";
        s->delivered++;
    } else {
        entry->status = "failed";
        entry->error_class = "permanent_request";
    }
}

static void deliver_all(struct fup_sender *s)
{
    for (size_t i = 0; i < s->batch.n && s->sm.state != ENDING; i++) {
        if (is_to_give(&s->batch.entries[i])) {
            give(s, &s->batch.entries[i]);
        }
    }
    if (s->sm.state != ENDING) {
        fup_sender_move(s, RECORD);
    }
}

static uint64_t ms_since(uint64_t ns)
{
    return (uv_hrtime() - ns) / 1000000;
}

/* What was granted goes out while the permits are young. The next portion is
 * what can be delivered in half of that time. */
static void deliver_portion(struct fup_sender *s)
{
    uint64_t since_ns = uv_hrtime();
    size_t n = 0;

    for (size_t i = 0; i < s->batch.n && s->sm.state != ENDING &&
                       ms_since(s->asked_ns) < PERMIT_MS;
         i++) {
        struct fup_batch_entry *entry = &s->batch.entries[i];

        if (is_to_give(entry) && entry->asked && entry->granted) {
            give(s, entry);
            n++;
        }
    }
    if (s->sm.state == ENDING) {
        return;
    }
    if (n > 0) {
        s->portion = n * PERMIT_MS / 2 / (ms_since(since_ns) + 1);
    }
    s->portion = s->portion < 1               ? 1
                 : s->portion > FUP_BATCH_MAX ? FUP_BATCH_MAX
                                              : s->portion;
    fup_sender_move(s, PERMIT);
}

/* The permit of @entry was refused. */
static void
refused(struct fup_sender *s, struct fup_batch_entry *entry, const char *reason)
{
    entry->granted = false;
    if (strcmp(reason, "outcome_unknown") == 0) {
        entry->status = "failed";
        entry->error_class = "ambiguous";
        return;
    }
    drop(s, entry, reason);
}

/* The answer is lost: permits of entries that nobody had before us, and nobody
 * can have had since, are ours if they were given. */
static void permits_lost(struct fup_sender *s)
{
    for (size_t i = 0; s->fresh && i < s->batch.n; i++) {
        s->batch.entries[i].granted =
            s->batch.entries[i].granted || s->batch.entries[i].asked;
    }
}

/* What the answer says of each entry that was asked for. */
static void take_permits(struct fup_sender *s, const struct fup_pg_rows *rows)
{
    for (size_t i = 0; i < s->batch.n; i++) {
        struct fup_batch_entry *entry = &s->batch.entries[i];

        entry->granted = entry->granted && !entry->asked;
    }
    for (int i = 0; i < rows->n; i++) {
        const char *id = fup_pg_text(rows, i, 0);
        const char *reason = fup_pg_text(rows, i, 2);
        struct fup_batch_entry *entry =
            id != NULL ? fup_batch_find(&s->batch, id) : NULL;

        if (entry != NULL && fup_pg_bool(rows, i, 1)) {
            entry->granted = true;
        } else if (entry != NULL) {
            refused(s, entry, reason != NULL ? reason : "refused");
        }
    }
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
        if (code == FUP_EUNKNOWN) {
            permits_lost(s);
        }
        fup_sender_hindered(s, code, err);
        return;
    }
    FUP_POINT("permitted");
    fup_sender_answered(s);
    take_permits(s, rows);
    deliver_portion(s);
}

/* Choose the next portion; false when nothing is left to ask for. Permits that
 * we hold unused are asked for `again`, which refuses them if something has
 * happened since. */
static bool
choose_portion(struct fup_sender *s, struct fup_buf *ids, struct fup_buf *again)
{
    bool trusted = uv_now(s->loop) - s->read_ms < OURS_MS;
    size_t n = 0;

    fup_pg_array_begin(ids);
    fup_pg_array_begin(again);
    for (size_t i = 0; i < s->batch.n; i++) {
        struct fup_batch_entry *entry = &s->batch.entries[i];

        entry->asked = is_to_give(entry) && n < s->portion;
        if (entry->asked) {
            fup_pg_array_text(ids, entry->id);
            n++;
        }
        if (entry->asked && entry->granted && trusted) {
            fup_pg_array_text(again, entry->id);
        }
    }
    fup_pg_array_end(ids);
    fup_pg_array_end(again);
    return n > 0;
}

static void ask_permits(struct fup_sender *s)
{
    struct fup_buf ids;
    struct fup_buf again;

    fup_buf_init(&ids, ARRAY_BYTES);
    fup_buf_init(&again, ARRAY_BYTES);
    if (!choose_portion(s, &ids, &again)) {
        fup_sender_move(s, RECORD);
    } else if (ids.failed != FUP_OK || again.failed != FUP_OK) {
        fup_sender_hindered(s, FUP_ENOMEM, NULL);
    } else {
        const char *params[] = {fup_buf_text(&ids), fup_buf_text(&again)};

        s->asked_ns = uv_hrtime();
        s->request.data = s;
        fup_pg_submit(s->pg, &s->request, &fup_sql_permit, params, 2,
                      on_permit);
        FUP_POINT("permit_sent");
    }
    fup_buf_done(&ids);
    fup_buf_done(&again);
}

void fup_sender_in_permit(struct fup_sender *s)
{
    if (s->pg == NULL) {
        deliver_all(s);
    } else {
        ask_permits(s);
    }
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
    FUP_POINT("report_sent");
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

        FUP_POINT("acking");
        fup_sender_gather(s, ack, 4, on_acked, s);
        fup_sender_gather(s, del, 3, on_acked, s);
    }
}
