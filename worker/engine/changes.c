/* Whether anything is new, asked for all partitions at once: a worker with
 * nothing to do does little else. What is new a turn of the partition reads. */

#include "internal.h"
#include "pg/array.h"
#include "pg/statements.h"

enum {
    COL_ID,
    COL_EPOCH,
    COL_NEXT_SEQ,
    COL_CHANGED,
};

#define ARRAY_MAX (4u << 20)
#define ARRAYS    4

static void
take_row(struct fup_engine *engine, const struct fup_pg_rows *rows, int row)
{
    int64_t id = fup_pg_int(rows, row, COL_ID, -1);
    int64_t next_seq = fup_pg_int(rows, row, COL_NEXT_SEQ, 0);
    struct fup_part *part =
        id >= 0 && id < FUP_PARTS_MAX ? engine->parts[id] : NULL;

    if (part == NULL || part->closing) {
        return;
    }
    if (part->epoch < fup_pg_int(rows, row, COL_EPOCH, 0)) {
        fup_part_close(part); /* the fence: it is not ours any more */
        return;
    }
    /* What a turn is writing its answer will bring. */
    if (next_seq > part->relay.end &&
        part->turn.sm.state != FUP_TURN_APPLYING) {
        part->relay.end = next_seq;
        fup_relay_kick(part);
    }
    if (fup_pg_bool(rows, row, COL_CHANGED)) {
        part->capture.next_ms = 0;
        fup_part_arm(part);
    }
}

/* A failure is met again by whoever does the work. */
static void on_changed(struct fup_pg_request *req,
                       enum fup_code code,
                       const struct fup_pg_rows *rows,
                       const struct fup_err *err)
{
    struct fup_engine *engine = req->data;

    (void)err;
    engine->asking = false;
    for (int i = 0; code == FUP_OK && i < rows->n; i++) {
        take_row(engine, rows, i);
    }
}

/* Partitions that wait for a change; how many. */
static int write_arrays(const struct fup_engine *engine,
                        struct fup_buf arrays[ARRAYS])
{
    int n = 0;

    for (int i = 0; i < ARRAYS; i++) {
        fup_pg_array_begin(&arrays[i]);
    }
    for (int i = 0; i < FUP_PARTS_MAX; i++) {
        const struct fup_part *part = engine->parts[i];

        if (part != NULL && !part->closing && part->capture.from != NULL) {
            fup_pg_array_int(&arrays[0], part->id);
            fup_pg_array_int(&arrays[1], part->epoch);
            fup_pg_array_int(&arrays[2], part->relay.end);
            fup_pg_array_text(&arrays[3], part->capture.from);
            n++;
        }
    }
    for (int i = 0; i < ARRAYS; i++) {
        fup_pg_array_end(&arrays[i]);
        n = arrays[i].failed == FUP_OK ? n : 0;
    }
    return n;
}

static void ask(struct fup_engine *engine)
{
    struct fup_buf arrays[ARRAYS];
    const char *params[ARRAYS];

    for (int i = 0; i < ARRAYS; i++) {
        fup_buf_init(&arrays[i], ARRAY_MAX);
    }
    if (write_arrays(engine, arrays) > 0) {
        for (int i = 0; i < ARRAYS; i++) {
            params[i] = fup_buf_text(&arrays[i]);
        }
        engine->asking = true;
        engine->ask_req.data = engine;
        fup_pg_submit(engine->pg, &engine->ask_req, &fup_sql_changed, params,
                      ARRAYS, on_changed);
    }
    for (int i = 0; i < ARRAYS; i++) {
        fup_buf_done(&arrays[i]);
    }
}

static void on_ask(uv_timer_t *timer)
{
    struct fup_engine *engine = timer->data;

    if (!engine->asking && fup_engine_may_act(engine)) {
        fup_poll_read(engine); /* before, on the same session: asked for next */
        ask(engine);
    }
}

void fup_changes_start(struct fup_engine *engine)
{
    uint64_t ms = (uint64_t)engine->o.capture_idle_ms;

    (void)uv_timer_start(&engine->ask_timer, on_ask, ms, ms);
}
