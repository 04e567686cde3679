/* The small ones: hashes, waits, states, errors, the log. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/backoff.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/sm.h"

/* -- hash ---------------------------------------------------------------- */

/* From the draft's own list of vectors. */
static void fnv_1a_has_the_published_values(void **state)
{
    static const struct {
        const char *text;
        uint64_t hash;
    } rows[] = {
        {"", UINT64_C(0xcbf29ce484222325)},
        {"a", UINT64_C(0xaf63dc4c8601ec8c)},
        {"b", UINT64_C(0xaf63df4c8601f1a5)},
        {"foo", UINT64_C(0xdcb27518fed9d577)},
        {"foobar", UINT64_C(0x85944171f73967e8)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(fup_fnv1a_text(FUP_FNV_START, rows[i].text) ==
                    rows[i].hash);
    }
}

static void a_hash_may_be_taken_in_pieces(void **state)
{
    uint64_t hash = fup_fnv1a_text(FUP_FNV_START, "foo");

    (void)state;
    hash = fup_fnv1a(hash, "", 0);
    hash = fup_fnv1a(hash, "barrel", 3);
    assert_true(hash == UINT64_C(0x85944171f73967e8));
    assert_true(fup_fnv1a(FUP_FNV_START, "a\0b", 3) !=
                fup_fnv1a_text(FUP_FNV_START, "a"));
}

/* -- backoff ------------------------------------------------------------- */

static void waits_double_up_to_the_cap(void **state)
{
    static const uint64_t whole_ms[] = {100, 200, 400, 800, 1000, 1000, 1000};

    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct fup_backoff backoff;

        fup_backoff_init(&backoff, 100, 1000, seed);
        for (size_t i = 0; i < sizeof whole_ms / sizeof whole_ms[0]; i++) {
            uint64_t wait_ms = fup_backoff_next(&backoff);

            assert_in_range(wait_ms, whole_ms[i] / 2, whole_ms[i]);
        }
        fup_backoff_reset(&backoff);
        assert_in_range(fup_backoff_next(&backoff), 50, 100);
    }
}

static void waits_are_spread(void **state)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;

    (void)state;
    for (uint64_t seed = 1; seed < 2000; seed++) {
        struct fup_backoff backoff;
        uint64_t wait_ms;

        fup_backoff_init(&backoff, 1000, 1000, seed * 7919);
        wait_ms = fup_backoff_next(&backoff);
        low = wait_ms < low ? wait_ms : low;
        high = wait_ms > high ? wait_ms : high;
    }
    assert_in_range(low, 500, 520);
    assert_in_range(high, 980, 1000);
}

static void many_failures_overflow_nothing(void **state)
{
    struct fup_backoff backoff;

    (void)state;
    fup_backoff_init(&backoff, 1, UINT64_MAX / 2, 1);
    for (int i = 0; i < 10000; i++) {
        assert_true(fup_backoff_next(&backoff) <= UINT64_MAX / 2);
    }
    assert_true(fup_backoff_next(&backoff) >= UINT64_MAX / 4);
    fup_backoff_init(&backoff, 0, 10, 1);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(fup_backoff_next(&backoff), 0);
    }
}

/* -- states -------------------------------------------------------------- */

static void a_machine_moves_along_its_table(void **state)
{
    static const struct fup_sm_state table[] = {
        {"idle", FUP_SM_TO(1)},
        {"busy", FUP_SM_TO(0) | FUP_SM_TO(2)},
        {"done", 0},
    };
    struct fup_sm sm;

    (void)state;
    fup_sm_init(&sm, table, 0);
    assert_string_equal(fup_sm_name(&sm), "idle");
    fup_sm_move(&sm, 1);
    fup_sm_move(&sm, 0);
    fup_sm_move(&sm, 1);
    assert_string_equal(fup_sm_name(&sm), "busy");
    fup_sm_move(&sm, 2);
    assert_int_equal(sm.state, 2);
    assert_string_equal(fup_sm_name(&sm), "done");
}

/* -- errors -------------------------------------------------------------- */

static void every_code_has_a_text(void **state)
{
    (void)state;
    for (int code = FUP_OK; code <= FUP_ECLOSED; code++) {
        assert_true(strlen(fup_err_text((enum fup_code)code)) > 0);
        assert_string_not_equal(fup_err_text((enum fup_code)code),
                                "unknown error");
    }
    assert_string_equal(fup_err_text((enum fup_code)999), "unknown error");
    assert_string_equal(fup_err_text((enum fup_code) - 1), "unknown error");
}

static void only_passing_troubles_may_be_retried(void **state)
{
    (void)state;
    assert_true(fup_err_may_retry(FUP_EAWAY));
    assert_true(fup_err_may_retry(FUP_ENOMEM));
    assert_false(fup_err_may_retry(FUP_OK));
    assert_false(fup_err_may_retry(FUP_EREFUSED));
    assert_false(fup_err_may_retry(FUP_EUNKNOWN));
    assert_false(fup_err_may_retry((enum fup_code)999));
}

static void setting_an_error_returns_its_code_and_cuts_its_text(void **state)
{
    char text[400];
    struct fup_err err;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(fup_err_set(NULL, FUP_EIO, "%s", text), FUP_EIO);
    assert_int_equal(fup_err_set(&err, FUP_EIO, "at %d: %s", 7, text), FUP_EIO);
    assert_int_equal(err.code, FUP_EIO);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    assert_memory_equal(err.msg, "at 7: xxx", 9);
}

/* -- log ----------------------------------------------------------------- */

static void levels_have_their_names(void **state)
{
    enum fup_log_level level = FUP_LOG_ERROR;

    (void)state;
    assert_int_equal(fup_log_level_parse("debug", &level), FUP_OK);
    assert_int_equal(level, FUP_LOG_DEBUG);
    assert_int_equal(fup_log_level_parse("error", &level), FUP_OK);
    assert_int_equal(level, FUP_LOG_ERROR);
    assert_int_equal(fup_log_level_parse("Info", &level), FUP_EINVAL);
    assert_int_equal(fup_log_level_parse("", &level), FUP_EINVAL);
    assert_int_equal(level, FUP_LOG_ERROR);
}

static void a_line_is_one_line_of_its_level_or_above(void **state)
{
    struct fup_log log = {tmpfile(), FUP_LOG_INFO};
    char line[256];
    const char *rest;

    (void)state;
    assert_non_null(log.to);
    fup_log(NULL, FUP_LOG_ERROR, "nobody", "%s", "");
    fup_log(&log, FUP_LOG_DEBUG, "dropped", "%s", "");
    fup_log(&log, FUP_LOG_WARN, "redis_away", "reason=\"%s\"", "a\nb\x1b[0m");
    fup_log(&log, FUP_LOG_INFO, "ready", "%s", "");
    rewind(log.to);
    assert_non_null(fgets(line, sizeof line, log.to));
    rest = strchr(line, ' ');
    assert_non_null(rest);
    assert_string_equal(rest, " warn redis_away reason=\"a b [0m\"\n");
    assert_non_null(fgets(line, sizeof line, log.to));
    rest = strchr(line, ' ');
    assert_non_null(rest);
    assert_string_equal(rest, " info ready\n");
    assert_null(fgets(line, sizeof line, log.to));
    (void)fclose(log.to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fnv_1a_has_the_published_values),
        cmocka_unit_test(a_hash_may_be_taken_in_pieces),
        cmocka_unit_test(waits_double_up_to_the_cap),
        cmocka_unit_test(waits_are_spread),
        cmocka_unit_test(many_failures_overflow_nothing),
        cmocka_unit_test(a_machine_moves_along_its_table),
        cmocka_unit_test(every_code_has_a_text),
        cmocka_unit_test(only_passing_troubles_may_be_retried),
        cmocka_unit_test(setting_an_error_returns_its_code_and_cuts_its_text),
        cmocka_unit_test(levels_have_their_names),
        cmocka_unit_test(a_line_is_one_line_of_its_level_or_above),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
