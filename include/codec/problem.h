/* Problems: what is wrong in a file that a person wrote, and where.
 *
 * A list rather than one error, so that one reading shows all of them. */

#ifndef FUP_CODEC_PROBLEM_H
#define FUP_CODEC_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

#define FUP_PROBLEMS_PER_FILE 20
#define FUP_PROBLEMS_MAX      1000

/* A place in a file. @line and @column count from 1, columns in characters;
 * line 0 means the file as a whole. @file is borrowed. */
struct fup_place {
    const char *file;
    int line;
    int column;
};

struct fup_problem {
    char *file;
    int line;
    int column;
    bool warning; /* it works, but hardly as meant */
    char text[256];
};

/* @errors counts what is no warning, those dropped over a limit too. */
struct fup_problems {
    struct fup_problem *items;
    size_t n;
    size_t errors;
    size_t dropped; /* not kept: over a limit, or no memory */
};

void fup_problems_init(struct fup_problems *problems);

/* Free what @problems holds. */
void fup_problems_done(struct fup_problems *problems);

/* Add a problem; never fails, beyond the limits it is only counted. Control
 * characters in the text become spaces. */
void fup_problems_error(struct fup_problems *problems,
                        const struct fup_place *place,
                        const char *fmt,
                        ...) FUP_PRINTF(3, 4);
void fup_problems_warn(struct fup_problems *problems,
                       const struct fup_place *place,
                       const char *fmt,
                       ...) FUP_PRINTF(3, 4);

/* Append "file:line:column: text" to @out, without a line's end; warnings have
 * "warning: " before the text. */
void fup_problem_print(const struct fup_problem *problem, struct fup_buf *out);

/* Fill @err with the first error (code FUP_EPARSE), for where one line must
 * do. Returns FUP_EPARSE, or FUP_OK when there is no error. */
enum fup_code fup_problems_first(const struct fup_problems *problems,
                                 struct fup_err *err);

#endif
