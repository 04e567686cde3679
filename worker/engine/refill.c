/* Streams that are behind: they were full when a message came, or somebody has
 * deleted them. Which they are, and since which row, Redis knows (meta
 * `behind:CHANNEL`, see relay.lua), so that it holds for the next owner too.
 *
 * A refill reads what still waits for the channel, in order, and adds it as far
 * as there is room. It takes turns with the relay and is never under way beside
 * it: so a page that is not full holds all that was passed over. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "pg/statements.h"

/* Between looks whether a full stream has room. */
#define FULL_MS 1000

enum { COL_SEQ, COL_ID, COL_KIND, COL_EXPIRES, COL_MESSAGE };

/* The stream of @channel, made known; NULL: there are too many. */
static struct fup_stream *stream_of(struct fup_part *part, const char *channel)
{
    struct fup_relay *relay = &part->relay;
    struct fup_stream *s;

    for (size_t i = 0; i < relay->n_streams; i++) {
        if (strcmp(relay->streams[i].channel, channel) == 0) {
            return &relay->streams[i];
        }
    }
    if (relay->n_streams == FUP_QUEUE_CHANNELS_MAX) {
        return NULL;
    }
    s = &relay->streams[relay->n_streams];
    *s = (struct fup_stream){.channel = strdup(channel), .behind = -1};
    if (s->channel == NULL) {
        return NULL;
    }
    relay->n_streams++;
    return s;
}

void fup_refill_note(struct fup_part *part,
                     const struct fup_queue_behind *behind,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct fup_stream *s = stream_of(part, behind[i].channel);

        if (s == NULL) {
            continue;
        }
        if (s->behind < 0) {
            FUP_ENGINE_LOG(part->engine, WARN,
                           behind[i].seq > 0 ? "stream_full" : "stream_lost",
                           "partition=%d channel=\"%.64s\"", part->id,
                           s->channel);
        }
        s->behind = behind[i].seq;
    }
}

void fup_refill_forget(struct fup_part *part)
{
    for (size_t i = 0; i < part->relay.n_streams; i++) {
        free(part->relay.streams[i].channel);
    }
    part->relay.n_streams = 0;
}

/* --- refilling -------------------------------------------------------------
 */

static void on_refilled(void *data,
                        enum fup_code code,
                        size_t done,
                        const struct fup_queue_behind *behind,
                        size_t n_behind,
                        const struct fup_err *err)
{
    struct fup_part *part = data;
    struct fup_relay *relay = &part->relay;
    struct fup_stream *s = &relay->streams[relay->refilling];

    (void)done;
    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    relay->running = false;
    relay->refilled = true;
    if (code != FUP_OK) {
        fup_relay_stop(part, code);
        return;
    }
    s->behind = n_behind > 0 ? behind[0].seq : -1;
    s->next_ms = s->behind >= 0 && s->behind != relay->refill_next
                     ? uv_now(part->engine->loop) + FULL_MS
                     : 0;
    fup_relay_kick(part);
}

static size_t read_rows(const struct fup_pg_rows *rows,
                        const char *channel,
                        struct fup_queue_row out[FUP_RELAY_PAGE],
                        char expires[FUP_RELAY_PAGE][FUP_TIME_TEXT])
{
    size_t n = 0;

    for (int i = 0; i < rows->n && n < FUP_RELAY_PAGE; i++, n++) {
        int64_t at = fup_pg_int(rows, i, COL_EXPIRES, FUP_TIME_NONE);

        out[n] = (struct fup_queue_row){
            .seq = fup_pg_int(rows, i, COL_SEQ, 0),
            .channel = channel,
            .id = fup_pg_text(rows, i, COL_ID),
            .kind = fup_pg_text(rows, i, COL_KIND),
            .expires_at =
                at == FUP_TIME_NONE ? "" : fup_time_format(at, expires[n]),
            .message = fup_pg_text(rows, i, COL_MESSAGE),
        };
    }
    return n;
}

static void on_page(struct fup_pg_request *req,
                    enum fup_code code,
                    const struct fup_pg_rows *rows,
                    const struct fup_err *err)
{
    struct fup_part *part = req->data;
    struct fup_relay *relay = &part->relay;
    struct fup_queue_row out[FUP_RELAY_PAGE];
    char expires[FUP_RELAY_PAGE][FUP_TIME_TEXT];
    struct fup_queue_refill refill = {.rows = out, .next = -1};
    struct fup_queue queue;

    (void)err;
    if (!fup_part_answered(part)) {
        return;
    }
    if (code != FUP_OK) {
        fup_relay_stop(part, code);
        return;
    }
    refill.channel = relay->streams[relay->refilling].channel;
    refill.n = read_rows(rows, refill.channel, out, expires);
    if (refill.n == FUP_RELAY_PAGE) {
        refill.next = out[refill.n - 1].seq + 1;
    }
    relay->refill_next = refill.next;
    fup_part_queue(part, &queue);
    part->refs++;
    fup_queue_refill(&queue, &refill, part->engine->o.stream_max, on_refilled,
                     part);
}

bool fup_refill_start(struct fup_part *part)
{
    struct fup_relay *relay = &part->relay;
    uint64_t now_ms = uv_now(part->engine->loop);
    char numbers[3][24];
    const char *params[4] = {numbers[0], NULL, numbers[1], numbers[2]};

    for (size_t i = 0; i < relay->n_streams; i++) {
        struct fup_stream *s =
            &relay->streams[(relay->refilling + 1 + i) % relay->n_streams];

        if (s->behind >= 0 && s->next_ms <= now_ms) {
            relay->refilling = (relay->refilling + 1 + i) % relay->n_streams;
            params[1] = s->channel;
            (void)snprintf(numbers[0], sizeof numbers[0], "%d", part->id);
            (void)snprintf(numbers[1], sizeof numbers[1], "%lld",
                           (long long)s->behind);
            (void)snprintf(numbers[2], sizeof numbers[2], "%d", FUP_RELAY_PAGE);
            relay->running = true;
            part->refs++;
            relay->req.data = part;
            fup_pg_submit(part->pg, &relay->req, &fup_sql_lacking_page, params,
                          4, on_page);
            return true;
        }
    }
    return false;
}
