/* What must be there before any work: the schema, and a CRM that the adapter
 * fits. Both are asked for until they are, so that the schema may be made, and
 * the adapter be mended, while the worker waits. What is wrong is said once. */

#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "internal.h"
#include "pg/statements.h"

#define AGAIN_MS 2000

enum {
    COL_TAG,
    COL_PARTITIONS,
    COL_SINCE,
    COL_ADAPTER,
};

enum {
    COL_SEVERITY,
    COL_PROBLEM,
};

static void refused(struct fup_engine *engine, const struct fup_err *err)
{
    if (!engine->said_missing) {
        FUP_ENGINE_LOG(engine, ERROR, "schema_missing",
                       "do=\"followup migrate\" why=\"%s\"", err->msg);
        engine->said_missing = true;
    }
}

static bool is_error(const struct fup_pg_rows *rows, int row)
{
    const char *severity = fup_pg_text(rows, row, COL_SEVERITY);

    return severity == NULL || strcmp(severity, "warning") != 0;
}

/* Whether nothing stands in the way. All is said when it is not what was said
 * the last time. */
static bool fits(struct fup_engine *engine, const struct fup_pg_rows *rows)
{
    uint64_t said = FUP_FNV_START;
    bool fine = true;

    for (int i = 0; i < rows->n; i++) {
        said = fup_fnv1a_text(said, fup_pg_text(rows, i, COL_PROBLEM));
        fine = fine && !is_error(rows, i);
    }
    for (int i = 0; i < rows->n && said != engine->said_problems; i++) {
        fup_log(engine->o.log, is_error(rows, i) ? FUP_LOG_ERROR : FUP_LOG_WARN,
                "adapter_problem", "what=\"%s\"",
                fup_pg_text(rows, i, COL_PROBLEM));
    }
    engine->said_problems = said;
    return fine;
}

static void on_problems(struct fup_pg_request *req,
                        enum fup_code code,
                        const struct fup_pg_rows *rows,
                        const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    engine->installing = false;
    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (code == FUP_EREFUSED) {
        refused(engine, err);
    }
    if (code != FUP_OK || !fits(engine, rows)) {
        return;
    }
    engine->installed = true;
    fup_versions_resume(engine);
}

static void on_installation(struct fup_pg_request *req,
                            enum fup_code code,
                            const struct fup_pg_rows *rows,
                            const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    if (engine->stage != FUP_ENGINE_OPEN || code != FUP_OK || rows->n != 1) {
        engine->installing = false;
        if (code == FUP_EREFUSED && engine->stage == FUP_ENGINE_OPEN) {
            refused(engine, err);
        }
        return;
    }
    (void)snprintf(engine->tag, sizeof engine->tag, "%s",
                   fup_pg_text(rows, 0, COL_TAG));
    engine->since_at = fup_pg_int(rows, 0, COL_SINCE, FUP_TIME_NONE);
    if (fup_pg_text(rows, 0, COL_ADAPTER) == NULL && !engine->said_missing) {
        FUP_ENGINE_LOG(engine, WARN, "no_adapter",
                       "do=\"followup migrate --adapter NAME\"");
    }
    fup_pg_submit(engine->pg, req, &fup_sql_problems, NULL, 0, on_problems);
}

void fup_install_tick(struct fup_engine *engine, uint64_t now_ms)
{
    if (engine->installed || engine->installing ||
        now_ms < engine->next_install_ms || !fup_pg_ready(engine->pg)) {
        return;
    }
    engine->installing = true;
    engine->next_install_ms = now_ms + AGAIN_MS;
    engine->install_req.data = engine;
    fup_pg_submit(engine->pg, &engine->install_req, &fup_sql_installation, NULL,
                  0, on_installation);
}
