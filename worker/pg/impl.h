/* The session, as its own files see it.
 *
 *   session.c   life, states, deadlines, calling back what cannot be answered
 *   connect.c   looking up hosts, connecting
 *   pipeline.c  sending, answers, prepared statements
 *   watch.c     the socket
 */

#ifndef FUP_PG_IMPL_H
#define FUP_PG_IMPL_H

#include <stdbool.h>

#include <libpq-fe.h>
#include <uv.h>

#include "core/backoff.h"
#include "core/sm.h"
#include "pg/session.h"
#include "target.h"
#include "watch.h"

enum {
    FUP_PG_IDLE,
    FUP_PG_RESOLVING,
    FUP_PG_CONNECTING,
    FUP_PG_READY,
    FUP_PG_BACKOFF,
    FUP_PG_CLOSING,
};

/* Requests in order, linked by their next. */
struct fup_pg_queue {
    struct fup_pg_request *first;
    struct fup_pg_request *last;
    size_t n;
};

void fup_pg_queue_add(struct fup_pg_queue *queue, struct fup_pg_request *req);
struct fup_pg_request *fup_pg_queue_take(struct fup_pg_queue *queue);

/* Looking up one host name; on the heap, for it may outlast its attempt. */
struct fup_pg_lookup {
    uv_getaddrinfo_t req;
    struct fup_pg *pg;
};

/* What this connection knows of a statement. */
struct fup_pg_slot {
    const struct fup_statement *statement;
    unsigned generation; /* part of the name on the server; from 1 */

    enum { FUP_PG_UNPREPARED, FUP_PG_PREPARING, FUP_PG_PREPARED } state;
};

struct fup_pg {
    struct fup_sm sm;
    uv_loop_t *loop;
    uv_timer_t timer; /* the deadline of the state */
    uv_timer_t post;  /* soon: breaks what is broken, calls back posted */
    int held;         /* handles and lookups; the last one frees */
    struct fup_pg_target target;
    struct fup_backoff backoff;
    struct fup_err err; /* why there is no connection */
    char *application;
    uint64_t connect_ms;
    uint64_t answer_ms;
    fup_pg_state_cb on_state;
    void *data;
    void (*on_closed)(void *data);
    void *closed_data;

    /* connecting */
    struct fup_pg_lookup *lookup;
    struct fup_pg_hosts places; /* hosts with their addresses */
    int looked_up;              /* hosts of the target done */
    unsigned first;             /* place to begin with */

    /* connected */
    PGconn *conn;
    struct fup_pg_watch *watch;
    bool broken;       /* found while sending; on_post() drops it */
    bool suspect;      /* silent for too long, as far as the clock says */
    uint64_t heard_at; /* loop time of the last sign of life, in ms */
    struct fup_pg_slot *slots;
    size_t slots_n;
    size_t slots_cap;
    struct fup_pg_queue pending; /* sent, in order */
    PGresult *answer;            /* of the first pending, until its Sync */

    struct fup_pg_queue posted; /* to be called back with their code */
};

/* session.c */

/* One handle or lookup less; the last one ends a session that is closing. */
void fup_pg_unhold(struct fup_pg *pg);
/* There is something for @pg's socket. */
void fup_pg_on_socket(struct fup_pg *pg, int events);
/* No connection, pg->err says why: try again later. The last act of a state. */
void fup_pg_lost(struct fup_pg *pg);
/* The connection stands. The last act of a state. */
void fup_pg_connected(struct fup_pg *pg);

/* connect.c */

/* Look up what needs it, then connect. May end in fup_pg_lost(). */
void fup_pg_resolve(struct fup_pg *pg);
void fup_pg_in_connecting(struct fup_pg *pg);
/* Forget the lookup, its callback will find that it is. */
void fup_pg_lookup_drop(struct fup_pg *pg);

/* pipeline.c */

/* Send @req and watch for the answer. False: it was not sent as a whole and
 * the connection is of no use any more. */
bool fup_pg_pipeline_send(struct fup_pg *pg,
                          struct fup_pg_request *req,
                          const struct fup_pg_values *params);
/* Read, call back what is answered. May end in fup_pg_lost(). */
void fup_pg_in_ready(struct fup_pg *pg, int events);
/* The connection is going: give each pending request its code and post it. */
void fup_pg_pipeline_drop(struct fup_pg *pg);

#endif
