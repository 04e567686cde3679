/* Instants as text and back, and the calendar beneath. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/time.h"

static void reads_rfc_3339(void **state)
{
    static const struct {
        const char *text;
        int64_t at;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00.5Z", 500000},
        {"1970-01-02 00:00:00z", INT64_C(86400000000)},
        {"1970-01-01t00:00:01+00:00", 1000000},
        {"2026-11-21T09:30:00Z", INT64_C(1795253400000000)},
        {"2026-11-21T09:30:00.123456Z", INT64_C(1795253400123456)},
        {"2026-11-21T09:30:00.123456999Z", INT64_C(1795253400123456)},
        {"2026-11-21T11:30:00+02:00", INT64_C(1795253400000000)},
        {"2026-11-21T04:00:00-05:30", INT64_C(1795253400000000)},
        {"2026-11-21T09:30:00-00:00", INT64_C(1795253400000000)},
        {"1970-01-01T00:00:00+01:00", INT64_C(-3600000000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228799000000)},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000000)},
        {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t at = -1;

        assert_int_equal(fup_time_parse(rows[i].text, &at, NULL), FUP_OK);
        assert_true(at == rows[i].at);
    }
}

static void refuses_what_is_no_instant(void **state)
{
    static const char *const texts[] = {
        "",
        "now",
        "2026-11-21",
        "2026-11-21T09:30:00",
        "2026-11-21T09:30Z",
        "2026-11-21T09:30:00Z ",
        " 2026-11-21T09:30:00Z",
        "2026-11-21T09:30:00.Z",
        "2026-11-21T09:30:00+0200",
        "2026-11-21T09:30:00+02",
        "2026-11-21T09:30:00+24:00",
        "2026-11-21T09:30:00+02:60",
        "2026-11-21T24:00:00Z",
        "2026-11-21T09:60:00Z",
        "2026-11-21T09:30:61Z",
        "2026-02-29T00:00:00Z",
        "1900-02-28T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "02026-11-21T09:30:00Z",
        "2026-11-21x09:30:00Z",
        "2026-11-2lT09:30:00Z",
    };
    int64_t at = 42;
    struct fup_err err;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        memset(&err, 0, sizeof err);
        if (fup_time_parse(texts[i], &at, &err) != FUP_EPARSE) {
            fail_msg("took \"%s\"", texts[i]);
        }
        assert_int_equal(err.code, FUP_EPARSE);
        assert_true(strlen(err.msg) > 0);
    }
    assert_int_equal(at, 42);
}

static void names_the_text_it_did_not_understand(void **state)
{
    struct fup_err err = {0};
    int64_t at;

    (void)state;
    assert_int_equal(fup_time_parse("tomorrow", &at, &err), FUP_EPARSE);
    assert_string_equal(err.msg, "\"tomorrow\" is not an instant such as "
                                 "2026-11-21T09:30:00Z or …+02:00");
}

static void writes_milliseconds_and_whole_seconds(void **state)
{
    static const struct {
        int64_t at;
        const char *ms;
        const char *s;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z"},
        {1, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:01Z"},
        {999999, "1970-01-01T00:00:00.999Z", "1970-01-01T00:00:01Z"},
        {1000000, "1970-01-01T00:00:01.000Z", "1970-01-01T00:00:01Z"},
        {-1, "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"},
        {INT64_C(1795253400123456), "2026-11-21T09:30:00.123Z",
         "2026-11-21T09:30:01Z"},
        {INT64_C(253402300799000000), "9999-12-31T23:59:59.000Z",
         "9999-12-31T23:59:59Z"},
        {FUP_TIME_NONE, "", ""},
        {FUP_TIME_NEVER, "never", "never"},
    };

    char text[FUP_TIME_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(fup_time_format(rows[i].at, text), rows[i].ms);
        assert_string_equal(fup_time_format_s(rows[i].at, text), rows[i].s);
    }
}

static void there_and_back_is_the_same(void **state)
{
    char text[FUP_TIME_TEXT];

    (void)state;
    for (int64_t at = 0; at < INT64_C(253402300799000000);
         at += INT64_C(98765432123000)) {
        int64_t back = -1;

        assert_int_equal(fup_time_parse(fup_time_format(at, text), &back, NULL),
                         FUP_OK);
        assert_true(back == at);
    }
}

static void days_count_on_without_a_hole(void **state)
{
    int y = 0;
    int m = 0;
    int d = 0;

    (void)state;
    assert_int_equal(fup_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(fup_days_from_civil(2000, 3, 1), 11017);
    assert_int_equal(fup_days_from_civil(1969, 12, 31), -1);
    assert_int_equal(fup_days_from_civil(1600, 2, 29), -135081);
    for (int32_t days = -800000; days < 3000000; days += 7) {
        fup_civil_from_days(days, &y, &m, &d);
        assert_in_range(m, 1, 12);
        assert_in_range(d, 1, 31);
        assert_int_equal(fup_days_from_civil(y, m, d), days);
    }
    fup_civil_from_days(-1, &y, &m, &d);
    assert_int_equal(y, 1969);
    assert_int_equal(m, 12);
    assert_int_equal(d, 31);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rfc_3339),
        cmocka_unit_test(refuses_what_is_no_instant),
        cmocka_unit_test(names_the_text_it_did_not_understand),
        cmocka_unit_test(writes_milliseconds_and_whole_seconds),
        cmocka_unit_test(there_and_back_is_the_same),
        cmocka_unit_test(days_count_on_without_a_hole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
