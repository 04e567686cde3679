#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "queue_private.h"
#include "session_private.h"

/* Reading commands and receipts.
 *
 *   new:   XREADGROUP … BLOCK … > >
 *   again: XREADGROUP … 0 0; when that has nothing, XAUTOCLAIM of one stream,
 *          then of the other, along their cursors, until there is something
 *
 * A stream or a group that is not there yet, or not any more, answers NOGROUP
 * or UNBLOCKED: both groups are made, and it is read once more.
 *
 * An entry that was deleted while it was pending comes as an id without
 * fields: it is acknowledged here and not shown. */

#define N_INBOXES      2
#define PER_READ       100
#define IDLE_MS        60000
#define MAX_ROUNDS     16 /* of nothing but deleted entries */
#define MAX_PREFIX     64
#define MAX_CONSUMER   128
#define FIELDS_PER_ONE ((size_t)2 * FUP_QUEUE_FIELDS_MAX)

struct read {
    struct fup_redis *redis;
    char prefix[MAX_PREFIX];
    char consumer[MAX_CONSUMER];
    int64_t block_ms;
    bool again;
    bool made; /* groups were made already */
    int rounds;
    enum fup_queue_inbox from; /* of the XAUTOCLAIM under way */
    fup_queue_read_cb cb;
    void *data;
};

/* Entries on their way to the caller. */
struct entries {
    struct fup_queue_entry *list;
    size_t n;
    const char **fields;
    size_t *lens;
    size_t n_fields;
    size_t deleted;
};

static void on_read(void *data,
                    enum fup_code code,
                    const struct redisReply *reply,
                    const struct fup_err *err);
static void on_claimed(void *data,
                       enum fup_code code,
                       const struct redisReply *reply,
                       const struct fup_err *err);

static void read_finish(struct read *op,
                        enum fup_code code,
                        const struct entries *entries,
                        const struct fup_err *err)
{
    op->cb(op->data, code, entries == NULL ? NULL : entries->list,
           entries == NULL ? 0 : entries->n, err);
    free(op);
}

/* --- commands ----------------------------------------------------------- */

static void add_key(struct fup_args *args,
                    const struct read *op,
                    enum fup_queue_inbox inbox)
{
    fup_args_printf(args, "%s:%s", op->prefix, fup_queue_inbox_name(inbox));
}

static void send_read(struct read *op)
{
    struct fup_args args;

    fup_args_init(&args);
    fup_args_text(&args, "XREADGROUP");
    fup_args_text(&args, "GROUP");
    fup_args_text(&args, FUP_QUEUE_GROUP);
    fup_args_text(&args, op->consumer);
    fup_args_text(&args, "COUNT");
    fup_args_int(&args, PER_READ);
    if (!op->again && op->block_ms > 0) {
        fup_args_text(&args, "BLOCK");
        fup_args_int(&args, op->block_ms);
    }
    fup_args_text(&args, "STREAMS");
    add_key(&args, op, FUP_QUEUE_COMMANDS);
    add_key(&args, op, FUP_QUEUE_RECEIPTS);
    for (int i = 0; i < N_INBOXES; i++) {
        fup_args_text(&args, op->again ? "0" : ">");
    }
    fup_args_command(&args, op->redis, on_read, op);
}

static void send_claim(struct read *op, const char *cursor)
{
    struct fup_args args;

    fup_args_init(&args);
    fup_args_text(&args, "XAUTOCLAIM");
    add_key(&args, op, op->from);
    fup_args_text(&args, FUP_QUEUE_GROUP);
    fup_args_text(&args, op->consumer);
    fup_args_int(&args, IDLE_MS);
    fup_args_text(&args, cursor);
    fup_args_text(&args, "COUNT");
    fup_args_int(&args, PER_READ);
    fup_args_command(&args, op->redis, on_claimed, op);
}

/* --- groups ------------------------------------------------------------- */

static bool is_no_group(enum fup_code code, const struct fup_err *err)
{
    return code == FUP_EREFUSED && (strncmp(err->msg, "NOGROUP", 7) == 0 ||
                                    strncmp(err->msg, "UNBLOCKED", 9) == 0);
}

static void on_made(void *data, enum fup_code code, const struct fup_err *err)
{
    struct read *op = data;

    if (code == FUP_OK) {
        send_read(op);
    } else {
        read_finish(op, code, NULL, err);
    }
}

/* That the group is there already is fine. */
static void on_group(void *data,
                     enum fup_code code,
                     const struct redisReply *reply,
                     const struct fup_err *err)
{
    if (code == FUP_EREFUSED && strncmp(err->msg, "BUSYGROUP", 9) == 0) {
        code = FUP_OK;
    }
    fup_join_answer(data, code, reply, err);
}

static void make_groups(struct read *op)
{
    struct fup_join *join = fup_join_create(on_made, op, N_INBOXES);

    op->made = true;
    for (int i = 0; i < N_INBOXES; i++) {
        struct fup_args args;

        fup_args_init(&args);
        fup_args_text(&args, "XGROUP");
        fup_args_text(&args, "CREATE");
        add_key(&args, op, (enum fup_queue_inbox)i);
        fup_args_text(&args, FUP_QUEUE_GROUP);
        fup_args_text(&args, "0");
        fup_args_text(&args, "MKSTREAM");
        fup_args_command(&args, op->redis, on_group, join);
    }
}

/* --- entries ------------------------------------------------------------ */

/* Forget an entry that is not in its stream any more. */
static void
ack_deleted(const struct read *op, enum fup_queue_inbox inbox, const char *id)
{
    struct fup_args args;

    fup_args_init(&args);
    fup_args_text(&args, "XACK");
    add_key(&args, op, inbox);
    fup_args_text(&args, FUP_QUEUE_GROUP);
    fup_args_text(&args, id);
    fup_args_command(&args, op->redis, NULL, NULL);
}

static void add_fields(struct entries *entries,
                       struct fup_queue_entry *entry,
                       const struct redisReply *fields)
{
    size_t n = fields->elements & ~(size_t)1;

    entry->cut = n > FIELDS_PER_ONE;
    entry->n_fields = entry->cut ? FIELDS_PER_ONE : n;
    entry->fields = entries->fields + entries->n_fields;
    entry->lens = entries->lens + entries->n_fields;
    for (size_t i = 0; i < entry->n_fields; i++) {
        const struct redisReply *field = fields->element[i];

        entries->fields[entries->n_fields] =
            field->str == NULL ? "" : field->str;
        entries->lens[entries->n_fields] = field->len;
        entries->n_fields++;
    }
}

/* One [id, fields]; what Redis does not send is left out. */
static void add_entry(const struct read *op,
                      struct entries *entries,
                      enum fup_queue_inbox inbox,
                      const struct redisReply *reply)
{
    struct fup_queue_entry *entry = &entries->list[entries->n];

    if (!fup_queue_is_array(reply, 2) ||
        reply->element[0]->type != REDIS_REPLY_STRING) {
        return;
    }
    if (reply->element[1]->type != REDIS_REPLY_ARRAY) {
        ack_deleted(op, inbox, reply->element[0]->str);
        entries->deleted++;
        return;
    }
    *entry =
        (struct fup_queue_entry){.inbox = inbox, .id = reply->element[0]->str};
    add_fields(entries, entry, reply->element[1]);
    entries->n++;
}

/* How much room the entries of @list take. */
static void count_list(const struct redisReply *list, size_t *n, size_t *fields)
{
    for (size_t i = 0; fup_queue_is_array(list, 0) && i < list->elements; i++) {
        const struct redisReply *entry = list->element[i];

        *n += 1;
        if (fup_queue_is_array(entry, 2)) {
            *fields += entry->element[1]->elements;
        }
    }
}

static bool entries_init(struct entries *entries, size_t n, size_t fields)
{
    *entries = (struct entries){.n = 0};
    entries->list = calloc(n + 1, sizeof *entries->list);
    entries->fields = calloc(fields + 1, sizeof *entries->fields);
    entries->lens = calloc(fields + 1, sizeof *entries->lens);
    return entries->list != NULL && entries->fields != NULL &&
           entries->lens != NULL;
}

static void entries_done(struct entries *entries)
{
    free(entries->list);
    free(entries->fields);
    free(entries->lens);
}

/* The entries of one stream's array. */
static void add_list(const struct read *op,
                     struct entries *entries,
                     enum fup_queue_inbox inbox,
                     const struct redisReply *list)
{
    for (size_t i = 0; fup_queue_is_array(list, 0) && i < list->elements; i++) {
        add_entry(op, entries, inbox, list->element[i]);
    }
}

/* Deliver what was found and free it. */
static void deliver(struct read *op, struct entries *entries)
{
    const struct fup_err none = {.code = FUP_OK};

    read_finish(op, FUP_OK, entries, &none);
    entries_done(entries);
}

static void read_no_memory(struct read *op, struct entries *entries)
{
    struct fup_err err;

    entries_done(entries);
    (void)fup_err_set(&err, FUP_ENOMEM, "read: out of memory");
    read_finish(op, FUP_ENOMEM, NULL, &err);
}

/* --- answers ------------------------------------------------------------ */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* The list of entries in one [key, entries], NULL when it is none. */
static const struct redisReply *entries_of(const struct redisReply *stream)
{
    return fup_queue_is_array(stream, 2) &&
                   stream->element[0]->type == REDIS_REPLY_STRING
               ? stream->element[1]
               : NULL;
}

/* [[key, entries], …], or nil when nothing came. */
static bool add_streams(const struct read *op,
                        struct entries *entries,
                        const struct redisReply *reply)
{
    size_t n_streams = fup_queue_is_array(reply, 0) ? reply->elements : 0;
    size_t n = 0;
    size_t fields = 0;

    for (size_t i = 0; i < n_streams; i++) {
        count_list(entries_of(reply->element[i]), &n, &fields);
    }
    if (!entries_init(entries, n, fields)) {
        return false;
    }
    for (size_t i = 0; i < n_streams; i++) {
        const struct redisReply *list = entries_of(reply->element[i]);

        if (list != NULL) {
            const char *key = reply->element[i]->element[0]->str;

            add_list(op, entries,
                     ends_with(key, ":receipts") ? FUP_QUEUE_RECEIPTS
                                                 : FUP_QUEUE_COMMANDS,
                     list);
        }
    }
    return true;
}

static void on_read(void *data,
                    enum fup_code code,
                    const struct redisReply *reply,
                    const struct fup_err *err)
{
    struct read *op = data;
    struct entries entries;

    if (is_no_group(code, err) && !op->made) {
        make_groups(op);
        return;
    }
    if (code != FUP_OK) {
        read_finish(op, code, NULL, err);
        return;
    }
    if (!add_streams(op, &entries, reply)) {
        read_no_memory(op, &entries);
        return;
    }
    if (entries.n > 0 || !op->again) {
        deliver(op, &entries);
        return;
    }
    if (entries.deleted > 0 && ++op->rounds < MAX_ROUNDS) {
        send_read(op);
    } else {
        op->from = FUP_QUEUE_COMMANDS;
        send_claim(op, "0-0");
    }
    entries_done(&entries);
}

/* Go on with XAUTOCLAIM where @cursor is, with the other stream, or end. */
static void
claim_more(struct read *op, const char *cursor, struct entries *entries)
{
    if (strcmp(cursor, "0-0") != 0) {
        send_claim(op, cursor);
    } else if (op->from == FUP_QUEUE_COMMANDS) {
        op->from = FUP_QUEUE_RECEIPTS;
        send_claim(op, "0-0");
    } else {
        deliver(op, entries);
        return;
    }
    entries_done(entries);
}

static void on_claimed(void *data,
                       enum fup_code code,
                       const struct redisReply *reply,
                       const struct fup_err *err)
{
    struct read *op = data;
    struct entries entries;
    struct fup_err odd;
    size_t n = 0;
    size_t fields = 0;

    if (code == FUP_OK && (!fup_queue_is_array(reply, 2) ||
                           reply->element[0]->type != REDIS_REPLY_STRING)) {
        code = fup_queue_odd(&odd, "XAUTOCLAIM");
        err = &odd;
    }
    if (code != FUP_OK) {
        read_finish(op, code, NULL, err);
        return;
    }
    count_list(reply->element[1], &n, &fields);
    if (!entries_init(&entries, n, fields)) {
        read_no_memory(op, &entries);
        return;
    }
    add_list(op, &entries, op->from, reply->element[1]);
    if (entries.n > 0) {
        deliver(op, &entries);
    } else {
        claim_more(op, reply->element[0]->str, &entries);
    }
}

/* Seven parameters, for a struct would hold what each caller has once. */
/* NOLINTNEXTLINE(readability-function-size) */
void fup_queue_read(struct fup_redis *redis,
                    const char *prefix,
                    const char *consumer,
                    int64_t block_ms,
                    bool again,
                    fup_queue_read_cb cb,
                    void *data)
{
    struct read *op = fup_redis_alloc(sizeof *op);
    bool fits;

    op->redis = redis;
    op->block_ms = block_ms;
    op->again = again;
    op->cb = cb;
    op->data = data;
    fits = snprintf(op->prefix, MAX_PREFIX, "%s", prefix) < MAX_PREFIX;
    fits = fits &&
           snprintf(op->consumer, MAX_CONSUMER, "%s", consumer) < MAX_CONSUMER;
    if (fits) {
        send_read(op);
    } else {
        fup_redis_defer(redis, FUP_EINVAL,
                        "prefix or consumer: longer than 63 or 127 bytes",
                        on_read, op);
    }
}
