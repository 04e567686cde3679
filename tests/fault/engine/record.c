#include "record.h"

#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

static const char opening[] =
    "CREATE SCHEMA recorder; GRANT USAGE ON SCHEMA recorder TO PUBLIC;"
    "ALTER DEFAULT PRIVILEGES IN SCHEMA recorder GRANT ALL ON TABLES TO "
    "PUBLIC;"
    "CREATE TABLE recorder.act (conversation text, what text, at timestamptz "
    "  DEFAULT clock_timestamp(), xid xid8 DEFAULT pg_current_xact_id());"
    "CREATE TABLE recorder.permit (message_id text, seen pg_snapshot, "
    "  at timestamptz DEFAULT clock_timestamp());"
    "CREATE TABLE recorder.owner (partition integer, epoch bigint, owner text, "
    "  at timestamptz DEFAULT clock_timestamp());"
    "CREATE FUNCTION recorder.note_owner() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN INSERT INTO recorder.owner VALUES (NEW.id, NEW.epoch, NEW.owner);"
    "  RETURN NULL; END $$;"
    "CREATE TRIGGER noted AFTER UPDATE ON followup.partition FOR EACH ROW "
    "  WHEN (NEW.owner IS NOT NULL AND (NEW.owner IS DISTINCT FROM OLD.owner "
    "        OR NEW.epoch <> OLD.epoch)) "
    "  EXECUTE FUNCTION recorder.note_owner();"
    "ALTER FUNCTION followup.permit(text[], text[]) RENAME TO permit_inner;"
    /* The snapshot is taken before the permit looks at anything. */
    "CREATE FUNCTION followup.permit(ids text[], again text[] DEFAULT '{}') "
    "RETURNS TABLE (id text, granted boolean, reason text) LANGUAGE plpgsql AS "
    "$$ DECLARE s pg_snapshot := pg_current_snapshot(); BEGIN RETURN QUERY "
    "WITH g AS MATERIALIZED (SELECT * FROM followup.permit_inner($1, $2)), "
    "n AS (INSERT INTO recorder.permit (message_id, seen) SELECT g.id, s FROM "
    "g WHERE g.granted) SELECT * FROM g; END $$;";

static const char closing[] =
    "CREATE TABLE recorder.call_us (message_id text, started bigint, ended "
    "  bigint);"
    "CREATE VIEW recorder.call AS SELECT message_id, followup.at(started) AS "
    "  started, followup.at(ended) AS ended FROM recorder.call_us;"
    "CREATE TABLE recorder.timer (kind text, partition integer, id bigint, "
    "  score bigint);"
    "CREATE TABLE recorder.entry (key text, seq bigint);"
    "CREATE TABLE recorder.told (partition integer, seq bigint);"
    "CREATE TABLE recorder.key (key text);";

void record_open(struct run *run)
{
    world_do(&run->w, "%s", opening);
    /* Clocks may be set back. */
    world_do(&run->w, "UPDATE followup.installation SET enroll_since = "
                      "enroll_since - interval '1 day'");
}

/* --- rows by COPY ----------------------------------------------------------
 */

static void copy_begin(struct run *run, const char *table)
{
    char sql[96];
    PGresult *result;

    (void)snprintf(sql, sizeof sql, "COPY recorder.%s FROM STDIN", table);
    result = PQexec((PGconn *)run->w.pg, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN) {
        (void)fprintf(stderr, "record: %s\n", PQresultErrorMessage(result));
        abort();
    }
    PQclear(result);
}

static void copy_row(struct run *run, const char *line)
{
    (void)PQputCopyData((PGconn *)run->w.pg, line, (int)strlen(line));
}

static void copy_end(struct run *run)
{
    PGresult *result;

    (void)PQputCopyEnd((PGconn *)run->w.pg, NULL);
    while ((result = PQgetResult((PGconn *)run->w.pg)) != NULL) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            (void)fprintf(stderr, "record: %s\n", PQresultErrorMessage(result));
            abort();
        }
        PQclear(result);
    }
}

/* --- the tape --------------------------------------------------------------
 */

static void print_time(int64_t us, char *text, size_t size)
{
    if (us == 0) {
        (void)snprintf(text, size, "\\N");
        return;
    }
    (void)snprintf(text, size, "%lld", (long long)us);
}

static void keep_calls(struct run *run)
{
    const struct tape *tape = run->tape;
    long n = atomic_load(&run->tape->n_calls);

    copy_begin(run, "call_us");
    for (long i = 0; i < n; i++) {
        const struct tape_call *call = &tape->calls[i];
        char ended[32];
        char line[160];

        print_time(call->ended_us, ended, sizeof ended);
        (void)snprintf(line, sizeof line, "%s\t%lld\t%s\n", call->message_id,
                       (long long)call->started_us, ended);
        copy_row(run, line);
    }
    copy_end(run);
}

/* --- Redis -----------------------------------------------------------------
 */

static int64_t read_id(const redisReply *member)
{
    int64_t id = 0;

    for (size_t i = 0; i < member->len && i < 8; i++) {
        id = id << 8 | (unsigned char)member->str[i];
    }
    return member->len == 8 ? id : -1;
}

static int partition_of(const char *key)
{
    const char *p = strstr(key, "{p");

    return p != NULL ? (int)strtol(p + 2, NULL, 10) : -1;
}

static void keep_timers(struct run *run, const char *key, const char *kind)
{
    redisReply *all = redis_server_ask(
        &run->w.redis, "ZRANGEBYSCORE %s -inf (inf WITHSCORES", key);

    copy_begin(run, "timer");
    for (size_t i = 0; i + 1 < all->elements; i += 2) {
        char line[128];

        (void)snprintf(line, sizeof line, "%s\t%d\t%lld\t%s\n", kind,
                       partition_of(key), (long long)read_id(all->element[i]),
                       all->element[i + 1]->str);
        copy_row(run, line);
    }
    copy_end(run);
    freeReplyObject(all);
}

static void keep_entries(struct run *run, const char *key)
{
    redisReply *all = redis_server_ask(&run->w.redis, "XRANGE %s - +", key);

    copy_begin(run, "entry");
    for (size_t i = 0; i < all->elements; i++) {
        char line[160];

        (void)snprintf(line, sizeof line, "%s\t%lld\n", key,
                       strtoll(all->element[i]->element[0]->str, NULL, 10));
        copy_row(run, line);
    }
    copy_end(run);
    freeReplyObject(all);
}

static void keep_told(struct run *run)
{
    redisReply *all =
        redis_server_ask(&run->w.redis, "XRANGE followup:events - +");

    copy_begin(run, "told");
    for (size_t i = 0; i < all->elements; i++) {
        const redisReply *fields = all->element[i]->element[1];

        for (size_t j = 0; j + 1 < fields->elements; j += 2) {
            char line[64];
            char *dash = strchr(fields->element[j + 1]->str, '-');

            if (strcmp(fields->element[j]->str, "seq") == 0 && dash != NULL) {
                *dash = '\t';
                (void)snprintf(line, sizeof line, "%s\n",
                               fields->element[j + 1]->str);
                copy_row(run, line);
            }
        }
    }
    copy_end(run);
    freeReplyObject(all);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static void keep_key(struct run *run, const char *key)
{
    char line[160];

    copy_begin(run, "key");
    (void)snprintf(line, sizeof line, "%s\n", key);
    copy_row(run, line);
    copy_end(run);
    if (ends_with(key, ":due") || ends_with(key, ":inflight")) {
        keep_timers(run, key, ends_with(key, ":due") ? "due" : "inflight");
    } else if (strstr(key, ":out:") != NULL) {
        keep_entries(run, key);
    } else if (ends_with(key, ":events")) {
        keep_told(run);
    }
}

void record_close(struct run *run)
{
    redisReply *keys = redis_server_ask(&run->w.redis, "KEYS *");

    world_do(&run->w, "%s", closing);
    keep_calls(run);
    for (size_t i = 0; i < keys->elements; i++) {
        keep_key(run, keys->element[i]->str);
    }
    freeReplyObject(keys);
}
