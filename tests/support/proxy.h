/* A proxy between a client and a server, which does what networks do: refuse,
 * cut, swallow, delay. For tests; runs on the test's own loop. */

#ifndef FUP_TESTS_PROXY_H
#define FUP_TESTS_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uv_loop_s;
struct fup_proxy;

/* A proxy to @target: "/path/of/a/socket", or "address:port" in numbers. It has
 * a port of 127.0.0.1 from the beginning, and refuses connections there until
 * fup_proxy_listen(). NULL when that fails. */
struct fup_proxy *fup_proxy_open(struct uv_loop_s *loop, const char *target);

int fup_proxy_port(const struct fup_proxy *proxy);

/* Accept connections and forward them. False when that fails. */
bool fup_proxy_listen(struct fup_proxy *proxy);

/* Stop to forward what clients send (@up), what servers send (@down), or both:
 * a half-open link. Nobody is told, buffers fill up, new connections are
 * accepted and hang. Undone by false. */
void fup_proxy_hold(struct fup_proxy *proxy, bool up, bool down);

/* Forward each piece from the server only @ms later; 0: at once. */
void fup_proxy_delay(struct fup_proxy *proxy, uint64_t ms);

/* Cut every connection once so many bytes more have come from the servers;
 * what is beyond is not forwarded. 0: at once. */
void fup_proxy_cut_after(struct fup_proxy *proxy, size_t bytes);

/* Connections accepted so far; those open now. */
int fup_proxy_accepted(const struct fup_proxy *proxy);
int fup_proxy_links(const struct fup_proxy *proxy);

/* Cut all and free @proxy (NULL is allowed), running the loop once more until
 * that is done. */
void fup_proxy_close(struct fup_proxy *proxy);

#endif
