/* Judging what was loaded: each row becomes a case, a decision, a verdict. */

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "load.h"
#include "pg/binary.h"

static void judge_env(struct fup_part *part, struct fup_judge_env *env)
{
    const struct fup_engine *engine = part->engine;

    *env = (struct fup_judge_env){
        .plan = {.zones = engine->zones,
                 .channels = engine->o.channels,
                 .n_channels = engine->o.n_channels},
        .limits = engine->o.limits,
        .n_limits = engine->o.n_limits,
        .current = engine->versions.current,
        .n_current = engine->versions.n_current,
        .since_at = engine->since_at,
        .tag = engine->tag,
        .partition = part->id,
        .paces = part->paces,
        .clock_ms = (int64_t)uv_now(engine->loop),
        .n_shares = engine->partitions,
    };
}

/* Timers are scored in ms, never before the instant. */
static int64_t due_ms(const struct fup_decision *d)
{
    if (d->outcome != NULL || d->run.due_at == FUP_TIME_NONE ||
        d->run.due_at == FUP_TIME_NEVER) {
        return FUP_QUEUE_NEVER;
    }
    return (d->run.due_at + FUP_US_PER_MS - 1) / FUP_US_PER_MS;
}

/* The customer wrote, which ended the enrollment or took its last message back;
 * we may have answered since, and that is a silence of its own. */
static bool may_have_begun(const struct fup_decision *d)
{
    return d->event != NULL &&
           (strcmp(d->event, "withdrawn") == 0 ||
            (d->outcome != NULL && strcmp(d->outcome, "replied") == 0));
}

/* Keep what is to be written, for the streams. */
static enum fup_code keep_row(const struct fup_case *c,
                              const struct fup_decision *d,
                              struct fup_verdict *v)
{
    struct fup_ledger_row row;

    if (d->event == NULL) {
        return FUP_OK;
    }
    fup_decision_row(c, d, &row);
    v->row = fup_ledger_row_copy(&row);
    return v->row != NULL ? FUP_OK : FUP_ENOMEM;
}

static enum fup_code note_verdict(struct fup_part *part,
                                  const struct fup_case *c,
                                  struct fup_decision *d)
{
    struct fup_turn *t = &part->turn;
    struct fup_verdict *v =
        fup_verdicts_add(&t->done, c->tenant, c->conversation);

    if (v == NULL) {
        return FUP_ENOMEM;
    }
    v->enrollment = c->enrollment;
    v->due_ms =
        c->outcome != NULL && d->event == NULL ? FUP_QUEUE_NEVER : due_ms(d);
    v->pace = d->pace;
    v->more = c->order.seq != 0 || may_have_begun(d);
    if (c->order.request_id != NULL && d->order_status != NULL) {
        v->request_id = strdup(c->order.request_id);
        v->answer = strdup(fup_buf_text(&d->answer));
        if (v->request_id == NULL || v->answer == NULL) {
            return FUP_ENOMEM;
        }
    }
    if (d->event != NULL || d->order_status != NULL ||
        (c->suppress != NULL && c->facts.contact != NULL)) {
        v->ord = (int)t->done.n - 1;
        fup_decision_write(c, d, v->ord, &t->decisions);
    }
    if (t->decisions.failed != FUP_OK) {
        return t->decisions.failed;
    }
    return keep_row(c, d, v);
}

/* A version that cannot be read any more must not stop the others: the
 * enrollment rests, and the log has said why. */
static enum fup_code judge_row(struct fup_part *part,
                               struct fup_judge_env *env,
                               const struct fup_pg_rows *rows,
                               int row)
{
    struct fup_load_room room;
    struct fup_case c;
    struct fup_decision d;
    enum fup_code code;

    fup_load_case(rows, row, &room, &c);
    c.now += FUP_LEAD_MS * FUP_US_PER_MS;
    part->turn.now_ms = c.now / FUP_US_PER_MS;
    if (c.version != 0) {
        env->version = fup_versions_find(&part->engine->versions, c.version);
        if (env->version == NULL || env->version->schedule == NULL) {
            return FUP_OK;
        }
    }
    fup_decision_init(&d);
    code = fup_judge(env, &c, &d);
    if (code == FUP_OK) {
        code = note_verdict(part, &c, &d);
    }
    fup_decision_done(&d);
    return code;
}

enum fup_code fup_turn_judge(struct fup_part *part,
                             const struct fup_pg_rows *rows)
{
    struct fup_turn *t = &part->turn;
    struct fup_judge_env env;
    enum fup_code code = FUP_OK;

    judge_env(part, &env);
    fup_verdicts_clear(&t->done);
    fup_buf_clear(&t->decisions);
    if (rows->n > 0) {
        fup_pg_rows_begin(&t->decisions, fup_load_decision_type(rows));
    }
    for (int i = 0; code == FUP_OK && i < rows->n; i++) {
        code = judge_row(part, &env, rows, i);
    }
    free(t->seen);
    t->seen = NULL;
    if (rows->n > 0) {
        t->seen = strdup(fup_load_snapshot(rows));
        code = t->seen == NULL ? FUP_ENOMEM : code;
    }
    return code;
}
