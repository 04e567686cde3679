/* Composing for a channel and a reader: limits, buttons and lines, links,
 * directions, dates. */

#include "compose_support.h"

#include "message/limits.h"
#include "plan/zone.h"

#define SABADO                                                                 \
    "s\xc3\xa1"                                                                \
    "bado"
#define ISOLATE  "\xe2\x81\xa8"
#define RELEASE  "\xe2\x81\xa9"
#define HELLO_AR "\xd8\xa3\xd9\x87\xd9\x84\xd8\xa7"
#define NAME_AR  "\xd9\x84\xd9\x8a\xd9\x84\xd9\x89"
#define ELLIPSIS "\xe2\x80\xa6"

static char channel_name[] = "whatsapp";
static char shop[] = "shop.example";
static char *hosts[] = {shop};
static const struct fup_names links = {hosts, 1};

static const struct fup_channel_limits three_buttons = {
    .channel = channel_name,
    .text = {60, FUP_UNIT_UTF16},
    .button_text = {20, FUP_UNIT_UTF16},
    .button_title = {8, FUP_UNIT_UTF16},
    .params = {20, FUP_UNIT_UTF16},
    .buttons = 3,
    .flat_params = true,
};

static const struct fup_channel_limits no_buttons = {
    .channel = channel_name,
    .text = {40, FUP_UNIT_CHARACTERS},
};

static void a_text_too_long_for_the_channel_gives_way(void **state)
{
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en",
             "{{ 'a text of more than sixty characters, which nobody cuts' }} "
             "and more");
    f->in.limits = &three_buttons;
    assert_int_equal(FUP_ELIMIT, compose(f));
    assert_string_equal(f->err.msg, "variant \"a\": the text has 64 UTF-16 "
                                    "units, whatsapp takes 60");
    add_text(&add_fallback(f)->text, "en", "short");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.variant, "fallback");
    assert_string_equal(f->message.text, "short");
}

static void a_text_with_buttons_has_its_own_limit(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    add_text(&variant->text, "en", "twenty-one characters");
    f->in.limits = &three_buttons;
    assert_int_equal(FUP_OK, compose(f));
    add_text(&add_option(variant, "y")->label, "en", "Yes");
    assert_int_equal(FUP_ELIMIT, compose(f));
}

static void a_label_too_long_is_refused_or_cut_as_the_channel_says(void **state)
{
    struct fup_channel_limits cutting = three_buttons;
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    cutting.cut_titles = true;
    add_text(&variant->text, "en", "Which?");
    add_text(&add_option(variant, "a")->label, "en", " As\n soon  as can be ");
    add_text(&add_option(variant, "b")->label, "en", "Later");
    f->in.limits = &three_buttons;
    assert_int_equal(FUP_ELIMIT, compose(f));
    assert_string_equal(f->err.msg, "variant \"a\": the label of option 1 has "
                                    "17 UTF-16 units, whatsapp takes 8");
    f->in.limits = &cutting;
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.options[0].label, "As soon" ELLIPSIS);
    assert_string_equal(f->message.options[1].label, "Later");
    assert_false(f->message.as_lines);
    assert_string_equal(f->message.text, "Which?");
}

static void two_buttons_of_one_title_are_refused(void **state)
{
    struct fup_channel_limits cutting = three_buttons;
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    cutting.cut_titles = true;
    f->in.limits = &cutting;
    add_text(&variant->text, "en", "Which?");
    add_text(&add_option(variant, "a")->label, "en", "On Tuesday");
    add_text(&add_option(variant, "b")->label, "en", "On Tuesdays");
    assert_int_equal(FUP_ELIMIT, compose(f));
    assert_string_equal(f->err.msg, "variant \"a\": the label of option 2 is "
                                    "that of another");
}

static void without_buttons_options_are_numbered_lines(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    add_text(&variant->text, "en", "Which one?");
    add_text(&add_option(variant, "a")->label, "en", "A quick delivery");
    add_text(&add_option(variant, "b")->label, "en", "A low\nprice");
    f->in.limits = &no_buttons;
    assert_int_equal(FUP_ELIMIT, compose(f)); /* the lines count as well */
    f->def->variants[0].n_options = 1;
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Which one?\n1. A quick delivery");
    assert_true(f->message.as_lines);
    assert_int_equal(f->message.n_options, 1);
    assert_string_equal(f->message.options[0].label, "A quick delivery");
    f->def->variants[0].n_options = 2;
}

static void more_options_than_buttons_are_lines_too(void **state)
{
    static const char *const ids[] = {"a", "b", "c", "d"};
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    add_text(&variant->text, "en", "When?");
    for (size_t i = 0; i < 3; i++) {
        add_text(&add_option(variant, ids[i])->label, "en", ids[i]);
    }
    f->in.limits = &three_buttons;
    assert_int_equal(FUP_OK, compose(f));
    assert_false(f->message.as_lines);
    assert_string_equal(f->message.text, "When?");
    add_text(&add_option(variant, ids[3])->label, "en", "d");
    assert_int_equal(FUP_OK, compose(f));
    assert_true(f->message.as_lines);
    assert_string_equal(f->message.text, "When?\n1. a\n2. b\n3. c\n4. d");
}

static void a_channel_that_is_not_known_limits_nothing(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    add_text(&variant->text, "en", "{% for i in (1..8000) %}x{% endfor %}");
    add_text(&add_option(variant, "a")->label, "en", "A long label, it is");
    assert_int_equal(FUP_OK, compose(f));
    assert_false(f->message.as_lines);
}

static void a_label_of_blanks_spoils_its_variant(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    add_text(&variant->text, "en", "Which?");
    add_text(&add_option(variant, "a")->label, "en", "{{ ' ' }}");
    assert_int_equal(FUP_ENOENT, compose(f));
}

static void parameters_of_a_template_are_short_and_flat(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);
    struct fup_template_def *template;

    add_text(&variant->text, "en", "x");
    add_text(&add_option(variant, "a")->label, "en", "Longer than a title");
    template = add_template(variant, "whatsapp", "t", "en");
    template->params[0] = compile("{{ goal }}");
    template->n_params = 1;
    f->in.as_template = true;
    f->in.limits = &three_buttons;
    f->facts.attributes = "{\"goal\":\"a\\n\\n bed\"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.params[0], "a bed");
    assert_int_equal(f->message.n_options, 1);
    f->facts.attributes = "{\"goal\":\"a bed that is far too long\"}";
    assert_int_equal(FUP_ELIMIT, compose(f));
    fup_liquid_free(template->params[0]);
    template->params[0] = compile("a\n{{ goal }}");
    f->facts.attributes = "{\"goal\":\"bed\"}";
    assert_int_equal(FUP_ELIMIT, compose(f));
    assert_string_equal(f->err.msg, "variant \"a\": parameter 1 has a line "
                                    "break, a tab or more than 4 spaces");
}

static void links_lead_to_hosts_that_are_listed(void **state)
{
    static const struct {
        const char *attributes;
        enum fup_code code;
    } rows[] = {
        {"{\"x\":\"a1\"}", FUP_OK},
        {"{\"x\":\"https://shop.example\"}", FUP_ENOENT}, /* never a value's */
        {"{\"x\":\"@evil\"}", FUP_OK},
    };
    struct fixture *f = *state;

    add_text(&add_variant(f, "a", 1)->text, "en",
             "See https://shop.example/{{ x }}");
    f->facts.attributes = "{\"x\":\"a1\"}";
    assert_int_equal(FUP_EREFUSED, compose(f));
    assert_string_equal(f->err.msg, "variant \"a\": it has a link to a host "
                                    "that is not in \"links\"");
    f->in.links = &links;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->facts.attributes = rows[i].attributes;
        assert_int_equal(rows[i].code, compose(f));
    }
}

static void values_that_make_a_link_together_are_refused(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    f->in.links = &links;
    f->facts.attributes = "{\"x\":\"evil.\",\"y\":\"com\",\"z\":\".evil.c\"}";
    add_text(&variant->text, "en", "Hi {{ x }}{{ y }}");
    assert_int_equal(FUP_EREFUSED, compose(f));
    add_text(&add_variant(f, "b", 0)->text, "en",
             "https://shop.example{{ z }}om");
    assert_int_equal(FUP_EREFUSED, compose(f));
}

static void a_label_and_a_parameter_have_no_links_either(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);
    struct fup_template_def *template;

    add_text(&variant->text, "en", "Which?");
    add_text(&add_option(variant, "a")->label, "en", "evil.com");
    assert_int_equal(FUP_EREFUSED, compose(f));
    template = add_template(variant, "whatsapp", "t", "de");
    template->params[0] = compile("http://evil.com");
    template->n_params = 1;
    f->in.as_template = true;
    assert_int_equal(FUP_EREFUSED, compose(f));
}

static void a_value_that_runs_the_other_way_is_isolated(void **state)
{
    struct fixture *f = *state;
    struct fup_texts *texts = &add_variant(f, "a", 1)->text;

    add_text(texts, "en", "Hi {{ name }}, {{ name | upcase }}!");
    add_text(texts, "ar", HELLO_AR " {{ name }}! {{ n }}");
    f->facts.attributes = "{\"name\":\"" NAME_AR "\",\"n\":\"12-34\"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Hi " ISOLATE NAME_AR RELEASE
                                         ", " ISOLATE NAME_AR RELEASE "!");
    f->facts.locale = "ar-EG";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, HELLO_AR " " NAME_AR "! 12-34");
    f->facts.attributes = "{\"name\":\"1. Ana\",\"n\":\"--\"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text,
                        HELLO_AR " " ISOLATE "1. Ana" RELEASE "! --");
}

static void marks_of_direction_do_not_pile_up(void **state)
{
    struct fixture *f = *state;
    struct fup_variant_def *variant = add_variant(f, "a", 1);

    add_text(&variant->text, "ar",
             "{% capture c %}{{ name }}{% endcapture %}" HELLO_AR " {{ c }} "
             "https://shop.example/{{ name }}");
    add_text(&add_option(variant, "a")->label, "ar", "{{ name }}");
    add_text(&add_option(variant, "b")->label, "ar", HELLO_AR " {{ name }}");
    f->in.links = &links;
    f->facts.locale = "ar";
    f->facts.attributes = "{\"name\":\"Ana\"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, HELLO_AR " " ISOLATE "Ana" RELEASE
                                                  " https://shop.example/Ana");
    assert_string_equal(f->message.options[0].label, "Ana");
    assert_string_equal(f->message.options[1].label,
                        HELLO_AR " " ISOLATE "Ana" RELEASE);
}

/* What is isolated already says nothing about the rest. */
static void an_isolated_value_is_passed_over(void **state)
{
    struct fixture *f = *state;
    struct fup_texts *texts = &add_variant(f, "a", 1)->text;

    add_text(texts, "en",
             "{% capture c %}{{ name }} " HELLO_AR
             "{% endcapture %}Hi {{ c }}, "
             "{% capture d %}{{ name }} Ana{% endcapture %}{{ d }}");
    f->facts.attributes = "{\"name\":\"" NAME_AR "\"}";
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "Hi " ISOLATE ISOLATE NAME_AR RELEASE
                                         " " HELLO_AR RELEASE
                                         ", " ISOLATE NAME_AR RELEASE " Ana");
}

static void dates_are_in_the_readers_zone_and_language(void **state)
{
    static const struct {
        const char *locale;
        const char *zone;
        const char *text;
    } rows[] = {
        {"en", "America/New_York", "Saturday 21 November 21:30 PM"},
        {"es", "Europe/Madrid", "domingo 22 noviembre 03:30"},
        {"pt-BR", "America/Sao_Paulo", SABADO " 21 novembro 23:30"},
        {"de", "Europe/Berlin", "Sonntag 22 November 03:30 AM"},
        {"fr", "Asia/Tokyo", "dimanche 22 novembre 11:30 AM"},
        {"ar", "Africa/Cairo",
         "\xd8\xa7\xd9\x84\xd8\xa3\xd8\xad\xd8\xaf 22 "
         "\xd9\x86\xd9\x88\xd9\x81\xd9\x85\xd8\xa8\xd8\xb1 04:30 \xd8\xb5"},
    };
    struct fixture *f = *state;
    struct fup_texts *texts = &add_variant(f, "a", 1)->text;
    struct fup_zones *zones;

    assert_int_equal(fup_zones_create(&zones), FUP_OK);
    f->facts.attributes = "{\"at\":\"2026-11-22T02:30:00Z\"}";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        add_text(texts, rows[i].locale, "{{ at | date: '%A %d %B %R %p' }}");
    }
    /* twice: names are kept from one text to the next */
    for (size_t k = 0; k < 2 * sizeof rows / sizeof rows[0]; k++) {
        size_t i = k % (sizeof rows / sizeof rows[0]);

        f->facts.locale = rows[i].locale;
        f->in.zone = fup_zones_get(zones, rows[i].zone);
        assert_non_null(f->in.zone);
        assert_int_equal(FUP_OK, compose(f));
        assert_memory_equal(f->message.text, rows[i].text,
                            strlen(rows[i].text));
    }
    fup_zones_free(zones);
}

static void only_instants_move_with_the_zone(void **state)
{
    static const struct {
        const char *text;
        const char *result;
    } rows[] = {
        {"{{ '2026-07-01T12:00:00+00:00' | date: '%F %R %z' }}",
         "2026-07-01 14:00 +0200"},
        {"{{ '2026-01-01T12:00:00-03:00' | date: '%F %R %z' }}",
         "2026-01-01 16:00 +0100"},
        {"{{ 0 | date: '%F %R' }}", "1970-01-01 01:00"},
        {"{{ '2026-07-01' | date: '%F %R' }}", "2026-07-01 00:00"},
        {"{{ '2026-07-01 09:30' | date: '%F %R' }}", "2026-07-01 09:30"},
    };
    struct fixture *f = *state;
    struct fup_zones *zones;

    assert_int_equal(fup_zones_create(&zones), FUP_OK);
    f->in.zone = fup_zones_get(zones, "Europe/Berlin");
    add_text(&add_variant(f, "a", 1)->text, "en", "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fup_liquid_free(f->def->variants[0].text.items[0].text);
        f->def->variants[0].text.items[0].text = compile(rows[i].text);
        assert_int_equal(FUP_OK, compose(f));
        assert_string_equal(f->message.text, rows[i].result);
    }
    fup_zones_free(zones);
}

static void words_of_the_crm_are_cleaned_too(void **state)
{
    struct fixture *f = *state;

    f->facts.intent = "pri\xe2\x80\xae"
                      "cing.basic";
    f->facts.stage = "\x01";
    f->facts.attributes = "{\"stage\":\"commit\"}";
    add_text(&add_variant(f, "a", 1)->text, "en",
             "{% if intent == 'pricing.basic' %}{{ stage | default: 'none' }}"
             "{% endif %}");
    assert_int_equal(FUP_OK, compose(f));
    assert_string_equal(f->message.text, "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_text_too_long_for_the_channel_gives_way),
        TEST(a_text_with_buttons_has_its_own_limit),
        TEST(a_label_too_long_is_refused_or_cut_as_the_channel_says),
        TEST(two_buttons_of_one_title_are_refused),
        TEST(without_buttons_options_are_numbered_lines),
        TEST(more_options_than_buttons_are_lines_too),
        TEST(a_channel_that_is_not_known_limits_nothing),
        TEST(a_label_of_blanks_spoils_its_variant),
        TEST(parameters_of_a_template_are_short_and_flat),
        TEST(links_lead_to_hosts_that_are_listed),
        TEST(values_that_make_a_link_together_are_refused),
        TEST(a_label_and_a_parameter_have_no_links_either),
        TEST(a_value_that_runs_the_other_way_is_isolated),
        TEST(marks_of_direction_do_not_pile_up),
        TEST(an_isolated_value_is_passed_over),
        TEST(dates_are_in_the_readers_zone_and_language),
        TEST(only_instants_move_with_the_zone),
        TEST(words_of_the_crm_are_cleaned_too),
    };

    return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
