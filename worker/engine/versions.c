/* A schedule's content is put into PostgreSQL once, one file after the other;
 * when all have their ids, they become the current ones together. Enrollments
 * under way name the id that they are pinned to; contents that this worker has
 * not seen yet are read when they are first met. Nothing is ever let go of: a
 * business has a few hundred contents in its life. */

#include "versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "pg/statements.h"

void fup_versions_init(struct fup_versions *versions)
{
    *versions = (struct fup_versions){0};
}

void fup_versions_done(struct fup_versions *versions)
{
    for (size_t i = 0; i < versions->n; i++) {
        fup_schedule_free(versions->all[i]->schedule);
        free(versions->all[i]);
    }
    free(versions->all);
    fup_schedules_done(&versions->files);
    *versions = (struct fup_versions){0};
}

const struct fup_version *fup_versions_find(const struct fup_versions *versions,
                                            int64_t id)
{
    for (size_t i = 0; i < versions->n; i++) {
        if (versions->all[i]->id == id) {
            return versions->all[i];
        }
    }
    return NULL;
}

int64_t fup_versions_cap_s(const struct fup_versions *versions)
{
    int64_t longest = 0;

    for (size_t i = 0; i < versions->n; i++) {
        const struct fup_schedule *s = versions->all[i]->schedule;

        if (s != NULL && s->cap_max > 0 && s->cap_per_s > longest) {
            longest = s->cap_per_s;
        }
    }
    return longest;
}

const struct fup_version *fup_versions_keep(struct fup_versions *versions,
                                            int64_t id,
                                            const char *digest,
                                            struct fup_schedule *schedule)
{
    const struct fup_version *known = fup_versions_find(versions, id);
    struct fup_version **all;
    struct fup_version *v;

    if (known != NULL) {
        fup_schedule_free(schedule);
        return known;
    }
    all = realloc(versions->all, (versions->n + 1) * sizeof(void *));
    v = malloc(sizeof *v);
    if (all != NULL) {
        versions->all = all;
    }
    if (all == NULL || v == NULL) {
        free(v);
        fup_schedule_free(schedule);
        return NULL;
    }
    *v = (struct fup_version){.id = id, .schedule = schedule};
    (void)snprintf(v->digest, sizeof v->digest, "%s", digest);
    versions->all[versions->n++] = v;
    return v;
}

/* --- putting ---------------------------------------------------------------
 */

static void put_next(struct fup_engine *engine);

static void all_put(struct fup_engine *engine)
{
    struct fup_versions *v = &engine->versions;

    memcpy(v->current, v->putting, sizeof v->current);
    v->n_current = v->n_put;
    v->wanted = false;
    v->loaded = true;
    fup_schedules_done(&v->files);
    v->files = (struct fup_schedules){0};
    FUP_ENGINE_LOG(engine, INFO, "schedules", "count=%zu", v->n_current);
}

static void on_put(struct fup_pg_request *req,
                   enum fup_code code,
                   const struct fup_pg_rows *rows,
                   const struct fup_err *err)
{
    struct fup_engine *engine = req->data;
    struct fup_versions *v = &engine->versions;
    const struct fup_version *kept;

    v->busy = false;
    if (code == FUP_OK && rows->n == 1 && !v->changed) {
        struct fup_schedule_file *file = &v->files.items[v->n_put];

        kept = fup_versions_keep(v, fup_pg_int(rows, 0, 0, 0), file->digest,
                                 file->schedule);
        file->schedule = NULL;
        if (kept == NULL) {
            FUP_ENGINE_LOG(engine, ERROR, "out_of_memory", "");
            v->wanted = false;
            return;
        }
        v->putting[v->n_put++] = *kept;
    } else if (code == FUP_EREFUSED) {
        FUP_ENGINE_LOG(engine, ERROR, "schedule_refused", "why=\"%s\"",
                       err->msg);
        return;
    }
    if (code != FUP_ECLOSED && engine->stage == FUP_ENGINE_OPEN) {
        put_next(engine);
    }
}

static void put_next(struct fup_engine *engine)
{
    struct fup_versions *v = &engine->versions;
    const struct fup_schedule_file *file;
    const char *params[3];

    if (!v->wanted || v->busy || !engine->installed ||
        !fup_pg_ready(engine->pg)) {
        return;
    }
    if (v->changed) {
        v->changed = false;
        v->n_put = 0;
    }
    if (v->n_put == v->files.n || v->n_put == FUP_VERSIONS_CURRENT_MAX) {
        all_put(engine);
        return;
    }
    file = &v->files.items[v->n_put];
    params[0] = file->schedule->name;
    params[1] = file->digest;
    params[2] = file->canonical;
    v->busy = true;
    v->put_req.data = engine;
    fup_pg_submit(engine->pg, &v->put_req, &fup_sql_version_put, params, 3,
                  on_put);
}

void fup_versions_use(struct fup_engine *engine, struct fup_schedules *files)
{
    struct fup_versions *v = &engine->versions;

    fup_schedules_done(&v->files);
    v->files = *files;
    *files = (struct fup_schedules){0};
    v->wanted = true;
    v->changed = true;
    put_next(engine);
}

void fup_versions_resume(struct fup_engine *engine)
{
    put_next(engine);
}

/* --- reading ---------------------------------------------------------------
 */

enum fup_code fup_versions_take(struct fup_versions *versions,
                                const struct fup_pg_rows *rows,
                                int row,
                                struct fup_err *err)
{
    const char *definition = fup_pg_text(rows, row, 2);
    struct fup_schedule *schedule;
    struct fup_problems problems;
    enum fup_code code;

    fup_problems_init(&problems);
    code = fup_schedule_parse(definition, strlen(definition),
                              fup_pg_text(rows, row, 1), &schedule, &problems);
    if (code != FUP_OK) {
        (void)fup_problems_first(&problems, err);
        schedule = NULL;
    }
    fup_problems_done(&problems);
    if (code != FUP_ENOMEM &&
        fup_versions_keep(versions, fup_pg_int(rows, row, 0, 0),
                          fup_pg_text(rows, row, 3), schedule) == NULL) {
        code = FUP_ENOMEM;
    }
    return code;
}

void fup_versions_read(struct fup_engine *engine,
                       const struct fup_pg_rows *rows)
{
    for (int i = 0; i < rows->n; i++) {
        struct fup_err err = {0};

        if (fup_versions_take(&engine->versions, rows, i, &err) == FUP_EPARSE) {
            FUP_ENGINE_LOG(engine, ERROR, "version_unreadable",
                           "id=%s why=\"%s\"", fup_pg_text(rows, i, 0),
                           err.msg);
        }
    }
}
