#include "liquid_lex.h"

#include <string.h>

bool fup_lq_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool fup_lq_span_is(struct fup_lq_span span, const char *text)
{
    return strlen(text) == span.n && memcmp(span.p, text, span.n) == 0;
}

bool fup_lq_span_equal(struct fup_lq_span a, struct fup_lq_span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct fup_lq_span fup_lq_span_of(const char *text)
{
    return (struct fup_lq_span){text, strlen(text)};
}

static struct fup_lq_span trim_left(struct fup_lq_span span)
{
    while (span.n > 0 && fup_lq_is_space(span.p[0])) {
        span.p++;
        span.n--;
    }
    return span;
}

static struct fup_lq_span trim_right(struct fup_lq_span span)
{
    while (span.n > 0 && fup_lq_is_space(span.p[span.n - 1])) {
        span.n--;
    }
    return span;
}

struct fup_lq_span fup_lq_trim(struct fup_lq_span span)
{
    return trim_right(trim_left(span));
}

void fup_lq_locate(const char *source,
                   const char *at,
                   unsigned *ret_line,
                   unsigned *ret_column)
{
    const char *start = source;
    unsigned line = 1;

    for (const char *p = source; p < at; p++) {
        if (*p == '\n') {
            line++;
            start = p + 1;
        }
    }
    *ret_line = line;
    *ret_column = (unsigned)(at - start) + 1;
}

void fup_lq_scanner_init(struct fup_lq_scanner *scanner,
                         const char *source,
                         size_t len)
{
    *scanner = (struct fup_lq_scanner){
        .source = source, .p = source, .end = source + len};
}

/* Whether an output or a tag opens at @p. */
static bool opens(const struct fup_lq_scanner *scanner, const char *p)
{
    return scanner->end - p >= 2 && p[0] == '{' && (p[1] == '{' || p[1] == '%');
}

static enum fup_code take_text(struct fup_lq_scanner *scanner,
                               struct fup_lq_piece *ret_piece)
{
    const char *p = scanner->p;
    struct fup_lq_span text;

    while (p < scanner->end && !opens(scanner, p)) {
        p++;
    }
    text = (struct fup_lq_span){scanner->p, (size_t)(p - scanner->p)};
    if (scanner->trim) {
        text = trim_left(text);
    }
    if (scanner->end - p > 2 && p[2] == '-') {
        text = trim_right(text);
    }
    *ret_piece = (struct fup_lq_piece){
        .kind = LQ_PIECE_TEXT, .body = text, .start = scanner->p};
    scanner->p = p;
    scanner->trim = false;
    return FUP_OK;
}

/* The first @a @b at or after @p, or NULL. The standard does not look at
 * quotes here: the first closing delimiter closes. */
static const char *find_close(const char *p, const char *end, char a)
{
    for (; end - p >= 2; p++) {
        if (p[0] == a && p[1] == '}') {
            return p;
        }
    }
    return NULL;
}

static enum fup_code take_delimited(struct fup_lq_scanner *scanner,
                                    struct fup_lq_piece *ret_piece,
                                    struct fup_err *err)
{
    bool tag = scanner->p[1] == '%';
    const char *start = scanner->p + 2;
    const char *close = find_close(start, scanner->end, tag ? '%' : '}');
    const char *end = close;
    struct fup_lq_piece piece = {.kind = tag ? LQ_PIECE_TAG : LQ_PIECE_OUTPUT,
                                 .start = scanner->p};
    unsigned line;
    unsigned column;

    if (close == NULL) {
        fup_lq_locate(scanner->source, scanner->p, &line, &column);
        return fup_err_set(err, FUP_EPARSE,
                           "line %u, column %u: \"%s\" is not closed", line,
                           column, tag ? "{%" : "{{");
    }
    if (start < end && *start == '-') {
        piece.trim_before = true;
        start++;
    }
    if (start < end && end[-1] == '-') {
        piece.trim_after = true;
        end--;
    }
    piece.body = (struct fup_lq_span){start, (size_t)(end - start)};
    scanner->p = close + 2;
    scanner->trim = piece.trim_after;
    *ret_piece = piece;
    return FUP_OK;
}

enum fup_code fup_lq_scan(struct fup_lq_scanner *scanner,
                          struct fup_lq_piece *ret_piece,
                          struct fup_err *err)
{
    if (scanner->p == scanner->end) {
        *ret_piece = (struct fup_lq_piece){.start = scanner->p};
        return FUP_OK;
    }
    if (opens(scanner, scanner->p)) {
        return take_delimited(scanner, ret_piece, err);
    }
    return take_text(scanner, ret_piece);
}

/* The end of "{% endraw %}" at @p, or NULL; never looks further than the tag,
 * so that a raw block full of "{%" costs no more than its length. */
static const char *
end_of_endraw(const char *p, const char *end, bool *ret_before, bool *ret_after)
{
    static const char word[] = "endraw";

    p += 2;
    *ret_before = p < end && *p == '-';
    p += *ret_before;
    while (p < end && fup_lq_is_space(*p)) {
        p++;
    }
    if ((size_t)(end - p) < sizeof word - 1 ||
        memcmp(p, word, sizeof word - 1) != 0) {
        return NULL;
    }
    p += sizeof word - 1;
    while (p < end && fup_lq_is_space(*p)) {
        p++;
    }
    *ret_after = p < end && *p == '-';
    p += *ret_after;
    return end - p >= 2 && p[0] == '%' && p[1] == '}' ? p + 2 : NULL;
}

enum fup_code fup_lq_scan_raw(struct fup_lq_scanner *scanner,
                              const struct fup_lq_piece *raw,
                              struct fup_lq_span *ret_text,
                              struct fup_err *err)
{
    struct fup_lq_span text = {scanner->p, 0};
    const char *end = NULL;
    bool before;
    bool after;
    unsigned line;
    unsigned column;

    for (const char *p = scanner->p; p < scanner->end; p++) {
        if (opens(scanner, p) && p[1] == '%') {
            end = end_of_endraw(p, scanner->end, &before, &after);
        }
        if (end != NULL) {
            text.n = (size_t)(p - text.p);
            text = scanner->trim ? trim_left(text) : text;
            *ret_text = before ? trim_right(text) : text;
            scanner->trim = after;
            scanner->p = end;
            return FUP_OK;
        }
    }
    fup_lq_locate(scanner->source, raw->start, &line, &column);
    return fup_err_set(err, FUP_EPARSE,
                       "line %u, column %u: \"raw\" is not closed", line,
                       column);
}

void fup_lq_lexer_init(struct fup_lq_lexer *lexer, struct fup_lq_span body)
{
    *lexer = (struct fup_lq_lexer){
        .p = body.p, .end = body.p + body.n, .before = body.p};
    fup_lq_lexer_next(lexer);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Each of these returns where the token that starts at @p ends. */

static const char *end_of_name(const char *p, const char *end)
{
    while (p < end && (is_letter(*p) || is_digit(*p) || *p == '-')) {
        p++;
    }
    return p < end && *p == '?' ? p + 1 : p;
}

static const char *end_of_number(const char *p, const char *end)
{
    p++;
    while (p < end && is_digit(*p)) {
        p++;
    }
    if (end - p >= 2 && p[0] == '.' && is_digit(p[1])) {
        p++;
        while (p < end && is_digit(*p)) {
            p++;
        }
    }
    return p;
}

static const char *end_of_compare(const char *p, const char *end)
{
    static const char pairs[][3] = {"==", "!=", "<>", "<=", ">="};

    if (end - p >= 2) {
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            if (memcmp(p, pairs[i], 2) == 0) {
                return p + 2;
            }
        }
    }
    return *p == '<' || *p == '>' ? p + 1 : p;
}

static void lex_string(struct fup_lq_lexer *lexer, struct fup_lq_token *token)
{
    const char *text = lexer->p + 1;
    const char *quote = memchr(text, *lexer->p, (size_t)(lexer->end - text));

    if (quote == NULL) {
        token->text.n = 1;
        lexer->p = lexer->end;
        return;
    }
    token->kind = LQ_TOKEN_STRING;
    token->text = (struct fup_lq_span){text, (size_t)(quote - text)};
    lexer->p = quote + 1;
}

static enum fup_lq_token_kind
classify(const char *p, const char *end, const char **ret_end)
{
    bool negative = end - p >= 2 && *p == '-' && is_digit(p[1]);

    *ret_end = end_of_compare(p, end);
    if (*ret_end > p) {
        return LQ_TOKEN_COMPARE;
    }
    if (is_letter(*p)) {
        *ret_end = end_of_name(p, end);
        return LQ_TOKEN_NAME;
    }
    if (is_digit(*p) || negative) {
        *ret_end = end_of_number(p, end);
        return LQ_TOKEN_NUMBER;
    }
    if (end - p >= 2 && p[0] == '.' && p[1] == '.') {
        *ret_end = p + 2;
        return LQ_TOKEN_DOTDOT;
    }
    *ret_end = p + 1;
    if (*p != '\0' && strchr(".|:,[]()=", *p) != NULL) {
        return LQ_TOKEN_SIGN;
    }
    while (*ret_end < end && ((unsigned char)**ret_end & 0xc0) == 0x80) {
        ++*ret_end; /* an error message must not cut a character */
    }
    return LQ_TOKEN_BAD;
}

void fup_lq_lexer_next(struct fup_lq_lexer *lexer)
{
    struct fup_lq_token *token = &lexer->now;
    const char *end;

    lexer->before = lexer->p;
    while (lexer->p < lexer->end && fup_lq_is_space(*lexer->p)) {
        lexer->p++;
    }
    *token = (struct fup_lq_token){.text = {lexer->p, 0}, .start = lexer->p};
    if (lexer->p == lexer->end) {
        return;
    }
    if (*lexer->p == '"' || *lexer->p == '\'') {
        token->kind = LQ_TOKEN_BAD;
        lex_string(lexer, token);
        return;
    }
    token->kind = classify(lexer->p, lexer->end, &end);
    token->text.n = (size_t)(end - lexer->p);
    lexer->p = end;
}

bool fup_lq_lexer_is(const struct fup_lq_lexer *lexer, char c)
{
    return lexer->now.kind == LQ_TOKEN_SIGN && lexer->now.text.p[0] == c;
}

bool fup_lq_lexer_is_word(const struct fup_lq_lexer *lexer, const char *word)
{
    return lexer->now.kind == LQ_TOKEN_NAME &&
           fup_lq_span_is(lexer->now.text, word);
}

bool fup_lq_lexer_take(struct fup_lq_lexer *lexer, char c)
{
    bool is = fup_lq_lexer_is(lexer, c);

    if (is) {
        fup_lq_lexer_next(lexer);
    }
    return is;
}

bool fup_lq_lexer_take_word(struct fup_lq_lexer *lexer, const char *word)
{
    bool is = fup_lq_lexer_is_word(lexer, word);

    if (is) {
        fup_lq_lexer_next(lexer);
    }
    return is;
}
