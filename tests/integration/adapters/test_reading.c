/* New messages read by their ids: none that is committed is missed, whatever
 * other transactions do, and none is told again and again. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libpq-fe.h>

#include "adapters.h"

#define WRITERS 6
#define STEPS   3000

static PGconn *writers[WRITERS];

/* A conversation for each message, so that each is noted by itself. */
static int open_reading(void **state)
{
    struct world *w;

    if (adapters_open(state) != 0) {
        return -1;
    }
    w = *state;
    adapters_do(
        w, "CREATE TABLE said (id bigserial PRIMARY KEY, c text NOT NULL);"
           "CREATE FUNCTION followup.new_messages(above bigint, up_to bigint) "
           "RETURNS TABLE (id bigint, tenant text, conversation text) "
           "LANGUAGE sql STABLE AS $$ SELECT s.id, 'default'::text, s.c "
           "FROM said s WHERE s.id > above AND s.id <= up_to "
           "ORDER BY s.id LIMIT 100 $$");
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = PQconnectdb(w->conninfo);
        assert_int_equal(PQstatus(writers[i]), CONNECTION_OK);
    }
    return 0;
}

static int close_reading(void **state)
{
    for (int i = 0; i < WRITERS; i++) {
        PQfinish(writers[i]);
    }
    return adapters_close(state);
}

static void write_on(int i, const char *sql)
{
    PGresult *res = PQexec(writers[i], sql);

    if (PQresultStatus(res) != PGRES_COMMAND_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(writers[i]));
    }
    PQclear(res);
}

static long long read_new(struct world *w)
{
    return world_int(w, "SELECT followup.read_new()");
}

/* As if more than 10 s had passed at once. */
static void time_passes(struct world *w)
{
    world_do(w, "UPDATE followup.unread SET at = at - interval '1 min'");
}

static void assert_none_missed(struct world *w)
{
    assert_string_equal(
        world_text(w, "SELECT string_agg(c, ' ') FROM said WHERE c NOT IN "
                      "(SELECT conversation FROM followup.change_log)"),
        "");
}

static void nothing_is_told_that_was_there_long_before(void **state)
{
    struct world *w = *state;

    world_do(w, "INSERT INTO said (c) SELECT 'old' || n FROM "
                "generate_series(1, 3000) n");
    assert_int_equal(read_new(w), 0);
    for (int i = 0; i < 20; i++) {
        (void)read_new(w);
    }
    /* What was under way then is among the last thousand. */
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.change_log"),
                     1000);
    world_do(w, "INSERT INTO said (c) VALUES ('new')");
    assert_int_equal(read_new(w), 1);
    assert_int_equal(read_new(w), 0);
}

static void ids_that_are_committed_late_are_read_late(void **state)
{
    struct world *w = *state;

    (void)read_new(w);
    write_on(0, "BEGIN");
    write_on(0, "INSERT INTO said (c) VALUES ('late')");
    write_on(1, "INSERT INTO said (c) VALUES ('soon')");
    for (int i = 0; i < 5; i++) {
        (void)read_new(w);
        time_passes(w);
    }
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.change_log"),
                     1);
    write_on(0, "COMMIT");
    assert_int_equal(read_new(w), 1);
    assert_none_missed(w);
}

/* Nobody waits for an id that nobody has; not for one that is young, though:
 * it may have been taken just now. */
static void ids_of_nobody_are_given_up(void **state)
{
    struct world *w = *state;

    (void)read_new(w);
    write_on(0, "BEGIN");
    write_on(0, "INSERT INTO said (c) VALUES ('never')");
    write_on(1, "INSERT INTO said (c) VALUES ('soon')");
    write_on(0, "ROLLBACK");
    (void)read_new(w);
    (void)read_new(w);
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.unread"), 1);
    time_passes(w);
    /* Transactions of other tests may be older. */
    assert_true(world_until(w, 20000,
                            "SELECT followup.read_new() = 0 AND NOT EXISTS "
                            "(SELECT FROM followup.unread)"));
}

/* Whatever six sessions do at random, savepoints included. */
static void step(int *seed)
{
    static const char *const what[] = {
        "INSERT INTO said (c) VALUES (gen_random_uuid())",
        "INSERT INTO said (c) VALUES (gen_random_uuid())",
        "SAVEPOINT x; INSERT INTO said (c) VALUES (gen_random_uuid())",
        "SAVEPOINT x; INSERT INTO said (c) VALUES (gen_random_uuid()); "
        "ROLLBACK TO x",
        "COMMIT",
        "COMMIT",
        "ROLLBACK",
    };
    int i;

    *seed = (int)((int64_t)*seed * 48271 % 2147483647);
    i = *seed % WRITERS;
    if (PQtransactionStatus(writers[i]) == PQTRANS_IDLE) {
        write_on(i, "BEGIN");
    }
    write_on(i, what[*seed / WRITERS % (int)(sizeof what / sizeof what[0])]);
}

static void none_is_missed_whatever_happens(void **state)
{
    struct world *w = *state;
    int seed = 4711;

    (void)read_new(w);
    for (int i = 0; i < STEPS; i++) {
        step(&seed);
        if (seed % 3 == 0) {
            (void)read_new(w);
            time_passes(w);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        write_on(i, "COMMIT");
    }
    while (read_new(w) > 0) {
    }
    assert_true(world_int(w, "SELECT count(*) FROM said") > STEPS / 4);
    assert_none_missed(w);
    assert_int_equal(world_int(w, "SELECT count(*) - count(DISTINCT "
                                  "conversation) FROM followup.change_log"),
                     0);
}

/* Far more ids than a page has, some of them left out, filled in later. */
static void a_wide_gap_is_read_in_pages(void **state)
{
    struct world *w = *state;

    (void)read_new(w);
    world_do(w, "INSERT INTO said (id, c) VALUES (1000000, 'far')");
    assert_int_equal(read_new(w), 1);
    world_do(w, "INSERT INTO said (id, c) SELECT n * 1000, 'n' || n FROM "
                "generate_series(1, 450) n");
    time_passes(w);
    while (read_new(w) > 0) {
    }
    assert_none_missed(w);
}

static void one_reads_at_a_time(void **state)
{
    struct world *w = *state;

    (void)read_new(w);
    world_do(w, "INSERT INTO said (c) VALUES ('x')");
    write_on(0, "BEGIN");
    PQclear(PQexec(writers[0], "SELECT followup.read_new()"));
    assert_int_equal(read_new(w), 0);
    write_on(0, "ROLLBACK");
    assert_int_equal(read_new(w), 1);
}

static void an_adapter_that_does_not_tell_is_not_asked(void **state)
{
    struct world *w = *state;

    world_do(w, "DROP FUNCTION followup.new_messages(bigint, bigint)");
    assert_string_equal(world_text(w, "SELECT followup.read_new()"), "");
}

static void ids_taken_in_advance_are_a_problem(void **state)
{
    struct world *w = *state;

    assert_string_equal(
        world_text(w, "SELECT followup.ids_problem('said', 'id')"), "");
    world_do(w, "ALTER SEQUENCE said_id_seq CACHE 20");
    assert_non_null(
        strstr(world_text(w, "SELECT followup.ids_problem('said', 'id')"),
               "take 20 ids of said at a time"));
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_reading, close_reading)
    const struct CMUnitTest tests[] = {
        CASE(nothing_is_told_that_was_there_long_before),
        CASE(ids_that_are_committed_late_are_read_late),
        CASE(ids_of_nobody_are_given_up),
        CASE(none_is_missed_whatever_happens),
        CASE(a_wide_gap_is_read_in_pages),
        CASE(one_reads_at_a_time),
        CASE(an_adapter_that_does_not_tell_is_not_asked),
        CASE(ids_taken_in_advance_are_a_problem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
