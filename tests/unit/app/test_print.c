#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "print.h"

static void assert_prints(const char *json, const char *expected)
{
    cJSON *tree = cJSON_Parse(json);
    struct fup_buf out;

    assert_non_null(tree);
    fup_buf_init(&out, 65536);
    fup_print_tree(tree, FUP_PRINT_TABLE, &out);
    assert_string_equal(fup_buf_text(&out), expected);
    fup_buf_done(&out);
    cJSON_Delete(tree);
}

static void fields_are_lines_and_objects_are_sections(void **state)
{
    (void)state;
    assert_prints("{\"ok\":true,\"next\":{\"due_at\":\"x\",\"step\":2}}",
                  "ok                       yes\n"
                  "next\n"
                  "  due at                   x\n"
                  "  step                     2\n");
}

static void arrays_of_objects_are_tables(void **state)
{
    (void)state;
    assert_prints("{\"rows\":[{\"a\":1,\"none\":null,\"b\":\"x\"},"
                  "{\"a\":100,\"none\":null,\"b\":null}]}",
                  "rows\n"
                  "  a    b\n"
                  "  1    x\n"
                  "  100  -\n");
}

static void columns_count_characters_not_bytes(void **state)
{
    (void)state;
    assert_prints("[{\"a\":\"\xc3\xa4\xc3\xb6\",\"b\":1},"
                  "{\"a\":\"xyz\",\"b\":2}]",
                  "  a    b\n"
                  "  \xc3\xa4\xc3\xb6   1\n"
                  "  xyz  2\n");
}

static void what_says_nothing_is_left_out(void **state)
{
    (void)state;
    assert_prints("{\"a\":null,\"b\":[],\"c\":{},\"d\":0}",
                  "d                        0\n");
}

static void control_characters_are_blanked(void **state)
{
    (void)state;
    assert_prints("{\"a\":\"x\\u001b[2J\\ny\"}",
                  "a                        x [2J y\n");
}

static void json_is_one_line(void **state)
{
    cJSON *tree = cJSON_Parse("{ \"a\": null,\n \"b\": [1] }");
    struct fup_buf out;
    (void)state;

    fup_buf_init(&out, 65536);
    fup_print_tree(tree, FUP_PRINT_JSON, &out);
    assert_string_equal(fup_buf_text(&out), "{\"a\":null,\"b\":[1]}\n");
    fup_buf_done(&out);
    cJSON_Delete(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_lines_and_objects_are_sections),
        cmocka_unit_test(arrays_of_objects_are_tables),
        cmocka_unit_test(columns_count_characters_not_bytes),
        cmocka_unit_test(what_says_nothing_is_left_out),
        cmocka_unit_test(control_characters_are_blanked),
        cmocka_unit_test(json_is_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
