#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pg/binary.h"

/* The bytes are those that array_send() gives for the same rows. */
static void rows_as_bytes(void **state)
{
    static const unsigned char expected[] = {
        0, 0, 0, 1,    0,    0,    0,    0,    0,    1,    0,    2, /* head */
        0, 0, 0, 2,    0,    0,    0,    1,               /* two of them */
        0, 0, 0, 59,   0,    0,    0,    5,               /* the first */
        0, 0, 0, 25,   0xff, 0xff, 0xff, 0xff,            /* null */
        0, 0, 0, 25,   0,    0,    0,    2,    'a',  '"', /* a" */
        0, 0, 0, 23,   0,    0,    0,    4,    0xff, 0xff, 0xff, 0xfe,
        0, 0, 0, 16,   0,    0,    0,    1,    1, /* true */
        0, 0, 4, 0xa0, 0,    0,    0,    8,    0,    0,    0,    0,
        0, 0, 0, 5,                         /* an instant */
        0, 0, 0, 12,   0,    0,    0,    1, /* the second */
        0, 0, 0, 25,   0,    0,    0,    0, /* "" */
    };
    struct fup_buf buf;
    size_t row;

    (void)state;
    fup_buf_init(&buf, 1000);
    assert_int_equal(fup_pg_rows_n(&buf), 0);
    fup_pg_rows_begin(&buf, 65538);
    assert_int_equal(fup_pg_rows_n(&buf), 0);
    row = fup_pg_row_begin(&buf, 5);
    fup_pg_row_null(&buf, FUP_PG_TEXT);
    fup_pg_row_text(&buf, "a\"");
    fup_pg_row_int(&buf, FUP_PG_INT4, -2);
    fup_pg_row_int(&buf, FUP_PG_BOOL, true);
    fup_pg_row_int(&buf, FUP_PG_TIMESTAMPTZ, FUP_PG_EPOCH_US + 5);
    fup_pg_row_end(&buf, row);
    row = fup_pg_row_begin(&buf, 1);
    fup_pg_row_text(&buf, "");
    fup_pg_row_end(&buf, row);
    assert_int_equal(fup_pg_rows_n(&buf), 2);
    assert_int_equal(buf.len, sizeof expected);
    assert_memory_equal(buf.data, expected, sizeof expected);
    fup_buf_done(&buf);
}

static void infinity_stays(void **state)
{
    struct fup_buf buf;

    (void)state;
    fup_buf_init(&buf, 1000);
    fup_pg_row_int(&buf, FUP_PG_TIMESTAMPTZ, INT64_MAX);
    assert_memory_equal(buf.data + 8, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8);
    fup_buf_done(&buf);
}

static void a_full_buffer_is_not_written_to(void **state)
{
    struct fup_buf buf;
    size_t row;

    (void)state;
    fup_buf_init(&buf, 24);
    fup_pg_rows_begin(&buf, 1);
    row = fup_pg_row_begin(&buf, 1);
    fup_pg_row_text(&buf, "text");
    fup_pg_row_end(&buf, row);
    assert_int_equal(buf.failed, FUP_ELIMIT);
    fup_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_as_bytes),
        cmocka_unit_test(infinity_stays),
        cmocka_unit_test(a_full_buffer_is_not_written_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
