/* What is a word for stop, and what is near one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "message/opt_out.h"

static void words_for_stop_in_six_languages(void **state)
{
    static const char *const texts[] = {
        "stop",
        "STOP",
        "  Stop!!! ",
        "Stop.",
        "\"stop\"",
        "\xf0\x9f\x9b\x91 STOP \xf0\x9f\x9b\x91",
        "\xef\xbc\xb3\xef\xbc\xb4\xef\xbc\xaf\xef\xbc\xb0", /* full width */
        "Please, stop",
        "unsubscribe",
        "Opt-out",
        "Don't contact me",
        "don\xe2\x80\x99t contact me",
        "No m\xc3\xa1s mensajes, por favor",
        "NO MAS MENSAJES",
        "D\xc3\xa9jenme en paz",
        "Pare",
        "N\xc3\xa3o quero receber mensagens.",
        "nao quero receber mensagens",
        "Stopp",
        "Bitte nicht mehr schreiben",
        "H\xc3\xb6r auf, mir zu schreiben!",
        "Ho\xcc\x88r auf mir zu schreiben", /* o and the dots apart */
        "D\xc3\xa9sabonnez-moi",
        "Ne m\xe2\x80\x99\xc3\xa9"
        "crivez plus",
        "\xd8\xaa\xd9\x88\xd9\x82\xd9\x81",
        "\xd8\xa5\xd9\x84\xd8\xba\xd8\xa7\xd8\xa1 "
        "\xd8\xa7\xd9\x84\xd8\xa7\xd8\xb4\xd8\xaa\xd8\xb1\xd8\xa7\xd9\x83",
        /* the same without the hamza, with a tatweel */
        "\xd8\xa7\xd9\x84\xd8\xba\xd9\x80\xd8\xa7\xd8\xa1 "
        "\xd8\xa7\xd9\x84\xd8\xa7\xd8\xb4\xd8\xaa\xd8\xb1\xd8\xa7\xd9\x83",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!fup_opt_out_is(texts[i], "whatsapp")) {
            fail_msg("no opt-out: %s", texts[i]);
        }
    }
}

static void near_misses_are_answers(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "!",
        "don't stop",
        "Don't stop now!",
        "stop by tomorrow?",
        "non-stop",
        "nonstop",
        "the bus stop",
        "stopped",
        "cancel",
        "quit",
        "end",
        "I want to cancel my order",
        "baja",
        "alto",
        "no",
        "No, thanks",
        "basta",
        "no pares",
        "n\xc3\xa3o pare",
        "n'arr\xc3\xaatez pas",
        "nicht aufh\xc3\xb6ren",
        "bitte weiter",
        "fin",
        "\xd9\x84\xd8\xa7 \xd8\xaa\xd8\xaa\xd9\x88\xd9\x82\xd9\x81",
        "unsubscribe me from the newsletter but keep writing here",
        "\xff\xfe stop it",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (fup_opt_out_is(texts[i], "whatsapp")) {
            fail_msg("an opt-out: %s", texts[i]);
        }
    }
    assert_false(fup_opt_out_is(NULL, "whatsapp"));
}

static void carriers_words_count_on_sms_alone(void **state)
{
    static const char *const texts[] = {"CANCEL", "End", "quit", "Baja",
                                        "arr\xc3\xaat"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(fup_opt_out_is(texts[i], "sms"));
        assert_false(fup_opt_out_is(texts[i], "email"));
        assert_false(fup_opt_out_is(texts[i], NULL));
    }
    assert_true(fup_opt_out_is("stop", "sms"));
    assert_true(fup_opt_out_is("stop", NULL));
}

/* A phrase that is not plain could never be met. */
static void every_phrase_is_met_as_it_is_written(void **state)
{
    static const char *const phrases[] = {

#define FUP_OPT_OUT(locale, phrase)     (phrase),
#define FUP_OPT_OUT_SMS(locale, phrase) (phrase),
#include "opt_out.def"
#undef FUP_OPT_OUT
#undef FUP_OPT_OUT_SMS
    };

    (void)state;
    assert_true(sizeof phrases / sizeof phrases[0] > 150);
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (!fup_opt_out_is(phrases[i], "sms")) {
            fail_msg("not plain: %s", phrases[i]);
        }
    }
}

static void a_long_text_is_no_phrase(void **state)
{
    char text[1000];

    (void)state;
    memset(text, '!', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text, "stop", 4);
    assert_false(fup_opt_out_is(text, "sms"));
    text[150] = '\0';
    assert_true(fup_opt_out_is(text, "sms"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_for_stop_in_six_languages),
        cmocka_unit_test(near_misses_are_answers),
        cmocka_unit_test(carriers_words_count_on_sms_alone),
        cmocka_unit_test(every_phrase_is_met_as_it_is_written),
        cmocka_unit_test(a_long_text_is_no_phrase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
