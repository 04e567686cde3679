/* Liquid: the filters, family by family. */

#include "liquid_support.h"

static void texts_are_joined_and_changed(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ 'a' | append: 'b' }}{{ 'a' | prepend: 'b' }}{{ 1 | append: 2.5 }}",
         NULL, "abba12.5", FUP_OK},
        {"{{ x | upcase }} {{ x | downcase }} {{ x | capitalize }}",
         "{\"x\":\"\\u00e9T\\u00c9 \\u03c3\"}",
         "\xc3\x89T\xc3\x89 \xce\xa3 \xc3\xa9t\xc3\xa9 \xcf\x83 "
         "\xc3\x89t\xc3\xa9 \xcf\x83",
         FUP_OK},
        {"{{ 'MY way' | capitalize }}{{ '' | capitalize }}", NULL, "My way",
         FUP_OK},
        {"[{{ x | strip }}][{{ x | lstrip }}][{{ x | rstrip }}]",
         "{\"x\":\" \\t a b\\n \"}", "[a b][a b\n ][ \t a b]", FUP_OK},
        {"[{{ '  ' | strip }}][{{ '  ' | lstrip }}][{{ '  ' | rstrip }}]", NULL,
         "[][][]", FUP_OK},
        {"{{ x | strip_newlines }}|{{ x | newline_to_br }}",
         "{\"x\":\"a\\r\\nb\\nc\"}", "abc|a<br />\nb<br />\nc", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void texts_are_escaped(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ x | escape }}", "{\"x\":\"<a href='b'>\\\"&amp;\"}",
         "&lt;a href=&#39;b&#39;&gt;&quot;&amp;amp;", FUP_OK},
        {"{{ x | escape_once }}", "{\"x\":\"&amp; &#12; & &x &; <\"}",
         "&amp; &#12; &amp; &amp;x &amp;; &lt;", FUP_OK},
        {"{{ x | url_encode }}", "{\"x\":\"a b&c/\\u00e9-._~\"}",
         "a+b%26c%2F%C3%A9-._~", FUP_OK},
        {"{{ x | strip_html }}",
         "{\"x\":\"<b>a</b> <!-- <i> -->b<script>x<y</script>c < d\"}",
         "a bc < d", FUP_OK},
        {"{{ x | strip_html }}", "{\"x\":\"<script>a<style>b<!--c\"}",
         "ab<!--c", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void parts_are_replaced_and_removed(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ 'abab' | replace: 'a', 'xx' }}", NULL, "xxbxxb", FUP_OK},
        {"{{ 'abab' | replace: 'a' }}", NULL, "bb", FUP_OK},
        {"{{ 'abab' | replace_first: 'b', '-' }}", NULL, "a-ab", FUP_OK},
        {"{{ 'abab' | replace_last: 'a', '-' }}", NULL, "ab-b", FUP_OK},
        {"{{ 'abab' | replace_last: 'c', '-' }}", NULL, "abab", FUP_OK},
        {"{{ 'aaa' | replace: 'aa', 'b' }}", NULL, "ba", FUP_OK},
        {"{{ x | replace: '', '-' }}", "{\"x\":\"a\\u00e9\"}", "-a-\xc3\xa9-",
         FUP_OK},
        {"{{ 'abab' | remove: 'a' }}{{ 'abab' | remove_first: 'ab' }}", NULL,
         "bbab", FUP_OK},
        {"{{ 'abab' | remove_last: 'a' }}{{ 'ab' | remove: 'abc' }}", NULL,
         "abbab", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void parts_are_cut_out(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ 'hello' | slice: 1, 3 }}{{ 'hello' | slice: -2, 9 }}", NULL,
         "elllo", FUP_OK},
        {"{{ x | slice: 1 }}{{ x | slice: 2, 2 }}",
         "{\"x\":\"a\\u00e9\\u6771b\"}",
         "\xc3\xa9\xe6\x9d\xb1"
         "b",
         FUP_OK},
        {"[{{ 'abc' | slice: -9 }}{{ 'abc' | slice: 1, -1 }}]", NULL, "[]",
         FUP_OK},
        {"{{ (1..9) | slice: 2, 3 | join: ',' }}", NULL, "3,4,5", FUP_OK},
        {"[{{ (1..9) | slice: 20, 3 | join: ',' }}]", NULL, "[]", FUP_OK},
        {"{{ 'abc' | slice: 'x' }}", NULL,
         "line 1, column 12: \"slice\" needs a whole number, not a text",
         FUP_EINVAL},
        {"{{ 'a,b,,c,,' | split: ',' | join: '|' }}", NULL, "a|b||c", FUP_OK},
        {"{{ ' a  b\tc ' | split: ' ' | join: '|' }}", NULL, "a|b|c", FUP_OK},
        {"{{ x | split: '' | join: '|' }}", "{\"x\":\"a\\u00e9b\"}",
         "a|\xc3\xa9|b", FUP_OK},
        {"{{ 'abcdef' | truncate: 5 }}{{ 'abc' | truncate: 3 }}", NULL,
         "ab...abc", FUP_OK},
        {"{{ x | truncate: 3, '\xe2\x80\xa6' }}",
         "{\"x\":\"\\u00e9\\u00e8\\u00ea\\u00eb\"}",
         "\xc3\xa9\xc3\xa8\xe2\x80\xa6", FUP_OK},
        {"{{ 'abcdef' | truncate: 1 }}", NULL, "...", FUP_OK},
        {"{{ 'a b  c' | truncatewords: 2 }}|{{ 'a  b' | truncatewords: 2 }}",
         NULL, "a b...|a  b", FUP_OK},
        {"{{ 'a b' | truncatewords: 0, '-' }}", NULL, "a-", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void numbers_are_calculated(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ 1 | plus: 2 }} {{ 0.1 | plus: 0.2 }} {{ '3' | plus: '4.5' }}",
         NULL, "3 0.3 7.5", FUP_OK},
        {"{{ 1 | minus: 2 }} {{ 1 | times: 2.5 }} {{ 3 | times: -2 }}", NULL,
         "-1 2.5 -6", FUP_OK},
        {"{{ 7 | divided_by: 2 }} {{ -7 | divided_by: 2 }} "
         "{{ 7 | divided_by: 2.0 }}",
         NULL, "3 -4 3.5", FUP_OK},
        {"{{ 7 | modulo: 3 }} {{ -7 | modulo: 3 }} {{ 7 | modulo: -3 }}", NULL,
         "1 2 -2", FUP_OK},
        {"{{ 1 | at_least: 2 }}{{ 3 | at_most: 2 }}{{ -3.5 | abs }}"
         "{{ -3 | abs }}",
         NULL, "223.53", FUP_OK},
        {"{{ 1.2 | ceil }}{{ -1.2 | ceil }}{{ 1.8 | floor }}{{ -1.2 | floor }}",
         NULL, "2-11-2", FUP_OK},
        {"{{ 2.5 | round }} {{ -2.5 | round }} {{ 2.345 | round: 2 }} "
         "{{ 1234 | round: -2 }} {{ 7 | round: 2 }}",
         NULL, "3 -3 2.35 1200 7", FUP_OK},
        {"{{ '12abc' | plus: 1 }} {{ 'abc' | plus: 1 }}", NULL, "13 1", FUP_OK},
        {"{{ 3.0 | times: 2 }} {{ 1 | divided_by: 3.0 }}", NULL,
         "6.0 0.333333333333333", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

#define TOO_LARGE " divides by zero or makes too large a number"

static void numbers_that_cannot_be_are_refused(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ 1 | divided_by: 0 }}", NULL,
         "line 1, column 8: \"divided_by\"" TOO_LARGE, FUP_EINVAL},
        {"{{ 1 | divided_by: 0.0 }}", NULL,
         "line 1, column 8: \"divided_by\"" TOO_LARGE, FUP_EINVAL},
        {"{{ 1 | modulo: 0 }}", NULL, "line 1, column 8: \"modulo\"" TOO_LARGE,
         FUP_EINVAL},
        {"{{ 999999999999999999 | plus: 1 }}", NULL,
         "line 1, column 25: \"plus\"" TOO_LARGE, FUP_EINVAL},
        {"{{ -999999999999999999 | minus: 1 }}", NULL,
         "line 1, column 26: \"minus\"" TOO_LARGE, FUP_EINVAL},
        {"{{ 999999999999999999 | times: 2 }}", NULL,
         "line 1, column 25: \"times\"" TOO_LARGE, FUP_EINVAL},
        {"{{ x | ceil }}", "{\"x\":1e300}",
         "line 1, column 8: \"ceil\" makes too large a number", FUP_EINVAL},
        {"{{ x | times: x }}", "{\"x\":1e300}",
         "line 1, column 8: \"times\"" TOO_LARGE, FUP_EINVAL},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void lists_are_taken_apart(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ l | join: '-' }} {{ l | first }} {{ l | last }} {{ l | size }}",
         "{\"l\":[3,1,2]}", "3-1-2 3 2 3", FUP_OK},
        {"{{ (2..4) | first }}{{ (2..4) | last }}{{ (2..4) | size }}", NULL,
         "243", FUP_OK},
        {"[{{ l | first }}{{ l | last }}{{ (2..1) | last }}]", "{\"l\":[]}",
         "[]", FUP_OK},
        {"{{ x | size }}{{ 5 | size }}", "{\"x\":\"\\u00e9\"}", "10", FUP_OK},
        {"{{ l | reverse | join: ',' }}", "{\"l\":[1,[2,3]]}", "3,2,1", FUP_OK},
        {"{{ l | compact | size }}", "{\"l\":[1,null,2]}", "2", FUP_OK},
        {"{{ l | concat: m | join: '' }}", "{\"l\":[1],\"m\":[2]}", "12",
         FUP_OK},
        {"{{ l | concat: 1 }}", "{\"l\":[1]}",
         "line 1, column 8: \"concat\" needs a list, not a number", FUP_EINVAL},
        {"{{ l | uniq | join: ',' }}", "{\"l\":[1,2,1.0,\"1\",2]}", "1,2,1",
         FUP_OK},
        {"{{ l | map: 'a' | join: ',' }}", "{\"l\":[{\"a\":1},{\"a\":2}]}",
         "1,2", FUP_OK},
        {"{{ l | map: 'a' }}", "{\"l\":[1]}",
         "line 1, column 8: \"map\" looks for a member, but finds a number",
         FUP_EINVAL},
        {"{{ l | where: 'a' | map: 'b' | join: ',' }} "
         "{{ l | where: 'a', 2 | map: 'b' | join: ',' }}",
         "{\"l\":[{\"a\":1,\"b\":1},{\"b\":2},{\"a\":2,\"b\":3},"
         "{\"a\":false,\"b\":4}]}",
         "1,3 3", FUP_OK},
        {"{{ l | uniq: 'a' | map: 'b' | join: ',' }}",
         "{\"l\":[{\"a\":1,\"b\":1},{\"a\":1,\"b\":2},{\"a\":2,\"b\":3}]}",
         "1,3", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void lists_are_sorted(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ l | sort | join: ',' }}", "{\"l\":[3,1.5,2,1]}", "1,1.5,2,3",
         FUP_OK},
        {"{{ l | sort | join: ',' }}", "{\"l\":[\"b\",\"B\",\"a\",\"aa\"]}",
         "B,a,aa,b", FUP_OK},
        {"{{ l | sort_natural | join: ',' }}",
         "{\"l\":[\"b\",\"C\",\"a\",\"B\"]}", "a,b,B,C", FUP_OK},
        {"{{ l | sort: 'k' | map: 'n' | join: '' }}",
         "{\"l\":[{\"k\":2,\"n\":1},{\"n\":2},{\"k\":1,\"n\":3},"
         "{\"k\":2,\"n\":4},{\"k\":1,\"n\":5}]}",
         "35142", FUP_OK},
        {"{{ (1..9) | reverse | sort | join: '' }}", NULL, "123456789", FUP_OK},
        {"{{ l | sort }}", "{\"l\":[1,\"a\"]}",
         "line 1, column 8: \"sort\" cannot order a number and a text",
         FUP_EINVAL},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void default_stands_in(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ x | default: 1 }}{{ '' | default: 2 }}{{ false | default: 3 }}"
         "{{ l | default: 4 }}{{ 0 | default: 5 }}",
         "{\"l\":[]}", "12340", FUP_OK},
        {"{{ false | default: 1, allow_false: true }}", NULL, "false", FUP_OK},
        {"{{ false | default: 1, allow_false: false }}", NULL, "1", FUP_OK},
        {"[{{ x | default }}]", NULL, "[]", FUP_OK},
        {"{{ 'a' | upcase: allow_false: true }}", NULL,
         "line 1, column 10: \"upcase\" takes 0 arguments, not 1", FUP_EPARSE},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void dates_are_read(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ '2026-11-21' | date: '%s' }}", NULL, "1795219200", FUP_OK},
        {"{{ '2026-11-21T09:30:15Z' | date: '%F %T' }}", NULL,
         "2026-11-21 09:30:15", FUP_OK},
        {"{{ '2026-11-21 09:30' | date: '%R' }}", NULL, "09:30", FUP_OK},
        {"{{ '2026-11-21T09:30:15.250-03:00' | date: '%H %z %s' }}", NULL,
         "09 -0300 1795264215", FUP_OK},
        {"{{ 'Nov 21, 2026' | date: '%F' }}"
         "{{ ' 21 november 2026 7:05' | date: ' %F %R' }}",
         NULL, "2026-11-21 2026-11-21 07:05", FUP_OK},
        {"{{ 'Sat, 21 Nov 2026 09:30:00 GMT' | date: '%F %R' }}", NULL,
         "2026-11-21 09:30", FUP_OK},
        {"{{ 0 | date: '%F' }} {{ '86400' | date: '%F' }} "
         "{{ -1 | date: '%F %T' }}",
         NULL, "1970-01-01 1970-01-02 1969-12-31 23:59:59", FUP_OK},
        {"{{ 'soon' | date: '%F' }}{{ '2026-02-30' | date: '%F' }}"
         "{{ '2026-11-21T25:00' | date: '%F' }}",
         NULL, "soon2026-02-302026-11-21T25:00", FUP_OK},
        {"{{ 'March 14' | date: '%F' }}{{ '14 Foo 2016' | date: '%F' }}"
         "{{ '' | date: '%F' }}{{ '1 May 2016 x' | date: '%F' }}",
         NULL, "March 1414 Foo 20161 May 2016 x", FUP_OK},
        {"{{ 99999999999999 | date: '%F' }}{{ 1.5 | date: '%F' }}", NULL,
         "999999999999991.5", FUP_OK},
        {"{{ 'now' | date: '%F' }}", NULL,
         "line 1, column 12: \"date\" knows no \"now\" and no \"today\"",
         FUP_EINVAL},
    };

    (void)state;
    CHECK_LAX(rows);
}

/* 2024-12-30 is a Monday in week 1 of 2025, 2027-01-01 one in week 53. */
static void dates_are_printed(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ '2026-03-05 15:04:09' | date: '%Y %y %C %m %d %e %j %H %k %I %l "
         "%M %S %L %N' }}",
         NULL, "2026 26 20 03 05  5 064 15 15 03  3 04 09 000 000000000",
         FUP_OK},
        {"{{ '2026-03-05 15:04:09' | date: '%A %a %B %b %h %p %P %u %w' }}",
         NULL, "Thursday Thu March Mar Mar PM pm 4 4", FUP_OK},
        {"{{ '2026-03-05 00:04' | date: '%I %l %p|%c|%D|%x|%X|%r|%v' }}", NULL,
         "12 12 AM|Thu Mar  5 00:04:00 2026|03/05/26|03/05/26|00:04:00"
         "|12:04:00 AM| 5-MAR-2026",
         FUP_OK},
        {"{{ '2026-03-05' | date: '%-d %-m %_m %^a %010Y %3d %05e|%Z%n%t%%' }}",
         NULL, "5 3  3 THU 0000002026 005 00005|UTC\n\t%", FUP_OK},
        {"{{ '2026-03-05' | date: 'a%Qb%' }}", NULL, "a%Qb%", FUP_OK},
        {"{{ '2024-12-30' | date: '%G %V %U %W' }} "
         "{{ '2027-01-01' | date: '%G %V %U %W' }} "
         "{{ '2027-01-03' | date: '%u %w %U %W' }}",
         NULL, "2025 01 52 53 2026 53 00 00 7 0 01 00", FUP_OK},
        {"{{ '2026-03-05' | date: '' }}", NULL, "2026-03-05", FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

static void names_of_days_are_in_the_language_of_the_message(void **state)
{
    static const struct liquid_row rows[] = {
        {"{{ '2026-03-05' | date: '%A, %d %B' }}", "{\"locale\":\"de\"}",
         "Donnerstag, 05 M\xc3\xa4rz", FUP_OK},
        {"{{ '2026-03-05' | date: '%A' }}", "{\"locale\":\"pt-BR\"}",
         "quinta-feira", FUP_OK},
        {"{{ '2026-03-05' | date: '%A' }}", "{\"locale\":\"en-GB\"}",
         "Thursday", FUP_OK},
        {"{{ '2026-03-05' | date: '%A' }}", "{\"locale\":7}", "Thursday",
         FUP_OK},
    };

    (void)state;
    CHECK_LAX(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_joined_and_changed),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(parts_are_replaced_and_removed),
        cmocka_unit_test(parts_are_cut_out),
        cmocka_unit_test(numbers_are_calculated),
        cmocka_unit_test(numbers_that_cannot_be_are_refused),
        cmocka_unit_test(lists_are_taken_apart),
        cmocka_unit_test(lists_are_sorted),
        cmocka_unit_test(default_stands_in),
        cmocka_unit_test(dates_are_read),
        cmocka_unit_test(dates_are_printed),
        cmocka_unit_test(names_of_days_are_in_the_language_of_the_message),
    };

    return cmocka_run_group_tests_name("liquid_filters", tests, NULL, NULL);
}
