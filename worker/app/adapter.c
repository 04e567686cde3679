#include "adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_file.h"
#include "core/near.h"
#include "pg/statements.h"

#define ADAPTER_MAX_BYTES ((size_t)1024 * 1024)
#define FORGET_MAX_BYTES  ((size_t)4096)

bool fup_adapter_find_shipped(const char *name, struct fup_adapter *adapter)
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
read_adapter(struct fup_adapter *adapter, const char *path, struct fup_err *err)
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

enum fup_code fup_adapter_find(const char *name,
                               struct fup_adapter *adapter,
                               struct fup_err *err)
{
    if (is_file(name)) {
        return read_adapter(adapter, name, err);
    }
    return fup_adapter_find_shipped(name, adapter) ? FUP_OK
                                                   : unknown_adapter(name, err);
}

static void add_line(struct fup_buf *buf, const char *sql)
{
    for (; *sql != '\0'; sql++) {
        fup_buf_addf(buf, "%c", *sql == '\n' ? ' ' : *sql);
    }
}

enum fup_code fup_adapter_script(const struct fup_adapter *adapter,
                                 const struct fup_statement *then,
                                 struct fup_buf *script)
{
    fup_buf_init(script, ADAPTER_MAX_BYTES + FORGET_MAX_BYTES);
    add_line(script, fup_sql_migrate_forget.sql);
    if (then != NULL) {
        add_line(script, then->sql);
    }
    fup_buf_adds(script, adapter->sql);
    return script->failed;
}

void fup_adapter_done(struct fup_adapter *adapter)
{
    free(adapter->owned);
    *adapter = (struct fup_adapter){0};
}
