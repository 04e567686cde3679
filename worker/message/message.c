/* Messages: their life. */

#include "message/message.h"

#include <stdlib.h>

#include "message/liquid.h"

static void texts_done(struct fup_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++) {
        free(texts->items[i].locale);
        fup_liquid_free(texts->items[i].text);
    }
    free(texts->items);
}

static void template_done(struct fup_template_def *template)
{
    free(template->channel);
    free(template->name);
    free(template->language);
    for (size_t i = 0; i < template->n_params; i++) {
        fup_liquid_free(template->params[i]);
    }
}

static void variant_done(struct fup_variant_def *variant)
{
    free(variant->id);
    texts_done(&variant->text);
    for (size_t i = 0; i < variant->n_options; i++) {
        free(variant->options[i].id);
        texts_done(&variant->options[i].label);
    }
    for (size_t i = 0; i < variant->n_templates; i++) {
        template_done(&variant->templates[i]);
    }
    free(variant->templates);
}

void fup_message_def_free(struct fup_message_def *def)
{
    if (def == NULL) {
        return;
    }
    for (size_t i = 0; i < def->n_variants; i++) {
        variant_done(&def->variants[i]);
    }
    free(def->variants);
    if (def->fallback != NULL) {
        variant_done(def->fallback);
        free(def->fallback);
    }
    free(def);
}

void fup_message_done(struct fup_message *message)
{
    free(message->variant);
    free(message->locale);
    free(message->text);
    for (size_t i = 0; i < message->n_options; i++) {
        free(message->options[i].id);
        free(message->options[i].label);
    }
    free(message->template_name);
    free(message->template_language);
    for (size_t i = 0; i < message->n_params; i++) {
        free(message->params[i]);
    }
    *message = (struct fup_message){.variant = NULL};
}
