#include "codec/channels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "channels_builtin.h"
#include "codec/text_file.h"
#include "core/time.h"
#include "json_in.h"
#include "plan/delay.h"
#include "text.h"

#define FILE_BYTES_MAX ((size_t)256 * 1024)
#define GUARD_S        600
#define NOTE_BYTES_MAX 1000

/* A value with where it was read and when; null means that there is none. */
struct fact {
    int64_t span_s;
    char *asof;
    char *source;
    char *note;
};

static FUP_JSON_READER(read_value)
{
    if (cJSON_IsNull(value)) {
        *(int64_t *)into = 0;
        return;
    }
    fup_json_read_span(json, value, field, into);
}

static FUP_JSON_READER(read_asof)
{
    char instant[32];
    int64_t at;

    fup_json_read_text(json, value, field, into);
    if (*(char **)into == NULL) {
        return;
    }
    (void)snprintf(instant, sizeof instant, "%.10sT00:00:00Z", *(char **)into);
    if (fup_time_parse(instant, &at, NULL) != FUP_OK) {
        fup_json_expected(json, value, "a date such as \"2026-11-21\"");
    }
}

static const struct fup_json_field fact_fields[] = {
    {.name = "value",
     .read = read_value,
     .offset = offsetof(struct fact, span_s),
     .required = true},
    {.name = "asof",
     .read = read_asof,
     .offset = offsetof(struct fact, asof),
     .min = 10,
     .max = 10,
     .required = true},
    {.name = "source",
     .read = fup_json_read_text,
     .offset = offsetof(struct fact, source),
     .min = 1,
     .max = NOTE_BYTES_MAX,
     .required = true},
    {.name = "note",
     .read = fup_json_read_text,
     .offset = offsetof(struct fact, note),
     .min = 1,
     .max = NOTE_BYTES_MAX},
    {.name = NULL},
};

/* Sources are checked to be there; planning only needs the value. */
static FUP_JSON_READER(read_fact)
{
    struct fact fact = {.span_s = *(int64_t *)into};

    (void)field;
    fup_json_fields(json, value, fact_fields, &fact);
    *(int64_t *)into = fact.span_s;
    free(fact.asof);
    free(fact.source);
    free(fact.note);
}

static const struct fup_json_field channel_fields[] = {
    {.name = "window",
     .read = read_fact,
     .offset = offsetof(struct fup_channel_rule, window_s),
     .required = true},
    {.name = "guard",
     .read = read_fact,
     .offset = offsetof(struct fup_channel_rule, guard_s)},
    {.name = NULL},
};

static void read_channel(struct fup_json *json,
                         const struct cJSON *item,
                         struct fup_channel_rule *rule)
{
    char what[64];

    if (!fup_text_is_id(item->string, 32)) {
        fup_json_error_key(json, item, "\"%.40s\" is no name of a channel",
                           item->string);
    }
    rule->guard_s = GUARD_S;
    rule->channel = strdup(item->string);
    if (rule->channel == NULL) {
        json->code = FUP_ENOMEM;
        return;
    }
    (void)snprintf(what, sizeof what, "channel \"%.32s\"", item->string);
    json->what = what;
    fup_json_fields(json, item, channel_fields, rule);
    if (rule->window_s > 0 && rule->guard_s >= rule->window_s) {
        fup_json_error(json, item,
                       "in %s: the guard is no shorter than the "
                       "window",
                       what);
    }
    json->what = "channels";
}

static FUP_JSON_READER(read_channels)
{
    struct fup_channels *channels = into;

    (void)field;
    json->what = "channels";
    if (!fup_json_is_object(json, value)) {
        return;
    }
    if (cJSON_GetArraySize(value) > FUP_CHANNELS_MAX) {
        fup_json_error(json, value, "more than %d channels", FUP_CHANNELS_MAX);
        return;
    }
    channels->rules = calloc(FUP_CHANNELS_MAX, sizeof *channels->rules);
    if (channels->rules == NULL) {
        json->code = FUP_ENOMEM;
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        read_channel(json, item, &channels->rules[channels->n++]);
    }
}

static const struct fup_json_field file_fields[] = {
    {.name = "$schema", .read = fup_json_ignore},
    {.name = "about", .read = fup_json_ignore},
    {.name = "channels", .read = read_channels, .required = true},
    {.name = NULL},
};

enum fup_code fup_channels_parse(const char *text,
                                 size_t len,
                                 const char *file,
                                 struct fup_channels *ret_channels,
                                 struct fup_problems *problems)
{
    struct fup_channels channels = {0};
    struct fup_json json;
    enum fup_code code = fup_json_open(&json, file, text, len, problems);

    if (code == FUP_OK) {
        fup_json_fields(&json, json.root, file_fields, &channels);
        code = fup_json_result(&json);
    }
    fup_json_close(&json);
    if (code != FUP_OK) {
        fup_channels_done(&channels);
        return code;
    }
    *ret_channels = channels;
    return FUP_OK;
}

static enum fup_code load_file(const char *path,
                               struct fup_channels *ret_channels,
                               struct fup_problems *problems)
{
    struct fup_place place = {.file = path};
    struct fup_err err;
    char *text;
    size_t len;
    enum fup_code code =
        fup_text_file_read(path, FILE_BYTES_MAX, &text, &len, &err);

    if (code == FUP_ENOMEM) {
        return code;
    }
    if (code != FUP_OK) {
        fup_problems_error(problems, &place, "%s", err.msg);
        return FUP_EIO;
    }
    code = fup_channels_parse(text, len, path, ret_channels, problems);
    free(text);
    return code;
}

enum fup_code fup_channels_load(const char *folder,
                                struct fup_channels *ret_channels,
                                struct fup_problems *problems)
{
    struct stat info;
    char *path = NULL;
    size_t size;
    enum fup_code code;

    if (folder != NULL) {
        size = strlen(folder) + sizeof "/channels.json";
        path = malloc(size);
        if (path == NULL) {
            return FUP_ENOMEM;
        }
        (void)snprintf(path, size, "%s/channels.json", folder);
    }
    if (path == NULL || (stat(path, &info) != 0 && errno == ENOENT)) {
        code = fup_channels_parse(
            fup_channels_builtin, strlen(fup_channels_builtin),
            "built-in channels.json", ret_channels, problems);
    } else {
        code = load_file(path, ret_channels, problems);
    }
    free(path);
    return code;
}

void fup_channels_done(struct fup_channels *channels)
{
    for (size_t i = 0; i < channels->n; i++) {
        free(channels->rules[i].channel);
    }
    free(channels->rules);
    *channels = (struct fup_channels){0};
}
