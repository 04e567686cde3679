/* Outbound messages there and back, their ids, answers, JSON strings. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "codec/answer.h"
#include "codec/outbound.h"
#include "core/json.h"
#include "core/time.h"

struct fixture {
    struct fup_buf out;
    struct fup_outbound_doc doc;
    struct fup_err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    fup_buf_init(&f->out, FUP_OUTBOUND_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fup_buf_done(&f->out);
    fup_outbound_done(&f->doc);
    free(f);
    return 0;
}

/* 2026-11-21T09:30:00Z */
#define AT INT64_C(1795253400000000)

static const struct fup_outbound example = {
    .id = "a1b2c3-0-4711-2",
    .tenant = "default",
    .conversation = "c1",
    .contact = NULL,
    .channel = "whatsapp",
    .to = "+1 \"x\"",
    .kind = "check_in",
    .schedule = "pricing",
    .version = "00ff",
    .step = 1,
    .variant = "a",
    .locale = "en",
    .text = "Line\nnext \xf0\x9f\x98\x80",
    .options = {{.id = "a", .label = "Yes"}, {.id = "b", .label = "No"}},
    .n_options = 2,
    .template_name = "t",
    .template_language = "en_US",
    .params = {"one", "two"},
    .n_params = 2,
    .episode_at = AT,
    .due_at = AT + 1500,
    .fired_at = AT + 2000000,
    .expires_at = FUP_TIME_NONE,
    .manual = true,
};

static void writes_the_fields_of_the_contract_in_order(void **state)
{
    struct fixture *f = *state;

    fup_outbound_write(&example, &f->out);
    assert_int_equal(f->out.failed, FUP_OK);
    assert_string_equal(
        f->out.data,
        "{\"id\":\"a1b2c3-0-4711-2\",\"tenant\":\"default\","
        "\"conversation\":\"c1\",\"contact\":null,\"channel\":\"whatsapp\","
        "\"to\":\"+1 \\\"x\\\"\",\"kind\":\"check_in\","
        "\"schedule\":\"pricing\",\"version\":\"00ff\",\"step\":1,"
        "\"variant\":\"a\",\"locale\":\"en\","
        "\"text\":\"Line\\nnext \xf0\x9f\x98\x80\",\"options\":["
        "{\"id\":\"a\",\"label\":\"Yes\","
        "\"payload\":\"f:a1b2c3-0-4711-2:a\"},"
        "{\"id\":\"b\",\"label\":\"No\","
        "\"payload\":\"f:a1b2c3-0-4711-2:b\"}],"
        "\"options_as\":\"buttons\","
        "\"template\":{\"name\":\"t\",\"language\":\"en_US\","
        "\"params\":[\"one\",\"two\"]},"
        "\"episode\":\"2026-11-21T09:30:00.000Z\","
        "\"due_at\":\"2026-11-21T09:30:00.001Z\","
        "\"fired_at\":\"2026-11-21T09:30:02.000Z\",\"expires_at\":null,"
        "\"manual\":true}");
}

static void reads_back_what_it_wrote(void **state)
{
    struct fixture *f = *state;
    const struct fup_outbound *m = &f->doc.message;

    fup_outbound_write(&example, &f->out);
    assert_int_equal(
        fup_outbound_read(f->out.data, f->out.len, &f->doc, &f->err), FUP_OK);
    assert_string_equal(m->id, example.id);
    assert_null(m->contact);
    assert_string_equal(m->to, example.to);
    assert_string_equal(m->text, example.text);
    assert_int_equal(m->step, 1);
    assert_int_equal(m->n_options, 2);
    assert_string_equal(m->options[1].label, "No");
    assert_string_equal(m->options[1].payload, "f:a1b2c3-0-4711-2:b");
    assert_string_equal(m->template_name, "t");
    assert_int_equal(m->n_params, 2);
    assert_string_equal(m->params[1], "two");
    assert_true(m->episode_at == AT);
    assert_true(m->expires_at == FUP_TIME_NONE);
    assert_true(m->manual);
    assert_false(m->as_lines);
}

static void lines_are_told_from_buttons(void **state)
{
    struct fixture *f = *state;
    struct fup_outbound lines = example;

    lines.as_lines = true;
    fup_outbound_write(&lines, &f->out);
    assert_non_null(strstr(f->out.data, ",\"options_as\":\"lines\","));
    assert_int_equal(
        fup_outbound_read(f->out.data, f->out.len, &f->doc, &f->err), FUP_OK);
    assert_true(f->doc.message.as_lines);
    fup_buf_clear(&f->out);
    lines.n_options = 0;
    fup_outbound_write(&lines, &f->out);
    assert_non_null(strstr(f->out.data, ",\"options_as\":\"none\","));
}

/* The longest id that there can be, and the longest option. */
static void a_payload_has_at_most_64_bytes(void **state)
{
    struct fixture *f = *state;
    struct fup_outbound longest = example;
    char id[FUP_MESSAGE_ID_TEXT];
    const char *payload;

    longest.id =
        fup_message_id("a1b2c3", 99, 999999999999999999, 999999999, id);
    longest.options[0].id = "abcdefghijklmnop";
    fup_outbound_write(&longest, &f->out);
    assert_int_equal(
        fup_outbound_read(f->out.data, f->out.len, &f->doc, &f->err), FUP_OK);
    payload = f->doc.message.options[0].payload;
    assert_in_range(strlen(payload), 1, 64);
    assert_string_equal(payload + strlen(payload) - 17, ":abcdefghijklmnop");
}

static void the_plainest_message_comes_back_too(void **state)
{
    struct fixture *f = *state;
    struct fup_outbound plain = {.id = "a1b2c3-0-1-1",
                                 .tenant = "t",
                                 .conversation = "c",
                                 .channel = "sms",
                                 .kind = "k",
                                 .schedule = "s",
                                 .text = "hi",
                                 .step = 1,
                                 .episode_at = FUP_TIME_NONE,
                                 .due_at = AT,
                                 .fired_at = AT,
                                 .expires_at = FUP_TIME_NEVER};

    fup_outbound_write(&plain, &f->out);
    assert_int_equal(
        fup_outbound_read(f->out.data, f->out.len, &f->doc, &f->err), FUP_OK);
    assert_null(f->doc.message.template_name);
    assert_int_equal(f->doc.message.n_options, 0);
    assert_true(f->doc.message.episode_at == FUP_TIME_NONE);
    assert_true(f->doc.message.expires_at == FUP_TIME_NEVER);
    assert_false(f->doc.message.manual);
}

static void refuses_what_is_no_message(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"[]", "outbound message: not a JSON object"},
        {"{", "outbound message: not a JSON object"},
        {"{}", "outbound message: \"id\": expected a text"},
        {"{\"id\":1}", "outbound message: \"id\": expected a text"},
        {"{\"id\":\"\\u0000\"}", "\\u0000 is not allowed"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(fup_outbound_read(rows[i].text, strlen(rows[i].text),
                                           &f->doc, &f->err),
                         FUP_EPARSE);
        assert_string_equal(f->err.msg, rows[i].message);
    }
}

static void each_damaged_field_is_named(void **state)
{
    static const char *const rows[][2] = {
        {"\"step\":1", "\"step\":\"1\""},
        {"\"due_at\":\"2", "\"due_at\":\"x"},
        {"\"options\":[{", "\"options\":[1,{"},
        {"\"label\":\"Yes\"", "\"label\":null"},
        {"\"params\":[", "\"params\":[7,"},
        {"\"language\":\"en_US\"", "\"language\":false"},
    };
    struct fixture *f = *state;
    char text[2048];

    fup_outbound_write(&example, &f->out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *at = strstr(f->out.data, rows[i][0]);
        size_t head = (size_t)(at - f->out.data);

        assert_non_null(at);
        memcpy(text, f->out.data, head);
        (void)strcpy(text + head, rows[i][1]);       // NOLINT
        (void)strcat(text, at + strlen(rows[i][0])); // NOLINT
        assert_int_equal(
            fup_outbound_read(text, strlen(text), &f->doc, &f->err),
            FUP_EPARSE);
        assert_memory_equal(f->err.msg, "outbound message: \"", 19);
    }
}

static void knows_its_ids(void **state)
{
    char id[FUP_MESSAGE_ID_TEXT];

    (void)state;
    assert_string_equal(fup_message_id("a1b2c3", 0, 4711, 2, id),
                        "a1b2c3-0-4711-2");
    assert_true(fup_message_id_is(id));
    assert_true(fup_message_id_is("ffffff-63-999999999999999999-999999999"));
    assert_int_equal(
        strlen(fup_message_id("ffffff", 63, 999999999999999999, 999999999, id)),
        38);
    assert_false(fup_message_id_is(""));
    assert_false(fup_message_id_is("a1b2c3-0-4711"));
    assert_false(fup_message_id_is("a1b2c3-0-4711-2-"));
    assert_false(fup_message_id_is("a1b2c3-0-4711-2 "));
    assert_false(fup_message_id_is("A1b2c3-0-4711-2"));
    assert_false(fup_message_id_is("a1b2c-0-4711-2"));
    assert_false(fup_message_id_is("a1b2c3--4711-2"));
    assert_false(fup_message_id_is("a1b2c3-0-1234567890123456789-2"));
}

static void strings_are_always_valid_json(void **state)
{
    static const struct {
        const char *text;
        const char *json;
    } rows[] = {
        {NULL, "null"},
        {"", "\"\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
        {"\xc3\xa9\xff\xe2\x82", "\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd"
                                 "\xef\xbf\xbd\""},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fup_buf_clear(&f->out);
        fup_json_string(&f->out, rows[i].text);
        assert_string_equal(fup_buf_text(&f->out), rows[i].json);
    }
}

static void answers_say_which_rule_moved_it_and_by_how_much(void **state)
{
    struct fixture *f = *state;
    const struct fup_trace why = {.moves = {{FUP_RULE_BASE, AT},
                                            {FUP_RULE_DELAY, AT + 100000000000},
                                            {FUP_RULE_HOURS, AT + 100002000000},
                                            {FUP_RULE_WINDOW, AT + 99982000000},
                                            {FUP_RULE_PAUSE, FUP_TIME_NEVER}},
                                  .n = 5};

    fup_answer_why(&f->out, &why);
    assert_string_equal(
        f->out.data,
        "[{\"rule\":\"base\",\"at\":\"2026-11-21T09:30:00.000Z\"},"
        "{\"rule\":\"delay\",\"at\":\"2026-11-22T13:16:40.000Z\","
        "\"moved\":\"+1d 3h 46m 40s\"},"
        "{\"rule\":\"send_hours\",\"at\":\"2026-11-22T13:16:42.000Z\","
        "\"moved\":\"+2s\"},"
        "{\"rule\":\"window\",\"at\":\"2026-11-22T13:16:22.000Z\","
        "\"moved\":\"-20s\"},"
        "{\"rule\":\"pause\",\"at\":\"never\"}]");
    fup_buf_clear(&f->out);
    fup_answer_error(&f->out, "not_enrolled", "nothing is under way");
    assert_string_equal(f->out.data, "{\"ok\":false,\"error\":\"not_enrolled\","
                                     "\"message\":\"nothing is under way\"}");
}

static void *no_memory(size_t size)
{
    (void)size;
    errno = ENOMEM;
    return NULL;
}

/* A sender gives a bad message up: one is not bad for want of memory. */
static void without_memory_a_message_is_not_bad(void **state)
{
    struct cJSON_Hooks hooks = {.malloc_fn = no_memory, .free_fn = free};
    struct fup_outbound_doc doc;
    struct fup_err err;

    (void)state;
    cJSON_InitHooks(&hooks);
    assert_int_equal(fup_outbound_read("{}", 2, &doc, &err), FUP_ENOMEM);
    cJSON_InitHooks(NULL);
    assert_int_equal(fup_outbound_read("{}", 2, &doc, &err), FUP_EPARSE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_the_fields_of_the_contract_in_order),
        TEST(reads_back_what_it_wrote),
        TEST(lines_are_told_from_buttons),
        TEST(a_payload_has_at_most_64_bytes),
        TEST(the_plainest_message_comes_back_too),
        TEST(refuses_what_is_no_message),
        TEST(each_damaged_field_is_named),
        TEST(knows_its_ids),
        TEST(strings_are_always_valid_json),
        TEST(answers_say_which_rule_moved_it_and_by_how_much),
        TEST(without_memory_a_message_is_not_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
