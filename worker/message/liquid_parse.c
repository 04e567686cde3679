/* Reading templates: pieces become nodes, tags nest. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liquid_program.h"
#include "liquid_tags.h"
#include "message/liquid.h"

#define NAMES_MAX 1000 /* variables of one template */

enum fup_code fup_lq_parse_fail(struct fup_lq_parser *parser,
                                const char *at,
                                const char *fmt,
                                ...)
{
    char what[200];
    unsigned line;
    unsigned column;
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    fup_lq_locate(parser->liquid->source, at, &line, &column);
    return fup_err_set(parser->err, FUP_EPARSE, "line %u, column %u: %s", line,
                       column, what);
}

/* Make room for one more element of @size in *@array. */
static enum fup_code grow(struct fup_lq_parser *parser,
                          void **array,
                          uint32_t n,
                          uint32_t *cap,
                          size_t size)
{
    uint32_t want = *cap > 0 ? *cap * 2 : 8;
    void *bigger;

    if (n < *cap) {
        return FUP_OK;
    }
    bigger = realloc(*array, want * size);
    if (bigger == NULL) {
        return fup_err_set(parser->err, FUP_ENOMEM, "out of memory");
    }
    *array = bigger;
    *cap = want;
    return FUP_OK;
}

enum fup_code fup_lq_add_expr(struct fup_lq_parser *parser,
                              const struct fup_lq_expr *expr,
                              uint32_t *ret_index)
{
    struct fup_liquid *liquid = parser->liquid;
    void *array = liquid->exprs;
    enum fup_code code =
        grow(parser, &array, liquid->n_exprs, &liquid->cap_exprs, sizeof *expr);

    if (code == FUP_OK) {
        liquid->exprs = array;
        liquid->exprs[liquid->n_exprs] = *expr;
        *ret_index = liquid->n_exprs++;
    }
    return code;
}

enum fup_code fup_lq_add_use(struct fup_lq_parser *parser,
                             const struct fup_lq_use *use,
                             uint32_t *ret_index)
{
    struct fup_liquid *liquid = parser->liquid;
    void *array = liquid->uses;
    enum fup_code code =
        grow(parser, &array, liquid->n_uses, &liquid->cap_uses, sizeof *use);

    if (code == FUP_OK) {
        liquid->uses = array;
        liquid->uses[liquid->n_uses] = *use;
        *ret_index = liquid->n_uses++;
    }
    return code;
}

enum fup_code fup_lq_add_node(struct fup_lq_parser *parser,
                              const struct fup_lq_node *node,
                              uint32_t *ret_index)
{
    struct fup_liquid *liquid = parser->liquid;
    void *array = liquid->nodes;
    enum fup_code code =
        grow(parser, &array, liquid->n_nodes, &liquid->cap_nodes, sizeof *node);

    if (code == FUP_OK) {
        liquid->nodes = array;
        liquid->nodes[liquid->n_nodes] = *node;
        *ret_index = liquid->n_nodes++;
        liquid->nodes[*ret_index].end = liquid->n_nodes;
    }
    return code;
}

enum fup_code fup_lq_add_name(struct fup_lq_parser *parser,
                              struct fup_lq_span name,
                              uint32_t *ret_index)
{
    struct fup_liquid *liquid = parser->liquid;
    void *array = liquid->names;
    enum fup_code code;

    for (uint32_t i = 0; i < liquid->n_names; i++) {
        if (fup_lq_span_equal(liquid->names[i], name)) {
            *ret_index = i;
            return FUP_OK;
        }
    }
    if (liquid->n_names == NAMES_MAX) {
        return fup_err_set(parser->err, FUP_ELIMIT, "more than %d variables",
                           NAMES_MAX);
    }
    code =
        grow(parser, &array, liquid->n_names, &liquid->cap_names, sizeof name);
    if (code == FUP_OK) {
        liquid->names = array;
        liquid->names[liquid->n_names] = name;
        *ret_index = liquid->n_names++;
    }
    return code;
}

static enum fup_code
add_text(struct fup_lq_parser *parser, struct fup_lq_span text, bool *blank)
{
    struct fup_lq_node node = {.kind = LQ_NODE_TEXT, .text = text};
    uint32_t index;

    *blank = *blank && fup_lq_trim(text).n == 0;
    return text.n > 0 ? fup_lq_add_node(parser, &node, &index) : FUP_OK;
}

enum fup_code fup_lq_parse_output(struct fup_lq_parser *parser,
                                  struct fup_lq_span body,
                                  bool *blank)
{
    struct fup_lq_node node = {.kind = LQ_NODE_OUTPUT};
    uint32_t index;
    enum fup_code code;

    *blank = false;
    fup_lq_lexer_init(&parser->lexer, body);
    if (parser->lexer.now.kind == LQ_TOKEN_END) {
        return FUP_OK;
    }
    code = fup_lq_parse_pipe(parser, &node.expr);
    if (code == FUP_OK) {
        code = fup_lq_parse_end(parser);
    }
    return code == FUP_OK ? fup_lq_add_node(parser, &node, &index) : code;
}

/* Split "name rest"; "#" is a name of its own. */
static struct fup_lq_tag read_tag(const struct fup_lq_piece *piece)
{
    struct fup_lq_span body = fup_lq_trim(piece->body);
    struct fup_lq_tag tag = {.name = {body.p, 0}, .piece = *piece};

    if (body.n > 0 && body.p[0] == '#') {
        tag.name.n = 1;
    }
    while (tag.name.n < body.n &&
           ((body.p[tag.name.n] >= 'a' && body.p[tag.name.n] <= 'z') ||
            body.p[tag.name.n] == '_')) {
        tag.name.n++;
        if (body.p[0] == '#') {
            tag.name.n--;
            break;
        }
    }
    tag.rest.p = body.p + tag.name.n;
    tag.rest.n = body.n - tag.name.n;
    return tag;
}

static bool stops(const struct fup_lq_block *block, struct fup_lq_span name)
{
    if (block == NULL) {
        return false;
    }
    for (size_t i = 0; block->stops[i] != NULL; i++) {
        if (fup_lq_span_is(name, block->stops[i])) {
            return true;
        }
    }
    return false;
}

static enum fup_code not_closed(struct fup_lq_parser *parser,
                                const struct fup_lq_block *block)
{
    if (block == NULL) {
        return FUP_OK;
    }
    return fup_lq_parse_fail(parser, block->start, "\"%s\" is not closed",
                             block->name);
}

static enum fup_code parse_piece(struct fup_lq_parser *parser,
                                 const struct fup_lq_piece *piece,
                                 bool *blank)
{
    struct fup_lq_span text;
    struct fup_lq_tag tag;
    enum fup_code code;

    if (piece->kind == LQ_PIECE_TEXT) {
        return add_text(parser, piece->body, blank);
    }
    if (piece->kind == LQ_PIECE_OUTPUT) {
        return fup_lq_parse_output(parser, piece->body, blank);
    }
    tag = read_tag(piece);
    if (fup_lq_span_is(tag.name, "raw")) {
        code = fup_lq_scan_raw(&parser->scanner, piece, &text, parser->err);
        *blank = *blank && code == FUP_OK && text.n == 0;
        return code == FUP_OK ? add_text(parser, text, blank) : code;
    }
    return fup_lq_parse_tag(parser, &tag, blank);
}

enum fup_code fup_lq_parse_body(struct fup_lq_parser *parser,
                                const struct fup_lq_block *block,
                                struct fup_lq_tag *ret_stop,
                                bool *blank)
{
    struct fup_lq_piece piece;
    enum fup_code code;

    for (;;) {
        code = fup_lq_scan(&parser->scanner, &piece, parser->err);
        if (code != FUP_OK) {
            return code;
        }
        if (piece.kind == LQ_PIECE_END) {
            return not_closed(parser, block);
        }
        if (piece.kind == LQ_PIECE_TAG) {
            *ret_stop = read_tag(&piece);
            if (stops(block, ret_stop->name)) {
                return FUP_OK;
            }
        }
        code = parse_piece(parser, &piece, blank);
        if (code != FUP_OK) {
            return code;
        }
    }
}

/* The spans of the template must point into its own copy of the source. */
static struct fup_liquid *new_liquid(const char *source, size_t len)
{
    struct fup_liquid *liquid = calloc(1, sizeof *liquid);

    if (liquid == NULL) {
        return NULL;
    }
    liquid->source = malloc(len + 1);
    if (liquid->source == NULL) {
        free(liquid);
        return NULL;
    }
    if (len > 0) {
        memcpy(liquid->source, source, len);
    }
    liquid->source[len] = '\0';
    liquid->len = len;
    return liquid;
}

enum fup_code fup_liquid_compile(const char *source,
                                 size_t len,
                                 struct fup_liquid **ret_liquid,
                                 struct fup_err *err)
{
    struct fup_lq_parser parser = {.err = err};
    struct fup_lq_tag stop;
    bool blank = true;
    enum fup_code code;

    if (len > FUP_LIQUID_SOURCE_MAX) {
        return fup_err_set(err, FUP_ELIMIT, "a template has at most %d bytes",
                           FUP_LIQUID_SOURCE_MAX);
    }
    parser.liquid = new_liquid(source, len);
    if (parser.liquid == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    fup_lq_scanner_init(&parser.scanner, parser.liquid->source, len);
    code = fup_lq_parse_body(&parser, NULL, &stop, &blank);
    if (code != FUP_OK) {
        fup_liquid_free(parser.liquid);
        return code;
    }
    *ret_liquid = parser.liquid;
    return FUP_OK;
}

void fup_liquid_free(struct fup_liquid *liquid)
{
    if (liquid != NULL) {
        free(liquid->source);
        free(liquid->nodes);
        free(liquid->exprs);
        free(liquid->uses);
        free(liquid->names);
        free(liquid);
    }
}
