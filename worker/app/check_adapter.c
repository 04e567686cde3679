#include "check_adapter.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_file.h"
#include "pg/statements.h"

#define LINES_BYTES_MAX   ((size_t)16 * 1024 * 1024)
#define CONVERSATIONS_MAX 20000
#define BATCH             500
#define BATCHES_MS_MAX    30000.0
#define SLOW_MS           1000.0 /* for a batch */

/* One trial. */
struct trial {
    struct fup_pg_block *conn;
    const struct fup_adapter *adapter;
    char *lines; /* the conversations to ask about, or NULL */
    cJSON *found;
    int errors;
    int warnings;
    int64_t named;
    int64_t asked;
    int64_t came;
    double ms;
    double worst_ms;
    struct fup_err *err;
};

static void add(struct trial *t, const char *severity, const char *problem)
{
    cJSON *row = cJSON_CreateObject();

    t->errors += strcmp(severity, "error") == 0;
    t->warnings += strcmp(severity, "warning") == 0;
    (void)cJSON_AddStringToObject(row, "severity", severity);
    (void)cJSON_AddStringToObject(row, "problem", problem);
    (void)cJSON_AddItemToArray(t->found, row);
}

/* Rows of severity and text. */
static enum fup_code add_all(struct trial *t,
                             const struct fup_statement *statement)
{
    struct fup_pg_rows rows;
    enum fup_code code =
        fup_pg_block_run(t->conn, statement, NULL, 0, &rows, t->err);

    for (int i = 0; code == FUP_OK && i < rows.n; i++) {
        add(t, fup_pg_text(&rows, i, 0), fup_pg_text(&rows, i, 1));
    }
    return code;
}

/* Where the adapter has locked tables of the CRM's, give them back, and go on
 * with its functions alone. */
static enum fup_code unlock(struct trial *t)
{
    const char *params[1];
    struct fup_pg_rows rows;
    char *functions;
    enum fup_code code = fup_pg_block_run(
        t->conn, &fup_sql_check_adapter_functions, NULL, 0, &rows, t->err);

    if (code != FUP_OK || fup_pg_text(&rows, 0, 0) == NULL) {
        return code;
    }
    functions = strdup(fup_pg_text(&rows, 0, 0));
    if (functions == NULL) {
        return fup_err_set(t->err, FUP_ENOMEM, "out of memory");
    }
    params[0] = functions;
    code = fup_pg_block_run(t->conn, &fup_sql_check_adapter_undo, NULL, 0,
                            &rows, t->err);
    if (code == FUP_OK) {
        code = fup_pg_block_run(t->conn, &fup_sql_check_adapter_remake, params,
                                1, &rows, t->err);
    }
    free(functions);
    return code;
}

static enum fup_code choose(struct trial *t)
{
    char most[16];
    const char *params[] = {t->lines, most};
    struct fup_pg_rows rows;
    enum fup_code code;

    (void)snprintf(most, sizeof most, "%d", CONVERSATIONS_MAX);
    code = fup_pg_block_run(t->conn, &fup_sql_check_adapter_wanted, params, 2,
                            &rows, t->err);
    if (code == FUP_OK) {
        t->named = fup_pg_int(&rows, 0, 0, 0);
        if (fup_pg_text(&rows, 0, 2) != NULL) {
            add(t, fup_pg_text(&rows, 0, 1), fup_pg_text(&rows, 0, 2));
        }
    }
    return code;
}

/* Ask about batch @n; *@ret_more: others may be asked about. */
static enum fup_code ask_one(struct trial *t, int n, bool *ret_more)
{
    char number[16];
    char size[16];
    const char *params[] = {number, size};
    struct fup_pg_rows rows;
    double ms;
    enum fup_code code;

    *ret_more = false;
    (void)snprintf(number, sizeof number, "%d", n);
    (void)snprintf(size, sizeof size, "%d", BATCH);
    code = fup_pg_block_run(t->conn, &fup_sql_check_adapter_batch, params, 2,
                            &rows, t->err);
    if (code != FUP_OK) {
        return code;
    }
    if (fup_pg_text(&rows, 0, 3) != NULL) {
        add(t, "error", fup_pg_text(&rows, 0, 3));
        return FUP_OK;
    }
    ms = strtod(fup_pg_text(&rows, 0, 2), NULL);
    t->asked += fup_pg_int(&rows, 0, 0, 0);
    t->came += fup_pg_int(&rows, 0, 1, 0);
    t->ms += ms;
    t->worst_ms = ms > t->worst_ms ? ms : t->worst_ms;
    *ret_more = t->ms < BATCHES_MS_MAX;
    return FUP_OK;
}

static double ms_per_batch(const struct trial *t)
{
    return t->asked > 0 ? t->ms / (double)t->asked * BATCH : 0;
}

static enum fup_code ask(struct trial *t)
{
    char text[128];
    bool more = true;
    enum fup_code code = choose(t);

    for (int n = 0; code == FUP_OK && more && t->asked < t->named; n++) {
        code = ask_one(t, n, &more);
    }
    if (code == FUP_OK && ms_per_batch(t) > SLOW_MS) {
        (void)snprintf(text, sizeof text,
                       "slow: %.0f ms for %d conversations; are there indexes "
                       "from the conversation?",
                       ms_per_batch(t), BATCH);
        add(t, "warning", text);
    }
    return code == FUP_OK ? add_all(t, &fup_sql_check_adapter_facts) : code;
}

/* With the adapter installed. */
static enum fup_code look(void *data)
{
    struct trial *t = data;
    enum fup_code code = add_all(t, &fup_sql_check_adapter_made);

    if (code == FUP_OK) {
        code = unlock(t);
    }
    return code == FUP_OK ? ask(t) : code;
}

/* Errors of the adapter's own become findings; others are returned. */
static enum fup_code try_adapter(struct trial *t)
{
    struct fup_buf script;
    struct fup_err why = {0};
    struct fup_err *err = t->err;
    enum fup_code code =
        fup_adapter_script(t->adapter, &fup_sql_check_adapter_forget, &script);

    t->err = &why;
    if (code == FUP_OK) {
        code = fup_pg_block_script_tried(t->conn, fup_buf_text(&script), look,
                                         t, &why);
    }
    fup_buf_done(&script);
    t->err = err;
    if (code == FUP_EREFUSED) {
        add(t, "error", why.msg);
        return FUP_OK;
    }
    return code == FUP_OK ? FUP_OK
                          : fup_err_set(err, code, "adapter %s: %s",
                                        t->adapter->name, why.msg);
}

static enum fup_code prepare(const struct trial *t)
{
    const char *params[] = {""};
    struct fup_pg_rows rows;
    enum fup_code code =
        fup_pg_block_script(t->conn, fup_sql_migrate_begin.sql, t->err);

    if (code == FUP_OK) {
        code = fup_pg_block_run(t->conn, &fup_sql_migrate_state, params, 1,
                                &rows, t->err);
    }
    if (code == FUP_OK && rows.n == 0) {
        return fup_err_set(t->err, FUP_EREFUSED,
                           "the database has no schema followup yet: followup "
                           "migrate makes it");
    }
    return code == FUP_OK
               ? fup_pg_block_script(t->conn, fup_sql_check_adapter_begin.sql,
                                     t->err)
               : code;
}

/* --- printing ----------------------------------------------------------- */

static void print_lines(const struct trial *t)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, t->found)
    {
        (void)printf("%s: %s\n",
                     cJSON_GetObjectItem(row, "severity")->valuestring,
                     cJSON_GetObjectItem(row, "problem")->valuestring);
    }
    (void)printf("adapter %s: %d errors, %d warnings\n", t->adapter->name,
                 t->errors, t->warnings);
    if (t->asked > 0) {
        (void)printf("%" PRId64 " conversations asked about, %" PRId64
                     " rows: %.1f ms for %d, %.1f at most, %.0f rows/s\n",
                     t->asked, t->came, ms_per_batch(t), BATCH, t->worst_ms,
                     (double)t->came / (t->ms > 0.001 ? t->ms : 0.001) * 1000);
    }
}

static void print_json(struct trial *t)
{
    cJSON *tree = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(tree, "adapter", t->adapter->name);
    (void)cJSON_AddNumberToObject(tree, "errors", t->errors);
    (void)cJSON_AddNumberToObject(tree, "warnings", t->warnings);
    (void)cJSON_AddNumberToObject(tree, "asked", (double)t->asked);
    (void)cJSON_AddNumberToObject(tree, "rows", (double)t->came);
    (void)cJSON_AddNumberToObject(tree, "ms_per_500", ms_per_batch(t));
    (void)cJSON_AddNumberToObject(tree, "worst_ms", t->worst_ms);
    (void)cJSON_AddNumberToObject(tree, "rows_per_s",
                                  (double)t->came /
                                      (t->ms > 0.001 ? t->ms : 0.001) * 1000);
    (void)cJSON_AddItemToObject(tree, "found", t->found);
    t->found = NULL;
    fup_print_out(tree, FUP_PRINT_JSON);
    cJSON_Delete(tree);
}

enum fup_code fup_check_adapter(struct fup_pg_block *conn,
                                const struct fup_adapter *adapter,
                                const struct fup_check_adapter *how,
                                struct fup_err *err)
{
    struct trial t = {.conn = conn, .adapter = adapter, .err = err};
    const char *path = how->conversations;
    enum fup_code code = FUP_OK;

    if (path != NULL) {
        path = strcmp(path, "-") == 0 ? "/dev/stdin" : path;
        code = fup_config_file_read(path, LINES_BYTES_MAX, &t.lines, err);
    }
    t.found = cJSON_CreateArray();
    if (code == FUP_OK) {
        code = prepare(&t);
    }
    if (code == FUP_OK) {
        code = try_adapter(&t);
    }
    if (code == FUP_OK) {
        if (how->format == FUP_PRINT_JSON) {
            print_json(&t);
        } else {
            print_lines(&t);
        }
    }
    cJSON_Delete(t.found);
    free(t.lines);
    if (code == FUP_OK && t.errors > 0) {
        return fup_err_set(err, FUP_EREFUSED, "adapter %s: %d errors",
                           adapter->name, t.errors);
    }
    return code;
}
