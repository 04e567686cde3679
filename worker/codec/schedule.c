#include "codec/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/time.h"
#include "message/links.h"
#include "message/message.h"
#include "plan/zone.h"
#include "schedule_parts.h"
#include "text.h"

#define NAME_MAX_BYTES 64
#define KIND_MAX_BYTES 32
#define CAP_MAX        1000

static FUP_JSON_READER(read_mode)
{
    static const char *const words[] = {
        [FUP_MODE_LIVE] = "live",
        [FUP_MODE_SHADOW] = "shadow",
        [FUP_MODE_OFF] = "off",
        NULL,
    };
    int word = fup_json_word(json, value, words);

    (void)field;
    if (word >= 0) {
        *(enum fup_mode *)into = (enum fup_mode)word;
    }
}

static FUP_JSON_READER(read_late)
{
    static const char *const words[] = {
        [FUP_LATE_SHIFT] = "shift",
        [FUP_LATE_SKIP] = "skip",
        NULL,
    };
    int word = fup_json_word(json, value, words);

    (void)field;
    if (word >= 0) {
        *(enum fup_late *)into = (enum fup_late)word;
    }
}

static bool zone_exists(struct fup_json *json, const char *name)
{
    struct fup_zones *zones;
    bool found;

    if (fup_zones_create(&zones) != FUP_OK) {
        json->code = FUP_ENOMEM;
        return true;
    }
    found = fup_zones_get(zones, name) != NULL;
    fup_zones_free(zones);
    return found;
}

static FUP_JSON_READER(read_zone)
{
    char *name = fup_json_copy(json, value, 1, field->max);

    *(char **)into = name;
    if (name != NULL && !zone_exists(json, name)) {
        fup_json_error(json, value,
                       "unknown time zone \"%.60s\": expected an IANA name "
                       "such as \"America/Sao_Paulo\"",
                       name);
    }
}

static FUP_JSON_READER(read_share)
{
    (void)field;
    if (!cJSON_IsNumber(value) ||
        !(value->valuedouble >= 0 && value->valuedouble <= 1)) {
        fup_json_expected(json, value, "a number from 0 to 1");
        return;
    }
    *(double *)into = value->valuedouble;
}

static FUP_JSON_READER(read_cap)
{
    static const struct fup_json_field fields[] = {
        {.name = "max",
         .read = fup_json_read_int,
         .offset = offsetof(struct fup_schedule, cap_max),
         .min = 1,
         .max = CAP_MAX,
         .required = true},
        {.name = "per",
         .read = fup_json_read_span,
         .offset = offsetof(struct fup_schedule, cap_per_s),
         .required = true},
        {.name = NULL},
    };

    (void)field;
    json->what = "contact_cap";
    fup_json_fields(json, value, fields, into);
}

static FUP_JSON_READER(read_delay)
{
    struct fup_err err;

    (void)field;
    if (!cJSON_IsString(value)) {
        fup_json_expected(json, value,
                          "a delay such as \"4h\" or \"1d 09:30\"");
    } else if (fup_delay_parse(value->valuestring, into, &err) != FUP_OK) {
        fup_json_error(json, value, "\"after\" in %s: %s", json->what, err.msg);
    }
}

static FUP_JSON_READER(read_outside)
{
    static const char *const words[] = {
        [FUP_OUTSIDE_PULL_FORWARD] = "pull_forward",
        [FUP_OUTSIDE_TEMPLATE] = "template",
        [FUP_OUTSIDE_TASK] = "task",
        [FUP_OUTSIDE_SILENT] = "silent",
        [FUP_OUTSIDE_SKIP] = "skip",
        NULL,
    };
    struct fup_step *step = into;
    unsigned seen = 0;

    (void)field;
    if (!fup_json_is_array(json, value, 1, FUP_OUTSIDE_MAX)) {
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        int word = fup_json_word(json, item, words);

        if (word >= 0 && (seen & 1u << (unsigned)word) != 0) {
            fup_json_error(json, item, "\"%s\" is there twice in %s",
                           words[word], json->what);
        } else if (word >= 0) {
            seen |= 1u << (unsigned)word;
            step->outside[step->n_outside++] = (enum fup_outside)word;
        }
    }
}

static const struct fup_json_field step_fields[] = {
    {.name = "kind",
     .read = fup_json_read_id,
     .offset = offsetof(struct fup_step, kind),
     .max = KIND_MAX_BYTES,
     .required = true},
    {.name = "after",
     .read = read_delay,
     .offset = offsetof(struct fup_step, after),
     .required = true},
    {.name = "message", .read = fup_schedule_read_message},
    {.name = "outside_window", .read = read_outside},
    {.name = "close",
     .read = fup_json_read_bool,
     .offset = offsetof(struct fup_step, close)},
    {.name = "waive",
     .read = fup_schedule_read_waive,
     .offset = offsetof(struct fup_step, waived)},
    {.name = NULL},
};

/* Without a list: forward, then the template, then what suits the kind. */
static void default_outside(struct fup_step *step)
{
    if (step->n_outside > 0) {
        return;
    }
    step->outside[0] = FUP_OUTSIDE_PULL_FORWARD;
    step->outside[1] = FUP_OUTSIDE_TEMPLATE;
    step->outside[2] =
        step->kind != NULL && strcmp(step->kind, "close_out") == 0
            ? FUP_OUTSIDE_SILENT
            : FUP_OUTSIDE_SKIP;
    step->n_outside = 3;
}

static FUP_JSON_READER(read_steps)
{
    struct fup_schedule *schedule = into;
    char what[32];

    (void)field;
    if (!fup_json_is_array(json, value, 1, FUP_STEPS_MAX)) {
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        struct fup_step *step = &schedule->steps[schedule->n_steps++];

        (void)snprintf(what, sizeof what, "step %zu", schedule->n_steps);
        json->what = what;
        step->after.wall_s = -1;
        fup_json_fields(json, item, step_fields, step);
        default_outside(step);
    }
    json->what = "the schedule";
}

static FUP_JSON_READER(read_links)
{
    const struct fup_names *hosts = into;

    fup_json_read_names(json, value, field, into);
    for (size_t i = 0; i < hosts->n; i++) {
        if (!fup_host_is(hosts->items[i])) {
            fup_json_error(json, value,
                           "\"%.60s\" in links is no host such as "
                           "\"example.com\"",
                           hosts->items[i]);
        }
    }
}

#define MEMBER(member) .offset = offsetof(struct fup_schedule, member)

static const struct fup_json_field schedule_fields[] = {
    {.name = "$schema", .read = fup_json_ignore},
    {.name = "name",
     .read = fup_json_read_id,
     MEMBER(name),
     .max = NAME_MAX_BYTES,
     .required = true},
    {.name = "mode", .read = read_mode, MEMBER(mode)},
    {.name = "priority",
     .read = fup_json_read_int,
     MEMBER(priority),
     .min = -1000000,
     .max = 1000000},
    {.name = "match", .read = fup_schedule_read_match, MEMBER(match)},
    {.name = "stop_when",
     .read = fup_schedule_read_stop_when,
     MEMBER(stop_when)},
    {.name = "timezone", .read = read_zone, MEMBER(timezone), .max = 64},
    {.name = "send_hours", .read = fup_schedule_read_hours},
    {.name = "holidays", .read = fup_schedule_read_holidays},
    {.name = "jitter", .read = fup_json_read_span, MEMBER(jitter_s)},
    {.name = "min_gap", .read = fup_json_read_span, MEMBER(min_gap_s)},
    {.name = "max_late", .read = fup_json_read_span, MEMBER(max_late_s)},
    {.name = "late", .read = read_late, MEMBER(late)},
    {.name = "contact_cap", .read = read_cap},
    {.name = "holdout", .read = read_share, MEMBER(holdout)},
    {.name = "require_inbound",
     .read = fup_json_read_bool,
     MEMBER(require_inbound)},
    {.name = "one_per_contact",
     .read = fup_json_read_bool,
     MEMBER(one_per_contact)},
    {.name = "links", .read = read_links, MEMBER(links)},
    {.name = "waive", .read = fup_schedule_read_waive, MEMBER(waived)},
    {.name = "samples", .read = fup_schedule_read_samples},
    {.name = "steps", .read = read_steps, .required = true},
    {.name = NULL},
};

/* The first text of the first step that has one names the first locale. */
static void set_first_locale(struct fup_json *json,
                             struct fup_schedule *schedule)
{
    const char *locale = NULL;

    for (size_t i = 0; i < schedule->n_steps && locale == NULL; i++) {
        locale = fup_schedule_def_locale(schedule->steps[i].message);
    }
    if (locale == NULL) {
        return;
    }
    schedule->first_locale = strdup(locale);
    if (schedule->first_locale == NULL) {
        json->code = FUP_ENOMEM;
    }
}

/* Read the open @json into a fresh schedule. */
static enum fup_code read_schedule(struct fup_json *json,
                                   struct fup_schedule **ret_schedule)
{
    struct fup_schedule *schedule = calloc(1, sizeof *schedule);
    enum fup_code code;

    if (schedule == NULL) {
        return FUP_ENOMEM;
    }
    schedule->max_late_s = -1;
    schedule->require_inbound = true;
    schedule->one_per_contact = true;
    json->what = "the schedule";
    fup_json_fields(json, json->root, schedule_fields, schedule);
    set_first_locale(json, schedule);
    code = fup_json_result(json);
    if (code != FUP_OK) {
        fup_schedule_free(schedule);
        return code;
    }
    *ret_schedule = schedule;
    return FUP_OK;
}

static bool
is_too_large(size_t len, const char *file, struct fup_problems *problems)
{
    struct fup_place place = {.file = file};

    if (len <= FUP_SCHEDULE_BYTES_MAX) {
        return false;
    }
    fup_problems_error(problems, &place, "larger than %zu bytes",
                       FUP_SCHEDULE_BYTES_MAX);
    return true;
}

enum fup_code fup_schedule_parse(const char *text,
                                 size_t len,
                                 const char *file,
                                 struct fup_schedule **ret_schedule,
                                 struct fup_problems *problems)
{
    struct fup_json json;
    enum fup_code code;

    if (is_too_large(len, file, problems)) {
        return FUP_EPARSE;
    }
    code = fup_json_open(&json, file, text, len, problems);
    if (code == FUP_OK) {
        code = read_schedule(&json, ret_schedule);
    }
    fup_json_close(&json);
    return code;
}

/* Replace the list of holidays in @root by the dates of @schedule. */
static enum fup_code write_holidays(struct cJSON *root,
                                    const struct fup_schedule *schedule)
{
    struct cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; list != NULL && i < schedule->n_holidays; i++) {
        char date[16];
        struct cJSON *item;
        int y;
        int m;
        int d;

        fup_civil_from_days(schedule->holidays[i], &y, &m, &d);
        (void)snprintf(date, sizeof date, "%04d-%02d-%02d", y, m, d);
        item = cJSON_CreateString(date);
        if (item == NULL || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            cJSON_Delete(list);
            return FUP_ENOMEM;
        }
    }
    if (list == NULL ||
        !cJSON_ReplaceItemInObjectCaseSensitive(root, "holidays", list)) {
        cJSON_Delete(list);
        return FUP_ENOMEM;
    }
    return FUP_OK;
}

static enum fup_code print_canonical(struct cJSON *root, struct fup_buf *out)
{
    char *text;

    cJSON_DeleteItemFromObjectCaseSensitive(root, "$schema");
    cJSON_DeleteItemFromObjectCaseSensitive(root, "samples");
    text = cJSON_PrintUnformatted(root);
    if (text == NULL) {
        return FUP_ENOMEM;
    }
    fup_buf_adds(out, text);
    cJSON_free(text);
    return out->failed;
}

enum fup_code fup_schedule_canonical(const char *text,
                                     size_t len,
                                     const char *file,
                                     struct fup_buf *out,
                                     struct fup_problems *problems)
{
    struct fup_schedule *schedule = NULL;
    struct fup_json json;
    enum fup_code code;

    if (is_too_large(len, file, problems)) {
        return FUP_EPARSE;
    }
    code = fup_json_open(&json, file, text, len, problems);
    if (code == FUP_OK) {
        code = read_schedule(&json, &schedule);
    }
    if (code == FUP_OK && fup_json_member(json.root, "holidays") != NULL) {
        code = write_holidays(json.root, schedule);
    }
    if (code == FUP_OK) {
        code = print_canonical(json.root, out);
    }
    fup_schedule_free(schedule);
    fup_json_close(&json);
    return code;
}
