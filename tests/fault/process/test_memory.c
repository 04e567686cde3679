/* The whole worker without memory: in each run another allocation of the start
 * or of the fire that follows fails, in our code or in a library's. The worker
 * may go on or end; it may not crash, and with memory again the message is
 * there, once. FUP_RUNS is how many allocations are tried. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <hiredis/hiredis.h>

#include "world.h"

#define WAIT_MS      15000
#define GIVES_UP_MS  1500
#define SAYS         "allocations="
#define DEFAULT_RUNS 40

static const char schedule[] =
    "{\"name\": \"one\", \"mode\": \"live\", \"min_gap\": \"1s\",\n"
    " \"match\": {\"channel\": [\"webchat\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Is {{ thing | "
    "default: 'it' }} fine?\"},\n"
    "   \"options\": [{\"id\": \"y\", \"label\": {\"en\": \"Yes\"}}, {\"id\": "
    "\"n\", \"label\": {\"en\": \"No\"}}]}]}}]}";

#define ONE_FIRE                                                               \
    "SELECT count(*) = 1 FROM followup.ledger WHERE conversation = '%s' AND "  \
    "status = 'pending'"

static long allocations(struct world *w)
{
    char path[128];
    char line[4096];
    long n = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/worker-0.log", w->dir);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, SAYS, strlen(SAYS)) == 0) {
            n = strtol(line + strlen(SAYS), NULL, 10);
        }
    }
    (void)fclose(f);
    return n;
}

static void say_why(struct world *w, long at, long all, const char *what)
{
    char path[128];
    char line[4096];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/worker-0.log", w->dir);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        (void)fputs(line, stderr);
    }
    (void)fclose(f);
    fail_msg("allocation %ld of %ld: %s", at, all, what);
}

static void forget_log(struct world *w)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/worker-0.log", w->dir);
    (void)unlink(path);
}

/* Begin a silence that is due at once. */
static void due(struct world *w, const char *id)
{
    world_do(w, "UPDATE followup.partition SET owner = NULL, "
                "lease_until = NULL");
    world_conversation(w, id, "webchat");
    world_message(w, id, "in", "human", "now() - interval '10 s'");
    world_message(w, id, "out", "human", "now() - interval '5 s'");
}

static void start_short(struct world *w, long fail_at)
{
    char number[24];

    (void)snprintf(number, sizeof number, "%ld", fail_at);
    (void)setenv("FUP_FAIL_AT", number, 1);
    (void)setenv("LD_PRELOAD", FUP_NOMEM, 1);
    world_start(w, 0);
    (void)unsetenv("LD_PRELOAD");
}

/* Ends it; whether it did not crash. abort() is what is done when not even the
 * place for an answer can be had; SIGTERM may come before there is a handler.
 */
static bool ended_well(struct world *w)
{
    pid_t pid = w->workers[0];
    int status = 0;
    int64_t waited = 0;

    w->workers[0] = 0;
    (void)kill(pid, SIGTERM);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        (void)world_until(w, 10, "SELECT false");
        waited += 10;
        if (waited > WAIT_MS) {
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, &status, 0);
            return false;
        }
    }
    return WIFEXITED(status) || WTERMSIG(status) == SIGABRT ||
           WTERMSIG(status) == SIGTERM;
}

static void nothing_is_lost_or_doubled_for_want_of_memory(void **state)
{
    struct world *w = *state;
    const char *runs = getenv("FUP_RUNS");
    long n = runs != NULL ? strtol(runs, NULL, 10) : DEFAULT_RUNS;
    long all;

    world_do(w, "UPDATE followup.installation SET enroll_since = "
                "now() - interval '1 hour'");
    world_schedule(w, "one.json", schedule);
    (void)setenv("FUP_FAIL_COUNT", "1", 1);
    due(w, "all");
    start_short(w, 0);
    assert_true(world_until(w, WAIT_MS, ONE_FIRE, "all"));
    assert_true(ended_well(w));
    (void)unsetenv("FUP_FAIL_COUNT");
    all = allocations(w);
    assert_in_range(all, 1000, 10000000);
    if (all < 1) {
        return;
    }

    for (long i = 0; i < n; i++) {
        /* Spread over all; the golden ratio never repeats. */
        long at = 1 + (long)((uint64_t)i * 0x9e3779b97f4a7c15 % (uint64_t)all);
        char id[24];

        (void)snprintf(id, sizeof id, "c%ld", i);
        forget_log(w);
        due(w, id);
        start_short(w, at);
        if (!world_until(w, GIVES_UP_MS, ONE_FIRE, id)) {
            if (!ended_well(w)) {
                say_why(w, at, all, "crashed");
            }
            world_do(w, "UPDATE followup.partition SET owner = NULL, "
                        "lease_until = NULL");
            world_start(w, 0);
        }
        if (!world_until(w, WAIT_MS, ONE_FIRE, id)) {
            say_why(w, at, all, "no message");
        }
        if (!ended_well(w)) {
            say_why(w, at, all, "crashed");
        }
    }
    assert_int_equal(
        redis_server_int(&w->redis, "XLEN followup:{p00}:out:webchat"), n + 1);
}

static int set_up(void **state)
{
    static struct world w;

    *state = &w;
    return world_open(&w) ? 0 : -1;
}

static int tear_down(void **state)
{
    world_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            nothing_is_lost_or_doubled_for_want_of_memory, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
