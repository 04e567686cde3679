/* From the streams: which there are, their groups, their entries. */

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/time.h"
#include "impl.h"
#include "pg/statements.h"

#define READ_MAX       32
#define BLOCK_MS       "1000"
#define CLAIM_EVERY_MS 30000
#define CLAIM_IDLE_MS  "60000"
#define KEY_BYTES      256

/* --- DISCOVER ----------------------------------------------------------- */

/* The name of each stream: partitions times channels. */
static bool make_keys(struct fup_sender *s)
{
    s->keys = calloc(s->partitions * s->n_channels, sizeof *s->keys);
    for (size_t p = 0; s->keys != NULL && p < s->partitions; p++) {
        for (size_t c = 0; c < s->n_channels; c++) {
            char key[KEY_BYTES];

            (void)snprintf(key, sizeof key, "%s:{p%02zu}:out:%s", s->prefix, p,
                           s->channels[c]);
            s->keys[s->n_keys] = strdup(key);
            if (s->keys[s->n_keys] == NULL) {
                return false;
            }
            s->n_keys++;
        }
    }
    return s->keys != NULL;
}

static void go_on_with(struct fup_sender *s, int64_t partitions)
{
    struct fup_err err;

    if (partitions < 1 || partitions > FUP_SENDER_PARTITIONS_MAX) {
        (void)fup_err_set(&err, FUP_EREFUSED,
                          "the database has no partitions: run followup "
                          "migrate");
        fup_sender_fail(s, &err);
        return;
    }
    s->partitions = (size_t)partitions;
    if (!make_keys(s)) {
        (void)fup_err_set(&err, FUP_ENOMEM, "out of memory");
        fup_sender_fail(s, &err);
        return;
    }
    fup_sender_move(s, GROUPS);
}

static void on_partitions(struct fup_pg_request *req,
                          enum fup_code code,
                          const struct fup_pg_rows *rows,
                          const struct fup_err *err)
{
    struct fup_sender *s = req->data;

    if (s->sm.state == ENDING) {
        return;
    }
    if (code != FUP_OK) {
        fup_sender_hindered(s, code, err);
        return;
    }
    fup_sender_answered(s);
    go_on_with(s, fup_pg_int(rows, 0, 0, 0));
}

void fup_sender_in_discover(struct fup_sender *s)
{
    if (s->pg == NULL) {
        go_on_with(s, (int64_t)s->partitions);
        return;
    }
    s->request.data = s;
    fup_pg_submit(s->pg, &s->request, &fup_sql_partitions, NULL, 0,
                  on_partitions);
}

/* --- GROUPS ------------------------------------------------------------- */

static void on_group(void *data,
                     enum fup_code code,
                     const struct redisReply *reply,
                     const struct fup_err *err)
{
    (void)reply;
    if (code == FUP_EREFUSED && err != NULL &&
        strstr(err->msg, "BUSYGROUP") != NULL) {
        code = FUP_OK;
    }
    fup_sender_gathered(data, code, err);
}

void fup_sender_in_groups(struct fup_sender *s)
{
    for (size_t i = 0; i < s->n_keys; i++) {
        const char *argv[] = {"XGROUP",         "CREATE", s->keys[i],
                              FUP_SENDER_GROUP, "0",      "MKSTREAM"};

        fup_sender_gather(s, argv, 6, on_group, s);
    }
}

/* --- CLAIM and READ ----------------------------------------------------- */

static void out_of_memory(struct fup_sender *s)
{
    struct fup_err err;

    (void)fup_err_set(&err, FUP_ENOMEM, "out of memory");
    fup_sender_fail(s, &err);
}

/* A failed CLAIM or READ. Someone may have deleted a stream, before the READ or
 * while it waited. */
static void
take_failed(struct fup_sender *s, enum fup_code code, const struct fup_err *err)
{
    if (code == FUP_EREFUSED && err != NULL &&
        (strstr(err->msg, "NOGROUP") != NULL ||
         strstr(err->msg, "UNBLOCKED") != NULL)) {
        fup_sender_move(s, GROUPS);
        return;
    }
    fup_sender_hindered(s, code, err);
}

static void work_on_batch(struct fup_sender *s)
{
    uv_timeval64_t now = {0, 0};

    (void)uv_gettimeofday(&now);
    fup_batch_judge(&s->batch, now.tv_sec * FUP_US_PER_S + now.tv_usec);
    s->read_ms = uv_now(s->loop);
    s->fresh = s->sm.state == READ;
    fup_sender_tell_dropped(s);
    fup_sender_move(s, PERMIT);
}

/* How many entries a stream may give: no more than are still wanted. */
static const char *count_text(const struct fup_sender *s, char text[16])
{
    size_t most = FUP_BATCH_MAX / s->n_keys;
    int64_t wanted = s->once > 0 ? s->once - s->delivered : READ_MAX;

    if (wanted > READ_MAX) {
        wanted = READ_MAX;
    }
    if (wanted > (int64_t)most) {
        wanted = (int64_t)most;
    }
    (void)snprintf(text, 16, "%d", wanted < 1 ? 1 : (int)wanted);
    return text;
}

static void on_claimed(void *data,
                       enum fup_code code,
                       const struct redisReply *reply,
                       const struct fup_err *err)
{
    struct fup_sender *s = data;

    if (s->sm.state == ENDING) {
        return;
    }
    if (code != FUP_OK) {
        take_failed(s, code, err);
        return;
    }
    fup_sender_answered(s);
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2 &&
        !fup_batch_add(&s->batch, s->keys[s->claim_at], reply->element[1])) {
        out_of_memory(s);
        return;
    }
    if (s->batch.n > 0) {
        work_on_batch(s);
        return;
    }
    s->claim_at++;
    fup_sender_move(s, CLAIM);
}

void fup_sender_in_claim(struct fup_sender *s)
{
    char count[16];

    if (s->claim_at == s->n_keys) {
        fup_sender_move(s, READ);
        return;
    }
    if (s->claim_at == 0) {
        s->claimed_ms = uv_now(s->loop);
    }
    const char *argv[] = {"XAUTOCLAIM",     s->keys[s->claim_at],
                          FUP_SENDER_GROUP, s->consumer,
                          CLAIM_IDLE_MS,    "0",
                          "COUNT",          NULL};

    argv[7] = count_text(s, count);
    fup_redis_command(s->redis, 8, argv, NULL, on_claimed, s);
}

static void on_read(void *data,
                    enum fup_code code,
                    const struct redisReply *reply,
                    const struct fup_err *err)
{
    struct fup_sender *s = data;

    if (s->sm.state == ENDING) {
        return;
    }
    if (code != FUP_OK) {
        take_failed(s, code, err);
        return;
    }
    fup_sender_answered(s);
    if (!fup_batch_add_streams(&s->batch, s->keys, s->n_keys, reply)) {
        out_of_memory(s);
    } else if (s->batch.n > 0) {
        work_on_batch(s);
    } else {
        fup_sender_move(s, READ);
    }
}

void fup_sender_in_read(struct fup_sender *s)
{
    static const char *const head[] = {
        "XREADGROUP", "GROUP",          FUP_SENDER_GROUP, NULL /* consumer */,
        "COUNT",      NULL /* count */, "BLOCK",          BLOCK_MS,
        "STREAMS"};
    const size_t n_head = sizeof head / sizeof head[0];
    char count[16];
    const char **argv;

    if (uv_now(s->loop) - s->claimed_ms >= CLAIM_EVERY_MS) {
        s->claim_at = 0;
        fup_sender_move(s, CLAIM);
        return;
    }
    argv = calloc(n_head + 2 * s->n_keys, sizeof *argv);
    if (argv == NULL) {
        out_of_memory(s);
        return;
    }
    memcpy(argv, head, sizeof head);
    argv[3] = s->consumer;
    argv[5] = count_text(s, count);
    for (size_t i = 0; i < s->n_keys; i++) {
        argv[n_head + i] = s->keys[i];
        argv[n_head + s->n_keys + i] = ">";
    }
    fup_redis_command(s->redis, (int)(n_head + 2 * s->n_keys), argv, NULL,
                      on_read, s);
    free(argv);
}
