/* Reading goes on for ever: wait for entries, hand each to PostgreSQL, wait for
 * all its answers, acknowledge, read again. When PostgreSQL is away, the
 * entries stay unacknowledged and are read again after a pause; entries of
 * workers that are gone are taken over the same way every half minute. */

#include "inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/answer.h"
#include "codec/command.h"
#include "codec/receipt.h"
#include "core/point.h"
#include "internal.h"
#include "pg/statements.h"

#define PAUSE_MS       500
#define AGAIN_EVERY_MS 30000
#define AWAY_AGAIN_MS  2000
#define ENTRY_MAX      65536

static void read_more(struct fup_engine *engine);

void fup_inbox_init(struct fup_inbox *inbox)
{
    *inbox = (struct fup_inbox){.again = true};
}

static void clear(struct fup_inbox *inbox)
{
    for (size_t i = 0; i < inbox->n; i++) {
        free(inbox->items[i].entry);
        free(inbox->items[i].request_id);
    }
    inbox->n = 0;
}

void fup_inbox_done(struct fup_inbox *inbox)
{
    clear(inbox);
}

bool fup_inbox_idle(const struct fup_engine *engine)
{
    return engine->inbox.waiting == 0;
}

/* --- acknowledging ---------------------------------------------------------
 */

static void ack_kept(struct fup_engine *engine, enum fup_queue_inbox which)
{
    struct fup_inbox *inbox = &engine->inbox;
    const char *ids[FUP_INBOX_PAGE];
    size_t n = 0;

    for (size_t i = 0; i < inbox->n; i++) {
        if (inbox->items[i].kept && inbox->items[i].inbox == which) {
            ids[n++] = inbox->items[i].entry;
        }
    }
    if (n > 0) {
        fup_queue_ack(engine->redis, engine->o.prefix, which, ids, n,
                      /* cb= */ NULL,
                      /* data= */ NULL);
    }
}

static void page_done(struct fup_engine *engine)
{
    struct fup_inbox *inbox = &engine->inbox;

    if (inbox->n > 0) {
        FUP_POINT("kept");
    }
    ack_kept(engine, FUP_QUEUE_COMMANDS);
    ack_kept(engine, FUP_QUEUE_RECEIPTS);
    if (inbox->n > 0) {
        fup_engine_nudge(engine);
    }
    if (inbox->n > 0) {
        FUP_POINT("ack_sent");
    }
    clear(inbox);
    if (inbox->away) {
        /* New entries first, then those that could not be kept: one that is
         * refused for good must not stand in the way of all others. */
        inbox->away = false;
        inbox->again = false;
        inbox->again_ms = uv_now(engine->loop) + AWAY_AGAIN_MS;
        inbox->not_before_ms = uv_now(engine->loop) + PAUSE_MS;
        inbox->running = false;
        return; /* the tick goes on */
    }
    read_more(engine);
}

static void item_done(struct fup_engine *engine)
{
    if (--engine->inbox.waiting == 0) {
        page_done(engine);
    }
}

static void reject(struct fup_engine *engine,
                   const struct fup_queue_entry *entry,
                   const char *word,
                   const char *why)
{
    char reason[320];

    (void)snprintf(reason, sizeof reason, "%s: %s", word, why);
    FUP_ENGINE_LOG(engine, WARN, "rejected", "why=\"%s\"", reason);
    fup_queue_reject(engine->redis, engine->o.prefix, entry, reason,
                     /* cb= */ NULL,
                     /* data= */ NULL);
}

static void
answer(struct fup_engine *engine, const char *request_id, const char *json)
{
    if (request_id != NULL && json != NULL) {
        fup_queue_answer(engine->redis, engine->o.prefix, request_id, json,
                         /* cb= */ NULL,
                         /* data= */ NULL);
    }
}

static void answer_error(struct fup_engine *engine,
                         const char *request_id,
                         const char *word,
                         const char *why)
{
    struct fup_buf json;

    fup_buf_init(&json, FUP_ANSWER_MAX);
    fup_answer_error(&json, word, why);
    answer(engine, request_id, fup_buf_text(&json));
    fup_buf_done(&json);
}

/* --- into PostgreSQL -------------------------------------------------------
 */

/* Values that PostgreSQL refuses will never be taken: the entry goes where bad
 * ones go, without its fields, which are gone by now. */
static void refused(struct fup_inbox_item *item, const struct fup_err *err)
{
    struct fup_engine *engine = item->engine;
    struct fup_queue_entry entry = {.inbox = item->inbox, .id = item->entry};

    reject(engine, &entry, "refused", err->msg);
    answer_error(engine, item->request_id, "refused", err->msg);
}

/* Of a receipt, by its word of receive_receipt.sql. */
static const char *why_unknown(const char *word)
{
    return strcmp(word, "forgotten_message") == 0
               ? "it was sent longer ago than keep_days"
               : "no such message was sent";
}

static void on_kept(struct fup_pg_request *req,
                    enum fup_code code,
                    const struct fup_pg_rows *rows,
                    const struct fup_err *err)
{
    struct fup_inbox_item *item = req->data;
    struct fup_engine *engine = item->engine;

    if (code == FUP_OK) {
        FUP_POINT("keeping");
        item->kept = true;
        if (item->inbox == FUP_QUEUE_COMMANDS && rows->n == 1) {
            answer(engine, item->request_id, fup_pg_text(rows, 0, 1));
        } else if (rows->n == 1 &&
                   strcmp(fup_pg_text(rows, 0, 0), "done") != 0) {
            struct fup_queue_entry entry = {.inbox = item->inbox,
                                            .id = item->entry};

            reject(engine, &entry, fup_pg_text(rows, 0, 0),
                   why_unknown(fup_pg_text(rows, 0, 0)));
        }
    } else if (code == FUP_EREFUSED && fup_pg_err_is_data(err)) {
        refused(item, err);
    } else {
        engine->inbox.away = true;
    }
    item_done(engine);
}

/* A schedule that is to be migrated as a whole must be there. */
static enum fup_code check_schedule(const struct fup_engine *engine,
                                    const struct fup_command *command,
                                    struct fup_refusal *refusal)
{
    const struct fup_versions *v = &engine->versions;

    if (command->action != FUP_COMMAND_MIGRATE_VERSION ||
        command->scope != FUP_SCOPE_SCHEDULE || !v->loaded) {
        return FUP_OK;
    }
    for (size_t i = 0; i < v->n_current; i++) {
        if (strcmp(v->current[i].schedule->name, command->schedule) == 0) {
            return FUP_OK;
        }
    }
    return fup_refuse(refusal, "no_such_schedule",
                      "there is no schedule of this name, or it has another "
                      "name now; what is under way goes on as it is");
}

/* The entry as JSON for PostgreSQL, or what is wrong with it. */
static enum fup_code read_entry(const struct fup_engine *engine,
                                const struct fup_queue_entry *from,
                                struct fup_buf *json,
                                struct fup_refusal *refusal)
{
    struct fup_entry entry = {from->fields, from->lens, from->n_fields};
    struct fup_command command;
    struct fup_receipt receipt;
    enum fup_code code;

    if (from->cut) {
        return fup_refuse(refusal, "bad_entry", "more than %d fields",
                          FUP_QUEUE_FIELDS_MAX);
    }
    if (from->inbox == FUP_QUEUE_COMMANDS) {
        code = fup_command_parse(&entry, &command, refusal);
        if (code == FUP_OK) {
            code = check_schedule(engine, &command, refusal);
        }
        if (code == FUP_OK) {
            fup_command_write(&command, from->id, json);
        }
        return code;
    }
    code = fup_receipt_parse(&entry, &receipt, refusal);
    if (code == FUP_OK) {
        fup_receipt_write(&receipt, json);
    }
    return code;
}

static const char *find_request_id(const struct fup_queue_entry *from)
{
    struct fup_entry entry = {from->fields, from->lens, from->n_fields};

    return from->inbox == FUP_QUEUE_COMMANDS
               ? fup_entry_value(&entry, "request_id")
               : NULL;
}

static void keep(struct fup_engine *engine,
                 const struct fup_queue_entry *entry,
                 const char *json)
{
    struct fup_inbox *inbox = &engine->inbox;
    struct fup_inbox_item *item = &inbox->items[inbox->n];
    const char *request_id = find_request_id(entry);
    const char *params[] = {json};

    *item = (struct fup_inbox_item){
        .engine = engine,
        .inbox = entry->inbox,
        .entry = strdup(entry->id),
        .request_id = request_id != NULL ? strdup(request_id) : NULL,
    };
    if (item->entry == NULL) {
        free(item->request_id);
        inbox->away = true;
        return;
    }
    inbox->n++;
    inbox->waiting++;
    item->req.data = item;
    fup_pg_submit(engine->pg, &item->req,
                  entry->inbox == FUP_QUEUE_COMMANDS ? &fup_sql_receive_command
                                                     : &fup_sql_receive_receipt,
                  params, 1, on_kept);
}

static void take(struct fup_engine *engine, const struct fup_queue_entry *entry)
{
    struct fup_buf json;
    struct fup_refusal refusal;

    fup_buf_init(&json, ENTRY_MAX);
    if (read_entry(engine, entry, &json, &refusal) != FUP_OK) {
        reject(engine, entry, refusal.error, refusal.message);
        answer_error(engine, find_request_id(entry), refusal.error,
                     refusal.message);
    } else if (json.failed != FUP_OK) {
        engine->inbox.away = true;
    } else {
        keep(engine, entry, fup_buf_text(&json));
    }
    fup_buf_done(&json);
}

/* --- reading ---------------------------------------------------------------
 */

static void on_read(void *data,
                    enum fup_code code,
                    const struct fup_queue_entry *entries,
                    size_t n,
                    const struct fup_err *err)
{
    struct fup_engine *engine = data;
    struct fup_inbox *inbox = &engine->inbox;

    (void)err;
    if (code != FUP_OK || engine->stage != FUP_ENGINE_OPEN) {
        inbox->running = false;
        inbox->again = true;
        inbox->not_before_ms = uv_now(engine->loop) + PAUSE_MS;
        return;
    }
    if (inbox->again && n == 0) {
        inbox->again = false;
        inbox->again_ms = uv_now(engine->loop) + AGAIN_EVERY_MS;
    }
    inbox->waiting = 1; /* this call */
    for (size_t i = 0; i < n && i < FUP_INBOX_PAGE; i++) {
        take(engine, &entries[i]);
    }
    item_done(engine);
}

static void read_more(struct fup_engine *engine)
{
    struct fup_inbox *inbox = &engine->inbox;

    if (!engine->installed || !fup_pg_ready(engine->pg) ||
        !fup_redis_ready(engine->reader)) {
        inbox->running = false;
        return; /* the tick goes on */
    }
    if (uv_now(engine->loop) >= inbox->again_ms) {
        inbox->again = true;
    }
    inbox->running = true;
    fup_queue_read(engine->reader, engine->o.prefix, engine->o.worker_id,
                   FUP_INBOX_BLOCK_MS, inbox->again, on_read, engine);
}

void fup_inbox_start(struct fup_engine *engine)
{
    struct fup_inbox *inbox = &engine->inbox;

    if (!inbox->running && engine->stage == FUP_ENGINE_OPEN &&
        uv_now(engine->loop) >= inbox->not_before_ms) {
        read_more(engine);
    }
}
