#include "ask.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/schedule.h"
#include "pg/array.h"
#include "pg/statements.h"

#define ARRAY_BYTES 2048

enum fup_code fup_ask_init(struct fup_ask *ask,
                           struct fup_pg_block *conn,
                           const char *folder,
                           struct fup_err *err)
{
    struct fup_schedules files = {0};
    struct fup_problems problems;
    enum fup_code code;

    *ask = (struct fup_ask){.conn = conn};
    fup_problems_init(&problems);
    code = fup_schedules_load(folder, &files, &problems);
    if (code == FUP_OK || code == FUP_EPARSE) {
        code = fup_channels_load(folder, &ask->channels, &problems);
        if (code == FUP_EPARSE) {
            code = fup_channels_load(NULL, &ask->channels, &problems);
        }
    }
    fup_problems_done(&problems);
    if (code == FUP_OK) {
        code = fup_preview_create(&files, ask->channels.rules, ask->channels.n,
                                  &ask->preview);
    }
    fup_schedules_done(&files);
    if (code != FUP_OK) {
        return fup_err_set(err, code,
                           "schedules: cannot read the folder "
                           "\"%s\"",
                           folder);
    }
    return FUP_OK;
}

void fup_ask_done(struct fup_ask *ask)
{
    fup_preview_free(ask->preview);
    fup_channels_done(&ask->channels);
    *ask = (struct fup_ask){0};
}

enum fup_code
fup_ask_version(struct fup_ask *ask, int64_t id, struct fup_err *err)
{
    struct fup_pg_rows rows;
    char ids[32];
    const char *params[] = {ids};
    enum fup_code code;

    if (fup_preview_knows(ask->preview, id)) {
        return FUP_OK;
    }
    (void)snprintf(ids, sizeof ids, "{%" PRId64 "}", id);
    code = fup_pg_block_run(ask->conn, &fup_sql_version_get, params, 1, &rows,
                            err);
    return code == FUP_OK ? fup_preview_take(ask->preview, &rows, err) : code;
}

/* "{text}", or "{}" for NULL. */
static void write_array(struct fup_buf *out, const char *text)
{
    fup_pg_array_begin(out);
    if (text != NULL) {
        fup_pg_array_text(out, text);
    }
    fup_pg_array_end(out);
}

enum fup_code fup_ask_load(struct fup_ask *ask,
                           const struct fup_ask_load *what,
                           struct fup_pg_rows *ret_rows,
                           struct fup_err *err)
{
    struct fup_buf tenants;
    struct fup_buf conversations;
    char partition[16];
    char span[24];
    const char *params[5] = {partition, what->ids};
    enum fup_code code;

    fup_buf_init(&tenants, ARRAY_BYTES);
    fup_buf_init(&conversations, ARRAY_BYTES);
    write_array(&tenants, what->conversation != NULL ? what->tenant : NULL);
    write_array(&conversations, what->conversation);
    (void)snprintf(partition, sizeof partition, "%d", what->partition);
    (void)snprintf(span, sizeof span, "%" PRId64,
                   fup_preview_cap_s(ask->preview));
    params[2] = fup_buf_text(&tenants);
    params[3] = fup_buf_text(&conversations);
    params[4] = span;
    code = tenants.failed != FUP_OK ? tenants.failed : conversations.failed;
    if (code == FUP_OK) {
        code = fup_pg_block_run(ask->conn, &fup_sql_load, params, 5, ret_rows,
                                err);
    } else {
        (void)fup_err_set(err, code, "the name is too long");
    }
    fup_buf_done(&tenants);
    fup_buf_done(&conversations);
    return code;
}
