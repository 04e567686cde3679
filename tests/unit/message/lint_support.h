/* Linting one message in tests. */

#ifndef FUP_TESTS_LINT_SUPPORT_H
#define FUP_TESTS_LINT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "message/lint.h"
#include "message/message.h"

/* One message: options are separated by "|". */
struct sample {
    const char *kind;
    const char *locale;
    const char *text;
    const char *options;
    const char *before;
};

struct made {
    struct fup_message message;
    char locale[16];
    char text[2000];
    char labels[500];
};

static inline struct fup_lint_in make(const struct sample *sample,
                                      struct made *made)
{
    char *at = made->labels;

    made->message =
        (struct fup_message){.locale = made->locale, .text = made->text};
    (void)snprintf(made->locale, sizeof made->locale, "%s", sample->locale);
    (void)snprintf(made->text, sizeof made->text, "%s", sample->text);
    (void)snprintf(made->labels, sizeof made->labels, "%s",
                   sample->options == NULL ? "" : sample->options);
    while (sample->options != NULL) {
        char *bar = strchr(at, '|');

        made->message.options[made->message.n_options++].label = at;
        if (bar == NULL) {
            break;
        }
        *bar = '\0';
        at = bar + 1;
    }
    return (struct fup_lint_in){.message = &made->message,
                                .kind = sample->kind,
                                .before = &sample->before,
                                .n_before = sample->before != NULL};
}

/* The names of all that is found in @sample, separated by spaces. */
static inline const char *found(const struct sample *sample, char names[500])
{
    struct made made;
    struct fup_lint_in in = make(sample, &made);
    struct fup_lint_findings findings;

    assert_int_equal(fup_lint(&in, &findings), FUP_OK);
    names[0] = '\0';
    for (size_t i = 0; i < findings.n; i++) {
        (void)snprintf(names + strlen(names), 500 - strlen(names), "%s%s",
                       i > 0 ? " " : "", fup_lint_name(findings.items[i].rule));
    }
    return names;
}

static inline void expect(const struct sample *sample, const char *names)
{
    char got[500];

    if (strcmp(found(sample, got), names) != 0) {
        fail_msg("\"%s\" (%s, %s): \"%s\" rather than \"%s\"", sample->text,
                 sample->locale, sample->kind == NULL ? "" : sample->kind, got,
                 names);
    }
}

/* A check-in in English without options, in which only @names are found. */
static inline void in_english(const char *text, const char *names)
{
    struct sample sample = {.kind = "check_in", .locale = "en", .text = text};

    expect(&sample, names);
}

#endif
