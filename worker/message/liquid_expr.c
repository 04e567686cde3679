/* Reading expressions: values, paths, filters, conditions. */

#include <stdlib.h>
#include <string.h>

#include "liquid_filter.h"
#include "liquid_program.h"

static const struct {
    const char *text;
    enum fup_lq_op op;
} operators[] = {
    {"==", LQ_OP_EQ}, {"!=", LQ_OP_NE},
    {"<>", LQ_OP_NE}, {"<", LQ_OP_LT},
    {">", LQ_OP_GT},  {"<=", LQ_OP_LE},
    {">=", LQ_OP_GE}, {"contains", LQ_OP_CONTAINS},
};

static const struct {
    const char *text;
    struct fup_lq_value value;
} words[] = {
    {"nil", {.type = LQ_NIL}},
    {"null", {.type = LQ_NIL}},
    {"true", {.type = LQ_BOOL, .as.boolean = true}},
    {"false", {.type = LQ_BOOL, .as.boolean = false}},
    {"blank", {.type = LQ_BLANK}},
    {"empty", {.type = LQ_EMPTY}},
};

/* An expression of @kind that points nowhere yet. */
static struct fup_lq_expr new_expr(enum fup_lq_expr_kind kind)
{
    return (struct fup_lq_expr){.kind = kind,
                                .name = LQ_NONE,
                                .first = LQ_NONE,
                                .second = LQ_NONE,
                                .next = LQ_NONE};
}

static enum fup_code add_const(struct fup_lq_parser *parser,
                               struct fup_lq_value value,
                               uint32_t *ret)
{
    struct fup_lq_expr expr = new_expr(LQ_EXPR_CONST);

    expr.value = value;
    expr.text = parser->lexer.now.text;
    fup_lq_lexer_next(&parser->lexer);
    return fup_lq_add_expr(parser, &expr, ret);
}

static enum fup_code unexpected(struct fup_lq_parser *parser,
                                const char *expected)
{
    const struct fup_lq_token *token = &parser->lexer.now;

    if (token->kind == LQ_TOKEN_END) {
        return fup_lq_parse_fail(parser, token->start, "expected %s", expected);
    }
    if (token->kind == LQ_TOKEN_BAD &&
        (*token->start == '"' || *token->start == '\'')) {
        return fup_lq_parse_fail(parser, token->start,
                                 "this text has no closing quote");
    }
    return fup_lq_parse_fail(
        parser, token->start, "expected %s, found \"%.*s\"", expected,
        token->text.n < 40 ? (int)token->text.n : 40, token->text.p);
}

/* "[expression]" in a path; the cursor is after the bracket. */
static enum fup_code parse_bracket(struct fup_lq_parser *parser, uint32_t *ret)
{
    enum fup_code code;

    if (parser->expr_depth >= LQ_EXPR_MAX) {
        return fup_err_set(parser->err, FUP_ELIMIT,
                           "more than %d brackets inside one another",
                           LQ_EXPR_MAX);
    }
    parser->expr_depth++;
    code = fup_lq_parse_value(parser, ret);
    parser->expr_depth--;
    if (code == FUP_OK && !fup_lq_lexer_take(&parser->lexer, ']')) {
        return unexpected(parser, "\"]\"");
    }
    return code;
}

static enum fup_code parse_key(struct fup_lq_parser *parser, uint32_t *ret)
{
    struct fup_lq_expr expr = new_expr(LQ_EXPR_KEY);

    if (parser->lexer.now.kind != LQ_TOKEN_NAME) {
        return unexpected(parser, "a name after the dot");
    }
    expr.value = fup_lq_string(parser->lexer.now.text);
    fup_lq_lexer_next(&parser->lexer);
    return fup_lq_add_expr(parser, &expr, ret);
}

/* What follows a variable: ".name" and "[expression]", any number. */
static enum fup_code parse_path(struct fup_lq_parser *parser,
                                uint32_t *ret_first)
{
    uint32_t last = LQ_NONE;
    uint32_t index = LQ_NONE;
    enum fup_code code = FUP_OK;

    while (code == FUP_OK) {
        if (fup_lq_lexer_take(&parser->lexer, '.')) {
            code = parse_key(parser, &index);
        } else if (fup_lq_lexer_take(&parser->lexer, '[')) {
            code = parse_bracket(parser, &index);
        } else {
            break;
        }
        if (code == FUP_OK && last == LQ_NONE) {
            *ret_first = index;
        } else if (code == FUP_OK) {
            parser->liquid->exprs[last].next = index;
        }
        last = index;
    }
    return code;
}

static enum fup_code parse_variable(struct fup_lq_parser *parser, uint32_t *ret)
{
    struct fup_lq_lexer *lexer = &parser->lexer;
    struct fup_lq_expr expr = new_expr(LQ_EXPR_VAR);
    const char *start = lexer->now.start;
    enum fup_code code;

    if (fup_lq_lexer_take(lexer, '[')) {
        code = parse_bracket(parser, &expr.second);
    } else {
        code = fup_lq_add_name(parser, lexer->now.text, &expr.name);
        fup_lq_lexer_next(lexer);
    }
    if (code == FUP_OK) {
        code = parse_path(parser, &expr.first);
    }
    if (code != FUP_OK) {
        return code;
    }
    expr.text = (struct fup_lq_span){start, (size_t)(lexer->before - start)};
    return fup_lq_add_expr(parser, &expr, ret);
}

static enum fup_code parse_word(struct fup_lq_parser *parser, uint32_t *ret)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (fup_lq_lexer_is_word(&parser->lexer, words[i].text)) {
            return add_const(parser, words[i].value, ret);
        }
    }
    return parse_variable(parser, ret);
}

static enum fup_code parse_number(struct fup_lq_parser *parser, uint32_t *ret)
{
    struct fup_lq_value value;

    if (!fup_lq_number_of_text(parser->lexer.now.text, &value)) {
        return fup_lq_parse_fail(parser, parser->lexer.now.start,
                                 "this number is too long");
    }
    return add_const(parser, value, ret);
}

/* "(first..last)"; the cursor is after the parenthesis. */
static enum fup_code parse_range(struct fup_lq_parser *parser, uint32_t *ret)
{
    struct fup_lq_expr expr = new_expr(LQ_EXPR_RANGE);
    enum fup_code code;

    if (parser->expr_depth >= LQ_EXPR_MAX) {
        return fup_err_set(parser->err, FUP_ELIMIT,
                           "more than %d ranges inside one another",
                           LQ_EXPR_MAX);
    }
    parser->expr_depth++;
    code = fup_lq_parse_value(parser, &expr.first);
    if (code == FUP_OK && parser->lexer.now.kind != LQ_TOKEN_DOTDOT) {
        code = unexpected(parser, "\"..\"");
    }
    if (code == FUP_OK) {
        fup_lq_lexer_next(&parser->lexer);
        code = fup_lq_parse_value(parser, &expr.second);
    }
    if (code == FUP_OK && !fup_lq_lexer_take(&parser->lexer, ')')) {
        code = unexpected(parser, "\")\"");
    }
    parser->expr_depth--;
    return code == FUP_OK ? fup_lq_add_expr(parser, &expr, ret) : code;
}

enum fup_code fup_lq_parse_value(struct fup_lq_parser *parser,
                                 uint32_t *ret_expr)
{
    const struct fup_lq_token *token = &parser->lexer.now;

    if (token->kind == LQ_TOKEN_STRING) {
        return add_const(parser, fup_lq_string(token->text), ret_expr);
    }
    if (token->kind == LQ_TOKEN_NUMBER) {
        return parse_number(parser, ret_expr);
    }
    if (token->kind == LQ_TOKEN_NAME) {
        return parse_word(parser, ret_expr);
    }
    if (fup_lq_lexer_is(&parser->lexer, '[')) {
        return parse_variable(parser, ret_expr);
    }
    if (fup_lq_lexer_take(&parser->lexer, '(')) {
        return parse_range(parser, ret_expr);
    }
    return unexpected(parser, "a value");
}

/* One argument after the colon of a filter: "value" or "allow_false: value". */
static enum fup_code parse_argument(struct fup_lq_parser *parser,
                                    struct fup_lq_use *use,
                                    uint32_t *last,
                                    unsigned *n)
{
    struct fup_lq_lexer ahead = parser->lexer;
    uint32_t index = LQ_NONE;
    enum fup_code code;

    if (fup_lq_lexer_take_word(&ahead, "allow_false") &&
        fup_lq_lexer_take(&ahead, ':') &&
        fup_lq_filter_is_default(use->filter)) {
        parser->lexer = ahead;
        return fup_lq_parse_value(parser, &use->allow_false);
    }
    code = fup_lq_parse_value(parser, &index);
    if (code != FUP_OK) {
        return code;
    }
    if (*last == LQ_NONE) {
        use->args = index;
    } else {
        parser->liquid->exprs[*last].next = index;
    }
    *last = index;
    (*n)++;
    return FUP_OK;
}

static enum fup_code check_count(struct fup_lq_parser *parser,
                                 const struct fup_lq_use *use,
                                 unsigned n)
{
    const struct fup_lq_filter *filter = use->filter;
    bool many = n > filter->max_args;
    unsigned bound = many ? filter->max_args : filter->min_args;
    const char *how = filter->min_args == filter->max_args ? ""
                      : many                               ? "at most "
                                                           : "at least ";

    if (n >= filter->min_args && !many) {
        return FUP_OK;
    }
    return fup_lq_parse_fail(
        parser, use->text.p, "\"%s\" takes %s%u argument%s, not %u",
        filter->name, how, bound, bound == 1 ? "" : "s", n);
}

static enum fup_code parse_arguments(struct fup_lq_parser *parser,
                                     struct fup_lq_use *use)
{
    uint32_t last = LQ_NONE;
    unsigned n = 0;
    bool more = fup_lq_lexer_take(&parser->lexer, ':');
    enum fup_code code;

    while (more) {
        code = parse_argument(parser, use, &last, &n);
        if (code != FUP_OK) {
            return code;
        }
        more = fup_lq_lexer_take(&parser->lexer, ',');
    }
    return check_count(parser, use, n);
}

/* "name: arguments"; the cursor is after the bar. */
static enum fup_code parse_use(struct fup_lq_parser *parser, uint32_t *ret_use)
{
    struct fup_lq_token token = parser->lexer.now;
    struct fup_lq_use use = {.args = LQ_NONE,
                             .allow_false = LQ_NONE,
                             .next = LQ_NONE,
                             .text = token.text};
    enum fup_code code;

    if (token.kind != LQ_TOKEN_NAME) {
        return unexpected(parser, "the name of a filter");
    }
    use.filter = fup_lq_filter_find(token.text);
    if (use.filter == NULL) {
        return fup_lq_parse_fail(
            parser, token.start, "there is no filter \"%.*s\"",
            token.text.n < 40 ? (int)token.text.n : 40, token.text.p);
    }
    fup_lq_lexer_next(&parser->lexer);
    code = parse_arguments(parser, &use);
    return code == FUP_OK ? fup_lq_add_use(parser, &use, ret_use) : code;
}

enum fup_code fup_lq_parse_pipe(struct fup_lq_parser *parser,
                                uint32_t *ret_expr)
{
    struct fup_lq_expr expr = new_expr(LQ_EXPR_PIPE);
    uint32_t last = LQ_NONE;
    uint32_t index = LQ_NONE;
    enum fup_code code = fup_lq_parse_value(parser, &expr.first);

    while (code == FUP_OK && fup_lq_lexer_take(&parser->lexer, '|')) {
        code = parse_use(parser, &index);
        if (code == FUP_OK && last == LQ_NONE) {
            expr.second = index;
        } else if (code == FUP_OK) {
            parser->liquid->uses[last].next = index;
        }
        last = index;
    }
    if (code != FUP_OK) {
        return code;
    }
    if (last == LQ_NONE) {
        *ret_expr = expr.first;
        return FUP_OK;
    }
    expr.text = parser->liquid->exprs[expr.first].text;
    return fup_lq_add_expr(parser, &expr, ret_expr);
}

/* "value" or "value operator value". */
static enum fup_code parse_comparison(struct fup_lq_parser *parser,
                                      uint32_t *ret_expr)
{
    struct fup_lq_expr expr = new_expr(LQ_EXPR_COMPARE);
    struct fup_lq_token token;
    size_t i = 0;
    enum fup_code code = fup_lq_parse_value(parser, &expr.first);

    if (code != FUP_OK) {
        return code;
    }
    token = parser->lexer.now;
    while (i < sizeof operators / sizeof operators[0] &&
           !fup_lq_span_is(token.text, operators[i].text)) {
        i++;
    }
    if (i == sizeof operators / sizeof operators[0] ||
        (token.kind != LQ_TOKEN_COMPARE && token.kind != LQ_TOKEN_NAME)) {
        *ret_expr = expr.first;
        return FUP_OK;
    }
    expr.op = operators[i].op;
    expr.text = token.text;
    fup_lq_lexer_next(&parser->lexer);
    code = fup_lq_parse_value(parser, &expr.second);
    return code == FUP_OK ? fup_lq_add_expr(parser, &expr, ret_expr) : code;
}

/* The standard binds from the right and gives "and" and "or" one rank:
 * "a and b or c" is "a and (b or c)". */
enum fup_code fup_lq_parse_condition(struct fup_lq_parser *parser,
                                     uint32_t *ret_expr)
{
    struct fup_lq_expr expr = new_expr(LQ_EXPR_AND);
    uint32_t above = LQ_NONE;
    uint32_t top = LQ_NONE;
    uint32_t index;
    enum fup_code code;

    for (;;) {
        code = parse_comparison(parser, &index);
        if (code != FUP_OK) {
            return code;
        }
        if (fup_lq_lexer_is_word(&parser->lexer, "and")) {
            expr.kind = LQ_EXPR_AND;
        } else if (fup_lq_lexer_is_word(&parser->lexer, "or")) {
            expr.kind = LQ_EXPR_OR;
        } else {
            break;
        }
        fup_lq_lexer_next(&parser->lexer);
        expr.first = index;
        code = fup_lq_add_expr(parser, &expr, &index);
        if (code != FUP_OK) {
            return code;
        }
        top = top == LQ_NONE ? index : top;
        if (above != LQ_NONE) {
            parser->liquid->exprs[above].second = index;
        }
        above = index;
    }
    if (above != LQ_NONE) {
        parser->liquid->exprs[above].second = index;
    }
    *ret_expr = top == LQ_NONE ? index : top;
    return FUP_OK;
}

enum fup_code fup_lq_parse_target(struct fup_lq_parser *parser,
                                  uint32_t *ret_name)
{
    const struct fup_lq_token token = parser->lexer.now;

    if (token.kind != LQ_TOKEN_NAME) {
        return unexpected(parser, "the name of a variable");
    }
    if (token.text.p[token.text.n - 1] == '?') {
        return fup_lq_parse_fail(parser, token.start,
                                 "a name that is set cannot end in \"?\"");
    }
    fup_lq_lexer_next(&parser->lexer);
    return fup_lq_add_name(parser, token.text, ret_name);
}

enum fup_code fup_lq_parse_end(struct fup_lq_parser *parser)
{
    return parser->lexer.now.kind == LQ_TOKEN_END
               ? FUP_OK
               : unexpected(parser, "the end of the tag");
}
