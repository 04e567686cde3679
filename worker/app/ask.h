/* Asking PostgreSQL what the worker reads, and the planner what it decides. */

#ifndef FUP_APP_ASK_H
#define FUP_APP_ASK_H

#include <stdint.h>

#include "codec/channels.h"
#include "engine/preview.h"
#include "pg/block.h"

struct fup_ask {
    struct fup_pg_block *conn; /* borrowed */
    struct fup_channels channels;
    struct fup_preview *preview;
};

/* What is to be loaded: enrollments by their ids, or one conversation. */
struct fup_ask_load {
    int partition;
    const char *ids; /* array literal, "{1,2}" */
    const char *tenant;
    const char *conversation; /* NULL: none */
};

/* With the schedules and channels of @folder; those of them that are in order.
 *
 * Errors: FUP_EIO the folder cannot be read, FUP_ENOMEM. In any case
 * fup_ask_done() it. */
FUP_MUST_CHECK enum fup_code fup_ask_init(struct fup_ask *ask,
                                          struct fup_pg_block *conn,
                                          const char *folder,
                                          struct fup_err *err);
void fup_ask_done(struct fup_ask *ask);

/* Make the version @id known, when it is not. Errors: of PostgreSQL, and
 * FUP_EPARSE: it cannot be read. */
FUP_MUST_CHECK enum fup_code
fup_ask_version(struct fup_ask *ask, int64_t id, struct fup_err *err);

/* Rows of load.sql, for fup_preview_*(); valid until the connection's next
 * statement. */
FUP_MUST_CHECK enum fup_code fup_ask_load(struct fup_ask *ask,
                                          const struct fup_ask_load *what,
                                          struct fup_pg_rows *ret_rows,
                                          struct fup_err *err);

#endif
