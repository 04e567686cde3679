/* followup enroll --since: silences from before the first start, taken in at a
 * pace. For one conversation, enroll is a command like the others. */

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "core/hash.h"
#include "core/time.h"
#include "enroll_list.h"
#include "flags.h"
#include "pg/block.h"
#include "pg/statements.h"
#include "print.h"
#include "redis_block.h"

#define ANSWER_MS    5000
#define LIMIT        10000
#define PER_HOUR_MAX 3600

struct wishes {
    const char *since;
    const char *tenant;
    const char *per_hour;
    const char *by;
    const char *format;
    bool dry_run;
};

static enum fup_code read_list(const struct fup_options *options,
                               const struct wishes *w,
                               struct fup_enroll_list *list,
                               int64_t *ret_more,
                               struct fup_err *err)
{
    char limit[16];
    const char *params[] = {w->since, w->tenant, limit};
    struct fup_pg_block *conn;
    struct fup_pg_rows rows;
    enum fup_code code = fup_pg_block_open(options->postgres, &conn, err);

    if (code != FUP_OK) {
        return code;
    }
    (void)snprintf(limit, sizeof limit, "%d", LIMIT);
    code = fup_pg_block_run(conn, &fup_sql_enroll_list, params, 3, &rows, err);
    *ret_more = code == FUP_OK ? fup_pg_int(&rows, 0, 1, 0) - rows.n : 0;
    for (int i = 0; code == FUP_OK && i < rows.n; i++) {
        code = fup_enroll_list_add(list, fup_pg_text(&rows, i, 0), err);
    }
    fup_pg_block_close(conn);
    return code;
}

/* The same silence is taken in once, however often this is done. */
static void name_request(const struct fup_enroll_take *take, char text[32])
{
    uint64_t hash = fup_fnv1a_text(FUP_FNV_START, take->tenant);

    hash = fup_fnv1a_text(fup_fnv1a(hash, "\x1f", 1), take->conversation);
    hash = fup_fnv1a(fup_fnv1a(hash, "\x1f", 1), &take->episode_at,
                     sizeof take->episode_at);
    (void)snprintf(text, 32, "enroll-%016" PRIx64, hash);
}

static enum fup_code give(struct fup_redis_block *redis,
                          const struct fup_options *options,
                          const char *by,
                          const struct fup_enroll_take *take,
                          struct fup_err *err)
{
    char stream[128];
    char request[32];
    char at[FUP_TIME_TEXT];
    const char *argv[] = {"XADD",
                          stream,
                          "*",
                          "action",
                          "enroll",
                          "tenant",
                          take->tenant,
                          "conversation",
                          take->conversation,
                          "schedule",
                          take->schedule,
                          "request_id",
                          request,
                          "by",
                          by,
                          "at",
                          at};
    int n = (int)(sizeof argv / sizeof argv[0]);

    (void)snprintf(stream, sizeof stream, "%s:commands", options->prefix);
    name_request(take, request);
    (void)fup_time_format(take->first_at, at);
    return fup_redis_block_run(redis, argv,
                               take->first_at == FUP_TIME_NONE ? n - 2 : n,
                               NULL, NULL, err);
}

static enum fup_code give_all(const struct fup_options *options,
                              const struct wishes *w,
                              const struct fup_enroll_list *list,
                              struct fup_err *err)
{
    const char *user = w->by != NULL ? w->by : getenv("USER");
    const struct fup_enroll_take *take;
    struct fup_redis_block *redis = NULL;
    enum fup_code code =
        fup_redis_block_open(options->redis, ANSWER_MS, &redis, err);

    if (user == NULL || user[0] == '\0') {
        user = "console";
    }
    for (size_t i = 0;
         code == FUP_OK && (take = fup_enroll_list_take(list, i)) != NULL;
         i++) {
        code = give(redis, options, user, take, err);
    }
    fup_redis_block_close(redis);
    return code;
}

static enum fup_code run(const struct fup_options *options,
                         const struct wishes *w,
                         enum fup_print_format format,
                         struct fup_err *err)
{
    struct fup_enroll_list *list = NULL;
    int per_hour = (int)strtol(w->per_hour, NULL, 10);
    int64_t more = 0;
    cJSON *tree;
    enum fup_code code =
        fup_enroll_list_open(options->schedules, per_hour, &list, err);

    if (code == FUP_OK) {
        code = read_list(options, w, list, &more, err);
    }
    if (code == FUP_OK && !w->dry_run) {
        code = give_all(options, w, list, err);
    }
    if (code == FUP_OK) {
        tree = fup_enroll_list_tree(list);
        if (more > 0) {
            (void)cJSON_AddNumberToObject(tree, "more", (double)more);
        }
        fup_print_out(tree, format);
        cJSON_Delete(tree);
    }
    fup_enroll_list_close(list);
    return code;
}

static enum fup_code check(const struct wishes *w,
                           enum fup_print_format *format,
                           struct fup_err *err)
{
    char *end;
    long per_hour = strtol(w->per_hour, &end, 10);
    int64_t since;

    if (fup_time_parse(w->since, &since, err) != FUP_OK) {
        return FUP_EINVAL;
    }
    if (*end != '\0' || per_hour < 1 || per_hour > PER_HOUR_MAX) {
        return fup_err_set(err, FUP_EINVAL, "--per-hour: expected 1 to %d",
                           PER_HOUR_MAX);
    }
    return fup_print_format_parse(w->format, format, err);
}

static int
enroll_since(const struct fup_options *options, int argc, char **argv)
{
    struct wishes w = {.per_hour = "60"};
    struct fup_err err = {0};
    enum fup_print_format format = FUP_PRINT_TABLE;
    int n;
    int status;
    const struct fup_flag rows[] = {
        {"since", "INSTANT", "silences that began after it", &w.since, NULL},
        {"dry-run", NULL, "list them, and take in nobody", NULL, &w.dry_run},
        {"per-hour", "N", "first messages an hour at most, default 60",
         &w.per_hour, NULL},
        {"tenant", "TENANT", "only this tenant's", &w.tenant, NULL},
        {"by", "NAME", "who wants it; default: the user's name", &w.by, NULL},
        {"format", "table|json", "how to print", &w.format, NULL},
    };
    const struct fup_flags flags = {
        "enroll --since INSTANT [--dry-run] [FLAG...]",
        "Takes in silences from before the first start, newest first, and "
        "prints who,\nwhen each step falls, and how many messages an hour.",
        rows, sizeof rows / sizeof rows[0], 0};

    if (!fup_flags_begin(&flags, argc, argv, &n, &status)) {
        return status;
    }
    if (w.since == NULL) {
        (void)fup_err_set(&err, FUP_EINVAL, "--since: expected an instant");
    }
    if (w.since == NULL || check(&w, &format, &err) != FUP_OK) {
        (void)fup_flags_fail("enroll", &err);
        return FUP_EXIT_USAGE;
    }
    if (!fup_flags_need("enroll", "postgres", options->postgres) ||
        (!w.dry_run && !fup_flags_need("enroll", "redis", options->redis))) {
        return FUP_EXIT_USAGE;
    }
    return run(options, &w, format, &err) == FUP_OK
               ? FUP_EXIT_OK
               : fup_flags_fail("enroll", &err);
}

int fup_cmd_enroll(const struct fup_options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--since") == 0 ||
            strncmp(argv[i], "--since=", 8) == 0 ||
            strcmp(argv[i], "--dry-run") == 0) {
            return enroll_since(options, argc, argv);
        }
    }
    return fup_cmd_operate(options, argc, argv);
}
