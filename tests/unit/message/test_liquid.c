/* Liquid: output, tags, white space, strict and lax, what is refused. */

#include "liquid_support.h"

static void a_missing_value_is_an_error_in_strict_mode(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ name }}", NULL, "line 1, column 4: \"name\" is missing",
         FUP_ENOENT},
        {"a\nbc {{ a.b[0] }}", NULL, "line 2, column 7: \"a.b[0]\" is missing",
         FUP_ENOENT},
        {"{{ name }}", "{\"name\":null}",
         "line 1, column 4: \"name\" is missing", FUP_ENOENT},
        {"{% echo name %}", NULL, "line 1, column 9: \"name\" is missing",
         FUP_ENOENT},
        {"{{ a.first }}", "{\"a\":[]}",
         "line 1, column 4: \"a.first\" is missing", FUP_ENOENT},
        {"{% capture x %}{{ name }}{% endcapture %}", NULL,
         "line 1, column 19: \"name\" is missing", FUP_ENOENT},
        {"{{ nil }}{{ '' }}", NULL, "", FUP_OK},
        {"{{ name }}", "{\"name\":\"\"}", "", FUP_OK},
    };

    (void)state;
    CHECK_STRICT(rows);
}

static void a_missing_value_stays_missing_until_a_default(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ name | default: 'you' }}", NULL, "you", FUP_OK},
        {"{{ name | upcase | default: 'you' }}", NULL, "you", FUP_OK},
        {"{{ name | append: '!' | default: 'you' }}", NULL, "you", FUP_OK},
        {"{{ 'Hi ' | append: name | default: 'Hi' }}", NULL, "Hi", FUP_OK},
        {"{{ name | upcase }}", NULL, "line 1, column 4: \"name\" is missing",
         FUP_ENOENT},
        {"{{ 'Hi ' | append: name }}", NULL,
         "line 1, column 20: \"name\" is missing", FUP_ENOENT},
        {"{{ name | default: other }}", NULL,
         "line 1, column 20: \"other\" is missing", FUP_ENOENT},
        {"{{ a | default: b | default: 'c' }}", NULL, "c", FUP_OK},
        {"{% assign x = name %}{{ x }}", NULL,
         "line 1, column 15: \"name\" is missing", FUP_ENOENT},
        {"{% assign x = name | default: 'you' %}{{ x }}", NULL, "you", FUP_OK},
        {"{{ list | first }}", "{\"list\":[]}",
         "line 1, column 4: \"list\" is missing", FUP_ENOENT},
        {"{{ list | first | default: 'x' }}", "{\"list\":[]}", "x", FUP_OK},
    };

    (void)state;
    CHECK_STRICT(rows);
}

static void strict_conditions_and_loops_may_meet_missing_values(void **state)
{
    static const struct liquid_row rows[] = {
        {"{% if name %}a{% else %}b{% endif %}", NULL, "b", FUP_OK},
        {"{% unless a.b.c == 1 %}a{% endunless %}", NULL, "a", FUP_OK},
        {"{% if name == nil and name == blank %}a{% endif %}", NULL, "a",
         FUP_OK},
        {"{% if n > 5 %}a{% else %}b{% endif %}", NULL, "b", FUP_OK},
        {"{% case x %}{% when 'a' %}a{% else %}b{% endcase %}", NULL, "b",
         FUP_OK},
        {"{% for x in xs %}a{% else %}b{% endfor %}", NULL, "b", FUP_OK},
        {"{% for x in (1..3) limit: n %}{{ x }}{% endfor %}", NULL, "123",
         FUP_OK},
    };

    (void)state;
    CHECK_STRICT(rows);
}

static void an_object_is_not_printed_strictly(void **state)
{
    static const struct liquid_row strict[] = {
        {"{{ name }}", "{\"name\":{\"a\":1}}",
         "line 1, column 4: \"name\" is an object, not a text", FUP_EINVAL},
        {"{{ name.a }}", "{\"name\":{\"a\":1}}", "1", FUP_OK},
        {"{{ l }}", "{\"l\":[1,[2,{}]]}",
         "line 1, column 4: \"l\" is an object, not a text", FUP_EINVAL},
        {"{{ l | reverse }}", "{\"l\":[1,[2,{}]]}",
         "line 1, column 4: \"l\" is an object, not a text", FUP_EINVAL},
        {"{{ l | join: ', ' }}", "{\"l\":[1,{}]}",
         "line 1, column 8: \"join\" finds an object, not a text", FUP_EINVAL},
        {"{{ l }}{{ l | join: ', ' }}", "{\"l\":[1,2]}", "121, 2", FUP_OK},
    };
    static const struct liquid_row lax[] = {
        {"{{ name }}", "{\"name\":{\"a\":1}}", "{\"a\":1}", FUP_OK},
    };

    (void)state;
    CHECK_STRICT(strict);
    CHECK_LAX(lax);
}

static void a_missing_value_is_empty_in_lax_mode(void **state)
{
    static const struct liquid_row rows[] = {
        {"[{{ name }}]", NULL, "[]", FUP_OK},
        {"[{{ name.first[2] }}]", NULL, "[]", FUP_OK},
        {"[{{ 'a' | append: name }}]", NULL, "[a]", FUP_OK},
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
        {"{% capture c %}{{ x }}{% endcapture %}{{ c | append: '!' }}",
         "{\"x\":\"{{ y }}\",\"y\":\"!\"}", "{{ y }}!", FUP_OK},
        {"{{ [x] }}", "{\"x\":\"{{ y }}\",\"{{ y }}\":\"b\"}", "b", FUP_OK},
    };

    (void)state;
    CHECK_STRICT(rows);
}

static void literals_and_paths_print(void **state)
{
    static const struct liquid_row rows[] = {
        {"a{b}c%d{ {e} }", NULL, "a{b}c%d{ {e} }", FUP_OK},
        {"{{ 'a' }}{{ \"b'c\" }}{{ 1 }}{{ -2 }}{{ 1.50 }}{{ true }}", NULL,
         "ab'c1-21.5true", FUP_OK},
        {"{{ a.b.c }}{{ a['b']['c'] }}{{ a[k].c }}",
         "{\"a\":{\"b\":{\"c\":7}},\"k\":\"b\"}", "777", FUP_OK},
        {"{{ l[0] }}{{ l[-1] }}{{ l.first }}{{ l.last }}{{ l.size }}",
         "{\"l\":[4,5,6]}", "46463", FUP_OK},
        {"{{ 's'.size }}", NULL,
         "line 1, column 7: expected the end of the "
         "tag, found \".\"",
         FUP_EPARSE},
        {"{{ s.size }}{{ o.size }}",
         "{\"s\":\"\\u00e9\\u00e8\",\"o\":{\"a\":1}}", "21", FUP_OK},
        {"{{ n }}{{ f }}{{ l }}", "{\"n\":5,\"f\":2.25,\"l\":[1,[2,\"x\"]]}",
         "52.2512x", FUP_OK},
        {"{{ big }} {{ neg }}", "{\"big\":9007199254740992,\"neg\":-1}",
         "9007199254740992 -1", FUP_OK},
        {"{{ (1..3) }}{{ r }}", "{\"r\":\"\\u2603\"}", "1..3\xe2\x98\x83",
         FUP_OK},
        {"{{ A }}", "{\"a\":1,\"A\":2}", "2", FUP_OK},
        {"{{ (a..b) | join }}", "{\"a\":2,\"b\":\"4\"}", "2 3 4", FUP_OK},
        {"{{}}{{ }}x", NULL, "x", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void conditions_choose(void **state)
{
    static const struct liquid_row rows[] = {
        {"{% if n == 1 %}a{% elsif n == 2 %}b{% else %}c{% endif %}",
         "{\"n\":2}", "b", FUP_OK},
        {"{% if n != 2 or n <> 2 %}a{% else %}b{% endif %}", "{\"n\":2}", "b",
         FUP_OK},
        {"{% if 1 < 2 and 2 <= 2 and 3 > 2.5 and 3 >= 3 %}a{% endif %}", NULL,
         "a", FUP_OK},
        {"{% if false and false or true %}a{% else %}b{% endif %}", NULL, "b",
         FUP_OK},
        {"{% if true or false and false %}a{% else %}b{% endif %}", NULL, "a",
         FUP_OK},
        {"{% if 'abc' contains 'b' %}a{% endif %}", NULL, "a", FUP_OK},
        {"{% if l contains 2 %}a{% endif %}{% if o contains 'k' %}b{% endif %}",
         "{\"l\":[1,2],\"o\":{\"k\":null}}", "ab", FUP_OK},
        {"{% if (1..5) contains 5 %}a{% endif %}", NULL, "a", FUP_OK},
        {"{% if '1' == 1 %}a{% else %}b{% endif %}", NULL, "b", FUP_OK},
        {"{% if a == b %}a{% endif %}",
         "{\"a\":[1,{\"x\":2}],\"b\":[1,{\"x\":2}]}", "a", FUP_OK},
        {"{% if a == b %}a{% else %}b{% endif %}", "{\"a\":[1],\"b\":[1,2]}",
         "b", FUP_OK},
        {"{% if '  ' == blank %}a{% endif %}{% if '  ' == empty %}b{% endif %}",
         NULL, "a", FUP_OK},
        {"{% unless x %}a{% else %}b{% endunless %}", "{\"x\":0}", "b", FUP_OK},
        {"{% unless true %}a{% elsif 1 == 1 %}b{% endunless %}", NULL, "b",
         FUP_OK},
        {"{% if 'a' < 1 %}{% endif %}x", NULL,
         "line 1, column 11: a text and a number cannot be compared",
         FUP_EINVAL},
        {"{% case n %}{% when 1, 2 %}a{% when 3 or 4 %}b{% else %}c{% endcase "
         "%}",
         "{\"n\":4}", "b", FUP_OK},
        {"{% case n %} lost {% when 'x' %}a{% else %}c{% endcase %}", NULL, "c",
         FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void variables_are_assigned_and_captured(void **state)
{
    static const struct liquid_row rows[] = {
        {"{% assign a = 'x' | append: 'y' %}{{ a }}", NULL, "xy", FUP_OK},
        {"{% assign a = b.c %}{{ a }}", "{\"a\":1,\"b\":{\"c\":2}}", "2",
         FUP_OK},
        {"{% capture a %}<{{ b }}>{% endcapture %}{{ a }}{{ a }}",
         "{\"b\":\"x\"}", "<x><x>", FUP_OK},
        {"{% capture a %}{% endcapture %}[{{ a }}]", NULL, "[]", FUP_OK},
        {"{% for i in (1..2) %}{% assign last = i %}{% endfor %}{{ last }}",
         NULL, "2", FUP_OK},
    };

    (void)state;
    CHECK_STRICT(rows);
}

static void loops_run(void **state)
{
    static const struct liquid_row rows[] = {
        {"{% for i in (1..5) %}{{ i }}{% endfor %}", NULL, "12345", FUP_OK},
        {"{% for i in l reversed limit: 2 offset: 1 %}{{ i }}{% endfor %}",
         "{\"l\":[1,2,3,4]}", "32", FUP_OK},
        {"{% for i in l %}{% if i == 2 %}{% continue %}{% endif %}"
         "{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}.",
         "{\"l\":[1,2,3,4,5]}", "13.", FUP_OK},
        {"{% for p in o %}{{ p[0] }}={{ p[1] }};{% endfor %}",
         "{\"o\":{\"a\":1,\"b\":2}}", "a=1;b=2;", FUP_OK},
        {"{% for i in l %}{{ forloop.index }}/{{ forloop.length }}"
         "{% if forloop.last %}.{% endif %}{{ forloop.rindex0 }} {% endfor %}",
         "{\"l\":[\"a\",\"b\"]}", "1/21 2/2.0 ", FUP_OK},
        {"{% for i in (1..2) %}{% for j in (1..2) %}"
         "{% if j == 2 %}{% break %}{% endif %}{{ i }}{{ j }} "
         "{% endfor %}{% endfor %}",
         NULL, "11 21 ", FUP_OK},
        {"{% for i in (3..1) %}x{% else %}none{% endfor %}", NULL, "none",
         FUP_OK},
        {"{% for i in (1..2) offset: 5 %}x{% else %}none{% endfor %}", NULL,
         "none", FUP_OK},
        {"{% for i in (1..3) limit: -1 %}{{ i }}{% endfor %}", NULL, "",
         FUP_OK},
        {"{% for i in (1..3) offset: 'x' %}{% endfor %}", NULL,
         "line 1, column 13: limit and offset are whole numbers, not a text",
         FUP_EINVAL},
        {"{% break %}never", NULL, "", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void comments_and_raw_text(void **state)
{
    static const struct liquid_row rows[] = {
        {"a{% comment %}{{ x }{% if %}{% endcomment %}b", NULL,
         "line 1, column 15: \"{{\" is not closed", FUP_EPARSE},
        {"a{% comment %}{{ x | nope }}{% if %}{% endcomment %}b", NULL, "ab",
         FUP_OK},
        {"a{% # no {{ x %}b", NULL, "ab", FUP_OK},
        {"{% # one\n  # two %}b", NULL, "b", FUP_OK},
        {"{% # one\n  two %}b", NULL,
         "line 2, column 3: every line of this comment starts with \"#\"",
         FUP_EPARSE},
        {"{% raw %}{{ x }}{% y %}{% endraw %}", NULL, "{{ x }}{% y %}", FUP_OK},
        {"a {%- raw -%} b {%- endraw -%} c", NULL, "abc", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void white_space_control_trims(void **state)
{
    static const struct liquid_row rows[] = {
        {" a {{- 1 -}} b ", NULL, " a1b ", FUP_OK},
        {" a \n{%- if true -%}\n b \n{%- endif -%}\n c ", NULL, " abc ",
         FUP_OK},
        {"a {%- assign x = 1 -%} b", NULL, "ab", FUP_OK},
        {"a{% if true %} \n {% assign x = 1 %} \n {% endif %}b", NULL, "ab",
         FUP_OK},
        {"a{% if true %} {{ '' }} {% endif %}b", NULL, "a  b", FUP_OK},
        {"{{- -1 -}}", NULL, "-1", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void a_template_renders_again_with_other_data(void **state)
{
    static const char source[] = "{% if x %}{% assign y = x %}{% endif %}"
                                 "{% for i in (1..3) limit: 1 %}{% endfor %}"
                                 "{% for i in (1..3) offset: continue %}"
                                 "{{ i }}{% endfor %}{{ y | default: '-' }}";
    struct fup_liquid *liquid = NULL;
    struct cJSON *data = cJSON_Parse("{\"x\":\"a\"}");
    struct fup_buf out;
    struct fup_err err;

    (void)state;
    fup_buf_init(&out, 100);
    assert_int_equal(FUP_OK,
                     fup_liquid_compile(source, strlen(source), &liquid, &err));
    assert_int_equal(
        FUP_OK, fup_liquid_render(liquid, data, FUP_LIQUID_LAX, &out, &err));
    assert_int_equal(
        FUP_OK, fup_liquid_render(liquid, NULL, FUP_LIQUID_LAX, &out, &err));
    assert_string_equal(fup_buf_text(&out), "23a23-");
    fup_buf_done(&out);
    cJSON_Delete(data);
    fup_liquid_free(liquid);
    fup_liquid_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_value_is_an_error_in_strict_mode),
        cmocka_unit_test(a_missing_value_stays_missing_until_a_default),
        cmocka_unit_test(strict_conditions_and_loops_may_meet_missing_values),
        cmocka_unit_test(an_object_is_not_printed_strictly),
        cmocka_unit_test(a_missing_value_is_empty_in_lax_mode),
        cmocka_unit_test(a_value_that_looks_like_a_template_stays_text),
        cmocka_unit_test(literals_and_paths_print),
        cmocka_unit_test(conditions_choose),
        cmocka_unit_test(variables_are_assigned_and_captured),
        cmocka_unit_test(loops_run),
        cmocka_unit_test(comments_and_raw_text),
        cmocka_unit_test(white_space_control_trims),
        cmocka_unit_test(a_template_renders_again_with_other_data),
    };

    return cmocka_run_group_tests_name("liquid", tests, NULL, NULL);
}
