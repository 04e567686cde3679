/* docs/message.schema.json describes what senders get. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <cmocka.h>

#include "codec/outbound.h"
#include "codec/text_file.h"
#include "core/time.h"
#include "golden.h"

/* 2026-11-21T09:30:00Z */
#define AT INT64_C(1795253400000000)

struct fixture {
    cJSON *schema;
    cJSON *message;
};

/* Every member has a value; the template too. */
static const struct fup_outbound full = {
    .id = "a1b2c3-63-999999999999999999-999999999",
    .tenant = "default",
    .conversation = "c1",
    .contact = "ana",
    .channel = "whatsapp",
    .to = "+1",
    .kind = "check_in",
    .schedule = "pricing",
    .version = "00ff",
    .step = 1,
    .variant = "a",
    .locale = "en",
    .text = "Which one?",
    .options = {{.id = "abcdefghijklmnop", .label = "Yes"}},
    .n_options = 1,
    .template_name = "t",
    .template_language = "en_US",
    .params = {"one"},
    .n_params = 1,
    .episode_at = AT,
    .due_at = AT,
    .fired_at = AT,
    .expires_at = AT,
    .manual = true,
};

static cJSON *read_schema(void)
{
    char path[512];
    char *text;
    size_t len;
    struct fup_err err;
    cJSON *schema;

    if (fup_text_file_read(source_path(path, "docs/message.schema.json"), 65536,
                           &text, &len, &err) != FUP_OK) {
        return NULL;
    }
    schema = cJSON_Parse(text);
    free(text);
    return schema;
}

static void write_message(struct fixture *f, const struct fup_outbound *from)
{
    struct fup_buf out;

    fup_buf_init(&out, FUP_OUTBOUND_MAX);
    fup_outbound_write(from, &out);
    cJSON_Delete(f->message);
    f->message = cJSON_Parse(fup_buf_text(&out));
    fup_buf_done(&out);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->schema = read_schema();
    *state = f;
    return f->schema == NULL;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    cJSON_Delete(f->schema);
    cJSON_Delete(f->message);
    free(f);
    return 0;
}

static const char *type_of(const cJSON *value)
{
    if (cJSON_IsNull(value)) {
        return "null";
    }
    if (cJSON_IsBool(value)) {
        return "boolean";
    }
    if (cJSON_IsNumber(value)) {
        return "integer";
    }
    if (cJSON_IsString(value)) {
        return "string";
    }
    return cJSON_IsArray(value) ? "array" : "object";
}

/* Whether @types, a word or a list of words, has @word. */
static bool allows(const cJSON *types, const char *word)
{
    const cJSON *item;

    if (cJSON_IsString(types)) {
        return strcmp(types->valuestring, word) == 0;
    }
    cJSON_ArrayForEach(item, types)
    {
        if (strcmp(item->valuestring, word) == 0) {
            return true;
        }
    }
    return false;
}

/* The schema of one alternative of @schema that takes @value. */
static const cJSON *choose(const cJSON *schema, const cJSON *value)
{
    const cJSON *one;

    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(schema, "oneOf"))
    {
        if (allows(cJSON_GetObjectItemCaseSensitive(one, "type"),
                   type_of(value))) {
            return one;
        }
    }
    return schema;
}

/* What @schema says about @value does not hold, in a word; or NULL. */
static const char *objection(const cJSON *schema, const cJSON *value)
{
    const cJSON *max = cJSON_GetObjectItemCaseSensitive(schema, "maxLength");

    if (!allows(cJSON_GetObjectItemCaseSensitive(schema, "type"),
                type_of(value))) {
        return "type";
    }
    if (cJSON_IsString(value) && cJSON_IsNumber(max) &&
        strlen(value->valuestring) > (size_t)max->valueint) {
        return "maxLength";
    }
    return NULL;
}

/* The same about member @value of an object of @schema. */
static const char *member_objection(const cJSON *schema, const cJSON *value)
{
    const cJSON *known = cJSON_GetObjectItemCaseSensitive(schema, "properties");
    const cJSON *needed = cJSON_GetObjectItemCaseSensitive(schema, "required");
    const cJSON *of = cJSON_GetObjectItemCaseSensitive(known, value->string);

    if (of == NULL) {
        return "properties";
    }
    if (!allows(needed, value->string)) {
        return "required";
    }
    return objection(choose(of, value), value);
}

/* The schema names every member of @object and no other, as needed ones too,
 * with types that take their values. */
static void check_object(const cJSON *schema, const cJSON *object)
{
    const cJSON *known = cJSON_GetObjectItemCaseSensitive(schema, "properties");
    const cJSON *item;

    assert_int_equal(cJSON_GetArraySize(known), cJSON_GetArraySize(object));
    cJSON_ArrayForEach(item, object)
    {
        const char *why = member_objection(schema, item);

        if (why != NULL) {
            fail_msg("%s: %s", item->string, why);
        }
    }
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static void describes_every_member_of_a_message(void **state)
{
    struct fixture *f = *state;

    write_message(f, &full);
    check_object(f->schema, f->message);
}

static void describes_options_and_template(void **state)
{
    struct fixture *f = *state;
    const cJSON *known = member(f->schema, "properties");
    const cJSON *template;

    write_message(f, &full);
    check_object(member(member(known, "options"), "items"),
                 cJSON_GetArrayItem(member(f->message, "options"), 0));
    template = member(f->message, "template");
    check_object(choose(member(known, "template"), template), template);
}

static void allows_null_where_a_message_may_have_it(void **state)
{
    struct fixture *f = *state;
    struct fup_outbound bare = full;

    bare.contact = NULL;
    bare.to = NULL;
    bare.variant = NULL;
    bare.locale = NULL;
    bare.n_options = 0;
    bare.template_name = NULL;
    bare.episode_at = FUP_TIME_NONE;
    bare.expires_at = FUP_TIME_NONE;
    write_message(f, &bare);
    check_object(f->schema, f->message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(describes_every_member_of_a_message,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(describes_options_and_template, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(allows_null_where_a_message_may_have_it,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
