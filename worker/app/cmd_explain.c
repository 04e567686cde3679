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

/* What the planner says stands before what happened. */
static void complete(const struct fup_options *options, cJSON *tree)
{
    cJSON *us = cJSON_DetachItemFromObjectCaseSensitive(tree, "us");
    cJSON *run = cJSON_DetachItemFromObjectCaseSensitive(tree, "run");
    cJSON *history = cJSON_DetachItemFromObjectCaseSensitive(tree, "history");
    const cJSON *enrollment =
        cJSON_GetObjectItemCaseSensitive(tree, "enrollment");
    bool ours = cJSON_IsTrue(
        cJSON_GetObjectItemCaseSensitive(enrollment, "this_silence"));

    if (cJSON_IsObject(run)) {
        fup_explain_next(options->schedules, tree, us, run);
    }
    if (cJSON_IsObject(us) && !ours) {
        fup_explain_why(options->schedules, tree, us);
    }
    (void)cJSON_AddItemToObject(tree, "history", history);
    cJSON_Delete(us);
    cJSON_Delete(run);
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
    }
    fup_pg_block_close(conn);
    if (code != FUP_OK) {
        return code;
    }
    complete(options, tree);
    fup_print_out(tree, format);
    if (cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(tree, "facts")) &&
        cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(tree, "enrollment"))) {
        code = fup_err_set(err, FUP_ENOENT, "there is no such conversation");
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
