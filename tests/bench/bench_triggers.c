/* What the triggers cost the CRM: messages a second that many writers insert,
 * each in a transaction of its own, without the triggers and with them, in
 * turns. No worker runs.
 *
 *     bench_triggers [WRITERS [SECONDS]]
 *
 * Prints one line. */

#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

#define ROUNDS        4 /* of either kind; the best of each is compared */
#define CONVERSATIONS 10000

static void be_writer(const struct world *w, int writer, double end)
{
    PGconn *pg = PQconnectdb(w->conninfo);
    unsigned long long at = (unsigned long long)writer * 7919;

    PQclear(PQprepare(pg, "write",
                      "INSERT INTO crm.message (conversation_id, direction, "
                      "author, body) VALUES ($1, 'in', 'human', 'some text')",
                      0, NULL));
    while (ground_clock() < end) {
        char id[32];
        const char *const params[] = {id};
        PGresult *res;

        at = (at * 31 + 17) % CONVERSATIONS;
        (void)snprintf(id, sizeof id, "c%llu", at + 1);
        res = PQexecPrepared(pg, "write", 1, params, NULL, NULL, 0);
        if (PQresultStatus(res) != PGRES_COMMAND_OK) {
            ground_fail(PQerrorMessage(pg));
        }
        PQclear(res);
    }
    PQfinish(pg);
    _exit(0);
}

struct figures {
    double per_s; /* messages */
    double cpu_us;
};

/* Let @writers write; @best keeps the better figures. */
static void
round_of(struct world *w, int writers, int seconds, struct figures *best)
{
    long long n = world_int(w, "SELECT count(*) FROM crm.message");
    double cpu = ground_postgres_cpu_s(w);
    double end = ground_clock() + seconds;

    for (int i = 0; i < writers; i++) {
        if (fork() == 0) {
            be_writer(w, i, end);
        }
    }
    for (int i = 0; i < writers; i++) {
        int status;

        if (wait(&status) <= 0 || status != 0) {
            ground_fail("a writer failed");
        }
    }
    cpu = ground_postgres_cpu_s(w) - cpu;
    n = world_int(w, "SELECT count(*) FROM crm.message") - n;
    cpu *= 1e6 / (double)n;
    if ((double)n / seconds > best->per_s) {
        best->per_s = (double)n / seconds;
    }
    if (best->cpu_us <= 0 || cpu < best->cpu_us) {
        best->cpu_us = cpu;
    }
}

int main(int argc, char **argv)
{
    int writers = (int)ground_arg(argc, argv, 1, 16);
    int seconds = (int)ground_arg(argc, argv, 2, 5);
    struct figures without = {0};
    struct figures with = {0};
    struct world w;

    ground_open(&w, 4);
    ground_seed(&w, 1, CONVERSATIONS, "now() + interval '1 day'", true);
    for (int i = 0; i < ROUNDS; i++) {
        world_do(&w, "ALTER TABLE crm.message DISABLE TRIGGER USER");
        round_of(&w, writers, seconds, &without);
        world_do(&w, "ALTER TABLE crm.message ENABLE TRIGGER USER");
        round_of(&w, writers, seconds, &with);
    }
    (void)printf("triggers writers=%d without_per_s=%.0f with_per_s=%.0f "
                 "cost=%.1f%% without_cpu_us=%.0f with_cpu_us=%.0f\n",
                 writers, without.per_s, with.per_s,
                 100 * (1 - with.per_s / without.per_s), without.cpu_us,
                 with.cpu_us);
    world_close(&w);
    return 0;
}
