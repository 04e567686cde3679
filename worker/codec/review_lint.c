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

/* One text: a candidate in one language. */
struct place {
    const struct cJSON *candidate;
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

/* What @variant says in @locale, not held back by the gate. */
static enum fup_code compose(const struct linting *l,
                             const struct fup_variant_def *variant,
                             const char *locale,
                             const char *attributes,
                             struct fup_message *ret_message,
                             struct fup_err *err)
{
    const struct fup_match *match = &l->schedule->match;
    struct fup_variant_def copy = *variant;
    struct fup_message_def def = {.variants = &copy, .n_variants = 1};
    struct fup_facts facts = {
        .tenant = "sample",
        .conversation = "sample",
        .channel = first_of(&match->channel, "webchat"),
        .intent = first_of(&match->intent, NULL),
        .stage = first_of(&match->stage, NULL),
        .locale = locale,
        .attributes = attributes,
    };
    struct fup_compose_in in = {.facts = &facts,
                                .schedule = l->schedule->name,
                                .step = 1,
                                .first_locale = locale,
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
    const struct fup_variant_def *variant;
    enum fup_code code = FUP_OK;

    before->n = 0;
    while (at > 0 && steps[at - 1].message == NULL) {
        at--;
    }
    if (at == 0) {
        return FUP_OK;
    }
    for (size_t i = 0;
         code != FUP_ENOMEM &&
         (variant = candidate_of(steps[at - 1].message, i)) != NULL;
         i++) {
        struct fup_message *message = &before->messages[before->n];

        code = has_text(variant, locale)
                   ? compose(l, variant, locale, l->samples, message, NULL)
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
    const struct cJSON *text = member(place->candidate, "text");
    const struct cJSON *options = member(place->candidate, "options");

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

/* A candidate in one language: with values, then without. */
static enum fup_code lint_text(struct linting *l,
                               struct step *step,
                               const struct fup_variant_def *variant,
                               const struct place *place)
{
    const char *attributes[] = {l->samples, NULL};
    struct before before;
    struct fup_lint_in in = {.kind = l->schedule->steps[step->at].kind,
                             .objection = l->objection,
                             .before = before.texts};
    uint64_t seen = 0;
    enum fup_code code = read_before(l, step->at, place->locale, &before);

    in.n_before = before.n;
    for (size_t i = 0; i < 2 && code == FUP_OK; i++) {
        struct fup_message message;
        struct fup_err err = {.msg = ""};

        code =
            compose(l, variant, place->locale, attributes[i], &message, &err);
        if (code == FUP_OK) {
            in.message = &message;
            code = lint(l, step, place, &in, &seen);
            fup_message_done(&message);
        } else if (code != FUP_ENOMEM && i == 0) {
            struct fup_place at = place_of(l, place, 0);

            fup_problems_warn(l->problems, &at,
                              "not linted, cannot be filled in: %s; give "
                              "\"samples\" a value",
                              err.msg);
        }
        code = code == FUP_ENOMEM ? code : FUP_OK;
    }
    before_done(&before);
    return code;
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
    const struct fup_variant_def *variant;
    enum fup_code code = FUP_OK;

    for (size_t i = 0; (variant = candidate_of(def, i)) != NULL; i++) {
        for (size_t k = 0; code == FUP_OK && k < variant->text.n; k++) {
            struct place place = {.candidate = candidate_item(step, def, i),
                                  .locale = variant->text.items[k].locale};

            code = lint_text(l, step, variant, &place);
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
                              const struct fup_json *json,
                              struct fup_problems *problems)
{
    struct linting l = {
        .schedule = schedule, .json = json, .problems = problems};
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
