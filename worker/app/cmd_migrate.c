/* followup migrate: the schema, the adapter, the number of partitions.
 *
 * One migration runs at a time in a database (an advisory lock); each is done
 * and noted in one transaction, so a failure in the middle leaves what came
 * before, and the next run goes on from there. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter.h"
#include "check_adapter.h"
#include "commands.h"
#include "flags.h"
#include "pg/block.h"
#include "pg/statements.h"

#define FUNCTIONS_MAX_BYTES ((size_t)1024 * 1024)

struct migration {
    struct fup_pg_block *conn;
    bool dry_run;
    struct fup_err *err;
};

/* --- schema ------------------------------------------------------------- */

static void number_text(const char *name, char number[8])
{
    (void)snprintf(number, 8, "%ld", strtol(name, NULL, 10));
}

static enum fup_code check_not_ahead(const struct migration *m)
{
    char number[8] = "0";
    const char *params[] = {number};
    struct fup_pg_rows rows;
    enum fup_code code;

    if (fup_migrations_n > 0) {
        number_text(fup_migrations[fup_migrations_n - 1].name, number);
    }
    code = fup_pg_block_run(m->conn, &fup_sql_migrate_ahead, params, 1, &rows,
                            m->err);
    if (code == FUP_OK && fup_pg_text(&rows, 0, 0) != NULL) {
        return fup_err_set(m->err, FUP_EREFUSED,
                           "the database has %.60s, which this program does "
                           "not know: it is older than the database",
                           fup_pg_text(&rows, 0, 0));
    }
    return code;
}

static void print_result(const char *what, const char *result)
{
    (void)printf("%s: %s\n", what,
                 strcmp(result, "missing") == 0 ? "would be applied"
                 : strcmp(result, "done") == 0  ? "applied"
                                                : "present");
}

static enum fup_code migrate_one(const struct migration *m,
                                 const struct fup_script *script)
{
    char number[8];
    const char *params[] = {number, script->name, script->sql,
                            m->dry_run ? "t" : "f"};
    struct fup_pg_rows rows;
    struct fup_err why = {0};
    enum fup_code code;
    const char *result;
    char what[96];

    number_text(script->name, number);
    code = fup_pg_block_run(m->conn, &fup_sql_migrate, params, 4, &rows, &why);
    if (code != FUP_OK) {
        return fup_err_set(m->err, code, "migration %s: %s", script->name,
                           why.msg);
    }
    result = fup_pg_text(&rows, 0, 0);
    if (strcmp(result, "differs") == 0) {
        return fup_err_set(m->err, FUP_EREFUSED,
                           "migration %s was changed after it was applied",
                           script->name);
    }
    (void)snprintf(what, sizeof what, "migration %s", script->name);
    print_result(what, result);
    return FUP_OK;
}

static enum fup_code migrate_functions(const struct migration *m)
{
    struct fup_buf all;
    const char *params[] = {"", m->dry_run ? "t" : "f"};
    struct fup_pg_rows rows;
    struct fup_err why = {0};
    enum fup_code code;

    fup_buf_init(&all, FUNCTIONS_MAX_BYTES);
    for (size_t i = 0; i < fup_functions_n; i++) {
        fup_buf_addf(&all, "%s\n", fup_functions[i].sql);
    }
    params[0] = fup_buf_text(&all);
    code = fup_pg_block_run(m->conn, &fup_sql_migrate_functions, params, 2,
                            &rows, &why);
    fup_buf_done(&all);
    if (code != FUP_OK) {
        return fup_err_set(m->err, code, "functions: %s", why.msg);
    }
    print_result("functions", fup_pg_text(&rows, 0, 0));
    return FUP_OK;
}

static enum fup_code migrate_schema(const struct migration *m)
{
    enum fup_code code = check_not_ahead(m);

    for (size_t i = 0; i < fup_migrations_n && code == FUP_OK; i++) {
        code = migrate_one(m, &fup_migrations[i]);
    }
    return code == FUP_OK ? migrate_functions(m) : code;
}

/* --- adapter ------------------------------------------------------------ */

/* What is installed, compared with @adapter; *@ret_rows has no row before the
 * first migration. */
static enum fup_code read_state(const struct migration *m,
                                const struct fup_adapter *adapter,
                                struct fup_pg_rows *ret_rows)
{
    const char *params[] = {adapter->sql != NULL ? adapter->sql : ""};

    return fup_pg_block_run(m->conn, &fup_sql_migrate_state, params, 1,
                            ret_rows, m->err);
}

/* Print what the adapter says of the CRM. Refused: it does not fit. */
static enum fup_code check_problems(const struct migration *m, const char *name)
{
    struct fup_pg_rows rows;
    enum fup_code code =
        fup_pg_block_run(m->conn, &fup_sql_problems, NULL, 0, &rows, m->err);
    int errors = 0;

    for (int i = 0; code == FUP_OK && i < rows.n; i++) {
        bool warns = strcmp(fup_pg_text(&rows, i, 0), "warning") == 0;

        errors += warns ? 0 : 1;
        (void)fprintf(stderr, "adapter %s: %s: %s\n", name,
                      warns ? "warning" : "error", fup_pg_text(&rows, i, 1));
    }
    if (errors > 0) {
        return fup_err_set(m->err, FUP_EREFUSED,
                           "adapter %.60s: does not fit this database", name);
    }
    return code;
}

struct installing {
    const struct migration *m;
    const struct fup_adapter *adapter;
};

/* Before the commit: does it fit, and note it. Messages are new from now on. */
static enum fup_code finish_install(void *data)
{
    const struct installing *in = data;
    const char *params[] = {in->adapter->name, in->adapter->sql};
    struct fup_pg_rows rows;
    enum fup_code code = check_problems(in->m, in->adapter->name);

    if (code == FUP_OK) {
        code = fup_pg_block_run(in->m->conn, &fup_sql_migrate_adapter, params,
                                2, &rows, in->m->err);
    }
    if (code == FUP_OK) {
        code = fup_pg_block_run(in->m->conn, &fup_sql_migrate_read, NULL, 0,
                                &rows, in->m->err);
    }
    return code;
}

/* What the adapter before had is forgotten first. */
static enum fup_code run_install(const struct migration *m,
                                 const struct fup_adapter *adapter)
{
    struct installing in = {m, adapter};
    struct fup_buf script;
    struct fup_err why = {0};
    enum fup_code code = fup_adapter_script(adapter, NULL, &script);

    if (code == FUP_OK) {
        code = fup_pg_block_script_checked(m->conn, fup_buf_text(&script),
                                           finish_install, &in, &why);
    }
    fup_buf_done(&script);
    return why.msg[0] == '\0' ? code
                              : fup_err_set(m->err, code, "adapter %s: %s",
                                            adapter->name, why.msg);
}

static enum fup_code install(const struct migration *m,
                             const struct fup_adapter *adapter)
{
    enum fup_code code;

    if (m->dry_run) {
        (void)printf("adapter %s: would be installed\n", adapter->name);
        return FUP_OK;
    }
    code = run_install(m, adapter);
    if (code == FUP_OK) {
        (void)printf("adapter %s: installed\n", adapter->name);
    }
    return code;
}

/* None was asked for: bring the one in use up to date, where it is shipped. */
static enum fup_code update_adapter(const struct migration *m)
{
    struct fup_adapter adapter = {0};
    struct fup_pg_rows rows;
    enum fup_code code = read_state(m, &adapter, &rows);
    const char *name;

    if (code != FUP_OK) {
        return code;
    }
    name = rows.n > 0 ? fup_pg_text(&rows, 0, 0) : NULL;
    if (name == NULL) {
        (void)printf("adapter: none (--adapter NAME installs one)\n");
        return FUP_OK;
    }
    if (!fup_adapter_find_shipped(name, &adapter)) {
        (void)snprintf(adapter.name, sizeof adapter.name, "%s", name);
        (void)printf("adapter %s: left as it is, it came from a file\n",
                     adapter.name);
        return check_problems(m, adapter.name);
    }
    code = read_state(m, &adapter, &rows);
    if (code == FUP_OK && fup_pg_bool(&rows, 0, 1)) {
        (void)printf("adapter %s: present\n", adapter.name);
        return check_problems(m, adapter.name);
    }
    return code == FUP_OK ? install(m, &adapter) : code;
}

/* --- partitions --------------------------------------------------------- */

static enum fup_code set_partitions(const struct migration *m, int64_t n)
{
    struct fup_adapter none = {0};
    char number[8];
    const char *params[] = {number};
    struct fup_pg_rows rows;
    enum fup_code code = read_state(m, &none, &rows);

    if (code != FUP_OK) {
        return code;
    }
    if (rows.n > 0 && fup_pg_int(&rows, 0, 2, 0) == n) {
        (void)printf("partitions: %d, as before\n", (int)n);
        return FUP_OK;
    }
    if (m->dry_run) {
        (void)printf("partitions: would be set to %d\n", (int)n);
        return FUP_OK;
    }
    (void)snprintf(number, sizeof number, "%d", (int)n);
    code = fup_pg_block_run(m->conn, &fup_sql_set_partitions, params, 1, &rows,
                            m->err);
    if (code == FUP_OK) {
        (void)printf("partitions: set to %d\n", (int)n);
    }
    return code;
}

/* --- all ---------------------------------------------------------------- */

static enum fup_code migrate(const struct migration *m,
                             const struct fup_adapter *adapter,
                             int64_t partitions)
{
    enum fup_code code =
        fup_pg_block_script(m->conn, fup_sql_migrate_begin.sql, m->err);

    if (code == FUP_OK) {
        code = migrate_schema(m);
    }
    if (code == FUP_OK) {
        code = adapter->sql != NULL ? install(m, adapter) : update_adapter(m);
    }
    if (code == FUP_OK && partitions > 0) {
        code = set_partitions(m, partitions);
    }
    return code;
}

/* Names of further flags are those of --check-adapter. */
struct wishes {
    const char *check;
    struct fup_check_adapter how;
    const char *format;
    bool dry_run;
};

static enum fup_code run(const struct fup_options *options,
                         const struct wishes *w,
                         struct fup_err *err)
{
    struct migration m = {.dry_run = w->dry_run, .err = err};
    struct fup_adapter adapter = {0};
    const char *name = w->check != NULL ? w->check : options->adapter;
    enum fup_code code =
        name[0] != '\0' ? fup_adapter_find(name, &adapter, err) : FUP_OK;

    if (code == FUP_OK) {
        code = fup_pg_block_open(options->postgres, &m.conn, err);
    }
    if (code == FUP_OK) {
        code = w->check != NULL
                   ? fup_check_adapter(m.conn, &adapter, &w->how, err)
                   : migrate(&m, &adapter, options->partitions);
        fup_pg_block_close(m.conn);
    }
    fup_adapter_done(&adapter);
    return code;
}

int fup_cmd_migrate(const struct fup_options *options, int argc, char **argv)
{
    struct fup_err err = {0};
    struct wishes w = {.dry_run = false};
    int n;
    int status;
    const struct fup_flag rows[] = {
        {"dry-run", NULL, "say what would be done, change nothing", NULL,
         &w.dry_run},
        {"check-adapter", "NAME|FILE",
         "try an adapter against its contract, change nothing", &w.check, NULL},
        {"conversations", "FILE",
         "ask it about these, [TENANT/]CONVERSATION a line; - is stdin",
         &w.how.conversations, NULL},
        {"format", "table|json", "how to print what was found", &w.format,
         NULL},
    };
    const struct fup_flags flags = {
        "migrate [--adapter NAME|FILE] [--partitions N] [--dry-run]\n"
        "       followup migrate --check-adapter NAME|FILE "
        "[--conversations FILE]",
        "Brings the database up to date and installs or updates a CRM "
        "adapter.\nMay be run any number of times.",
        rows, sizeof rows / sizeof rows[0], 0};

    if (!fup_flags_begin(&flags, argc, argv, &n, &status)) {
        return status;
    }
    if (fup_print_format_parse(w.format, &w.how.format, &err) != FUP_OK) {
        (void)fup_flags_fail("migrate", &err);
        return FUP_EXIT_USAGE;
    }
    if (!fup_flags_need("migrate", "postgres", options->postgres)) {
        return FUP_EXIT_USAGE;
    }
    return run(options, &w, &err) == FUP_OK ? FUP_EXIT_OK
                                            : fup_flags_fail("migrate", &err);
}
