/* The same questions that the worker asks the planner, over the same rows. */

#include "explain_why.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ask.h"
#include "codec/answer.h"
#include "core/time.h"

#define WHY_BYTES 8192

static void add_instant(cJSON *to, const char *name, int64_t at)
{
    char text[FUP_TIME_TEXT];

    if (at != FUP_TIME_NONE) {
        (void)cJSON_AddStringToObject(to, name, fup_time_format(at, text));
    }
}

static void add_plan(cJSON *tree, const struct fup_plan *plan, const char *kind)
{
    cJSON *next = cJSON_AddObjectToObject(tree, "next");
    struct fup_buf why;

    (void)cJSON_AddStringToObject(next, "action",
                                  fup_action_text(plan->action));
    if (plan->reason != FUP_REASON_NONE) {
        (void)cJSON_AddStringToObject(next, "reason",
                                      fup_reason_text(plan->reason));
    }
    if (kind != NULL) {
        (void)cJSON_AddNumberToObject(next, "step", plan->step);
        (void)cJSON_AddStringToObject(next, "kind", kind);
    }
    add_instant(next, "at", plan->at);
    add_instant(next, "expires_at", plan->expires_at);
    fup_buf_init(&why, WHY_BYTES);
    fup_answer_why(&why, &plan->trace);
    (void)cJSON_AddItemToObject(tree, "why", cJSON_Parse(fup_buf_text(&why)));
    fup_buf_done(&why);
}

static int64_t number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : 0;
}

/* Written as text: too long for a double. */
static int64_t since_of(const cJSON *asked)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(asked, "enroll_since");

    return cJSON_IsString(item) ? strtoll(item->valuestring, NULL, 10)
                                : FUP_TIME_NONE;
}

static void tell(const struct fup_ask *ask,
                 const struct fup_pg_rows *rows,
                 bool under_way,
                 cJSON *tree,
                 const cJSON *asked)
{
    const char *name = NULL;
    struct fup_plan plan;
    enum fup_reason reason;

    if (under_way) {
        if (fup_preview_next(ask->preview, rows, 0, &plan, &name) == FUP_OK) {
            add_plan(tree, &plan, name);
        } else {
            (void)cJSON_AddStringToObject(tree, "next", "cannot be told");
        }
        return;
    }
    reason = fup_preview_admit(ask->preview, rows, 0, since_of(asked), &name);
    if (reason == FUP_REASON_NONE) {
        (void)cJSON_AddStringToObject(tree, "would_enroll_in", name);
    } else {
        (void)cJSON_AddStringToObject(tree, "not_followed_up_because",
                                      fup_reason_text(reason));
    }
}

static enum fup_code ask_planner(struct fup_ask *ask,
                                 const char *const target[2],
                                 cJSON *tree,
                                 const cJSON *asked,
                                 struct fup_err *err)
{
    int64_t version = number_of(asked, "version");
    const struct fup_ask_load what = {
        .partition = (int)number_of(asked, "partition"),
        .ids = "{}",
        .tenant = target[0],
        .conversation = target[1],
    };
    struct fup_pg_rows rows;
    enum fup_code code =
        version != 0 ? fup_ask_version(ask, version, err) : FUP_OK;

    if (code == FUP_OK || code == FUP_EPARSE) {
        code = fup_ask_load(ask, &what, &rows, err);
    }
    if (code == FUP_OK && rows.n == 1) {
        tell(ask, &rows, version != 0, tree, asked);
    }
    return code;
}

enum fup_code fup_explain_why(struct fup_pg_block *conn,
                              const char *folder,
                              const char *const target[2],
                              cJSON *tree,
                              const cJSON *asked,
                              struct fup_err *err)
{
    struct fup_ask ask;
    enum fup_code code = fup_ask_init(&ask, conn, folder, err);

    if (code == FUP_OK) {
        code = ask_planner(&ask, target, tree, asked, err);
    } else if (code == FUP_EIO) {
        (void)cJSON_AddStringToObject(tree, "schedules", "cannot be read");
        code = FUP_OK;
    }
    fup_ask_done(&ask);
    return code;
}
