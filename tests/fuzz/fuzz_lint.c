/* The linter: an input is a step's kind, a locale, a text, the text before and
 * labels, a line each; a carriage return is a line break within one. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "message/lint.h"
#include "message/message.h"

#define LINES (4 + FUP_OPTIONS_MAX)

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

/* Cut @text into lines; those that are missing are "". */
static void cut(char *text, char *lines[LINES])
{
    for (size_t i = 0; i < LINES; i++) {
        char *end = text + strcspn(text, "\n");

        lines[i] = text;
        text = *end == '\n' ? end + 1 : end;
        *end = '\0';
        for (char *p = lines[i]; (p = strchr(p, '\r')) != NULL;) {
            *p = '\n';
        }
    }
}

/* All rules, then the gate, which must agree. */
static void lint(const struct fup_lint_in *in)
{
    struct fup_lint_findings findings;
    uint64_t errors = 0;

    check(fup_lint(in, &findings) == FUP_OK);
    check(findings.n <= FUP_LINT_MAX);
    for (size_t i = 0; i < findings.n; i++) {
        const struct fup_lint_finding *finding = &findings.items[i];

        check(finding->option <= in->message->n_options);
        check(memchr(finding->detail, '\0', FUP_LINT_DETAIL) != NULL);
        if (fup_lint_level(finding->rule) == FUP_LINT_ERROR) {
            errors |= FUP_LINT_BIT(finding->rule);
        }
    }
    check(fup_lint_gate(in, errors) == FUP_LINT_MAX);
    check((fup_lint_gate(in, 0) == FUP_LINT_MAX) == (errors == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    char *text = malloc(size + 1);
    char *lines[LINES];
    struct fup_message message = {.text = NULL};
    struct fup_lint_in in = {.message = &message, .n_before = 1};
    const char *before;

    check(text != NULL);
    memcpy(text, input, size);
    text[size] = '\0';
    cut(text, lines);
    for (size_t i = 0; i < FUP_OPTIONS_MAX && lines[4 + i][0] != '\0'; i++) {
        message.options[message.n_options++].label = lines[4 + i];
    }
    in.kind = lines[0];
    message.locale = lines[1];
    message.text = lines[2];
    before = lines[3];
    in.before = &before;
    lint(&in);
    /* A template is its parameters. */
    message.params[0] = lines[2];
    message.n_params = 1;
    message.template_name = lines[0];
    message.text = lines[3];
    lint(&in);
    free(text);
    return 0;
}
