#include "play.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/time.h"

#define BATCH_MAX  500
#define PARAMS_MAX ((size_t)1 << 20)

static const char insert_conversations[] =
    "WITH c AS (SELECT * FROM unnest($1::text[], $2::text[]) AS c(id, channel)"
    "), k AS (INSERT INTO crm.contact (id) SELECT 'k-' || id FROM c)"
    "INSERT INTO crm.conversation (id, contact_id, channel, address) "
    "SELECT id, 'k-' || id, channel, 'to-' || id FROM c";

static const char insert_messages[] =
    "WITH m AS (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) "
    "AS m(conversation, direction, ms)), "
    "opened AS (UPDATE crm.conversation c SET status = 'open' FROM m "
    "WHERE c.id = m.conversation AND m.direction = 'in' "
    "AND c.status <> 'open') "
    "INSERT INTO crm.message (conversation_id, direction, body, created_at) "
    "SELECT conversation, direction, 'text', "
    "'epoch'::timestamptz + ms * interval '1 ms' FROM m";

int64_t wall_clock(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * FUP_US_PER_S + ts.tv_nsec / 1000;
}

static void
must_do(struct player *p, const char *sql, struct fup_buf *params, int n)
{
    const char *values[3];
    PGresult *result;

    for (int i = 0; i < n; i++) {
        fup_buf_addc(&params[i], '}');
        values[i] = fup_buf_text(&params[i]);
    }
    result = PQexecParams((PGconn *)p->world->pg, sql, n, NULL, values, NULL,
                          NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        (void)fprintf(stderr, "replay: %s\n", PQresultErrorMessage(result));
        abort();
    }
    PQclear(result);
    for (int i = 0; i < n; i++) {
        fup_buf_done(&params[i]);
    }
}

/* Elements need no quotes: ids and channels are words. */
static void add(struct fup_buf *param, const char *word)
{
    fup_buf_addc(param, param->len == 0 ? '{' : ',');
    fup_buf_adds(param, word);
}

static void params_init(struct fup_buf *params, int n)
{
    for (int i = 0; i < n; i++) {
        fup_buf_init(&params[i], PARAMS_MAX);
    }
}

static void make_conversations(struct player *p)
{
    const struct timeline *t = p->timeline;
    struct fup_buf params[2];

    params_init(params, 2);
    for (size_t i = 0; i < t->n; i++) {
        add(&params[0], t->conversations[i].id);
        add(&params[1], t->conversations[i].channel);
    }
    must_do(p, insert_conversations, params, 2);
}

/* By time; at one instant in the order of the timeline. */
static int by_time(const void *a, const void *b)
{
    const struct message *x = a;
    const struct message *y = b;

    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    if (x->conversation != y->conversation) {
        return x->conversation < y->conversation ? -1 : 1;
    }
    return (int)y->inbound - (int)x->inbound;
}

void player_init(struct player *p, struct world *w, const struct timeline *t)
{
    *p = (struct player){.world = w, .timeline = t};
    p->queue = calloc(t->n_messages, sizeof *p->queue);
    p->heard_at = calloc(t->n, sizeof *p->heard_at);
    if (p->queue == NULL || p->heard_at == NULL) {
        abort();
    }
    make_conversations(p);
}

/* What was cut off is not played. */
void player_fill(struct player *p)
{
    const struct timeline *t = p->timeline;

    p->n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct conversation *c = &t->conversations[i];

        memcpy(&p->queue[p->n], &t->messages[c->first],
               c->n * sizeof *p->queue);
        p->n += c->n;
        p->heard_at[i] = FUP_TIME_NONE;
    }
    qsort(p->queue, p->n, sizeof *p->queue, by_time);
}

void player_done(struct player *p)
{
    free(p->queue);
    free(p->heard_at);
}

static void heard(struct player *p, size_t from)
{
    int64_t now = wall_clock();

    for (size_t i = from; i < p->next; i++) {
        const struct message *m = &p->queue[i];

        if (m->inbound) {
            p->heard_at[m->conversation] = m->at;
        }
        if (now - m->at > p->worst_us) {
            p->worst_us = now - m->at;
        }
    }
}

void player_turn(struct player *p)
{
    struct fup_buf params[3];
    int64_t now = wall_clock();
    size_t from = p->next;

    params_init(params, 3);
    while (p->next < p->n && p->next - from < BATCH_MAX &&
           p->queue[p->next].at <= now) {
        const struct message *m = &p->queue[p->next++];
        char ms[24];

        (void)snprintf(ms, sizeof ms, "%lld",
                       (long long)(m->at / FUP_US_PER_MS));
        add(&params[0], p->timeline->conversations[m->conversation].id);
        add(&params[1], m->inbound ? "in" : "out");
        add(&params[2], ms);
    }
    if (p->next > from) {
        must_do(p, insert_messages, params, 3);
        heard(p, from);
    }
}
