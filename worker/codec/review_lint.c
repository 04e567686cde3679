/* Each text is composed as the worker would, one candidate in one language at a
 * time, and goes through the linter. Twice: with a value for everything, and
 * with none, for then the traces of empty values show. */

#include "review_lint.h"

#include <stdlib.h>
#include <string.h>

#include "codec/schedule.h"
#include "message/lint.h"
#include "message/message.h"

#define BEFORE_MAX (FUP_VARIANTS_MAX + 1)

struct linting {
    const struct fup_schedule *schedule;
    const struct fup_channels *channels;
    const struct fup_json *json;
    struct fup_problems *problems;
    char *samples; /* JSON */
    bool objection;
    uint64_t used; /* rules that the schedule waived somewhere */
};

/* One step; its JSON may be NULL. */
struct step {
    size_t at;
    const struct cJSON *item;
    uint64_t used;
};

/* One text: a candidate in one language. @item is its JSON, may be NULL. */
struct place {
    const struct fup_variant_def *variant;
    const struct cJSON *item;
    const char *locale;
};

/* -- sample values -------------------------------------------------------- */

static const struct {
    const char *name;
    const char *value;
} usual[] = {
    {"name", "Ana"},
    {"goal", "a blue bike"},
    {"option_a", "a quick delivery"},
    {"option_b", "a low price"},
    {"summary", "a blue bike for two"},
    {"topic", "the blue bike"},
    {"product", "the blue bike"},
    {"price", "250"},
    {"time_a", "Monday 10:00"},
    {"time_b", "Friday 16:00"},
    {"date", "2026-11-30"},
    {"order", "4711"},
    {"company", "Blue Bikes"},
    {"agent", "Eva"},
};

static bool
set_value(struct cJSON *object, struct cJSON *value, const char *name)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    if (value == NULL || !cJSON_AddItemToObject(object, name, value)) {
        cJSON_Delete(value);
        return false;
    }
    return true;
}

static bool fill_samples(const struct linting *l, struct cJSON *object)
{
    const struct fup_match *match = &l->schedule->match;
    const struct cJSON *own = l->json->root == NULL
                                  ? NULL
                                  : fup_json_member(l->json->root, "samples");
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof usual / sizeof usual[0]; i++) {
        ok = set_value(object, cJSON_CreateString(usual[i].value),
                       usual[i].name);
    }
    for (size_t i = 0; ok && i < match->n_attributes; i++) {
        const struct fup_names *values = &match->attributes[i].values;

        ok = values->n == 0 ||
             set_value(object, cJSON_CreateString(values->items[0]),
                       match->attributes[i].name);
    }
    for (own = own == NULL ? NULL : own->child; ok && own != NULL;
         own = own->next) {
        ok = set_value(object, cJSON_Duplicate(own, true), own->string);
    }
    return ok;
}

static enum fup_code make_samples(struct linting *l)
{
    struct cJSON *object = cJSON_CreateObject();

    if (object != NULL && fill_samples(l, object)) {
        l->samples = cJSON_PrintUnformatted(object);
    }
    cJSON_Delete(object);
    return l->samples == NULL ? FUP_ENOMEM : FUP_OK;
}

/* -- composing ------------------------------------------------------------ */

static const char *first_of(const struct fup_names *names, const char *other)
{
    return names->n > 0 ? names->items[0] : other;
}

/* What is said at @place, not held back by the gate, and within @limits (NULL:
 * those of no channel). */
static enum fup_code compose(const struct linting *l,
                             const struct place *place,
                             const struct fup_channel_limits *limits,
                             const char *attributes,
                             struct fup_message *ret_message,
                             struct fup_err *err)
{
    const struct fup_match *match = &l->schedule->match;
    struct fup_variant_def copy = *place->variant;
    struct fup_message_def def = {.variants = &copy, .n_variants = 1};
    struct fup_facts facts = {
        .tenant = "sample",
        .conversation = "sample",
        .channel = limits != NULL ? limits->channel
                                  : first_of(&match->channel, "webchat"),
        .intent = first_of(&match->intent, NULL),
        .stage = first_of(&match->stage, NULL),
        .locale = place->locale,
        .attributes = attributes,
    };
    struct fup_compose_in in = {.facts = &facts,
                                .schedule = l->schedule->name,
                                .step = 1,
                                .first_locale = place->locale,
                                .limits = limits,
                                .links = &l->schedule->links,
                                .waived = FUP_LINT_ALL};

    return fup_message_compose(&def, &in, ret_message, err);
}

/* The candidates of @def: variants, then the fallback; NULL behind the last. */
static const struct fup_variant_def *
candidate_of(const struct fup_message_def *def, size_t i)
{
    if (i < def->n_variants) {
        return &def->variants[i];
    }
    return i == def->n_variants ? def->fallback : NULL;
}

/* -- the step before ------------------------------------------------------ */

struct before {
    struct fup_message messages[BEFORE_MAX];
    const char *texts[BEFORE_MAX];
    size_t n;
};

static bool has_text(const struct fup_variant_def *variant, const char *locale)
{
    for (size_t i = 0; i < variant->text.n; i++) {
        if (strcmp(variant->text.items[i].locale, locale) == 0) {
            return true;
        }
    }
    return false;
}

static void before_done(struct before *before)
{
    for (size_t i = 0; i < before->n; i++) {
        fup_message_done(&before->messages[i]);
    }
}

/* What the step before @at that has a message can say in @locale. */
static enum fup_code read_before(const struct linting *l,
                                 size_t at,
                                 const char *locale,
                                 struct before *before)
{
    const struct fup_step *steps = l->schedule->steps;
    struct place place = {.locale = locale};
    enum fup_code code = FUP_OK;

    before->n = 0;
    while (at > 0 && steps[at - 1].message == NULL) {
        at--;
    }
    if (at == 0) {
        return FUP_OK;
    }
    for (size_t i = 0; code != FUP_ENOMEM; i++) {
        struct fup_message *message = &before->messages[before->n];

        place.variant = candidate_of(steps[at - 1].message, i);
        if (place.variant == NULL) {
            break;
        }
        code = has_text(place.variant, locale)
                   ? compose(l, &place, NULL, l->samples, message, NULL)
                   : FUP_ENOENT;
        if (code == FUP_OK) {
            before->texts[before->n++] = message->text;
        }
    }
    return code == FUP_ENOMEM ? code : FUP_OK;
}

/* -- places --------------------------------------------------------------- */

static const struct cJSON *member(const struct cJSON *object, const char *name)
{
    return object == NULL ? NULL : fup_json_member(object, name);
}

static struct fup_place place_at(const struct linting *l,
                                 const struct cJSON *item)
{
    return item == NULL ? (struct fup_place){.file = l->json->file}
                        : fup_json_place(l->json, item, false);
}

/* Of the text, or of the label of @option (from 1). */
static struct fup_place
place_of(const struct linting *l, const struct place *place, size_t option)
{
    const struct cJSON *text = member(place->item, "text");
    const struct cJSON *options = member(place->item, "options");

    if (option > 0 && options != NULL) {
        text = member(cJSON_GetArrayItem(options, (int)option - 1), "label");
    }
    return place_at(l, member(text, place->locale));
}

/* -- one text ------------------------------------------------------------- */

static void report(struct linting *l,
                   const struct place *place,
                   const struct fup_lint_finding *finding)
{
    enum fup_lint_rule rule = finding->rule;
    struct fup_place at = place_of(l, place, finding->option);
    const char *opens = finding->detail[0] != '\0' ? " (" : "";
    const char *closes = finding->detail[0] != '\0' ? ")" : "";

    if (fup_lint_level(rule) == FUP_LINT_ERROR) {
        fup_problems_error(l->problems, &at, "%s: %s%s%s%s; %s",
                           fup_lint_name(rule), fup_lint_what(rule), opens,
                           finding->detail, closes, fup_lint_mend(rule));
    } else {
        fup_problems_warn(l->problems, &at, "%s: %s%s%s%s; %s",
                          fup_lint_name(rule), fup_lint_what(rule), opens,
                          finding->detail, closes, fup_lint_mend(rule));
    }
}

/* Lint @message and report what is neither waived nor in *@seen. */
static enum fup_code lint(struct linting *l,
                          struct step *step,
                          const struct place *place,
                          const struct fup_lint_in *in,
                          uint64_t *seen)
{
    const struct fup_step *def = &l->schedule->steps[step->at];
    struct fup_lint_findings findings;
    enum fup_code code = fup_lint(in, &findings);

    for (size_t i = 0; code == FUP_OK && i < findings.n; i++) {
        uint64_t bit = FUP_LINT_BIT(findings.items[i].rule);

        if ((def->waived & bit) != 0) {
            step->used |= bit;
        } else if ((l->schedule->waived & bit) != 0) {
            l->used |= bit;
        } else if ((*seen & bit) == 0) {
            report(l, place, &findings.items[i]);
        }
        *seen |= bit;
    }
    return code;
}

/* With @attributes (NULL: none). Errors: those of composing. */
static enum fup_code lint_filled(struct linting *l,
                                 struct step *step,
                                 const struct place *place,
                                 const char *attributes,
                                 uint64_t *seen,
                                 struct fup_err *err)
{
    struct fup_message message;
    struct before before;
    struct fup_lint_in in = {.message = &message,
                             .kind = l->schedule->steps[step->at].kind,
                             .objection = l->objection,
                             .before = before.texts};
    enum fup_code code = compose(l, place, NULL, attributes, &message, err);

    if (code != FUP_OK) {
        return code;
    }
    code = read_before(l, step->at, place->locale, &before);
    in.n_before = before.n;
    if (code == FUP_OK) {
        code = lint(l, step, place, &in, seen);
    }
    before_done(&before);
    fup_message_done(&message);
    return code;
}

static bool may_be_for(const struct fup_schedule *schedule, const char *channel)
{
    const struct fup_names *names = &schedule->match.channel;
    size_t i = 0;

    while (i < names->n && strcmp(names->items[i], channel) != 0) {
        i++;
    }
    return names->n == 0 || i < names->n;
}

/* Whether it fits the channels: the first that it does not is reported. */
static enum fup_code lint_limits(struct linting *l, const struct place *place)
{
    enum fup_code code = FUP_OK;

    for (size_t i = 0; i < l->channels->n && code == FUP_OK; i++) {
        const struct fup_channel_limits *limits = &l->channels->limits[i];
        struct fup_message message;
        struct fup_err err = {.msg = ""};

        if (!may_be_for(l->schedule, limits->channel)) {
            continue;
        }
        code = compose(l, place, limits, l->samples, &message, &err);
        if (code == FUP_OK) {
            fup_message_done(&message);
        } else if (code == FUP_ELIMIT) {
            struct fup_place at = place_of(l, place, 0);

            fup_problems_error(l->problems, &at, "text_too_long: %s", err.msg);
        }
    }
    return code == FUP_ENOMEM ? code : FUP_OK;
}

/* What cannot be composed at all, and so is not linted. */
static void report_unfit(struct linting *l,
                         const struct place *place,
                         enum fup_code code,
                         const struct fup_err *err)
{
    struct fup_place at = place_of(l, place, 0);

    if (code == FUP_EREFUSED) {
        fup_problems_error(l->problems, &at,
                           "link_refused: %s; name its host in \"links\"",
                           err->msg);
    } else if (code == FUP_ELIMIT) {
        fup_problems_error(l->problems, &at, "text_too_long: %s", err->msg);
    } else {
        fup_problems_warn(l->problems, &at,
                          "not linted, cannot be filled in: %s; give "
                          "\"samples\" a value",
                          err->msg);
    }
}

/* A candidate in one language: with values, then without, for each channel. */
static enum fup_code
lint_text(struct linting *l, struct step *step, const struct place *place)
{
    uint64_t seen = 0;
    struct fup_err err = {.msg = ""};
    enum fup_code code = lint_filled(l, step, place, l->samples, &seen, &err);

    if (code == FUP_ENOMEM) {
        return code;
    }
    if (code != FUP_OK) {
        report_unfit(l, place, code, &err);
        return FUP_OK;
    }
    code = lint_filled(l, step, place, NULL, &seen, NULL);
    return code == FUP_ENOMEM ? code : lint_limits(l, place);
}

/* -- all ------------------------------------------------------------------ */

static const struct cJSON *candidate_item(const struct step *step,
                                          const struct fup_message_def *def,
                                          size_t i)
{
    const struct cJSON *message = member(step->item, "message");
    const struct cJSON *variants = member(message, "variants");

    if (i < def->n_variants) {
        return variants == NULL ? NULL : cJSON_GetArrayItem(variants, (int)i);
    }
    return member(message, "fallback");
}

static enum fup_code lint_message(struct linting *l, struct step *step)
{
    const struct fup_message_def *def = l->schedule->steps[step->at].message;
    struct place place;
    enum fup_code code = FUP_OK;

    for (size_t i = 0; (place.variant = candidate_of(def, i)) != NULL; i++) {
        const struct fup_texts *text = &place.variant->text;

        place.item = candidate_item(step, def, i);
        for (size_t k = 0; code == FUP_OK && k < text->n; k++) {
            place.locale = text->items[k].locale;
            code = lint_text(l, step, &place);
        }
    }
    return code;
}

/* Warn of waivers in the object @waive that were not needed. */
static void
report_unused(struct linting *l, const struct cJSON *waive, uint64_t used)
{
    const struct cJSON *item = waive == NULL ? NULL : waive->child;

    for (; item != NULL; item = item->next) {
        enum fup_lint_rule rule = fup_lint_find(item->string);
        struct fup_place at = fup_json_place(l->json, item, true);

        if (rule != FUP_LINT_MAX && (used & FUP_LINT_BIT(rule)) == 0) {
            fup_problems_warn(l->problems, &at,
                              "%s is waived, but nothing breaks it",
                              item->string);
        }
    }
}

enum fup_code fup_review_lint(const struct fup_schedule *schedule,
                              const struct fup_channels *channels,
                              const struct fup_json *json,
                              struct fup_problems *problems)
{
    struct linting l = {.schedule = schedule,
                        .channels = channels,
                        .json = json,
                        .problems = problems};
    const struct cJSON *steps = member(json->root, "steps");
    enum fup_code code = make_samples(&l);

    for (size_t i = 0; i < schedule->match.intent.n; i++) {
        l.objection |=
            strcmp(schedule->match.intent.items[i], "objection") == 0;
    }
    for (size_t i = 0; code == FUP_OK && i < schedule->n_steps; i++) {
        struct step step = {
            .at = i,
            .item = steps == NULL ? NULL : cJSON_GetArrayItem(steps, (int)i)};

        if (schedule->steps[i].message != NULL) {
            code = lint_message(&l, &step);
        }
        report_unused(&l, member(step.item, "waive"), step.used);
    }
    report_unused(&l, member(json->root, "waive"), l.used);
    free(l.samples);
    return code;
}
