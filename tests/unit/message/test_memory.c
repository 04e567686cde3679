/* Every allocation fails once: nothing leaks (under the sanitizers), nothing
 * is half done, and the code says so. Linked with --wrap for the allocator. */

#include "compose_support.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "core/buf.h"

static long left = -1; /* allocations until one fails; below 0: none does */
static bool failed;
static unsigned long asked; /* how often the allocator was called */

static bool fails(void)
{
    asked++;
    if (left == 0) {
        failed = true;
        errno = ENOMEM;
    }
    return left >= 0 && left-- == 0;
}

/* The names are the linker's. */
/* NOLINTBEGIN(readability-identifier-naming) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* NOLINTEND(readability-identifier-naming) */

static const char source[] =
    "{% assign l = 'c,b,a' | split: ',' | sort | reverse | uniq %}"
    "{% for x in l limit: 2 %}{{ x | upcase | append: o }}{% endfor %}"
    "{% capture c %}{% case n %}{% when 1 %}{{ n | plus: 1 }}{% endcase %}"
    "{% endcapture %}{% if c == '2' %}{{ (1..300) | join }}{% endif %}"
    "{{ o | map: 'k' | concat: l | join: name }}";

/* A text of many nodes, rendered into a buffer that has its room. */
static void a_usual_render_asks_for_no_memory(void **state)
{
    static const char usual[] =
        "Hi {{ name | default: 'there' }}{% if goal %}, about {{ goal }}: "
        "{% for x in l %}{{ x | upcase }} {{ d | date: '%A %d %B' }}, "
        "{% endfor %}{% endif %}{{ n | plus: 1 }}";
    const struct fup_liquid_reader reader = {.isolated = true};
    struct cJSON *data = cJSON_Parse(
        "{\"name\":\"Ana\",\"goal\":\"a bed\",\"n\":2,\"locale\":\"de\","
        "\"d\":\"2026-11-21T09:30:00Z\",\"l\":[\"a\",\"b\",\"c\"]}");
    struct fup_liquid *liquid = NULL;
    struct fup_err err;
    struct fup_buf out;

    (void)state;
    assert_int_equal(fup_liquid_compile(usual, strlen(usual), &liquid, &err),
                     FUP_OK);
    fup_buf_init(&out, 8192);
    for (int i = 0; i < 2; i++) {
        fup_buf_clear(&out);
        asked = 0;
        assert_int_equal(
            fup_liquid_render_for(liquid, data, &reader, &out, &err), FUP_OK);
    }
    assert_int_equal(asked, 0);
    assert_string_equal(fup_buf_text(&out),
                        "Hi Ana, about a bed: A Samstag 21 November, B Samstag "
                        "21 November, C Samstag 21 November, 3");
    fup_buf_done(&out);
    fup_liquid_free(liquid);
    cJSON_Delete(data);
}

/* Compile and render; returns the code of what failed first. */
static enum fup_code run_liquid(const struct cJSON *data)
{
    struct fup_liquid *liquid = NULL;
    struct fup_err err;
    struct fup_buf out;
    enum fup_code code =
        fup_liquid_compile(source, strlen(source), &liquid, &err);

    fup_buf_init(&out, 65536);
    if (code == FUP_OK) {
        code = fup_liquid_render(liquid, data, FUP_LIQUID_LAX, &out, &err);
    }
    fup_buf_done(&out);
    fup_liquid_free(liquid);
    return code;
}

static void liquid_survives_a_lack_of_memory(void **state)
{
    struct cJSON *data =
        cJSON_Parse("{\"n\":1,\"name\":\"Ana\",\"o\":{\"k\":\"v\"}}");
    enum fup_code code;
    long n = 0;

    (void)state;
    do {
        failed = false;
        left = n++;
        code = run_liquid(data);
        left = -1;
        assert_int_equal(failed ? FUP_ENOMEM : FUP_OK, code);
    } while (failed);
    assert_true(n > 10);
    cJSON_Delete(data);
}

static void compose_survives_a_lack_of_memory(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);
    enum fup_code code;
    long n = 0;

    add_text(&variant->text, "en", "Hi {{ name }}");
    add_text(&add_option(variant, "yes")->label, "en", "{{ yes }}");
    f->facts.attributes = "{\"name\":\"Jose\\u0301\",\"yes\":\"Si\\u0301\"}";
    do {
        failed = false;
        left = n++;
        code = compose(f);
        left = -1;
        assert_int_equal(failed ? FUP_ENOMEM : FUP_OK, code);
        assert_true(failed == (f->message.variant == NULL));
    } while (failed);
    assert_true(n > 10);
    assert_string_equal(f->message.text, "Hi Jos\xc3\xa9");
    assert_string_equal(f->message.options[0].label, "S\xc3\xad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usual_render_asks_for_no_memory),
        cmocka_unit_test(liquid_survives_a_lack_of_memory),
        TEST(compose_survives_a_lack_of_memory),
    };
    struct cJSON_Hooks hooks = {.malloc_fn = __wrap_malloc, .free_fn = free};

    cJSON_InitHooks(&hooks);
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
