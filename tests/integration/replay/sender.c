#include "sender.h"

#include <cjson/cJSON.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/time.h"

#define PAGE        20
#define STREAMS_MAX 8
#define IDS_MAX     ((size_t)1 << 16)

static void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "replay: %s: %s\n", what, why);
    abort();
}

/* --- streams ---------------------------------------------------------------
 */

static bool has_stream(const struct sender *s, const char *name)
{
    for (size_t i = 0; i < s->n_streams; i++) {
        if (strcmp(s->streams[i], name) == 0) {
            return true;
        }
    }
    return false;
}

void sender_init(struct sender *s, struct world *w, const struct player *p)
{
    const struct timeline *t = p->timeline;

    *s = (struct sender){.world = w, .player = p};
    for (size_t i = 0; i < t->n; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "followup:{p00}:out:%s",
                       t->conversations[i].channel);
        if (has_stream(s, name)) {
            continue;
        }
        if (s->n_streams == STREAMS_MAX) {
            give_up(name, "too many channels");
        }
        (void)snprintf(s->streams[s->n_streams++], sizeof name, "%s", name);
        redis_server_do(&w->redis, "XGROUP CREATE %s senders 0 MKSTREAM", name);
    }
}

void sender_done(struct sender *s)
{
    free(s->arrivals);
}

long long sender_waiting(struct sender *s)
{
    long long n = 0;

    for (size_t i = 0; i < s->n_streams; i++) {
        n += redis_server_int(&s->world->redis, "XLEN %s", s->streams[i]);
    }
    return n;
}

/* --- one page --------------------------------------------------------------
 */

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    if (text == NULL) {
        give_up("a message lacks", name);
    }
    return text;
}

static int64_t time_of(const cJSON *object, const char *name)
{
    int64_t at;

    if (fup_time_parse(text_of(object, name), &at, NULL) != FUP_OK) {
        give_up("a message has a bad", name);
    }
    return at;
}

static void
read_message(const struct sender *s, const char *json, struct arrival *a)
{
    const struct timeline *t = s->player->timeline;
    cJSON *message = cJSON_Parse(json);

    (void)snprintf(a->id, sizeof a->id, "%s", text_of(message, "id"));
    (void)snprintf(a->kind, sizeof a->kind, "%s", text_of(message, "kind"));
    a->conversation = timeline_index(t, text_of(message, "conversation"));
    if (a->conversation == t->n) {
        give_up("unknown conversation", text_of(message, "conversation"));
    }
    a->step = (int)cJSON_GetNumberValue(
        cJSON_GetObjectItemCaseSensitive(message, "step"));
    a->episode_at = time_of(message, "episode");
    a->due_at = time_of(message, "due_at");
    a->fired_at = time_of(message, "fired_at");
    a->arrived_at = wall_clock();
    cJSON_Delete(message);
}

static struct arrival *new_arrival(struct sender *s)
{
    if (s->n == s->cap) {
        s->cap = s->cap > 0 ? s->cap * 2 : 1024;
        s->arrivals = realloc(s->arrivals, s->cap * sizeof *s->arrivals);
        if (s->arrivals == NULL) {
            give_up("arrivals", "no memory");
        }
    }
    s->arrivals[s->n] = (struct arrival){0};
    return &s->arrivals[s->n++];
}

static const char *field(const redisReply *fields, const char *name)
{
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        if (strcmp(fields->element[i]->str, name) == 0) {
            return fields->element[i + 1]->str;
        }
    }
    give_up("an entry lacks", name);
    return NULL;
}

static void set_granted(struct sender *s, size_t from, const char *id)
{
    for (size_t i = from; i < s->n; i++) {
        struct arrival *a = &s->arrivals[i];

        if (strcmp(a->id, id) == 0) {
            a->granted = true;
            a->after_reply =
                s->player->heard_at[a->conversation] > a->episode_at;
        }
    }
}

static PGresult *
ask(const struct sender *s, const char *sql, const char *param, int code)
{
    PGresult *result = PQexecParams((PGconn *)s->world->pg, sql, 1, NULL,
                                    &param, NULL, NULL, 0);

    if ((int)PQresultStatus(result) != code) {
        give_up(sql, PQresultErrorMessage(result));
    }
    return result;
}

/* Permits for the arrivals @from on; those that get one are delivered: the CRM
 * sees them as ours. */
static void deliver(struct sender *s, size_t from)
{
    struct fup_buf ids;
    PGresult *result;

    fup_buf_init(&ids, IDS_MAX);
    for (size_t i = from; i < s->n; i++) {
        fup_buf_addf(&ids, "%s%s", i == from ? "{" : ",", s->arrivals[i].id);
    }
    fup_buf_addc(&ids, '}');
    result = ask(s, "SELECT id FROM followup.permit($1::text[]) WHERE granted",
                 fup_buf_text(&ids), PGRES_TUPLES_OK);
    fup_buf_clear(&ids);
    for (int i = 0; i < PQntuples(result); i++) {
        const char *id = PQgetvalue(result, i, 0);

        set_granted(s, from, id);
        fup_buf_addf(&ids, "%s%s", i == 0 ? "{" : ",", id);
    }
    fup_buf_adds(&ids, PQntuples(result) > 0 ? "}" : "{}");
    PQclear(result);
    PQclear(ask(s,
                "INSERT INTO crm.message (conversation_id, direction, author, "
                "body) SELECT l.conversation, 'out', 'followup', l.kind "
                "FROM unnest($1::text[]) AS w(id), "
                "LATERAL followup.find_message(w.id) l",
                fup_buf_text(&ids), PGRES_COMMAND_OK));
    fup_buf_done(&ids);
}

static void report(struct sender *s,
                   const struct arrival *a,
                   const char *stream,
                   const char *entry)
{
    struct redis_server *redis = &s->world->redis;

    if (a->granted) {
        redis_server_do(redis, "XADD followup:receipts * id %s status sent",
                        a->id);
    }
    redis_server_do(redis, "XACK %s senders %s", stream, entry);
    redis_server_do(redis, "XDEL %s %s", stream, entry);
}

/* @entries: an array of [id, fields]. */
static void
take(struct sender *s, const char *stream, const redisReply *entries)
{
    size_t from = s->n;

    for (size_t i = 0; i < entries->elements; i++) {
        const redisReply *fields = entries->element[i]->element[1];

        read_message(s, field(fields, "message"), new_arrival(s));
    }
    deliver(s, from);
    for (size_t i = 0; i < entries->elements; i++) {
        report(s, &s->arrivals[from + i], stream,
               entries->element[i]->element[0]->str);
    }
}

void sender_turn(struct sender *s)
{
    for (size_t i = 0; i < s->n_streams; i++) {
        redisReply *reply = redis_server_ask(
            &s->world->redis,
            "XREADGROUP GROUP senders replay COUNT %d STREAMS %s >", PAGE,
            s->streams[i]);

        if (reply->type == REDIS_REPLY_ERROR) {
            give_up(s->streams[i], reply->str);
        }
        if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0) {
            take(s, s->streams[i], reply->element[0]->element[1]);
        }
        freeReplyObject(reply);
    }
}
