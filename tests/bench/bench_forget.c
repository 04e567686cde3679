/* What it costs to forget, and whether the ledger stays as large as what is
 * kept: day after day follow-ups are added that have ended, with four rows each
 * as the worker writes them, and those that are as old as KEPT days are
 * forgotten, page by page. No worker runs.
 *
 *     bench_forget [ROWS A DAY [DAYS [KEPT]]]
 *
 * Prints one line. */

#include <stdio.h>
#include <stdlib.h>

#include "ground.h"

#define ROWS_EACH 4
#define PAGE      500 /* as in worker/engine/forget.c */

/* Day 0 is so long ago. */
#define AGO "interval '1000 days'"

struct figures {
    double cpu_s;     /* of the session that forgets */
    double all_s;     /* of PostgreSQL with all its processes */
    double wal_bytes; /* of these too */
    double page_ms;   /* the longest */
};

/* Rows of one day: enrolled, two messages a while apart, a reply. Those of
 * different follow-ups lie between each other, as they do. */
static void add_day(struct world *w, long long day, long long rows)
{
    long long each = rows / ROWS_EACH;

    world_do(w,
             "CREATE TEMP TABLE fresh AS SELECT row_number() OVER (ORDER BY i "
             "+ k * 1000, i) + (SELECT next_seq - 1 FROM followup.partition) "
             "AS seq, i, k FROM generate_series(%lld, %lld) i, "
             "generate_series(0, 3) k",
             day * each + 1, day * each + each);
    world_do(w, "CREATE INDEX ON fresh (i, k)");
    world_do(w, "ANALYZE fresh");
    world_do(
        w,
        "INSERT INTO followup.enrollment (partition, id, tenant, conversation, "
        "contact, channel, episode_at, version, outcome, gen, step, "
        "last_step_at, last_seq, last_out_seq, enrolled_at, address, since_at) "
        "SELECT 0, f.i, 'default', '1' || f.i, 'contact-' || f.i, 'whatsapp', "
        "t.at, v.id, 'replied', 3, 3, t.at, f.seq, g.seq, t.at, "
        "'+49151' || 10000000 + f.i, t.at FROM fresh f JOIN fresh g ON g.i = "
        "f.i AND g.k = 2, (SELECT max(id) AS id FROM "
        "followup.schedule_version) v, (SELECT now() - " AGO
        " + %lld * interval '1 day' AS at) t WHERE f.k = 3",
        day);
    world_do(
        w,
        "INSERT INTO followup.ledger (partition, seq, epoch, enrollment, gen, "
        "prev_seq, at, tenant, conversation, contact, channel, episode_at, "
        "event, reason, outcome, schedule, step, kind, due_at, next_step, "
        "next_due_at, trace, next_trace, message_id, message, status, "
        "expires_at, status_at, provider_id) "
        "SELECT 0, f.seq, 1, f.i, f.k, g.seq, t.at, 'default', '1' || f.i, "
        "'contact-' || f.i, 'whatsapp', t.at, (ARRAY['enrolled', 'fired', "
        "'fired', 'replied'])[f.k + 1], NULL, CASE f.k WHEN 3 THEN 'replied' "
        "END, 'default', m.step, m.kind, t.at, CASE WHEN f.k < 3 THEN f.k + 1 "
        "END, t.at, m.trace, "
        "m.next_trace, m.id, m.message, m.status, t.at, t.at, m.provider "
        "FROM fresh f LEFT JOIN fresh g ON g.i = f.i AND g.k = f.k - 1 "
        "CROSS JOIN (SELECT now() - " AGO " + %lld * interval '1 day' AS at) t "
        "CROSS JOIN LATERAL (SELECT CASE WHEN f.k < 3 THEN repeat("
        "md5(f.seq::text), 8) END AS next_trace) n "
        "LEFT JOIN LATERAL (SELECT f.k AS step, 'check_in' AS kind, "
        "repeat(md5(f.i::text), 3) AS trace, '0a1b2c-0-' || f.i || '-' || f.k "
        "AS id, repeat(md5(f.seq::text), 20) AS message, 'read' AS status, "
        "'wamid.' || md5(f.seq::text) AS provider, n.next_trace) m "
        "ON f.k IN (1, 2) ORDER BY f.seq",
        day);
    world_do(w, "UPDATE followup.partition SET next_seq = 1 + (SELECT max(seq) "
                "FROM fresh)");
    world_do(w, "DROP TABLE fresh");
}

static double wal(struct world *w)
{
    return (double)world_int(w, "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn");
}

/* Forget what is of @day or before, page by page. */
static void forget(struct world *w, long long day, struct figures *f)
{
    long long after = 0;
    double cpu = ground_session_cpu_s(w);
    double all = ground_postgres_cpu_s(w);
    double bytes = wal(w);

    while (after >= 0) {
        double ms = ground_clock();

        after = world_int(w,
                          "SELECT coalesce(next, -1) FROM followup.forget(0, "
                          "(1000 - %lld) * 86400 - 3600, %lld, "
                          "9223372036854775807, %d)",
                          day, after, PAGE);
        ms = (ground_clock() - ms) * 1e3;
        f->page_ms = ms > f->page_ms ? ms : f->page_ms;
    }
    f->cpu_s += ground_session_cpu_s(w) - cpu;
    f->all_s += ground_postgres_cpu_s(w) - all;
    f->wal_bytes += wal(w) - bytes;
}

static double size_of(struct world *w, const char *table)
{
    return (double)world_int(w, "SELECT pg_total_relation_size('followup.%s')",
                             table);
}

/* As often as it would look, had a day its hours. */
static void hurry_autovacuum(struct world *w)
{
    world_do(w, "ALTER SYSTEM SET autovacuum_naptime = '1s'");
    world_do(w, "SELECT pg_reload_conf()");
}

int main(int argc, char **argv)
{
    long long rows = ground_arg(argc, argv, 1, 50000);
    long long days = ground_arg(argc, argv, 2, 30);
    long long kept = ground_arg(argc, argv, 3, 10);
    double gone = (double)(rows * (days - kept));
    struct figures f = {0};
    double written_s = 0;
    double full = 0;
    double person = 0;
    double largest = 0;
    struct world w;

    ground_open(&w, 1);
    hurry_autovacuum(&w);
    for (long long day = 0; day < days; day++) {
        double cpu = ground_session_cpu_s(&w);

        add_day(&w, day, rows);
        written_s += ground_session_cpu_s(&w) - cpu;
        if (day == kept - 1) {
            full = size_of(&w, "ledger");
            person = size_of(&w, "enrollment");
        } else if (day >= kept) {
            forget(&w, day - kept, &f);
            largest = size_of(&w, "ledger") > largest ? size_of(&w, "ledger")
                                                      : largest;
        }
    }
    (void)printf(
        "forget rows=%.0f cpu_us=%.1f with_vacuum_us=%.1f written_us=%.1f "
        "wal_bytes=%.0f longest_page_ms=%.1f ledger_mb=%.0f largest_mb=%.0f "
        "last_mb=%.0f bytes_a_row=%.0f bytes_an_enrollment=%.0f",
        gone, f.cpu_s * 1e6 / gone, f.all_s * 1e6 / gone,
        written_s * 1e6 / (double)(rows * days), f.wal_bytes / gone, f.page_ms,
        full / 1e6, largest / 1e6, size_of(&w, "ledger") / 1e6,
        full / (double)(rows * kept),
        person * ROWS_EACH / (double)(rows * kept));
    forget(&w, days, &f);
    world_do(&w, "VACUUM FULL followup.enrollment");
    (void)printf(" forgotten=%.0f\n",
                 size_of(&w, "enrollment") * ROWS_EACH / (double)(rows * days));
    world_close(&w);
    return 0;
}
