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

/* A worker that answers the first command with @answer and ends: a child. Its
 * exit code is 0 when it answered. */
static pid_t answer_with(struct fixture *f, const char *answer)
{
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fixture own = *f;
        char key[256];
        const char *id;

        if (fup_redis_block_open(getenv("FUP_TEST_REDIS"), 20000, &own.redis,
                                 &own.err) != FUP_OK) {
            _exit(1);
        }
        (void)fixture_redis(&own, "XREAD", "BLOCK", "10000", "STREAMS",
                            "%:commands", "0", NULL);
        id = strstr(own.text, "cli-");
        (void)snprintf(key, sizeof key, "%%:reply:%s", id != NULL ? id : "");
        (void)fixture_redis(&own, "LPUSH", key, answer, NULL);
        _exit(id != NULL ? 0 : 1);
    }
    return child;
}

static void prints_the_answer_and_ends_well(void **state)
{
    struct fixture *f = *state;
    pid_t worker = answer_with(
        f, "{\"ok\":true,\"conversation\":\"4711\",\"next\":{\"step\":2,"
           "\"due_at\":\"2026-11-21T09:30:00Z\"}}");
    int code = fixture_run(f, "reschedule", "acme/4711", "--in", "2h", "--by",
                           "ana", "--force", "hours", NULL);

    assert_int_equal(fixture_wait(worker), 0);
    assert_int_equal(code, 0);
    assert_non_null(strstr(f->run.out, "2026-11-21T09:30:00Z"));
    (void)fixture_redis(f, "XRANGE", "%:commands", "-", "+", NULL);
    assert_non_null(strstr(f->text,
                           "action reschedule tenant acme conversation 4711 "
                           "in 2h force hours by ana request_id cli-"));
}

static void a_refusal_is_exit_code_1_with_its_reason(void **state)
{
    struct fixture *f = *state;
    pid_t worker = answer_with(f, "{\"ok\":false,\"error\":\"not_enrolled\","
                                  "\"message\":\"nothing is armed\"}");
    int code = fixture_run(f, "send-now", "4711", NULL);

    assert_int_equal(fixture_wait(worker), 0);
    assert_int_equal(code, 1);
    assert_string_equal(f->run.err,
                        "followup send-now: not_enrolled: nothing is armed\n");
    (void)fixture_redis(f, "XRANGE", "%:commands", "-", "+", NULL);
    assert_non_null(strstr(f->text, "action send_now conversation 4711"));
}

static void
without_an_answer_the_command_stays_and_it_is_exit_code_3(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "pause", "4711", "--timeout", "1", NULL),
                     3);
    assert_non_null(strstr(f->run.err, "no answer in 1 s"));
    assert_string_equal(fixture_redis(f, "XLEN", "%:commands", NULL), "1");
}

static void redis_away_is_exit_code_3(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        fixture_run(f, "pause", "4711", "--redis", "unix:///nowhere", NULL), 3);
    assert_non_null(strstr(f->run.err, "Redis is away"));
}

static void a_hold_is_as_wide_as_what_is_named(void **state)
{
    struct fixture *f = *state;

    (void)fixture_run(f, "hold", "--schedule", "pricing", "--timeout", "1",
                      NULL);
    (void)fixture_redis(f, "XRANGE", "%:commands", "-", "+", NULL);
    assert_non_null(
        strstr(f->text, "action hold schedule pricing scope schedule by"));
}

static void wrong_use_writes_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "reschedule", "4711", NULL), 2);
    assert_int_equal(fixture_run(f, "pause", NULL), 2);
    assert_int_equal(fixture_run(f, "hold", "4711", NULL), 2);
    assert_int_equal(fixture_run(f, "pause", "1", "--contact", "k", NULL), 2);
    assert_int_equal(fixture_run(f, "pause", "1", "--unitl", "x", NULL), 2);
    assert_non_null(strstr(f->run.err, "is --until meant?"));
    assert_int_equal(fixture_run(f, "pause", "1", "--timeout", "0", NULL), 2);
    assert_string_equal(fixture_redis(f, "XLEN", "%:commands", NULL), "0");
}

static void every_verb_has_help_without_any_configuration(void **state)
{
    static const char *const verbs[] = {
        "reschedule", "pause",   "resume", "skip",   "send-now", "cancel",
        "enroll",     "opt-out", "opt-in", "hold",   "release",  "refresh",
        "migrate",    "status",  "sender", "explain"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        assert_int_equal(
            fixture_run(f, verbs[i], "--config", "/nowhere", "--help", NULL),
            0);
        assert_non_null(strstr(f->run.out, verbs[i]));
    }
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(prints_the_answer_and_ends_well),
        CASE(a_refusal_is_exit_code_1_with_its_reason),
        CASE(without_an_answer_the_command_stays_and_it_is_exit_code_3),
        CASE(redis_away_is_exit_code_3),
        CASE(a_hold_is_as_wide_as_what_is_named),
        CASE(wrong_use_writes_nothing),
        CASE(every_verb_has_help_without_any_configuration),
    };

    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
