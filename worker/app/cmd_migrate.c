/* followup migrate: the schema, the adapter, the number of partitions.
 *
 * One migration runs at a time in a database (an advisory lock); each is done
 * and noted in one transaction, so a failure in the middle leaves what came
 * before, and the next run goes on from there. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "config_file.h"
#include "core/near.h"
#include "flags.h"
#include "pg/block.h"
#include "pg/statements.h"

#define ADAPTER_MAX_BYTES   ((size_t)1024 * 1024)
#define FORGET_MAX_BYTES    ((size_t)4096)
#define FUNCTIONS_MAX_BYTES ((size_t)1024 * 1024)

struct migration {
    struct fup_pg_block *conn;
    bool dry_run;
    struct fup_err *err;
};

/* The adapter that is asked for, or in use. */
struct adapter {
    char name[64];
    const char *sql;
    char *owned; /* @sql, when it was read from a file */
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

static bool find_shipped(struct adapter *adapter, const char *name)
{
    for (size_t i = 0; i < fup_adapters_n; i++) {
        if (strcmp(fup_adapters[i].name, name) == 0) {
            (void)snprintf(adapter->name, sizeof adapter->name, "%s", name);
            adapter->sql = fup_adapters[i].sql;
            return true;
        }
    }
    return false;
}

static enum fup_code unknown_adapter(const char *name, struct fup_err *err)
{
    struct fup_near near = {.text = name};
    struct fup_buf known;

    fup_buf_init(&known, 1024);
    for (size_t i = 0; i < fup_adapters_n; i++) {
        fup_near_try(&near, fup_adapters[i].name);
        fup_buf_addf(&known, "%s%s", i > 0 ? ", " : "", fup_adapters[i].name);
    }
    (void)fup_err_set(
        err, FUP_ENOENT, "adapter %.60s is unknown%s%s%s; shipped: %.80s", name,
        near.best != NULL ? " (is " : "", near.best != NULL ? near.best : "",
        near.best != NULL ? " meant?)" : "", fup_buf_text(&known));
    fup_buf_done(&known);
    return FUP_ENOENT;
}

/* A name that has a slash or ends in .sql is a file. */
static bool is_file(const char *name)
{
    size_t len = strlen(name);

    return strchr(name, '/') != NULL ||
           (len > 4 && strcmp(name + len - 4, ".sql") == 0);
}

static enum fup_code
read_adapter(struct adapter *adapter, const char *path, struct fup_err *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t len = strlen(name);
    enum fup_code code =
        fup_config_file_read(path, ADAPTER_MAX_BYTES, &adapter->owned, err);

    if (code != FUP_OK) {
        return code;
    }
    if (len > 4 && strcmp(name + len - 4, ".sql") == 0) {
        len -= 4;
    }
    (void)snprintf(adapter->name, sizeof adapter->name, "%.*s", (int)len, name);
    adapter->sql = adapter->owned;
    return FUP_OK;
}

/* What is installed, compared with @adapter; *@ret_rows has no row before the
 * first migration. */
static enum fup_code read_state(const struct migration *m,
                                const struct adapter *adapter,
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
    const struct adapter *adapter;
};

/* Before the commit: does it fit, and note it. */
static enum fup_code finish_install(void *data)
{
    const struct installing *in = data;
    const char *params[] = {in->adapter->name, in->adapter->sql};
    struct fup_pg_rows rows;
    enum fup_code code = check_problems(in->m, in->adapter->name);

    return code != FUP_OK
               ? code
               : fup_pg_block_run(in->m->conn, &fup_sql_migrate_adapter, params,
                                  2, &rows, in->m->err);
}

/* What the adapter before had is forgotten first; on the same line, so that the
 * lines that PostgreSQL names are those of the file. */
static enum fup_code run_install(const struct migration *m,
                                 const struct adapter *adapter)
{
    struct installing in = {m, adapter};
    struct fup_buf script;
    struct fup_err why = {0};
    enum fup_code code;

    fup_buf_init(&script, ADAPTER_MAX_BYTES + FORGET_MAX_BYTES);
    for (const char *c = fup_sql_migrate_forget.sql; *c != '\0'; c++) {
        fup_buf_addf(&script, "%c", *c == '\n' ? ' ' : *c);
    }
    fup_buf_addf(&script, "%s", adapter->sql);
    code = script.failed;
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
                             const struct adapter *adapter)
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
    struct adapter adapter = {0};
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
    if (!find_shipped(&adapter, name)) {
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

static enum fup_code
find_adapter(const char *name, struct adapter *adapter, struct fup_err *err)
{
    if (is_file(name)) {
        return read_adapter(adapter, name, err);
    }
    return find_shipped(adapter, name) ? FUP_OK : unknown_adapter(name, err);
}

/* --- partitions --------------------------------------------------------- */

static enum fup_code set_partitions(const struct migration *m, int64_t n)
{
    struct adapter none = {0};
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
                             const struct adapter *adapter,
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

int fup_cmd_migrate(const struct fup_options *options, int argc, char **argv)
{
    struct fup_err err = {0};
    struct migration m = {.err = &err};
    struct adapter adapter = {0};
    enum fup_code code = FUP_OK;
    int n;
    int status;
    const struct fup_flag rows[] = {
        {"dry-run", NULL, "say what would be done, change nothing", NULL,
         &m.dry_run},
    };
    const struct fup_flags flags = {
        "migrate [--adapter NAME|FILE] [--partitions N] [--dry-run]",
        "Brings the database up to date and installs or updates a CRM "
        "adapter.\nMay be run any number of times.",
        rows, 1, 0};

    if (!fup_flags_begin(&flags, argc, argv, &n, &status)) {
        return status;
    }
    if (!fup_flags_need("migrate", "postgres", options->postgres)) {
        return FUP_EXIT_USAGE;
    }
    if (options->adapter[0] != '\0') {
        code = find_adapter(options->adapter, &adapter, &err);
    }
    if (code == FUP_OK) {
        code = fup_pg_block_open(options->postgres, &m.conn, &err);
    }
    if (code == FUP_OK) {
        code = migrate(&m, &adapter, options->partitions);
        fup_pg_block_close(m.conn);
    }
    free(adapter.owned);
    return code == FUP_OK ? FUP_EXIT_OK : fup_flags_fail("migrate", &err);
}
