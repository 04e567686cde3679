#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pg/array.h"

static void elements_are_quoted_and_separated(void **state)
{
    struct fup_buf buf;

    (void)state;
    fup_buf_init(&buf, 1000);
    fup_pg_array_begin(&buf);
    fup_pg_array_text(&buf, "a\"b\\c, {d}");
    fup_pg_array_text(&buf, NULL);
    fup_pg_array_text(&buf, "");
    fup_pg_array_text(&buf, "NULL");
    fup_pg_array_end(&buf);
    assert_string_equal(fup_buf_text(&buf),
                        "{\"a\\\"b\\\\c, {d}\",NULL,\"\",\"NULL\"}");
    fup_buf_done(&buf);
}

static void numbers(void **state)
{
    struct fup_buf buf;

    (void)state;
    fup_buf_init(&buf, 1000);
    fup_pg_array_begin(&buf);
    fup_pg_array_int(&buf, INT64_MIN);
    fup_pg_array_int(&buf, 0);
    fup_pg_array_end(&buf);
    assert_string_equal(fup_buf_text(&buf), "{-9223372036854775808,0}");
    fup_buf_clear(&buf);
    fup_pg_array_begin(&buf);
    fup_pg_array_end(&buf);
    assert_string_equal(fup_buf_text(&buf), "{}");
    fup_buf_done(&buf);
}

static void splits_what_it_builds(void **state)
{
    struct fup_buf buf;
    char text[200];
    char *items[4];

    (void)state;
    fup_buf_init(&buf, sizeof text - 1);
    fup_pg_array_begin(&buf);
    fup_pg_array_text(&buf, "a\"b\\c, {d}");
    fup_pg_array_text(&buf, NULL);
    fup_pg_array_text(&buf, "");
    fup_pg_array_text(&buf, "NULL");
    fup_pg_array_end(&buf);
    memcpy(text, fup_buf_text(&buf), buf.len + 1);
    fup_buf_done(&buf);
    assert_int_equal(fup_pg_array_split(text, items, 4), 3);
    assert_string_equal(items[0], "a\"b\\c, {d}");
    assert_string_equal(items[1], "");
    assert_string_equal(items[2], "NULL");
}

static void splits_rows(void **state)
{
    static const struct {
        const char *text;
        int n;
        const char *first;
        const char *last;
    } rows[] = {
        {"{}", 0, NULL, NULL},
        {"{a}", 1, "a", "a"},
        {"{America/Sao_Paulo,Europe/Berlin}", 2, "America/Sao_Paulo",
         "Europe/Berlin"},
        {"{1,2,3,4,5}", 3, "1", "3"},
        {"{NULL,null,x}", 2, "null", "x"},
        {"{NULL}", 0, NULL, NULL},
        {"[0:1]={a,b}", 2, "a", "b"},
        {"{\"\\\\\"}", 1, "\\", "\\"},
        {"", -1, NULL, NULL},
        {"{", -1, NULL, NULL},
        {"a", -1, NULL, NULL},
        {"{a", -1, NULL, NULL},
        {"{a,", -1, NULL, NULL},
        {"{a,}", -1, NULL, NULL},
        {"{,a}", -1, NULL, NULL},
        {"{\"a}", -1, NULL, NULL},
        {"{\"a\\", -1, NULL, NULL},
        {"{\"a\"b}", -1, NULL, NULL},
        {"{a}b", -1, NULL, NULL},
        {"{{a},{b}}", -1, NULL, NULL},
        {"[0:1]", -1, NULL, NULL},
    };

    char text[100];
    char *items[3];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int n;

        memcpy(text, rows[i].text, strlen(rows[i].text) + 1);
        n = fup_pg_array_split(text, items, 3);
        if (n != rows[i].n) {
            fail_msg("%s: %d, not %d", rows[i].text, n, rows[i].n);
        }
        if (n > 0) {
            assert_string_equal(items[0], rows[i].first);
            assert_string_equal(items[n - 1], rows[i].last);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_quoted_and_separated),
        cmocka_unit_test(numbers),
        cmocka_unit_test(splits_what_it_builds),
        cmocka_unit_test(splits_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
