/* Why a conversation is not followed up: the same question that the worker
 * asks, put to the schedules at hand. */

#include "explain_why.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "codec/schedule.h"
#include "core/time.h"
#include "plan/plan.h"

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static int64_t instant_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : FUP_TIME_NONE;
}

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static enum fup_status status_of(const char *text)
{
    static const char *const words[] = {"open", "closed", "snoozed"};

    for (int i = 0; text != NULL && i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            return (enum fup_status)(FUP_STATUS_OPEN + i);
        }
    }
    return FUP_STATUS_UNKNOWN;
}

static enum fup_owner owner_of(const char *text)
{
    if (text != NULL && strcmp(text, "human") == 0) {
        return FUP_OWNER_HUMAN;
    }
    return text != NULL && strcmp(text, "bot") == 0 ? FUP_OWNER_BOT
                                                    : FUP_OWNER_NOBODY;
}

static bool is_against(const cJSON *tree, const char *code)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(tree, "against"))
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, code) == 0) {
            return true;
        }
    }
    return false;
}

/* Facts for the planner, borrowed from @tree and @attributes. */
static struct fup_facts
read_facts(const cJSON *tree, const cJSON *us, const char *attributes)
{
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(tree, "facts");
    const cJSON *zone;
    struct fup_facts facts = {
        .tenant = text_of(f, "tenant"),
        .conversation = text_of(f, "conversation"),
        .contact = text_of(f, "contact"),
        .channel = text_of(f, "channel"),
        .address = text_of(us, "address"),
        .status = status_of(text_of(f, "status")),
        .owner = owner_of(text_of(f, "owner")),
        .intent = text_of(f, "intent"),
        .stage = text_of(f, "stage"),
        .locale = text_of(f, "locale"),
        .last_inbound_at = instant_of(us, "last_inbound_at"),
        .last_answer_at = instant_of(us, "last_answer_at"),
        .last_human_at = instant_of(us, "last_human_at"),
        .last_ours_at = instant_of(us, "last_ours_at"),
        .window_ends_at = FUP_TIME_NONE,
        .opted_out = is_against(tree, "opted_out"),
        .tenant_active = is_true(f, "tenant_active"),
        .attributes = attributes,
    };

    cJSON_ArrayForEach(zone, cJSON_GetObjectItemCaseSensitive(f, "timezones"))
    {
        if (cJSON_IsString(zone) && facts.n_timezones < FUP_FACTS_ZONES) {
            facts.timezones[facts.n_timezones++] = zone->valuestring;
        }
    }
    return facts;
}

static void judge(cJSON *tree,
                  const struct fup_schedules *files,
                  const struct fup_facts *facts,
                  int64_t since_at)
{
    const struct fup_schedule **schedules =
        calloc(files->n + 1, sizeof(void *));
    const struct fup_schedule *match = NULL;
    enum fup_reason reason;

    if (schedules == NULL) {
        return;
    }
    for (size_t i = 0; i < files->n; i++) {
        schedules[i] = files->items[i].schedule;
    }
    reason = fup_plan_admit(schedules, files->n, facts, since_at, &match);
    if (reason == FUP_REASON_NONE) {
        (void)cJSON_AddStringToObject(tree, "would_enroll_in", match->name);
    } else {
        (void)cJSON_AddStringToObject(tree, "not_followed_up_because",
                                      fup_reason_text(reason));
    }
    free(schedules);
}

void fup_explain_why(const char *folder, cJSON *tree, const cJSON *us)
{
    struct fup_schedules files = {0};
    struct fup_problems problems;
    struct fup_facts facts;
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(tree, "facts");
    char *attributes = cJSON_PrintUnformatted(
        cJSON_GetObjectItemCaseSensitive(f, "attributes"));
    enum fup_code code;

    fup_problems_init(&problems);
    code = fup_schedules_load(folder, &files, &problems);
    fup_problems_done(&problems);
    if (code == FUP_OK || code == FUP_EPARSE) {
        facts = read_facts(tree, us, attributes);
        judge(tree, &files, &facts, instant_of(us, "enroll_since"));
        fup_schedules_done(&files);
    } else {
        (void)cJSON_AddStringToObject(tree, "schedules", "cannot be read");
    }
    cJSON_free(attributes);
}
