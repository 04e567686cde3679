/* A pace: slow at first, never more than it says, and a place for all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/pace.h"

#define EACH_US 100000 /* ten in a second */
#define START   (INT64_C(1) << 40)

/* How many go when one asks every ms in [@from, @to). */
static int
goes(struct fup_pace *pace, int64_t each_us, int64_t from, int64_t to)
{
    int n = 0;

    for (int64_t ms = from; ms < to; ms++) {
        n += fup_pace_take(pace, each_us, START + ms);
    }
    return n;
}

static void the_first_one_goes_at_once(void **state)
{
    struct fup_pace pace = {0};

    (void)state;
    assert_true(fup_pace_take(&pace, EACH_US, START));
    assert_false(fup_pace_take(&pace, EACH_US, START));
    assert_false(fup_pace_take(&pace, EACH_US, START + 500));
}

/* In the ramp's T seconds of 60, T/10 + 9/10 T^2/120 seconds of the pace. */
static void it_begins_with_a_tenth_and_ends_with_all(void **state)
{
    struct fup_pace pace = {0};

    (void)state;
    assert_in_range(goes(&pace, EACH_US, 0, 5000), 6, 8);
    assert_in_range(goes(&pace, EACH_US, 5000, 30000), 90, 93);
    assert_in_range(goes(&pace, EACH_US, 30000, 60000), 231, 234);
    assert_in_range(goes(&pace, EACH_US, 60000, 70000), 99, 101);
}

/* Whoever asks seldom finds a second's worth, not all that was not used. */
static void what_was_not_used_keeps_for_a_second(void **state)
{
    struct fup_pace pace = {0};
    int n = 0;

    (void)state;
    (void)goes(&pace, EACH_US, 0, 70000);
    while (n < 1000 && fup_pace_take(&pace, EACH_US, START + 110000)) {
        n++;
    }
    assert_in_range(n, 10, 12);
    assert_in_range(goes(&pace, EACH_US, 110000, 120000), 99, 101);
}

static void after_a_minute_without_any_it_begins_anew(void **state)
{
    struct fup_pace pace = {0};

    (void)state;
    (void)goes(&pace, EACH_US, 0, 70000);
    (void)fup_pace_take(&pace, EACH_US, START + 140000);
    assert_in_range(goes(&pace, EACH_US, 140000, 145000), 5, 8);
}

/* The share of one of many partitions: an hour from one to the next. */
static void a_pace_of_hours_is_not_begun_anew_by_waiting(void **state)
{
    const int64_t each_us = INT64_C(3600) * 1000000;
    struct fup_pace pace = {0};
    int n = 0;

    (void)state;
    for (int64_t ms = 0; ms < 36000000; ms += 300000) {
        n += fup_pace_take(&pace, each_us, START + ms);
    }
    assert_int_equal(n, 10);
}

static void a_clock_that_is_set_back_begins_anew(void **state)
{
    struct fup_pace pace = {0};

    (void)state;
    (void)goes(&pace, EACH_US, 0, 70000);
    assert_true(fup_pace_take(&pace, EACH_US, START - 3600000));
    assert_false(fup_pace_take(&pace, EACH_US, START - 3600000));
    assert_in_range(goes(&pace, EACH_US, -3600000, -3595000), 5, 7);
}

/* A hundred wait, each asks again at its place: that goes as fast as it may,
 * and nobody asks a third time. */
static void who_comes_at_its_place_goes(void **state)
{
    struct fup_pace pace = {0};
    int64_t places[100];
    int64_t last = 0;

    (void)state;
    assert_true(fup_pace_take(&pace, EACH_US, START));
    for (int i = 0; i < 100; i++) {
        assert_false(fup_pace_take(&pace, EACH_US, START));
        places[i] = fup_pace_place(&pace, START);
        assert_true(places[i] > last);
        last = places[i];
    }
    assert_in_range(last, 30000, 33000);
    for (int i = 0; i < 100; i++) {
        assert_true(fup_pace_take(&pace, EACH_US, START + places[i] + i % 7));
        assert_false(fup_pace_take(&pace, EACH_US, START + places[i] + 7));
    }
    assert_int_equal(pace.held, 100);
}

/* Ten thousand do not fit into the places there are. */
static void no_place_is_further_than_ten_minutes(void **state)
{
    struct fup_pace pace = {0};
    int64_t furthest = 0;
    int again = 0;

    (void)state;
    (void)fup_pace_take(&pace, EACH_US, START);
    for (int i = 0; i < 10000; i++) {
        int64_t place = fup_pace_place(&pace, START);

        assert_in_range(place, 1, FUP_PACE_AHEAD_MS);
        again += place < furthest;
        furthest = place > furthest ? place : furthest;
    }
    assert_in_range(furthest, FUP_PACE_AHEAD_MS - 1000, FUP_PACE_AHEAD_MS);
    assert_in_range(again, 1000, 9000);
}

static void places_that_are_called_back_begin_at_the_front(void **state)
{
    struct fup_pace pace = {0};

    (void)state;
    (void)fup_pace_take(&pace, EACH_US, START);
    for (int i = 0; i < 50; i++) {
        (void)fup_pace_place(&pace, START);
    }
    fup_pace_recall(&pace);
    assert_in_range(fup_pace_place(&pace, START), 1, 1000);
}

static void it_is_kept_until_a_minute_after_the_last_place(void **state)
{
    struct fup_pace pace = {0};

    (void)state;
    assert_false(fup_pace_is_kept(&pace, START));
    (void)fup_pace_take(&pace, EACH_US, START);
    assert_false(fup_pace_is_kept(&pace, START));
    (void)fup_pace_place(&pace, START);
    assert_true(fup_pace_is_kept(&pace, START + 60000));
    assert_false(fup_pace_is_kept(&pace, START + 65000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_one_goes_at_once),
        cmocka_unit_test(it_begins_with_a_tenth_and_ends_with_all),
        cmocka_unit_test(what_was_not_used_keeps_for_a_second),
        cmocka_unit_test(after_a_minute_without_any_it_begins_anew),
        cmocka_unit_test(a_pace_of_hours_is_not_begun_anew_by_waiting),
        cmocka_unit_test(a_clock_that_is_set_back_begins_anew),
        cmocka_unit_test(who_comes_at_its_place_goes),
        cmocka_unit_test(no_place_is_further_than_ten_minutes),
        cmocka_unit_test(places_that_are_called_back_begin_at_the_front),
        cmocka_unit_test(it_is_kept_until_a_minute_after_the_last_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
