/* followup migrate-version: with --dry-run, who would get what, and when;
 * without it, the command of this name.
 *
 * The preview reads what is under way page by page and asks the functions that
 * the worker decides with, so that thousands can be listed; each page is
 * printed before the next one is read. */

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "commands.h"
#include "flags.h"
#include "pg/statements.h"
#include "plan/delay.h"
#include "print.h"

#define PAGE         500
#define IDS_BYTES    16384
#define ANSWER_BYTES 16384
#define TENANT_BYTES 256

struct wanted {
    const char *tenant;
    const char *conversation;
    const char *contact;
    const char *schedule;
    const char *margin;
    const char *format;
    const char *by;
    const char *reason;
    const char *timeout;
    char before[TENANT_BYTES]; /* TENANT/ of the conversation */
    bool dry_run;
};

struct listing {
    struct fup_ask ask;
    const struct wanted *wanted;
    enum fup_print_format format;
    long moved;
    long all;
};

/* --- a row ---------------------------------------------------------------- */

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static void
copy(cJSON *row, const char *name, const cJSON *from, const char *member_name)
{
    const cJSON *item = member(from, member_name);

    (void)cJSON_AddItemToObject(row, name,
                                item != NULL ? cJSON_Duplicate(item, 1)
                                             : cJSON_CreateNull());
}

/* The instant, or what it waits for, or how it ends. */
static void add_when(cJSON *row, const char *name, const cJSON *from)
{
    static const char *const words[] = {"due_at", "waits_for", "outcome"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (cJSON_IsString(member(from, words[i]))) {
            copy(row, name, from, words[i]);
            return;
        }
    }
    (void)cJSON_AddNullToObject(row, name);
}

/* "delay +4h, send_hours +9h" */
static void add_why(cJSON *row, const cJSON *why)
{
    struct fup_buf text;
    const cJSON *move;

    fup_buf_init(&text, ANSWER_BYTES);
    cJSON_ArrayForEach(move, why)
    {
        const cJSON *moved = member(move, "moved");

        fup_buf_addf(&text, "%s%s", text.len > 0 ? ", " : "",
                     cJSON_GetStringValue(member(move, "rule")));
        if (cJSON_IsString(moved)) {
            fup_buf_addf(&text, " %s", moved->valuestring);
        }
    }
    (void)cJSON_AddStringToObject(row, "why", fup_buf_text(&text));
    fup_buf_done(&text);
}

/* What the worker would answer, as a line of the list. */
static cJSON *make_row(const cJSON *answer, const char *tenant, const char *who)
{
    cJSON *row = cJSON_CreateObject();
    const cJSON *was = member(answer, "was");
    const cJSON *did = member(answer, "did");
    const cJSON *next = member(answer, "next");

    (void)cJSON_AddStringToObject(row, "tenant", tenant);
    (void)cJSON_AddStringToObject(row, "conversation", who);
    copy(row, "schedule", answer, "schedule");
    copy(row, "old_version", was, "version");
    copy(row, "new_version", answer, "version");
    copy(row, "old_step", was, "kind");
    add_when(row, "old_at", was);
    copy(row, "new_step", did != NULL ? did : next, "kind");
    if (did != NULL) {
        (void)cJSON_AddStringToObject(row, "new_at", "now");
        copy(row, "action", did, "event");
    } else {
        add_when(row, "new_at", next != NULL ? next : answer);
        copy(row, "action", next, "action");
    }
    add_why(row, member(did != NULL ? did : next, "why"));
    copy(row, "error", answer, "error");
    return row;
}

static bool is_newest(const cJSON *answer)
{
    const cJSON *error = member(answer, "error");

    return cJSON_IsString(error) &&
           strcmp(error->valuestring, "no_newer_version") == 0;
}

/* --- the list ------------------------------------------------------------- */

/* One row; those on the newest version already are only counted. */
static enum fup_code add_row(struct listing *list,
                             const struct fup_pg_rows *rows,
                             int row,
                             cJSON *table)
{
    struct fup_buf answer;
    cJSON *tree = NULL;
    enum fup_code code;

    fup_buf_init(&answer, ANSWER_BYTES);
    code = fup_preview_migrate(list->ask.preview, rows, row,
                               list->wanted->margin, &answer);
    if (code == FUP_OK) {
        tree = cJSON_Parse(fup_buf_text(&answer));
    }
    list->all++;
    if (code == FUP_OK && !is_newest(tree)) {
        const char *tenant;
        const char *who;

        fup_preview_who(rows, row, &tenant, &who);
        (void)cJSON_AddItemToArray(table, make_row(tree, tenant, who));
        list->moved += cJSON_IsTrue(member(tree, "ok")) ? 1 : 0;
    }
    cJSON_Delete(tree);
    fup_buf_done(&answer);
    return code == FUP_ENOENT ? FUP_OK : code; /* unreadable: it rests */
}

/* JSON is one object a line, so that lists of any length can be read. */
static void print_page(const struct listing *list, const cJSON *table)
{
    const cJSON *row;

    if (list->format == FUP_PRINT_TABLE && table->child != NULL) {
        fup_print_out(table, list->format);
    }
    for (row = table->child; list->format == FUP_PRINT_JSON && row != NULL;
         row = row->next) {
        fup_print_out(row, list->format);
    }
}

/* Rows of under_way.sql: their ids as an array literal, their versions known.
 */
static enum fup_code take_page(struct listing *list,
                               const struct fup_pg_rows *rows,
                               struct fup_buf *ids,
                               struct fup_err *err)
{
    int64_t versions[PAGE];
    int n = rows->n < PAGE ? rows->n : PAGE;
    enum fup_code code = FUP_OK;

    fup_buf_addc(ids, '{');
    for (int i = 0; i < n; i++) {
        fup_buf_addf(ids, "%s%s", i > 0 ? "," : "", fup_pg_text(rows, i, 0));
        versions[i] = fup_pg_int(rows, i, 1, 0);
    }
    fup_buf_addc(ids, '}');
    for (int i = 0; code == FUP_OK && i < n; i++) {
        code = fup_ask_version(&list->ask, versions[i], err);
        code = code == FUP_EPARSE ? FUP_OK : code;
    }
    return code == FUP_OK ? ids->failed : code;
}

static enum fup_code list_page(struct listing *list,
                               int partition,
                               const char *ids,
                               struct fup_err *err)
{
    const struct fup_ask_load what = {.partition = partition, .ids = ids};
    struct fup_pg_rows rows;
    cJSON *table = cJSON_CreateArray();
    enum fup_code code = fup_ask_load(&list->ask, &what, &rows, err);

    for (int i = 0; code == FUP_OK && i < rows.n; i++) {
        code = add_row(list, &rows, i, table);
    }
    if (code == FUP_OK) {
        print_page(list, table);
    }
    cJSON_Delete(table);
    return code;
}

static enum fup_code
list_partition(struct listing *list, int partition, struct fup_err *err)
{
    const struct wanted *w = list->wanted;
    char number[16];
    char limit[16];
    char after[24] = "0";
    const char *params[] = {number,          after,      limit,      w->tenant,
                            w->conversation, w->contact, w->schedule};
    enum fup_code code = FUP_OK;
    int n = PAGE;

    (void)snprintf(number, sizeof number, "%d", partition);
    (void)snprintf(limit, sizeof limit, "%d", PAGE);
    while (code == FUP_OK && n == PAGE) {
        struct fup_pg_rows rows;
        struct fup_buf ids;

        code = fup_pg_block_run(list->ask.conn, &fup_sql_under_way, params, 7,
                                &rows, err);
        if (code != FUP_OK || rows.n == 0) {
            return code;
        }
        n = rows.n;
        (void)snprintf(after, sizeof after, "%s", fup_pg_text(&rows, n - 1, 0));
        fup_buf_init(&ids, IDS_BYTES);
        code = take_page(list, &rows, &ids, err);
        if (code == FUP_OK) {
            code = list_page(list, partition, fup_buf_text(&ids), err);
        }
        fup_buf_done(&ids);
    }
    return code;
}

static enum fup_code list_all(struct listing *list, struct fup_err *err)
{
    struct fup_pg_rows rows;
    enum fup_code code = fup_pg_block_run(list->ask.conn, &fup_sql_installation,
                                          NULL, 0, &rows, err);
    int partitions = code == FUP_OK ? (int)fup_pg_int(&rows, 0, 1, 0) : 0;

    for (int i = 0; code == FUP_OK && i < partitions; i++) {
        code = list_partition(list, i, err);
    }
    return code;
}

/* What the list does not show. To stderr: stdout is for the rows. */
static enum fup_code sum_up(const struct listing *list, struct fup_err *err)
{
    (void)fprintf(stderr, "%ld under way, %ld would be moved\n", list->all,
                  list->moved);
    if (list->all > 0) {
        return FUP_OK;
    }
    return fup_err_set(err, FUP_ENOENT,
                       "not_enrolled: no follow-up is under "
                       "way there");
}

static int preview(const struct fup_options *options,
                   const struct wanted *wanted,
                   enum fup_print_format format)
{
    struct listing list = {.wanted = wanted, .format = format};
    struct fup_pg_block *conn;
    struct fup_err err = {0};
    enum fup_code code = fup_pg_block_open(options->postgres, &conn, &err);

    if (code == FUP_OK) {
        code = fup_ask_init(&list.ask, conn, options->schedules, &err);
        if (code == FUP_OK) {
            code = list_all(&list, &err);
        }
        if (code == FUP_OK) {
            code = sum_up(&list, &err);
        }
        fup_ask_done(&list.ask);
        fup_pg_block_close(conn);
    }
    return code == FUP_OK ? FUP_EXIT_OK
                          : fup_flags_fail("migrate-version", &err);
}

/* --- the command line ------------------------------------------------------
 */

static enum fup_code
check_wanted(struct wanted *w, const char *target, struct fup_err *err)
{
    const char *slash = target != NULL ? strchr(target, '/') : NULL;
    struct fup_delay margin;
    int n = (target != NULL ? 1 : 0) + (w->contact != NULL ? 1 : 0) +
            (w->schedule != NULL ? 1 : 0);

    if (n > 1 || (n == 0 && w->tenant == NULL)) {
        return fup_err_set(err, FUP_EINVAL,
                           "expected one conversation, --contact, --schedule "
                           "or --tenant");
    }
    if (w->schedule != NULL && w->tenant != NULL) {
        return fup_err_set(err, FUP_EINVAL,
                           "a schedule is meant in all tenants: --schedule or "
                           "--tenant");
    }
    if (w->margin != NULL &&
        fup_delay_parse(w->margin, &margin, err) != FUP_OK) {
        return err->code;
    }
    if (slash != NULL && w->tenant == NULL && slash - target < TENANT_BYTES) {
        (void)snprintf(w->before, sizeof w->before, "%.*s",
                       (int)(slash - target), target);
        w->tenant = w->before;
        target = slash + 1;
    } else if (w->tenant == NULL && w->schedule == NULL) {
        w->tenant = "default";
    }
    w->conversation = target;
    return FUP_OK;
}

/* Without --dry-run the flags are those of an operator's command, and some of
 * these here are not. */
int fup_cmd_migrate_version(const struct fup_options *options,
                            int argc,
                            char **argv)
{
    struct wanted w = {0};
    struct fup_err err = {0};
    enum fup_print_format format = FUP_PRINT_TABLE;
    int n;
    int status;
    const struct fup_flag rows[] = {
        {"dry-run", NULL, "list who would get what and when, and do nothing",
         NULL, &w.dry_run},
        {"schedule", "NAME", "all that is under way by it", &w.schedule, NULL},
        {"tenant", "TENANT", "all of a tenant; or instead of TENANT/",
         &w.tenant, NULL},
        {"contact", "CONTACT", "all conversations of a person", &w.contact,
         NULL},
        {"margin", "SPAN",
         "nobody is moved to an instant before it; default 15m", &w.margin,
         NULL},
        {"by", "NAME", "who wants it; for the command", &w.by, NULL},
        {"reason", "TEXT", "why; for the command", &w.reason, NULL},
        {"timeout", "SECONDS", "how long to wait for the command's answer",
         &w.timeout, NULL},
        {"format", "table|json", "how to print; json: one object a line",
         &w.format, NULL},
    };
    const struct fup_flags flags = {
        "migrate-version [[TENANT/]CONVERSATION] [--dry-run] [FLAG...]",
        "Moves follow-ups under way to the newest content of their schedule: a "
        "command\nto the worker. With --dry-run it lists who would get what "
        "and when, instead.",
        rows, sizeof rows / sizeof rows[0], 1};
    bool dry_run = fup_flags_help_wanted(argc, argv);

    for (int i = 1; i < argc && !dry_run; i++) {
        dry_run = strcmp(argv[i], "--dry-run") == 0;
    }
    if (!dry_run) {
        return fup_cmd_operate(options, argc, argv);
    }
    if (!fup_flags_begin(&flags, argc, argv, &n, &status)) {
        return status;
    }
    if (fup_print_format_parse(w.format, &format, &err) != FUP_OK ||
        check_wanted(&w, n > 0 ? argv[1] : NULL, &err) != FUP_OK) {
        (void)fup_flags_fail("migrate-version", &err);
        return FUP_EXIT_USAGE;
    }
    if (!fup_flags_need("migrate-version", "postgres", options->postgres)) {
        return FUP_EXIT_USAGE;
    }
    return preview(options, &w, format);
}
