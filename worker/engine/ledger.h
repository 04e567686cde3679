/* Rows of the ledger as the relay wants them: read from PostgreSQL, or what a
 * turn has just written. */

#ifndef FUP_ENGINE_LEDGER_H
#define FUP_ENGINE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

/* Texts are NULL and instants FUP_TIME_NONE where the ledger has a null. */
struct fup_ledger_row {
    int64_t seq; /* 0: nothing was written */
    const char *event;
    const char *reason;
    const char *outcome;
    const char *tenant;
    const char *conversation;
    int64_t episode_at;
    int step; /* 0: none */
    const char *kind;
    int64_t at;
    int next_step; /* 0: none */
    int64_t next_due_at;
    const char *actor;
    bool closes;
    const char *status;
    const char *channel;
    const char *message_id;
    const char *message;
    int64_t expires_at;
    int64_t withdrew; /* seq of a message that was taken back, 0: none */
    const char *withdrew_channel;
    const char *withdrew_status;
    const char *trace; /* JSON */
    const char *next_trace;
};

/* A copy with copies of the texts, in one piece: free() it.
 * NULL: out of memory. */
struct fup_ledger_row *fup_ledger_row_copy(const struct fup_ledger_row *row);

#endif
