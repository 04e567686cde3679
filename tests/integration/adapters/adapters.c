#include "adapters.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)256 * 1024)

static struct world world;

int adapters_open(void **state)
{
    static const char *const migrate[] = {"migrate", NULL};

    if (!world_open_bare(&world) || world_run(&world, migrate) != 0) {
        return -1;
    }
    world_make_worker(&world);
    *state = &world;
    return 0;
}

int adapters_close(void **state)
{
    world_close(*state);
    return 0;
}

static char *read_all(const char *path)
{
    char *text = calloc(1, TEXT_MAX);
    FILE *f = fopen(path, "r");

    if (f == NULL || text == NULL) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        abort();
    }
    if (fread(text, 1, TEXT_MAX - 1, f) == 0) {
        (void)fprintf(stderr, "%s: is empty\n", path);
        abort();
    }
    (void)fclose(f);
    return text;
}

char *adapters_read(const char *path)
{
    const char *dir = getenv("FUP_SOURCE_DIR");
    char full[512];

    (void)snprintf(full, sizeof full, "%s/%s", dir != NULL ? dir : ".", path);
    return read_all(full);
}

void adapters_do(struct world *w, const char *sql)
{
    PGresult *res = PQexec(w->pg, sql);

    if (PQresultStatus(res) != PGRES_COMMAND_OK &&
        PQresultStatus(res) != PGRES_TUPLES_OK) {
        (void)fprintf(stderr, "%s\n", PQresultErrorMessage(res));
        abort();
    }
    PQclear(res);
}

void adapters_file(struct world *w, const char *path)
{
    char *sql = adapters_read(path);

    adapters_do(w, sql);
    free(sql);
}

int adapters_run(struct world *w, const char *const *args, const char **ret_out)
{
    static char *out;
    char path[128];
    int code;

    (void)snprintf(path, sizeof path, "%s/command.log", w->dir);
    (void)unlink(path);
    code = world_run(w, args);
    free(out);
    out = read_all(path);
    *ret_out = out;
    return code;
}

const char *adapters_variant(struct world *w,
                             const char *text,
                             const char *from,
                             const char *to)
{
    static char path[128];
    const char *at = strstr(text, from);
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/mycrm.sql", w->dir);
    f = fopen(path, "w");
    if (f == NULL || at == NULL) {
        (void)fprintf(stderr, "%s: not there\n", from);
        abort();
    }
    (void)fprintf(f, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    (void)fclose(f);
    return path;
}
