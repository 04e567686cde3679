/* Each check is a query whose rows are violations. The numbers are those of the
 * invariants:
 *
 *   1 nothing lost        5 order and spacing     9 fencing
 *   2 nothing twice       6 nothing vanishes     10 no orphans in Redis
 *   3 not after a reply   7 Redis mirrors        11 it recovers (run.c)
 *   4 never early         8 streams and seq      12 what is told is true
 *
 * and 13, the CRM is unharmed. */

#include "check.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 3

struct check {
    int invariant;
    enum check_class class;
    unsigned unless; /* not where the run has one of these flags */
    const char *what;
    const char *sql;
};

/* What the checks have in common, made once. silence: each that lasted to the
 * end, by the CRM's own tables. The indexes are for crowds. */
static const char views[] =
    "CREATE TEMP TABLE silence AS SELECT c.id AS conversation, i.at AS "
    "episode_at, a.at AS answer_at FROM crm.conversation c, LATERAL (SELECT "
    "max(created_at) AS at FROM crm.message m WHERE m.conversation_id = c.id "
    "AND direction = 'in') i, LATERAL (SELECT max(created_at) AS at FROM "
    "crm.message m WHERE m.conversation_id = c.id AND direction = 'out' AND "
    "author = 'human' AND created_at > i.at) a WHERE a.at IS NOT NULL AND "
    "c.channel = '" RUN_CHANNEL "';"
    "CREATE TEMP VIEW sent AS SELECT l.*, x.started FROM recorder.call x JOIN "
    "followup.ledger l ON l.message_id = x.message_id;"
    "CREATE TEMP VIEW waiting AS SELECT * FROM followup.enrollment WHERE "
    "outcome IS NULL;"
    "CREATE INDEX ON followup.ledger (partition, enrollment, seq);"
    "CREATE INDEX ON followup.ledger (message_id);"
    "CREATE INDEX ON recorder.call_us (message_id);"
    "CREATE INDEX ON recorder.permit (message_id);"
    "CREATE INDEX ON recorder.act (conversation);"
    "ANALYZE;";

static const struct check checks[] = {
    {1, CHECK_LOST, 0, "a silence that nobody followed up",
     "SELECT s.conversation FROM silence s JOIN crm.conversation c ON c.id = "
     "s.conversation WHERE c.status = 'open' AND NOT EXISTS (SELECT FROM "
     "followup.enrollment e WHERE e.conversation = s.conversation AND "
     "e.episode_at = s.episode_at) AND NOT EXISTS (SELECT FROM recorder.act a "
     "WHERE a.conversation = s.conversation AND a.what = 'opt_out')"},
    {1, CHECK_LOST, 0, "a step that never came",
     "SELECT e.conversation, k FROM silence s JOIN followup.enrollment e USING "
     "(conversation, episode_at), generate_series(1, 3) k WHERE "
     "coalesce(e.outcome, 'completed') = 'completed' AND NOT EXISTS (SELECT "
     "FROM followup.ledger l WHERE l.partition = e.partition AND l.enrollment "
     "= e.id AND l.step = k AND l.event = 'fired')"},
    {1, CHECK_LOST, 0, "a message that nobody took",
     "SELECT message_id, at FROM followup.ledger WHERE status = 'pending'"},
    {1, CHECK_LOST, 0, "a message that ran out of time",
     "SELECT message_id FROM followup.ledger WHERE status = 'withdrawn' AND "
     "error_class = 'expired'"},
    {1, CHECK_LOST, 0, "sent, and the provider knows nothing of it",
     "SELECT message_id FROM followup.ledger l WHERE status IN ('sent', "
     "'delivered', 'read') AND NOT EXISTS (SELECT FROM recorder.call c WHERE "
     "c.message_id = l.message_id)"},
    {1, CHECK_LOST, FAULT_DOUBT, "a permit that nobody used",
     "SELECT message_id, status FROM followup.ledger l WHERE status IN "
     "('permit', 'unknown', 'failed') AND NOT EXISTS (SELECT FROM "
     "recorder.call c WHERE c.message_id = l.message_id)"},
    {12, CHECK_UNEXPECTED, FAULT_DOUBT | FAULT_LOSES_REDIS,
     "sent, and PostgreSQL was not told",
     "SELECT message_id, status FROM followup.ledger l JOIN recorder.call c "
     "USING (message_id) WHERE status NOT IN ('sent', 'delivered', 'read')"},
    {2, CHECK_DUPLICATED, 0, "the provider was called twice",
     "SELECT message_id, count(*) FROM recorder.call GROUP BY 1 HAVING "
     "count(*) > 1"},
    {2, CHECK_DUPLICATED, 0, "a step was sent twice",
     "SELECT conversation, episode_at, step FROM sent GROUP BY 1, 2, 3 HAVING "
     "count(DISTINCT message_id) > 1"},
    {2, CHECK_DUPLICATED, 0, "a step was decided twice",
     "SELECT conversation, episode_at, step FROM followup.ledger WHERE event = "
     "'fired' GROUP BY 1, 2, 3 HAVING count(*) > 1"},
    {2, CHECK_DUPLICATED, 0, "a generation was used twice",
     "SELECT partition, enrollment, gen FROM followup.ledger GROUP BY 1, 2, 3 "
     "HAVING count(*) > 1"},
    {3, CHECK_AFTER_REPLY, 0, "permitted after it was known",
     "SELECT a.what, p.message_id FROM recorder.permit p JOIN followup.ledger "
     "l USING (message_id) JOIN recorder.act a ON a.conversation = "
     "l.conversation WHERE pg_visible_in_snapshot(a.xid, p.seen) AND (a.what "
     "IN ('opt_out', 'close') OR (a.what = 'reply' AND a.at > l.episode_at))"},
    {3, CHECK_AFTER_REPLY, 0, "permitted after its end",
     "SELECT p.message_id, e.event FROM recorder.permit p JOIN followup.ledger "
     "l USING (message_id) JOIN followup.ledger e ON e.partition = l.partition "
     "AND e.enrollment = l.enrollment AND e.seq > l.seq AND e.outcome IN "
     "('cancelled', 'replied', 'opted_out') WHERE "
     "pg_visible_in_snapshot(e.xmin::text::xid8, p.seen)"},
    {3, CHECK_AFTER_REPLY, FAULT_CLOCK, "a permit that was used late",
     "SELECT c.message_id, c.started - p.at FROM recorder.call c JOIN (SELECT "
     "message_id, max(at) AS at FROM recorder.permit GROUP BY 1) p USING "
     "(message_id) WHERE c.started > p.at + interval '2200 ms'"},
    {3, CHECK_AFTER_REPLY, 0, "sent without a permit",
     "SELECT message_id FROM recorder.call c WHERE NOT EXISTS (SELECT FROM "
     "recorder.permit p WHERE p.message_id = c.message_id)"},
    {4, CHECK_EARLY, 0, "before its instant",
     "SELECT message_id, due_at - at FROM followup.ledger WHERE event = "
     "'fired' AND at < due_at"},
    {4, CHECK_EARLY, FAULT_CLOCK, "less than two seconds after the answer",
     /* The answer before it: where a crash took a reply with it, the silence
      * has two, and a message may stand between them. */
     "SELECT message_id, l.at - a.at FROM followup.ledger l JOIN silence s "
     "USING (conversation, episode_at), LATERAL (SELECT max(created_at) AS at "
     "FROM crm.message m WHERE m.conversation_id = l.conversation AND "
     "direction = 'out' AND author = 'human' AND created_at > l.episode_at "
     "AND created_at <= l.at) a WHERE l.event = 'fired' AND (a.at IS NULL OR "
     "l.at < a.at + interval '1950 ms')"},
    {5, CHECK_EARLY, FAULT_CLOCK, "too soon after the one before",
     "SELECT message_id, at - before FROM (SELECT message_id, f.at, lag(f.at) "
     "OVER (PARTITION BY partition, enrollment ORDER BY seq) AS before FROM "
     "followup.ledger l, LATERAL (SELECT (l.message::jsonb->>'fired_at')"
     "::timestamptz AS at) f WHERE event = 'fired') x WHERE at < before + "
     "interval '950 ms'"},
    {5, CHECK_EARLY, FAULT_CLOCK, "together with the one before",
     "SELECT message_id, at - before FROM (SELECT message_id, at, lag(at) OVER "
     "(PARTITION BY partition, enrollment ORDER BY seq) AS before FROM "
     "followup.ledger WHERE event = 'fired') x WHERE at < before + interval "
     "'200 ms'"},
    {5, CHECK_EARLY, FAULT_CLOCK, "let go too soon after the one before",
     "SELECT message_id, at - before FROM (SELECT message_id, p.at, "
     "lag(p.at) OVER (PARTITION BY partition, enrollment ORDER BY seq) AS "
     "before FROM sent l, LATERAL (SELECT max(at) AS at FROM recorder.permit "
     "p WHERE p.message_id = l.message_id) p) x WHERE at < before + interval "
     "'950 ms'"},
    {5, CHECK_UNEXPECTED, 0, "out of order",
     "SELECT message_id, step, before FROM (SELECT message_id, step, lag(step) "
     "OVER (PARTITION BY partition, enrollment ORDER BY started) AS before "
     "FROM sent) x WHERE step < before"},
    {6, CHECK_UNEXPECTED, 0, "an end that nobody caused",
     "SELECT e.conversation, e.outcome FROM followup.enrollment e WHERE "
     "e.outcome <> 'completed' AND NOT EXISTS (SELECT FROM recorder.act a "
     "WHERE a.conversation = e.conversation AND (a.what, e.outcome) IN "
     "(('reply', 'replied'), ('opt_out', 'opted_out'), ('close', 'closed'), "
     "('cancel', 'cancelled')))"},
    {6, CHECK_UNEXPECTED, 0, "another end in the ledger",
     "SELECT e.partition, e.id, e.outcome, l.outcome FROM followup.enrollment "
     "e LEFT JOIN LATERAL (SELECT outcome FROM followup.ledger l WHERE "
     "l.partition = e.partition AND l.enrollment = e.id AND l.outcome IS NOT "
     "NULL AND l.event <> 'withdrawn' ORDER BY seq DESC LIMIT 1) l ON true "
     "WHERE e.outcome IS DISTINCT FROM l.outcome"},
    {6, CHECK_UNEXPECTED, 0, "never came to an end",
     "SELECT conversation, step, due_at, waits_for FROM waiting WHERE channel "
     "= '" RUN_CHANNEL "'"},
    {7, CHECK_UNEXPECTED, 0, "Redis and PostgreSQL differ about a timer",
     "SELECT w.id, followup.due_ms(w.due_at), t.kind, t.id, t.score FROM "
     "waiting w FULL JOIN recorder.timer t ON t.partition = w.partition AND "
     "t.id = w.id WHERE w.id IS NULL OR t.id IS NULL OR t.kind <> 'due' OR "
     "t.score <> followup.due_ms(w.due_at)"},
    {8, CHECK_UNEXPECTED, 0, "numbers with a gap",
     "SELECT p.id, p.next_seq, count(l.seq) FROM followup.partition p LEFT "
     "JOIN followup.ledger l ON l.partition = p.id GROUP BY 1, 2 HAVING "
     "p.next_seq <> count(l.seq) + 1"},
    {8, CHECK_UNEXPECTED, 0, "left in a stream",
     "SELECT key, seq FROM recorder.entry"},
    {9, CHECK_UNEXPECTED, 0, "an epoch that was over",
     "SELECT partition, seq, epoch, newest FROM (SELECT partition, seq, epoch, "
     "max(epoch) OVER (PARTITION BY partition ORDER BY seq) AS newest FROM "
     "followup.ledger) x WHERE epoch < newest"},
    {9, CHECK_UNEXPECTED, 0, "an epoch of two owners",
     "SELECT partition, epoch FROM recorder.owner GROUP BY 1, 2 HAVING "
     "count(DISTINCT owner) > 1"},
    {10, CHECK_UNEXPECTED, 0, "a key that is not ours",
     "SELECT key FROM recorder.key WHERE key !~ "
     "'^followup:({p[0-9]{2}}:(due|inflight|meta|out:[a-z]+)|commands|receipts|"
     "events|rejected)$'"},
    /* A stream that is full was trimmed: what a partition told before the
     * oldest that is kept of it, others have pushed out. */
    {12, CHECK_UNEXPECTED, FAULT_LOSES_REDIS, "not told",
     "SELECT l.partition, l.seq, l.event FROM followup.ledger l WHERE NOT "
     "EXISTS (SELECT FROM recorder.told t WHERE t.partition = l.partition AND "
     "t.seq = l.seq) AND l.seq > (SELECT next_seq - 500 FROM "
     "followup.partition p WHERE p.id = l.partition) AND ((SELECT count(*) "
     "FROM recorder.told) < 9000 OR l.seq > (SELECT min(t.seq) FROM "
     "recorder.told t WHERE t.partition = l.partition))"},
    {12, CHECK_UNEXPECTED, 0, "told, and it never happened",
     "SELECT t.partition, t.seq FROM recorder.told t WHERE NOT EXISTS (SELECT "
     "FROM followup.ledger l WHERE l.partition = t.partition AND l.seq = "
     "t.seq)"},
    {12, CHECK_UNEXPECTED, 0, "taken back without a reason",
     "SELECT message_id FROM followup.ledger WHERE status = 'withdrawn' AND "
     "error_class IS NULL"},
};

static const struct check harm = {13, CHECK_UNEXPECTED, FAULT_CRM_FAILS,
                                  "the CRM's statements were refused", ""};
static const struct check stuck = {11, CHECK_UNEXPECTED, 0,
                                   "it did not recover in time", ""};

static void tell(const struct run *run,
                 const struct check *check,
                 const PGresult *rows,
                 int row)
{
    (void)fprintf(run->out, "  I%d %s:", check->invariant, check->what);
    for (int i = 0; rows != NULL && i < PQnfields(rows); i++) {
        (void)fprintf(run->out, " %s", PQgetvalue(rows, row, i));
    }
    (void)fprintf(run->out, "\n");
}

static void look(struct run *run, const struct check *check, struct verdict *v)
{
    PGresult *rows = PQexec((PGconn *)run->w.pg, check->sql);
    int n;

    if (PQresultStatus(rows) != PGRES_TUPLES_OK) {
        (void)fprintf(stderr, "check: %s: %s\n", check->sql,
                      PQresultErrorMessage(rows));
        abort();
    }
    n = PQntuples(rows);
    v->found[check->class] += n;
    for (int i = 0; i < n && i < SHOWN; i++) {
        tell(run, check, rows, i);
    }
    if (n > SHOWN) {
        (void)fprintf(run->out, "  … %d more\n", n - SHOWN);
    }
    PQclear(rows);
}

static void
blame(const struct run *run, const struct check *check, struct verdict *v)
{
    v->found[check->class]++;
    tell(run, check, NULL, 0);
}

static void count(struct run *run, struct verdict *v)
{
    struct world *w = &run->w;

    v->fires = world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                            "event = 'fired'");
    v->calls = world_int(w, "SELECT count(*) FROM recorder.call");
    v->recovered = world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                                "event = 'fired' AND at > due_at + interval "
                                "'1 s'");
    v->taken_back = world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                                 "status = 'withdrawn'");
    v->unknown = world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                              "status IN ('permit', 'unknown')");
}

void check_all(struct run *run, struct verdict *ret_verdict)
{
    struct verdict *v = ret_verdict;

    *v = (struct verdict){0};
    world_do(&run->w, "%s", views);
    count(run, v);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if ((run->flags & checks[i].unless) == 0) {
            look(run, &checks[i], v);
        }
    }
    if (!run->quiet) {
        blame(run, &stuck, v);
    }
    if (run->complaint != NULL) {
        const struct check check = {11, CHECK_UNEXPECTED, 0, run->complaint,
                                    ""};

        blame(run, &check, v);
    }
    if (atomic_load(&run->tape->crm_failed) > 0 &&
        (run->flags & harm.unless) == 0) {
        blame(run, &harm, v);
    }
}

bool verdict_is_clean(const struct verdict *verdict)
{
    long long n = 0;

    for (int i = 0; i < CHECK_CLASSES; i++) {
        n += verdict->found[i];
    }
    return n == 0 && verdict->fires > 0;
}

void verdict_print(const struct run *run, const struct verdict *v)
{
    (void)fprintf(run->out,
                  "fault=%s%s%s seed=%u fires=%lld calls=%lld recovered=%lld "
                  "taken_back=%lld unknown=%lld lost=%lld duplicated=%lld "
                  "after_reply=%lld early=%lld unexpected=%lld "
                  "recovered_ms=%lld crm_slowest_ms=%d starved_ms=%lld\n",
                  run->faults[0]->name, run->n_faults > 1 ? "+" : "",
                  run->n_faults > 1 ? run->faults[1]->name : "", run->seed,
                  v->fires, v->calls, v->recovered, v->taken_back, v->unknown,
                  v->found[CHECK_LOST], v->found[CHECK_DUPLICATED],
                  v->found[CHECK_AFTER_REPLY], v->found[CHECK_EARLY],
                  v->found[CHECK_UNEXPECTED], (long long)run->recovered_ms,
                  atomic_load(&run->tape->crm_slowest_ms),
                  (long long)run->starved_ms);
}
