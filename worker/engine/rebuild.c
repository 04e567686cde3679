/* Timers that Redis lost come back from PostgreSQL: a rebuild reads every
 * active enrollment, page by page, and adds the timers that are missing; the
 * sweep looks for instants that passed without anything happening. Both go on
 * beside the turns, and doing them twice changes nothing. */

#include <stdio.h>
#include <stdlib.h>

#include "core/point.h"
#include "internal.h"
#include "pg/statements.h"

/* An enrollment so long overdue has lost its timer. */
#define OVERDUE_S 30
/* Few enough that the work beside waits no longer than for a turn. */
#define PRUNE_PAGE 5000
#define HOLD_PAGE  5000

static void next_page(struct fup_part *part);

static int read_timers(const struct fup_pg_rows *rows,
                       struct fup_queue_timer timers[FUP_TIMER_PAGE + 1])
{
    int n = rows->n < FUP_TIMER_PAGE + 1 ? rows->n : FUP_TIMER_PAGE + 1;

    for (int i = 0; i < n; i++) {
        timers[i].id = fup_pg_int(rows, i, 0, 0);
        timers[i].due_ms = fup_pg_int(rows, i, 1, FUP_QUEUE_NEVER);
    }
    return n;
}

/* --- rebuild ---------------------------------------------------------------
 */

static void stop(struct fup_part *part, bool again)
{
    part->rebuild.running = false;
    part->rebuild.wanted = part->rebuild.wanted || again;
}

static void on_built(void *data, enum fup_code code, const struct fup_err *err)
{
    struct fup_part *part = data;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    stop(part, code != FUP_OK);
    if (code == FUP_OK) {
        FUP_ENGINE_LOG(part->engine, INFO, "timers_built",
                       "partition=%d added=%lld", part->id,
                       (long long)part->rebuild.count);
        part->next_claim_ms = 0;
        fup_part_arm(part);
    }
}

static void on_healed(void *data,
                      enum fup_code code,
                      const struct fup_queue_claim *claim,
                      const struct fup_err *err)
{
    struct fup_part *part = data;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        stop(part, true);
        return;
    }
    FUP_POINT("healed");
    part->rebuild.count += (int64_t)claim->n;
    next_page(part);
}

static void on_page(struct fup_pg_request *req,
                    enum fup_code code,
                    const struct fup_pg_rows *rows,
                    const struct fup_err *err)
{
    struct fup_part *part = req->data;
    struct fup_queue_timer timers[FUP_TIMER_PAGE + 1];
    struct fup_queue queue;
    int n;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK || !fup_redis_ready(part->engine->redis)) {
        stop(part, true);
        return;
    }
    fup_part_queue(part, &queue);
    n = read_timers(rows, timers);
    part->refs++;
    if (n == 0) {
        fup_queue_built(&queue, on_built, part);
        return;
    }
    part->rebuild.after = timers[n - 1].id;
    fup_queue_heal(&queue, timers, (size_t)n, /* spare_ms= */ 0, on_healed,
                   part);
}

static void next_page(struct fup_part *part)
{
    char partition[16];
    char after[24];
    char limit[16];
    const char *params[] = {partition, after, limit};

    (void)snprintf(partition, sizeof partition, "%d", part->id);
    (void)snprintf(after, sizeof after, "%lld", (long long)part->rebuild.after);
    (void)snprintf(limit, sizeof limit, "%d", FUP_TIMER_PAGE);
    part->refs++;
    part->rebuild.req.data = part;
    fup_pg_submit(part->pg, &part->rebuild.req, &fup_sql_timers, params, 3,
                  on_page);
}

static void on_begun(void *data, enum fup_code code, const struct fup_err *err)
{
    struct fup_part *part = data;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        stop(part, true);
        return;
    }
    next_page(part);
}

void fup_rebuild_kick(struct fup_part *part)
{
    struct fup_queue queue;

    if (part->closing || part->rebuild.running || !part->rebuild.wanted ||
        !fup_engine_may_act(part->engine) ||
        !fup_redis_ready(part->engine->redis)) {
        return;
    }
    part->rebuild.running = true;
    part->rebuild.wanted = false;
    part->rebuild.after = 0;
    part->rebuild.count = 0;
    for (size_t i = 0; i < FUP_CHANNELS_MAX; i++) {
        fup_pace_recall(&part->paces[i]);
    }
    fup_part_queue(part, &queue);
    part->refs++;
    fup_queue_begin(&queue, on_begun, part);
}

/* --- sweep -----------------------------------------------------------------
 */

static void look_for_overdue(struct fup_part *part);

static void say_healed(const struct fup_part *part, size_t n)
{
    FUP_ENGINE_LOG(part->engine, WARN, "timers_healed",
                   "partition=%d count=%zu", part->id, n);
}

static void on_missing_set(void *data,
                           enum fup_code code,
                           const struct fup_queue_claim *claim,
                           const struct fup_err *err)
{
    struct fup_part *part = data;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        part->sweeping = false;
        return;
    }
    if (claim->n > 0) {
        say_healed(part, claim->n);
        part->next_claim_ms = 0;
        fup_part_arm(part);
    }
    look_for_overdue(part);
}

/* Some wait for their turn among late messages: overdue too, and with timers
 * that are ahead on purpose. */
static bool is_catching_up(const struct fup_part *part)
{
    int64_t now_ms = (int64_t)uv_now(part->engine->loop);

    for (size_t i = 0; i < FUP_CHANNELS_MAX; i++) {
        if (fup_pace_is_kept(&part->paces[i], now_ms)) {
            return true;
        }
    }
    return false;
}

/* Set the timers that are missing, or that are later than they should be: most
 * of those that are overdue have theirs, and their turn has not come. */
static void heal_overdue(struct fup_part *part,
                         const struct fup_queue_timer *timers,
                         size_t n)
{
    struct fup_queue queue;

    fup_part_queue(part, &queue);
    part->refs++;
    fup_queue_heal(&queue, timers, n,
                   is_catching_up(part) ? FUP_PACE_AHEAD_MS : 0, on_missing_set,
                   part);
}

static void on_overdue(struct fup_pg_request *req,
                       enum fup_code code,
                       const struct fup_pg_rows *rows,
                       const struct fup_err *err)
{
    struct fup_part *part = req->data;
    struct fup_queue_timer timers[FUP_TIMER_PAGE + 1];
    int n;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK || rows->n == 0 ||
        !fup_redis_ready(part->engine->redis)) {
        part->sweeping = false;
        return;
    }
    n = read_timers(rows, timers);
    part->swept_after = timers[n - 1].id;
    if (timers[n - 1].due_ms == FUP_QUEUE_NEVER) {
        n--;
    }
    if (n > 0) {
        heal_overdue(part, timers, (size_t)n);
    } else {
        look_for_overdue(part);
    }
}

static void sweep_step(struct fup_part *part,
                       const struct fup_statement *statement,
                       const char *second,
                       fup_pg_cb cb)
{
    char partition[16];
    const char *params[] = {partition, second};

    (void)snprintf(partition, sizeof partition, "%d", part->id);
    part->refs++;
    part->sweep_req.data = part;
    fup_pg_submit(part->pg, &part->sweep_req, statement, params, 2, cb);
}

static void look_for_overdue(struct fup_part *part)
{
    char numbers[4][24];
    const char *params[4];

    (void)snprintf(numbers[0], sizeof numbers[0], "%d", part->id);
    (void)snprintf(numbers[1], sizeof numbers[1], "%d", OVERDUE_S);
    (void)snprintf(numbers[2], sizeof numbers[2], "%lld",
                   (long long)part->swept_after);
    (void)snprintf(numbers[3], sizeof numbers[3], "%d", FUP_TIMER_PAGE);
    for (int i = 0; i < 4; i++) {
        params[i] = numbers[i];
    }
    part->refs++;
    part->sweep_req.data = part;
    fup_pg_submit(part->pg, &part->sweep_req, &fup_sql_overdue, params, 4,
                  on_overdue);
}

static void prune(struct fup_part *part);

static void on_pruned(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_part *part = req->data;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        part->sweeping = false;
        return;
    }
    if (fup_pg_int(rows, 0, 0, 0) == PRUNE_PAGE) {
        prune(part);
        return;
    }
    part->swept_after = 0;
    look_for_overdue(part);
}

static void prune(struct fup_part *part)
{
    char limit[16];

    (void)snprintf(limit, sizeof limit, "%d", PRUNE_PAGE);
    sweep_step(part, &fup_sql_prune, limit, on_pruned);
}

static void on_marked(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_part *part = req->data;

    (void)rows;
    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        part->sweeping = false;
        return;
    }
    prune(part);
}

static void on_expired(struct fup_pg_request *req,
                       enum fup_code code,
                       const struct fup_pg_rows *rows,
                       const struct fup_err *err)
{
    struct fup_part *part = req->data;
    char epoch[24];

    (void)rows;
    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        part->sweeping = false;
        return;
    }
    (void)snprintf(epoch, sizeof epoch, "%lld", (long long)part->epoch);
    sweep_step(part, &fup_sql_done_low, epoch, on_marked);
}

void fup_sweep(struct fup_part *part)
{
    char limit[16];

    if (part->closing || part->sweeping || !fup_engine_may_act(part->engine)) {
        return;
    }
    (void)snprintf(limit, sizeof limit, "%d", FUP_TIMER_PAGE);
    part->sweeping = true;
    sweep_step(part, &fup_sql_expired, limit, on_expired);
}

/* --- holds -----------------------------------------------------------------
 */

static void ask_holds(struct fup_part *part,
                      const struct fup_statement *statement,
                      const char *second,
                      const char *third,
                      fup_pg_cb cb)
{
    char partition[16];
    const char *params[] = {partition, second, third};

    (void)snprintf(partition, sizeof partition, "%d", part->id);
    part->refs++;
    part->hold_req.data = part;
    fup_pg_submit(part->pg, &part->hold_req, statement, params,
                  third != NULL ? 3 : 2, cb);
}

/* Released ones come page after page, one at each check: they are to be judged
 * as well, beside all others. */
static void on_unheld(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fup_part *part = req->data;

    (void)err;
    part->asking_holds = false;
    if (!fup_part_answered(part) || code != FUP_OK) {
        return;
    }
    part->unheld_after =
        fup_pg_bool(rows, 0, 1) ? fup_pg_int(rows, 0, 0, 0) : 0;
}

static void on_held(struct fup_pg_request *req,
                    enum fup_code code,
                    const struct fup_pg_rows *rows,
                    const struct fup_err *err)
{
    struct fup_part *part = req->data;
    char after[24];
    char limit[16];

    (void)rows;
    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        part->asking_holds = false;
        return;
    }
    (void)snprintf(after, sizeof after, "%lld", (long long)part->unheld_after);
    (void)snprintf(limit, sizeof limit, "%d", HOLD_PAGE);
    ask_holds(part, &fup_sql_unheld, after, limit, on_unheld);
}

void fup_holds_kick(struct fup_part *part)
{
    char limit[16];

    if (part->closing || part->asking_holds ||
        !fup_engine_may_act(part->engine)) {
        return;
    }
    (void)snprintf(limit, sizeof limit, "%d", FUP_TIMER_PAGE);
    part->asking_holds = true;
    ask_holds(part, &fup_sql_held, limit, NULL, on_held);
}
