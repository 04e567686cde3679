/* The CRM: conversations in which we answer and the customer is silent, replies
 * at random or around the instant at which a step is due, opts out, is closed,
 * or about which a person gives a command. Each deed is one transaction, which
 * also notes it in recorder.act. */

#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

#define STEP_MS  2000
#define EVENTS   5 /* of one conversation */
#define RETRY_MS 50
#define REPLY_ROW                                                              \
    "WITH m AS (INSERT INTO crm.message (conversation_id, direction, author, " \
    "body) VALUES ('%s', 'in', 'human', 'text') RETURNING conversation_id, "   \
    "created_at) INSERT INTO recorder.act (conversation, what, at) SELECT "    \
    "conversation_id, 'reply', created_at FROM m"

enum deed {
    DEED_BEGIN,
    DEED_BEGIN_LATER, /* on a channel whose steps are hours apart */
    DEED_ANSWER,
    DEED_REPLY,
    DEED_LONG_REPLY, /* committed half a second after it was written */
    DEED_OPT_OUT,
    DEED_CLOSE,
    DEED_PAUSE,
    DEED_CANCEL,
};

struct event {
    int at_ms;
    int conversation;
    enum deed deed;
};

struct play {
    struct run *run;
    PGconn *pg;
    redisContext *redis;
    struct event *events;
    size_t n;
};

/* --- the script ------------------------------------------------------------
 */

static void add(struct play *p, int at_ms, int conversation, enum deed deed)
{
    p->events[p->n++] = (struct event){at_ms, conversation, deed};
}

/* Around the instant at which one of the steps is due. */
static int around_due(struct run *run)
{
    return STEP_MS * (1 + run_random(run, 3)) + run_random(run, 120) - 60;
}

static void write_conversation(struct play *p, int i)
{
    struct run *run = p->run;
    int kind = run->only_replies ? 50 : run_random(run, 100);
    int at = run_random(run, run->span_ms);
    int some = at + run_random(run, STEP_MS * 3 + 1000);

    add(p, at, i, kind >= 95 ? DEED_BEGIN_LATER : DEED_BEGIN);
    at += 20 + run->answer_after_ms;
    add(p, at, i, DEED_ANSWER);
    if (kind < 40 || kind >= 95) {
        return;
    }
    if (kind < 60) {
        add(p, at + around_due(run), i, DEED_REPLY);
    } else if (kind < 65) {
        add(p, at + around_due(run) - 500, i, DEED_LONG_REPLY);
    } else if (kind < 78) {
        add(p, some, i, DEED_REPLY);
        add(p, some + 200, i, DEED_ANSWER);
    } else if (kind < 82) {
        add(p, some, i, DEED_OPT_OUT);
    } else if (kind < 86) {
        add(p, some, i, DEED_CLOSE);
    } else {
        add(p, some, i, kind < 91 ? DEED_PAUSE : DEED_CANCEL);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct event *x = a;
    const struct event *y = b;

    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    return x->conversation - y->conversation;
}

/* --- PostgreSQL ------------------------------------------------------------
 */

/* A refused statement is the CRM's harm; a lost connection is the fault's. */
static void deny(struct play *p, const PGresult *result, const char *sql)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (PQstatus(p->pg) == CONNECTION_OK && state != NULL &&
        strncmp(state, "57", 2) != 0) {
        (void)fprintf(stderr, "crm: %s: %s\n", sql,
                      PQresultErrorMessage(result));
        atomic_fetch_add(&p->run->tape->crm_failed, 1);
    }
}

static bool run_sql(struct play *p, const char *sql)
{
    PGresult *result = PQexec(p->pg, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    if (!ok) {
        deny(p, result, sql);
    }
    PQclear(result);
    return ok;
}

static void nap(int ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

    (void)nanosleep(&ts, NULL);
}

/* One deed in one transaction. What was sent and not answered is not done
 * again: what counts is what the tables say in the end. Returns whether it is
 * known to be there. */
static bool commit(struct play *p, const char *sql, int hold_ms)
{
    bool done = false;
    int64_t began;
    int ms;

    while (PQstatus(p->pg) != CONNECTION_OK) {
        PQreset(p->pg);
        if (PQstatus(p->pg) != CONNECTION_OK) {
            nap(RETRY_MS);
        }
    }
    began = run_now_ms();
    if (run_sql(p, "BEGIN") && run_sql(p, sql)) {
        nap(hold_ms);
        done = run_sql(p, "COMMIT");
    } else if (PQstatus(p->pg) == CONNECTION_OK) {
        (void)run_sql(p, "ROLLBACK");
    }
    ms = (int)(run_now_ms() - began) - hold_ms;
    if (ms > atomic_load(&p->run->tape->crm_slowest_ms)) {
        atomic_store(&p->run->tape->crm_slowest_ms, ms);
    }
    return done;
}

/* --- deeds -----------------------------------------------------------------
 */

static void begin(struct play *p, const char *id, const char *channel)
{
    char sql[1024];

    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO crm.contact (id, name) VALUES ('k-%s', 'Ana'); "
        "INSERT INTO crm.conversation (id, contact_id, channel, address) "
        "VALUES ('%s', 'k-%s', '%s', 'to-%s'); "
        "INSERT INTO crm.message (conversation_id, direction, author, body) "
        "VALUES ('%s', 'in', 'human', 'text')",
        id, id, id, channel, id, id);
    (void)commit(p, sql, 0);
}

/* By the streams, as CRMs do it; lost where Redis is away. */
static void command(struct play *p, const char *id, const char *action)
{
    redisReply *reply;
    time_t until = time(NULL) + 3;
    struct tm tm;
    char text[32];

    if (p->redis == NULL || p->redis->err != 0) {
        redisFree(p->redis);
        p->redis = redisConnectUnixWithTimeout(p->run->w.redis.path,
                                               (struct timeval){0, 200000});
        if (p->redis == NULL || p->redis->err != 0) {
            return;
        }
        (void)redisSetTimeout(p->redis, (struct timeval){0, 500000});
    }
    (void)gmtime_r(&until, &tm);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (strcmp(action, "pause") == 0) {
        reply = redisCommand(p->redis,
                             "XADD followup:commands * action pause "
                             "conversation %s until %s",
                             id, text);
    } else {
        reply = redisCommand(
            p->redis, "XADD followup:commands * action %s conversation %s",
            action, id);
    }
    freeReplyObject(reply);
}

static void act(struct play *p, const char *id, const char *what, int hold_ms)
{
    char sql[1024];

    if (strcmp(what, "reply") == 0) {
        (void)snprintf(sql, sizeof sql, REPLY_ROW, id);
    } else {
        (void)snprintf(sql, sizeof sql,
                       "%s'%s'; INSERT INTO recorder.act (conversation, what) "
                       "VALUES ('%s', '%s')",
                       strcmp(what, "close") == 0
                           ? "UPDATE crm.conversation SET status = 'closed' "
                             "WHERE id = "
                           : "UPDATE crm.contact SET opted_out = true WHERE "
                             "id = 'k-' || ",
                       id, id, what);
    }
    (void)commit(p, sql, hold_ms);
}

static void answer(struct play *p, const char *id)
{
    char sql[512];

    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO crm.message (conversation_id, direction, "
                   "author, body) VALUES ('%s', 'out', 'human', 'text')",
                   id);
    (void)commit(p, sql, 0);
}

static void note_command(struct play *p, const char *id, const char *what)
{
    char sql[256];

    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO recorder.act (conversation, what) VALUES "
                   "('%s', '%s')",
                   id, what);
    if (commit(p, sql, 0)) { /* what is not on record must not happen */
        command(p, id, what);
    }
}

static void perform(struct play *p, const struct event *event)
{
    char id[32];

    (void)snprintf(id, sizeof id, "c%u-%d", p->run->seed, event->conversation);
    switch (event->deed) {
    case DEED_BEGIN:
        begin(p, id, RUN_CHANNEL);
        break;
    case DEED_BEGIN_LATER:
        begin(p, id, "telegram");
        break;
    case DEED_ANSWER:
        answer(p, id);
        break;
    case DEED_REPLY:
        act(p, id, "reply", 0);
        break;
    case DEED_LONG_REPLY:
        act(p, id, "reply", 500);
        break;
    case DEED_OPT_OUT:
        act(p, id, "opt_out", 0);
        break;
    case DEED_CLOSE:
        act(p, id, "close", 0);
        break;
    case DEED_PAUSE:
        note_command(p, id, "pause");
        break;
    case DEED_CANCEL:
        note_command(p, id, "cancel");
        break;
    }
}

static void play(struct run *run)
{
    struct play p = {.run = run};
    int64_t began = run_now_ms();

    p.events = calloc((size_t)run->conversations * EVENTS, sizeof *p.events);
    p.pg = PQconnectdb(run->w.conninfo);
    for (int i = 0; i < run->conversations; i++) {
        write_conversation(&p, i);
    }
    qsort(p.events, p.n, sizeof *p.events, by_time);
    for (size_t i = 0; i < p.n; i++) {
        int64_t wait = began + p.events[i].at_ms - run_now_ms();

        if (wait > 0) {
            nap((int)wait);
        }
        perform(&p, &p.events[i]);
    }
    free(p.events);
    PQfinish(p.pg);
    redisFree(p.redis);
    atomic_store(&run->tape->generator_done, true);
}

pid_t start_generator(struct run *run)
{
    pid_t pid = fork();
    char log[96];

    if (pid != 0) {
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(log, sizeof log, "%s/crm.log", run->w.dir);
    if (freopen(log, "a", stderr) == NULL) {
        _exit(1);
    }
    play(run);
    _exit(0);
}
