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
#include "message/message.h"
#include "plan/delay.h"
#include "text.h"

#define FILE_BYTES_MAX ((size_t)256 * 1024)
#define GUARD_S        600
#define NOTE_BYTES_MAX 1000

/* A value with where it was read and when. */
struct fact {
    int64_t span_s;
    struct fup_limit limit;
    int number;
    bool flag;
    char *asof;
    char *source;
    char *note;
};

/* What is read of one channel. */
struct channel {
    struct fup_channel_rule rule;
    struct fup_channel_limits limits;
};

/* -- values --------------------------------------------------------------- */

static FUP_JSON_READER(read_span)
{
    if (cJSON_IsNull(value)) {
        *(int64_t *)into = 0;
        return;
    }
    fup_json_read_span(json, value, field, into);
}

static FUP_JSON_READER(read_max)
{
    int max = 0;

    if (!cJSON_IsNull(value)) {
        fup_json_read_int(json, value, field, &max);
    }
    *(size_t *)into = (size_t)max;
}

static FUP_JSON_READER(read_unit)
{
    const char *words[FUP_UNITS + 1] = {NULL};
    int word;

    (void)field;
    for (unsigned i = 0; i < FUP_UNITS; i++) {
        words[i] = fup_unit_text((enum fup_unit)i);
    }
    word = fup_json_word(json, value, words);
    if (word >= 0) {
        *(enum fup_unit *)into = (enum fup_unit)word;
    }
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

/* -- facts ---------------------------------------------------------------- */

#define FACT(member) .offset = offsetof(struct fact, member)

/* What every fact has beside its value. */
#define FACT_ROWS                                                              \
    {.name = "asof",                                                           \
     .read = read_asof,                                                        \
     FACT(asof),                                                               \
     .min = 10,                                                                \
     .max = 10,                                                                \
     .required = true},                                                        \
        {.name = "source",                                                     \
         .read = fup_json_read_text,                                           \
         FACT(source),                                                         \
         .min = 1,                                                             \
         .max = NOTE_BYTES_MAX,                                                \
         .required = true},                                                    \
        {.name = "note",                                                       \
         .read = fup_json_read_text,                                           \
         FACT(note),                                                           \
         .min = 1,                                                             \
         .max = NOTE_BYTES_MAX},                                               \
    {                                                                          \
        .name = NULL                                                           \
    }

/* Sources are checked to be there; only the value is used. */
static void read_fact(struct fup_json *json,
                      const struct cJSON *value,
                      const struct fup_json_field *rows,
                      struct fact *fact)
{
    fup_json_fields(json, value, rows, fact);
    free(fact->asof);
    free(fact->source);
    free(fact->note);
}

static FUP_JSON_READER(read_span_fact)
{
    static const struct fup_json_field rows[] = {
        {.name = "value", .read = read_span, FACT(span_s), .required = true},
        FACT_ROWS};
    struct fact fact = {.span_s = *(int64_t *)into};

    (void)field;
    read_fact(json, value, rows, &fact);
    *(int64_t *)into = fact.span_s;
}

static FUP_JSON_READER(read_limit_fact)
{
    static const struct fup_json_field rows[] = {
        {.name = "value",
         .read = read_max,
         FACT(limit.max),
         .min = 1,
         .max = 1000000,
         .required = true},
        {.name = "unit", .read = read_unit, FACT(limit.unit), .required = true},
        FACT_ROWS};
    struct fact fact = {.limit = {.max = 0}};

    (void)field;
    read_fact(json, value, rows, &fact);
    *(struct fup_limit *)into = fact.limit;
}

static FUP_JSON_READER(read_most_fact)
{
    static const struct fup_json_field rows[] = {{.name = "value",
                                                  .read = read_max,
                                                  FACT(limit.max),
                                                  .min = 1,
                                                  .max = 1000000,
                                                  .required = true},
                                                 FACT_ROWS};
    struct fact fact = {.limit = {.max = 0}};

    (void)field;
    read_fact(json, value, rows, &fact);
    *(size_t *)into = fact.limit.max;
}

static FUP_JSON_READER(read_number_fact)
{
    static const struct fup_json_field rows[] = {{.name = "value",
                                                  .read = fup_json_read_int,
                                                  FACT(number),
                                                  .max = 1000,
                                                  .required = true},
                                                 FACT_ROWS};
    struct fact fact = {.number = 0};

    (void)field;
    read_fact(json, value, rows, &fact);
    *(size_t *)into = (size_t)fact.number;
}

static FUP_JSON_READER(read_flag_fact)
{
    static const struct fup_json_field rows[] = {{.name = "value",
                                                  .read = fup_json_read_bool,
                                                  FACT(flag),
                                                  .required = true},
                                                 FACT_ROWS};
    struct fact fact = {.flag = false};

    (void)field;
    read_fact(json, value, rows, &fact);
    *(bool *)into = fact.flag;
}

/* -- channels ------------------------------------------------------------- */

#define ROW(member, reader)                                                    \
    .read = (reader), .offset = offsetof(struct channel, member)

static const struct fup_json_field channel_fields[] = {
    {.name = "window", ROW(rule.window_s, read_span_fact), .required = true},
    {.name = "guard", ROW(rule.guard_s, read_span_fact)},
    {.name = "catch_up", ROW(rule.catch_up, read_most_fact)},
    {.name = "text", ROW(limits.text, read_limit_fact)},
    {.name = "buttons", ROW(limits.buttons, read_number_fact)},
    {.name = "button_text", ROW(limits.button_text, read_limit_fact)},
    {.name = "button_title", ROW(limits.button_title, read_limit_fact)},
    {.name = "cut_titles", ROW(limits.cut_titles, read_flag_fact)},
    {.name = "params", ROW(limits.params, read_limit_fact)},
    {.name = "flat_params", ROW(limits.flat_params, read_flag_fact)},
    {.name = NULL},
};

static void read_channel(struct fup_json *json,
                         const struct cJSON *item,
                         struct channel *channel)
{
    char what[64];

    if (!fup_text_is_id(item->string, 32)) {
        fup_json_error_key(json, item, "\"%.40s\" is no name of a channel",
                           item->string);
    }
    *channel = (struct channel){.rule = {.guard_s = GUARD_S},
                                .limits = {.buttons = FUP_OPTIONS_MAX}};
    (void)snprintf(what, sizeof what, "channel \"%.32s\"", item->string);
    json->what = what;
    fup_json_fields(json, item, channel_fields, channel);
    if (channel->rule.window_s > 0 &&
        channel->rule.guard_s >= channel->rule.window_s) {
        fup_json_error(json, item,
                       "in %s: the guard is no shorter than the "
                       "window",
                       what);
    }
    json->what = "channels";
}

/* Put @channel at the end of @channels under @name.
 * Errors: FUP_ENOMEM. */
static enum fup_code add_channel(struct fup_channels *channels,
                                 const char *name,
                                 const struct channel *channel)
{
    struct fup_channel_rule *rule = &channels->rules[channels->n];
    struct fup_channel_limits *limits = &channels->limits[channels->n];

    channels->n++;
    *rule = channel->rule;
    *limits = channel->limits;
    rule->channel = strdup(name);
    limits->channel = strdup(name);
    return rule->channel != NULL && limits->channel != NULL ? FUP_OK
                                                            : FUP_ENOMEM;
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
    channels->limits = calloc(FUP_CHANNELS_MAX, sizeof *channels->limits);
    if (channels->rules == NULL || channels->limits == NULL) {
        json->code = FUP_ENOMEM;
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        struct channel channel;

        read_channel(json, item, &channel);
        if (add_channel(channels, item->string, &channel) != FUP_OK) {
            json->code = FUP_ENOMEM;
        }
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
        free(channels->limits[i].channel);
    }
    free(channels->rules);
    free(channels->limits);
    *channels = (struct fup_channels){0};
}
