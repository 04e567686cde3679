/* The configuration file: one JSON object, one field a row. */

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config_file.h"
#include "core/near.h"
#include "options.h"

#define FILE_MAX_BYTES 262144

static int line_of(const char *text, const char *at)
{
    int line = 1;

    for (const char *p = text; p < at; p++) {
        line += *p == '\n' ? 1 : 0;
    }
    return line;
}

/* Past the string that begins at the quote @p. */
static const char *skip_string(const char *p)
{
    for (p++; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0') {
            p++;
        }
    }
    return *p == '"' ? p + 1 : p;
}

/* The line of field number @index of the object in @text, which is valid JSON;
 * cJSON does not keep places. */
static int field_line(const char *text, int index)
{
    int depth = 0;

    for (const char *p = text; *p != '\0';) {
        const char *end;

        if (*p != '"') {
            depth += *p == '{' || *p == '[' ? 1 : 0;
            depth -= *p == '}' || *p == ']' ? 1 : 0;
            p++;
            continue;
        }
        end = skip_string(p);
        if (depth == 1 && end[strspn(end, " \t\r\n")] == ':' && index-- == 0) {
            return line_of(text, p);
        }
        p = end;
    }
    return 1;
}

/* The value of @item as it would stand in the environment. */
static enum fup_code value_text(const cJSON *item,
                                const struct fup_option_row *row,
                                char number[32],
                                const char **ret_text)
{
    double value = item->valuedouble;

    if (row->type != FUP_OPTION_IS_INT) {
        *ret_text = item->valuestring;
        return cJSON_IsString(item) ? FUP_OK : FUP_EPARSE;
    }
    if (!cJSON_IsNumber(item) || floor(value) != value || fabs(value) > 1e15) {
        return FUP_EPARSE;
    }
    (void)snprintf(number, 32, "%.0f", value);
    *ret_text = number;
    return FUP_OK;
}

static enum fup_code
unknown_field(const char *name, const char *where, struct fup_err *err)
{
    struct fup_near near = {.text = name};

    for (size_t i = 0; i < fup_option_rows_n; i++) {
        fup_near_try(&near, fup_option_rows[i].name);
    }
    return fup_err_set(err, FUP_EINVAL, "%s is unknown%s%s%s", where,
                       near.best != NULL ? "; is " : "",
                       near.best != NULL ? near.best : "",
                       near.best != NULL ? " meant?" : "");
}

static enum fup_code set_field(struct fup_options *options,
                               const cJSON *item,
                               const char *where,
                               struct fup_err *err)
{
    const struct fup_option_row *row = fup_options_find(item->string);
    char number[32];
    const char *text;

    if (row == NULL || strcmp(row->name, item->string) != 0) {
        return unknown_field(item->string, where, err);
    }
    if (value_text(item, row, number, &text) != FUP_OK) {
        return fup_err_set(err, FUP_EPARSE, "%s: expected %s", where,
                           row->type == FUP_OPTION_IS_INT ? "a whole number"
                                                          : "a string");
    }
    return fup_options_set(options, row, text, where, err);
}

static bool seen_before(const cJSON *root, const cJSON *item)
{
    for (const cJSON *p = root->child; p != item; p = p->next) {
        if (strcmp(p->string, item->string) == 0) {
            return true;
        }
    }
    return false;
}

static enum fup_code set_fields(struct fup_options *options,
                                const cJSON *root,
                                const char *text,
                                const char *path,
                                struct fup_err *err)
{
    enum fup_code code = FUP_OK;
    const cJSON *item;
    int index = 0;

    cJSON_ArrayForEach(item, root)
    {
        char where[200];

        (void)snprintf(where, sizeof where, "%.120s:%d: %.40s", path,
                       field_line(text, index++), item->string);
        if (seen_before(root, item)) {
            return fup_err_set(err, FUP_EINVAL, "%s stands there twice", where);
        }
        code = set_field(options, item, where, err);
        if (code != FUP_OK) {
            return code;
        }
    }
    return code;
}

enum fup_code fup_options_read_file(struct fup_options *options,
                                    const char *path,
                                    struct fup_err *err)
{
    char *text;
    const char *end = NULL;
    cJSON *root;
    enum fup_code code = fup_config_file_read(path, FILE_MAX_BYTES, &text, err);

    if (code != FUP_OK) {
        return code;
    }
    root = cJSON_ParseWithOpts(text, &end, 1);
    if (root == NULL) {
        code = fup_err_set(err, FUP_EPARSE, "%.120s:%d: no valid JSON", path,
                           line_of(text, end != NULL ? end : text));
    } else if (!cJSON_IsObject(root)) {
        code =
            fup_err_set(err, FUP_EPARSE, "%.120s:1: expected an object", path);
    } else {
        code = set_fields(options, root, text, path, err);
    }
    cJSON_Delete(root);
    free(text);
    return code;
}
