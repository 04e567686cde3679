#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

/* A message of enrollment @n, as its entry's JSON. */
static const char *message_of(struct fixture *f, int n, const char *more)
{
    static char json[1024];
    const char *tag = fixture_sql(f, "SELECT tag FROM followup.installation");

    (void)snprintf(json, sizeof json,
                   "{\"id\":\"%s-0-%d-1\",\"tenant\":\"default\","
                   "\"conversation\":\"c%d\",\"channel\":\"webchat\","
                   "\"to\":\"here\",\"kind\":\"check_in\","
                   "\"schedule\":\"s\",\"step\":1,"
                   "\"text\":\"Still want help?\",\"options\":["
                   "{\"id\":\"a\",\"label\":\"Yes\",\"payload\":\"f:1:a\"},"
                   "{\"id\":\"b\",\"label\":\"No\",\"payload\":\"f:1:b\"}"
                   "]%s}",
                   tag, n, n, more);
    return json;
}

/* The id that message_of() gave. */
static void copy_id(const char *json, char id[64])
{
    (void)sscanf(json, "{\"id\":\"%63[^\"]", id);
}

/* A message that PostgreSQL knows, with @status, on the stream of partition 0
 * under the entry id @n-0. */
static void add_message(struct fixture *f, int n, const char *status)
{
    char sql[1024];
    char id[64] = "";
    char entry[16];
    const char *json = message_of(f, n, "");

    copy_id(json, id);
    (void)snprintf(entry, sizeof entry, "%d-0", n);
    (void)fixture_redis(f, "XADD", "%:{p00}:out:webchat", entry, "id", id,
                        "kind", "check_in", "message", json, NULL);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO crm.conversation (id, channel) "
                   "VALUES ('c%d', 'webchat')",
                   n);
    (void)fixture_sql(f, sql);
    (void)fixture_sql(f, "INSERT INTO followup.schedule_version "
                         "(name, digest, definition) VALUES ('s', 'd', '{}') "
                         "ON CONFLICT DO NOTHING");
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO followup.enrollment (partition, id, tenant, "
                   "conversation, channel, episode_at, version, last_seq, "
                   "last_out_seq) VALUES (0, %d, 'default', 'c%d', 'webchat', "
                   "'epoch', 1, %d, %d)",
                   n, n, n, n);
    (void)fixture_sql(f, sql);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO followup.ledger (partition, seq, epoch, "
                   "enrollment, gen, at, tenant, conversation, channel, "
                   "episode_at, event, message_id, status) VALUES (0, %d, 1, "
                   "%d, 1, now(), 'default', 'c%d', 'webchat', 'epoch', "
                   "'fired', '%s', '%s')",
                   n, n, n, id, status);
    (void)fixture_sql(f, sql);
    (void)snprintf(sql, sizeof sql,
                   "UPDATE followup.partition SET next_seq = %d", n + 1);
    (void)fixture_sql(f, sql);
}

/* Only on the stream. */
static void add_entry(struct fixture *f,
                      const char *entry,
                      const char *id,
                      const char *json)
{
    (void)fixture_redis(f, "XADD", "%:{p00}:out:webchat", entry, "id", id,
                        "message", json, NULL);
}

static void assert_queue_is_empty(struct fixture *f)
{
    assert_string_equal(fixture_redis(f, "XLEN", "%:{p00}:out:webchat", NULL),
                        "0");
    (void)fixture_redis(f, "XPENDING", "%:{p00}:out:webchat", "senders", NULL);
    assert_int_equal(strncmp(f->text, "0", 1), 0);
}

static void delivers_reports_and_takes_off(void **state)
{
    struct fixture *f = *state;

    add_message(f, 1, "pending");
    assert_int_equal(fixture_run(f, "sender", "--channel", "webchat", "--via",
                                 "console", "--once", "1", NULL),
                     0);
    assert_string_equal(f->run.out,
                        "webchat to here (check_in, conversation c1)\n"
                        "Still want help?\n1. Yes\n2. No\n\n");
    assert_queue_is_empty(f);
    (void)fixture_redis(f, "XRANGE", "%:receipts", "-", "+", NULL);
    assert_non_null(strstr(f->text, "-0-1-1 status sent at 20"));
    assert_string_equal(
        fixture_sql(f, "SELECT status FROM followup.ledger WHERE seq = 1"),
        "permit");
}

static void what_may_not_go_out_is_withdrawn_in_silence(void **state)
{
    struct fixture *f = *state;

    add_message(f, 1, "pending");
    add_message(f, 2, "pending");
    (void)fixture_sql(f, "INSERT INTO crm.message (conversation_id, direction)"
                         " VALUES ('c1', 'in')");
    assert_int_equal(fixture_run(f, "sender", "--channel", "webchat", "--via",
                                 "console", "--once", "1", NULL),
                     0);
    assert_null(strstr(f->run.out, "conversation c1"));
    assert_non_null(strstr(f->run.out, "conversation c2"));
    assert_non_null(strstr(f->run.err, "-0-1-1 (replied)"));
    assert_string_equal(fixture_redis(f, "XLEN", "%:receipts", NULL), "1");
    assert_queue_is_empty(f);
}

static void an_expired_message_is_reported_not_sent(void **state)
{
    struct fixture *f = *state;
    const char *json =
        message_of(f, 1, ",\"expires_at\":\"2020-01-01T00:00:00Z\"");

    add_entry(f, "1-0", "x", json);
    add_message(f, 2, "pending");
    assert_int_equal(fixture_run(f, "sender", "--channel", "webchat", "--via",
                                 "console", "--once", "1", NULL),
                     0);
    assert_null(strstr(f->run.out, "conversation c1"));
    (void)fixture_redis(f, "XRANGE", "%:receipts", "-", "+", NULL);
    assert_non_null(strstr(f->text, "-0-1-1 status failed at 20"));
    assert_non_null(strstr(f->text, "error_class expired"));
    assert_queue_is_empty(f);
}

static void an_entry_that_makes_no_sense_is_reported_and_dropped(void **state)
{
    struct fixture *f = *state;

    add_entry(f, "1-0", "bad", "{not json");
    add_entry(f, "1-1", "", "[]");
    add_message(f, 2, "pending");
    assert_int_equal(fixture_run(f, "sender", "--channel", "webchat", "--via",
                                 "console", "--once", "1", NULL),
                     0);
    (void)fixture_redis(f, "XRANGE", "%:receipts", "-", "+", NULL);
    assert_non_null(strstr(f->text, "id bad status failed"));
    assert_non_null(strstr(f->text, "error_class permanent_request"));
    assert_queue_is_empty(f);
}

static void the_same_message_twice_is_sent_once(void **state)
{
    struct fixture *f = *state;
    char json[1024];
    char id[64] = "";

    add_message(f, 1, "pending");
    (void)snprintf(json, sizeof json, "%s", message_of(f, 1, ""));
    copy_id(json, id);
    add_entry(f, "1-1", id, json);
    add_message(f, 2, "pending");
    assert_int_equal(fixture_run(f, "sender", "--channel", "webchat", "--via",
                                 "console", "--format", "json", "--once", "2",
                                 NULL),
                     0);
    assert_non_null(strstr(f->run.out, "\"conversation\":\"c1\""));
    assert_null(strstr(strstr(f->run.out, "\"conversation\":\"c1\"") + 1,
                       "\"conversation\":\"c1\""));
    assert_queue_is_empty(f);
}

/* Entry @entry, taken by a sender that died two minutes ago. */
static void abandon(struct fixture *f, const char *entry)
{
    (void)fixture_redis(f, "XGROUP", "CREATE", "%:{p00}:out:webchat", "senders",
                        "0", NULL);
    (void)fixture_redis(f, "XREADGROUP", "GROUP", "senders", "dead", "COUNT",
                        "1", "STREAMS", "%:{p00}:out:webchat", ">", NULL);
    (void)fixture_redis(f, "XCLAIM", "%:{p00}:out:webchat", "senders", "dead",
                        "0", entry, "IDLE", "120000", "JUSTID", NULL);
}

static void takes_over_what_another_sender_left(void **state)
{
    struct fixture *f = *state;

    add_message(f, 1, "pending");
    abandon(f, "1-0");
    assert_int_equal(fixture_run(f, "sender", "--channel", "webchat", "--via",
                                 "console", "--once", "1", NULL),
                     0);
    assert_non_null(strstr(f->run.out, "conversation c1"));
    assert_queue_is_empty(f);
}

static void what_may_have_been_sent_is_not_sent_again(void **state)
{
    struct fixture *f = *state;

    add_message(f, 1, "permit");
    abandon(f, "1-0");
    add_message(f, 2, "pending");
    assert_int_equal(fixture_run(f, "sender", "--channel", "webchat", "--via",
                                 "console", "--once", "1", NULL),
                     0);
    assert_null(strstr(f->run.out, "conversation c1"));
    (void)fixture_redis(f, "XRANGE", "%:receipts", "-", "+", NULL);
    assert_non_null(strstr(f->text, "-0-1-1 status failed at 20"));
    assert_non_null(strstr(f->text, "error_class ambiguous"));
    assert_queue_is_empty(f);
}

static void records_what_was_sent_in_the_plain_crm(void **state)
{
    struct fixture *f = *state;

    add_message(f, 1, "pending");
    assert_int_equal(fixture_run(f, "sender", "--channel", "webchat", "--via",
                                 "console", "--once", "1", "--record-crm",
                                 "plain", NULL),
                     0);
    assert_string_equal(
        fixture_sql(f, "SELECT author || ': ' || body FROM crm.message "
                       "WHERE conversation_id = 'c1' AND direction = 'out'"),
        "followup: Still want help?\n1. Yes\n2. No");
}

static void
works_without_postgresql_and_makes_up_for_a_lost_stream(void **state)
{
    struct fixture *f = *state;
    int out = -1;
    pid_t child;
    char byte;

    add_entry(f, "1-0", "x", message_of(f, 1, ""));
    child = fixture_start(f, &out, "sender", "--channel", "webchat", "--via",
                          "console", "--format", "json", "--once", "2",
                          "--postgres", "", NULL);
    assert_int_equal(read(out, &byte, 1), 1);
    (void)fixture_redis(f, "DEL", "%:{p00}:out:webchat", NULL);
    add_entry(f, "2-0", "y", message_of(f, 2, ""));
    assert_int_equal(fixture_wait(child), 0);
    (void)close(out);
    assert_string_equal(fixture_redis(f, "XLEN", "%:receipts", NULL), "2");
}

static void stops_cleanly_at_sigterm(void **state)
{
    struct fixture *f = *state;
    int out = -1;
    pid_t child;
    char byte;

    add_message(f, 1, "pending");
    child = fixture_start(f, &out, "sender", "--channel", "webchat", "--via",
                          "console", NULL);
    assert_int_equal(read(out, &byte, 1), 1);
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(fixture_wait(child), 0);
    (void)close(out);
    assert_queue_is_empty(f);
}

static void without_a_schema_it_says_so(void **state)
{
    struct fixture *f = *state;

    (void)fixture_sql(f, "DROP SCHEMA followup CASCADE");
    assert_int_equal(fixture_run(f, "sender", "--channel", "webchat", "--via",
                                 "console", NULL),
                     1);
    assert_non_null(strstr(f->run.err, "followup.partition"));
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_set_up_migrated,             \
                                    fixture_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(delivers_reports_and_takes_off),
        CASE(what_may_not_go_out_is_withdrawn_in_silence),
        CASE(an_expired_message_is_reported_not_sent),
        CASE(an_entry_that_makes_no_sense_is_reported_and_dropped),
        CASE(the_same_message_twice_is_sent_once),
        CASE(takes_over_what_another_sender_left),
        CASE(what_may_have_been_sent_is_not_sent_again),
        CASE(records_what_was_sent_in_the_plain_crm),
        CASE(works_without_postgresql_and_makes_up_for_a_lost_stream),
        CASE(stops_cleanly_at_sigterm),
        CASE(without_a_schema_it_says_so),
    };

    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
