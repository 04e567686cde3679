#include "codec/entry.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/near.h"
#include "core/time.h"
#include "entry_read.h"
#include "text.h"

enum fup_code
fup_refuse(struct fup_refusal *refusal, const char *error, const char *fmt, ...)
{
    va_list args;

    if (refusal != NULL) {
        refusal->error = error;
        va_start(args, fmt);
        (void)vsnprintf(refusal->message, sizeof refusal->message, fmt, args);
        va_end(args);
        fup_text_tidy(refusal->message);
    }
    return FUP_EPARSE;
}

static bool is_text(const char *value, size_t len)
{
    return memchr(value, '\0', len) == NULL && fup_text_is_utf8(value, len);
}

const char *fup_entry_value(const struct fup_entry *entry, const char *name)
{
    const char *found = NULL;

    for (size_t i = 0; i + 1 < entry->n; i += 2) {
        if (strcmp(entry->items[i], name) != 0) {
            continue;
        }
        if (found != NULL || entry->lens[i + 1] == 0 ||
            entry->lens[i + 1] > FUP_ENTRY_ID_MAX ||
            !is_text(entry->items[i + 1], entry->lens[i + 1])) {
            return NULL;
        }
        found = entry->items[i + 1];
    }
    return found;
}

static int
find(const struct fup_entry_field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static enum fup_code refuse_unknown(const struct fup_entry_field *fields,
                                    size_t n,
                                    const char *name,
                                    struct fup_refusal *refusal)
{
    const char *names[FUP_ENTRY_FIELDS_MAX];

    for (size_t i = 0; i < n; i++) {
        names[i] = fields[i].name;
    }
    return fup_refuse(refusal, "unknown_field",
                      "unknown field \"%.40s\"; did you mean \"%s\"?", name,
                      fup_near_of(name, names, n));
}

/* Check one pair against its row. */
static enum fup_code check_value(const struct fup_entry_field *field,
                                 const char *value,
                                 size_t len,
                                 struct fup_refusal *refusal)
{
    if (len > field->max) {
        return fup_refuse(refusal, "too_long",
                          "\"%s\" is longer than %zu bytes", field->name,
                          field->max);
    }
    if (!is_text(value, len)) {
        return fup_refuse(refusal, "bad_text", "\"%s\" is not valid UTF-8 text",
                          field->name);
    }
    if (len == 0) {
        return fup_refuse(refusal, "bad_field", "\"%s\" is empty", field->name);
    }
    return FUP_OK;
}

enum fup_code fup_entry_read(const struct fup_entry *entry,
                             const struct fup_entry_field *fields,
                             size_t n,
                             const char **ret_values,
                             struct fup_refusal *refusal)
{
    enum fup_code code = FUP_OK;

    for (size_t i = 0; i < n; i++) {
        ret_values[i] = NULL;
    }
    if (entry->n % 2 != 0 || entry->n > (size_t)2 * FUP_ENTRY_FIELDS_MAX) {
        return fup_refuse(refusal, "bad_entry",
                          "expected up to %d pairs of name and value",
                          FUP_ENTRY_FIELDS_MAX);
    }
    for (size_t i = 0; i < entry->n && code == FUP_OK; i += 2) {
        const char *name = entry->items[i];
        int at = find(fields, n, name);

        if (at < 0 || strlen(name) != entry->lens[i]) {
            return refuse_unknown(fields, n, name, refusal);
        }
        if (ret_values[at] != NULL) {
            return fup_refuse(refusal, "double_field", "\"%s\" is there twice",
                              name);
        }
        ret_values[at] = entry->items[i + 1];
        code = check_value(&fields[at], entry->items[i + 1], entry->lens[i + 1],
                           refusal);
    }
    return code;
}

int fup_entry_word(const char *value,
                   const char *const *words,
                   size_t n,
                   const char *error,
                   struct fup_refusal *refusal)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], value) == 0) {
            return (int)i;
        }
    }
    (void)fup_refuse(refusal, error,
                     "unknown word \"%.40s\"; did you mean \"%s\"?", value,
                     fup_near_of(value, words, n));
    return -1;
}

enum fup_code fup_entry_time(const char *name,
                             const char *value,
                             int64_t *ret_at,
                             struct fup_refusal *refusal)
{
    struct fup_err err;

    *ret_at = FUP_TIME_NONE;
    if (value == NULL || fup_time_parse(value, ret_at, &err) == FUP_OK) {
        return FUP_OK;
    }
    return fup_refuse(refusal, "bad_time", "\"%s\": %s", name, err.msg);
}
