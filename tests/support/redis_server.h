/* A redis-server of a test's own: in a scratch folder, on a unix socket (and a
 * free port when asked for), gone with the test. */

#ifndef FUP_TEST_REDIS_SERVER_H
#define FUP_TEST_REDIS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct redisContext;
struct redisReply;

struct redis_server {
    pid_t pid;
    int log; /* what it prints */
    char dir[64];
    char path[96];              /* of the socket */
    char url[128];              /* unix://… */
    int port;                   /* 0: none */
    struct redisContext *admin; /* blocking, for the test's own commands */
};

/* Start one and wait until it accepts connections. @args: further arguments,
 * ended by NULL, or NULL. @with_port: listen on a free port of 127.0.0.1 too.
 * Returns false, and says why on stderr, when there is no redis-server. */
bool redis_server_start(struct redis_server *server,
                        bool with_port,
                        const char *const *args);

/* SIGKILL and start again with the same folder, socket, port and @args. */
bool redis_server_restart(struct redis_server *server, const char *const *args);

/* Kill it and remove its folder. */
void redis_server_stop(struct redis_server *server);

/* SIGSTOP, SIGCONT, … */
void redis_server_signal(const struct redis_server *server, int sig);

/* Ask it a command; ends the program when there is no answer. The caller frees
 * the reply. */
struct redisReply *
redis_server_ask(struct redis_server *server, const char *fmt, ...);

/* The same for its number; -1 when the answer is none. */
long long redis_server_int(struct redis_server *server, const char *fmt, ...);

/* The same, and the answer must be no error. */
void redis_server_do(struct redis_server *server, const char *fmt, ...);

/* A port that refuses connections: bound and not listening. Returns its socket
 * to be closed. */
int redis_server_refusing_port(int *ret_port);

/* A port that takes @backlog connections or so into its queue and never answers
 * them. Returns its socket. */
int redis_server_silent_port(int *ret_port);

#endif
