/* Redis loses data, goes back in time or is ahead of PostgreSQL; whatever it
 * was, every message that waits is in its stream once; and what else must not
 * bring the others down. */

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

#include "schedules.h"
#include "world.h"

#define WAIT_MS 20000

/* One step a second after the answer. */
static const char one[] =
    "{\"name\": \"one\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"sms\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "one.json", one);
    world_schedule(&w, "slow.json", slow);
    world_schedule(&w, "capped.json", capped);
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

static int stop_worker(void **state)
{
    struct world *w = *state;

    (void)world_stop(w, 0, SIGKILL);
    world_do(w, "UPDATE followup.partition SET owner = NULL");
    return 0;
}

/* @n silences at once, in conversations of this name. */
static void silences(struct world *w, const char *name, int n)
{
    world_do(w,
             "INSERT INTO crm.conversation (id, channel, address) SELECT '%s-' "
             "|| i, 'sms', 'x' FROM generate_series(1, %d) i",
             name, n);
    world_do(w,
             "INSERT INTO crm.message (conversation_id, direction, author, "
             "created_at) SELECT '%s-' || i, d, 'human', clock_timestamp() "
             "FROM generate_series(1, %d) i, (VALUES ('in'), ('out')) v (d) "
             "ORDER BY d",
             name, n);
}

static bool all_fired(struct world *w, const char *name, int n)
{
    return world_until(w, WAIT_MS,
                       "SELECT count(*) = %d FROM followup.ledger WHERE "
                       "conversation LIKE '%s-%%' AND event = 'fired'",
                       n, name);
}

/* Every message that waits is in the stream, and nothing else is. */
static bool stream_is_whole(struct world *w)
{
    for (int i = 0; i < WAIT_MS / 50; i++) {
        long long waiting =
            world_int(w, "SELECT count(*) FROM followup.ledger WHERE status = "
                         "'pending' AND channel = 'sms'");

        if (redis_server_int(&w->redis, "XLEN followup:{p00}:out:sms") ==
            waiting) {
            return true;
        }
        (void)world_until(w, 50, "SELECT false");
    }
    return false;
}

static void flushes_under_traffic_lose_no_message(void **state)
{
    struct world *w = *state;
    char name[16];

    for (int i = 0; i < 10; i++) {
        (void)snprintf(name, sizeof name, "flush%d", i);
        silences(w, name, 30);
        (void)world_until(w, 300, "SELECT false");
        if (i % 3 == 2) {
            redis_server_do(&w->redis, "FLUSHALL");
        }
    }
    for (int i = 0; i < 10; i++) {
        (void)snprintf(name, sizeof name, "flush%d", i);
        assert_true(all_fired(w, name, 30));
    }
    assert_true(stream_is_whole(w));
}

static void a_new_silence_begins_while_the_last_message_waits(void **state)
{
    struct world *w = *state;

    silences(w, "anew", 1);
    assert_true(all_fired(w, "anew", 1));
    world_do(w, "INSERT INTO crm.message (conversation_id, direction, author, "
                "created_at) SELECT 'anew-1', d, 'human', clock_timestamp() "
                "FROM (VALUES ('in'), ('out')) v (d)");
    assert_true(all_fired(w, "anew", 2));
    assert_true(stream_is_whole(w));
}

static void an_older_redis_is_filled_up_again(void **state)
{
    struct world *w = *state;

    silences(w, "kept", 20);
    assert_true(all_fired(w, "kept", 20));
    assert_true(stream_is_whole(w));
    redis_server_do(&w->redis, "SAVE");
    silences(w, "unsaved", 20);
    assert_true(all_fired(w, "unsaved", 20));
    assert_true(stream_is_whole(w));
    assert_true(redis_server_restart(&w->redis, NULL));
    silences(w, "after", 5);
    assert_true(all_fired(w, "after", 5));
    assert_true(stream_is_whole(w));
}

static void goes_on_when_redis_is_ahead_of_postgresql(void **state)
{
    struct world *w = *state;

    silences(w, "before", 1);
    assert_true(all_fired(w, "before", 1));
    assert_true(stream_is_whole(w));
    (void)stop_worker(state);
    redis_server_do(&w->redis,
                    "HSET followup:{p00}:meta epoch 5000 relayed 90000");
    assert_int_equal(start_worker(state), 0);
    silences(w, "ahead", 3);
    assert_true(all_fired(w, "ahead", 3));
    assert_true(stream_is_whole(w));
    assert_true(world_int(w, "SELECT epoch FROM followup.partition") > 5000);
}

static void a_version_that_cannot_be_read_stops_only_its_own(void **state)
{
    struct world *w = *state;

    world_do(w, "INSERT INTO crm.conversation (id, channel, address) VALUES "
                "('pinned', 'telegram', 'x')");
    world_message(w, "pinned", "in", "human", "clock_timestamp()");
    world_message(w, "pinned", "out", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'pinned'"));
    (void)stop_worker(state);
    world_do(w, "UPDATE followup.schedule_version SET digest = 'x', "
                "definition = '{}' WHERE name = 'slow'");
    assert_int_equal(start_worker(state), 0);
    world_message(w, "pinned", "out", "human", "clock_timestamp()");
    silences(w, "free", 1);
    assert_true(all_fired(w, "free", 1));
    assert_true(world_logged(w, 0, WAIT_MS, "version_unreadable"));
}

static void a_contact_gets_no_more_than_the_cap_allows(void **state)
{
    struct world *w = *state;

    world_do(w, "INSERT INTO crm.contact (id, name) VALUES ('much', 'Bo')");
    world_do(w,
             "INSERT INTO crm.conversation (id, contact_id, channel, address) "
             "SELECT 'cap-' || i, 'much', 'api', i FROM generate_series(1, "
             "3) i");
    world_do(w, "INSERT INTO crm.message (conversation_id, direction, author, "
                "created_at) SELECT 'cap-' || i, d, 'human', clock_timestamp() "
                "FROM generate_series(1, 3) i, (VALUES ('in'), ('out')) v (d) "
                "ORDER BY d");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 2 FROM followup.ledger WHERE "
                            "contact = 'much' AND event = 'fired'"));
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE contact = 'much' AND outcome IS NULL AND "
                            "due_at > now() + interval '50 min'"));
    assert_int_equal(world_int(w, "SELECT count(*) FROM followup.ledger WHERE "
                                  "contact = 'much' AND event = 'fired'"),
                     2);
}

/* The answer of PostgreSQL to an opt-out or opt-in. */
static const char *
received(struct world *w, const char *entry, const char *fields)
{
    return world_text(w,
                      "SELECT status || ' ' || coalesce(answer::jsonb->>"
                      "'error', '-') FROM followup.receive_command('{"
                      "\"entry\": \"%s\", \"tenant\": \"default\", %s}')",
                      entry, fields);
}

static void opt_outs_hold_until_they_are_taken_back_as_given(void **state)
{
    struct world *w = *state;

    world_do(w, "INSERT INTO crm.contact (id) VALUES ('no')");
    world_do(w, "INSERT INTO crm.conversation (id, contact_id, channel) "
                "VALUES ('c-no', 'no', 'sms')");
    assert_string_equal(received(w, "1",
                                 "\"action\": \"opt_out\", "
                                 "\"conversation\": \"nowhere\""),
                        "refused not_found");
    assert_string_equal(received(w, "2",
                                 "\"action\": \"opt_out\", \"contact\": "
                                 "\"no\", \"conversation\": \"nowhere\""),
                        "done -");
    assert_string_equal(received(w, "3",
                                 "\"action\": \"opt_in\", \"scope\": "
                                 "\"channel\", \"conversation\": \"c-no\""),
                        "refused opted_out");
    assert_string_equal(
        world_text(w, "SELECT EXISTS (SELECT FROM followup.suppressions_of("
                      "'default', 'no', 'sms'))"),
        "t");
    assert_string_equal(received(w, "4",
                                 "\"action\": \"opt_in\", \"contact\": "
                                 "\"no\""),
                        "done -");
    assert_string_equal(
        world_text(w, "SELECT EXISTS (SELECT FROM followup.suppressions_of("
                      "'default', 'no', 'sms'))"),
        "f");
}

#define WITH_WORKER(test)                                                      \
    cmocka_unit_test_setup_teardown(test, start_worker, stop_worker)

/* Timers that nothing finds but the sweep, behind many that are not due: it
 * looks at a page after the other. The instant is not what the schedule says,
 * so all that comes of it is that it is planned anew. */
static void an_overdue_one_is_found_behind_many_that_wait(void **state)
{
    struct world *w = *state;

    world_config(w, "{\"sweep_s\": 1}");
    world_do(w, "INSERT INTO followup.enrollment (partition, tenant, "
                "conversation, channel, episode_at, version, due_at) "
                "SELECT 0, 'default', 'wait-' || i, 'none', now(), max(v.id), "
                "now() + interval '9 day' FROM generate_series(1, 2500) i, "
                "followup.schedule_version v GROUP BY i");
    world_start_config(w, 2);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT owner = 'worker-2' AND lease_until > "
                            "clock_timestamp() FROM followup.partition"));
    world_do(w, "INSERT INTO followup.enrollment (partition, id, tenant, "
                "conversation, channel, episode_at, version, due_at) "
                "SELECT 0, max(n.id) + 1000, 'default', 'overdue', 'none', "
                "now(), max(n.version), now() - interval '1 minute' "
                "FROM followup.enrollment n");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome IS NOT NULL FROM "
                            "followup.enrollment WHERE conversation = "
                            "'overdue'"));
    assert_true(world_logged(w, 2, WAIT_MS, "timers_healed"));
    assert_int_equal(world_stop(w, 2, SIGTERM), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORKER(flushes_under_traffic_lose_no_message),
        WITH_WORKER(a_new_silence_begins_while_the_last_message_waits),
        WITH_WORKER(an_older_redis_is_filled_up_again),
        WITH_WORKER(goes_on_when_redis_is_ahead_of_postgresql),
        WITH_WORKER(a_version_that_cannot_be_read_stops_only_its_own),
        WITH_WORKER(a_contact_gets_no_more_than_the_cap_allows),
        cmocka_unit_test(opt_outs_hold_until_they_are_taken_back_as_given),
        cmocka_unit_test(an_overdue_one_is_found_behind_many_that_wait),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
