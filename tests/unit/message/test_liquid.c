/* Liquid: output, tags and what is refused. */

#include "liquid_support.h"

static void a_missing_value_is_an_error_in_strict_mode(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ name }}", NULL, "line 1, column 4: \"name\" is missing",
         FUP_ENOENT},
        {"{{ a.b[0] }}", NULL, "line 1, column 4: \"a.b[0]\" is missing",
         FUP_ENOENT},
        {"{{ name }}", "{\"name\":null}",
         "line 1, column 4: \"name\" is missing", FUP_ENOENT},
        {"{{ name | default: 'you' }}", NULL, "you", FUP_OK},
        {"{{ name | default: other }}", NULL,
         "line 1, column 4: \"other\" is missing", FUP_ENOENT},
        {"{% assign x = name %}{{ x }}", NULL,
         "line 1, column 25: \"name\" is missing", FUP_ENOENT},
        {"{% if name %}a{% else %}b{% endif %}", NULL, "b", FUP_OK},
        {"{% for x in names %}a{% else %}b{% endfor %}", NULL, "b", FUP_OK},
        {"{{ name }}", "{\"name\":{}}",
         "line 1, column 4: \"name\" is an object, not a text", FUP_EINVAL},
        {"{{ nil }}{{ '' }}", NULL, "", FUP_OK},
    };

    (void)state;
    CHECK_STRICT(rows);
}

static void a_missing_value_is_empty_in_lax_mode(void **state)
{
    static const struct liquid_row rows[] = {
        {"[{{ name }}]", NULL, "[]", FUP_OK},
        {"[{{ name.first }}]", NULL, "[]", FUP_OK},
        {"{{ name | default: 'you' }}", "{\"name\":\"\"}", "you", FUP_OK},
        {"{{ name | default: 'you' }}", "{\"name\":\"Ana\"}", "Ana", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void a_value_that_looks_like_a_template_stays_text(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ x }}", "{\"x\":\"{{ y }}{% if %}\",\"y\":\"!\"}",
         "{{ y }}{% if %}", FUP_OK},
    };

    (void)state;
    CHECK_STRICT(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_value_is_an_error_in_strict_mode),
        cmocka_unit_test(a_missing_value_is_empty_in_lax_mode),
        cmocka_unit_test(a_value_that_looks_like_a_template_stays_text),
    };

    return cmocka_run_group_tests_name("liquid", tests, NULL, NULL);
}
