/* Composing: which locale, and that there is only one. */

#include "compose_support.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_locale_falls_back_along_cldr_parents),
        TEST(traditional_chinese_never_falls_back_to_simplified),
        TEST(the_first_text_is_the_last_resort),
        TEST(text_and_labels_are_in_one_locale),
        TEST(labels_that_share_no_locale_spoil_their_variant),
    };

    return cmocka_run_group_tests_name("compose_locale", tests, NULL, NULL);
}
