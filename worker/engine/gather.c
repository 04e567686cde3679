/* The first half of a turn: what is there to judge?
 *
 * Changes come from PostgreSQL by the difference of two snapshots, in pages of
 * conversations; the position moves on only when all of them are judged, so a
 * crash means that some are judged twice, which changes nothing. Timers that
 * are due are claimed in Redis under a lease; a claim that comes to nothing is
 * claimed again when the lease runs out. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/point.h"
#include "internal.h"
#include "pg/statements.h"

enum {
    COL_SNAPSHOT,
    COL_NEXT_SEQ,
    COL_TENANT,
    COL_CONVERSATION,
    COL_XID,
    COL_AGAIN,
};

/* Longest sleep between claims: a clock that was stepped, or a lease of
 * another worker that ran out, is noticed within it. */
#define CLAIM_SLEEP_MS 1000
/* That there are changes, changes.c finds out; this is for want of its word. */
#define CAPTURE_SLEEP_MS 1000

static void answered(struct fup_part *part)
{
    if (--part->turn.awaited == 0) {
        fup_turn_gathered(part);
    }
}

/* --- changes ---------------------------------------------------------------
 */

static void replace_text(char **text, const char *with)
{
    char *copy = with != NULL ? strdup(with) : NULL;

    free(*text);
    *text = copy;
}

/* A page that is not full was the last one. */
static void page_read(struct fup_part *part, const struct fup_pg_rows *rows)
{
    struct fup_capture *c = &part->capture;
    int last = rows->n - 1;

    c->busy = fup_pg_text(rows, 0, COL_TENANT) != NULL;
    replace_text(&c->to, fup_pg_text(rows, 0, COL_SNAPSHOT));
    if (rows->n == FUP_CAPTURE_PAGE) {
        replace_text(&c->xid, fup_pg_text(rows, last, COL_XID));
        replace_text(&c->tenant, fup_pg_text(rows, last, COL_TENANT));
        replace_text(&c->conversation,
                     fup_pg_text(rows, last, COL_CONVERSATION));
        return;
    }
    replace_text(&c->xid, NULL);
    replace_text(&c->tenant, NULL);
    replace_text(&c->conversation, NULL);
    if (c->busy) {
        replace_text(&c->unsaved, c->to);
    }
    free(c->from);
    c->from = c->to;
    c->to = NULL;
}

static enum fup_code add_keys(struct fup_work *todo,
                              const struct fup_pg_rows *rows)
{
    enum fup_code code = FUP_OK;

    for (int i = 0; code == FUP_OK && i < rows->n; i++) {
        const char *tenant = fup_pg_text(rows, i, COL_TENANT);

        if (tenant != NULL && !fup_pg_bool(rows, i, COL_AGAIN)) {
            code = fup_work_add_key(todo, tenant,
                                    fup_pg_text(rows, i, COL_CONVERSATION));
        }
    }
    return code;
}

static void on_capture(struct fup_pg_request *req,
                       enum fup_code code,
                       const struct fup_pg_rows *rows,
                       const struct fup_err *err)
{
    struct fup_part *part = req->data;
    struct fup_engine *engine = part->engine;
    struct fup_capture *c = &part->capture;

    if (!fup_part_answered(part)) {
        return;
    }
    if (code == FUP_OK && rows->n == 0) {
        fup_part_close(part); /* the fence: it is not ours any more */
        return;
    }
    if (code == FUP_OK) {
        FUP_POINT("captured");
        code = add_keys(&part->turn.todo, rows);
    }
    if (code != FUP_OK) {
        fup_turn_note(part, code, err);
        answered(part);
        return;
    }
    part->relay.end = fup_pg_int(rows, 0, COL_NEXT_SEQ, part->relay.end);
    page_read(part, rows);
    c->next_ms =
        uv_now(engine->loop) + (uint64_t)(c->to != NULL ? 0
                                          : c->busy ? engine->o.capture_busy_ms
                                                    : CAPTURE_SLEEP_MS);
    answered(part);
}

static void capture(struct fup_part *part)
{
    struct fup_capture *c = &part->capture;
    char partition[16];
    char epoch[24];
    char limit[16];
    const char *params[] = {partition, epoch,     c->from,         c->to,
                            c->xid,    c->tenant, c->conversation, limit};

    if (c->from == NULL) { /* no memory for it: read it again with the lease */
        fup_part_close(part);
        return;
    }
    (void)snprintf(partition, sizeof partition, "%d", part->id);
    (void)snprintf(epoch, sizeof epoch, "%lld", (long long)part->epoch);
    (void)snprintf(limit, sizeof limit, "%d", FUP_CAPTURE_PAGE);
    part->turn.awaited++;
    part->refs++;
    part->turn.capture_req.data = part;
    fup_pg_submit(part->pg, &part->turn.capture_req, &fup_sql_capture, params,
                  8, on_capture);
}

static void on_saved(struct fup_pg_request *req,
                     enum fup_code code,
                     const struct fup_pg_rows *rows,
                     const struct fup_err *err)
{
    struct fup_part *part = req->data;

    (void)rows;
    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    FUP_POINT("saved");
    part->turn.saving = false;
    if (code != FUP_OK && part->capture.unsaved == NULL) {
        replace_text(&part->capture.unsaved, part->capture.from);
    }
}

void fup_capture_advance(struct fup_part *part)
{
    struct fup_capture *c = &part->capture;
    char partition[16];
    char epoch[24];
    const char *params[] = {partition, epoch, c->unsaved};

    if (c->unsaved == NULL || part->turn.saving || part->rebuild.wanted ||
        part->rebuild.running || part->turn.todo.n_keys > 0 ||
        !fup_engine_may_act(part->engine)) {
        return;
    }
    (void)snprintf(partition, sizeof partition, "%d", part->id);
    (void)snprintf(epoch, sizeof epoch, "%lld", (long long)part->epoch);
    part->turn.saving = true;
    part->refs++;
    part->turn.save_req.data = part;
    fup_pg_submit(part->pg, &part->turn.save_req, &fup_sql_captured, params, 3,
                  on_saved);
    replace_text(&c->unsaved, NULL);
}

void fup_capture_done(struct fup_part *part)
{
    struct fup_capture *c = &part->capture;

    replace_text(&c->from, NULL);
    replace_text(&c->to, NULL);
    replace_text(&c->xid, NULL);
    replace_text(&c->tenant, NULL);
    replace_text(&c->conversation, NULL);
    replace_text(&c->unsaved, NULL);
}

/* --- timers ----------------------------------------------------------------
 */

/* When to claim again: just before the next timer is due, by Redis' clock; one
 * whose lease runs out then may need another look. */
static uint64_t next_claim(const struct fup_part *part,
                           const struct fup_queue_claim *claim)
{
    uint64_t now_ms = uv_now(part->engine->loop);
    int64_t from_ms = claim->now_ms + FUP_LEAD_MS;

    if (part->turn.full_claim) {
        return now_ms;
    }
    if (claim->next_due_ms <= from_ms) {
        return now_ms + (claim->n == 0 ? 1 : 0);
    }
    if (claim->next_due_ms - from_ms < CLAIM_SLEEP_MS) {
        return now_ms + (uint64_t)(claim->next_due_ms - from_ms);
    }
    return now_ms + CLAIM_SLEEP_MS;
}

static void on_claim(void *data,
                     enum fup_code code,
                     const struct fup_queue_claim *claim,
                     const struct fup_err *err)
{
    struct fup_part *part = data;
    struct fup_engine *engine = part->engine;
    struct fup_turn *t = &part->turn;

    if (!fup_part_answered(part)) {
        return;
    }
    if (code == FUP_EFENCED) {
        fup_part_close(part);
        return;
    }
    if (code != FUP_OK) {
        part->next_claim_ms = uv_now(engine->loop) + CLAIM_SLEEP_MS;
        FUP_ENGINE_LOG(engine, DEBUG, "claim_failed", "partition=%d why=\"%s\"",
                       part->id, err != NULL ? err->msg : "");
        answered(part);
        return;
    }
    if (claim->n > 0) {
        FUP_POINT("claimed");
    }
    part->clock_ms = claim->now_ms - (int64_t)uv_now(engine->loop);
    t->full_claim = claim->n == (size_t)engine->o.claim_batch;
    part->next_claim_ms = next_claim(part, claim);
    for (size_t i = 0; i < claim->n; i++) {
        if (fup_work_add_id(&t->todo, claim->ids[i]) != FUP_OK) {
            break; /* its lease brings it back */
        }
    }
    answered(part);
}

static void claim(struct fup_part *part)
{
    struct fup_queue queue;

    fup_part_queue(part, &queue);
    part->turn.awaited++;
    part->refs++;
    fup_queue_claim(&queue, (size_t)part->engine->o.claim_batch, FUP_LEAD_MS,
                    part->engine->o.lease_ms, on_claim, part);
}

/* --- both ------------------------------------------------------------------
 */

void fup_gather(struct fup_part *part)
{
    struct fup_engine *engine = part->engine;
    struct fup_turn *t = &part->turn;
    uint64_t now_ms = uv_now(engine->loop);

    t->awaited = 1; /* this call */
    if (t->todo.n_keys == 0 && part->capture.next_ms <= now_ms) {
        capture(part);
    }
    if (t->todo.n_ids == 0 && part->next_claim_ms <= now_ms &&
        engine->redis_ok && fup_redis_ready(engine->redis)) {
        claim(part);
    }
    answered(part);
}
