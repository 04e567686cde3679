/* followup explain: what is armed for one conversation, when, why; what
 * happened, and why nothing did. */

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "explain_why.h"
#include "flags.h"
#include "pg/block.h"
#include "pg/statements.h"
#include "print.h"

#define TENANT_BYTES 256

/* --- all ---------------------------------------------------------------- */

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool is_null(const cJSON *object, const char *name)
{
    return cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* What the planner says stands before what happened. A silence that was
 * followed up, and is over, says all by itself. */
static enum fup_code complete(const struct fup_options *options,
                              struct fup_pg_block *conn,
                              const char *const params[2],
                              cJSON *tree,
                              struct fup_err *err)
{
    cJSON *asked = cJSON_DetachItemFromObjectCaseSensitive(tree, "ask");
    cJSON *history = cJSON_DetachItemFromObjectCaseSensitive(tree, "history");
    const cJSON *enrollment =
        cJSON_GetObjectItemCaseSensitive(tree, "enrollment");
    enum fup_code code = FUP_OK;

    if (!is_null(asked, "version") ||
        (!is_null(tree, "facts") && !is_true(enrollment, "this_silence"))) {
        code =
            fup_explain_why(conn, options->schedules, params, tree, asked, err);
    }
    (void)cJSON_AddItemToObject(tree, "history", history);
    cJSON_Delete(asked);
    return code;
}

static enum fup_code explain(const struct fup_options *options,
                             const char *const params[2],
                             enum fup_print_format format,
                             struct fup_err *err)
{
    struct fup_pg_block *conn;
    struct fup_pg_rows rows;
    cJSON *tree = NULL;
    enum fup_code code = fup_pg_block_open(options->postgres, &conn, err);

    if (code != FUP_OK) {
        return code;
    }
    code = fup_pg_block_run(conn, &fup_sql_explain, params, 2, &rows, err);
    if (code == FUP_OK) {
        tree = cJSON_Parse(fup_pg_text(&rows, 0, 0));
        code = complete(options, conn, params, tree, err);
    }
    fup_pg_block_close(conn);
    if (code == FUP_OK) {
        fup_print_out(tree, format);
        if (is_null(tree, "facts") && is_null(tree, "enrollment")) {
            code =
                fup_err_set(err, FUP_ENOENT, "there is no such conversation");
        }
    }
    cJSON_Delete(tree);
    return code;
}

/* [TENANT/]CONVERSATION, unless --tenant was given. */
static const char *split_target(const char *target, char tenant[TENANT_BYTES])
{
    const char *slash = strchr(target, '/');

    if (slash == NULL || slash - target >= TENANT_BYTES) {
        (void)snprintf(tenant, TENANT_BYTES, "default");
        return target;
    }
    (void)snprintf(tenant, TENANT_BYTES, "%.*s", (int)(slash - target), target);
    return slash + 1;
}

int fup_cmd_explain(const struct fup_options *options, int argc, char **argv)
{
    struct fup_err err = {0};
    const char *format_text = NULL;
    const char *tenant = NULL;
    enum fup_print_format format = FUP_PRINT_TABLE;
    char before[TENANT_BYTES];
    const char *params[2];
    int n;
    int status;
    const struct fup_flag rows[] = {
        {"tenant", "TENANT", "instead of TENANT/", &tenant, NULL},
        {"format", "table|json", "how to print", &format_text, NULL},
    };
    const struct fup_flags flags = {
        "explain [TENANT/]CONVERSATION",
        "Prints what is known of a conversation, what is armed for it, when "
        "and why,\nwhat happened, and why nothing did.",
        rows, 2, 1};

    if (!fup_flags_begin(&flags, argc, argv, &n, &status)) {
        return status;
    }
    if (n != 1) {
        (void)fup_err_set(&err, FUP_EINVAL, "expected a conversation");
    }
    if (n != 1 ||
        fup_print_format_parse(format_text, &format, &err) != FUP_OK) {
        (void)fup_flags_fail("explain", &err);
        return FUP_EXIT_USAGE;
    }
    if (!fup_flags_need("explain", "postgres", options->postgres)) {
        return FUP_EXIT_USAGE;
    }
    params[1] = tenant != NULL ? argv[1] : split_target(argv[1], before);
    params[0] = tenant != NULL ? tenant : before;
    return explain(options, params, format, &err) == FUP_OK
               ? FUP_EXIT_OK
               : fup_flags_fail("explain", &err);
}
