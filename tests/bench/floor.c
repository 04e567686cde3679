#include "floor.h"

#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH     500
#define ARRAY_MAX ((size_t)BATCH * 4096)

/* Take timers; give them another instant; put messages onto a stream: what
 * claim.lua, settle.lua and relay.lua come to. */
static const char claim[] =
    "local got = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', 1, 'LIMIT', 0, "
    "ARGV[1]) "
    "local lease = {} "
    "for i, id in ipairs(got) do lease[i * 2 - 1] = 2 lease[i * 2] = id end "
    "if #got > 0 then redis.call('ZREM', KEYS[1], unpack(got)) "
    "redis.call('ZADD', KEYS[2], unpack(lease)) end "
    "return got";
static const char settle[] =
    "local due = {} "
    "for i, id in ipairs(ARGV) do due[i * 2 - 1] = 2 due[i * 2] = id end "
    "redis.call('ZADD', KEYS[1], unpack(due)) "
    "return redis.call('ZREM', KEYS[2], unpack(ARGV))";
static const char add[] =
    "for i = 2, #ARGV do "
    "redis.call('XADD', KEYS[1], (ARGV[1] + i) .. '-0', 'id', "
    "'abcdef-0-1234567-1', 'kind', 'check_in', 'expires_at', "
    "'2026-01-01T00:00:00.000000Z', 'message', ARGV[i]) end";

static const char fire[] =
    "WITH q AS MATERIALIZED ("
    " SELECT next_seq FROM bench.partition WHERE id = $1::integer "
    " FOR NO KEY UPDATE), "
    "u AS MATERIALIZED ("
    " SELECT x.id, x.message, q.next_seq - 1 + x.nth AS seq FROM q, "
    " unnest($2::bigint[], $3::text[]) WITH ORDINALITY x (id, message, nth)), "
    "moved AS ("
    " UPDATE bench.enrollment n SET gen = n.gen + 1, step = 2, "
    " last_step_at = clock_timestamp(), due_at = now() + interval '1 day', "
    " last_seq = u.seq, last_out_seq = u.seq "
    " FROM u WHERE n.partition = $1::integer AND n.id = u.id), "
    "written AS ("
    " INSERT INTO bench.ledger (partition, seq, epoch, enrollment, gen, at, "
    " tenant, conversation, contact, channel, episode_at, event, schedule, "
    " step, kind, due_at, next_step, next_due_at, trace, message_id, message, "
    " status, expires_at) "
    " SELECT $1::integer, u.seq, t.epoch, u.id, 1, clock_timestamp(), "
    " t.tenant, t.conversation, t.contact, t.channel, t.episode_at, t.event, "
    " t.schedule, t.step, t.kind, t.due_at, t.next_step, t.next_due_at, "
    " t.trace, t.message_id, u.message, t.status, t.expires_at "
    " FROM u, bench.template t) "
    "UPDATE bench.partition p SET next_seq = p.next_seq + "
    "(SELECT count(*) FROM u) WHERE p.id = $1::integer";

/* What one process works with. */
struct hand {
    PGconn *pg;
    redisContext *redis;
    int partition;
    long long seq;
    const char *message;
    redisReply *events; /* what the worker told of one fire, or NULL */
    char *ids;          /* an array of PostgreSQL */
    char *messages;     /* likewise */
};

static void need(bool ok, const char *what)
{
    if (!ok) {
        ground_fail(what);
    }
}

static redisReply *
script(struct hand *h, const char *text, int n, const char **args, size_t *lens)
{
    redisReply *reply;

    args[0] = "EVAL";
    args[1] = text;
    lens[0] = 4;
    lens[1] = strlen(text);
    reply = redisCommandArgv(h->redis, n, args, lens);
    need(reply != NULL && reply->type != REDIS_REPLY_ERROR, "floor: a script");
    return reply;
}

/* Scripts' arguments: EVAL, the text, how many keys, the keys, the rest. */
struct call {
    const char *args[BATCH + 8];
    size_t lens[BATCH + 8];
    int n;
};

static void put(struct call *c, const char *text, size_t len)
{
    c->args[c->n] = text;
    c->lens[c->n++] = len;
}

static void begin(struct call *c, const char *first, const char *second)
{
    c->n = 2;
    put(c, second != NULL ? "2" : "1", 1);
    put(c, first, strlen(first));
    if (second != NULL) {
        put(c, second, strlen(second));
    }
}

static void write_arrays(struct hand *h, const redisReply *got)
{
    size_t a = 0;
    size_t b = 0;

    h->ids[a++] = '{';
    h->messages[b++] = '{';
    for (size_t i = 0; i < got->elements; i++) {
        const char *comma = i > 0 ? "," : "";

        a += (size_t)sprintf(h->ids + a, "%s%s", comma, got->element[i]->str);
        b += (size_t)sprintf(h->messages + b, "%s\"", comma);
        for (const char *m = h->message; *m != '\0'; m++) {
            if (*m == '"' || *m == '\\') {
                h->messages[b++] = '\\';
            }
            h->messages[b++] = *m;
        }
        h->messages[b++] = '"';
    }
    (void)strcpy(h->ids + a, "}");
    (void)strcpy(h->messages + b, "}");
}

static void fire_batch(struct hand *h, const redisReply *got)
{
    char partition[16];
    const char *const params[] = {partition, h->ids, h->messages};
    PGresult *res;

    write_arrays(h, got);
    (void)snprintf(partition, sizeof partition, "%d", h->partition);
    res = PQexecPrepared(h->pg, "fire", 3, params, NULL, NULL, 0);
    need(PQresultStatus(res) == PGRES_COMMAND_OK, PQerrorMessage(h->pg));
    PQclear(res);
}

/* Those of the worker's last fire. */
static redisReply *last_events(redisContext *redis)
{
    redisReply *events =
        redisCommand(redis, "XREVRANGE followup:events + - COUNT 2");

    need(events != NULL && events->elements == 2, "floor: the events");
    return events;
}

/* Tell of @n fires what the worker has told of one. */
static void tell(struct hand *h, size_t n)
{
    static const char *const words[] = {"XADD", "bench:events", "MAXLEN",
                                        "~",    "10000",        "*"};
    size_t all = n * h->events->elements;

    for (size_t i = 0; i < all; i++) {
        const redisReply *event = h->events->element[i % h->events->elements];
        struct call c;

        c.n = 0;
        for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
            if (k < 2 || k > 4 || i + 1 == all) { /* trims once */
                put(&c, words[k], strlen(words[k]));
            }
        }
        for (size_t k = 0; k < event->element[1]->elements; k++) {
            put(&c, event->element[1]->element[k]->str,
                event->element[1]->element[k]->len);
        }
        need(redisAppendCommandArgv(h->redis, c.n, c.args, c.lens) == REDIS_OK,
             "floor: an event");
    }
    for (size_t i = 0; i < all; i++) {
        void *reply = NULL;

        need(redisGetReply(h->redis, &reply) == REDIS_OK &&
                 ((redisReply *)reply)->type == REDIS_REPLY_STRING,
             "floor: an event");
        freeReplyObject(reply);
    }
}

/* One batch; false when there is nothing left. */
static bool work(struct hand *h)
{
    char due[32];
    char inflight[32];
    char out[32];
    char seq[24];
    struct call c;
    redisReply *got;

    (void)snprintf(due, sizeof due, "bench:{%d}:due", h->partition);
    (void)snprintf(inflight, sizeof inflight, "bench:{%d}:inflight",
                   h->partition);
    (void)snprintf(out, sizeof out, "bench:{%d}:out", h->partition);
    begin(&c, due, inflight);
    put(&c, "500", 3);
    got = script(h, claim, c.n, c.args, c.lens);
    if (got->elements == 0) {
        freeReplyObject(got);
        return false;
    }
    fire_batch(h, got);
    begin(&c, out, NULL);
    put(&c, seq, (size_t)snprintf(seq, sizeof seq, "%lld", h->seq));
    for (size_t i = 0; i < got->elements; i++) {
        put(&c, h->message, strlen(h->message));
    }
    freeReplyObject(script(h, add, c.n, c.args, c.lens));
    h->seq += BATCH;
    if (h->events != NULL) {
        tell(h, got->elements);
    }
    begin(&c, due, inflight);
    for (size_t i = 0; i < got->elements; i++) {
        put(&c, got->element[i]->str, got->element[i]->len);
    }
    freeReplyObject(script(h, settle, c.n, c.args, c.lens));
    freeReplyObject(got);
    return true;
}

/* The process of one connection: says that it is ready, waits, works. */
static void be_hand(const struct world *w,
                    int partition,
                    bool events,
                    const char *message,
                    const int ends[4])
{
    char byte = 0;
    struct hand h = {
        .pg = PQconnectdb(w->conninfo),
        .redis = redisConnectUnix(w->redis.path),
        .partition = partition,
        .message = message,
        .ids = malloc((size_t)BATCH * 24),
        .messages = malloc(ARRAY_MAX),
    };

    need(h.ids != NULL && h.messages != NULL &&
             strlen(message) * 2 < ARRAY_MAX / BATCH - 4,
         "floor: memory");
    need(PQstatus(h.pg) == CONNECTION_OK && h.redis != NULL &&
             h.redis->err == 0,
         "floor: connections");
    PQclear(PQprepare(h.pg, "fire", fire, 0, NULL));
    if (events) {
        h.events = last_events(h.redis);
    }
    need(write(ends[1], &byte, 1) == 1 && read(ends[2], &byte, 1) == 1,
         "floor: pipes");
    while (work(&h)) {
    }
    PQfinish(h.pg);
    freeReplyObject(h.events);
    redisFree(h.redis);
    free(h.ids);
    free(h.messages);
}

/* Each partition gets a share of rows like the worker's own. */
static void make_rows(struct world *w, int connections, long long n)
{
    world_do(w, "DROP SCHEMA IF EXISTS bench CASCADE");
    world_do(w, "CREATE SCHEMA bench");
    world_do(w, "CREATE TABLE bench.partition "
                "(LIKE followup.partition INCLUDING ALL)");
    world_do(w, "CREATE TABLE bench.enrollment "
                "(LIKE followup.enrollment INCLUDING ALL) "
                "WITH (fillfactor = 50)");
    world_do(w, "CREATE TABLE bench.ledger "
                "(LIKE followup.ledger INCLUDING ALL)");
    world_do(w, "CREATE TABLE bench.template AS SELECT * FROM followup.ledger "
                "WHERE message IS NOT NULL LIMIT 1");
    world_do(w,
             "INSERT INTO bench.partition (id, captured) "
             "SELECT i, pg_current_snapshot() FROM generate_series(0, %d) i",
             connections - 1);
    world_do(w,
             "INSERT INTO bench.enrollment (partition, id, tenant, "
             "conversation, contact, channel, episode_at, version, due_at) "
             "SELECT i %% %d, i, 'default', 'c' || i, 'k' || i, 'webchat', "
             "now(), 1, now() FROM generate_series(1, %lld) i",
             connections, n);
    world_do(w, "VACUUM ANALYZE bench.enrollment");
    world_do(w, "CHECKPOINT");
    for (long long i = 1; i <= n; i++) {
        redis_server_do(&w->redis, "ZADD bench:{%d}:due 1 %lld",
                        (int)(i % connections), i);
    }
}

double floor_rate(struct world *w, int connections, bool events, long long n)
{
    int ends[4];
    char byte = 0;
    char *message;
    double took;

    need(pipe(ends) == 0 && pipe(ends + 2) == 0, "floor: pipes");
    make_rows(w, connections, n);
    message = strdup(world_text(w, "SELECT message FROM bench.template"));
    need(message != NULL, "floor: memory");
    for (int i = 0; i < connections; i++) {
        if (fork() == 0) {
            be_hand(w, i, events, message, ends);
            _exit(0);
        }
    }
    for (int i = 0; i < connections; i++) {
        need(read(ends[0], &byte, 1) == 1, "floor: a process");
    }
    took = ground_clock();
    for (int i = 0; i < connections; i++) {
        need(write(ends[3], &byte, 1) == 1, "floor: pipes");
    }
    for (int i = 0; i < connections; i++) {
        int status;

        need(wait(&status) > 0 && status == 0, "floor: a process failed");
    }
    took = ground_clock() - took;
    for (int i = 0; i < 4; i++) {
        (void)close(ends[i]);
    }
    need(world_int(w, "SELECT count(*) FROM bench.ledger") == n,
         "floor: rows are missing");
    for (int i = 0; i < connections; i++) {
        redis_server_do(&w->redis, "DEL bench:{%d}:out", i);
        redis_server_do(&w->redis, "DEL bench:{%d}:due", i);
    }
    redis_server_do(&w->redis, "DEL bench:events");
    free(message);
    return (double)n / took;
}
