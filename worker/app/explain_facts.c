#include "explain_facts.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "core/time.h"

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static int64_t instant_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsNumber(item)) {
        return FUP_TIME_NONE;
    }
    /* A pause without an end is more than a double can tell exactly. */
    return item->valuedouble < 9e18 ? (int64_t)item->valuedouble
                                    : FUP_TIME_NEVER;
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

bool fup_explain_is_against(const cJSON *tree, const char *code)
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

struct fup_facts
fup_explain_facts(const cJSON *tree, const cJSON *us, const char *attributes)
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
        .window_ends_at = instant_of(us, "window_ends_at"),
        .opted_out = fup_explain_is_against(tree, "opted_out"),
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
