#include "chatwoot.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 15

struct form chatwoot_forms[4] = {
    {"4.3.0", false, false},
    {"later", true, false},
    {"4.3.0, all tables", false, true},
    {"later, all tables", true, true},
};

static const char *source_dir(void)
{
    const char *dir = getenv("FUP_SOURCE_DIR");

    return dir != NULL ? dir : ".";
}

/* Where the full forms come from, and what is in them. */
static void shared_path(const char *file, char path[512])
{
    const char *shared = getenv("FUP_SHARED_DIR");

    (void)snprintf(path, 512, "%s%s/facts/chatwoot/%s",
                   shared != NULL ? "" : source_dir(),
                   shared != NULL ? shared : "/../shared", file);
}

static void maker_path(char path[512])
{
    shared_path("chatwoot-make-ddl.py", path);
}

int chatwoot_n_forms(void)
{
    char path[512];

    maker_path(path);
    return access(path, R_OK) == 0 ? 4 : 2;
}

/* Run argv with its output to @out, or to where ours goes. */
static bool run(const char *const *argv, const char *out)
{
    char *words[WORDS_MAX + 1] = {NULL};
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        if (out != NULL) {
            (void)dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
        }
        for (int i = 0; i < WORDS_MAX && argv[i] != NULL; i++) {
            words[i] = strdup(argv[i]);
        }
        (void)execvp(argv[0], words);
        _exit(127);
    }
    (void)waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* As the superuser. @setting: "name=value" or NULL */
static void psql(struct chatwoot *c, const char *path, const char *setting)
{
    const char *bin = getenv("FUP_TEST_PG_BINDIR");
    char program[512];
    char conninfo[sizeof c->w.conninfo];
    const char *const argv[] = {program,
                                "-Xq",
                                "-vON_ERROR_STOP=1",
                                "-v",
                                setting != NULL ? setting : "x=x",
                                "-f",
                                path,
                                "-o/dev/null",
                                conninfo,
                                NULL};

    (void)snprintf(program, sizeof program, "%s%spsql", bin != NULL ? bin : "",
                   bin != NULL ? "/" : "");
    (void)snprintf(conninfo, sizeof conninfo, "%s dbname=%s",
                   getenv("FUP_TEST_POSTGRES"), c->w.database);
    if (!run(argv, NULL)) {
        (void)fprintf(stderr, "psql: %s\n", path);
        abort();
    }
}

void chatwoot_psql(struct chatwoot *c, const char *file, const char *setting)
{
    char path[512];

    (void)snprintf(
        path, sizeof path, "%s/%s%s", source_dir(),
        strchr(file, '/') != NULL ? "" : "tests/integration/chatwoot/", file);
    psql(c, path, setting);
}

bool chatwoot_shared(struct chatwoot *c, const char *file)
{
    char path[512];

    shared_path(file, path);
    if (access(path, R_OK) != 0) {
        return false;
    }
    psql(c, path, NULL);
    return true;
}

static void make_full(struct chatwoot *c, bool later)
{
    char maker[512];
    char path[128];
    const char *const argv[] = {"python3", maker, later ? NULL : "--base",
                                NULL};

    maker_path(maker);
    (void)snprintf(path, sizeof path, "%s/schema.sql", c->w.dir);
    if (!run(argv, path)) {
        abort();
    }
    psql(c, path, NULL);
}

int chatwoot_open(void **state)
{
    static struct chatwoot c;
    const struct form *form = *state;
    char setting[96];
    size_t len;

    if (!world_open_bare(&c.w)) {
        return -1;
    }
    world_make_worker(&c.w);
    (void)snprintf(c.role, sizeof c.role, "role_%s", c.w.database);
    if (form->full) {
        make_full(&c, form->later);
    } else {
        chatwoot_psql(&c, "schema.sql", form->later ? "later=1" : "later=0");
    }
    (void)snprintf(setting, sizeof setting, "role=%s", c.role);
    chatwoot_psql(&c, "sql/grants/chatwoot.sql", setting);
    len = strlen(c.w.conninfo);
    (void)snprintf(c.w.conninfo + len, sizeof c.w.conninfo - len, " user=%s",
                   c.role);
    *state = &c;
    return 0;
}

int chatwoot_close(void **state)
{
    struct chatwoot *c = *state;

    world_do(&c->w, "DROP OWNED BY %s CASCADE", c->role);
    world_do(&c->w, "DROP ROLE %s", c->role);
    world_close(&c->w);
    return 0;
}

int chatwoot_migrate(struct chatwoot *c, const char *adapter)
{
    const char *const args[] = {"migrate", "--adapter", adapter, NULL};
    char log[128];

    (void)snprintf(log, sizeof log, "%s/command.log", c->w.dir);
    (void)unlink(log);
    if (world_run(&c->w, args) != 0) {
        return 1;
    }
    /* What the role was given it can pass on. */
    world_do(&c->w, "SET ROLE %s", c->role);
    world_do(&c->w, "SELECT followup.grant_worker('followup_worker')");
    world_do(&c->w, "RESET ROLE");
    return 0;
}

bool chatwoot_said(struct chatwoot *c, const char *text)
{
    char path[128];
    char line[4096];
    bool found = false;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/command.log", c->w.dir);
    f = fopen(path, "r");
    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        found = strstr(line, text) != NULL;
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return found;
}
