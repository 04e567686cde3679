/* What a schedule says to the linter: rules that are waived, sample values. */

#include <string.h>

#include "core/near.h"
#include "message/lint.h"
#include "schedule_parts.h"

#define REASON_MAX_BYTES 200
#define SAMPLES_MAX      100

static enum fup_lint_rule find_rule(struct fup_json *json,
                                    const struct cJSON *item)
{
    const char *names[FUP_LINT_MAX];
    enum fup_lint_rule rule = fup_lint_find(item->string);

    if (rule == FUP_LINT_MAX) {
        for (size_t i = 0; i < FUP_LINT_MAX; i++) {
            names[i] = fup_lint_name((enum fup_lint_rule)i);
        }
        fup_json_error_key(
            json, item, "no rule \"%.40s\" to waive; did you mean \"%s\"?",
            item->string, fup_near_of(item->string, names, FUP_LINT_MAX));
    }
    return rule;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* Why it is waived is for the next reader of the file, so it must be there. */
FUP_JSON_READER(fup_schedule_read_waive)
{
    uint64_t *waived = into;

    (void)field;
    if (!fup_json_is_object(json, value)) {
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        enum fup_lint_rule rule = find_rule(json, item);

        if (!cJSON_IsString(item) || is_blank(item->valuestring) ||
            strlen(item->valuestring) > REASON_MAX_BYTES) {
            fup_json_expected(json, item,
                              "the reason for waiving, up to 200 bytes");
        } else if (rule != FUP_LINT_MAX) {
            *waived |= FUP_LINT_BIT(rule);
        }
    }
}

FUP_JSON_READER(fup_schedule_read_samples)
{
    (void)field;
    (void)into;
    if (fup_json_is_object(json, value) &&
        cJSON_GetArraySize(value) > SAMPLES_MAX) {
        fup_json_error(json, value, "more than %d samples", SAMPLES_MAX);
    }
}
