/* What is left of values from outside. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "clean.h"

/* Check that {"x": @json} becomes @expected; NULL: null. */
static void check(const char *json, const char *expected)
{
    char text[8192];
    struct cJSON *data = NULL;
    struct fup_err err;

    (void)snprintf(text, sizeof text, "{\"x\":%s}", json);
    assert_int_equal(FUP_OK, fup_clean_attributes(text, &data, &err));
    if (expected == NULL) {
        assert_true(cJSON_IsNull(cJSON_GetObjectItem(data, "x")));
    } else {
        assert_string_equal(
            expected, cJSON_GetStringValue(cJSON_GetObjectItem(data, "x")));
    }
    cJSON_Delete(data);
}

static void what_an_adapter_tells_us_alone_is_no_value(void **state)
{
    struct cJSON *data = NULL;
    struct fup_err err;

    (void)state;
    assert_int_equal(
        fup_clean_attributes("{\"_last_text\":\"stop\",\"a\":{\"_b\":1},"
                             "\"_\":2}",
                             &data, &err),
        FUP_OK);
    assert_int_equal(cJSON_GetArraySize(data), 1);
    assert_string_equal(data->child->string, "a");
    cJSON_Delete(data);
}

static void plain_text_stays(void **state)
{
    (void)state;
    check("\"Ana Maria\"", "Ana Maria");
    check("\"{{ x }} <b>\"", "{{ x }} <b>");
    check("\"Jos\\u00e9 \\u6771\\u4eac\"",
          "Jos\xc3\xa9 \xe6\x9d\xb1\xe4\xba\xac");
}

static void control_characters_go_and_white_space_is_one_space(void **state)
{
    (void)state;
    check("\"a\\u0001b\\u007fc\\u0085d\\u001be\"", "abc de");
    check("\"  a \\r\\n\\t b\\u2028c\\u00a0d  \"", "a b c d");
}

static void marks_of_direction_go(void **state)
{
    (void)state;
    check("\"a\\u202eb\\u202cc\\u2066d\\u2069e\\u200ef\\u200fg\\u061ch\"",
          "abcdefgh");
    check("\"a\\u200bb\\ufeffc\\u2060d\\u00ade\"", "abcde");
}

static void a_value_with_a_link_is_missing(void **state)
{
    (void)state;
    check("\"https://evil.example\"", NULL);
    check("\"Ana evil.example/x\"", NULL);
    check("\"ev\\u200bil.com\"", NULL);
    check("\"www\\u202e.evil.com\"", NULL);
    check("\"ana@evil.example\"", NULL);
    check("\"Dr. Ana, at 9:30\"", "Dr. Ana, at 9:30");
}

static void a_value_does_not_begin_with_a_mark(void **state)
{
    (void)state;
    check("\"\\u0301\\u20ddAna\"", "Ana");
    check("\"\\u0301\"", NULL);
}

static void names_of_members_are_cleaned_too(void **state)
{
    struct cJSON *data = NULL;
    struct fup_err err;

    (void)state;
    assert_int_equal(FUP_OK,
                     fup_clean_attributes("{\"o\":{\"a\\u202eb\":1,\"\\n\":2,"
                                          "\"c.de\":3}}",
                                          &data, &err));
    assert_non_null(cJSON_GetObjectItem(data->child, "ab"));
    assert_non_null(cJSON_GetObjectItem(data->child, "c.de"));
    assert_int_equal(cJSON_GetArraySize(data->child), 2);
    cJSON_Delete(data);
}

static void joiners_and_emoji_stay(void **state)
{
    (void)state;
    check("\"\\ud83d\\udc69\\u200d\\ud83d\\udcbb\"",
          "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb");
}

static void text_is_in_nfc(void **state)
{
    (void)state;
    check("\"Jose\\u0301\"", "Jos\xc3\xa9");
    check("\"\\u1100\\u1161\"", "\xea\xb0\x80");
}

static void text_of_which_nothing_remains_is_missing(void **state)
{
    (void)state;
    check("\"\"", NULL);
    check("\"  \\n\"", NULL);
    check("\"\\u200e\\u0007\"", NULL);
    check("\"\\u200d\\ufe0f\"", NULL);
    check("\"\\u3164\\u2800\"", NULL);
    check("null", NULL);
}

static void bytes_that_are_no_utf8_go(void **state)
{
    (void)state;
    check("\"a\xff\xc0\x80"
          "b\xed\xa0\x80"
          "c\xe2\x82\"",
          "abc");
}

/* @n times @unit, as JSON. */
static void repeat(char *json, const char *unit, int n)
{
    json += sprintf(json, "\"");
    for (int i = 0; i < n; i++) {
        json += sprintf(json, "%s", unit);
    }
    (void)sprintf(json, "\"");
}

static void check_length(const char *unit, int times, size_t expected)
{
    char json[4096];
    char text[4200];
    struct cJSON *data = NULL;
    struct fup_err err;

    repeat(json, unit, times);
    (void)snprintf(text, sizeof text, "{\"x\":%s}", json);
    assert_int_equal(FUP_OK, fup_clean_attributes(text, &data, &err));
    assert_int_equal(
        expected, strlen(cJSON_GetStringValue(cJSON_GetObjectItem(data, "x"))));
    cJSON_Delete(data);
}

static void long_text_is_cut_between_graphemes(void **state)
{
    (void)state;
    check_length("x", 200, 200);
    check_length("x", 201, 200);
    check_length("x", 3000, 200);
    check_length("\xc3\xa9", 101, 200);
    check_length("\xe6\x9d\xb1", 100, 198);
    /* A family of three is 18 bytes and not to be torn apart. */
    check_length("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7\xe2\x80\x8d"
                 "\xf0\x9f\x91\xa6",
                 20, 198);
    /* A space at the cut goes. */
    check_length("abcd ", 100, 199);
}

static void texts_in_lists_and_objects_are_cleaned(void **state)
{
    struct cJSON *data = NULL;
    struct fup_err err;
    char *text;

    (void)state;
    assert_int_equal(
        FUP_OK,
        fup_clean_attributes("{\"a\":[\" x \",{\"b\":\"\\u0002y\"}],\"n\":1.5,"
                             "\"t\":true}",
                             &data, &err));
    text = cJSON_PrintUnformatted(data);
    assert_string_equal(text,
                        "{\"a\":[\"x\",{\"b\":\"y\"}],\"n\":1.5,\"t\":true}");
    cJSON_free(text);
    cJSON_Delete(data);
}

static void what_is_too_deep_too_long_or_no_json_is_refused(void **state)
{
    struct cJSON *data = NULL;
    struct fup_err err;
    char deep[256] = "{\"a\":";
    char *large = malloc(FUP_ATTRIBUTES_MAX + 16);

    (void)state;
    assert_non_null(large);
    memset(deep + 5, '[', 40);
    memset(deep + 45, ']', 40);
    deep[85] = '}';
    deep[86] = '\0';
    assert_int_equal(FUP_ELIMIT, fup_clean_attributes(deep, &data, &err));
    memset(large, ' ', FUP_ATTRIBUTES_MAX + 1);
    large[FUP_ATTRIBUTES_MAX + 1] = '\0';
    assert_int_equal(FUP_ELIMIT, fup_clean_attributes(large, &data, &err));
    free(large);
    assert_int_equal(FUP_EPARSE, fup_clean_attributes("{x", &data, &err));
    assert_string_equal(err.msg, "the attributes are no JSON");
    assert_null(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_adapter_tells_us_alone_is_no_value),
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(control_characters_go_and_white_space_is_one_space),
        cmocka_unit_test(marks_of_direction_go),
        cmocka_unit_test(a_value_with_a_link_is_missing),
        cmocka_unit_test(a_value_does_not_begin_with_a_mark),
        cmocka_unit_test(names_of_members_are_cleaned_too),
        cmocka_unit_test(joiners_and_emoji_stay),
        cmocka_unit_test(text_is_in_nfc),
        cmocka_unit_test(text_of_which_nothing_remains_is_missing),
        cmocka_unit_test(bytes_that_are_no_utf8_go),
        cmocka_unit_test(long_text_is_cut_between_graphemes),
        cmocka_unit_test(texts_in_lists_and_objects_are_cleaned),
        cmocka_unit_test(what_is_too_deep_too_long_or_no_json_is_refused),
    };

    return cmocka_run_group_tests_name("clean", tests, NULL, NULL);
}
