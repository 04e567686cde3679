/* Each accepted connection is a link of two ends, client and server. An end
 * reads a piece, writes it to the other and reads on when that is done, so one
 * piece is under way in each direction and back-pressure passes through. A link
 * ends as a whole; its handles are counted and the last one frees it. */

#include "proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

enum { PIECE = 65536 };

union stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

struct end {
    struct link *link;
    struct end *other;
    union stream io;
    uv_write_t write;
    uv_timer_t delay;
    char piece[PIECE];
    size_t len; /* of what is under way; 0: nothing */
    bool reading;
    bool connected;
};

struct link {
    struct fup_proxy *proxy;
    struct link *next;
    struct end client;
    struct end server;
    uv_connect_t connect;
    int handles;
    bool closing;
};

struct fup_proxy {
    uv_loop_t *loop;
    uv_tcp_t listener;
    char target[128];
    int port;
    bool hold_up;
    bool hold_down;
    bool cutting;
    size_t cut_after;
    uint64_t delay_ms;
    int accepted;
    int links_n;
    struct link *links;
    bool closed; /* the listener */
};

static void on_handle_closed(uv_handle_t *handle)
{
    struct end *end = handle->data;
    struct link *link = end->link;
    struct link **at = &link->proxy->links;

    if (--link->handles > 0) {
        return;
    }
    while (*at != link) {
        at = &(*at)->next;
    }
    *at = link->next;
    link->proxy->links_n--;
    free(link);
}

static void link_close(struct link *link)
{
    if (!link->closing) {
        link->closing = true;
        uv_close(&link->client.io.handle, on_handle_closed);
        uv_close(&link->server.io.handle, on_handle_closed);
        uv_close((uv_handle_t *)&link->client.delay, on_handle_closed);
        uv_close((uv_handle_t *)&link->server.delay, on_handle_closed);
    }
}

static void cut_all(struct fup_proxy *proxy)
{
    for (struct link *link = proxy->links; link != NULL; link = link->next) {
        link_close(link);
    }
}

static bool is_held(const struct end *end)
{
    const struct fup_proxy *proxy = end->link->proxy;

    return end == &end->link->client ? proxy->hold_up : proxy->hold_down;
}

static void end_go_on(struct end *end);

static void on_written(uv_write_t *req, int status)
{
    struct end *from = req->data;

    from->len = 0;
    if (status != 0) {
        link_close(from->link);
    } else {
        end_go_on(from);
    }
}

static void forward(struct end *from)
{
    uv_buf_t buf = uv_buf_init(from->piece, (unsigned)from->len);

    from->write.data = from;
    if (uv_write(&from->write, &from->other->io.stream, &buf, 1, on_written) !=
        0) {
        link_close(from->link);
    }
}

static void on_delayed(uv_timer_t *timer)
{
    forward(timer->data);
}

/* How much of @len may pass before the cut. */
static size_t allowed(struct end *from, size_t len)
{
    struct fup_proxy *proxy = from->link->proxy;

    if (!proxy->cutting || from != &from->link->server) {
        return len;
    }
    if (len > proxy->cut_after) {
        len = proxy->cut_after;
    }
    proxy->cut_after -= len;
    return len;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct end *from = stream->data;
    struct fup_proxy *proxy = from->link->proxy;

    (void)buf;
    if (n == 0) {
        return;
    }
    (void)uv_read_stop(stream);
    from->reading = false;
    if (n < 0) {
        link_close(from->link);
        return;
    }
    from->len = allowed(from, (size_t)n);
    if (from->len < (size_t)n) {
        /* Written without waiting: the other end gets it before the end. */
        uv_buf_t rest = uv_buf_init(from->piece, (unsigned)from->len);

        (void)uv_try_write(&from->other->io.stream, &rest, 1);
        proxy->cutting = false;
        cut_all(proxy);
    } else if (proxy->delay_ms > 0 && from == &from->link->server) {
        (void)uv_timer_start(&from->delay, on_delayed, proxy->delay_ms, 0);
    } else {
        forward(from);
    }
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct end *end = handle->data;

    (void)wanted;
    *buf = uv_buf_init(end->piece, PIECE);
}

/* Read on, if that may be. */
static void end_go_on(struct end *end)
{
    if (!end->link->closing && !end->reading && end->len == 0 &&
        end->connected && end->other->connected && !is_held(end)) {
        end->reading = true;
        (void)uv_read_start(&end->io.stream, on_alloc, on_read);
    }
}

static void end_stop(struct end *end)
{
    if (end->reading) {
        (void)uv_read_stop(&end->io.stream);
        end->reading = false;
    }
}

static void on_connected(uv_connect_t *req, int status)
{
    struct link *link = req->data;

    if (status != 0) {
        link_close(link);
        return;
    }
    link->server.connected = true;
    end_go_on(&link->client);
    end_go_on(&link->server);
}

static void link_connect(struct link *link)
{
    const char *target = link->proxy->target;
    const char *colon = strrchr(target, ':');
    struct sockaddr_in addr;
    char host[64];

    link->connect.data = link;
    if (target[0] == '/') {
        uv_pipe_connect(&link->connect, &link->server.io.pipe, target,
                        on_connected);
        return;
    }
    (void)snprintf(host, sizeof host, "%.*s", (int)(colon - target), target);
    if (uv_ip4_addr(host, (int)strtol(colon + 1, NULL, 10), &addr) != 0 ||
        uv_tcp_connect(&link->connect, &link->server.io.tcp,
                       (const struct sockaddr *)&addr, on_connected) != 0) {
        link_close(link);
    }
}

static void end_init(struct link *link, struct end *end, bool tcp)
{
    uv_loop_t *loop = link->proxy->loop;

    end->link = link;
    end->other = end == &link->client ? &link->server : &link->client;
    if (tcp) {
        (void)uv_tcp_init(loop, &end->io.tcp);
    } else {
        (void)uv_pipe_init(loop, &end->io.pipe, 0);
    }
    (void)uv_timer_init(loop, &end->delay);
    end->io.handle.data = end;
    end->delay.data = end;
    link->handles += 2;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct fup_proxy *proxy = listener->data;
    /* Not calloc(): tests of a lack of memory let that fail. */
    struct link *link = status == 0 ? malloc(sizeof *link) : NULL;

    if (link == NULL) {
        return;
    }
    memset(link, 0, sizeof *link);
    link->proxy = proxy;
    link->next = proxy->links;
    proxy->links = link;
    proxy->links_n++;
    proxy->accepted++;
    end_init(link, &link->client, true);
    end_init(link, &link->server, proxy->target[0] != '/');
    if (uv_accept(listener, &link->client.io.stream) != 0) {
        link_close(link);
        return;
    }
    link->client.connected = true;
    link_connect(link);
}

struct fup_proxy *fup_proxy_open(uv_loop_t *loop, const char *target)
{
    struct fup_proxy *proxy = calloc(1, sizeof *proxy);
    struct sockaddr_in addr;
    int size = sizeof addr;

    if (proxy == NULL) {
        return NULL;
    }
    proxy->loop = loop;
    (void)snprintf(proxy->target, sizeof proxy->target, "%s", target);
    (void)uv_tcp_init(loop, &proxy->listener);
    proxy->listener.data = proxy;
    (void)uv_ip4_addr("127.0.0.1", 0, &addr);
    if (uv_tcp_bind(&proxy->listener, (const struct sockaddr *)&addr, 0) != 0 ||
        uv_tcp_getsockname(&proxy->listener, (struct sockaddr *)&addr, &size) !=
            0) {
        fup_proxy_close(proxy);
        return NULL;
    }
    proxy->port = ntohs(addr.sin_port);
    return proxy;
}

int fup_proxy_port(const struct fup_proxy *proxy)
{
    return proxy->port;
}

bool fup_proxy_listen(struct fup_proxy *proxy)
{
    return uv_listen((uv_stream_t *)&proxy->listener, 64, on_connection) == 0;
}

void fup_proxy_hold(struct fup_proxy *proxy, bool up, bool down)
{
    proxy->hold_up = up;
    proxy->hold_down = down;
    for (struct link *link = proxy->links; link != NULL; link = link->next) {
        if (up) {
            end_stop(&link->client);
        }
        if (down) {
            end_stop(&link->server);
        }
        end_go_on(&link->client);
        end_go_on(&link->server);
    }
}

void fup_proxy_delay(struct fup_proxy *proxy, uint64_t ms)
{
    proxy->delay_ms = ms;
}

void fup_proxy_cut_after(struct fup_proxy *proxy, size_t bytes)
{
    proxy->cutting = bytes > 0;
    proxy->cut_after = bytes;
    if (bytes == 0) {
        cut_all(proxy);
    }
}

int fup_proxy_accepted(const struct fup_proxy *proxy)
{
    return proxy->accepted;
}

int fup_proxy_links(const struct fup_proxy *proxy)
{
    return proxy->links_n;
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct fup_proxy *proxy = handle->data;

    proxy->closed = true;
}

void fup_proxy_close(struct fup_proxy *proxy)
{
    if (proxy == NULL) {
        return;
    }
    cut_all(proxy);
    uv_close((uv_handle_t *)&proxy->listener, on_listener_closed);
    while (!proxy->closed || proxy->links != NULL) {
        (void)uv_run(proxy->loop, UV_RUN_ONCE);
    }
    free(proxy);
}
