#include "codec/facts.h"

#include <stdlib.h>
#include <string.h>

#include "codec/text_file.h"
#include "core/time.h"
#include "json_in.h"

enum text {
    TEXT_TENANT,
    TEXT_CONVERSATION,
    TEXT_CONTACT,
    TEXT_CHANNEL,
    TEXT_ADDRESS,
    TEXT_INTENT,
    TEXT_STAGE,
    TEXT_LOCALE,
    TEXT_ATTRIBUTES,
    TEXT_MAX,
};

static FUP_JSON_READER(read_text)
{
    if (!cJSON_IsNull(value)) {
        fup_json_read_text(json, value, field, into);
    }
}

static FUP_JSON_READER(read_time)
{
    struct fup_err err;

    (void)field;
    if (cJSON_IsNull(value)) {
        return;
    }
    if (!cJSON_IsString(value)) {
        fup_json_expected(json, value, "an instant or null");
    } else if (fup_time_parse(value->valuestring, into, &err) != FUP_OK) {
        fup_json_error(json, value, "%s", err.msg);
    }
}

static FUP_JSON_READER(read_status)
{
    static const char *const words[] = {
        [FUP_STATUS_OPEN] = "open",
        [FUP_STATUS_CLOSED] = "closed",
        [FUP_STATUS_SNOOZED] = "snoozed",
        NULL,
    };
    int word = fup_json_word(json, value, words);

    (void)field;
    if (word >= 0) {
        *(enum fup_status *)into = (enum fup_status)word;
    }
}

static FUP_JSON_READER(read_owner)
{
    static const char *const words[] = {
        [FUP_OWNER_NOBODY] = "nobody",
        [FUP_OWNER_BOT] = "bot",
        [FUP_OWNER_HUMAN] = "human",
        NULL,
    };
    int word = fup_json_word(json, value, words);

    (void)field;
    if (word >= 0) {
        *(enum fup_owner *)into = (enum fup_owner)word;
    }
}

static FUP_JSON_READER(read_zones)
{
    struct fup_facts_doc *doc = into;

    (void)field;
    if (cJSON_IsNull(value) ||
        !fup_json_is_array(json, value, 0, FUP_FACTS_ZONES)) {
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        char *name = fup_json_copy(json, item, 1, FUP_JSON_NAME_BYTES);

        if (name != NULL) {
            doc->zones[doc->facts.n_timezones] = name;
            doc->facts.timezones[doc->facts.n_timezones++] = name;
        }
    }
}

static FUP_JSON_READER(read_attributes)
{
    (void)field;
    if (cJSON_IsNull(value)) {
        return;
    }
    json->what = "attributes";
    if (fup_json_is_object(json, value)) {
        *(char **)into = cJSON_PrintUnformatted(value);
        if (*(char **)into == NULL) {
            json->code = FUP_ENOMEM;
        }
    }
}

#define TEXT(column, index)                                                    \
    {                                                                          \
        .name = (column), .read = read_text,                                   \
        .offset =                                                              \
            offsetof(struct fup_facts_doc, texts) + (index) * sizeof(char *),  \
        .max = 1024                                                            \
    }
#define FACT(member) .offset = offsetof(struct fup_facts_doc, facts.member)

static const struct fup_json_field fields[] = {
    TEXT("tenant_id", TEXT_TENANT),
    TEXT("conversation_id", TEXT_CONVERSATION),
    TEXT("contact_id", TEXT_CONTACT),
    TEXT("channel", TEXT_CHANNEL),
    TEXT("address", TEXT_ADDRESS),
    {.name = "status", .read = read_status, FACT(status)},
    {.name = "owner", .read = read_owner, FACT(owner)},
    TEXT("intent", TEXT_INTENT),
    TEXT("stage", TEXT_STAGE),
    TEXT("locale", TEXT_LOCALE),
    {.name = "timezones", .read = read_zones},
    {.name = "last_inbound_at", .read = read_time, FACT(last_inbound_at)},
    {.name = "last_answer_at", .read = read_time, FACT(last_answer_at)},
    {.name = "last_human_at", .read = read_time, FACT(last_human_at)},
    {.name = "last_ours_at", .read = read_time, FACT(last_ours_at)},
    {.name = "window_ends_at", .read = read_time, FACT(window_ends_at)},
    {.name = "opted_out", .read = fup_json_read_bool, FACT(opted_out)},
    {.name = "tenant_active", .read = fup_json_read_bool, FACT(tenant_active)},
    {.name = "attributes",
     .read = read_attributes,
     .offset = offsetof(struct fup_facts_doc, texts) +
               TEXT_ATTRIBUTES * sizeof(char *)},
    {.name = NULL},
};

static void doc_init(struct fup_facts_doc *doc)
{
    *doc = (struct fup_facts_doc){
        .facts = {.status = FUP_STATUS_OPEN,
                  .owner = FUP_OWNER_NOBODY,
                  .last_inbound_at = FUP_TIME_NONE,
                  .last_answer_at = FUP_TIME_NONE,
                  .last_human_at = FUP_TIME_NONE,
                  .last_ours_at = FUP_TIME_NONE,
                  .window_ends_at = FUP_TIME_NONE,
                  .tenant_active = true},
    };
}

static void point_at_texts(struct fup_facts_doc *doc)
{
    struct fup_facts *facts = &doc->facts;

    facts->tenant =
        doc->texts[TEXT_TENANT] == NULL ? "default" : doc->texts[TEXT_TENANT];
    facts->conversation = doc->texts[TEXT_CONVERSATION] == NULL
                              ? ""
                              : doc->texts[TEXT_CONVERSATION];
    facts->contact = doc->texts[TEXT_CONTACT];
    facts->channel = doc->texts[TEXT_CHANNEL];
    facts->address = doc->texts[TEXT_ADDRESS];
    facts->intent = doc->texts[TEXT_INTENT];
    facts->stage = doc->texts[TEXT_STAGE];
    facts->locale = doc->texts[TEXT_LOCALE];
    facts->attributes = doc->texts[TEXT_ATTRIBUTES];
}

enum fup_code fup_facts_parse(const char *text,
                              size_t len,
                              const char *file,
                              struct fup_facts_doc *ret_doc,
                              struct fup_problems *problems)
{
    struct fup_facts_doc doc;
    struct fup_json json;
    enum fup_code code = fup_json_open(&json, file, text, len, problems);

    doc_init(&doc);
    if (code == FUP_OK) {
        json.what = "the facts";
        fup_json_fields(&json, json.root, fields, &doc);
        code = fup_json_result(&json);
    }
    fup_json_close(&json);
    if (code != FUP_OK) {
        fup_facts_done(&doc);
        return code;
    }
    point_at_texts(&doc);
    *ret_doc = doc;
    return FUP_OK;
}

enum fup_code fup_facts_load(const char *path,
                             struct fup_facts_doc *ret_doc,
                             struct fup_problems *problems)
{
    struct fup_place place = {.file = path};
    struct fup_err err;
    char *text;
    size_t len;
    enum fup_code code =
        fup_text_file_read(path, FUP_FACTS_BYTES_MAX, &text, &len, &err);

    if (code == FUP_EIO || code == FUP_ELIMIT) {
        fup_problems_error(problems, &place, "%s", err.msg);
        return FUP_EIO;
    }
    if (code == FUP_OK) {
        code = fup_facts_parse(text, len, path, ret_doc, problems);
        free(text);
    }
    return code;
}

void fup_facts_done(struct fup_facts_doc *doc)
{
    for (size_t i = 0; i < sizeof doc->texts / sizeof doc->texts[0]; i++) {
        free(doc->texts[i]);
    }
    for (size_t i = 0; i < FUP_FACTS_ZONES; i++) {
        free(doc->zones[i]);
    }
    *doc = (struct fup_facts_doc){.facts = {.tenant = NULL}};
}
