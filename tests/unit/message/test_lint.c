/* The linter: each rule where it should, and not nearby. */

#include "lint_support.h"

static void a_good_ask_passes(void **state)
{
    (void)state;
    in_english("Is Monday or Friday better for you?", "");
    in_english("Hi Ana, reply 1 for the blue one or 2 for the red one.", "");
    in_english("Tap the time that suits you.", "");
    in_english("One detail fixes your price. Tell me how many rooms it is.",
               "");
    in_english("To go on, share a photo of the label with me.", "");
}

static void placeholders_are_found(void **state)
{
    static const char *const bad[] = {
        "Hi [name], is it Monday or Friday?",
        "Hi {{ name }}, is it Monday or Friday?",
        "Hi {name}, is it Monday or Friday?",
        "Hi %s, is it Monday or Friday?",
        "Hi %1$s, is it Monday or Friday?",
        "Hi %name%, is it Monday or Friday?",
        "Hi $name, is it Monday or Friday?",
        "Hi <first name>, is it Monday or Friday?",
        "Hi *|FNAME|*, is it Monday or Friday?",
        "Hi undefined, is it Monday or Friday?",
        "Hi null, is it Monday or Friday?",
        "Is NaN or 5 right?",
        "Hi [object Object], is it Monday or Friday?",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        in_english(bad[i], "placeholder");
    }
}

static void brackets_and_signs_that_mean_something_pass(void **state)
{
    static const char *const good[] = {
        "Is [1] or [2] right?",      "Are you 100% sure, or 50 % of it?",
        "Is it 20%, or 30% off?",    "Is $5 or US$ 7 right?",
        "Is A$AP or $A your size?",  "Is it a < b, or b > a?",
        "With love <3, or without?", "Is it nullable or Nullarbor?",
        "Is Nan or Ana right?",      "Is it undefinedly good or bad?",
    };
    struct sample german = {.kind = "check_in",
                            .locale = "de",
                            .text = "Von null auf hundert, oder gleich?"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        in_english(good[i], "");
    }
    expect(&german, "");
}

static void traces_of_empty_values_are_found(void **state)
{
    static const char *const bad[] = {
        "Hi , is it Monday or Friday?",
        "Hi Ana, , is it Monday or Friday?",
        "Hi Ana,, is it Monday or Friday?",
        ", is it Monday or Friday?",
        "Hi Ana\n, is it Monday or Friday?",
        "Hi ! Is it Monday or Friday?",
        "Is it Monday or ?",
        "Is it for  today or for Friday?",
        "Is it \"\" or \"blue\"?",
        "Is it blue () or red?",
        "It is about . Is it Monday or Friday?",
        "Is it blue,?",
    };
    struct sample arabic = {.kind = "check_in",
                            .locale = "ar",
                            .text = "مرحبا ، هل يناسبك الاثنين أم الجمعة؟"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        in_english(bad[i], "empty_value");
    }
    expect(&arabic, "empty_value");
}

static void punctuation_as_it_is_used_passes(void **state)
{
    static const char *const good[] = {
        "Well... is it Monday or Friday?",
        "... or is it Friday?",
        "Is it .NET or node.js?",
        "Is it .5 or 1.5?",
        "Is it Monday (early) or Friday?  I have both.",
        "Is it at 9 a.m., or at 5 p.m.?",
        "Monday or Friday? ;-)",
        "Is \"blue\" or \"red\" right?",
        "Monday or Friday?!",
    };
    struct sample french = {.kind = "check_in",
                            .locale = "fr",
                            .text = "Bonjour ! Lundi ou vendredi ?"};
    struct sample arabic = {.kind = "check_in",
                            .locale = "ar",
                            .text = "مرحبا أنا، هل يناسبك الاثنين أم الجمعة؟"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        in_english(good[i], "");
    }
    expect(&french, "");
    expect(&arabic, "");
}

static void characters_that_phones_cannot_show_are_found(void **state)
{
    (void)state;
    in_english("Monday\t or Friday?", "bad_characters");
    in_english("Monday \x80 or Friday?", "bad_characters");
    in_english("Monday \xed\xa0\x80 or Friday?", "bad_characters");
    // NOLINTNEXTLINE(misc-misleading-bidirectional)
    in_english("Monday \u202e or Friday?", "bad_characters");
    // NOLINTNEXTLINE(misc-misleading-bidirectional)
    in_english("Monday \u2068or Friday?", "bad_characters");
    in_english("Monday \u2069or Friday?", "bad_characters");
    in_english("Monday \ufffd or Friday?", "bad_characters");
    // NOLINTNEXTLINE(misc-misleading-bidirectional)
    in_english("Is \u2068يوم\u2069 or Friday better?", "");
    in_english("Is 👩‍👩‍👧 or ❤️ yours?", "");
}

static void options_that_read_the_same_are_found(void **state)
{
    struct sample s = {.kind = "check_in",
                       .locale = "de",
                       .text = "Grün oder blau?",
                       .options = "Grün|grÜn "};

    (void)state;
    expect(&s, "");
    s.options = "Grün|GRÜN";
    expect(&s, "option_twice");
    s.options = "Grün|Gruen";
    expect(&s, "");
    s.options = "👍|👎";
    expect(&s, "");
}

static void asking_for_nothing_is_found(void **state)
{
    struct sample s = {.kind = "check_in",
                       .locale = "en",
                       .text = "I am still here to help with your bike."};

    (void)state;
    expect(&s, "no_ask");
    s.kind = "reminder";
    expect(&s, "no_ask");
    s.options = "Go on|Stop";
    expect(&s, "");
    s.options = NULL;
    s.kind = "close_out";
    expect(&s, "");
    s.kind = NULL;
    expect(&s, "");
    s.kind = "check_in";
    s.locale = "sv";
    expect(&s, "");
    s.locale = "en";
    s.text = "Look at https://shop.example/?id=5 for your bike.";
    expect(&s, "no_ask");
}

static void a_close_out_asks_nothing(void **state)
{
    struct sample s = {.kind = "close_out",
                       .locale = "en",
                       .text = "I am closing this. Or shall I keep it open?"};

    (void)state;
    expect(&s, "close_out_question");
    s.text = "I am closing this. Write here whenever you like.";
    expect(&s, "");
    s.text = "Closed for now: see https://shop.example/help?id=5 any time.";
    expect(&s, "");
}

static void question_marks_of_every_script_count(void **state)
{
    static const char *const one[] = {
        "Lundi?",
        "\xd9\x87\xd9\x84\xd8\x9f",
        "好吗\xef\xbc\x9f",
        "Πότε\xcd\xbe",
        "¿Lunes?",
        "¿Lunes",
        "Ինչ՞",
        "What?!?",
    };

    (void)state;
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        struct sample s = {.kind = "close_out", .locale = "sv", .text = one[i]};

        expect(&s, "close_out_question");
    }
}

static void two_questions_are_found(void **state)
{
    (void)state;
    in_english("Is it blue? Is it large?", "more_than_one_ask");
    in_english("Is it blue or red? A guess is enough.", "");
    in_english("Is it blue or red? Reply 1 or 2.", "");
}

static void open_questions_where_options_exist_are_found(void **state)
{
    struct sample s = {.kind = "check_in",
                       .locale = "en",
                       .text = "Hi Ana, what are you looking for?",
                       .options = "A bike|A car"};

    (void)state;
    expect(&s, "open_question");
    s.text = "Hi Ana, what matters more: a bike or a car?";
    expect(&s, "");
    s.text = "Which of these is yours?";
    expect(&s, "");
    s.text = "Do you know what it is?";
    expect(&s, "");
    s.text = "Tell me about your plans.";
    expect(&s, "open_question");
    s.text = "What are you looking for?";
    s.options = NULL;
    expect(&s, "");
}

static void options_are_two(void **state)
{
    struct sample s = {.kind = "check_in",
                       .locale = "en",
                       .text = "Is it the fit, the timing or the price?",
                       .options = "Fit|Timing|Price"};
    struct made made;
    struct fup_lint_in in = make(&s, &made);
    struct fup_lint_findings findings;

    (void)state;
    expect(&s, "option_count");
    in.objection = true;
    assert_int_equal(fup_lint(&in, &findings), FUP_OK);
    assert_int_equal(findings.n, 0);
    s.options = "Fit";
    expect(&s, "option_count");
    s.options = "Fit|Timing";
    expect(&s, "");
}

static void lengths_are_found(void **state)
{
    static const char twenty[] =
        "Is one two three four five six seven eight nine ten or one two three "
        "four five six seven eight?";
    char text[300] = "";

    (void)state;
    in_english(twenty, "");
    in_english("So is one two three four five six seven eight nine ten or one "
               "two three four five six seven eight?",
               "long_sentence");
    memset(text, 'a', 150);
    text[100] = '?';
    in_english(text, "");
    text[150] = 'a';
    in_english(text, "long_paragraph");
    memset(text, 'a', 161);
    text[80] = '\n';
    text[100] = '?';
    in_english(text, "long_text");
    text[160] = '\0';
    in_english(text, "");
    in_english("Yes?\nA b c d e. F g h i j. K l m n o. P q r s t. U v w x y. "
               "Z a b c.",
               "");
    in_english("Yes?\nA b c d e. F g h i j. K l m n o. P q r s t. U v w x y. "
               "Z a b c d.",
               "long_text");
}

static void other_languages_may_be_longer(void **state)
{
    char text[300] = "";
    struct sample s = {.kind = "check_in", .locale = "fr", .text = text};

    (void)state;
    memset(text, 'a', 200);
    text[80] = '\n';
    text[100] = '?';
    expect(&s, "");
    text[200] = 'a';
    expect(&s, "long_text");
}

static void pressure_is_found(void **state)
{
    (void)state;
    in_english("Last chance: Monday or Friday?", "pressure");
    in_english("Only two places left: Monday or Friday?", "pressure");
    in_english("Monday or Friday? Answer now!!", "pressure");
    in_english("ACT FOR ONCE, Monday or Friday?", "pressure");
    in_english("Is your last name Silva or Souza?", "");
    in_english("There is no hurry: Monday or Friday?", "");
    in_english("Is it urgent, or can it wait?", "");
    in_english("Only one thing: is it the left or the right one?", "");
    in_english("Is it IKEA or the USB one?", "");
}

static void blame_is_found(void **state)
{
    (void)state;
    in_english("You never replied. Monday or Friday?", "blame");
    in_english("You haven’t answered yet: Monday or Friday?", "blame");
    in_english("I have a reply for you. Monday or Friday?", "");
}

static void dead_prompts_are_found(void **state)
{
    (void)state;
    in_english("Let me know if you have questions.", "no_ask dead_prompt");
    in_english("Just checking in: Monday or Friday?", "dead_prompt");
    in_english("Two bikes are here. What do you think?", "dead_prompt");
    in_english("Let me know which one suits you.", "");
    in_english("Do you think it is the blue or the red one?", "");
}

static void a_last_call_has_a_way_out(void **state)
{
    struct sample s = {.kind = "last_call",
                       .locale = "en",
                       .text = "Shall I keep a place on Monday or Friday?"};

    (void)state;
    expect(&s, "no_way_out");
    s.text = "Don't stop now: is it Monday or Friday?";
    expect(&s, "no_way_out");
    s.text = "Shall I close it for now, or send two options?";
    expect(&s, "");
    s.text = "Shall I keep a place?";
    s.options = "Keep it|Close for now";
    expect(&s, "");
    s.options = NULL;
    s.locale = "sv";
    expect(&s, "");
}

static void the_text_of_the_step_before_is_found(void **state)
{
    struct sample s = {.kind = "check_in",
                       .locale = "en",
                       .text = "Hi Ana, is Monday or Friday better for you?",
                       .before = "Is Monday or Friday better for you, Ana?"};

    (void)state;
    expect(&s, "same_text");
    s.before = "Shall I send you two times to choose from?";
    expect(&s, "");
}

static void three_emoji_are_too_many(void **state)
{
    (void)state;
    in_english("Monday or Friday? 😀😀", "");
    in_english("Monday or Friday? 😀😀😀", "emoji");
}

static void the_gate_holds_errors_back_unless_waived(void **state)
{
    struct sample s = {.kind = "check_in",
                       .locale = "en",
                       .text = "Last chance for you, [name]!!"};
    struct made made;
    struct fup_lint_in in = make(&s, &made);

    (void)state;
    assert_int_equal(fup_lint_gate(&in, 0), FUP_LINT_PLACEHOLDER);
    assert_int_equal(fup_lint_gate(&in, FUP_LINT_BIT(FUP_LINT_PLACEHOLDER)),
                     FUP_LINT_NO_ASK);
    assert_int_equal(fup_lint_gate(&in, FUP_LINT_BIT(FUP_LINT_PLACEHOLDER) |
                                            FUP_LINT_BIT(FUP_LINT_NO_ASK)),
                     FUP_LINT_MAX);
    assert_int_equal(fup_lint_gate(&in, FUP_LINT_ALL), FUP_LINT_MAX);
}

static void a_finding_says_where_and_what(void **state)
{
    struct sample s = {.kind = "check_in",
                       .locale = "en",
                       .text = "Last chance?",
                       .options = "Yes|No [x]"};
    struct made made;
    struct fup_lint_in in = make(&s, &made);
    struct fup_lint_findings findings;

    (void)state;
    assert_int_equal(fup_lint(&in, &findings), FUP_OK);
    assert_int_equal(findings.n, 2);
    assert_int_equal(findings.items[0].rule, FUP_LINT_PLACEHOLDER);
    assert_int_equal(findings.items[0].option, 2);
    assert_string_equal(findings.items[0].detail, "[x]");
    assert_int_equal(findings.items[1].rule, FUP_LINT_PRESSURE);
    assert_int_equal(findings.items[1].option, 0);
    assert_string_equal(findings.items[1].detail, "last chance");
}

static void a_template_is_judged_by_its_parameters(void **state)
{
    struct fup_message message = {.text = (char[]){""},
                                  .locale = (char[]){"en"},
                                  .template_name = (char[]){"check_in"},
                                  .params = {(char[]){"Ana"}},
                                  .n_params = 1};
    struct fup_lint_in in = {.message = &message, .kind = "last_call"};
    struct fup_lint_findings findings;

    (void)state;
    assert_int_equal(fup_lint(&in, &findings), FUP_OK);
    assert_int_equal(findings.n, 0);
    message.params[0] = (char[]){"[name]"};
    assert_int_equal(fup_lint_gate(&in, 0), FUP_LINT_PLACEHOLDER);
}

static void every_rule_has_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < FUP_LINT_MAX; i++) {
        enum fup_lint_rule rule = (enum fup_lint_rule)i;

        assert_int_equal(fup_lint_find(fup_lint_name(rule)), rule);
        assert_true(strlen(fup_lint_what(rule)) > 0);
        assert_true(strlen(fup_lint_mend(rule)) > 0);
        assert_true(strlen(fup_lint_why(rule)) > 0);
    }
    assert_int_equal(fup_lint_find("nothing"), FUP_LINT_MAX);
    assert_int_equal(fup_lint_level(FUP_LINT_NO_ASK), FUP_LINT_ERROR);
    assert_int_equal(fup_lint_level(FUP_LINT_EMOJI), FUP_LINT_WARNING);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_ask_passes),
        TEST(placeholders_are_found),
        TEST(brackets_and_signs_that_mean_something_pass),
        TEST(traces_of_empty_values_are_found),
        TEST(punctuation_as_it_is_used_passes),
        TEST(characters_that_phones_cannot_show_are_found),
        TEST(options_that_read_the_same_are_found),
        TEST(asking_for_nothing_is_found),
        TEST(a_close_out_asks_nothing),
        TEST(question_marks_of_every_script_count),
        TEST(two_questions_are_found),
        TEST(open_questions_where_options_exist_are_found),
        TEST(options_are_two),
        TEST(lengths_are_found),
        TEST(other_languages_may_be_longer),
        TEST(pressure_is_found),
        TEST(blame_is_found),
        TEST(dead_prompts_are_found),
        TEST(a_last_call_has_a_way_out),
        TEST(the_text_of_the_step_before_is_found),
        TEST(three_emoji_are_too_many),
        TEST(the_gate_holds_errors_back_unless_waived),
        TEST(a_finding_says_where_and_what),
        TEST(a_template_is_judged_by_its_parameters),
        TEST(every_rule_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
