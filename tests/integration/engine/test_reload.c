/* SIGHUP: what changed is taken over, or, when something is bad, nothing. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "world.h"

#define WAIT_MS 15000

static const char quick[] =
    "{\"name\": \"quick\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"webchat\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static const char later[] =
    "{\"name\": \"later\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"telegram\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"2h\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

static const char hour[] =
    "{\"channels\": {\"telegram\": {\"window\": {\"value\": \"1h\",\n"
    " \"asof\": \"2026-11-21\", \"source\": \"our own\"}}}}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "quick.json", quick);
    world_schedule(&w, "later.json", later);
    *state = &w;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
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

/* Each test has a worker, and so a log, of its own. */
static void start(struct world *w, int i, const char *config)
{
    world_config(w, config);
    world_start_config(w, i);
    assert_true(world_until(w, WAIT_MS,
                            "SELECT owner = 'worker-%d' AND lease_until > "
                            "clock_timestamp() FROM followup.partition",
                            i));
}

static void hang_up(struct world *w, int i)
{
    (void)kill(w->workers[i], SIGHUP);
}

static void silence(struct world *w, const char *id, const char *channel)
{
    world_conversation(w, id, channel);
    world_message(w, id, "in", "human", "clock_timestamp()");
    world_message(w, id, "out", "human", "clock_timestamp()");
}

/* Whether the stream of webchat comes to hold @n entries. */
static bool waiting(struct world *w, int n)
{
    for (int i = 0; i < WAIT_MS / 20; i++) {
        if (redis_server_int(&w->redis, "XLEN followup:{p00}:out:webchat") ==
            n) {
            return true;
        }
        (void)world_until(w, 20, "SELECT false");
    }
    return false;
}

static void takes_the_level_and_names_what_needs_a_restart(void **state)
{
    struct world *w = *state;

    start(w, 0, "{\"log_level\": \"error\"}");
    assert_false(world_logged(w, 0, 0, "starting"));
    world_config(w, "{\"log_level\": \"info\", \"prefix\": \"other\",\n"
                    " \"lease_ms\": 9000, \"drain_ms\": 100}");
    hang_up(w, 0);
    assert_true(world_logged(w, 0, WAIT_MS, "reloaded"));
    assert_true(world_logged(w, 0, WAIT_MS,
                             "restart_needed options=\"prefix lease_ms\""));
}

static void takes_the_numbers_of_the_engine(void **state)
{
    struct world *w = *state;

    start(w, 1, "{\"stream_max\": 1}");
    silence(w, "first", "webchat");
    silence(w, "second", "webchat");
    assert_true(world_logged(w, 1, WAIT_MS, "stream_full"));
    assert_true(waiting(w, 1));
    world_config(w, "{\"stream_max\": 2}");
    hang_up(w, 1);
    assert_true(waiting(w, 2));
}

static void a_broken_file_keeps_what_was(void **state)
{
    struct world *w = *state;

    start(w, 2, "{\"log_level\": \"warn\"}");
    world_config(w, "{\"log_level\": \"info\", \"stream_maxx\": 2}");
    hang_up(w, 2);
    assert_true(world_logged(w, 2, WAIT_MS, "reload_refused"));
    assert_true(world_logged(w, 2, WAIT_MS, "stream_maxx"));
    world_config(w, "{\"log_level\": \"info\"}");
    world_schedule(w, "channels.json", "{\"channels\": 1}");
    hang_up(w, 2);
    assert_true(world_logged(w, 2, WAIT_MS, "channels.json"));
    assert_true(world_logged(w, 2, WAIT_MS, "channels or schedules"));
    assert_false(world_logged(w, 2, 0, "reloaded"));
    world_schedule(w, "channels.json", "{\"channels\": {}}");
    hang_up(w, 2);
    assert_true(world_logged(w, 2, WAIT_MS, "reloaded"));
}

/* A message after two hours is too late for a window of one. */
static void takes_the_channels(void **state)
{
    struct world *w = *state;

    world_schedule(w, "channels.json", "{\"channels\": {}}");
    start(w, 3, "{}");
    world_schedule(w, "channels.json", hour);
    hang_up(w, 3);
    assert_true(world_logged(w, 3, WAIT_MS, "reloaded"));
    silence(w, "window", "telegram");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = 'window' AND due_at < "
                            "clock_timestamp() + interval '1 hour'"));
}

#define CASE(test) cmocka_unit_test_teardown(test, stop_workers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(takes_the_level_and_names_what_needs_a_restart),
        CASE(takes_the_numbers_of_the_engine),
        CASE(a_broken_file_keeps_what_was),
        CASE(takes_the_channels),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
