/* UTF-8 and ids. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void accepts_only_valid_utf8(void **state)
{
    static const struct {
        const char *text;
        int valid;
    } rows[] = {
        {"plain", 1},
        {"\xc3\xa9", 1},
        {"\xe2\x82\xac", 1},
        {"\xf0\x9f\x98\x80", 1},
        {"\xf4\x8f\xbf\xbf", 1},
        {"\xc0\xaf", 0},         /* a long form of '/' */
        {"\xe0\x80\xaf", 0},     /* the same in three */
        {"\xf0\x80\x80\xaf", 0}, /* and in four */
        {"\xed\xa0\x80", 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\x80", 0},
        {"\xe2\x82", 0}, /* cut */
        {"\xff", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(fup_text_is_utf8(rows[i].text, strlen(rows[i].text)),
                         rows[i].valid);
    }
}

static void tidies_what_was_cut_and_what_controls(void **state)
{
    char cut[] = "caf\xc3";
    char controls[] = "a\nb\x1b[31mc";
    char bad[] = "a\xff"
                 "bcdef";

    (void)state;
    fup_text_tidy(cut);
    assert_string_equal(cut, "caf");
    fup_text_tidy(controls);
    assert_string_equal(controls, "a b [31mc");
    fup_text_tidy(bad);
    assert_string_equal(bad, "a?bcdef");
}

static void knows_ids(void **state)
{
    (void)state;
    assert_true(fup_text_is_id("a_b-9", 16));
    assert_true(fup_text_is_id("0123456789abcdef", 16));
    assert_false(fup_text_is_id("0123456789abcdefg", 16));
    assert_false(fup_text_is_id("", 16));
    assert_false(fup_text_is_id("A", 16));
    assert_false(fup_text_is_id("a b", 16));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_only_valid_utf8),
        cmocka_unit_test(tidies_what_was_cut_and_what_controls),
        cmocka_unit_test(knows_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
