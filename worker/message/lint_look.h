/* What the rules of the linter look at. */

#ifndef FUP_MESSAGE_LINT_LOOK_H
#define FUP_MESSAGE_LINT_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "message/lint.h"
#include "message/message.h"

/* Room for a text in the form of fup_lint_tokens(); a longer one is cut. */
#define FUP_LINT_TOKENS_MAX ((size_t)2 * FUP_TEXT_MAX)

struct fup_lint_counts {
    size_t characters; /* graphemes */
    size_t words;
    size_t sentence_words;       /* of the longest sentence */
    size_t paragraph_characters; /* of the longest paragraph */
    size_t emoji;
};

struct fup_lint_look {
    const struct fup_lint_in *in;
    const char *text;
    const char *language; /* one with words, or NULL */
    size_t questions;     /* in the text */
    bool has_tokens;
    bool has_counts;
    struct fup_lint_counts counts; /* of the text; not for the gate */
    enum fup_code code;            /* FUP_ENOMEM: a rule could not look */
    size_t option;                 /* where the rule found it, as in finding */
    char detail[FUP_LINT_DETAIL];
    char tokens[FUP_LINT_TOKENS_MAX]; /* of the text */
};

/* Keep up to @n bytes at @at as what was found. */
void fup_lint_show(struct fup_lint_look *look, const char *at, size_t n);

/* -- lint_traces.c: bytes ------------------------------------------------- */

/* Where @text has what no customer is to see, with the bytes it takes in
 * @ret_n; NULL: nowhere. @language may be NULL. */
const char *fup_lint_bad_character(const char *text, size_t *ret_n);
const char *
fup_lint_placeholder(const char *text, const char *language, size_t *ret_n);
const char *
fup_lint_empty_value(const char *text, const char *language, size_t *ret_n);

/* Questions in @text by their marks, in any script; those of addresses of web
 * pages are none. */
size_t fup_lint_questions(const char *text);

/* -- lint_words.c: words -------------------------------------------------- */

enum fup_lint_list {
    FUP_LINT_WORDS_ASK,     /* asks without a question mark */
    FUP_LINT_WORDS_OPEN,    /* an open question begins with it */
    FUP_LINT_WORDS_CHOICE,  /* a question with it is no open one */
    FUP_LINT_WORDS_PRESS,   /* false hurry */
    FUP_LINT_WORDS_BLAME,   /* for not answering */
    FUP_LINT_WORDS_DEAD,    /* asks for nothing */
    FUP_LINT_WORDS_WAY_OUT, /* of a last call */
};

/* The language of @locale if there are words of it, else NULL. */
const char *fup_lint_language(const char *locale);

/* Write the words of @text to @ret: folded, without accents, one space on each
 * side; "^" before and "$" after a sentence, "?" before that "$" when it asks,
 * "," between its parts. */
void fup_lint_tokens(const char *text, char ret[FUP_LINT_TOKENS_MAX]);

/* Whether a phrase of @list in @language is in @tokens; @ret_phrase, of
 * FUP_LINT_DETAIL bytes, is then the phrase. */
bool fup_lint_has(const char *tokens,
                  const char *language,
                  enum fup_lint_list list,
                  char *ret_phrase);

/* How alike the words of two texts are, in percent. */
unsigned fup_lint_likeness(const char *tokens, const char *others);

/* -- lint_counts.c: lengths ----------------------------------------------- */

/* Errors: FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_lint_count(const char *text,
                                            const char *locale,
                                            struct fup_lint_counts *ret_counts);

#endif
