/* Buffers: growing, limits, and failures that stay. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"

static void an_empty_buffer_is_an_empty_text(void **state)
{
    struct fup_buf buf;

    (void)state;
    fup_buf_init(&buf, 10);
    assert_string_equal(fup_buf_text(&buf), "");
    fup_buf_adds(&buf, "");
    fup_buf_addf(&buf, "%s", "");
    assert_null(buf.data);
    fup_buf_done(&buf);
}

static void all_ways_of_adding_append(void **state)
{
    struct fup_buf buf;

    (void)state;
    fup_buf_init(&buf, 100);
    fup_buf_adds(&buf, "one");
    fup_buf_addc(&buf, ' ');
    fup_buf_add(&buf, "two, three", 3);
    fup_buf_addf(&buf, " %d-%s", 3, "x");
    fup_buf_addi(&buf, INT64_MIN);
    fup_buf_addi(&buf, 0);
    fup_buf_addi(&buf, INT64_MAX);
    assert_string_equal(fup_buf_text(&buf),
                        "one two 3-x-922337203685477580809223372036854775807");
    assert_int_equal(buf.len, 51);
    assert_int_equal(buf.failed, FUP_OK);
    fup_buf_done(&buf);
    assert_int_equal(buf.len, 0);
    assert_string_equal(fup_buf_text(&buf), "");
}

static void it_grows_as_far_as_needed(void **state)
{
    struct fup_buf buf;

    (void)state;
    fup_buf_init(&buf, 1000000);
    for (int i = 0; i < 100000; i++) {
        fup_buf_addf(&buf, "%05d", i);
    }
    assert_int_equal(buf.len, 500000);
    assert_int_equal(buf.failed, FUP_OK);
    assert_memory_equal(buf.data, "0000000001", 10);
    assert_string_equal(buf.data + buf.len - 10, "9999899999");
    fup_buf_done(&buf);
}

static void it_may_be_filled_to_the_last_byte(void **state)
{
    struct fup_buf buf;

    (void)state;
    for (size_t max = 120; max < 140; max++) {
        fup_buf_init(&buf, max);
        for (size_t i = 0; i < max; i++) {
            fup_buf_addc(&buf, 'x');
        }
        assert_int_equal(buf.failed, FUP_OK);
        assert_int_equal(strlen(buf.data), max);
        fup_buf_addc(&buf, 'y');
        assert_int_equal(buf.failed, FUP_ELIMIT);
        assert_int_equal(strlen(buf.data), max);
        fup_buf_done(&buf);
    }
}

static void a_failure_stays_until_cleared(void **state)
{
    struct fup_buf buf;

    (void)state;
    fup_buf_init(&buf, 5);
    fup_buf_adds(&buf, "abc");
    fup_buf_addf(&buf, "%s", "defg");
    assert_int_equal(buf.failed, FUP_ELIMIT);
    fup_buf_addc(&buf, 'd');
    assert_string_equal(fup_buf_text(&buf), "abc");
    fup_buf_clear(&buf);
    assert_int_equal(buf.failed, FUP_OK);
    assert_string_equal(fup_buf_text(&buf), "");
    fup_buf_adds(&buf, "12345");
    assert_string_equal(fup_buf_text(&buf), "12345");
    assert_int_equal(buf.failed, FUP_OK);
    fup_buf_done(&buf);
}

static void bytes_of_zero_are_kept(void **state)
{
    struct fup_buf buf;

    (void)state;
    fup_buf_init(&buf, 10);
    fup_buf_add(&buf, "a\0b", 3);
    fup_buf_addc(&buf, '\0');
    assert_int_equal(buf.len, 4);
    assert_memory_equal(buf.data, "a\0b\0", 5);
    fup_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_an_empty_text),
        cmocka_unit_test(all_ways_of_adding_append),
        cmocka_unit_test(it_grows_as_far_as_needed),
        cmocka_unit_test(it_may_be_filled_to_the_last_byte),
        cmocka_unit_test(a_failure_stays_until_cleared),
        cmocka_unit_test(bytes_of_zero_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
