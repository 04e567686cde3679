/* Whether a silence is followed up, and by which schedule. */

#include <string.h>

#include "attribute.h"
#include "rules.h"

bool fup_names_have(const struct fup_names *names, const char *text)
{
    for (size_t i = 0; text != NULL && i < names->n; i++) {
        if (strcmp(names->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static bool names_match(const struct fup_names *names, const char *text)
{
    return names->n == 0 || fup_names_have(names, text);
}

static int plain(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A' + 'a';
    }
    return c == '_' ? '-' : c;
}

/* "pt" covers "pt", "pt-BR" and "PT_br"; "pt-BR" does not cover "pt". */
static bool locale_covers(const char *wider, const char *locale)
{
    while (*wider != '\0' && plain(*wider) == plain(*locale)) {
        wider++;
        locale++;
    }
    return *wider == '\0' && (*locale == '\0' || plain(*locale) == '-');
}

static bool locales_match(const struct fup_names *names, const char *locale)
{
    for (size_t i = 0; locale != NULL && i < names->n; i++) {
        if (locale_covers(names->items[i], locale)) {
            return true;
        }
    }
    return names->n == 0;
}

static bool attributes_match(const struct fup_match *match, const char *json)
{
    for (size_t i = 0; i < match->n_attributes; i++) {
        const struct fup_attribute_match *a = &match->attributes[i];

        if (!fup_attribute_matches(json, a->name, &a->values)) {
            return false;
        }
    }
    return true;
}

static bool schedule_matches(const struct fup_schedule *schedule,
                             const struct fup_facts *facts)
{
    const struct fup_match *match = &schedule->match;

    return schedule->mode != FUP_MODE_OFF &&
           names_match(&match->tenant, facts->tenant) &&
           names_match(&match->channel, facts->channel) &&
           names_match(&match->intent, facts->intent) &&
           names_match(&match->stage, facts->stage) &&
           locales_match(&match->locale, facts->locale) &&
           attributes_match(match, facts->attributes);
}

static bool comes_before(const struct fup_schedule *a,
                         const struct fup_schedule *b)
{
    if (b == NULL || a->priority != b->priority) {
        return b == NULL || a->priority > b->priority;
    }
    return strcmp(a->name, b->name) < 0;
}

/* Whether all that @names let pass, @by lets pass too. */
static bool names_within(const struct fup_names *by,
                         const struct fup_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        if (!names_match(by, names->items[i])) {
            return false;
        }
    }
    return by->n == 0 || names->n > 0;
}

static bool locales_within(const struct fup_names *by,
                           const struct fup_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        if (!locales_match(by, names->items[i])) {
            return false;
        }
    }
    return by->n == 0 || names->n > 0;
}

/* Whether @match asks of the attribute of @by what is at least as narrow. */
static bool attribute_within(const struct fup_attribute_match *by,
                             const struct fup_match *match)
{
    for (size_t i = 0; i < match->n_attributes; i++) {
        const struct fup_attribute_match *a = &match->attributes[i];

        if (strcmp(a->name, by->name) == 0 &&
            names_within(&by->values, &a->values)) {
            return true;
        }
    }
    return false;
}

static bool match_within(const struct fup_match *by,
                         const struct fup_match *match)
{
    for (size_t i = 0; i < by->n_attributes; i++) {
        if (!attribute_within(&by->attributes[i], match)) {
            return false;
        }
    }
    return names_within(&by->tenant, &match->tenant) &&
           names_within(&by->channel, &match->channel) &&
           names_within(&by->intent, &match->intent) &&
           names_within(&by->stage, &match->stage) &&
           locales_within(&by->locale, &match->locale);
}

bool fup_plan_shadows(const struct fup_schedule *by,
                      const struct fup_schedule *schedule)
{
    return by->mode != FUP_MODE_OFF && schedule->mode != FUP_MODE_OFF &&
           (!by->require_inbound || schedule->require_inbound) &&
           comes_before(by, schedule) &&
           match_within(&by->match, &schedule->match);
}

bool fup_stop_holds(const struct fup_stop_when *stop,
                    const struct fup_facts *facts)
{
    if ((stop->owners & 1u << (unsigned)facts->owner) != 0 ||
        fup_names_have(&stop->match.intent, facts->intent) ||
        fup_names_have(&stop->match.stage, facts->stage)) {
        return true;
    }
    for (size_t i = 0; i < stop->match.n_attributes; i++) {
        const struct fup_attribute_match *a = &stop->match.attributes[i];

        if (fup_attribute_matches(facts->attributes, a->name, &a->values)) {
            return true;
        }
    }
    return false;
}

bool fup_plan_handed_over(const struct fup_facts *facts)
{
    return facts->owner == FUP_OWNER_HUMAN &&
           facts->last_human_at < facts->last_answer_at;
}

/* What about the conversation itself forbids it, or NONE. */
static enum fup_reason find_bar(const struct fup_facts *facts)
{
    if (facts == NULL) {
        return FUP_REASON_GONE;
    }
    if (!facts->tenant_active) {
        return FUP_REASON_TENANT_INACTIVE;
    }
    if (facts->opted_out) {
        return FUP_REASON_OPTED_OUT;
    }
    switch (facts->status) {
    case FUP_STATUS_OPEN:
        return FUP_REASON_NONE;
    case FUP_STATUS_CLOSED:
        return FUP_REASON_CLOSED;
    case FUP_STATUS_SNOOZED:
        return FUP_REASON_SNOOZED;
    case FUP_STATUS_UNKNOWN:
        break;
    }
    return FUP_REASON_STATUS_UNKNOWN;
}

/* Whether it is the customer's turn, and since when. An answer at the instant
 * of the last inbound came after it. */
static enum fup_reason find_silence(const struct fup_facts *facts,
                                    int64_t since_at)
{
    if (facts->last_answer_at == FUP_TIME_NONE ||
        facts->last_answer_at < facts->last_inbound_at) {
        return FUP_REASON_NO_ANSWER;
    }
    if (fup_plan_handed_over(facts)) {
        return FUP_REASON_HANDED_OVER;
    }
    return facts->last_answer_at <= since_at ? FUP_REASON_BEFORE_START
                                             : FUP_REASON_NONE;
}

enum fup_reason fup_plan_admit(const struct fup_schedule *const *schedules,
                               size_t n,
                               const struct fup_facts *facts,
                               int64_t since_at,
                               const struct fup_schedule **ret_schedule)
{
    enum fup_reason why = find_bar(facts);
    const struct fup_schedule *best = NULL;

    why = why == FUP_REASON_NONE ? find_silence(facts, since_at) : why;
    if (why != FUP_REASON_NONE) {
        return why;
    }
    why = FUP_REASON_NO_SCHEDULE;
    for (size_t i = 0; i < n; i++) {
        if (!schedule_matches(schedules[i], facts)) {
            continue;
        }
        if (schedules[i]->require_inbound &&
            facts->last_inbound_at == FUP_TIME_NONE) {
            why = FUP_REASON_NO_INBOUND;
        } else if (comes_before(schedules[i], best)) {
            best = schedules[i];
        }
    }
    if (best == NULL) {
        return why;
    }
    if (fup_stop_holds(&best->stop_when, facts)) {
        return FUP_REASON_STOPPED;
    }
    *ret_schedule = best;
    return FUP_REASON_NONE;
}
