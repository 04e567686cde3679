#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ASK_EVERY_MS 5

static PGresult *last;

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "world: %s: %s\n", what, why);
    abort();
}

static int64_t now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void pause_ms(int ms)
{
    struct timespec ts = {.tv_nsec = ms * 1000000L};

    (void)nanosleep(&ts, NULL);
}

/* --- SQL -------------------------------------------------------------------
 */

static PGresult *ask(struct world *w, const char *fmt, va_list args)
{
    char sql[4096];

    (void)vsnprintf(sql, sizeof sql, fmt, args);
    PQclear(last);
    last = PQexec(w->pg, sql);
    if (PQresultStatus(last) != PGRES_TUPLES_OK &&
        PQresultStatus(last) != PGRES_COMMAND_OK) {
        die(sql, PQresultErrorMessage(last));
    }
    return last;
}

void world_do(struct world *w, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)ask(w, fmt, args);
    va_end(args);
}

const char *world_text(struct world *w, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)ask(w, fmt, args);
    va_end(args);
    return PQntuples(last) > 0 ? PQgetvalue(last, 0, 0) : "";
}

long long world_int(struct world *w, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)ask(w, fmt, args);
    va_end(args);
    return PQntuples(last) > 0 ? strtoll(PQgetvalue(last, 0, 0), NULL, 10) : -1;
}

bool world_until(struct world *w, int ms, const char *fmt, ...)
{
    int64_t end = now_ms() + ms;

    for (;;) {
        va_list args;

        va_start(args, fmt);
        (void)ask(w, fmt, args);
        va_end(args);
        if (PQntuples(last) > 0 && PQgetvalue(last, 0, 0)[0] == 't') {
            return true;
        }
        if (now_ms() >= end) {
            return false;
        }
        pause_ms(ASK_EVERY_MS);
    }
}

void world_conversation(struct world *w, const char *id, const char *channel)
{
    world_do(w, "INSERT INTO crm.contact (id, name) VALUES ('k-%s', 'Ana')",
             id);
    world_do(w,
             "INSERT INTO crm.conversation (id, contact_id, channel, address) "
             "VALUES ('%s', 'k-%s', '%s', 'to-%s')",
             id, id, channel, id);
}

void world_message(struct world *w,
                   const char *conversation,
                   const char *direction,
                   const char *author,
                   const char *at)
{
    world_do(w,
             "INSERT INTO crm.message (conversation_id, direction, author, "
             "body, created_at) VALUES ('%s', '%s', '%s', 'text', %s)",
             conversation, direction, author, at);
}

/* --- processes -------------------------------------------------------------
 */

static const char *binary(void)
{
    const char *path = getenv("FUP_BIN");

    return path != NULL ? path : FUP_DEFAULT_BIN;
}

/* Run the program with the world's configuration in its environment. It ends
 * with the test, however that ends. */
static pid_t
spawn(struct world *w, const char *const *args, const char *log_name)
{
    char log[128];
    pid_t pid;

    (void)snprintf(log, sizeof log, "%s/%s", w->dir, log_name);
    pid = fork();
    if (pid != 0) {
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        char *argv[32] = {NULL};
        int n = 0;

        (void)dup2(fd, 1);
        (void)dup2(fd, 2);
        argv[n++] = strdup(binary());
        for (; args[n - 1] != NULL && n < 31; n++) {
            argv[n] = strdup(args[n - 1]);
        }
        (void)execv(binary(), argv);
        _exit(127);
    }
}

static int wait_for(pid_t pid, int ms)
{
    int64_t end = now_ms() + ms;
    int status;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (now_ms() >= end) {
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, &status, 0);
            return -1;
        }
        pause_ms(ASK_EVERY_MS);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int world_run(struct world *w, const char *const *args)
{
    (void)setenv("FOLLOWUP_POSTGRES", w->conninfo, 1);
    (void)setenv("FOLLOWUP_REDIS", w->redis.url, 1);
    (void)setenv("FOLLOWUP_SCHEDULES", w->schedules, 1);
    return wait_for(spawn(w, args, "command.log"), 20000);
}

/* Where the servers are is in the environment. */
static void start(struct world *w, int i, const char *const *args)
{
    char log[32];

    (void)snprintf(log, sizeof log, "worker-%d.log", i);
    (void)setenv("FOLLOWUP_SCHEDULES", w->schedules, 1);
    w->workers[i] = spawn(w, args, log);
}

void world_start_at(struct world *w,
                    int i,
                    const char *url,
                    const char *conninfo)
{
    char name[32];
    const char *args[] = {"worker", "--lease-ms",  "2000", "--sweep-s",
                          "2",      "--worker-id", name,   "--log-level",
                          "debug",  NULL};

    (void)snprintf(name, sizeof name, "worker-%d", i);
    (void)setenv("FOLLOWUP_POSTGRES",
                 conninfo != NULL ? conninfo : w->worker_conninfo, 1);
    (void)setenv("FOLLOWUP_REDIS", url != NULL ? url : w->redis.url, 1);
    start(w, i, args);
}

void world_start(struct world *w, int i)
{
    world_start_at(w, i, NULL, NULL);
}

void world_start_config(struct world *w, int i)
{
    char config[96];
    char name[32];
    const char *args[] = {"worker",      "--config", config,
                          "--worker-id", name,       NULL};

    (void)snprintf(config, sizeof config, "%s/followup.json", w->dir);
    (void)snprintf(name, sizeof name, "worker-%d", i);
    (void)setenv("FOLLOWUP_POSTGRES", w->worker_conninfo, 1);
    (void)setenv("FOLLOWUP_REDIS", w->redis.url, 1);
    start(w, i, args);
}

int world_stop(struct world *w, int i, int sig)
{
    pid_t pid = w->workers[i];

    if (pid <= 0) {
        return -1;
    }
    w->workers[i] = 0;
    (void)kill(pid, sig);
    return wait_for(pid, 10000);
}

static bool has_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "r");
    char line[4096];
    bool found = false;

    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        found = strstr(line, text) != NULL;
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return found;
}

bool world_logged(struct world *w, int i, int ms, const char *text)
{
    int64_t end = now_ms() + ms;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/worker-%d.log", w->dir, i);
    while (!has_text(path, text)) {
        if (now_ms() >= end) {
            return false;
        }
        pause_ms(ASK_EVERY_MS);
    }
    return true;
}

/* --- the whole -------------------------------------------------------------
 */

static const char *server(void)
{
    const char *conninfo = getenv("FUP_TEST_POSTGRES");

    if (conninfo == NULL) {
        (void)fprintf(stderr, "FUP_TEST_POSTGRES is not set\n");
        exit(getenv("FUP_REQUIRE_SERVICES") != NULL ? 1 : 77);
    }
    return conninfo;
}

static PGconn *connect_to(const char *conninfo)
{
    PGconn *pg = PQconnectdb(conninfo);

    if (PQstatus(pg) != CONNECTION_OK) {
        die("connect", PQerrorMessage(pg));
    }
    PQclear(PQexec(pg, "SET client_min_messages = warning"));
    return pg;
}

static void make_database(struct world *w)
{
    static int counter;

    (void)snprintf(w->database, sizeof w->database, "world_%d_%d",
                   (int)getpid(), counter++);
    (void)snprintf(w->conninfo, sizeof w->conninfo, "%s dbname=%s", server(),
                   w->database);
    w->pg = connect_to(server());
    world_do(w, "CREATE DATABASE %s", w->database);
    PQfinish(w->pg);
    w->pg = connect_to(w->conninfo);
}

/* Workers run with the rights that are advised, whatever the test is about. */
void world_make_worker(struct world *w)
{
    (void)snprintf(w->worker_conninfo, sizeof w->worker_conninfo,
                   "%s dbname=%s user=followup_worker", server(), w->database);
    world_do(w, "DO $$ BEGIN CREATE ROLE followup_worker LOGIN; EXCEPTION "
                "WHEN duplicate_object OR unique_violation THEN NULL; END $$");
}

static bool open_on(struct world *w, const char *const *redis_args)
{
    *w = (struct world){0};
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/followup-world-XXXXXX");
    if (mkdtemp(w->dir) == NULL) {
        die("mkdtemp", strerror(errno));
    }
    (void)snprintf(w->schedules, sizeof w->schedules, "%s/schedules", w->dir);
    (void)mkdir(w->schedules, 0700);
    make_database(w);
    return redis_server_start(&w->redis, false, redis_args);
}

bool world_open_bare(struct world *w)
{
    return open_on(w, NULL);
}

bool world_open_on(struct world *w, const char *const *redis_args)
{
    const char *const migrate[] = {"migrate", "--adapter", "plain", NULL};

    if (!open_on(w, redis_args) || world_run(w, migrate) != 0) {
        return false;
    }
    world_make_worker(w);
    world_do(w, "SELECT followup.grant_worker('followup_worker')");
    return true;
}

bool world_open(struct world *w)
{
    return world_open_on(w, NULL);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) {
        die(path, strerror(errno));
    }
}

void world_schedule(struct world *w, const char *name, const char *json)
{
    char path[192];

    (void)snprintf(path, sizeof path, "%s/%s", w->schedules, name);
    write_file(path, json);
}

void world_config(struct world *w, const char *json)
{
    char path[96];

    (void)snprintf(path, sizeof path, "%s/followup.json", w->dir);
    write_file(path, json);
}

static void remove_dir(const char *dir)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)execlp("rm", "rm", "-rf", "--", dir, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, NULL, 0);
}

void world_close(struct world *w)
{
    for (int i = 0; i < WORLD_WORKERS; i++) {
        (void)world_stop(w, i, SIGKILL);
    }
    redis_server_stop(&w->redis);
    PQfinish(w->pg);
    w->pg = connect_to(server());
    world_do(w, "DROP DATABASE %s WITH (FORCE)", w->database);
    PQfinish(w->pg);
    PQclear(last);
    last = NULL;
    remove_dir(w->dir);
}
