#include "json_in.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/near.h"
#include "json_where.h"

static enum fup_code
report_at(struct fup_json *json, size_t offset, const char *text)
{
    struct fup_place place = {.file = json->file};

    fup_json_position(json->text, offset, &place.line, &place.column);
    fup_problems_error(json->problems, &place, "%s", text);
    json->bad = true;
    return FUP_EPARSE;
}

enum fup_code fup_json_open(struct fup_json *json,
                            const char *file,
                            const char *text,
                            size_t len,
                            struct fup_problems *problems)
{
    const char *end = NULL;
    struct fup_err err;
    size_t offset;

    *json = (struct fup_json){.file = file,
                              .text = text,
                              .len = len,
                              .problems = problems,
                              .what = "the file"};
    if (fup_json_scan(text, len, &offset, &err) != FUP_OK) {
        return report_at(json, offset, err.msg);
    }
    errno = 0; /* cJSON does not say why it gives nothing */
    json->root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
    offset = end == NULL ? 0 : (size_t)(end - text);
    if (json->root == NULL && errno == ENOMEM) {
        return FUP_ENOMEM;
    }
    if (json->root == NULL) {
        offset = offset < len ? offset : len;
        return report_at(json, offset,
                         len == 0 ? "the file is empty"
                                  : "not valid JSON here or just before");
    }
    while (offset < len && strchr(" \t\r\n", text[offset]) != NULL) {
        offset++;
    }
    if (offset < len) {
        return report_at(json, offset, "more text after the JSON value");
    }
    return FUP_OK;
}

void fup_json_close(struct fup_json *json)
{
    cJSON_Delete(json->root);
    json->root = NULL;
}

enum fup_code fup_json_result(const struct fup_json *json)
{
    if (json->code != FUP_OK) {
        return json->code;
    }
    return json->bad ? FUP_EPARSE : FUP_OK;
}

struct fup_place
fup_json_place(const struct fup_json *json, const struct cJSON *item, bool key)
{
    struct fup_place place = {.file = json->file};
    size_t offset =
        fup_json_offset(json->text, json->len, json->root, item, key);

    fup_json_position(json->text, offset, &place.line, &place.column);
    return place;
}

/* Finding a place walks the whole text, so it is not done for problems that
 * the list will not keep. */
static void report(struct fup_json *json,
                   const struct cJSON *item,
                   bool key,
                   const char *text)
{
    struct fup_place place = {.file = json->file};

    if (json->reported++ < FUP_PROBLEMS_PER_FILE) {
        place = fup_json_place(json, item, key);
    }
    fup_problems_error(json->problems, &place, "%s", text);
    json->bad = true;
}

void fup_json_error(struct fup_json *json,
                    const struct cJSON *item,
                    const char *fmt,
                    ...)
{
    char buf[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(buf, sizeof buf, fmt, args);
    va_end(args);
    report(json, item, false, buf);
}

void fup_json_error_key(struct fup_json *json,
                        const struct cJSON *item,
                        const char *fmt,
                        ...)
{
    char buf[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(buf, sizeof buf, fmt, args);
    va_end(args);
    report(json, item, true, buf);
}

void fup_json_warn(struct fup_json *json,
                   const struct cJSON *item,
                   const char *fmt,
                   ...)
{
    struct fup_place place = {.file = json->file};
    char buf[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(buf, sizeof buf, fmt, args);
    va_end(args);
    if (json->reported++ < FUP_PROBLEMS_PER_FILE) {
        place = fup_json_place(json, item, false);
    }
    fup_problems_warn(json->problems, &place, "%s", buf);
}

void fup_json_expected(struct fup_json *json,
                       const struct cJSON *value,
                       const char *what)
{
    if (value->string != NULL) {
        fup_json_error(json, value, "\"%.60s\" in %s: expected %s",
                       value->string, json->what, what);
    } else {
        fup_json_error(json, value, "in %s: expected %s", json->what, what);
    }
}

const struct cJSON *fup_json_member(const struct cJSON *object,
                                    const char *name)
{
    for (const struct cJSON *item = object->child; item != NULL;
         item = item->next) {
        if (strcmp(item->string, name) == 0) {
            return item;
        }
    }
    return NULL;
}

static bool has_twins(struct fup_json *json, const struct cJSON *object)
{
    bool twins = false;

    for (const struct cJSON *item = object->child; item != NULL;
         item = item->next) {
        if (fup_json_member(object, item->string) != item) {
            fup_json_error_key(json, item, "\"%.60s\" is there twice in %s",
                               item->string, json->what);
            twins = true;
        }
    }
    return twins;
}

bool fup_json_is_object(struct fup_json *json, const struct cJSON *value)
{
    if (!cJSON_IsObject(value)) {
        fup_json_expected(json, value, "an object { }");
        return false;
    }
    if (cJSON_GetArraySize(value) > FUP_JSON_MEMBERS_MAX) {
        fup_json_error(json, value, "more than %d members in %s",
                       FUP_JSON_MEMBERS_MAX, json->what);
        return false;
    }
    return !has_twins(json, value);
}

bool fup_json_is_array(struct fup_json *json,
                       const struct cJSON *value,
                       size_t min,
                       size_t max)
{
    char what[64];
    int n = cJSON_GetArraySize(value);

    if (cJSON_IsArray(value) && (size_t)n >= min && (size_t)n <= max) {
        return true;
    }
    (void)snprintf(what, sizeof what, "a list [ ] of %zu to %zu entries", min,
                   max);
    fup_json_expected(json, value, what);
    return false;
}

static void report_unknown(struct fup_json *json,
                           const struct cJSON *item,
                           const struct fup_json_field *fields)
{
    const char *names[FUP_JSON_MEMBERS_MAX];
    size_t n = 0;

    for (; fields[n].name != NULL && n < FUP_JSON_MEMBERS_MAX; n++) {
        names[n] = fields[n].name;
    }
    fup_json_error_key(
        json, item, "unknown field \"%.60s\" in %s; did you mean \"%s\"?",
        item->string, json->what, fup_near_of(item->string, names, n));
}

static const struct fup_json_field *
find_field(const struct fup_json_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return fields;
        }
    }
    return NULL;
}

void fup_json_fields(struct fup_json *json,
                     const struct cJSON *object,
                     const struct fup_json_field *fields,
                     void *into)
{
    const char *what = json->what; /* readers may leave another one */

    if (!fup_json_is_object(json, object)) {
        return;
    }
    for (const struct cJSON *item = object->child; item != NULL;
         item = item->next) {
        const struct fup_json_field *field = find_field(fields, item->string);

        if (field == NULL) {
            report_unknown(json, item, fields);
        } else {
            field->read(json, item, field, (char *)into + field->offset);
            json->what = what;
        }
    }
    for (; fields->name != NULL; fields++) {
        if (fields->required && fup_json_member(object, fields->name) == NULL) {
            fup_json_error(json, object, "\"%s\" is missing in %s",
                           fields->name, what);
        }
    }
}

static size_t count_words(const char *const *words)
{
    size_t n = 0;

    while (words[n] != NULL) {
        n++;
    }
    return n;
}

int fup_json_word(struct fup_json *json,
                  const struct cJSON *value,
                  const char *const *words)
{
    size_t n = count_words(words);

    if (!cJSON_IsString(value)) {
        fup_json_expected(json, value, "a word in quotes");
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(value->valuestring, words[i]) == 0) {
            return (int)i;
        }
    }
    fup_json_error(json, value,
                   "unknown word \"%.60s\" in %s; did you mean "
                   "\"%s\"?",
                   value->valuestring, json->what,
                   fup_near_of(value->valuestring, words, n));
    return -1;
}

char *fup_json_copy(struct fup_json *json,
                    const struct cJSON *value,
                    int64_t min,
                    int64_t max)
{
    char what[64];
    char *copy;
    size_t len;

    len = cJSON_IsString(value) ? strlen(value->valuestring) : 0;
    if (!cJSON_IsString(value) || (int64_t)len < min || (int64_t)len > max) {
        (void)snprintf(what, sizeof what,
                       "a text in quotes of %lld to %lld bytes", (long long)min,
                       (long long)max);
        fup_json_expected(json, value, what);
        return NULL;
    }
    copy = strdup(value->valuestring);
    if (copy == NULL) {
        json->code = FUP_ENOMEM;
    }
    return copy;
}
