/* Looking up hosts, and connecting.
 *
 * The happy path: each host that is a name is looked up, one after another, on
 * libuv's threads; libpq gets the addresses, all of them, and tries them in
 * order without blocking. Before each PQconnectPoll() the watch is stopped, for
 * libpq may close its socket there and open another with the same number.
 *
 * Failures: a name that is not found is left out; when none is left, or libpq
 * gives up, the session waits and tries again. At the deadline (session.c) the
 * attempt is dropped and the next one begins with the following place: libpq
 * itself waits for ever for a host that swallows packets. A lookup cannot be
 * stopped once a thread works on it: it is forgotten, and frees itself. */

#include "impl.h"

#include <stdlib.h>
#include <string.h>

#include "failure.h"

static void on_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res; /* progress of scripts and the like: nothing that we act on */
}

static void connect_begin(struct fup_pg *pg)
{
    struct fup_pg_params params;

    fup_sm_move(&pg->sm, FUP_PG_CONNECTING);
    if (fup_pg_params_init(&params, &pg->target, &pg->places, pg->first,
                           pg->application, pg->answer_ms) == FUP_OK) {
        pg->conn = PQconnectStartParams(params.keywords, params.values, 0);
    }
    fup_pg_params_done(&params);
    if (pg->conn == NULL) {
        (void)fup_err_set(&pg->err, FUP_ENOMEM, "out of memory");
        fup_pg_lost(pg);
        return;
    }
    (void)PQsetNoticeReceiver(pg->conn, on_notice, NULL);
    if (PQstatus(pg->conn) == CONNECTION_BAD ||
        !fup_pg_watch_for(pg, UV_WRITABLE)) {
        (void)fup_pg_failure_set_conn(&pg->err, FUP_EAWAY, pg->conn);
        fup_pg_lost(pg);
    }
}

void fup_pg_in_connecting(struct fup_pg *pg)
{
    bool waits = false;

    fup_pg_watch_stop(pg);
    switch (PQconnectPoll(pg->conn)) {
    case PGRES_POLLING_READING:
        waits = fup_pg_watch_for(pg, UV_READABLE);
        break;
    case PGRES_POLLING_WRITING:
        waits = fup_pg_watch_for(pg, UV_WRITABLE);
        break;
    case PGRES_POLLING_OK:
        if (PQsetnonblocking(pg->conn, 1) == 0 &&
            PQenterPipelineMode(pg->conn) == 1 &&
            fup_pg_watch_for(pg, UV_READABLE)) {
            fup_pg_connected(pg);
            return;
        }
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE: /* never returned */
        break;
    }
    if (!waits) {
        (void)fup_pg_failure_set_conn(&pg->err, FUP_EAWAY, pg->conn);
        fup_pg_lost(pg);
    }
}

static void add_addresses(struct fup_pg *pg, const struct addrinfo *list)
{
    const struct fup_pg_host *host = &pg->target.hosts.at[pg->looked_up];
    char text[sizeof host->addr];

    for (; list != NULL; list = list->ai_next) {
        if (getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof text,
                        NULL, 0, NI_NUMERICHOST) == 0) {
            fup_pg_hosts_add(&pg->places, host, text);
        }
    }
}

static void not_found(struct fup_pg *pg, int status)
{
    (void)fup_err_set(&pg->err, FUP_EAWAY, "host name \"%s\": %s",
                      pg->target.hosts.at[pg->looked_up].name,
                      uv_strerror(status));
}

static void
on_addresses(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
    struct fup_pg_lookup *lookup = req->data;
    struct fup_pg *pg = lookup->pg;

    if (pg->lookup == lookup) {
        pg->lookup = NULL;
        if (status == 0) {
            add_addresses(pg, list);
        } else {
            not_found(pg, status);
        }
        pg->looked_up++;
        fup_pg_resolve(pg);
    }
    uv_freeaddrinfo(list);
    free(lookup);
    fup_pg_unhold(pg);
}

/* True: begun. False: it failed, and pg->err says so. */
static bool look_up(struct fup_pg *pg, const struct fup_pg_host *host)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct fup_pg_lookup *lookup = calloc(1, sizeof *lookup);
    int status = UV_ENOMEM;

    if (lookup != NULL) {
        lookup->pg = pg;
        lookup->req.data = lookup;
        status = uv_getaddrinfo(pg->loop, &lookup->req, on_addresses,
                                host->name, NULL, &hints);
    }
    if (status != 0) {
        free(lookup);
        not_found(pg, status);
        return false;
    }
    pg->lookup = lookup;
    pg->held++;
    return true;
}

void fup_pg_resolve(struct fup_pg *pg)
{
    for (; pg->looked_up < pg->target.hosts.n; pg->looked_up++) {
        const struct fup_pg_host *host = &pg->target.hosts.at[pg->looked_up];

        if (!host->resolve) {
            fup_pg_hosts_add(&pg->places, host, host->addr);
        } else if (look_up(pg, host)) {
            return;
        }
    }
    if (pg->places.n == 0) {
        fup_pg_lost(pg);
    } else {
        connect_begin(pg);
    }
}

void fup_pg_lookup_drop(struct fup_pg *pg)
{
    if (pg->lookup != NULL) {
        (void)uv_cancel((uv_req_t *)&pg->lookup->req);
        pg->lookup = NULL;
    }
}
