#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "queue_private.h"
#include "reply.h"
#include "scripts.h"
#include "session_private.h"

/* Rows that go nowhere (no channel) are not sent; they are done when the rows
 * before them are. @row_of tells which row the script's n-th one is. */

#define SHADOW_LEN 10000

struct relay {
    fup_queue_relay_cb cb;
    void *data;
    size_t n;    /* rows given */
    size_t keys; /* streams asked for */
    size_t sent; /* rows for the script */
    size_t row_of[];
};

/* The streams of a batch: a row for each, in the order of the keys. */
struct streams {
    size_t n;
    const struct fup_queue_row *first[FUP_QUEUE_BATCH_MAX];
};

/* Which stream @row is for, a new one when it is the first. */
static size_t stream_of(struct streams *streams,
                        const struct fup_queue_row *row)
{
    for (size_t i = 0; i < streams->n; i++) {
        if (streams->first[i]->shadow == row->shadow &&
            strcmp(streams->first[i]->channel, row->channel) == 0) {
            return i;
        }
    }
    streams->first[streams->n] = row;
    return streams->n++;
}

static const char *what(const struct fup_queue_row *row)
{
    if (row->withdraw) {
        return "withdraw";
    }
    return row->shadow ? "shadow" : "add";
}

static void add_text(struct fup_args *args, const char *text)
{
    fup_args_text(args, text == NULL ? "" : text);
}

static void
add_row(struct fup_args *args, const struct fup_queue_row *row, size_t stream)
{
    fup_args_int(args, (int64_t)stream + 2); /* Lua's first is 1, meta */
    fup_args_text(args, what(row));
    fup_args_int(args, row->seq);
    add_text(args, row->id);
    add_text(args, row->kind);
    add_text(args, row->expires_at);
    add_text(args, row->message);
}

/* Rows done, once the script did @sent of its own. */
static size_t rows_done(const struct relay *op, size_t sent)
{
    return sent >= op->sent ? op->n : op->row_of[sent];
}

static bool is_answer(const struct redisReply *reply)
{
    return fup_queue_is_array(reply, 3) &&
           reply->element[0]->type == REDIS_REPLY_INTEGER &&
           reply->element[1]->type == REDIS_REPLY_STRING &&
           fup_queue_is_array(reply->element[2], 0);
}

static void on_relayed(void *data,
                       enum fup_code code,
                       const struct redisReply *reply,
                       const struct fup_err *err)
{
    struct relay *op = data;
    struct fup_queue_behind behind[FUP_QUEUE_CHANNELS_MAX];
    struct fup_err stop = {.code = FUP_OK};
    size_t n_behind = 0;
    size_t done = 0;

    if (code == FUP_OK && op->keys == 0) {
        done = op->n;
    } else if (code == FUP_OK && is_answer(reply)) {
        done = rows_done(op, (size_t)reply->element[0]->integer);
        n_behind = fup_queue_read_behind(reply->element[2], behind,
                                         FUP_QUEUE_CHANNELS_MAX);
        if (reply->element[1]->len > 0) {
            code = fup_reply_line_code(reply->element[1]->str, &stop);
            err = &stop;
        }
    } else if (code == FUP_OK) {
        code = fup_queue_odd(&stop, "relay");
        err = &stop;
    }
    op->cb(op->data, code, done, behind, n_behind, err);
    free(op);
}

static void add_keys(struct fup_args *args,
                     const struct fup_queue *queue,
                     const struct streams *streams)
{
    fup_queue_key(args, queue, "meta");
    for (size_t i = 0; i < streams->n; i++) {
        fup_args_printf(args, "%s:{p%02d}:%s:%s", queue->prefix,
                        queue->partition,
                        streams->first[i]->shadow ? "shadow" : "out",
                        streams->first[i]->channel);
    }
}

/* What stands before the rows. */
static void begin(struct fup_args *args,
                  const struct fup_queue *queue,
                  const struct streams *streams,
                  int64_t max_len)
{
    fup_args_init(args);
    add_keys(args, queue, streams);
    fup_args_int(args, queue->epoch);
    fup_args_int(args, max_len);
    fup_args_int(args, SHADOW_LEN);
    fup_queue_mark(args, queue);
}

static void send_script(struct fup_args *args,
                        const struct fup_queue *queue,
                        const struct streams *streams,
                        struct relay *op)
{
    op->keys = streams->n;
    fup_args_eval(args, queue->redis, &fup_script_relay, (int)streams->n + 1,
                  on_relayed, op);
}

static struct relay *create(fup_queue_relay_cb cb, void *data, size_t n)
{
    struct relay *op = fup_redis_alloc(sizeof *op + n * sizeof op->row_of[0]);

    op->cb = cb;
    op->data = data;
    op->n = n;
    return op;
}

static void find_streams(struct streams *streams,
                         const struct fup_queue_row *rows,
                         size_t n)
{
    streams->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].channel != NULL) {
            (void)stream_of(streams, &rows[i]);
        }
    }
}

static void add_rows(struct fup_args *args,
                     struct streams *streams,
                     const struct fup_queue_row *rows,
                     struct relay *op)
{
    for (size_t i = 0; i < op->n; i++) {
        if (rows[i].channel != NULL) {
            add_row(args, &rows[i], stream_of(streams, &rows[i]));
            op->row_of[op->sent++] = i;
        }
    }
}

void fup_queue_relay(const struct fup_queue *queue,
                     const struct fup_queue_row *rows,
                     size_t n,
                     int64_t max_len,
                     fup_queue_relay_cb cb,
                     void *data)
{
    struct relay *op = create(cb, data, n);
    struct streams streams;
    struct fup_args args;

    if (n > FUP_QUEUE_BATCH_MAX) {
        fup_redis_defer(queue->redis, FUP_EINVAL, "a batch of more than 1024",
                        on_relayed, op);
        return;
    }
    find_streams(&streams, rows, n);
    if (streams.n == 0) {
        fup_redis_defer(queue->redis, FUP_OK, "", on_relayed, op);
        return;
    }
    begin(&args, queue, &streams, max_len);
    fup_args_text(&args, "");
    add_rows(&args, &streams, rows, op);
    send_script(&args, queue, &streams, op);
}

void fup_queue_refill(const struct fup_queue *queue,
                      const struct fup_queue_refill *refill,
                      int64_t max_len,
                      fup_queue_relay_cb cb,
                      void *data)
{
    const struct fup_queue_row stream = {.channel = refill->channel};
    struct relay *op = create(cb, data, refill->n);
    struct streams streams;
    struct fup_args args;

    if (refill->n > FUP_QUEUE_BATCH_MAX) {
        fup_redis_defer(queue->redis, FUP_EINVAL, "a batch of more than 1024",
                        on_relayed, op);
        return;
    }
    find_streams(&streams, &stream, 1);
    begin(&args, queue, &streams, max_len);
    if (refill->next < 0) {
        fup_args_text(&args, "end");
    } else {
        fup_args_int(&args, refill->next);
    }
    add_rows(&args, &streams, refill->rows, op);
    send_script(&args, queue, &streams, op);
}
