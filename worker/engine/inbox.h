/* Commands and receipts: from their streams in Redis into PostgreSQL.
 *
 * An entry is acknowledged when PostgreSQL has it, or when it is refused and
 * copied to followup:rejected. Whatever is not acknowledged comes again;
 * PostgreSQL knows it by its entry id or its request_id. */

#ifndef FUP_ENGINE_INBOX_H
#define FUP_ENGINE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pg/session.h"
#include "redis/queue.h"

struct fup_engine;

#define FUP_INBOX_BLOCK_MS 5000
#define FUP_INBOX_PAGE     100

/* One entry on its way into PostgreSQL. */
struct fup_inbox_item {
    struct fup_pg_request req;
    struct fup_engine *engine;
    enum fup_queue_inbox inbox;
    char *entry;
    char *request_id; /* of a command, or NULL */
    bool kept;        /* PostgreSQL has it */
};

struct fup_inbox {
    bool running;
    bool again;     /* read what was not acknowledged */
    size_t waiting; /* items without an answer */
    size_t n;
    bool away;              /* an item could not be kept: read it again later */
    uint64_t again_ms;      /* when to look for unacknowledged ones */
    uint64_t not_before_ms; /* a pause after a failure */
    struct fup_inbox_item items[FUP_INBOX_PAGE];
};

void fup_inbox_init(struct fup_inbox *inbox);
void fup_inbox_done(struct fup_inbox *inbox);

/* The reading session is there: begin, unless it goes on already. */
void fup_inbox_start(struct fup_engine *engine);

/* Nothing is on its way into PostgreSQL. */
bool fup_inbox_idle(const struct fup_engine *engine);

#endif
