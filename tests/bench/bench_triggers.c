/* What the triggers cost the CRM: messages a second that many writers insert,
 * each in a transaction of its own, into a table with the triggers and into one
 * like it without. No worker runs, but new messages are read as one reads them.
 *
 *     bench_triggers [WRITERS [PAIRS]]
 *
 * The writers stay connected and change the table twice a second, so that
 * whatever else the machine does meets both alike. Each pair of rounds gives a
 * ratio; the median of these is the cost, its quartiles say how far to trust
 * it. Prints one line. */

#define _DEFAULT_SOURCE /* NOLINT: MAP_ANONYMOUS needs it */

#include <libpq-fe.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

#define ROUND_MS      500
#define WARM_UP       2 /* pairs that are not counted */
#define PAIRS_MAX     400
#define CONVERSATIONS 10000

enum { WITHOUT, WITH, N_TABLES, END = N_TABLES };

static const char *const tables[N_TABLES] = {"bench_bare", "message"};

/* What the writers see. */
struct board {
    atomic_int table;
    atomic_llong done[N_TABLES];
};

struct figures {
    double per_s[N_TABLES]; /* messages */
    double cpu_us[N_TABLES];
};

static void be_writer(const struct world *w, int writer, struct board *board)
{
    PGconn *pg = PQconnectdb(w->conninfo);
    unsigned long long at = (unsigned long long)writer * 7919;
    int table;

    for (int i = 0; i < N_TABLES; i++) {
        char sql[256];

        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO crm.%s (conversation_id, direction, "
                       "author, body) VALUES ($1, 'in', 'human', 'some text')",
                       tables[i]);
        PQclear(PQprepare(pg, tables[i], sql, 0, NULL));
    }
    while ((table = atomic_load(&board->table)) != END) {
        char id[32];
        const char *const params[] = {id};
        PGresult *res;

        at = (at * 31 + 17) % CONVERSATIONS;
        (void)snprintf(id, sizeof id, "c%llu", at + 1);
        res = PQexecPrepared(pg, tables[table], 1, params, NULL, NULL, 0);
        if (PQresultStatus(res) != PGRES_COMMAND_OK) {
            ground_fail(PQerrorMessage(pg));
        }
        PQclear(res);
        atomic_fetch_add(&board->done[table], 1);
    }
    PQfinish(pg);
    _exit(0);
}

/* Reads new messages, as a worker does. */
static void be_reader(const struct world *w, struct board *board)
{
    PGconn *pg = PQconnectdb(w->conninfo);

    PQclear(PQprepare(pg, "read",
                      "SELECT followup.read_new() FROM (SELECT "
                      "set_config('synchronous_commit', 'off', true) "
                      "OFFSET 0) x",
                      0, NULL));
    while (atomic_load(&board->table) != END) {
        PGresult *res = PQexecPrepared(pg, "read", 0, NULL, NULL, NULL, 0);

        if (PQresultStatus(res) != PGRES_TUPLES_OK) {
            ground_fail(PQerrorMessage(pg));
        }
        PQclear(res);
        ground_pause_ms(25);
    }
    PQfinish(pg);
    _exit(0);
}

static void
round_on(struct world *w, struct board *board, int table, struct figures *ret)
{
    long long n;
    double cpu;
    double at;

    atomic_store(&board->table, table);
    n = atomic_load(&board->done[table]);
    cpu = ground_postgres_cpu_s(w);
    at = ground_clock();
    ground_pause_ms(ROUND_MS);
    n = atomic_load(&board->done[table]) - n;
    cpu = ground_postgres_cpu_s(w) - cpu;
    if (n == 0) {
        ground_fail("nobody writes");
    }
    ret->per_s[table] = (double)n / (ground_clock() - at);
    ret->cpu_us[table] = cpu * 1e6 / (double)n;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* The value at @share of @values, which are sorted. */
static double quantile(double *values, int n, double share)
{
    qsort(values, (size_t)n, sizeof *values, compare);
    return values[(int)(share * (n - 1) + 0.5)];
}

static void print(const struct figures *pairs, int n, int writers)
{
    double cost[PAIRS_MAX];
    double rate[N_TABLES][PAIRS_MAX];
    double cpu[N_TABLES][PAIRS_MAX];

    for (int i = 0; i < n; i++) {
        cost[i] = 100 * (1 - pairs[i].per_s[WITH] / pairs[i].per_s[WITHOUT]);
        for (int t = 0; t < N_TABLES; t++) {
            rate[t][i] = pairs[i].per_s[t];
            cpu[t][i] = pairs[i].cpu_us[t];
        }
    }
    (void)printf("triggers writers=%d pairs=%d without_per_s=%.0f "
                 "with_per_s=%.0f cost=%.1f%% (half of the pairs: %.1f to "
                 "%.1f) without_cpu_us=%.0f with_cpu_us=%.0f\n",
                 writers, n, quantile(rate[WITHOUT], n, 0.5),
                 quantile(rate[WITH], n, 0.5), quantile(cost, n, 0.5),
                 quantile(cost, n, 0.25), quantile(cost, n, 0.75),
                 quantile(cpu[WITHOUT], n, 0.5), quantile(cpu[WITH], n, 0.5));
}

/* A table like the CRM's, with the same rows, and no trigger. */
static void make_bare(struct world *w)
{
    world_do(w, "CREATE TABLE crm.bench_bare (LIKE crm.message INCLUDING ALL)");
    world_do(w, "ALTER TABLE crm.bench_bare ADD FOREIGN KEY (conversation_id) "
                "REFERENCES crm.conversation ON DELETE CASCADE");
    world_do(w, "INSERT INTO crm.bench_bare (conversation_id, direction, "
                "author, body, created_at) SELECT conversation_id, direction, "
                "author, body, created_at FROM crm.message ORDER BY id");
    world_do(w, "VACUUM ANALYZE crm.bench_bare");
    world_do(w, "CHECKPOINT");
}

int main(int argc, char **argv)
{
    static struct figures pairs[PAIRS_MAX];
    int writers = (int)ground_arg(argc, argv, 1, 16);
    int n = (int)ground_arg(argc, argv, 2, 40);
    struct world w;
    struct board *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (board == MAP_FAILED || n < 1 || n > PAIRS_MAX) {
        ground_fail("no board, or too many pairs");
    }
    ground_open(&w, 4);
    ground_seed(&w, 1, CONVERSATIONS, "now() + interval '1 day'", true);
    make_bare(&w);
    for (int i = 0; i < writers; i++) {
        if (fork() == 0) {
            be_writer(&w, i, board);
        }
    }
    if (fork() == 0) {
        be_reader(&w, board);
    }
    for (int i = -WARM_UP; i < n; i++) {
        struct figures *pair = &pairs[i > 0 ? i : 0];

        round_on(&w, board, i % 2 != 0, pair);
        round_on(&w, board, i % 2 == 0, pair);
    }
    atomic_store(&board->table, END);
    for (int i = 0; i < writers + 1; i++) {
        int status;

        if (wait(&status) <= 0 || status != 0) {
            ground_fail("a writer failed");
        }
    }
    print(pairs, n, writers);
    world_close(&w);
    return 0;
}
