/* Commands for a whole schedule or tenant: a page of conversations at each
 * tick, so that what is due is not held up by them. Any worker does it:
 * PostgreSQL hands each page to one of them. */

#include "internal.h"
#include "pg/statements.h"

#define PAGE "500"

static void on_page(struct fup_pg_request *req,
                    enum fup_code code,
                    const struct fup_pg_rows *rows,
                    const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    engine->fanning = false;
    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (code == FUP_EREFUSED) {
        FUP_ENGINE_LOG(engine, WARN, "fan_out_refused", "why=\"%s\"", err->msg);
    }
    if (code == FUP_OK && fup_pg_int(rows, 0, 0, 0) > 0) {
        fup_engine_nudge(engine);
    }
}

void fup_fan_out_kick(struct fup_engine *engine)
{
    static const char *const params[] = {PAGE};

    if (engine->fanning || !fup_pg_ready(engine->pg_aside)) {
        return;
    }
    engine->fanning = true;
    engine->fan_req.data = engine;
    fup_pg_submit(engine->pg_aside, &engine->fan_req, &fup_sql_fan_out_next,
                  params, 1, on_page);
}
