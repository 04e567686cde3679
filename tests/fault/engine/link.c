/* The links between workers and servers: two proxies in a process of their own,
 * which do what the tape says. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <uv.h>

#include "proxy.h"
#include "run.h"

#define LOOK_MS 2

struct link {
    struct fup_proxy *proxy;
    struct tape_link *orders;
};

static void obey(const struct link *link)
{
    struct tape_link *orders = link->orders;
    int cut = atomic_exchange(&orders->cut_bytes, -1);
    bool refuse = atomic_load(&orders->refuse);

    fup_proxy_hold(link->proxy, atomic_load(&orders->hold_up),
                   atomic_load(&orders->hold_down));
    fup_proxy_delay(link->proxy, (uint64_t)atomic_load(&orders->delay_ms));
    if (cut >= 0) {
        fup_proxy_cut_after(link->proxy, (size_t)cut);
    } else if (refuse) {
        fup_proxy_cut_after(link->proxy, 0);
    }
}

static void on_look(uv_timer_t *timer)
{
    const struct link *links = timer->data;

    for (int i = 0; i < LINKS; i++) {
        obey(&links[i]);
    }
}

static void serve(struct run *run, const char *const *targets)
{
    static struct link links[LINKS];
    uv_loop_t loop;
    uv_timer_t look;

    (void)uv_loop_init(&loop);
    for (int i = 0; i < LINKS; i++) {
        links[i].orders = &run->tape->links[i];
        links[i].proxy = fup_proxy_open(&loop, targets[i]);
        if (links[i].proxy == NULL || !fup_proxy_listen(links[i].proxy)) {
            _exit(1);
        }
        atomic_store(&run->tape->ports[i], fup_proxy_port(links[i].proxy));
    }
    (void)uv_timer_init(&loop, &look);
    look.data = links;
    (void)uv_timer_start(&look, on_look, LOOK_MS, LOOK_MS);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
}

/* The socket that libpq finds by host and port. */
static void pg_socket(const char *conninfo, char *path, size_t size)
{
    const char *host = strstr(conninfo, "host=");
    const char *port = strstr(conninfo, "port=");

    (void)snprintf(path, size, "%.*s/.s.PGSQL.%.*s",
                   (int)strcspn(host + 5, " "), host + 5,
                   (int)strcspn(port + 5, " "), port + 5);
}

pid_t start_links(struct run *run)
{
    char path[128];
    const char *targets[LINKS] = {path, run->w.redis.path};
    pid_t pid;

    for (int i = 0; i < LINKS; i++) {
        atomic_store(&run->tape->links[i].cut_bytes, -1);
    }
    pg_socket(run->w.conninfo, path, sizeof path);
    pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)signal(SIGPIPE, SIG_IGN);
        serve(run, targets);
        _exit(0);
    }
    for (int i = 0; i < LINKS; i++) {
        while (atomic_load(&run->tape->ports[i]) == 0) {
            run_for(run, 5);
        }
    }
    (void)snprintf(run->worker_pg, sizeof run->worker_pg,
                   "host=127.0.0.1 port=%d user=followup dbname=%s "
                   "sslmode=disable gssencmode=disable",
                   atomic_load(&run->tape->ports[LINK_POSTGRES]),
                   run->w.database);
    (void)snprintf(run->worker_url, sizeof run->worker_url,
                   "redis://127.0.0.1:%d",
                   atomic_load(&run->tape->ports[LINK_REDIS]));
    return pid;
}
