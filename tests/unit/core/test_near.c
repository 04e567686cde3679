/* The nearest name. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/near.h"

static void counts_letters_to_change(void **state)
{
    (void)state;
    assert_int_equal(fup_near_distance("kitten", "sitting"), 3);
    assert_int_equal(fup_near_distance("", "abc"), 3);
    assert_int_equal(fup_near_distance("abc", ""), 3);
    assert_int_equal(fup_near_distance("send-now", "send_now"), 0);
}

static void near_names_are_found_and_far_ones_are_not(void **state)
{
    struct fup_near near = {.text = "stauts"};
    struct fup_near far = {.text = "x"};

    (void)state;
    fup_near_try(&near, "start");
    fup_near_try(&near, "status");
    assert_string_equal(near.best, "status");
    assert_int_equal(near.distance, 1);
    fup_near_try(&far, "by");
    assert_null(far.best);
}

static void the_nearest_of_all_is_found(void **state)
{
    static const char *const names[] = {"kind", "after", "message", "close"};

    (void)state;
    assert_string_equal(fup_near_of("afer", names, 4), "after");
    assert_string_equal(fup_near_of("kidn", names, 4), "kind");
    assert_string_equal(fup_near_of("messages", names, 4), "message");
    assert_string_equal(fup_near_of("clsoe", names, 4), "close");
    assert_null(fup_near_of("x", names, 0));
}

static void survives_very_long_names(void **state)
{
    static const char *const names[] = {"short"};
    char text[500];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_string_equal(fup_near_of(text, names, 1), "short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_letters_to_change),
        cmocka_unit_test(near_names_are_found_and_far_ones_are_not),
        cmocka_unit_test(the_nearest_of_all_is_found),
        cmocka_unit_test(survives_very_long_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
