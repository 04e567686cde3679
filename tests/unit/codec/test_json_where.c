/* Positions in JSON texts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "json_where.h"

static const char text[] = "{\n"
                           "  \"a:b\": [1, {\"c\": \"}:\\\"\"}, -2.5e3],\n"
                           "  \"\xc3\xa9\": null, \"z\" : {}\n"
                           "}\n";

static void expect(const struct cJSON *root,
                   const struct cJSON *item,
                   bool key,
                   int line,
                   int column)
{
    size_t at = fup_json_offset(text, sizeof text - 1, root, item, key);
    int l;
    int c;

    fup_json_position(text, at, &l, &c);
    assert_int_equal(l, line);
    assert_int_equal(c, column);
}

static void finds_names_and_values(void **state)
{
    struct cJSON *root = cJSON_Parse(text);
    struct cJSON *list = root->child;
    struct cJSON *object = list->child->next;
    struct cJSON *accent = list->next;

    (void)state;
    expect(root, root, false, 1, 1);
    expect(root, list, true, 2, 3);
    expect(root, list, false, 2, 10);
    expect(root, list->child, false, 2, 11);
    expect(root, object->child, true, 2, 15);
    expect(root, object->child, false, 2, 20);
    expect(root, object->next, false, 2, 29);
    expect(root, accent, true, 3, 3);
    expect(root, accent, false, 3, 8);
    /* columns count characters, not bytes */
    expect(root, accent->next, true, 3, 14);
    expect(root, accent->next, false, 3, 20);
    cJSON_Delete(root);
}

static enum fup_code scan(const char *json, size_t len, size_t *ret_offset)
{
    struct fup_err err;

    return fup_json_scan(json, len, ret_offset, &err);
}

static void refuses_what_the_parser_would_let_pass(void **state)
{
    static const struct {
        const char *json;
        size_t len;
        size_t offset;
    } rows[] = {
        {"{\"a\":\"x\0y\"}", 11, 7}, {"\"\\u0000\"", 8, 1},  {"\"a\nb\"", 5, 2},
        {"\"\xc0\xaf\"", 4, 1},      {"\"\xe2\x82\"", 4, 1},
    };

    size_t offset;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(scan(rows[i].json, rows[i].len, &offset), FUP_EPARSE);
        assert_int_equal(offset, rows[i].offset);
    }
    assert_int_equal(scan("\"\\\\u0000 \\\" ok\"", 15, &offset), FUP_OK);
}

static void refuses_deep_nesting(void **state)
{
    char deep[FUP_JSON_DEPTH_MAX + 1];
    size_t offset;

    (void)state;
    memset(deep, '[', sizeof deep);
    assert_int_equal(scan(deep, FUP_JSON_DEPTH_MAX, &offset), FUP_OK);
    assert_int_equal(scan(deep, FUP_JSON_DEPTH_MAX + 1, &offset), FUP_ELIMIT);
    assert_int_equal(offset, FUP_JSON_DEPTH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_names_and_values),
        cmocka_unit_test(refuses_what_the_parser_would_let_pass),
        cmocka_unit_test(refuses_deep_nesting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
