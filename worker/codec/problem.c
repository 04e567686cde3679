#include "codec/problem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

void fup_problems_init(struct fup_problems *problems)
{
    *problems = (struct fup_problems){0};
}

void fup_problems_done(struct fup_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        free(problems->items[i].file);
    }
    free(problems->items);
    *problems = (struct fup_problems){0};
}

static size_t count_of_file(const struct fup_problems *problems,
                            const char *file)
{
    size_t n = 0;

    for (size_t i = 0; i < problems->n; i++) {
        n += strcmp(problems->items[i].file, file) == 0;
    }
    return n;
}

/* A fresh entry for @place, or NULL when a limit is reached. */
static struct fup_problem *add_entry(struct fup_problems *problems,
                                     const struct fup_place *place)
{
    struct fup_problem *items;
    char *file;

    if (problems->n >= FUP_PROBLEMS_MAX ||
        count_of_file(problems, place->file) >= FUP_PROBLEMS_PER_FILE) {
        return NULL;
    }
    items = realloc(problems->items, (problems->n + 1) * sizeof *items);
    if (items == NULL) {
        return NULL;
    }
    problems->items = items;
    file = strdup(place->file);
    if (file == NULL) {
        return NULL;
    }
    items[problems->n] = (struct fup_problem){
        .file = file, .line = place->line, .column = place->column};
    return &items[problems->n++];
}

static void add(struct fup_problems *problems,
                const struct fup_place *place,
                bool warning,
                const char *fmt,
                va_list args)
{
    struct fup_problem *problem = add_entry(problems, place);

    problems->errors += !warning;
    if (problem == NULL) {
        problems->dropped++;
        return;
    }
    problem->warning = warning;
    (void)vsnprintf(problem->text, sizeof problem->text, fmt, args);
    fup_text_tidy(problem->text);
}

void fup_problems_error(struct fup_problems *problems,
                        const struct fup_place *place,
                        const char *fmt,
                        ...)
{
    va_list args;

    va_start(args, fmt);
    add(problems, place, false, fmt, args);
    va_end(args);
}

void fup_problems_warn(struct fup_problems *problems,
                       const struct fup_place *place,
                       const char *fmt,
                       ...)
{
    va_list args;

    va_start(args, fmt);
    add(problems, place, true, fmt, args);
    va_end(args);
}

void fup_problem_print(const struct fup_problem *problem, struct fup_buf *out)
{
    fup_buf_adds(out, problem->file);
    if (problem->line > 0) {
        fup_buf_addf(out, ":%d:%d", problem->line, problem->column);
    }
    fup_buf_addf(out, ": %s%s", problem->warning ? "warning: " : "",
                 problem->text);
}

enum fup_code fup_problems_first(const struct fup_problems *problems,
                                 struct fup_err *err)
{
    if (problems->errors == 0) {
        return FUP_OK;
    }
    for (size_t i = 0; i < problems->n; i++) {
        const struct fup_problem *problem = &problems->items[i];

        if (!problem->warning) {
            return fup_err_set(err, FUP_EPARSE, "%s:%d:%d: %s", problem->file,
                               problem->line, problem->column, problem->text);
        }
    }
    return fup_err_set(err, FUP_EPARSE, "not understood");
}
