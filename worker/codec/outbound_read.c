/* The outbound message read back, for senders. */

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "codec/outbound.h"
#include "core/time.h"
#include "json_in.h"
#include "json_where.h"
#include "text.h"

struct reader {
    const struct cJSON *json;
    struct fup_err *err;
    enum fup_code code;
};

static void refuse(struct reader *reader, const char *name, const char *what)
{
    if (reader->code == FUP_OK) {
        reader->code =
            fup_err_set(reader->err, FUP_EPARSE,
                        "outbound message: \"%s\": expected %s", name, what);
    }
}

/* A text; null and missing are NULL unless it is @needed. */
static const char *text_of(struct reader *reader, const char *name, bool needed)
{
    const struct cJSON *item = fup_json_member(reader->json, name);

    if (cJSON_IsString(item)) {
        return item->valuestring;
    }
    if (needed || (item != NULL && !cJSON_IsNull(item))) {
        refuse(reader, name, "a text");
    }
    return NULL;
}

static int64_t time_of(struct reader *reader, const char *name)
{
    const char *text = text_of(reader, name, false);
    int64_t at = FUP_TIME_NONE;

    if (text != NULL && strcmp(text, "never") == 0) {
        return FUP_TIME_NEVER;
    }
    if (text != NULL && fup_time_parse(text, &at, NULL) != FUP_OK) {
        refuse(reader, name, "an instant");
    }
    return at;
}

static int int_of(struct reader *reader, const char *name)
{
    const struct cJSON *item = fup_json_member(reader->json, name);

    if (!cJSON_IsNumber(item)) {
        refuse(reader, name, "a number");
        return 0;
    }
    return item->valueint;
}

static void read_option(struct reader *reader,
                        const struct cJSON *item,
                        struct fup_outbound *m)
{
    struct reader inner = {.json = item, .err = reader->err};

    if (!cJSON_IsObject(item)) {
        refuse(reader, "options", "objects");
        return;
    }
    m->options[m->n_options].id = text_of(&inner, "id", true);
    m->options[m->n_options].label = text_of(&inner, "label", true);
    m->options[m->n_options].payload = text_of(&inner, "payload", true);
    m->n_options++;
    if (inner.code != FUP_OK) {
        reader->code = inner.code;
    }
}

static void read_options(struct reader *reader, struct fup_outbound *m)
{
    const struct cJSON *list = fup_json_member(reader->json, "options");

    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > FUP_OPTIONS_MAX) {
        refuse(reader, "options", "a list of up to 10");
        return;
    }
    for (const struct cJSON *item = list->child; item != NULL;
         item = item->next) {
        read_option(reader, item, m);
    }
}

/* Workers before this member had none in the text. */
static void read_options_as(struct reader *reader, struct fup_outbound *m)
{
    const char *as = text_of(reader, "options_as", false);

    m->as_lines = as != NULL && strcmp(as, "lines") == 0;
}

static void read_params(struct reader *reader, struct fup_outbound *m)
{
    const struct cJSON *list = fup_json_member(reader->json, "params");

    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > FUP_PARAMS_MAX) {
        refuse(reader, "params", "a list of up to 16");
        return;
    }
    for (const struct cJSON *item = list->child; item != NULL;
         item = item->next) {
        if (!cJSON_IsString(item)) {
            refuse(reader, "params", "texts");
            return;
        }
        m->params[m->n_params++] = item->valuestring;
    }
}

static void read_template(struct reader *reader, struct fup_outbound *m)
{
    const struct cJSON *item = fup_json_member(reader->json, "template");
    struct reader inner = {.json = item, .err = reader->err};

    if (item == NULL || cJSON_IsNull(item)) {
        return;
    }
    if (!cJSON_IsObject(item)) {
        refuse(reader, "template", "an object or null");
        return;
    }
    m->template_name = text_of(&inner, "name", true);
    m->template_language = text_of(&inner, "language", true);
    read_params(&inner, m);
    if (inner.code != FUP_OK) {
        reader->code = inner.code;
    }
}

static void read_names(struct reader *reader, struct fup_outbound *m)
{
    m->id = text_of(reader, "id", true);
    m->tenant = text_of(reader, "tenant", true);
    m->conversation = text_of(reader, "conversation", true);
    m->contact = text_of(reader, "contact", false);
    m->channel = text_of(reader, "channel", true);
    m->to = text_of(reader, "to", false);
    m->kind = text_of(reader, "kind", true);
    m->schedule = text_of(reader, "schedule", true);
    m->version = text_of(reader, "version", false);
    m->step = int_of(reader, "step");
    m->variant = text_of(reader, "variant", false);
    m->locale = text_of(reader, "locale", false);
    m->text = text_of(reader, "text", true);
}

enum fup_code fup_outbound_read(const char *text,
                                size_t len,
                                struct fup_outbound_doc *ret_doc,
                                struct fup_err *err)
{
    struct fup_outbound_doc doc = {.json = NULL};
    struct fup_outbound *m = &doc.message;
    struct reader reader = {.err = err};
    size_t offset;

    if (fup_json_scan(text, len, &offset, err) != FUP_OK) {
        return FUP_EPARSE;
    }
    errno = 0; /* cJSON does not say why it gives nothing */
    doc.json = cJSON_ParseWithLength(text, len);
    if (doc.json == NULL && errno == ENOMEM) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    if (!cJSON_IsObject(doc.json)) {
        cJSON_Delete(doc.json);
        return fup_err_set(err, FUP_EPARSE,
                           "outbound message: not a JSON object");
    }
    reader.json = doc.json;
    read_names(&reader, m);
    read_options(&reader, m);
    read_options_as(&reader, m);
    read_template(&reader, m);
    m->episode_at = time_of(&reader, "episode");
    m->due_at = time_of(&reader, "due_at");
    m->fired_at = time_of(&reader, "fired_at");
    m->expires_at = time_of(&reader, "expires_at");
    m->manual = cJSON_IsTrue(fup_json_member(doc.json, "manual"));
    if (reader.code != FUP_OK) {
        cJSON_Delete(doc.json);
        return reader.code;
    }
    *ret_doc = doc;
    return FUP_OK;
}

void fup_outbound_done(struct fup_outbound_doc *doc)
{
    cJSON_Delete(doc->json);
    *doc = (struct fup_outbound_doc){.json = NULL};
}
