/* Delays and spans: what they read, what they refuse, and in what words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/delay.h"
#include "plan/plan.h"

static void reads_every_form_of_a_delay(void **state)
{
    static const struct {
        const char *text;
        struct fup_delay delay;
    } rows[] = {
        {"4h", {0, -1, 14400}},
        {"90m", {0, -1, 5400}},
        {"1h30m", {0, -1, 5400}},
        {"45s", {0, -1, 45}},
        {"1h30m5s", {0, -1, 5405}},
        {"1d", {1, -1, 0}},
        {"2d", {2, -1, 0}},
        {"1d4h", {1, -1, 14400}},
        {"1d30m", {1, -1, 1800}},
        {"1d 09:30", {1, 34200, 0}},
        {"0d 00:00", {0, 0, 0}},
        {"3d 23:59", {3, 86340, 0}},
        {"0s", {0, -1, 0}},
        {"007m", {0, -1, 420}},
        {"366d", {366, -1, 0}},
        {"365d24h", {365, -1, 86400}},
        {"31622400s", {0, -1, 31622400}},
    };
    struct fup_delay delay;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(fup_delay_parse(rows[i].text, &delay, NULL), FUP_OK);
        assert_int_equal(delay.days, rows[i].delay.days);
        assert_int_equal(delay.wall_s, rows[i].delay.wall_s);
        assert_int_equal(delay.elapsed_s, rows[i].delay.elapsed_s);
    }
}

static void says_what_was_expected_and_where(void **state)
{
    static const struct {
        const char *text;
        enum fup_code code;
        const char *msg;
    } rows[] = {
        {"", FUP_EPARSE, "\"\": expected a number at position 1"},
        {"h", FUP_EPARSE, "\"h\": expected a number at position 1"},
        {"-1h", FUP_EPARSE, "\"-1h\": expected a number at position 1"},
        {" 1h", FUP_EPARSE, "\" 1h\": expected a number at position 1"},
        {"4", FUP_EPARSE, "\"4\": expected d, h, m or s at position 2"},
        {"4x", FUP_EPARSE, "\"4x\": expected d, h, m or s at position 2"},
        {"4H", FUP_EPARSE, "\"4H\": expected d, h, m or s at position 2"},
        {"1h2d", FUP_EPARSE, "\"1h2d\": expected m or s at position 4"},
        {"1h2h", FUP_EPARSE, "\"1h2h\": expected m or s at position 4"},
        {"1d2", FUP_EPARSE, "\"1d2\": expected h, m or s at position 4"},
        {"1m1m", FUP_EPARSE, "\"1m1m\": expected s at position 4"},
        {"5s1", FUP_EPARSE, "\"5s1\": expected the end at position 3"},
        {"4h ", FUP_EPARSE,
         "\"4h \": expected a number or the end at position 3"},
        {"1d4h 09:30", FUP_EPARSE,
         "\"1d4h 09:30\": expected a number or the end at position 5"},
        {"1d 9:30", FUP_EPARSE, "\"1d 9:30\": expected HH:MM at position 4"},
        {"1d 09-30", FUP_EPARSE, "\"1d 09-30\": expected HH:MM at position 4"},
        {"1d ", FUP_EPARSE, "\"1d \": expected HH:MM at position 4"},
        {"1d 24:00", FUP_EPARSE,
         "\"1d 24:00\": expected a time up to 23:59 at position 4"},
        {"1d 09:60", FUP_EPARSE,
         "\"1d 09:60\": expected a time up to 23:59 at position 4"},
        {"1d 09:30x", FUP_EPARSE,
         "\"1d 09:30x\": expected the end at position 9"},
        {"367d", FUP_ELIMIT, "\"367d\" is longer than 366 days"},
        {"366d1s", FUP_ELIMIT, "\"366d1s\" is longer than 366 days"},
        {"99999999999999999999999h", FUP_ELIMIT,
         "\"99999999999999999999999h\" is longer than 366 days"},
        {"31622401s", FUP_ELIMIT, "\"31622401s\" is longer than 366 days"},
    };
    struct fup_delay delay = {7, 7, 7};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fup_err err = {0};

        assert_int_equal(fup_delay_parse(rows[i].text, &delay, &err),
                         rows[i].code);
        assert_string_equal(err.msg, rows[i].msg);
        assert_int_equal(err.code, rows[i].code);
    }
    assert_int_equal(delay.elapsed_s, 7);
}

static void a_day_in_a_span_is_24_hours(void **state)
{
    int64_t s = 0;

    (void)state;
    assert_int_equal(fup_span_parse("1d", &s, NULL), FUP_OK);
    assert_int_equal(s, 86400);
    assert_int_equal(fup_span_parse("1d4h30m1s", &s, NULL), FUP_OK);
    assert_int_equal(s, 86400 + 4 * 3600 + 1801);
    assert_int_equal(fup_span_parse("24h", &s, NULL), FUP_OK);
    assert_int_equal(s, 86400);
}

static void a_span_has_no_wall_time(void **state)
{
    struct fup_err err = {0};
    int64_t s = 7;

    (void)state;
    assert_int_equal(fup_span_parse("1d 09:30", &s, &err), FUP_EPARSE);
    assert_string_equal(
        err.msg, "\"1d 09:30\": expected a number or the end at position 3");
    assert_int_equal(fup_span_parse("367d", &s, &err), FUP_ELIMIT);
    assert_int_equal(fup_span_parse("", &s, &err), FUP_EPARSE);
    assert_int_equal(s, 7);
}

static void every_reason_action_and_rule_has_its_word(void **state)
{
    (void)state;
    assert_string_equal(fup_reason_text(FUP_REASON_NONE), "");
    for (int i = FUP_REASON_PULLED_FORWARD; i <= FUP_REASON_SUPERSEDED; i++) {
        assert_true(fup_reason_text((enum fup_reason)i)[0] != '\0');
    }
    assert_string_equal(fup_reason_text(FUP_REASON_NO_ALLOWED_TIME),
                        "no_allowed_time");
    for (int i = FUP_ACTION_WAIT; i <= FUP_ACTION_END; i++) {
        assert_true(fup_action_text((enum fup_action)i)[0] != '\0');
    }
    for (int i = 0; i < FUP_RULE_MAX; i++) {
        assert_true(fup_rule_text((enum fup_rule)i)[0] != '\0');
    }
    assert_string_equal(fup_reason_text((enum fup_reason)999), "");
}

static void close_outs_end_silently_outside_the_window(void **state)
{
    enum fup_outside list[FUP_OUTSIDE_MAX];

    (void)state;
    assert_int_equal(fup_outside_default("close_out", list), 3);
    assert_int_equal(list[0], FUP_OUTSIDE_PULL_FORWARD);
    assert_int_equal(list[1], FUP_OUTSIDE_TEMPLATE);
    assert_int_equal(list[2], FUP_OUTSIDE_SILENT);
    assert_int_equal(fup_outside_default("last_call", list), 3);
    assert_int_equal(list[2], FUP_OUTSIDE_SKIP);
    assert_int_equal(fup_outside_default(NULL, list), 3);
    assert_int_equal(list[2], FUP_OUTSIDE_SKIP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form_of_a_delay),
        cmocka_unit_test(says_what_was_expected_and_where),
        cmocka_unit_test(a_day_in_a_span_is_24_hours),
        cmocka_unit_test(a_span_has_no_wall_time),
        cmocka_unit_test(every_reason_action_and_rule_has_its_word),
        cmocka_unit_test(close_outs_end_silently_outside_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
