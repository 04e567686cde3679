#include "database.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define WAIT_MS 10000

int database_open(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_do(&w, "INSERT INTO followup.schedule_version (name, digest, "
                 "definition) VALUES ('s', 'd', '{}')");
    world_do(&w, "UPDATE followup.partition SET owner = 'me', epoch = 1, "
                 "lease_until = 'infinity'");
    *state = &w;
    return 0;
}

int database_close(void **state)
{
    world_close(*state);
    return 0;
}

PGconn *database_connect(struct world *w)
{
    PGconn *pg = PQconnectdb(w->conninfo);

    assert_int_equal(PQstatus(pg), CONNECTION_OK);
    return pg;
}

void database_run(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);

    assert_true(PQresultStatus(result) == PGRES_COMMAND_OK ||
                PQresultStatus(result) == PGRES_TUPLES_OK);
    PQclear(result);
}

void database_take(PGconn *pg, char text[64])
{
    PGresult *result = PQgetResult(pg);

    text[0] = '\0';
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0) {
        (void)snprintf(text, 64, "%s", PQgetvalue(result, 0, 0));
    }
    PQclear(result);
    result = PQgetResult(pg);
    assert_null(result);
}

bool database_waits(struct world *w)
{
    return world_until(w, WAIT_MS,
                       "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted");
}

void database_prepare(struct world *w, const struct fup_statement *statement)
{
    world_do(w, "PREPARE %s AS %s", statement->name, statement->sql);
}

int64_t database_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Conversation c<n>, followed up by enrollment <n>, whose first step's message,
 * under seq <n>, has @status. */
void database_message(struct world *w, int n, const char *status)
{
    world_do(w,
             "INSERT INTO crm.conversation (id, channel) VALUES ('c%d', "
             "'webchat')",
             n);
    world_do(w,
             "INSERT INTO followup.enrollment (partition, id, tenant, "
             "conversation, channel, episode_at, version, gen, step, last_seq, "
             "last_out_seq) VALUES (0, %d, 'default', 'c%d', 'webchat', "
             "'epoch', 1, 1, 2, %d, %d)",
             n, n, n, n);
    world_do(w,
             "INSERT INTO followup.ledger (partition, seq, epoch, enrollment, "
             "gen, at, tenant, conversation, channel, episode_at, event, step, "
             "schedule, message_id, status) SELECT 0, %d, 1, %d, 1, now(), "
             "'default', 'c%d', 'webchat', 'epoch', 'fired', 1, 's', tag || "
             "'-0-%d-1', '%s' FROM followup.installation",
             n, n, n, n, status);
    world_do(w, "UPDATE followup.partition SET next_seq = %d WHERE id = 0",
             n + 1);
}

const char *database_status(struct world *w, int seq)
{
    return world_text(w,
                      "SELECT status || coalesce(' ' || error_class, '') FROM "
                      "followup.ledger WHERE seq = %d",
                      seq);
}

static void messages(struct world *w, const char *status, int from, int to)
{
    world_do(w,
             "INSERT INTO followup.ledger (partition, seq, epoch, enrollment, "
             "gen, at, tenant, conversation, episode_at, event, status) "
             "SELECT 0, i, 1, i, 1, now(), 'default', 'c' || i, 'epoch', "
             "'fired', '%s' FROM generate_series(%d, %d) i",
             status, from, to);
}

void database_past(struct world *w)
{
    messages(w, "sent", 10001, 20000);
    world_do(w, "VACUUM ANALYZE followup.ledger");
}

void database_crowd(struct world *w)
{
    messages(w, "pending", 20001, 23000);
    world_do(w, "SELECT pg_stat_force_next_flush()");
    world_do(w, "SELECT pg_stat_reset_single_table_counters(t) FROM unnest("
                "'{followup.ledger, followup.ledger_pending}'::regclass[]) t");
}

long long database_crowd_read(struct world *w)
{
    world_do(w, "SELECT pg_stat_force_next_flush()");
    return world_int(w, "SELECT t.seq_tup_read + i.idx_tup_read FROM "
                        "pg_stat_user_tables t, pg_stat_user_indexes i WHERE "
                        "t.relname = 'ledger' AND i.indexrelname = "
                        "'ledger_pending'");
}

const char *database_apply(struct world *w, const char *more)
{
    return world_text(
        w,
        "SELECT result FROM followup.apply(0, 1, pg_current_snapshot(), "
        "ARRAY(SELECT d FROM jsonb_populate_recordset("
        "NULL::followup.decision, '[{"
        "\"ord\": 0, \"id\": 1, \"gen\": 1, \"tenant\": \"default\", "
        "\"conversation\": \"c1\", \"channel\": \"webchat\", \"episode_at\": "
        "\"epoch\", \"version\": 1, \"schedule\": \"s\", \"step\": 2, "
        "\"next_step\": "
        "3, \"force\": 0, %s}]') d))",
        more);
}
