/* Conformance: the cases of the golden-liquid suite, where they are at hand,
 * and a small set of our own that is always there. */

#include <stdio.h>

#include "liquid_support.h"

/* The whole of @path as a C string, or NULL. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t cap = 0;
    size_t n = 0;
    size_t got = 1;

    if (file == NULL) {
        return NULL;
    }
    while (got > 0) {
        if (n + 1 >= cap) {
            cap = cap > 0 ? cap * 2 : 65536;
            text = realloc(text, cap);
            assert_non_null(text);
        }
        got = fread(text + n, 1, cap - n - 1, file);
        n += got;
    }
    text[n] = '\0';
    (void)fclose(file);
    return text;
}

static struct cJSON *read_golden(void)
{
    const char *shared = getenv("FUP_SHARED_DIR");
    const char *source = getenv("FUP_SOURCE_DIR");
    char path[4096];
    struct cJSON *golden;
    char *text;

    (void)snprintf(path, sizeof path, "%s%s/data/golden-liquid.json",
                   shared != NULL   ? shared
                   : source != NULL ? source
                                    : ".",
                   shared != NULL ? "" : "/../shared");
    text = read_file(path);
    if (text == NULL) {
        return NULL;
    }
    golden = cJSON_Parse(text);
    free(text);
    assert_non_null(golden);
    return golden;
}

/* Whether @text is the expected result, or one of several. */
static bool is_expected(const struct cJSON *test, const char *text)
{
    const struct cJSON *result = cJSON_GetObjectItem(test, "result");
    const struct cJSON *item = NULL;

    if (cJSON_IsString(result)) {
        return strcmp(result->valuestring, text) == 0;
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(test, "results"))
    {
        if (strcmp(item->valuestring, text) == 0) {
            return true;
        }
    }
    return false;
}

static bool passes(const struct cJSON *test)
{
    const struct cJSON *source = cJSON_GetObjectItem(test, "template");
    const struct cJSON *data = cJSON_GetObjectItem(test, "data");
    bool invalid = cJSON_IsTrue(cJSON_GetObjectItem(test, "invalid"));
    struct cJSON *nothing = cJSON_CreateObject();
    struct fup_buf out;
    struct fup_err err;
    enum fup_code code =
        liquid_render(source->valuestring, data != NULL ? data : nothing,
                      FUP_LIQUID_LAX, &out, &err);
    bool good = invalid
                    ? code == FUP_EPARSE || code == FUP_EINVAL
                    : code == FUP_OK && is_expected(test, fup_buf_text(&out));

    if (!good) {
        print_message("%s\n  %s\n  gives %s\"%s\"\n",
                      cJSON_GetStringValue(cJSON_GetObjectItem(test, "name")),
                      source->valuestring, code == FUP_OK ? "" : "the error ",
                      code == FUP_OK ? fup_buf_text(&out) : err.msg);
    }
    fup_buf_done(&out);
    cJSON_Delete(nothing);
    return good;
}

static void passes_the_golden_suite(void **state)
{
    struct cJSON *golden = read_golden();
    const struct cJSON *test = NULL;
    unsigned n = 0;
    unsigned good = 0;

    (void)state;
    if (golden == NULL) {
        print_message("no golden-liquid.json here; only our own cases ran\n");
        return;
    }
    cJSON_ArrayForEach(test, cJSON_GetObjectItem(golden, "tests"))
    {
        n++;
        good += passes(test);
    }
    cJSON_Delete(golden);
    print_message("%u of %u golden cases pass\n", good, n);
    assert_true(n > 0);
    assert_int_equal(n, good);
}

/* One case for each part of the language, so that the suite's absence does not
 * mean that nothing is checked. */
static void passes_our_own_cases(void **state)
{
    static const struct liquid_row rows[] = {
        {"Hi {{ name | default: 'there' }}!", NULL, "Hi there!", FUP_OK},
        {"{{ a.b['c'][0] | upcase | append: '?' }}",
         "{\"a\":{\"b\":{\"c\":[\"x\"]}}}", "X?", FUP_OK},
        {"{% if a and b or c %}1{% elsif d %}2{% else %}3{% endif %}",
         "{\"d\":0}", "2", FUP_OK},
        {"{% unless a contains 'x' %}1{% endunless %}", "{\"a\":\"yz\"}", "1",
         FUP_OK},
        {"{% case a %}{% when 1 or 2, 3 %}x{% else %}y{% endcase %}",
         "{\"a\":3}", "x", FUP_OK},
        {"{% assign a = '1,2' | split: ',' %}{% for i in a reversed %}"
         "{{ forloop.index }}{{ i }}{% else %}none{% endfor %}",
         NULL, "1221", FUP_OK},
        {"{% for i in (1..4) limit: 2 %}{{ i }}{% endfor %}"
         "{% for i in (1..4) offset: continue %}-{{ i }}{% endfor %}",
         NULL, "12-3-4", FUP_OK},
        {"{% capture a %}x{{ 1 | plus: 1 }}{% endcapture %}{{ a }}", NULL, "x2",
         FUP_OK},
        {"{%- comment -%} x {%- endcomment -%} {% raw %}{{ }}{% endraw %}"
         "{% # y %}{% echo 'z' %}",
         NULL, "{{ }}z", FUP_OK},
        {"{% if '' == blank and x == nil and e == empty %}1{% endif %}",
         "{\"e\":[]}", "1", FUP_OK},
        {"{{ 'March 14, 2016' | date: '%b %d, %y' }}", NULL, "Mar 14, 16",
         FUP_OK},
        {"{{ x", NULL, "line 1, column 1: \"{{\" is not closed", FUP_EPARSE},
    };

    (void)state;
    CHECK_LAX(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_our_own_cases),
        cmocka_unit_test(passes_the_golden_suite),
    };

    return cmocka_run_group_tests_name("liquid_golden", tests, NULL, NULL);
}
