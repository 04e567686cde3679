/* Asking an adapter what triggers do not tell: which messages are new, every
 * capture_idle_ms, and what else has changed, every poll_ms. Any worker asks;
 * PostgreSQL lets one in at a time. What is told is noted as changes are that
 * triggers note, and found as they are. */

#include "internal.h"
#include "pg/statements.h"

static void on_polled(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    engine->polling = false;
    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (code == FUP_OK) {
        engine->said_poll = false;
        if (fup_pg_int(rows, 0, 0, 0) > 0) {
            fup_engine_nudge(engine);
        }
    } else if (!engine->said_poll) {
        FUP_ENGINE_LOG(engine, WARN, "poll_failed", "why=\"%s\"", err->msg);
        engine->said_poll = true;
    }
}

void fup_poll_tick(struct fup_engine *engine, uint64_t now_ms)
{
    if (engine->polling || now_ms < engine->next_poll_ms ||
        !fup_pg_ready(engine->pg_aside)) {
        return;
    }
    engine->polling = true;
    engine->next_poll_ms = now_ms + (uint64_t)engine->o.poll_ms;
    engine->poll_req.data = engine;
    fup_pg_submit(engine->pg_aside, &engine->poll_req, &fup_sql_poll,
                  /* params= */ NULL, 0, on_polled);
}

static void on_read(struct fup_pg_request *req,
                    enum fup_code code,
                    const struct fup_pg_rows *rows,
                    const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    engine->reading = false;
    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (code == FUP_OK && fup_pg_text(rows, 0, 0) != NULL) {
        engine->said_read = false;
        return;
    }
    /* Not of this adapter; or not now, and not forty times a second. */
    engine->next_read_ms = uv_now(engine->loop) + (uint64_t)engine->o.poll_ms;
    if (code != FUP_OK && !engine->said_read) {
        FUP_ENGINE_LOG(engine, WARN, "read_failed", "why=\"%s\"", err->msg);
        engine->said_read = true;
    }
}

void fup_poll_read(struct fup_engine *engine)
{
    if (engine->reading || uv_now(engine->loop) < engine->next_read_ms) {
        return;
    }
    engine->reading = true;
    engine->read_req.data = engine;
    fup_pg_submit(engine->pg, &engine->read_req, &fup_sql_read_new,
                  /* params= */ NULL, 0, on_read);
}
