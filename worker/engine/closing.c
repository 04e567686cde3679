/* Closing conversations, which a step has decided. The CRM's locks and triggers
 * may take their time, so it is done one by one, aside from all other work. Any
 * worker does it: PostgreSQL hands each conversation to one of them. */

#include "core/point.h"
#include "internal.h"
#include "pg/statements.h"

enum {
    COL_TENANT,
    COL_CONVERSATION,
    COL_RESULT,
    COL_STATE,
};

static void close_one(struct fup_engine *engine);

static void said(struct fup_engine *engine, const struct fup_pg_rows *rows)
{
    const char *state = fup_pg_text(rows, 0, COL_STATE);

    if (state != NULL) {
        FUP_ENGINE_LOG(engine, WARN, "close_failed",
                       "tenant=\"%.64s\" conversation=\"%.64s\" "
                       "sqlstate=%s",
                       fup_pg_text(rows, 0, COL_TENANT),
                       fup_pg_text(rows, 0, COL_CONVERSATION), state);
        return;
    }
    FUP_ENGINE_LOG(engine, DEBUG, "close", "conversation=\"%.64s\" result=%s",
                   fup_pg_text(rows, 0, COL_CONVERSATION),
                   fup_pg_text(rows, 0, COL_RESULT));
}

static void on_closed(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    FUP_POINT("closed");
    engine->shutting = false;
    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (code == FUP_EREFUSED) {
        FUP_ENGINE_LOG(engine, WARN, "close_refused", "why=\"%s\"", err->msg);
    }
    if (code != FUP_OK || rows->n == 0) {
        return; /* the next tick asks again */
    }
    said(engine, rows);
    close_one(engine);
}

static void close_one(struct fup_engine *engine)
{
    engine->shutting = true;
    engine->shut_req.data = engine;
    fup_pg_submit(engine->pg_aside, &engine->shut_req, &fup_sql_close_next,
                  /* params= */ NULL, 0, on_closed);
}

void fup_closing_kick(struct fup_engine *engine)
{
    if (!engine->shutting && fup_pg_ready(engine->pg_aside)) {
        close_one(engine);
    }
}
