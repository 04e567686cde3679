/* Forgetting what ended long ago: a page at each tick, through all our
 * partitions and back to the first an hour later, aside from all other work.
 * What a page forgets it forgets for good, so nothing depends on how far a
 * round comes. */

#include <stdio.h>

#include "internal.h"
#include "pg/statements.h"

/* Rows of the ledger that are looked at: the partition is locked meanwhile, for
 * less than a turn takes. Four pages a second are 170 million rows a day. */
#define PAGE      500
#define ROUND_MS  3600000
#define S_PER_DAY 86400

enum { COL_NEXT, COL_ENDED, COL_ROWS, COL_COMMANDS };

static void end_round(struct fup_engine *engine)
{
    struct fup_forget *f = &engine->forget;

    if (f->ended > 0 || f->commands > 0) {
        FUP_ENGINE_LOG(engine, INFO, "forgotten",
                       "enrollments=%lld rows=%lld commands=%lld",
                       (long long)f->ended, (long long)f->rows,
                       (long long)f->commands);
    }
    /* Without a page there was no partition of ours yet. */
    if (f->pages > 0) {
        f->next_ms = uv_now(engine->loop) + ROUND_MS;
    }
    f->part = 0;
    f->after = 0;
    f->pages = f->ended = f->rows = f->commands = 0;
}

static void next_part(struct fup_forget *f)
{
    f->part++;
    f->after = 0;
}

static void count(struct fup_forget *f, const struct fup_pg_rows *rows)
{
    int64_t next = fup_pg_int(rows, 0, COL_NEXT, -1);

    f->pages++;
    f->ended += fup_pg_int(rows, 0, COL_ENDED, 0);
    f->rows += fup_pg_int(rows, 0, COL_ROWS, 0);
    f->commands += fup_pg_int(rows, 0, COL_COMMANDS, 0);
    if (next >= 0) {
        f->after = next;
    } else {
        next_part(f);
    }
}

/* A page that was not answered is asked for again: what it did is done. */
static void on_forgotten(struct fup_pg_request *req,
                         enum fup_code code,
                         const struct fup_pg_rows *rows,
                         const struct fup_err *err)
{
    struct fup_engine *engine = req->data;
    struct fup_forget *f = &engine->forget;

    f->asking = false;
    if (engine->stage != FUP_ENGINE_OPEN) {
        return;
    }
    if (code == FUP_OK) {
        f->said = false;
        count(f, rows);
    } else if (code == FUP_EREFUSED) {
        if (!f->said) {
            FUP_ENGINE_LOG(engine, WARN, "forget_refused", "why=\"%s\"",
                           err->msg);
        }
        f->said = true;
        f->pages++;
        f->part = FUP_PARTS_MAX;
    }
}

/* At least as long as any version, of a file or of a follow-up under way,
 * counts messages. */
static int64_t keep_s(const struct fup_engine *engine)
{
    int64_t wanted = (int64_t)engine->o.keep_days * S_PER_DAY;
    int64_t counted = fup_versions_cap_s(&engine->versions);

    return wanted > counted ? wanted : counted;
}

static void ask(struct fup_engine *engine, const struct fup_part *part)
{
    struct fup_forget *f = &engine->forget;
    char numbers[5][24];
    const char *params[5];
    const int64_t values[] = {part->id, keep_s(engine), f->after,
                              part->relay.seq, PAGE};

    for (int i = 0; i < 5; i++) {
        (void)snprintf(numbers[i], sizeof numbers[i], "%lld",
                       (long long)values[i]);
        params[i] = numbers[i];
    }
    f->asking = true;
    f->req.data = engine;
    fup_pg_submit(engine->pg_aside, &f->req, &fup_sql_forget, params, 5,
                  on_forgotten);
}

void fup_forget_tick(struct fup_engine *engine, uint64_t now_ms)
{
    struct fup_forget *f = &engine->forget;
    const struct fup_part *part = NULL;

    if (f->asking || now_ms < f->next_ms || engine->o.keep_days == 0 ||
        !fup_pg_ready(engine->pg_aside)) {
        return;
    }
    while (f->part < FUP_PARTS_MAX && part == NULL) {
        part = engine->parts[f->part];
        if (part == NULL) {
            next_part(f);
        }
    }
    if (part == NULL) {
        end_round(engine);
    } else if (part->relay.known && !part->closing) {
        ask(engine, part);
    } /* else Redis is away, or it is another's soon */
}
