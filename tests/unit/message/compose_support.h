/* Building definitions and composing from them in tests. */

#ifndef FUP_TESTS_COMPOSE_SUPPORT_H
#define FUP_TESTS_COMPOSE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/liquid.h"
#include "message/message.h"

struct fixture {
    struct fup_message_def *def;
    struct fup_facts facts;
    struct fup_compose_in in;
    struct fup_message message;
    struct fup_err err;
};

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    fup_message_done(&f->message);
    fup_message_def_free(f->def);
    free(f);
    return 0;
}

static inline struct fup_liquid *compile(const char *source)
{
    struct fup_liquid *liquid = NULL;
    struct fup_err err;

    assert_int_equal(FUP_OK,
                     fup_liquid_compile(source, strlen(source), &liquid, &err));
    return liquid;
}

static inline char *copy(const char *text)
{
    char *p = strdup(text);

    assert_non_null(p);
    return p;
}

static inline void
add_text(struct fup_texts *texts, const char *locale, const char *source)
{
    texts->items = realloc(texts->items, (texts->n + 1) * sizeof *texts->items);
    assert_non_null(texts->items);
    texts->items[texts->n].locale = copy(locale);
    texts->items[texts->n].text = compile(source);
    texts->n++;
}

static inline struct fup_variant_def *
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

static inline struct fup_variant_def *add_fallback(struct fixture *f)
{
    f->def->fallback = calloc(1, sizeof *f->def->fallback);
    assert_non_null(f->def->fallback);
    return f->def->fallback;
}

static inline struct fup_option_def *add_option(struct fup_variant_def *variant,
                                                const char *id)
{
    struct fup_option_def *option = &variant->options[variant->n_options++];

    option->id = copy(id);
    return option;
}

static inline struct fup_template_def *
add_template(struct fup_variant_def *variant,
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

static inline enum fup_code compose(struct fixture *f)
{
    fup_message_done(&f->message);
    f->err = (struct fup_err){.code = FUP_OK};
    return fup_message_compose(f->def, &f->in, &f->message, &f->err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
