/* followup report: what messages did; with --shadow, what shadow schedules
 * would have sent beside what happened. */

#include <cjson/cJSON.h>
#include <stdio.h>

#include "commands.h"
#include "core/time.h"
#include "flags.h"
#include "pg/block.h"
#include "pg/statements.h"
#include "print.h"

#define MESSAGES_MAX "1000"

struct wishes {
    const char *since;
    const char *until;
    const char *format;
    bool shadow;
};

static enum fup_code report(const struct fup_options *options,
                            const struct wishes *w,
                            enum fup_print_format format,
                            struct fup_err *err)
{
    const char *params[] = {w->since, w->until, MESSAGES_MAX};
    struct fup_pg_block *conn;
    struct fup_pg_rows rows;
    cJSON *tree = NULL;
    enum fup_code code = fup_pg_block_open(options->postgres, &conn, err);

    if (code != FUP_OK) {
        return code;
    }
    code = fup_pg_block_run(
        conn, w->shadow ? &fup_sql_report_shadow : &fup_sql_report, params,
        w->shadow ? 3 : 2, &rows, err);
    if (code == FUP_OK) {
        tree = cJSON_Parse(fup_pg_text(&rows, 0, 0));
    }
    fup_pg_block_close(conn);
    if (code == FUP_OK) {
        fup_print_out(tree, format);
    }
    cJSON_Delete(tree);
    return code;
}

static enum fup_code
check(const char *name, const char *text, struct fup_err *err)
{
    struct fup_err why = {0};
    int64_t at;

    if (text == NULL || fup_time_parse(text, &at, &why) == FUP_OK) {
        return FUP_OK;
    }
    return fup_err_set(err, FUP_EINVAL, "%s: %s", name, why.msg);
}

int fup_cmd_report(const struct fup_options *options, int argc, char **argv)
{
    struct wishes w = {.shadow = false};
    struct fup_err err = {0};
    enum fup_print_format format = FUP_PRINT_TABLE;
    int n;
    int status;
    const struct fup_flag rows[] = {
        {"shadow", NULL, "what shadow schedules would have sent", NULL,
         &w.shadow},
        {"since", "INSTANT", "default: 30 days ago, with --shadow 7", &w.since,
         NULL},
        {"until", "INSTANT", "default: now", &w.until, NULL},
        {"format", "table|json", "how to print", &w.format, NULL},
    };
    const struct fup_flags flags = {
        "report [--shadow] [--since INSTANT] [--until INSTANT]",
        "Prints how many messages of each step and variant were replied to, "
        "with the\ninterval of 95 %. With --shadow: what would have been sent, "
        "beside what\nhappened then.",
        rows, sizeof rows / sizeof rows[0], 0};

    if (!fup_flags_begin(&flags, argc, argv, &n, &status)) {
        return status;
    }
    if (check("--since", w.since, &err) != FUP_OK ||
        check("--until", w.until, &err) != FUP_OK ||
        fup_print_format_parse(w.format, &format, &err) != FUP_OK) {
        (void)fup_flags_fail("report", &err);
        return FUP_EXIT_USAGE;
    }
    if (!fup_flags_need("report", "postgres", options->postgres)) {
        return FUP_EXIT_USAGE;
    }
    return report(options, &w, format, &err) == FUP_OK
               ? FUP_EXIT_OK
               : fup_flags_fail("report", &err);
}
