#include "cluster.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 30000
#define POLL_MS  20

static const char settings[] = "listen_addresses = ''\n"
                               "unix_socket_directories = '%s'\n"
                               "max_connections = 60\n"
                               "shared_buffers = 16MB\n"
                               "timezone = 'UTC'\n"
                               "fsync = off\n"
                               "synchronous_commit = on\n";

/* PostgreSQL refuses to run as root. */
static void be_postgres(void)
{
    const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;

    if (user != NULL &&
        (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
        _exit(126);
    }
}

void cluster_clock_for(const struct cluster *c, const char *server)
{
    char path[96];

    if (server == NULL) {
        (void)unsetenv("LD_PRELOAD");
        return;
    }
    (void)snprintf(path, sizeof path, "%s/clock-%s", c->dir, server);
    (void)setenv("FUP_CLOCK", path, 1);
    (void)setenv("LD_PRELOAD", FUP_CLOCK_LIBRARY, 1);
}

static bool make_clock(const struct cluster *c, const char *server)
{
    static const int64_t none;
    char path[96];
    int fd;

    (void)snprintf(path, sizeof path, "%s/clock-%s", c->dir, server);
    fd = open(path, O_WRONLY | O_CREAT, 0644);
    if (fd < 0 || write(fd, &none, sizeof none) != (ssize_t)sizeof none) {
        return false;
    }
    return close(fd) == 0;
}

/* @argv[0] becomes the whole path: PostgreSQL's programs look for each other
 * beside it. */
static pid_t spawn(const struct cluster *c, const char **argv)
{
    char path[256];
    char log[96];
    pid_t pid = fork();

    if (pid != 0) {
        return pid;
    }
    (void)snprintf(path, sizeof path, "%s/%s", getenv("FUP_TEST_PG_BINDIR"),
                   argv[0]);
    (void)snprintf(log, sizeof log, "%s/log", c->dir);
    be_postgres();
    (void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
    {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

        (void)dup2(fd, 1);
        (void)dup2(fd, 2);
    }
    (void)unsetenv("ASAN_OPTIONS");
    if (c->has_clock) {
        cluster_clock_for(c, "postgres");
    }
    argv[0] = path;
    (void)execv(path, (char *const *)(const void *)argv);
    _exit(127);
}

static bool answers(const struct cluster *c)
{
    PGconn *pg = PQconnectdb(c->conninfo);
    bool ok = PQstatus(pg) == CONNECTION_OK;

    PQfinish(pg);
    return ok;
}

bool cluster_start(struct cluster *c)
{
    char data[80];
    const char *argv[] = {"postgres", "-D", data, NULL};

    (void)snprintf(data, sizeof data, "%s/data", c->dir);
    c->pid = spawn(c, argv);
    for (int waited = 0; waited < START_MS; waited += POLL_MS) {
        struct timespec ts = {.tv_nsec = POLL_MS * 1000000L};

        if (answers(c)) {
            return true;
        }
        (void)nanosleep(&ts, NULL);
    }
    (void)fprintf(stderr, "PostgreSQL does not start: %s/log\n", c->dir);
    return false;
}

static bool make(struct cluster *c)
{
    char data[80];
    char path[96];
    const char *argv[] = {
        "initdb",    "-D",           data,   "-U",
        "followup",  "-E",           "UTF8", "--locale=C.UTF-8",
        "--no-sync", "--auth=trust", NULL};
    FILE *f;
    int status;

    (void)snprintf(data, sizeof data, "%s/data", c->dir);
    if (waitpid(spawn(c, argv), &status, 0) < 0 || status != 0) {
        (void)fprintf(stderr, "initdb fails: %s/log\n", c->dir);
        return false;
    }
    (void)snprintf(path, sizeof path, "%s/postgresql.conf", data);
    f = fopen(path, "a");
    if (f == NULL) {
        return false;
    }
    (void)fprintf(f, settings, c->dir);
    return fclose(f) == 0;
}

bool cluster_open(struct cluster *c)
{
    const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;

    (void)snprintf(c->dir, sizeof c->dir, "/tmp/fup-cluster-XXXXXX");
    if (mkdtemp(c->dir) == NULL ||
        (user != NULL && chown(c->dir, user->pw_uid, user->pw_gid) != 0)) {
        return false;
    }
    (void)snprintf(c->conninfo, sizeof c->conninfo,
                   "host=%s port=5432 user=followup dbname=postgres", c->dir);
    if (!make_clock(c, "postgres") || !make_clock(c, "redis") || !make(c) ||
        !cluster_start(c)) {
        return false;
    }
    return setenv("FUP_TEST_POSTGRES", c->conninfo, 1) == 0;
}

void cluster_stop(struct cluster *c, int sig)
{
    if (c->pid > 0) {
        (void)kill(c->pid, sig);
        (void)waitpid(c->pid, NULL, 0);
        c->pid = 0;
    }
}

void cluster_close(struct cluster *c)
{
    pid_t pid;

    if (c->dir[0] == '\0') {
        return;
    }
    cluster_stop(c, SIGQUIT);
    pid = fork();
    if (pid == 0) {
        (void)execlp("rm", "rm", "-rf", "--", c->dir, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, NULL, 0);
}
