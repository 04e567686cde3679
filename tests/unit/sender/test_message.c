#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/time.h"
#include "sender/message.h"

struct fixture {
    struct fup_sender_message message;
    struct fup_buf out;
    struct fup_err err;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.message = {.json = NULL}};
    fup_buf_init(&f.out, 65536);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fup_sender_message_done(&f->message);
    fup_buf_done(&f->out);
    return 0;
}

static enum fup_code parse(struct fixture *f, const char *json)
{
    fup_sender_message_done(&f->message);
    return fup_sender_message_parse(json, strlen(json), &f->message, &f->err);
}

static void prints_text_and_numbered_options(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f,
                           "{\"id\":\"m1\",\"conversation\":\"c\","
                           "\"channel\":\"whatsapp\",\"to\":\"+49\","
                           "\"kind\":\"check_in\",\"text\":\"Hi\\nthere?\","
                           "\"options\":[{\"id\":\"a\",\"label\":\"Yes\"},"
                           "{\"id\":\"b\",\"label\":\"No\"}],\"template\":null,"
                           "\"expires_at\":\"2026-11-21T09:30:00Z\"}"),
                     FUP_OK);
    assert_string_equal(f->message.id, "m1");
    assert_string_equal(f->message.tenant, "");
    assert_int_equal(f->message.expires_at, INT64_C(1795253400000000));
    fup_sender_message_print(&f->message, &f->out);
    assert_string_equal(fup_buf_text(&f->out),
                        "whatsapp to +49 (check_in, conversation c)\n"
                        "Hi\nthere?\n1. Yes\n2. No\n\n");
}

static void prints_a_template_with_its_parameters(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        parse(f, "{\"id\":\"m1\",\"conversation\":\"c\",\"channel\":\"w\","
                 "\"text\":\"\",\"template\":{\"name\":\"check_in_1\","
                 "\"language\":\"en_US\",\"params\":[\"a\",\"b\"]}}"),
        FUP_OK);
    fup_sender_message_body(&f->message, &f->out);
    assert_string_equal(fup_buf_text(&f->out),
                        "[template check_in_1, en_US: a | b]");
    assert_int_equal(f->message.expires_at, FUP_TIME_NONE);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        parse(f, "{\"id\":\"m1\",\"conversation\":\"c\",\"channel\":\"w\","
                 "\"text\":\"\\u001b[2J\\u0007\\u007f\"}"),
        FUP_OK);
    fup_sender_message_print(&f->message, &f->out);
    assert_null(strchr(fup_buf_text(&f->out), 0x1b));
    assert_null(strchr(fup_buf_text(&f->out), 0x07));
    assert_null(strchr(fup_buf_text(&f->out), 0x7f));
}

static void what_is_no_message_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "\"m\"",
        "{\"id\":\"m1\"",
        "{\"id\":\"m1\",\"conversation\":\"c\"}",
        "{\"id\":1,\"conversation\":\"c\",\"channel\":\"w\"}",
        ("{\"id\":\"m1\",\"conversation\":\"c\",\"channel\":\"w\","
         "\"expires_at\":\"tomorrow\"}"),
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(f, bad[i]), FUP_EPARSE);
    }
}

static void what_is_too_large_is_refused_unread(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fup_sender_message_parse("{}", FUP_SENDER_MESSAGE_MAX + 1,
                                              &f->message, &f->err),
                     FUP_ELIMIT);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(prints_text_and_numbered_options),
        CASE(prints_a_template_with_its_parameters),
        CASE(control_characters_do_not_reach_the_terminal),
        CASE(what_is_no_message_is_refused),
        CASE(what_is_too_large_is_refused_unread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
