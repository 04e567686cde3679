#include "batch.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "core/time.h"

void fup_batch_clear(struct fup_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        free(batch->entries[i].id);
        fup_outbound_done(&batch->entries[i].doc);
    }
    batch->n = 0;
}

static bool is_text(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ||
           reply->type == REDIS_REPLY_STATUS;
}

/* The value of field @name of [name, value…], or NULL. */
static const struct redisReply *field(const struct redisReply *fields,
                                      const char *name)
{
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        if (is_text(fields->element[i]) && is_text(fields->element[i + 1]) &&
            strcmp(fields->element[i]->str, name) == 0) {
            return fields->element[i + 1];
        }
    }
    return NULL;
}

static bool is_entry(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
           is_text(reply->element[0]) &&
           reply->element[1]->type == REDIS_REPLY_ARRAY &&
           reply->element[0]->len <
               sizeof(((struct fup_batch_entry *)NULL)->stream_id);
}

static bool add_entry(struct fup_batch *batch,
                      const char *key,
                      const struct redisReply *reply)
{
    struct fup_batch_entry *entry = &batch->entries[batch->n];
    const struct redisReply *id = field(reply->element[1], "id");
    const struct redisReply *message = field(reply->element[1], "message");
    enum fup_code code = FUP_EPARSE;

    *entry = (struct fup_batch_entry){.key = key};
    memcpy(entry->stream_id, reply->element[0]->str, reply->element[0]->len);
    if (message != NULL) {
        code = fup_outbound_read(message->str, message->len, &entry->doc, NULL);
    }
    if (code == FUP_ENOMEM) {
        return false;
    }
    entry->understood = code == FUP_OK;
    entry->id = strdup(entry->understood ? entry->doc.message.id
                       : id != NULL      ? id->str
                                         : "");
    if (entry->id == NULL) {
        fup_outbound_done(&entry->doc);
        return false;
    }
    batch->n++;
    return true;
}

bool fup_batch_add(struct fup_batch *batch,
                   const char *key,
                   const struct redisReply *entries)
{
    for (size_t i = 0; entries->type == REDIS_REPLY_ARRAY &&
                       i < entries->elements && batch->n < FUP_BATCH_MAX;
         i++) {
        if (is_entry(entries->element[i]) &&
            !add_entry(batch, key, entries->element[i])) {
            return false;
        }
    }
    return true;
}

static const char *
find_key(char *const *keys, size_t n_keys, const struct redisReply *name)
{
    for (size_t i = 0; is_text(name) && i < n_keys; i++) {
        if (strcmp(keys[i], name->str) == 0) {
            return keys[i];
        }
    }
    return NULL;
}

bool fup_batch_add_streams(struct fup_batch *batch,
                           char *const *keys,
                           size_t n_keys,
                           const struct redisReply *reply)
{
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements;
         i++) {
        const struct redisReply *stream = reply->element[i];
        const char *key;

        if (stream->type != REDIS_REPLY_ARRAY || stream->elements != 2) {
            continue;
        }
        key = find_key(keys, n_keys, stream->element[0]);
        if (key != NULL && !fup_batch_add(batch, key, stream->element[1])) {
            return false;
        }
    }
    return true;
}

void fup_batch_judge(struct fup_batch *batch, int64_t now)
{
    for (size_t i = 0; i < batch->n; i++) {
        struct fup_batch_entry *entry = &batch->entries[i];

        if (!entry->understood) {
            entry->status = entry->id[0] != '\0' ? "failed" : NULL;
            entry->error_class = "permanent_request";
        } else if (entry->doc.message.expires_at != FUP_TIME_NONE &&
                   entry->doc.message.expires_at <= now) {
            entry->status = "failed";
            entry->error_class = "expired";
        } else {
            entry->ours = fup_batch_find(batch, entry->id) == NULL;
        }
    }
}

struct fup_batch_entry *fup_batch_find(struct fup_batch *batch, const char *id)
{
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->entries[i].ours && strcmp(batch->entries[i].id, id) == 0) {
            return &batch->entries[i];
        }
    }
    return NULL;
}
