/* Composing: candidates, locales, options, templates. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hash.h"
#include "message/liquid.h"
#include "message/message.h"

struct fixture {
    struct fup_message_def *def;
    struct fup_facts facts;
    struct fup_compose_in in;
    struct fup_message message;
    struct fup_err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->def = calloc(1, sizeof *f->def);
    assert_non_null(f->def);
    f->facts.conversation = "4711";
    f->facts.channel = "whatsapp";
    f->facts.locale = "en";
    f->in = (struct fup_compose_in){.facts = &f->facts,
                                    .schedule = "pricing",
                                    .step = 1,
                                    .first_locale = "en"};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fup_message_done(&f->message);
    fup_message_def_free(f->def);
    free(f);
    return 0;
}

static struct fup_liquid *compile(const char *source)
{
    struct fup_liquid *liquid = NULL;
    struct fup_err err;

    assert_int_equal(FUP_OK,
                     fup_liquid_compile(source, strlen(source), &liquid, &err));
    return liquid;
}

static char *copy(const char *text)
{
    char *p = strdup(text);

    assert_non_null(p);
    return p;
}

static void
add_text(struct fup_texts *texts, const char *locale, const char *source)
{
    texts->items = realloc(texts->items, (texts->n + 1) * sizeof *texts->items);
    assert_non_null(texts->items);
    texts->items[texts->n].locale = copy(locale);
    texts->items[texts->n].text = compile(source);
    texts->n++;
}

static struct fup_variant_def *
add_variant(struct fixture *f, const char *id, int weight)
{
    struct fup_message_def *def = f->def;
    struct fup_variant_def *variant;

    def->variants =
        realloc(def->variants, (def->n_variants + 1) * sizeof *def->variants);
    assert_non_null(def->variants);
    variant = &def->variants[def->n_variants++];
    *variant = (struct fup_variant_def){.id = copy(id), .weight = weight};
    return variant;
}

static struct fup_variant_def *add_fallback(struct fixture *f)
{
    f->def->fallback = calloc(1, sizeof *f->def->fallback);
    assert_non_null(f->def->fallback);
    return f->def->fallback;
}

static struct fup_option_def *add_option(struct fup_variant_def *variant,
                                         const char *id)
{
    struct fup_option_def *option = &variant->options[variant->n_options++];

    option->id = copy(id);
    return option;
}

static struct fup_template_def *add_template(struct fup_variant_def *variant,
                                             const char *channel,
                                             const char *name,
                                             const char *language)
{
    struct fup_template_def *template;

    variant->templates =
        realloc(variant->templates,
                (variant->n_templates + 1) * sizeof *variant->templates);
    assert_non_null(variant->templates);
    template = &variant->templates[variant->n_templates++];
    *template = (struct fup_template_def){.channel = copy(channel),
                                          .name = copy(name),
                                          .language = copy(language)};
    return template;
}

static enum fup_code compose(struct fixture *f)
{
    fup_message_done(&f->message);
    f->err = (struct fup_err){.code = FUP_OK};
    return fup_message_compose(f->def, &f->in, &f->message, &f->err);
}

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

static void the_fallback_is_the_last_candidate(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en", "Hi {{ name }}");
    add_text(&add_fallback(f)->text, "en", "Hello");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "fallback");
    assert_string_equal(f->message.text, "Hello");
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

static void the_locale_falls_back_along_cldr_parents(void **state)
{
    static const char *const rows[][2] = {
        {"en", "en"},         {"es-MX", "es-419"},
        {"es-AR", "es-419"},  {"es-ES", "es"},
        {"es_419", "es-419"}, {"pt-AO", "pt-PT"},
        {"pt-BR", "pt"},      {"pt-PT", "pt-PT"},
        {"zh-TW", "zh-Hant"}, {"zh-Hant-MO", "zh-HK"},
        {"zh-HK", "zh-HK"},   {"zh-CN", "zh"},
        {"zh-Hans-SG", "zh"}, {"en-GB", "en-001"},
        {"en-CH", "en-001"},  {"en-US", "en"},
        {"nb-NO", "no"},      {"pt_BR.UTF-8", "pt"},
        {"sr-Latn", "en"},    {"fr", "en"},
        {"", "en"},           {"es-MX-u-ca-gregory", "es-419"},
    };
    struct fixture *f = *state;
    struct fup_texts *texts = &add_variant(f, "a", 1)->text;

    add_text(texts, "de", "de");
    add_text(texts, "en", "en");
    add_text(texts, "en-001", "en-001");
    add_text(texts, "es", "es");
    add_text(texts, "es-419", "es-419");
    add_text(texts, "no", "no");
    add_text(texts, "pt", "pt");
    add_text(texts, "pt-PT", "pt-PT");
    add_text(texts, "sr", "sr");
    add_text(texts, "zh", "zh");
    add_text(texts, "zh-Hant", "zh-Hant");
    add_text(texts, "zh-HK", "zh-HK");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->facts.locale = rows[i][0];
        assert_int_equal(FUP_OK, compose(f));
        assert_string_equal(f->message.text, rows[i][1]);
        assert_string_equal(f->message.locale, rows[i][1]);
    }
}

static void traditional_chinese_never_falls_back_to_simplified(void **state)
{
    struct fixture *f = *state;
    struct fup_texts *texts = &add_variant(f, "a", 1)->text;

    add_text(texts, "en", "en");
    add_text(texts, "zh", "zh");
    f->facts.locale = "zh-TW";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.locale, "en");
}

static void the_first_text_is_the_last_resort(void **state)
{
    struct fixture *f = *state;
    struct fup_texts *texts = &add_variant(f, "a", 1)->text;

    add_text(texts, "de", "de");
    add_text(texts, "it", "it");
    f->facts.locale = NULL;
    f->in.first_locale = "it";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.locale, "it");
    f->in.first_locale = "en";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.locale, "de");
    f->in.first_locale = NULL;
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.locale, "de");
}

static void text_and_labels_are_in_one_locale(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);
    struct fup_option_def *option;

    add_text(&variant->text, "pt-BR", "Qual?");
    add_text(&variant->text, "pt", "Qual destes?");
    add_text(&variant->text, "en", "Which?");
    option = add_option(variant, "yes");
    add_text(&option->label, "en", "Yes");
    add_text(&option->label, "pt-BR", "Sim");
    option = add_option(variant, "no");
    add_text(&option->label, "en", "No");
    f->facts.locale = "pt-BR";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Which?");
    assert_string_equal(f->message.options[0].label, "Yes");
    assert_string_equal(f->message.options[1].label, "No");
    add_text(&option->label, "pt-BR", "Nao");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Qual?");
    assert_string_equal(f->message.options[0].label, "Sim");
    assert_string_equal(f->message.options[1].label, "Nao");
}

static void labels_that_share_no_locale_spoil_their_variant(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    add_text(&variant->text, "en", "Which?");
    add_text(&add_option(variant, "yes")->label, "pt", "Sim");
    assert_int_equal(FUP_ENOENT, compose(f));
    assert_string_equal(
        f->err.msg, "variant \"a\": text and labels have no locale in common");
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fills_in_attributes_and_facts),
        TEST(a_missing_variable_tries_the_other_variants_in_order),
        TEST(the_fallback_is_the_last_candidate),
        TEST(without_a_usable_candidate_the_first_variable_is_named),
        TEST(a_definition_without_texts_is_refused),
        TEST(a_null_and_a_blank_attribute_count_as_missing),
        TEST(an_empty_text_is_not_sent),
        TEST(a_text_over_the_limit_is_not_sent),
        TEST(a_label_that_cannot_be_filled_in_spoils_its_variant),
        TEST(the_variant_follows_the_hash_and_the_weights),
        TEST(the_variant_changes_with_schedule_and_step),
        TEST(the_locale_falls_back_along_cldr_parents),
        TEST(traditional_chinese_never_falls_back_to_simplified),
        TEST(the_first_text_is_the_last_resort),
        TEST(text_and_labels_are_in_one_locale),
        TEST(labels_that_share_no_locale_spoil_their_variant),
        TEST(a_template_is_the_one_of_the_channel),
        TEST(a_template_in_another_language_goes_without_labels),
        TEST(without_a_template_for_the_channel_there_is_none),
        TEST(attributes_that_are_no_object_are_no_variables),
        cmocka_unit_test(ending_nothing_is_allowed),
    };

    return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}
