/* Where to connect: the hosts of a conninfo, and what else libpq is given. */

#ifndef FUP_PG_TARGET_H
#define FUP_PG_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "core/buf.h"
#include "core/err.h"

enum { FUP_PG_HOSTS_MAX = 32, FUP_PG_PARAMS_MAX = 96 };

/* One place to try. */
struct fup_pg_host {
    char name[256]; /* host name, address, socket folder, or "" for libpq's */
    char addr[64];  /* numeric address; "" for a socket or if not resolved */
    char port[8];   /* "" for 5432 */
    bool resolve;   /* @name needs looking up */
};

struct fup_pg_hosts {
    struct fup_pg_host at[FUP_PG_HOSTS_MAX];
    int n;
};

struct fup_pg_target {
    PQconninfoOption *given; /* what the conninfo says, the rest null */
    char *options;           /* server options of conninfo or environment */
    struct fup_pg_hosts hosts;
};

/* Parse @conninfo. Host, address and port that it does not name come from the
 * environment, as in libpq.
 *
 * Owns:   fup_pg_target_done().
 * Errors: FUP_EINVAL, @err repeats nothing that could be a piece of a password;
 *         FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_pg_target_init(struct fup_pg_target *target,
                                                const char *conninfo,
                                                struct fup_err *err);
void fup_pg_target_done(struct fup_pg_target *target);

/* Add a copy of @host with @addr. More than fit are left out. */
void fup_pg_hosts_add(struct fup_pg_hosts *hosts,
                      const struct fup_pg_host *host,
                      const char *addr);

/* Keywords and values as PQconnectStartParams() wants them. */
struct fup_pg_params {
    const char *keywords[FUP_PG_PARAMS_MAX];
    const char *values[FUP_PG_PARAMS_MAX];
    int n;
    struct fup_buf host;
    struct fup_buf addr;
    struct fup_buf port;
    struct fup_buf options;
};

/* Fill @params to try @hosts in their order, beginning with the one at @first
 * (modulo their number). @timeout_ms is the server's statement_timeout, 0 for
 * none; one in the operator's own options wins. The session wants a server that
 * takes writes unless the operator says otherwise.
 *
 * Owns:   points into @target; fup_pg_params_done().
 * Errors: FUP_ENOMEM; FUP_ELIMIT. Done is due all the same. */
FUP_MUST_CHECK enum fup_code
fup_pg_params_init(struct fup_pg_params *params,
                   const struct fup_pg_target *target,
                   const struct fup_pg_hosts *hosts,
                   unsigned first,
                   const char *application,
                   uint64_t timeout_ms);
void fup_pg_params_done(struct fup_pg_params *params);

#endif
