/* Which conversations a schedule is for, and which end it. */

#include <stdlib.h>
#include <string.h>

#include "plan/facts.h"
#include "schedule_parts.h"

#define ATTRIBUTES_MAX 16

static FUP_JSON_READER(read_attributes)
{
    static const struct fup_json_field values = {.name = NULL};
    struct fup_match *match = into;
    size_t n = (size_t)cJSON_GetArraySize(value);

    (void)field;
    json->what = "attributes";
    if (!fup_json_is_object(json, value)) {
        return;
    }
    if (n > ATTRIBUTES_MAX) {
        fup_json_error(json, value, "more than %d attributes", ATTRIBUTES_MAX);
        return;
    }
    match->attributes = calloc(n + 1, sizeof *match->attributes);
    if (match->attributes == NULL) {
        json->code = FUP_ENOMEM;
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        struct fup_attribute_match *attribute =
            &match->attributes[match->n_attributes++];

        attribute->name = strdup(item->string);
        if (attribute->name == NULL) {
            json->code = FUP_ENOMEM;
            return;
        }
        fup_json_read_names(json, item, &values, &attribute->values);
    }
}

#define MATCH_NAMES(member)                                                    \
    {                                                                          \
        .name = #member, .read = fup_json_read_names,                          \
        .offset = offsetof(struct fup_match, member)                           \
    }

FUP_JSON_READER(fup_schedule_read_match)
{
    static const struct fup_json_field fields[] = {
        MATCH_NAMES(tenant), MATCH_NAMES(channel),
        MATCH_NAMES(intent), MATCH_NAMES(stage),
        MATCH_NAMES(locale), {.name = "attributes", .read = read_attributes},
        {.name = NULL},
    };

    (void)field;
    json->what = "match";
    fup_json_fields(json, value, fields, into);
}

static FUP_JSON_READER(read_owners)
{
    static const char *const words[] = {
        [FUP_OWNER_NOBODY] = "nobody",
        [FUP_OWNER_BOT] = "bot",
        [FUP_OWNER_HUMAN] = "human",
        NULL,
    };

    (void)field;
    if (!fup_json_is_array(json, value, 1, 3)) {
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        int word = fup_json_word(json, item, words);

        *(unsigned *)into |= word >= 0 ? 1u << (unsigned)word : 0;
    }
}

#define STOP_NAMES(member)                                                     \
    {                                                                          \
        .name = #member, .read = fup_json_read_names,                          \
        .offset = offsetof(struct fup_stop_when, match.member)                 \
    }

FUP_JSON_READER(fup_schedule_read_stop_when)
{
    static const struct fup_json_field fields[] = {
        {.name = "owner",
         .read = read_owners,
         .offset = offsetof(struct fup_stop_when, owners)},
        STOP_NAMES(intent),
        STOP_NAMES(stage),
        {.name = "attributes",
         .read = read_attributes,
         .offset = offsetof(struct fup_stop_when, match)},
        {.name = NULL},
    };

    (void)field;
    json->what = "stop_when";
    fup_json_fields(json, value, fields, into);
}
