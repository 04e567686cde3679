/* The readers that tables of fields are made of. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_in.h"
#include "plan/delay.h"
#include "text.h"

FUP_JSON_READER(fup_json_ignore)
{
    (void)field;
    (void)into;
    if (!cJSON_IsString(value)) {
        fup_json_expected(json, value, "a text in quotes");
    }
}

FUP_JSON_READER(fup_json_read_text)
{
    *(char **)into = fup_json_copy(json, value, field->min, field->max);
}

FUP_JSON_READER(fup_json_read_id)
{
    char what[64];

    if (cJSON_IsString(value) &&
        fup_text_is_id(value->valuestring, (size_t)field->max)) {
        *(char **)into = fup_json_copy(json, value, 1, field->max);
        return;
    }
    (void)snprintf(what, sizeof what, "1 to %lld of a-z, 0-9, _ and -",
                   (long long)field->max);
    fup_json_expected(json, value, what);
}

FUP_JSON_READER(fup_json_read_int)
{
    char what[64];
    double n = cJSON_IsNumber(value) ? value->valuedouble : 0.5;

    if (n >= (double)field->min && n <= (double)field->max &&
        n == (double)(int)n) {
        *(int *)into = (int)n;
        return;
    }
    (void)snprintf(what, sizeof what, "a whole number from %lld to %lld",
                   (long long)field->min, (long long)field->max);
    fup_json_expected(json, value, what);
}

FUP_JSON_READER(fup_json_read_bool)
{
    (void)field;
    if (!cJSON_IsBool(value)) {
        fup_json_expected(json, value, "true or false");
        return;
    }
    *(bool *)into = cJSON_IsTrue(value);
}

FUP_JSON_READER(fup_json_read_span)
{
    struct fup_err err;
    int64_t s;

    (void)field;
    if (!cJSON_IsString(value)) {
        fup_json_expected(json, value, "a span such as \"90m\" or \"4h\"");
        return;
    }
    if (fup_span_parse(value->valuestring, &s, &err) != FUP_OK) {
        fup_json_error(json, value, "\"%.60s\" in %s: %s", field->name,
                       json->what, err.msg);
        return;
    }
    *(int64_t *)into = s;
}

FUP_JSON_READER(fup_json_read_names)
{
    struct fup_names *names = into;
    size_t n = (size_t)cJSON_GetArraySize(value);

    (void)field;
    if (!fup_json_is_array(json, value, 1, FUP_JSON_NAMES_MAX)) {
        return;
    }
    names->items = calloc(n, sizeof *names->items);
    if (names->items == NULL) {
        json->code = FUP_ENOMEM;
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        char *name = fup_json_copy(json, item, 1, FUP_JSON_NAME_BYTES);

        if (name != NULL) {
            names->items[names->n++] = name;
        }
    }
}
