#include "engine/preview.h"

#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "load.h"
#include "versions.h"

struct fup_preview {
    struct fup_versions versions;
    struct fup_zones *zones;
    const struct fup_channel_rule *channels;
    size_t n_channels;
};

/* Contents in files have no number: any that PostgreSQL does not give. */
static enum fup_code keep_files(struct fup_versions *v,
                                struct fup_schedules *files)
{
    for (size_t i = 0; i < files->n && i < FUP_VERSIONS_CURRENT_MAX; i++) {
        struct fup_schedule_file *file = &files->items[i];
        const struct fup_version *kept =
            fup_versions_keep(v, -1 - (int64_t)i, file->digest, file->schedule);

        file->schedule = NULL;
        if (kept == NULL) {
            return FUP_ENOMEM;
        }
        v->current[v->n_current++] = *kept;
    }
    return FUP_OK;
}

enum fup_code fup_preview_create(struct fup_schedules *schedules,
                                 const struct fup_channel_rule *channels,
                                 size_t n_channels,
                                 struct fup_preview **ret_preview)
{
    struct fup_preview *p = calloc(1, sizeof *p);
    enum fup_code code;

    if (p == NULL) {
        return FUP_ENOMEM;
    }
    fup_versions_init(&p->versions);
    p->channels = channels;
    p->n_channels = n_channels;
    code = keep_files(&p->versions, schedules);
    fup_schedules_done(schedules);
    *schedules = (struct fup_schedules){0};
    if (code == FUP_OK) {
        code = fup_zones_create(&p->zones);
    }
    if (code != FUP_OK) {
        fup_preview_free(p);
        return code;
    }
    *ret_preview = p;
    return FUP_OK;
}

void fup_preview_free(struct fup_preview *preview)
{
    if (preview != NULL) {
        fup_versions_done(&preview->versions);
        fup_zones_free(preview->zones);
        free(preview);
    }
}

bool fup_preview_knows(const struct fup_preview *preview, int64_t id)
{
    return fup_versions_find(&preview->versions, id) != NULL;
}

enum fup_code fup_preview_take(struct fup_preview *preview,
                               const struct fup_pg_rows *rows,
                               struct fup_err *err)
{
    enum fup_code code = FUP_OK;

    for (int i = 0; code == FUP_OK && i < rows->n; i++) {
        code = fup_versions_take(&preview->versions, rows, i, err);
    }
    return code;
}

int64_t fup_preview_cap_s(const struct fup_preview *preview)
{
    return fup_versions_cap_s(&preview->versions);
}

void fup_preview_who(const struct fup_pg_rows *rows,
                     int row,
                     const char **ret_tenant,
                     const char **ret_conversation)
{
    struct fup_load_room room;
    struct fup_case c;

    fup_load_case(rows, row, &room, &c);
    *ret_tenant = c.tenant;
    *ret_conversation = c.conversation;
}

/* FUP_ENOENT: the version that @c is pinned to cannot be read. */
static enum fup_code make_env(const struct fup_preview *preview,
                              const struct fup_case *c,
                              struct fup_judge_env *ret)
{
    *ret = (struct fup_judge_env){
        .plan = {.zones = preview->zones,
                 .channels = preview->channels,
                 .n_channels = preview->n_channels},
        .current = preview->versions.current,
        .n_current = preview->versions.n_current,
        .version = fup_versions_find(&preview->versions, c->version),
        .since_at = FUP_TIME_NONE,
        .tag = "",
    };
    return ret->version != NULL && ret->version->schedule != NULL ? FUP_OK
                                                                  : FUP_ENOENT;
}

enum fup_code fup_preview_migrate(const struct fup_preview *preview,
                                  const struct fup_pg_rows *rows,
                                  int row,
                                  const char *margin,
                                  struct fup_buf *answer)
{
    struct fup_load_room room;
    struct fup_judge_env env;
    struct fup_decision d;
    struct fup_case c;
    enum fup_code code;

    fup_load_case(rows, row, &room, &c);
    code = make_env(preview, &c, &env);
    if (code != FUP_OK) {
        return code;
    }
    c.order = (struct fup_order){
        .seq = 1,
        .action = "migrate_version",
        .at = FUP_TIME_NONE,
        .until_at = FUP_TIME_NONE,
        .delay = margin,
    };
    fup_decision_init(&d);
    d.version = env.version;
    d.run = c.run;
    d.waits_for = c.waits_for;
    code = fup_order_judge(&env, &c, &d);
    if (code == FUP_OK) {
        fup_buf_adds(answer, fup_buf_text(&d.answer));
    }
    fup_decision_done(&d);
    return code;
}

enum fup_code fup_preview_next(const struct fup_preview *preview,
                               const struct fup_pg_rows *rows,
                               int row,
                               struct fup_plan *ret_plan,
                               const char **ret_kind)
{
    struct fup_load_room room;
    struct fup_judge_env env;
    struct fup_case c;
    enum fup_code code;

    fup_load_case(rows, row, &room, &c);
    code = make_env(preview, &c, &env);
    if (code != FUP_OK) {
        return code;
    }
    fup_plan_next(&env.plan, env.version->schedule, c.known ? &c.facts : NULL,
                  &c.run, c.now, ret_plan);
    if (fup_judge_catch_up(&env, &c, ret_plan) != NULL) {
        ret_plan->reason = FUP_REASON_PACED;
    }
    *ret_kind = ret_plan->step > 0
                    ? env.version->schedule->steps[ret_plan->step - 1].kind
                    : NULL;
    return FUP_OK;
}

enum fup_reason fup_preview_admit(const struct fup_preview *preview,
                                  const struct fup_pg_rows *rows,
                                  int row,
                                  int64_t since_at,
                                  const char **ret_schedule)
{
    const struct fup_schedule *from[FUP_VERSIONS_CURRENT_MAX];
    const struct fup_schedule *match = NULL;
    struct fup_load_room room;
    struct fup_case c;
    enum fup_reason reason;

    fup_load_case(rows, row, &room, &c);
    if (!c.known) {
        return FUP_REASON_GONE;
    }
    for (size_t i = 0; i < preview->versions.n_current; i++) {
        from[i] = preview->versions.current[i].schedule;
    }
    reason = fup_plan_admit(from, preview->versions.n_current, &c.facts,
                            since_at, &match);
    if (reason == FUP_REASON_NONE) {
        *ret_schedule = match->name;
    }
    return reason;
}
