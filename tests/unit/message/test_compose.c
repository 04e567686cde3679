/* Composing: candidates, variants, options, templates. */

#include "compose_support.h"

#include "core/hash.h"
#include "message/lint.h"

static void fills_in_attributes_and_facts(void **state)
{
    struct fixture *f = *state;

    f->facts.attributes = "{\"name\":\"Ana\",\"channel\":\"lies\"}";
    f->facts.stage = "commit";
    f->facts.intent = "pricing";
    add_text(&add_variant(f, "a", 1)->text, "en",
             "{{ name }} {{ channel }} {{ locale }} {{ stage }} {{ intent }}");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Ana whatsapp en commit pricing");
    assert_string_equal(f->message.variant, "a");
    assert_string_equal(f->message.locale, "en");
    assert_null(f->message.template_name);
    assert_int_equal(f->message.n_options, 0);
}

static void a_missing_variable_tries_the_other_variants_in_order(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", "Hi {{ name }}");
    add_text(&add_variant(f, "b", 0)->text, "en", "Hi {{ goal }}");
    add_text(&add_variant(f, "c", 0)->text, "en", "Hi there");
    add_text(&add_variant(f, "d", 0)->text, "en", "Too late");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "c");
    assert_string_equal(f->message.text, "Hi there");
}

static void a_variant_before_the_chosen_one_is_tried_too(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 0)->text, "en", "Hi {{ goal }}");
    add_text(&add_variant(f, "b", 0)->text, "en", "Hi there");
    add_text(&add_variant(f, "c", 1)->text, "en", "Hi {{ name }}");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "b");
    f->facts.attributes = "{\"name\":\"Ana\",\"goal\":\"a bed\"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "c");
}

static void without_weights_the_variants_are_tried_in_order(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 0)->text, "en", "Hi {{ goal }}");
    add_text(&add_variant(f, "b", 0)->text, "en", "Hi there");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "b");
}

static void the_fallback_is_the_last_candidate(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", "Hi {{ name }}");
    add_text(&add_fallback(f)->text, "en", "Hello");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "fallback");
    assert_string_equal(f->message.text, "Hello");
}

static void what_the_linter_holds_back_is_passed_over(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", "Is it [{{ name }}]?");
    add_text(&add_variant(f, "b", 0)->text, "en", "Nothing to answer.");
    f->facts.attributes = "{\"name\":\"Ana\"}";
    f->in.kind = "check_in";
    assert_int_equal(FUP_EUNFIT, compose(f));
    assert_string_equal(f->err.msg, "variant \"a\": placeholder: a placeholder "
                                    "was not filled in");
    add_text(&add_fallback(f)->text, "en", "Is it Ana?");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "fallback");
    f->in.waived = FUP_LINT_BIT(FUP_LINT_NO_ASK);
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "b");
}

static void without_a_usable_candidate_the_first_variable_is_named(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", "Hi\n{{ customer.name }}");
    add_text(&add_variant(f, "b", 0)->text, "en", "{{ goal }}");
    add_text(&add_fallback(f)->text, "en", "{{ other }}");
    assert_int_equal(FUP_ENOENT, compose(f));
    assert_string_equal(
        f->err.msg,
        "variant \"a\": line 2, column 4: \"customer.name\" is missing");
    assert_null(f->message.variant);
}

static void a_definition_without_texts_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(FUP_ENOENT, compose(f));
    assert_string_equal(f->err.msg, "the step has no text");
}

static void a_null_and_a_blank_attribute_count_as_missing(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", "Hi {{ name }}");
    add_text(&add_fallback(f)->text, "en", "Hi {{ name | default: 'you' }}");
    f->facts.attributes = "{\"name\":null}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Hi you");
    f->facts.attributes = "{\"name\":\" \\u200e\\n\"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Hi you");
    f->facts.attributes = "{\"name\":\" An\\u0007a \"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Hi Ana");
}

static void an_empty_text_is_not_sent(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", " {% if name %}x{% endif %}");
    add_text(&add_fallback(f)->text, "en", "Hello");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "fallback");
}

static void a_text_over_the_limit_is_not_sent(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en",
             "{% for i in (1..9000) %}x{% endfor %}");
    add_text(&add_fallback(f)->text, "en", "Hello");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "fallback");
}

static void a_label_that_cannot_be_filled_in_spoils_its_variant(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    add_text(&variant->text, "en", "Which one?");
    add_text(&add_option(variant, "a")->label, "en", "{{ option_a }}");
    add_text(&add_fallback(f)->text, "en", "Hello");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "fallback");
    assert_int_equal(f->message.n_options, 0);
    f->facts.attributes = "{\"option_a\":\"Tuesday\"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "a");
    assert_int_equal(f->message.n_options, 1);
    assert_string_equal(f->message.options[0].id, "a");
    assert_string_equal(f->message.options[0].label, "Tuesday");
}

/* What FNV-1a over "conversation 0x1f schedule 0x1f step" says, on its own. */
static uint64_t point_of(const char *key, uint64_t sum)
{
    uint64_t hash = FUP_FNV_START;

    for (; *key != '\0'; key++) {
        hash = fup_fnv1a(hash, *key == '|' ? "\x1f" : key, 1);
    }
    return hash % sum;
}

static void the_variant_follows_the_hash_and_the_weights(void **state)
{
    struct fixture *f = *state;
    char conversation[16];
    char key[64];
    unsigned counts[3] = {0, 0, 0};

    add_text(&add_variant(f, "a", 1)->text, "en", "a");
    add_text(&add_variant(f, "b", 3)->text, "en", "b");
    add_text(&add_variant(f, "c", 0)->text, "en", "c");
    f->facts.conversation = conversation;
    for (int i = 0; i < 400; i++) {
        (void)snprintf(conversation, sizeof conversation, "%d", i);
        (void)snprintf(key, sizeof key, "%d|pricing|1", i);
        assert_int_equal(FUP_OK, compose(f));
        assert_string_equal(f->message.text, point_of(key, 4) == 0 ? "a" : "b");
        counts[f->message.text[0] - 'a']++;
    }
    assert_in_range(counts[0], 60, 140);
    assert_int_equal(counts[2], 0);
}

static void the_variant_changes_with_schedule_and_step(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", "a");
    add_text(&add_variant(f, "b", 1)->text, "en", "b");
    for (int step = 1; step <= 20; step++) {
        char key[64];

        f->in.step = step;
        f->in.schedule = step % 2 == 0 ? "booking" : "pricing";
        (void)snprintf(key, sizeof key, "4711|%s|%d", f->in.schedule, step);
        assert_int_equal(FUP_OK, compose(f));
        assert_string_equal(f->message.text, point_of(key, 2) == 0 ? "a" : "b");
    }
}

static void a_template_is_the_one_of_the_channel(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);
    struct fup_template_def *template;
    struct fup_option_def *option;

    add_text(&variant->text, "en", "free text");
    option = add_option(variant, "yes");
    add_text(&option->label, "en", "Yes");
    (void)add_template(variant, "messenger", "other", "en_US");
    template = add_template(variant, "whatsapp", "check_in_1", "en_US");
    template->params[template->n_params++] = compile("{{ goal }}");
    template->params[template->n_params++] = compile("{{ locale }}");
    f->in.as_template = true;
    f->facts.attributes = "{\"goal\":\"a bed\"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "");
    assert_string_equal(f->message.locale, "en_US");
    assert_string_equal(f->message.template_name, "check_in_1");
    assert_string_equal(f->message.template_language, "en_US");
    assert_int_equal(f->message.n_params, 2);
    assert_string_equal(f->message.params[0], "a bed");
    assert_string_equal(f->message.params[1], "en_US");
    assert_int_equal(f->message.n_options, 1);
    assert_string_equal(f->message.options[0].label, "Yes");
}

static void a_template_in_another_language_goes_without_labels(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    add_text(&add_option(variant, "yes")->label, "en", "Yes");
    (void)add_template(variant, "whatsapp", "check_in_1", "pt_BR");
    f->in.as_template = true;
    assert_int_equal(FUP_OK, compose(f));
    assert_int_equal(f->message.n_options, 0);
}

static void without_a_template_for_the_channel_there_is_none(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", "free text");
    f->in.as_template = true;
    assert_int_equal(FUP_ENOENT, compose(f));
    assert_string_equal(f->err.msg,
                        "variant \"a\": there is no template for the channel");
    f->facts.channel = NULL;
    assert_int_equal(FUP_ENOENT, compose(f));
}

static void attributes_that_are_no_object_are_no_variables(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", "Hi {{ x | default: 'y' }}");
    f->facts.attributes = "[1]";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Hi y");
    f->facts.attributes = "{";
    assert_int_equal(FUP_EPARSE, compose(f));
}

static void ending_nothing_is_allowed(void **state)
{
    struct fup_message message = {.variant = NULL};

    (void)state;
    fup_message_done(&message);
    fup_message_done(&message);
    fup_message_def_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fills_in_attributes_and_facts),
        TEST(a_missing_variable_tries_the_other_variants_in_order),
        TEST(a_variant_before_the_chosen_one_is_tried_too),
        TEST(without_weights_the_variants_are_tried_in_order),
        TEST(the_fallback_is_the_last_candidate),
        TEST(what_the_linter_holds_back_is_passed_over),
        TEST(without_a_usable_candidate_the_first_variable_is_named),
        TEST(a_definition_without_texts_is_refused),
        TEST(a_null_and_a_blank_attribute_count_as_missing),
        TEST(an_empty_text_is_not_sent),
        TEST(a_text_over_the_limit_is_not_sent),
        TEST(a_label_that_cannot_be_filled_in_spoils_its_variant),
        TEST(the_variant_follows_the_hash_and_the_weights),
        TEST(the_variant_changes_with_schedule_and_step),
        TEST(a_template_is_the_one_of_the_channel),
        TEST(a_template_in_another_language_goes_without_labels),
        TEST(without_a_template_for_the_channel_there_is_none),
        TEST(attributes_that_are_no_object_are_no_variables),
        cmocka_unit_test(ending_nothing_is_allowed),
    };

    return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}
