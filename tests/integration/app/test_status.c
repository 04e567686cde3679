#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

static int quiet(struct fixture *f)
{
    return fixture_run(f, "status", "--quiet", NULL);
}

static void without_a_worker_the_health_check_is_1(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(quiet(f), 1);
    assert_string_equal(f->run.out, "");
    assert_non_null(strstr(f->run.err, "no live worker"));
}

static void with_all_partitions_leased_it_is_0(void **state)
{
    struct fixture *f = *state;

    (void)fixture_sql(f, "SELECT followup.lease('w1', 60000)");
    assert_int_equal(quiet(f), 0);
    assert_string_equal(f->run.out, "");
    assert_string_equal(f->run.err, "");
}

static void with_a_partition_that_nobody_has_it_is_3(void **state)
{
    struct fixture *f = *state;

    (void)fixture_sql(f, "SELECT followup.set_partitions(2)");
    (void)fixture_sql(f, "SELECT followup.lease('w1', 60000)");
    (void)fixture_sql(f, "UPDATE followup.partition SET lease_until = now() "
                         "WHERE id = 1");
    assert_int_equal(quiet(f), 3);
    assert_non_null(strstr(f->run.err, "1 of 2 partitions"));
}

static void with_a_server_away_it_is_3(void **state)
{
    struct fixture *f = *state;

    (void)fixture_sql(f, "SELECT followup.lease('w1', 60000)");
    assert_int_equal(
        fixture_run(f, "status", "--quiet", "--redis", "unix:///nowhere", NULL),
        3);
    assert_int_equal(fixture_run(f, "status", "--quiet", "--postgres",
                                 "host=/nowhere user=x", NULL),
                     3);
}

static void tells_partitions_workers_holds_and_queues(void **state)
{
    struct fixture *f = *state;

    (void)fixture_sql(f, "SELECT followup.lease('w1', 60000)");
    (void)fixture_sql(f, "INSERT INTO followup.hold (scope) "
                         "VALUES ('service')");
    (void)fixture_redis(f, "ZADD", "%:{p00}:due", "1", "a", NULL);
    (void)fixture_redis(f, "XADD", "%:events", "*", "a", "b", NULL);
    assert_int_equal(fixture_run(f, "status", "--format", "json", NULL), 0);
    assert_non_null(strstr(f->run.out, "\"adapter\":\"plain\""));
    assert_non_null(strstr(f->run.out, "\"owner\":\"w1\""));
    assert_non_null(strstr(f->run.out, "\"scope\":\"service\""));
    assert_non_null(strstr(f->run.out, "\"timers\":1"));
    assert_non_null(strstr(f->run.out, ":events\",\"entries\":1"));
    assert_int_equal(fixture_run(f, "status", NULL), 0);
    assert_non_null(strstr(f->run.out, "\nworkers\n  id"));
}

static void tells_what_it_knows_when_redis_is_away(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        fixture_run(f, "status", "--redis", "unix:///nowhere", NULL), 3);
    assert_non_null(strstr(f->run.out, "adapter"));
    assert_non_null(strstr(f->run.err, "Redis is away"));
}

/* --- explain ------------------------------------------------------------ */

static void add_conversation(struct fixture *f)
{
    (void)fixture_sql(f, "INSERT INTO crm.conversation (id, channel, address) "
                         "VALUES ('c1', 'webchat', 'here')");
}

static void an_unknown_conversation_is_exit_code_1(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "explain", "c1", NULL), 1);
    add_conversation(f);
    assert_int_equal(fixture_run(f, "explain", "other/c1", NULL), 1);
    assert_int_equal(fixture_run(f, "explain", "default/c1", NULL), 0);
}

static void explains_why_nothing_is_armed(void **state)
{
    struct fixture *f = *state;

    add_conversation(f);
    assert_int_equal(
        setenv("FOLLOWUP_SCHEDULES", fixture_env("FUP_SOURCE_DIR"), 1), 0);
    assert_int_equal(fixture_run(f, "explain", "c1", NULL), 0);
    assert_non_null(strstr(f->run.out, "not followed up because  no_answer"));
    (void)fixture_sql(f, "UPDATE crm.conversation SET status = 'closed'");
    assert_int_equal(fixture_run(f, "explain", "c1", NULL), 0);
    assert_non_null(strstr(f->run.out, "not followed up because  closed"));
}

static void explains_what_is_armed_and_what_happened(void **state)
{
    struct fixture *f = *state;

    add_conversation(f);
    (void)fixture_sql(f, "INSERT INTO crm.message "
                         "(conversation_id, direction, created_at) VALUES "
                         "('c1', 'in', '2030-01-01 00:00Z'), "
                         "('c1', 'out', '2030-01-01 01:00Z')");
    (void)fixture_sql(f, "INSERT INTO followup.schedule_version "
                         "(name, digest, definition) VALUES ('pricing', 'abc', "
                         "'{\"name\":\"pricing\",\"steps\":[{\"kind\":"
                         "\"close_out\",\"after\":\"2d\",\"close\":true}]}')");
    (void)fixture_sql(f, "INSERT INTO followup.enrollment (partition, tenant, "
                         "conversation, channel, episode_at, version, due_at, "
                         "last_seq) VALUES (0, 'default', 'c1', 'webchat', "
                         "'2030-01-01 00:00Z', 1, '2030-01-03 01:00Z', 2)");
    (void)fixture_sql(
        f, "INSERT INTO followup.ledger (partition, seq, epoch, enrollment, "
           "gen, prev_seq, at, tenant, conversation, episode_at, event, actor)"
           " VALUES (0, 1, 1, 1, 0, NULL, now(), 'default', 'c1', now(), "
           "'enrolled', NULL), (0, 2, 1, 1, 1, 1, now(), 'default', 'c1', "
           "now(), 'resumed', 'ana')");
    assert_int_equal(fixture_run(f, "explain", "c1", NULL), 0);
    assert_non_null(strstr(f->run.out, "  state                    armed\n"));
    assert_non_null(strstr(f->run.out, "  action                   silent\n"));
    assert_non_null(strstr(f->run.out, "2030-01-03T01:00:00.000Z"));
    assert_non_null(strstr(f->run.out,
                           "  base   2030-01-01T01:00:00.000Z  -\n"
                           "  delay  2030-01-03T01:00:00.000Z  +2d\n"));
    assert_null(strstr(f->run.out, "not followed up"));
    assert_non_null(strstr(f->run.out, " enrolled  -"));
    assert_true(strstr(f->run.out, " enrolled  -") <
                strstr(f->run.out, " resumed   ana"));
}

static void a_pause_without_an_end_is_told_as_one(void **state)
{
    struct fixture *f = *state;

    explains_what_is_armed_and_what_happened(state);
    (void)fixture_sql(f, "UPDATE followup.enrollment "
                         "SET paused_until = 'infinity'");
    assert_int_equal(fixture_run(f, "explain", "c1", NULL), 0);
    assert_non_null(strstr(f->run.out, "  state                    paused\n"));
    assert_non_null(strstr(f->run.out, "  reason                   paused\n"));
    assert_non_null(strstr(f->run.out, "  at                       never\n"));
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_set_up_migrated,             \
                                    fixture_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(without_a_worker_the_health_check_is_1),
        CASE(with_all_partitions_leased_it_is_0),
        CASE(with_a_partition_that_nobody_has_it_is_3),
        CASE(with_a_server_away_it_is_3),
        CASE(tells_partitions_workers_holds_and_queues),
        CASE(tells_what_it_knows_when_redis_is_away),
        CASE(an_unknown_conversation_is_exit_code_1),
        CASE(explains_why_nothing_is_armed),
        CASE(explains_what_is_armed_and_what_happened),
        CASE(a_pause_without_an_end_is_told_as_one),
    };

    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
