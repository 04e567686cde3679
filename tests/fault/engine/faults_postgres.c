/* PostgreSQL stops at once, kills sessions, refuses to write, makes wait. */

#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>

#include "faults.h"

#define RECOVERY_MS 12000

static void crash(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        run->servers_away = true;
        cluster_stop(&run->cluster, SIGQUIT);
        run_for(run, 300 + run_random(run, 1500));
        if (!cluster_start(&run->cluster)) {
            abort();
        }
        run_reconnect(run);
        run->servers_away = false;
        run_for(run, 1000);
    }
}

static void on_sessions(struct run *run, const char *function)
{
    world_do(&run->w,
             "SELECT %s(pid) FROM pg_stat_activity WHERE datname = "
             "current_database() AND application_name LIKE 'followup%%'",
             function);
}

static void kill_sessions(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        on_sessions(run, "pg_terminate_backend");
        run_for(run, run_random(run, 600));
    }
}

static void cancel_statements(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        on_sessions(run, "pg_cancel_backend");
        run_for(run, run_random(run, 40));
    }
}

static PGconn *begin(struct run *run, const char *sql)
{
    PGconn *pg = PQconnectdb(run->w.conninfo);

    PQclear(PQexec(pg, "BEGIN"));
    PQclear(PQexec(pg, sql));
    return pg;
}

static void commit(PGconn *pg)
{
    PQclear(PQexec(pg, "COMMIT"));
    PQfinish(pg);
}

/* The CRM writes for long in one transaction: replies nobody sees yet, and the
 * rows of their conversations are locked. */
static void write_for_long(struct run *run, const struct fault *fault)
{
    PGconn *pg = begin(
        run,
        "WITH c AS (UPDATE crm.conversation SET stage = 'x' WHERE id IN "
        "(SELECT id FROM crm.conversation WHERE status = 'open' AND channel = "
        "'" RUN_CHANNEL "' ORDER BY id LIMIT 20) RETURNING id), m AS (INSERT "
        "INTO crm.message (conversation_id, direction, author) SELECT id, "
        "'in', 'human' FROM c RETURNING conversation_id, created_at) INSERT "
        "INTO recorder.act (conversation, what, at) SELECT conversation_id, "
        "'reply', created_at FROM m");

    run_for(run, fault->number);
    commit(pg);
}

/* Somebody holds a lock for longer than a lease. */
static void lock(struct run *run, const struct fault *fault)
{
    PGconn *pg = begin(run, fault->arg);

    run_for(run, fault->number);
    commit(pg);
}

static void refuse_writes(struct run *run, const struct fault *fault)
{
    world_do(&run->w,
             "ALTER DATABASE %s SET default_transaction_read_only = on",
             run->w.database);
    on_sessions(run, "pg_terminate_backend");
    run_for(run, fault->number);
    world_do(&run->w, "ALTER DATABASE %s RESET default_transaction_read_only",
             run->w.database);
    on_sessions(run, "pg_terminate_backend");
}

#define POSTGRES(name, flags, arg, number, inject)                             \
    {                                                                          \
        name, "postgres", flags, RECOVERY_MS, arg, number, NULL, inject        \
    }

const struct fault faults_postgres[] = {
    POSTGRES("crash",
             FAULT_CLUSTER | FAULT_CRM_FAILS | FAULT_LONELY,
             NULL,
             1,
             crash),
    POSTGRES("crashes",
             FAULT_CLUSTER | FAULT_CRM_FAILS | FAULT_LONELY,
             NULL,
             3,
             crash),
    POSTGRES("sessions_killed", 0, NULL, 12, kill_sessions),
    POSTGRES("statements_cancelled", 0, NULL, 60, cancel_statements),
    POSTGRES("long_crm_transaction", 0, NULL, 5000, write_for_long),
    POSTGRES("partitions_locked",
             0,
             "SELECT FROM followup.partition ORDER BY id FOR UPDATE",
             4000,
             lock),
    POSTGRES("enrollments_locked",
             0,
             "LOCK TABLE followup.enrollment IN EXCLUSIVE MODE",
             4000,
             lock),
    POSTGRES("conversations_locked",
             0,
             "SELECT FROM crm.conversation ORDER BY id FOR UPDATE",
             4000,
             lock),
    POSTGRES("read_only_database", FAULT_LONELY, NULL, 3000, refuse_writes),
    {.name = NULL},
};
