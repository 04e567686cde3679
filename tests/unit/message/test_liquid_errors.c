/* Liquid: what is refused, when compiling and when rendering. */

#include <stdio.h>

#include "liquid_support.h"

static void what_is_not_closed_is_said_with_its_place(void **state)
{
    static const struct liquid_row rows[] = {
        {"a\n {{ x", NULL, "line 2, column 2: \"{{\" is not closed",
         FUP_EPARSE},
        {"{% if x", NULL, "line 1, column 1: \"{%\" is not closed", FUP_EPARSE},
        {"\n\n  {% if x %}", NULL, "line 3, column 3: \"if\" is not closed",
         FUP_EPARSE},
        {"{% unless x %}", NULL, "line 1, column 1: \"unless\" is not closed",
         FUP_EPARSE},
        {"{% case x %}", NULL, "line 1, column 1: \"case\" is not closed",
         FUP_EPARSE},
        {"{% for x in y %}", NULL, "line 1, column 1: \"for\" is not closed",
         FUP_EPARSE},
        {"{% capture x %}", NULL, "line 1, column 1: \"capture\" is not closed",
         FUP_EPARSE},
        {"x{% raw %}", NULL, "line 1, column 2: \"raw\" is not closed",
         FUP_EPARSE},
        {"{% comment %}", NULL, "line 1, column 1: \"comment\" is not closed",
         FUP_EPARSE},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void errors_in_outputs_say_line_and_column(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ x | nope }}", NULL,
         "line 1, column 8: there is no filter \"nope\"", FUP_EPARSE},
        {"{{ x | append }}", NULL,
         "line 1, column 8: \"append\" takes 1 argument, not 0", FUP_EPARSE},
        {"{{ x | replace: 1, 2, 3 }}", NULL,
         "line 1, column 8: \"replace\" takes at most 2 arguments, not 3",
         FUP_EPARSE},
        {"{{ x | replace }}", NULL,
         "line 1, column 8: \"replace\" takes at least 1 argument, not 0",
         FUP_EPARSE},
        {"{{ x | }}", NULL, "line 1, column 8: expected the name of a filter",
         FUP_EPARSE},
        {"{{ 'abc }}", NULL, "line 1, column 4: this text has no closing quote",
         FUP_EPARSE},
        {"{{ x.1 }}", NULL,
         "line 1, column 6: expected a name after the dot, found \"1\"",
         FUP_EPARSE},
        {"{{ x[1 }}", NULL, "line 1, column 8: expected \"]\"", FUP_EPARSE},
        {"{{ (1..2 }}", NULL, "line 1, column 10: expected \")\"", FUP_EPARSE},
        {"{{ (1) }}", NULL, "line 1, column 6: expected \"..\", found \")\"",
         FUP_EPARSE},
        {"{{ x y }}", NULL,
         "line 1, column 6: expected the end of the tag, found \"y\"",
         FUP_EPARSE},
        {"{{ \xe2\x80\x9cx }}", NULL,
         "line 1, column 4: expected a value, found \"\xe2\x80\x9c\"",
         FUP_EPARSE},
        {"{{ 1234567890123456789 }}", NULL,
         "line 1, column 4: this number is too long", FUP_EPARSE},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void errors_in_tags_say_line_and_column(void **state)
{
    static const struct liquid_row rows[] = {
        {"{% if x %}{% endfor %}", NULL,
         "line 1, column 11: unexpected tag \"endfor\"", FUP_EPARSE},
        {"{% else %}", NULL, "line 1, column 1: unexpected tag \"else\"",
         FUP_EPARSE},
        {"{% include 'x' %}", NULL,
         "line 1, column 1: unexpected tag \"include\"", FUP_EPARSE},
        {"{% %}", NULL, "line 1, column 1: unexpected tag \"\"", FUP_EPARSE},
        {"{% if %}{% endif %}", NULL, "line 1, column 6: expected a value",
         FUP_EPARSE},
        {"{% if x == %}{% endif %}", NULL,
         "line 1, column 11: expected a value", FUP_EPARSE},
        {"{% if x and %}{% endif %}", NULL,
         "line 1, column 12: expected a value", FUP_EPARSE},
        {"{% assign x %}", NULL, "line 1, column 12: expected \"=\"",
         FUP_EPARSE},
        {"{% assign 1 = 2 %}", NULL,
         "line 1, column 11: expected the name of a variable, found \"1\"",
         FUP_EPARSE},
        {"{% assign x? = 2 %}", NULL,
         "line 1, column 11: a name that is set cannot end in \"?\"",
         FUP_EPARSE},
        {"{% for x of y %}{% endfor %}", NULL,
         "line 1, column 10: expected \"in\"", FUP_EPARSE},
        {"{% for x in y by: 2 %}{% endfor %}", NULL,
         "line 1, column 15: expected \"limit\", \"offset\" or \"reversed\"",
         FUP_EPARSE},
        {"{% for x in y limit 2 %}{% endfor %}", NULL,
         "line 1, column 21: expected \":\"", FUP_EPARSE},
        {"{% case x %}{% when %}{% endcase %}", NULL,
         "line 1, column 20: expected a value", FUP_EPARSE},
        {"{% break now %}", NULL,
         "line 1, column 10: expected the end of the tag, found \"now\"",
         FUP_EPARSE},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void limits_hold_at_run_time(void **state)
{
    static const struct liquid_row rows[] = {
        {"{% for i in (1..10001) %}{% assign x = i %}{% endfor %}", NULL,
         "line 1, column 13: more than 10000 rounds of loops", FUP_ELIMIT},
        {"{% for i in (1..101) %}{% for j in (1..100) %}"
         "{% assign x = j %}{% endfor %}{% endfor %}",
         NULL, "line 1, column 36: more than 10000 rounds of loops",
         FUP_ELIMIT},
        {"{% for i in (1..900000000000000000) %}{% endfor %}", NULL,
         "the text takes too much memory: over a limit", FUP_ELIMIT},
        {"{% for i in (1..5000) %}{{ 'abcdefghijklmnop' }}{% endfor %}", NULL,
         "the text has more than 65536 bytes", FUP_ELIMIT},
        {"{% assign x = 'ab' %}{% for i in (1..30) %}"
         "{% assign x = x | append: x %}{% endfor %}",
         NULL, "the text takes too much memory: over a limit", FUP_ELIMIT},
        {"{% assign x = (1..3000) | uniq %}", NULL,
         "the text takes too much work", FUP_ELIMIT},
    };

    (void)state;
    CHECK_LAX(rows);
}

/* @n times @before, then @n times @after. */
static char *nest(const char *before, const char *after, size_t n)
{
    char *text = malloc(n * (strlen(before) + strlen(after)) + 1);

    assert_non_null(text);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        memcpy(text + i * strlen(before), before, strlen(before) + 1);
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(text + n * strlen(before) + i * strlen(after), after,
               strlen(after) + 1);
    }
    return text;
}

static enum fup_code
compile_nested(const char *before, const char *after, size_t n)
{
    struct fup_liquid *liquid = NULL;
    struct fup_err err;
    char *text = nest(before, after, n);
    enum fup_code code = fup_liquid_compile(text, strlen(text), &liquid, &err);

    fup_liquid_free(liquid);
    free(text);
    return code;
}

/* [{"k0":0,…},{"k0":0,…}] with @n members each. */
static struct cJSON *twins(int n)
{
    struct cJSON *data = cJSON_CreateObject();

    for (const char *name = "ab"; *name != '\0'; name++) {
        struct cJSON *twin = cJSON_CreateObject();
        char key[16] = {*name, '\0'};

        cJSON_AddItemToObject(data, key, twin);
        for (int i = 0; i < n; i++) {
            (void)snprintf(key, sizeof key, "k%d", i);
            assert_non_null(cJSON_AddNumberToObject(twin, key, i));
        }
    }
    return data;
}

static void comparing_large_objects_is_work(void **state)
{
    static const char source[] = "{% for i in (1..50) %}{% if a == b %}x"
                                 "{% endif %}{% endfor %}";
    struct cJSON *data = twins(50);
    struct fup_buf out;
    struct fup_err err;

    (void)state;
    assert_int_equal(FUP_OK,
                     liquid_render(source, data, FUP_LIQUID_LAX, &out, &err));
    assert_int_equal(50, out.len);
    fup_buf_done(&out);
    cJSON_Delete(data);
    data = twins(500);
    assert_int_equal(FUP_ELIMIT,
                     liquid_render(source, data, FUP_LIQUID_LAX, &out, &err));
    assert_string_equal(err.msg, "the text takes too much work");
    fup_buf_done(&out);
    cJSON_Delete(data);
}

static void limits_hold_when_compiling(void **state)
{
    (void)state;
    assert_int_equal(FUP_OK, compile_nested("{% if a %}", "{% endif %}", 64));
    assert_int_equal(FUP_ELIMIT,
                     compile_nested("{% if a %}", "{% endif %}", 65));
    assert_int_equal(FUP_ELIMIT,
                     compile_nested("{% for a in a %}", "{% endfor %}", 2000));
    assert_int_equal(FUP_ELIMIT, compile_nested("{{ ", "}}", 40000));
    assert_int_equal(FUP_OK, compile_nested("x", "y", 32768));
    assert_int_equal(FUP_ELIMIT, compile_nested("x", "yy", 21846));
}

static void brackets_inside_one_another_are_limited(void **state)
{
    struct fup_liquid *liquid = NULL;
    struct fup_err err;
    char *brackets = nest("a[", "]", 17);
    char text[128];

    (void)state;
    (void)snprintf(text, sizeof text, "{{ %.34s0%s }}", brackets,
                   brackets + 34);
    assert_int_equal(FUP_ELIMIT,
                     fup_liquid_compile(text, strlen(text), &liquid, &err));
    (void)snprintf(text, sizeof text, "{{ %.32s0%s }}", brackets,
                   brackets + 35);
    assert_int_equal(FUP_OK,
                     fup_liquid_compile(text, strlen(text), &liquid, &err));
    fup_liquid_free(liquid);
    free(brackets);
}

static void a_long_chain_of_conditions_needs_no_stack(void **state)
{
    static const char form[] = "{%% if %strue %%}yes{%% endif %%}";
    char *chain = nest("a or ", "", 10000);
    size_t size = strlen(chain) + sizeof form;
    char *text = malloc(size);
    struct fup_buf out;
    struct fup_err err;

    (void)state;
    assert_non_null(text);
    (void)snprintf(text, size, form, chain);
    assert_int_equal(FUP_OK,
                     liquid_render(text, NULL, FUP_LIQUID_STRICT, &out, &err));
    assert_string_equal(fup_buf_text(&out), "yes");
    fup_buf_done(&out);
    free(chain);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_closed_is_said_with_its_place),
        cmocka_unit_test(errors_in_outputs_say_line_and_column),
        cmocka_unit_test(errors_in_tags_say_line_and_column),
        cmocka_unit_test(limits_hold_at_run_time),
        cmocka_unit_test(comparing_large_objects_is_work),
        cmocka_unit_test(limits_hold_when_compiling),
        cmocka_unit_test(brackets_inside_one_another_are_limited),
        cmocka_unit_test(a_long_chain_of_conditions_needs_no_stack),
    };

    return cmocka_run_group_tests_name("liquid_errors", tests, NULL, NULL);
}
