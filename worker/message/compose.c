/* Composing: which variant, which locale, and the texts filled in.
 *
 * One candidate after the other is filled in whole into a fresh message. What
 * stops a candidate (a missing variable, an empty or too long text) is kept if
 * it is the first, and the next one is tried; only a lack of memory ends the
 * search. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "clean.h"
#include "core/buf.h"
#include "core/hash.h"
#include "locale.h"
#include "message/lint.h"
#include "message/liquid.h"
#include "message/message.h"
#include "shape.h"

/* One search for a usable candidate. */
struct search {
    const struct fup_compose_in *in;
    struct fup_liquid_reader reader;
    struct cJSON *data;
    struct fup_buf scratch;
    struct fup_err first; /* why the first candidate was not usable */
};

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static enum fup_code copy_text(const char *text, char **ret_text)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        return FUP_ENOMEM;
    }
    *ret_text = copy;
    return FUP_OK;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* Fill in one text of at most @max bytes. */
static enum fup_code fill(struct search *search,
                          const struct fup_liquid *liquid,
                          size_t max,
                          char **ret_text,
                          struct fup_err *err)
{
    enum fup_code code;

    fup_buf_clear(&search->scratch);
    search->scratch.max = max;
    code = fup_liquid_render_for(liquid, search->data, &search->reader,
                                 &search->scratch, err);
    if (code != FUP_OK) {
        return code;
    }
    if (is_blank(fup_buf_text(&search->scratch))) {
        return fup_err_set(err, FUP_ENOENT, "the text comes out empty");
    }
    return copy_text(fup_buf_text(&search->scratch), ret_text);
}

/* Where @texts has @locale; n: nowhere. */
static size_t find_text(const struct fup_texts *texts,
                        const struct fup_locale *locale)
{
    struct fup_locale other;
    size_t i = 0;

    while (i < texts->n && (!fup_locale_parse(texts->items[i].locale, &other) ||
                            !fup_locale_equal(&other, locale))) {
        i++;
    }
    return i;
}

/* Whether every label of @variant exists in @locale. */
static bool has_labels(const struct fup_variant_def *variant,
                       const struct fup_locale *locale)
{
    for (size_t i = 0; i < variant->n_options; i++) {
        const struct fup_texts *label = &variant->options[i].label;

        if (find_text(label, locale) == label->n) {
            return false;
        }
    }
    return true;
}

/* The place of the text in @locale, if the labels are there as well; n: not. */
static size_t find_whole(const struct fup_variant_def *variant,
                         const struct fup_locale *locale)
{
    size_t i = find_text(&variant->text, locale);

    return has_labels(variant, locale) ? i : variant->text.n;
}

/* The locale of a message: the contact's and its parents, the schedule's
 * first, then those of the text as they are listed. */
static size_t choose_locale(const struct fup_compose_in *in,
                            const struct fup_variant_def *variant,
                            struct fup_locale *ret_locale)
{
    const struct fup_texts *texts = &variant->text;
    struct fup_locale locale;
    size_t found = texts->n;

    if (fup_locale_parse(in->facts->locale, &locale)) {
        do {
            found = find_whole(variant, &locale);
        } while (found == texts->n && fup_locale_parent(&locale));
    }
    if (found == texts->n && fup_locale_parse(in->first_locale, &locale)) {
        found = find_whole(variant, &locale);
    }
    for (size_t i = 0; found == texts->n && i < texts->n; i++) {
        if (fup_locale_parse(texts->items[i].locale, &locale)) {
            found = find_whole(variant, &locale);
        }
    }
    *ret_locale = locale;
    return found;
}

/* Let the texts see @item, which is taken over, as the variable @name. */
static enum fup_code
set_item(struct search *search, const char *name, struct cJSON *item)
{
    cJSON_DeleteItemFromObjectCaseSensitive(search->data, name);
    if (!cJSON_AddItemToObject(search->data, name, item)) {
        cJSON_Delete(item);
        return FUP_ENOMEM;
    }
    return FUP_OK;
}

/* From now on texts are rendered for readers of @message's locale. */
static enum fup_code set_reader(struct search *search,
                                const struct fup_message *message)
{
    struct cJSON *locale;

    search->reader = (struct fup_liquid_reader){
        .zone = search->in->zone,
        .isolated = true,
        .right_to_left = fup_locale_is_right_to_left(message->locale)};
    locale = cJSON_CreateString(message->locale);
    return locale != NULL ? set_item(search, "locale", locale) : FUP_ENOMEM;
}

static enum fup_code fill_options(struct search *search,
                                  const struct fup_variant_def *variant,
                                  const struct fup_locale *locale,
                                  struct fup_message *message,
                                  struct fup_err *err)
{
    enum fup_code code = FUP_OK;

    for (size_t i = 0; code == FUP_OK && i < variant->n_options; i++) {
        const struct fup_option_def *option = &variant->options[i];
        size_t at = find_text(&option->label, locale);

        message->n_options = i + 1;
        code = copy_text(option->id, &message->options[i].id);
        if (code == FUP_OK) {
            code = fill(search, option->label.items[at].text, FUP_LABEL_MAX,
                        &message->options[i].label, err);
        }
    }
    return code;
}

static enum fup_code try_text(struct search *search,
                              const struct fup_variant_def *variant,
                              struct fup_message *message,
                              struct fup_err *err)
{
    struct fup_locale locale;
    size_t at = choose_locale(search->in, variant, &locale);
    enum fup_code code;

    if (at == variant->text.n) {
        return fup_err_set(err, FUP_ENOENT,
                           "text and labels have no locale in common");
    }
    code = copy_text(variant->text.items[at].locale, &message->locale);
    if (code == FUP_OK) {
        code = set_reader(search, message);
    }
    if (code == FUP_OK) {
        code = fill(search, variant->text.items[at].text, FUP_TEXT_MAX,
                    &message->text, err);
    }
    return code == FUP_OK ? fill_options(search, variant, &locale, message, err)
                          : code;
}

static const struct fup_template_def *
find_template(const struct fup_variant_def *variant, const char *channel)
{
    for (size_t i = 0; channel != NULL && i < variant->n_templates; i++) {
        if (strcmp(variant->templates[i].channel, channel) == 0) {
            return &variant->templates[i];
        }
    }
    return NULL;
}

static enum fup_code fill_params(struct search *search,
                                 const struct fup_template_def *template,
                                 struct fup_message *message,
                                 struct fup_err *err)
{
    enum fup_code code = FUP_OK;

    for (size_t i = 0; code == FUP_OK && i < template->n_params; i++) {
        message->n_params = i + 1;
        code = fill(search, template->params[i], FUP_TEXT_MAX,
                    &message->params[i], err);
    }
    return code;
}

/* The options of a template are buttons that the provider shows in the
 * template's language: they go along where all labels exist in it. */
static enum fup_code
fill_template_options(struct search *search,
                      const struct fup_variant_def *variant,
                      struct fup_message *message,
                      struct fup_err *err)
{
    struct fup_locale locale;
    bool known = fup_locale_parse(message->locale, &locale);

    while (known && !has_labels(variant, &locale)) {
        known = fup_locale_parent(&locale);
    }
    return known ? fill_options(search, variant, &locale, message, err)
                 : FUP_OK;
}

static enum fup_code try_template(struct search *search,
                                  const struct fup_variant_def *variant,
                                  struct fup_message *message,
                                  struct fup_err *err)
{
    const struct fup_template_def *template =
        find_template(variant, search->in->facts->channel);
    enum fup_code code;

    if (template == NULL) {
        return fup_err_set(err, FUP_ENOENT,
                           "there is no template for the channel");
    }
    code = copy_text("", &message->text);
    if (code == FUP_OK) {
        code = copy_text(template->language, &message->locale);
    }
    if (code == FUP_OK) {
        code = copy_text(template->name, &message->template_name);
    }
    if (code == FUP_OK) {
        code = copy_text(template->language, &message->template_language);
    }
    if (code == FUP_OK) {
        code = set_reader(search, message);
    }
    if (code == FUP_OK) {
        code = fill_params(search, template, message, err);
    }
    return code == FUP_OK ? fill_template_options(search, variant, message, err)
                          : code;
}

/* Hold back what the linter calls an error. */
static enum fup_code pass_gate(const struct search *search,
                               const struct fup_message *message,
                               struct fup_err *err)
{
    struct fup_lint_in in = {.message = message, .kind = search->in->kind};
    enum fup_lint_rule rule = fup_lint_gate(&in, search->in->waived);

    return rule == FUP_LINT_MAX
               ? FUP_OK
               : fup_err_set(err, FUP_EUNFIT, "%s: %s", fup_lint_name(rule),
                             fup_lint_what(rule));
}

/* Fill in @variant whole into @ret_message, or nothing of it. */
static enum fup_code try_variant(struct search *search,
                                 const struct fup_variant_def *variant,
                                 const char *id,
                                 struct fup_message *ret_message)
{
    struct fup_message message = {.variant = NULL};
    struct fup_err err = {.code = FUP_OK};
    enum fup_code code = copy_text(id, &message.variant);

    if (code == FUP_OK) {
        code = search->in->as_template
                   ? try_template(search, variant, &message, &err)
                   : try_text(search, variant, &message, &err);
    }
    if (code == FUP_OK) {
        code = fup_message_shape(search->in, &message, &err);
    }
    if (code == FUP_OK) {
        code = pass_gate(search, &message, &err);
    }
    if (code == FUP_OK) {
        *ret_message = message;
        return FUP_OK;
    }
    fup_message_done(&message);
    if (search->first.code == FUP_OK && code != FUP_ENOMEM) {
        (void)fup_err_set(&search->first, code, "variant \"%.40s\": %.190s", id,
                          err.msg);
    }
    return code;
}

/* The variant that the conversation's hash falls on; n: no weights at all. */
static size_t choose_variant(const struct fup_message_def *def,
                             const struct fup_compose_in *in)
{
    uint64_t hash = FUP_FNV_START;
    uint64_t sum = 0;
    uint64_t point;
    char step[16];

    for (size_t i = 0; i < def->n_variants; i++) {
        sum += (uint64_t)def->variants[i].weight;
    }
    if (sum == 0) {
        return def->n_variants;
    }
    hash = fup_fnv1a_text(hash, or_empty(in->facts->conversation));
    hash = fup_fnv1a(hash, "\x1f", 1);
    hash = fup_fnv1a_text(hash, or_empty(in->schedule));
    (void)snprintf(step, sizeof step, "\x1f%d", in->step);
    hash = fup_fnv1a_text(hash, step);
    point = hash % sum;
    for (size_t i = 0;; i++) {
        uint64_t weight = (uint64_t)def->variants[i].weight;

        if (point < weight) {
            return i;
        }
        point -= weight;
    }
}

/* The chosen variant, the others in order, the fallback: the first usable. */
static enum fup_code try_all(struct search *search,
                             const struct fup_message_def *def,
                             struct fup_message *ret_message)
{
    size_t chosen = choose_variant(def, search->in);
    enum fup_code code = FUP_ENOENT;

    if (chosen < def->n_variants) {
        code = try_variant(search, &def->variants[chosen],
                           or_empty(def->variants[chosen].id), ret_message);
    }
    for (size_t i = 0;
         i < def->n_variants && code != FUP_OK && code != FUP_ENOMEM; i++) {
        if (i != chosen) {
            code = try_variant(search, &def->variants[i],
                               or_empty(def->variants[i].id), ret_message);
        }
    }
    if (code != FUP_OK && code != FUP_ENOMEM && def->fallback != NULL) {
        code = try_variant(search, def->fallback, "fallback", ret_message);
    }
    return code;
}

/* A word of the CRM's; NULL leaves what is there. */
static enum fup_code
set_word(struct search *search, const char *name, const char *word)
{
    struct cJSON *item;

    if (word == NULL) {
        return FUP_OK;
    }
    item = fup_clean_value(word);
    return item != NULL ? set_item(search, name, item) : FUP_ENOMEM;
}

/* The variables: the attributes cleaned, then what we know ourselves. */
static enum fup_code read_variables(struct search *search, struct fup_err *err)
{
    const struct fup_facts *facts = search->in->facts;
    enum fup_code code =
        fup_clean_attributes(facts->attributes, &search->data, err);

    if (code == FUP_ELIMIT) {
        code = FUP_EPARSE; /* what is too long here is not a text */
    }
    if (code == FUP_OK) {
        code = set_word(search, "channel", facts->channel);
    }
    if (code == FUP_OK) {
        code = set_word(search, "intent", facts->intent);
    }
    return code == FUP_OK ? set_word(search, "stage", facts->stage) : code;
}

/* Why there is no message: what was wrong with the first candidate. */
static enum fup_code why_not(const struct search *search, struct fup_err *err)
{
    return search->first.code != FUP_OK
               ? fup_err_set(err, search->first.code, "%s", search->first.msg)
               : fup_err_set(err, FUP_ENOENT, "the step has no text");
}

enum fup_code fup_message_compose(const struct fup_message_def *def,
                                  const struct fup_compose_in *in,
                                  struct fup_message *ret_message,
                                  struct fup_err *err)
{
    struct search search = {.in = in};
    enum fup_code code = read_variables(&search, err);

    if (code == FUP_OK) {
        fup_buf_init(&search.scratch, FUP_TEXT_MAX);
        code = try_all(&search, def, ret_message);
        fup_buf_done(&search.scratch);
        if (code != FUP_OK && code != FUP_ENOMEM) {
            code = why_not(&search, err);
        }
    }
    if (code == FUP_ENOMEM) {
        (void)fup_err_set(err, code, "out of memory");
    }
    cJSON_Delete(search.data);
    return code;
}
