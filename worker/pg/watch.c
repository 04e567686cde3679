#include "watch.h"

#include <stdlib.h>

#include "impl.h"

static void on_watch_closed(uv_handle_t *handle)
{
    struct fup_pg_watch *watch = handle->data;
    struct fup_pg *pg = watch->pg;

    free(watch);
    fup_pg_unhold(pg);
}

/* libuv has stopped a poll that reports an error, and says no events: let libpq
 * find out what happened; the state re-arms or drops the socket. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct fup_pg_watch *watch = poll->data;

    if (status < 0) {
        watch->events = 0;
        events = UV_READABLE | UV_WRITABLE;
    }
    fup_pg_on_socket(watch->pg, events);
}

static struct fup_pg_watch *watch_create(struct fup_pg *pg, int fd)
{
    struct fup_pg_watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL) {
        return NULL;
    }
    if (uv_poll_init(pg->loop, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->pg = pg;
    watch->fd = fd;
    pg->held++;
    return watch;
}

bool fup_pg_watch_for(struct fup_pg *pg, int events)
{
    int fd = PQsocket(pg->conn);

    if (pg->watch != NULL && pg->watch->fd != fd) {
        fup_pg_watch_drop(pg);
    }
    if (pg->watch == NULL) {
        pg->watch = fd >= 0 ? watch_create(pg, fd) : NULL;
    }
    if (pg->watch == NULL) {
        return false;
    }
    /* The number may be the same and the socket another: then it has been
     * stopped before, and events is 0 here. */
    if (pg->watch->events == events) {
        return true;
    }
    if (uv_poll_start(&pg->watch->poll, events, on_poll) != 0) {
        return false;
    }
    pg->watch->events = events;
    return true;
}

void fup_pg_watch_stop(struct fup_pg *pg)
{
    if (pg->watch != NULL) {
        (void)uv_poll_stop(&pg->watch->poll);
        pg->watch->events = 0;
    }
}

void fup_pg_watch_drop(struct fup_pg *pg)
{
    if (pg->watch != NULL) {
        uv_close((uv_handle_t *)&pg->watch->poll, on_watch_closed);
        pg->watch = NULL;
    }
}
