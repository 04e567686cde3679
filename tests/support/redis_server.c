#include "redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#define MAX_ARGS 48

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

/* --- ports -------------------------------------------------------------- */

static int bound_port(int *ret_port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) != 0) {
        give_up("bind");
    }
    *ret_port = ntohs(addr.sin_port);
    return fd;
}

int redis_server_refusing_port(int *ret_port)
{
    return bound_port(ret_port);
}

int redis_server_silent_port(int *ret_port)
{
    int fd = bound_port(ret_port);

    if (listen(fd, 16) != 0) {
        give_up("listen");
    }
    return fd;
}

/* --- the process -------------------------------------------------------- */

static void
be_server(const struct redis_server *server, const char *const *args, int out)
{
    char port[16];
    const char *argv[MAX_ARGS] = {"redis-server",
                                  "--port",
                                  port,
                                  "--bind",
                                  "127.0.0.1",
                                  "--save",
                                  "",
                                  "--appendonly",
                                  "no",
                                  "--dir",
                                  server->dir,
                                  "--unixsocket",
                                  server->path,
                                  "--logfile",
                                  "",
                                  "--daemonize",
                                  "no",
                                  "--enable-debug-command",
                                  "yes"};
    size_t n = 0;
    int null = open("/dev/null", O_RDONLY);

    (void)snprintf(port, sizeof port, "%d", server->port);
    while (argv[n] != NULL) {
        n++;
    }
    for (; args != NULL && *args != NULL && n + 1 < MAX_ARGS; args++) {
        argv[n++] = *args;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)execvp(argv[0], (char *const *)(void *)argv);
    _exit(127);
}

/* Read what the server prints until it says that it is ready. */
static bool await_ready(int log)
{
    char text[16384];
    size_t len = 0;
    ssize_t n;

    while (len + 1 < sizeof text &&
           (n = read(log, text + len, sizeof text - 1 - len)) > 0) {
        len += (size_t)n;
        text[len] = '\0';
        if (strstr(text, "eady to accept connections unix") != NULL ||
            strstr(text, "now ready to accept connections at") != NULL) {
            return true;
        }
    }
    (void)fprintf(stderr, "redis-server does not start:\n%.*s\n", (int)len,
                  text);
    return false;
}

static bool spawn(struct redis_server *server, const char *const *args)
{
    int ends[2];

    if (pipe(ends) != 0) {
        give_up("pipe");
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    server->pid = fork();
    if (server->pid == 0) {
        be_server(server, args, ends[1]);
    }
    (void)close(ends[1]);
    server->log = ends[0];
    if (server->pid < 0 || !await_ready(server->log)) {
        return false;
    }
    server->admin = redisConnectUnix(server->path);
    return server->admin != NULL && server->admin->err == 0;
}

static void end(struct redis_server *server)
{
    if (server->admin != NULL) {
        redisFree(server->admin);
        server->admin = NULL;
    }
    if (server->pid > 0) {
        (void)kill(server->pid, SIGKILL);
        (void)waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
    if (server->log > 0) {
        (void)close(server->log);
        server->log = 0;
    }
}

bool redis_server_start(struct redis_server *server,
                        bool with_port,
                        const char *const *args)
{
    *server = (struct redis_server){.pid = 0};
    (void)snprintf(server->dir, sizeof server->dir, "/tmp/fup-redis-XXXXXX");
    if (mkdtemp(server->dir) == NULL) {
        give_up("mkdtemp");
    }
    (void)snprintf(server->path, sizeof server->path, "%s/s", server->dir);
    (void)snprintf(server->url, sizeof server->url, "unix://%s", server->path);
    if (with_port) {
        (void)close(bound_port(&server->port));
    }
    if (!spawn(server, args)) {
        redis_server_stop(server);
        return false;
    }
    return true;
}

bool redis_server_restart(struct redis_server *server, const char *const *args)
{
    end(server);
    (void)unlink(server->path);
    return spawn(server, args);
}

/* Every file a server may leave in its folder. */
static void remove_folder(const char *dir)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)execlp("rm", "rm", "-rf", dir, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, NULL, 0);
}

void redis_server_stop(struct redis_server *server)
{
    end(server);
    if (server->dir[0] != '\0') {
        remove_folder(server->dir);
        server->dir[0] = '\0';
    }
}

void redis_server_signal(const struct redis_server *server, int sig)
{
    if (kill(server->pid, sig) != 0) {
        give_up("kill");
    }
}

/* --- asking it ---------------------------------------------------------- */

static redisReply *
ask(struct redis_server *server, const char *fmt, va_list args)
{
    redisReply *reply = redisvCommand(server->admin, fmt, args);

    if (reply == NULL) {
        (void)fprintf(stderr, "redis-server: %s\n", server->admin->errstr);
        exit(1);
    }
    return reply;
}

redisReply *redis_server_ask(struct redis_server *server, const char *fmt, ...)
{
    va_list args;
    redisReply *reply;

    va_start(args, fmt);
    reply = ask(server, fmt, args);
    va_end(args);
    return reply;
}

long long redis_server_int(struct redis_server *server, const char *fmt, ...)
{
    va_list args;
    redisReply *reply;
    long long value = -1;

    va_start(args, fmt);
    reply = ask(server, fmt, args);
    va_end(args);
    if (reply->type == REDIS_REPLY_INTEGER) {
        value = reply->integer;
    } else if (reply->type == REDIS_REPLY_STRING) {
        value = strtoll(reply->str, NULL, 10);
    }
    freeReplyObject(reply);
    return value;
}

void redis_server_do(struct redis_server *server, const char *fmt, ...)
{
    va_list args;
    redisReply *reply;

    va_start(args, fmt);
    reply = ask(server, fmt, args);
    va_end(args);
    if (reply->type == REDIS_REPLY_ERROR) {
        (void)fprintf(stderr, "redis-server: %s: %s\n", fmt, reply->str);
        exit(1);
    }
    freeReplyObject(reply);
}
