/* Leases: which partitions are ours, and until when we may believe it.
 *
 * Renewed at a third of their length, on a session of their own. They are
 * trusted from the instant at which the renewal was sent, less a second; when
 * that passes without a new answer, nothing is claimed or applied. The fence in
 * every transaction refuses whatever was sent all the same.
 *
 * In between it is looked whether somebody has gone: what is vacant is taken
 * soon, not at the next renewal. */

#include <stdio.h>
#include <string.h>

#include "core/point.h"
#include "internal.h"
#include "pg/statements.h"

enum {
    COL_ID,
    COL_EPOCH,
    COL_NEXT_SEQ,
    COL_DONE_LOW,
    COL_CAPTURED,
    COL_PARTITIONS,
};

#define TRUST_MARGIN_MS 1000
#define LOOK_MS         500

static void
take(struct fup_engine *engine, const struct fup_pg_rows *rows, int i)
{
    struct fup_part_state state = {
        .id = (int)fup_pg_int(rows, i, COL_ID, 0),
        .epoch = fup_pg_int(rows, i, COL_EPOCH, 0),
        .next_seq = fup_pg_int(rows, i, COL_NEXT_SEQ, 0),
        .done_low = fup_pg_int(rows, i, COL_DONE_LOW, 0),
        .captured = fup_pg_text(rows, i, COL_CAPTURED),
    };
    struct fup_part *part;

    if (state.id < 0 || state.id >= FUP_PARTS_MAX) {
        return;
    }
    part = engine->parts[state.id];
    if (part == NULL) {
        if (fup_part_open(engine, &state) != FUP_OK) {
            FUP_ENGINE_LOG(engine, ERROR, "out_of_memory", "");
        }
        return;
    }
    part->done_low = state.done_low;
    if (part->epoch != state.epoch) {
        fup_part_close(part); /* opened anew when the next answer comes */
    }
}

static bool is_among(const struct fup_pg_rows *rows, int id)
{
    for (int i = 0; i < rows->n; i++) {
        if (fup_pg_int(rows, i, COL_ID, -1) == id) {
            return true;
        }
    }
    return false;
}

static void leased(struct fup_engine *engine, const struct fup_pg_rows *rows)
{
    int64_t trust_ms = engine->o.lease_ms - TRUST_MARGIN_MS;

    if (trust_ms < engine->o.lease_ms / 2) {
        trust_ms = engine->o.lease_ms / 2;
    }
    engine->trust_until_ms = (uint64_t)(engine->lease_sent_ms + trust_ms);
    for (int id = 0; id < FUP_PARTS_MAX; id++) {
        if (engine->parts[id] != NULL && !is_among(rows, id)) {
            fup_part_close(engine->parts[id]);
        }
    }
    for (int i = 0; i < rows->n; i++) {
        engine->partitions = (int)fup_pg_int(rows, i, COL_PARTITIONS, 1);
        take(engine, rows, i);
    }
    fup_engine_leased(engine);
}

static void on_tended(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    (void)rows;
    engine->tending = false;
    if (code == FUP_EREFUSED && engine->stage == FUP_ENGINE_OPEN) {
        FUP_ENGINE_LOG(engine, WARN, "tend_refused", "why=\"%s\"", err->msg);
    }
}

static void tend(struct fup_engine *engine)
{
    if (!engine->tending && fup_pg_ready(engine->pg_aside)) {
        engine->tending = true;
        engine->tend_req.data = engine;
        fup_pg_submit(engine->pg_aside, &engine->tend_req, &fup_sql_tend,
                      /* params= */ NULL, 0, on_tended);
    }
}

static void on_leased(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    engine->leasing = false;
    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (code == FUP_OK) {
        FUP_POINT("leased");
        leased(engine, rows);
        tend(engine);
    } else if (code == FUP_EREFUSED) {
        FUP_ENGINE_LOG(engine, ERROR, "lease_refused", "why=\"%s\"", err->msg);
    }
}

static void on_looked(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    (void)err;
    engine->looking = false;
    if (code == FUP_OK && fup_pg_bool(rows, 0, 0)) {
        engine->next_lease_ms = 0;
    }
}

static void look(struct fup_engine *engine, uint64_t now_ms)
{
    if (engine->looking || now_ms < engine->next_look_ms) {
        return;
    }
    engine->looking = true;
    engine->next_look_ms = now_ms + LOOK_MS;
    engine->look_req.data = engine;
    fup_pg_submit(engine->pg_lease, &engine->look_req, &fup_sql_vacant,
                  /* params= */ NULL, 0, on_looked);
}

void fup_lease_tick(struct fup_engine *engine, uint64_t now_ms)
{
    char ms[16];
    const char *params[] = {engine->o.worker_id, ms};

    if (engine->leasing || !engine->installed ||
        !fup_pg_ready(engine->pg_lease)) {
        return;
    }
    if (now_ms < engine->next_lease_ms) {
        look(engine, now_ms);
        return;
    }
    (void)snprintf(ms, sizeof ms, "%d", engine->o.lease_ms);
    engine->leasing = true;
    engine->lease_sent_ms = (int64_t)now_ms;
    engine->next_lease_ms = now_ms + (uint64_t)engine->o.lease_ms / 3;
    engine->lease_req.data = engine;
    fup_pg_submit(engine->pg_lease, &engine->lease_req, &fup_sql_lease, params,
                  2, on_leased);
}

static void on_released(struct fup_pg_request *req,
                        enum fup_code code,
                        const struct fup_pg_rows *rows,
                        const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    (void)code;
    (void)rows;
    (void)err;
    fup_engine_released(engine);
}

void fup_lease_release(struct fup_engine *engine)
{
    const char *params[] = {engine->o.worker_id};

    engine->release_req.data = engine;
    fup_pg_submit(engine->pg_lease, &engine->release_req, &fup_sql_release,
                  params, 1, on_released);
}
