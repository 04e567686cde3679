/* Liquid, first half of reading: a source falls into pieces (text, output,
 * tag), and the inside of a piece into tokens. Nothing is copied: spans point
 * into the source. */

#ifndef FUP_MESSAGE_LIQUID_LEX_H
#define FUP_MESSAGE_LIQUID_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct fup_lq_span {
    const char *p;
    size_t n;
};

enum fup_lq_piece_kind {
    LQ_PIECE_END,
    LQ_PIECE_TEXT,
    LQ_PIECE_OUTPUT,
    LQ_PIECE_TAG,
};

/* One piece. @body is the text, or what stands between the delimiters without
 * the marks of white-space control; @start is where the piece begins. */
struct fup_lq_piece {
    enum fup_lq_piece_kind kind;
    struct fup_lq_span body;
    const char *start;
    bool trim_before;
    bool trim_after;
};

struct fup_lq_scanner {
    const char *source;
    const char *p;
    const char *end;
    bool trim; /* the last piece eats the white space after it */
};

void fup_lq_scanner_init(struct fup_lq_scanner *scanner,
                         const char *source,
                         size_t len);

/* Take the next piece; text comes with white-space control done and may be
 * empty.
 *
 * Errors: FUP_EPARSE  an output or tag is not closed. */
FUP_MUST_CHECK enum fup_code fup_lq_scan(struct fup_lq_scanner *scanner,
                                         struct fup_lq_piece *ret_piece,
                                         struct fup_err *err);

/* After "{% raw %}" (@raw): take everything up to "{% endraw %}" as text.
 *
 * Errors: FUP_EPARSE  there is none. */
FUP_MUST_CHECK enum fup_code fup_lq_scan_raw(struct fup_lq_scanner *scanner,
                                             const struct fup_lq_piece *raw,
                                             struct fup_lq_span *ret_text,
                                             struct fup_err *err);

enum fup_lq_token_kind {
    LQ_TOKEN_END,
    LQ_TOKEN_NAME,
    LQ_TOKEN_STRING, /* the span is without the quotes */
    LQ_TOKEN_NUMBER,
    LQ_TOKEN_COMPARE,
    LQ_TOKEN_DOTDOT,
    LQ_TOKEN_SIGN, /* one of . | : , [ ] ( ) = */
    LQ_TOKEN_BAD,  /* an unexpected character, or a string without an end */
};

struct fup_lq_token {
    enum fup_lq_token_kind kind;
    struct fup_lq_span text;
    const char *start; /* of the quote for a string */
};

/* The tokens of one piece; @now is the one under the cursor, @before where
 * the one before it ended. */
struct fup_lq_lexer {
    const char *p;
    const char *end;
    const char *before;
    struct fup_lq_token now;
};

void fup_lq_lexer_init(struct fup_lq_lexer *lexer, struct fup_lq_span body);

/* Move to the next token. */
void fup_lq_lexer_next(struct fup_lq_lexer *lexer);

/* Whether the cursor is on the sign @c, or the word @word. */
bool fup_lq_lexer_is(const struct fup_lq_lexer *lexer, char c);
bool fup_lq_lexer_is_word(const struct fup_lq_lexer *lexer, const char *word);

/* The same, and move past it. */
bool fup_lq_lexer_take(struct fup_lq_lexer *lexer, char c);
bool fup_lq_lexer_take_word(struct fup_lq_lexer *lexer, const char *word);

bool fup_lq_is_space(char c);
bool fup_lq_span_is(struct fup_lq_span span, const char *text);
bool fup_lq_span_equal(struct fup_lq_span a, struct fup_lq_span b);
struct fup_lq_span fup_lq_span_of(const char *text);
struct fup_lq_span fup_lq_trim(struct fup_lq_span span);

/* Line and column, both from 1, of @at in @source; columns count bytes. */
void fup_lq_locate(const char *source,
                   const char *at,
                   unsigned *ret_line,
                   unsigned *ret_column);

#endif
