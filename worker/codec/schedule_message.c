/* The message of a step: variants, fallback, texts, options, templates. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/liquid.h"
#include "message/message.h"
#include "schedule_parts.h"
#include "text.h"

#define LOCALE_MAX_BYTES   35 /* BCP 47 asks for at least that much room */
#define WEIGHT_MAX         1000000
#define LANGUAGE_MAX_BYTES 35
#define TEMPLATE_NAME_MAX  512
#define CHANNEL_MAX_BYTES  32

static bool is_locale(const char *text)
{
    size_t len = strlen(text);

    return len >= 2 && len <= LOCALE_MAX_BYTES &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len &&
           strspn(text, "-_0123456789") == 0;
}

static struct fup_liquid *compile(struct fup_json *json,
                                  const struct cJSON *value)
{
    struct fup_liquid *liquid = NULL;
    struct fup_err err = {.msg = ""};
    enum fup_code code;

    if (!cJSON_IsString(value)) {
        fup_json_expected(json, value, "a text in quotes");
        return NULL;
    }
    code = fup_liquid_compile(value->valuestring, strlen(value->valuestring),
                              &liquid, &err);
    if (code == FUP_ENOMEM) {
        json->code = code;
    } else if (code != FUP_OK) {
        fup_json_error(json, value, "in %s: %s", json->what, err.msg);
    }
    return liquid;
}

/* A text by locale; into is struct fup_texts. */
static FUP_JSON_READER(read_texts)
{
    struct fup_texts *texts = into;
    size_t n = (size_t)cJSON_GetArraySize(value);

    (void)field;
    if (!fup_json_is_object(json, value)) {
        return;
    }
    if (n == 0 || n > FUP_LOCALES_MAX) {
        fup_json_expected(json, value,
                          "1 to 64 texts by locale, such as "
                          "{\"en\": \"...\"}");
        return;
    }
    texts->items = calloc(n, sizeof *texts->items);
    if (texts->items == NULL) {
        json->code = FUP_ENOMEM;
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        if (!is_locale(item->string)) {
            fup_json_error_key(json, item,
                               "\"%.40s\" in %s is no locale such as "
                               "\"en\" or \"pt-BR\"",
                               item->string, json->what);
        }
        texts->items[texts->n].locale = strdup(item->string);
        if (texts->items[texts->n].locale == NULL) {
            json->code = FUP_ENOMEM;
            return;
        }
        texts->items[texts->n++].text = compile(json, item);
    }
}

static const struct fup_json_field option_fields[] = {
    {.name = "id",
     .read = fup_json_read_id,
     .offset = offsetof(struct fup_option_def, id),
     .max = FUP_OPTION_ID_MAX,
     .required = true},
    {.name = "label",
     .read = read_texts,
     .offset = offsetof(struct fup_option_def, label),
     .required = true},
    {.name = NULL},
};

static void check_option_id(struct fup_json *json,
                            const struct cJSON *item,
                            const struct fup_variant_def *variant)
{
    const char *id = variant->options[variant->n_options - 1].id;

    for (size_t i = 0; id != NULL && i + 1 < variant->n_options; i++) {
        if (variant->options[i].id != NULL &&
            strcmp(variant->options[i].id, id) == 0) {
            fup_json_error(json, item, "in %s: option \"%s\" is there twice",
                           json->what, id);
        }
    }
}

static FUP_JSON_READER(read_options)
{
    struct fup_variant_def *variant = into;

    (void)field;
    if (!fup_json_is_array(json, value, 0, FUP_OPTIONS_MAX)) {
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        fup_json_fields(json, item, option_fields,
                        &variant->options[variant->n_options++]);
        check_option_id(json, item, variant);
    }
}

static FUP_JSON_READER(read_params)
{
    struct fup_template_def *template = into;

    (void)field;
    if (!fup_json_is_array(json, value, 0, FUP_PARAMS_MAX)) {
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        template->params[template->n_params++] = compile(json, item);
    }
}

static const struct fup_json_field template_fields[] = {
    {.name = "name",
     .read = fup_json_read_text,
     .offset = offsetof(struct fup_template_def, name),
     .min = 1,
     .max = TEMPLATE_NAME_MAX,
     .required = true},
    {.name = "language",
     .read = fup_json_read_text,
     .offset = offsetof(struct fup_template_def, language),
     .min = 2,
     .max = LANGUAGE_MAX_BYTES,
     .required = true},
    {.name = "params", .read = read_params},
    {.name = NULL},
};

static FUP_JSON_READER(read_templates)
{
    struct fup_variant_def *variant = into;
    size_t n = (size_t)cJSON_GetArraySize(value);

    (void)field;
    if (!fup_json_is_object(json, value)) {
        return;
    }
    if (n > FUP_TEMPLATES_MAX) {
        fup_json_error(json, value, "in %s: more than %d templates", json->what,
                       FUP_TEMPLATES_MAX);
        return;
    }
    variant->templates = calloc(n + 1, sizeof *variant->templates);
    if (variant->templates == NULL) {
        json->code = FUP_ENOMEM;
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        struct fup_template_def *template =
            &variant->templates[variant->n_templates++];

        if (!fup_text_is_id(item->string, CHANNEL_MAX_BYTES)) {
            fup_json_error_key(json, item,
                               "\"%.40s\" in %s is no name of a channel",
                               item->string, json->what);
        }
        template->channel = strdup(item->string);
        if (template->channel == NULL) {
            json->code = FUP_ENOMEM;
        }
        fup_json_fields(json, item, template_fields, template);
    }
}

static bool has_locale(const struct fup_texts *texts, const char *locale)
{
    for (size_t i = 0; i < texts->n; i++) {
        if (strcmp(texts->items[i].locale, locale) == 0) {
            return true;
        }
    }
    return false;
}

/* A text whose labels lack its locale can never be used: one message is in one
 * language. */
static void check_labels(struct fup_json *json,
                         const struct cJSON *value,
                         const struct fup_variant_def *variant)
{
    for (size_t i = 0; i < variant->text.n; i++) {
        const char *locale = variant->text.items[i].locale;

        for (size_t k = 0; k < variant->n_options; k++) {
            if (!has_locale(&variant->options[k].label, locale)) {
                fup_json_warn(json, value,
                              "in %s: the text in \"%s\" is never used, "
                              "because option %zu has no label in it",
                              json->what, locale, k + 1);
                break;
            }
        }
    }
}

#define VARIANT(member) .offset = offsetof(struct fup_variant_def, member)

static const struct fup_json_field variant_fields[] = {
    {.name = "id",
     .read = fup_json_read_id,
     VARIANT(id),
     .max = FUP_OPTION_ID_MAX,
     .required = true},
    {.name = "weight",
     .read = fup_json_read_int,
     VARIANT(weight),
     .max = WEIGHT_MAX},
    {.name = "text", .read = read_texts, VARIANT(text), .required = true},
    {.name = "options", .read = read_options},
    {.name = "templates", .read = read_templates},
    {.name = NULL},
};

static const struct fup_json_field fallback_fields[] = {
    {.name = "text", .read = read_texts, VARIANT(text), .required = true},
    {.name = "options", .read = read_options},
    {.name = "templates", .read = read_templates},
    {.name = NULL},
};

static FUP_JSON_READER(read_fallback)
{
    struct fup_message_def *def = into;
    const char *step = json->what;
    char what[64];

    (void)field;
    def->fallback = calloc(1, sizeof *def->fallback);
    if (def->fallback != NULL) {
        def->fallback->id = strdup("fallback");
    }
    if (def->fallback == NULL || def->fallback->id == NULL) {
        json->code = FUP_ENOMEM;
        return;
    }
    (void)snprintf(what, sizeof what, "%s, fallback", step);
    json->what = what;
    fup_json_fields(json, value, fallback_fields, def->fallback);
    check_labels(json, value, def->fallback);
    json->what = step;
}

static void check_variant_id(struct fup_json *json,
                             const struct cJSON *item,
                             const struct fup_message_def *def)
{
    const char *id = def->variants[def->n_variants - 1].id;

    if (id == NULL) {
        return;
    }
    if (strcmp(id, "fallback") == 0) {
        fup_json_error(json, item, "in %s: \"fallback\" is the fallback's id",
                       json->what);
    }
    for (size_t i = 0; i + 1 < def->n_variants; i++) {
        if (def->variants[i].id != NULL &&
            strcmp(def->variants[i].id, id) == 0) {
            fup_json_error(json, item, "%s: the id \"%s\" is there twice",
                           json->what, id);
        }
    }
}

static void read_variant(struct fup_json *json,
                         const struct cJSON *item,
                         const char *step,
                         struct fup_message_def *def)
{
    struct fup_variant_def *variant = &def->variants[def->n_variants++];
    char what[64];

    variant->weight = 1;
    (void)snprintf(what, sizeof what, "%s, variant %zu", step, def->n_variants);
    json->what = what;
    fup_json_fields(json, item, variant_fields, variant);
    check_variant_id(json, item, def);
    check_labels(json, item, variant);
    json->what = step;
}

static FUP_JSON_READER(read_variants)
{
    struct fup_message_def *def = into;
    const char *step = json->what;
    size_t n = (size_t)cJSON_GetArraySize(value);
    int64_t weights = 0;

    (void)field;
    if (!fup_json_is_array(json, value, 1, FUP_VARIANTS_MAX)) {
        return;
    }
    def->variants = calloc(n, sizeof *def->variants);
    if (def->variants == NULL) {
        json->code = FUP_ENOMEM;
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        read_variant(json, item, step, def);
        weights += def->variants[def->n_variants - 1].weight;
    }
    if (weights == 0) {
        fup_json_error(json, value,
                       "in %s: at least one variant needs a weight above 0",
                       step);
    }
}

static const struct fup_json_field message_fields[] = {
    {.name = "variants", .read = read_variants},
    {.name = "fallback", .read = read_fallback},
    {.name = NULL},
};

static bool name_channel(struct fup_names *names, const char *channel)
{
    char **items;

    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->items[i], channel) == 0) {
            return true;
        }
    }
    items = realloc(names->items, (names->n + 1) * sizeof *items);
    if (items == NULL) {
        return false;
    }
    names->items = items;
    items[names->n] = strdup(channel);
    if (items[names->n] == NULL) {
        return false;
    }
    names->n++;
    return true;
}

static bool name_channels(struct fup_names *names,
                          const struct fup_variant_def *variant)
{
    for (size_t i = 0; variant != NULL && i < variant->n_templates; i++) {
        if (variant->templates[i].channel != NULL &&
            !name_channel(names, variant->templates[i].channel)) {
            return false;
        }
    }
    return true;
}

FUP_JSON_READER(fup_schedule_read_message)
{
    struct fup_step *step = into;
    struct fup_message_def *def = calloc(1, sizeof *def);
    bool ok = def != NULL;

    (void)field;
    if (!ok) {
        json->code = FUP_ENOMEM;
        return;
    }
    step->message = def;
    fup_json_fields(json, value, message_fields, def);
    if (def->n_variants == 0 && def->fallback == NULL) {
        fup_json_warn(json, value,
                      "the message has neither variants nor a fallback: the "
                      "step will be skipped with text_incomplete");
    }
    for (size_t i = 0; ok && i < def->n_variants; i++) {
        ok = name_channels(&step->template_channels, &def->variants[i]);
    }
    if (!ok || !name_channels(&step->template_channels, def->fallback)) {
        json->code = FUP_ENOMEM;
    }
}

const char *fup_schedule_def_locale(const struct fup_message_def *def)
{
    if (def == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < def->n_variants; i++) {
        if (def->variants[i].text.n > 0) {
            return def->variants[i].text.items[0].locale;
        }
    }
    if (def->fallback != NULL && def->fallback->text.n > 0) {
        return def->fallback->text.items[0].locale;
    }
    return NULL;
}
