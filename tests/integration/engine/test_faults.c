/* Servers and workers that go away, and input that is no good. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hiredis/hiredis.h>

#include "world.h"

#define WAIT_MS 15000

static const char quick[] =
    "{\"name\": \"quick\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"webchat\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"3s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static const char shadow[] =
    "{\"name\": \"shadow\", \"mode\": \"shadow\",\n"
    " \"match\": {\"channel\": [\"email\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static const char control[] =
    "{\"name\": \"control\", \"mode\": \"live\", \"holdout\": 1,\n"
    " \"match\": {\"channel\": [\"line\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static const char broken[] = "{\"name\": \"later\", \"stepps\": []}";

static const char later[] =
    "{\"name\": \"later\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"telegram\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1h\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "quick.json", quick);
    world_schedule(&w, "shadow.json", shadow);
    world_schedule(&w, "control.json", control);
    *state = &w;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

static int start_worker(void **state)
{
    struct world *w = *state;

    world_start(w, 0);
    return world_until(w, WAIT_MS,
                       "SELECT owner = 'worker-0' AND lease_until > "
                       "clock_timestamp() FROM followup.partition")
               ? 0
               : -1;
}

static int stop_workers(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < WORLD_WORKERS; i++) {
        (void)world_stop(w, i, SIGKILL);
    }
    world_do(w, "UPDATE followup.partition SET owner = NULL");
    return 0;
}

static void silence(struct world *w, const char *id, const char *channel)
{
    world_conversation(w, id, channel);
    world_message(w, id, "in", "human", "clock_timestamp()");
    world_message(w, id, "out", "human", "clock_timestamp()");
}

static bool enrolled(struct world *w, const char *id)
{
    return world_until(w, WAIT_MS,
                       "SELECT count(*) = 1 FROM followup.enrollment WHERE "
                       "conversation = '%s' AND due_at IS NOT NULL",
                       id);
}

/* The one message of @id: fired once, and once in the stream. */
static bool sent_once(struct world *w, const char *id)
{
    if (!world_until(w, WAIT_MS,
                     "SELECT count(*) = 1 FROM followup.ledger WHERE "
                     "conversation = '%s' AND event = 'fired'",
                     id)) {
        return false;
    }
    for (int i = 0; i < 500; i++) {
        redisReply *all = redis_server_ask(
            &w->redis, "XRANGE followup:{p00}:out:webchat - +");
        size_t found = 0;

        for (size_t j = 0; j < all->elements; j++) {
            redisReply *fields = all->element[j]->element[1];

            found += strstr(fields->element[7]->str, id) != NULL ? 1 : 0;
        }
        freeReplyObject(all);
        if (found == 1) {
            return true;
        }
        (void)world_until(w, 20, "SELECT false");
    }
    return false;
}

static void timers_come_back_after_flushall(void **state)
{
    struct world *w = *state;

    silence(w, "flush", "webchat");
    assert_true(enrolled(w, "flush"));
    redis_server_do(&w->redis, "FLUSHALL");
    assert_true(sent_once(w, "flush"));
}

static void messages_come_back_when_their_stream_is_lost(void **state)
{
    struct world *w = *state;

    silence(w, "stream", "webchat");
    assert_true(sent_once(w, "stream"));
    redis_server_do(&w->redis, "FLUSHALL");
    assert_true(sent_once(w, "stream"));
}

static void goes_on_when_redis_was_away_and_lost_everything(void **state)
{
    struct world *w = *state;

    silence(w, "restart", "webchat");
    assert_true(enrolled(w, "restart"));
    redis_server_do(&w->redis, "FLUSHALL");
    assert_true(redis_server_restart(&w->redis, NULL));
    assert_true(world_logged(w, 0, WAIT_MS, "redis_away"));
    assert_true(sent_once(w, "restart"));
}

static void a_second_worker_takes_over_from_a_killed_one(void **state)
{
    struct world *w = *state;

    world_start(w, 1);
    silence(w, "takeover", "webchat");
    assert_true(enrolled(w, "takeover"));
    (void)world_stop(w, 0, SIGKILL);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT owner = 'worker-1' FROM "
                            "followup.partition"));
    assert_true(sent_once(w, "takeover"));
}

static void a_worker_that_slept_past_its_lease_changes_nothing(void **state)
{
    struct world *w = *state;
    long long epoch;

    silence(w, "zombie", "webchat");
    assert_true(enrolled(w, "zombie"));
    (void)kill(w->workers[0], SIGSTOP);
    world_start(w, 1);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT owner = 'worker-1' FROM "
                            "followup.partition"));
    epoch = world_int(w, "SELECT epoch FROM followup.partition");
    (void)kill(w->workers[0], SIGCONT);
    assert_true(sent_once(w, "zombie"));
    assert_int_equal(world_int(w,
                               "SELECT count(*) FROM followup.ledger WHERE "
                               "conversation = 'zombie' AND event = 'fired' "
                               "AND epoch <> %lld",
                               epoch),
                     0);
}

static void goes_on_when_its_connections_to_postgresql_are_killed(void **state)
{
    struct world *w = *state;

    silence(w, "killed", "webchat");
    assert_true(enrolled(w, "killed"));
    world_do(w, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                "datname = current_database() AND application_name LIKE "
                "'followup%%'");
    assert_true(sent_once(w, "killed"));
}

static void one_bad_conversation_does_not_stop_the_others(void **state)
{
    struct world *w = *state;

    world_do(w, "ALTER FUNCTION followup.conversation_facts(text[], text[]) "
                "RENAME TO facts_before");
    world_do(
        w, "CREATE FUNCTION followup.conversation_facts(t text[], c text[]) "
           "RETURNS TABLE (tenant_id text, conversation_id text, contact_id "
           "text, channel text, address text, status text, owner text, "
           "intent text, stage text, locale text, timezones text[], "
           "last_inbound_at timestamptz, last_answer_at timestamptz, "
           "last_human_at timestamptz, last_ours_at timestamptz, "
           "window_ends_at timestamptz, opted_out boolean, tenant_active "
           "boolean, attributes jsonb) LANGUAGE plpgsql STABLE AS $$ BEGIN IF "
           "'poison' = ANY (c) THEN PERFORM 1 / 0; END IF; RETURN QUERY "
           "SELECT * FROM followup.facts_before(t, c); END $$");
    world_do(w, "BEGIN");
    silence(w, "poison", "webchat");
    silence(w, "healthy", "webchat");
    world_do(w, "COMMIT");
    assert_true(sent_once(w, "healthy"));
    assert_true(world_logged(w, 0, WAIT_MS, "left_out"));
    world_do(w, "DROP FUNCTION followup.conversation_facts(text[], text[])");
    world_do(w,
             "ALTER FUNCTION followup.facts_before(text[], text[]) RENAME TO "
             "conversation_facts");
    world_do(w, "UPDATE crm.conversation SET stage = 'x' WHERE id = 'poison'");
    assert_true(sent_once(w, "poison"));
}

static void a_missing_function_loses_nothing(void **state)
{
    struct world *w = *state;

    world_do(w, "ALTER FUNCTION followup.conversation_facts(text[], text[]) "
                "RENAME TO facts_before");
    silence(w, "missing", "webchat");
    assert_true(world_logged(w, 0, WAIT_MS, "turn_failed"));
    world_do(w,
             "ALTER FUNCTION followup.facts_before(text[], text[]) RENAME TO "
             "conversation_facts");
    assert_true(sent_once(w, "missing"));
}

static void shadow_messages_go_to_the_shadow_stream_only(void **state)
{
    struct world *w = *state;

    silence(w, "shadow", "email");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.ledger WHERE "
                            "conversation = 'shadow' AND status = 'shadow'"));
    for (int i = 0;
         i < WAIT_MS &&
         redis_server_int(&w->redis, "XLEN followup:{p00}:shadow:email") < 1;
         i++) {
        (void)world_until(w, 1, "SELECT false");
    }
    assert_int_equal(
        redis_server_int(&w->redis, "XLEN followup:{p00}:shadow:email"), 1);
    assert_int_equal(
        redis_server_int(&w->redis, "XLEN followup:{p00}:out:email"), 0);
}

static void a_silence_that_is_held_out_gets_no_message(void **state)
{
    struct world *w = *state;

    silence(w, "control", "line");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' FROM "
                            "followup.enrollment WHERE conversation = "
                            "'control'"));
    assert_string_equal(world_text(w, "SELECT event || ' ' || reason FROM "
                                      "followup.ledger WHERE conversation = "
                                      "'control' AND step = 1"),
                        "silent holdout");
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                                  "conversation = 'control' AND message IS "
                                  "NOT NULL"),
                     0);
}

static void a_bad_schedule_keeps_the_old_ones(void **state)
{
    struct world *w = *state;

    world_schedule(w, "later.json", broken);
    (void)kill(w->workers[0], SIGHUP);
    assert_true(world_logged(w, 0, WAIT_MS, "reload_refused"));
    assert_true(world_logged(w, 0, WAIT_MS, "stepps"));
    silence(w, "kept", "webchat");
    assert_true(enrolled(w, "kept"));
    world_schedule(w, "later.json", later);
    (void)kill(w->workers[0], SIGHUP);
    assert_true(world_logged(w, 0, WAIT_MS, "schedules count=4"));
    silence(w, "reloaded", "telegram");
    assert_true(enrolled(w, "reloaded"));
}

static void a_command_of_10_mb_is_rejected(void **state)
{
    struct world *w = *state;
    size_t len = (size_t)10 * 1024 * 1024;
    char *body = malloc(len + 1);

    assert_non_null(body);
    memset(body, 'x', len);
    body[len] = '\0';
    redis_server_do(&w->redis,
                    "XADD followup:commands * action pause conversation c "
                    "reason %s",
                    body);
    redis_server_do(&w->redis,
                    "XADD followup:commands * action pause conversation %b",
                    "\xff\xfe", (size_t)2);
    free(body);
    for (int i = 0; i < WAIT_MS &&
                    redis_server_int(&w->redis, "XLEN followup:rejected") < 2;
         i++) {
        (void)world_until(w, 1, "SELECT false");
    }
    assert_int_equal(redis_server_int(&w->redis, "XLEN followup:rejected"), 2);
    silence(w, "after", "webchat");
    assert_true(enrolled(w, "after"));
}

static void waits_for_servers_that_are_away_at_the_start(void **state)
{
    struct world *w = *state;

    world_start_at(w, 2, "unix:///nowhere/redis.sock", "host=/nowhere");
    assert_true(world_logged(w, 2, WAIT_MS, "postgres_away"));
    assert_true(world_logged(w, 2, WAIT_MS, "redis_away"));
    assert_int_equal(world_stop(w, 2, SIGTERM), 0);
}

static void refuses_a_redis_that_may_evict_keys(void **state)
{
    struct world *w = *state;

    redis_server_do(&w->redis, "CONFIG SET maxmemory-policy allkeys-lru");
    world_start(w, 3);
    assert_true(world_logged(w, 3, WAIT_MS, "noeviction"));
    assert_int_equal(world_stop(w, 3, 0), 1);
    redis_server_do(&w->redis, "CONFIG SET maxmemory-policy noeviction");
}

#define WITH_WORKER(test)                                                      \
    cmocka_unit_test_setup_teardown(test, start_worker, stop_workers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORKER(timers_come_back_after_flushall),
        WITH_WORKER(messages_come_back_when_their_stream_is_lost),
        WITH_WORKER(goes_on_when_redis_was_away_and_lost_everything),
        WITH_WORKER(a_second_worker_takes_over_from_a_killed_one),
        WITH_WORKER(a_worker_that_slept_past_its_lease_changes_nothing),
        WITH_WORKER(goes_on_when_its_connections_to_postgresql_are_killed),
        WITH_WORKER(one_bad_conversation_does_not_stop_the_others),
        WITH_WORKER(a_missing_function_loses_nothing),
        WITH_WORKER(shadow_messages_go_to_the_shadow_stream_only),
        WITH_WORKER(a_silence_that_is_held_out_gets_no_message),
        WITH_WORKER(a_bad_schedule_keeps_the_old_ones),
        WITH_WORKER(a_command_of_10_mb_is_rejected),
        WITH_WORKER(waits_for_servers_that_are_away_at_the_start),
        cmocka_unit_test(refuses_a_redis_that_may_evict_keys),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
