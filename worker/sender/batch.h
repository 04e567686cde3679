/* The entries in hand: read from streams, judged, reported, acknowledged. */

#ifndef FUP_SENDER_BATCH_H
#define FUP_SENDER_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/outbound.h"
#include "core/buf.h"

struct redisReply;

#define FUP_BATCH_MAX 1024

struct fup_batch_entry {
    const char *key;    /* of its stream; not owned */
    char stream_id[48]; /* "<ms>-<n>" */
    char *id;           /* of the message; "" when it has none */
    struct fup_outbound_doc doc;
    bool understood;
    bool ours;               /* to be delivered */
    bool asked;              /* for a permit, in the portion under way */
    bool granted;            /* a permit for it is ours, or may be */
    const char *status;      /* of the receipt; NULL: none is due */
    const char *error_class; /* of a receipt "failed" */
    bool reported;
};

struct fup_batch {
    struct fup_batch_entry entries[FUP_BATCH_MAX];
    size_t n;
};

/* Forget all entries and free what they hold. */
void fup_batch_clear(struct fup_batch *batch);

/* Add the entries [[id, [name, value…]]…] of stream @key. What does not fit or
 * is no entry (deleted since) is left out. False: out of memory. */
bool fup_batch_add(struct fup_batch *batch,
                   const char *key,
                   const struct redisReply *entries);

/* Add those of an answer to XREADGROUP, whose keys are among @keys. */
bool fup_batch_add_streams(struct fup_batch *batch,
                           char *const *keys,
                           size_t n_keys,
                           const struct redisReply *reply);

/* Judge what needs no server: entries that are not understood, out of date at
 * @now, or the same message again are not ours; the others are. */
void fup_batch_judge(struct fup_batch *batch, int64_t now);

/* The entry that is ours with message @id, or NULL. */
struct fup_batch_entry *fup_batch_find(struct fup_batch *batch, const char *id);

#endif
