#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sender/message.h"

static const struct fup_outbound message = {
    .id = "m1",
    .conversation = "c",
    .channel = "whatsapp",
    .to = "+49",
    .kind = "check_in",
    .text = "Hi\nthere?",
    .options = {{.id = "a", .label = "Yes"}, {.id = "b", .label = "No"}},
    .n_options = 2,
};

static void prints_text_and_numbered_options(void **state)
{
    struct fup_buf out;
    (void)state;

    fup_buf_init(&out, 65536);
    fup_sender_message_print(&message, &out);
    assert_string_equal(fup_buf_text(&out),
                        "whatsapp to +49 (check_in, conversation c)\n"
                        "Hi\nthere?\n1. Yes\n2. No\n\n");
    fup_buf_done(&out);
}

static void lines_that_the_text_has_are_not_added_again(void **state)
{
    struct fup_outbound lines = message;
    struct fup_buf out;
    (void)state;

    lines.text = "Hi?\n1. Yes\n2. No";
    lines.as_lines = true;
    fup_buf_init(&out, 65536);
    fup_sender_message_body(&lines, &out);
    assert_string_equal(fup_buf_text(&out), lines.text);
    fup_buf_done(&out);
}

static void prints_a_template_with_its_parameters(void **state)
{
    struct fup_outbound template = message;
    struct fup_buf out;
    (void)state;

    template.template_name = "check_in_1";
    template.template_language = "en_US";
    template.params[0] = "a";
    template.params[1] = "b";
    template.n_params = 2;
    template.n_options = 0;
    fup_buf_init(&out, 65536);
    fup_sender_message_body(&template, &out);
    assert_string_equal(fup_buf_text(&out),
                        "[template check_in_1, en_US: a | b]");
    fup_buf_done(&out);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    struct fup_outbound evil = message;
    struct fup_buf out;
    (void)state;

    evil.text = "\033[2J\a\177";
    evil.to = NULL;
    fup_buf_init(&out, 65536);
    fup_sender_message_print(&evil, &out);
    assert_string_equal(fup_buf_text(&out),
                        "whatsapp to nobody (check_in, conversation c)\n"
                        " [2J  \n1. Yes\n2. No\n\n");
    fup_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_text_and_numbered_options),
        cmocka_unit_test(lines_that_the_text_has_are_not_added_again),
        cmocka_unit_test(prints_a_template_with_its_parameters),
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
