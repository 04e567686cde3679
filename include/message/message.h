/* Messages: from the texts of a step and the facts of a conversation to what
 * a sender delivers. Pure. */

#ifndef FUP_MESSAGE_MESSAGE_H
#define FUP_MESSAGE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "plan/facts.h"
#include "plan/schedule.h"

#define FUP_OPTIONS_MAX   10
#define FUP_TEXT_MAX      8192 /* bytes of one rendered text */
#define FUP_LABEL_MAX     256  /* bytes of one rendered label */
#define FUP_OPTION_ID_MAX 16   /* bytes */
#define FUP_PARAMS_MAX    16

struct fup_liquid;         /* a compiled template: message/liquid.h */
struct fup_channel_limits; /* what a channel takes: message/limits.h */
struct fup_zone;           /* a time zone: plan/zone.h */

/* One text in several locales; the first one listed is the last resort. */
struct fup_texts {
    struct {
        char *locale; /* BCP 47, as written in the schedule */
        struct fup_liquid *text;
    } * items;

    size_t n;
};

struct fup_option_def {
    char *id;
    struct fup_texts label;
};

/* A template that the provider has approved, for outside the window. */
struct fup_template_def {
    char *channel;
    char *name;
    char *language;
    struct fup_liquid *params[FUP_PARAMS_MAX];
    size_t n_params;
};

struct fup_variant_def {
    char *id;
    int weight; /* >= 0 */
    struct fup_texts text;
    struct fup_option_def options[FUP_OPTIONS_MAX];
    size_t n_options;
    struct fup_template_def *templates;
    size_t n_templates;
};

/* What a step can say: variants, and a fallback when none can be used. */
struct fup_message_def {
    struct fup_variant_def *variants;
    size_t n_variants;
    struct fup_variant_def *fallback; /* NULL: none */
};

/* Free @def and all it holds; NULL is allowed. */
void fup_message_def_free(struct fup_message_def *def);

/* A finished message. Texts belong to it. */
struct fup_message {
    char *variant; /* id of the variant, "fallback" for the fallback */
    char *locale;
    char *text; /* "" for a template */

    struct {
        char *id;
        char *label;
    } options[FUP_OPTIONS_MAX];

    size_t n_options;
    bool as_lines;       /* the options stand in the text, numbered from 1 */
    char *template_name; /* NULL: no template */
    char *template_language;
    char *params[FUP_PARAMS_MAX];
    size_t n_params;
};

/* Free what @message holds, not @message itself. */
void fup_message_done(struct fup_message *message);

/* What choosing and filling in depend on. */
struct fup_compose_in {
    const struct fup_facts *facts;
    const char *schedule;     /* its name: part of the variant's hash */
    int step;                 /* from 1; likewise */
    const char *first_locale; /* the schedule's; may be NULL */
    bool as_template;         /* the approved template for facts->channel */
    const struct fup_channel_limits *limits; /* of that channel; NULL: none */
    const struct fup_names
        *links;                  /* hosts that links may lead to; NULL: none */
    const struct fup_zone *zone; /* the contact's, for dates; NULL: UTC */
    const char *kind;            /* of the step; NULL: no rules about it */
    uint64_t waived;             /* rules of message/lint.h that do not hold */
};

/* Choose a variant (FNV-1a over "conversation 0x1f schedule 0x1f step" modulo
 * the sum of weights), the locale (the contact's, its CLDR parents, then the
 * schedule's first), and fill in the texts strictly: a variable that is missing
 * and has no default makes a candidate unusable, and the next one is tried:
 * the other variants in order, then the fallback. A variant of weight 0 is only
 * reached that way. What else makes a candidate unusable: a text, label or
 * parameter that comes out empty; one that its channel does not take
 * (fup_limits_fit()), for a text is never cut; a link to a host that is not
 * among in->links; an error that the linter finds (message/lint.h) and that is
 * not among in->waived.
 *
 * Labels are one line. Where the channel has buttons for all options, a label
 * is a button's title, and is cut if the channel's limits say so; elsewhere the
 * options are added to the text as numbered lines ("1. Label"), and stay in
 * @options.
 *
 * Text and labels are always in one locale: the first that has them all. After
 * the schedule's first locale come those of the text, as listed.
 *
 * A template has no text; its locale is the template's language. The options go
 * along when every label exists in that language, otherwise without.
 *
 * The texts see the members of facts->attributes, cleaned: control characters
 * and marks of text direction are gone, line breaks are spaces, the rest is in
 * NFC and at most 200 bytes; a text of which nothing remains, or with a link in
 * it, is missing. Over these they see "channel", "locale" (the message's),
 * "intent" and "stage". Values that run against the direction of the locale are
 * isolated, dates are in the contact's zone: fup_liquid_render_for().
 *
 * Owns:   *@ret_message is the caller's; fup_message_done() it.
 * Errors: no candidate could be used; @err says what was wrong with the first,
 *         with line and column, and so does the code:
 *         FUP_ENOENT    a variable was missing, or a text came out empty
 *         FUP_EINVAL    a filter met a value that it cannot take
 *         FUP_ELIMIT    it is too long for the channel, or for us
 *         FUP_EREFUSED  it has a link that is not allowed
 *         FUP_EUNFIT    the linter holds it back; @err names the rule
 *         FUP_EPARSE    the attributes are no JSON, or have more than 64 KiB
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code
fup_message_compose(const struct fup_message_def *def,
                    const struct fup_compose_in *in,
                    struct fup_message *ret_message,
                    struct fup_err *err);

#endif
