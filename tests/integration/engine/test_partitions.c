/* Partitions and the changes in them, in the database. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "database.h"

/* --- partitions ------------------------------------------------------------
 */

static void changes_and_commands_move_with_the_partitions(void **state)
{
    struct world *w = *state;

    world_do(w, "SELECT followup.touch('default', 'c' || i) FROM "
                "generate_series(1, 100) i");
    world_do(w, "INSERT INTO followup.command (entry, partition, tenant, "
                "conversation, action) SELECT 'e' || i, 0, 'default', 'c' || "
                "i, 'skip' FROM generate_series(1, 100) i");
    world_do(w, "SELECT followup.set_partitions(4)");
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.partition p, LATERAL "
                     "followup.changed_after(p.id, p.captured) c WHERE p.id = "
                     "followup.partition_of(c.tenant, c.conversation)"),
        100);
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.command WHERE partition = "
                     "followup.partition_of(tenant, conversation)"),
        100);
    assert_true(world_int(w, "SELECT count(DISTINCT partition) FROM "
                             "followup.command") > 1);
}

static void who_has_more_than_a_share_gives_it_up(void **state)
{
    struct world *w = *state;

    world_do(w, "SELECT followup.set_partitions(4)");
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.lease('a', 10000)"), 4);
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.lease('b', 10000)"), 0);
    assert_string_equal(world_text(w, "SELECT string_agg(id::text, ' ') FROM "
                                      "followup.lease('a', 10000)"),
                        "0 1");
    assert_string_equal(world_text(w, "SELECT string_agg(id::text, ' ') FROM "
                                      "followup.lease('b', 10000)"),
                        "2 3");
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.lease('a', 10000)"), 2);
    world_do(w, "SELECT followup.release('b')");
    assert_int_equal(
        world_int(w, "SELECT count(*) FROM followup.lease('a', 10000)"), 4);
}

static void the_mark_never_passes_a_message_committed_meanwhile(void **state)
{
    struct world *w = *state;
    PGconn *other = database_connect(w);
    PGconn *owner = database_connect(w);
    char sql[2048];
    char text[64];

    database_message(w, 1, "sent");
    database_run(other, "BEGIN");
    database_run(other,
                 "UPDATE followup.partition SET next_seq = next_seq + 1");
    database_run(
        other, "INSERT INTO followup.ledger (partition, seq, epoch, "
               "enrollment, gen, at, tenant, conversation, episode_at, event, "
               "status) VALUES (0, 2, 1, 1, 2, now(), 'default', 'c1', "
               "'epoch', 'fired', 'pending')");
    (void)snprintf(sql, sizeof sql, "PREPARE done_low AS %s",
                   fup_sql_done_low.sql);
    database_run(owner, sql);
    assert_int_equal(PQsendQuery(owner, "EXECUTE done_low(0, 1)"), 1);
    assert_true(database_waits(w));
    database_run(other, "COMMIT");
    database_take(owner, text);
    assert_int_equal(world_int(w, "SELECT done_low FROM followup.partition"),
                     2);
    database_run(other, "BEGIN");
    database_run(other,
                 "UPDATE followup.partition SET epoch = 2, done_low = 1");
    assert_int_equal(PQsendQuery(owner, "EXECUTE done_low(0, 1)"), 1);
    assert_true(database_waits(w));
    database_run(other, "COMMIT");
    database_take(owner, text);
    assert_int_equal(world_int(w, "SELECT done_low FROM followup.partition"),
                     1);
    PQfinish(other);
    PQfinish(owner);
}

/* --- changes ---------------------------------------------------------------
 */

static void read_page(struct world *w, const char *from, const char *rest)
{
    world_do(w, "DROP TABLE IF EXISTS pg_temp.page");
    world_do(w,
             "CREATE TEMP TABLE page (snap, seq, t, c, xid, again) AS EXECUTE "
             "capture(0, 1, '%s', %s, 200)",
             from, rest);
    world_do(w, "INSERT INTO found SELECT t, c FROM page WHERE NOT again");
}

/* Read all pages from snapshot @from on; returns how many there were. */
static int read_changes(struct world *w, const char *from)
{
    int pages = 1;

    world_do(w, "CREATE TEMP TABLE found (t text, c text)");
    read_page(w, from, "NULL, NULL, NULL, NULL");
    while (world_int(w, "SELECT count(*) FROM page") == 200) {
        char rest[400];

        (void)snprintf(
            rest, sizeof rest, "%s",
            world_text(w, "SELECT format('%%L, %%L, %%L, %%L', snap, xid, t, "
                          "c) FROM page ORDER BY xid::xid8 DESC, t DESC, c "
                          "DESC LIMIT 1"));
        read_page(w, from, rest);
        pages++;
    }
    return pages;
}

static void changes_are_read_once_each_however_many(void **state)
{
    struct world *w = *state;
    PGconn *late = database_connect(w);
    char from[200];
    int64_t begin;

    database_run(late, "BEGIN");
    database_run(late, "SELECT followup.touch('default', 'late' || i) FROM "
                       "generate_series(1, 500) i");
    world_do(w, "SELECT followup.touch('default', 'before')");
    (void)snprintf(from, sizeof from, "%s",
                   world_text(w, "SELECT pg_current_snapshot()"));
    database_run(late, "COMMIT");
    world_do(w, "SELECT followup.touch('default', 'c' || i %% 50000) FROM "
                "generate_series(1, 100000) i");
    database_run(late, "BEGIN");
    database_run(late, "SELECT followup.touch('default', 'open')");
    world_do(w, "SELECT followup.touch('default', 'c1')");
    world_do(w, "ANALYZE followup.change_log");
    database_prepare(w, &fup_sql_capture);
    begin = database_ms();
    assert_int_equal(read_changes(w, from), 253);
    assert_true(database_ms() - begin < 15000);
    assert_string_equal(
        world_text(w,
                   "SELECT concat_ws(' ', count(DISTINCT c), count(*) FILTER "
                   "(WHERE c LIKE 'late%%'), count(*) FILTER (WHERE c IN "
                   "('before', 'open'))) FROM found"),
        "50500 500 0");
    PQfinish(late);
}

static void changes_are_forgotten_a_page_at_a_time(void **state)
{
    struct world *w = *state;

    world_do(w, "INSERT INTO followup.change_log (partition, tenant, "
                "conversation, at) SELECT 0, 'default', 'c', now() - interval "
                "'1 h' FROM generate_series(1, 250)");
    /* Transactions of other databases count in a snapshot, too. */
    assert_true(world_until(
        w, 10000,
        "UPDATE followup.partition SET captured = pg_current_snapshot() "
        "RETURNING pg_snapshot_xmin(captured) > (SELECT max(xid) FROM "
        "followup.change_log WHERE conversation = 'c')"));
    world_do(w, "SELECT followup.touch('default', 'new')");
    database_prepare(w, &fup_sql_prune);
    assert_int_equal(world_int(w, "EXECUTE prune(0, 100)"), 100);
    assert_int_equal(world_int(w, "EXECUTE prune(0, 100)"), 100);
    assert_int_equal(world_int(w, "EXECUTE prune(0, 100)"), 50);
    assert_int_equal(world_int(w, "EXECUTE prune(0, 100)"), 0);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.change_log"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(changes_and_commands_move_with_the_partitions),
        TEST(who_has_more_than_a_share_gives_it_up),
        TEST(the_mark_never_passes_a_message_committed_meanwhile),
        TEST(changes_are_read_once_each_however_many),
        TEST(changes_are_forgotten_a_page_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
