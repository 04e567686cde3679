/* The tags, a row and a function each. A function reads what follows the name,
 * appends its nodes, and for a block the bodies up to its end tag. */

#include "liquid_tags.h"

static const char *const if_stops[] = {"elsif", "else", "endif", NULL};
static const char *const unless_stops[] = {"elsif", "else", "endunless", NULL};
static const char *const case_stops[] = {"when", "else", "endcase", NULL};
static const char *const capture_stops[] = {"endcapture", NULL};

void fup_lq_tag_start(struct fup_lq_parser *parser,
                      const struct fup_lq_tag *tag)
{
    fup_lq_lexer_init(&parser->lexer, tag->rest);
}

void fup_lq_tag_close(struct fup_lq_parser *parser, uint32_t index)
{
    parser->liquid->nodes[index].end = parser->liquid->n_nodes;
}

void fup_lq_tag_drop_space(struct fup_lq_parser *parser, uint32_t index)
{
    struct fup_lq_node *nodes = parser->liquid->nodes;
    uint32_t branch = index + 1;

    while (branch < nodes[index].end) {
        uint32_t i = branch + 1;

        while (i < nodes[branch].end) {
            if (nodes[i].kind == LQ_NODE_TEXT) {
                nodes[i].text.n = 0;
            }
            i = nodes[i].end;
        }
        branch = nodes[branch].end;
    }
}

/* Open one block deeper.
 * Errors: FUP_ELIMIT. */
static enum fup_code enter(struct fup_lq_parser *parser)
{
    if (parser->depth == LQ_DEPTH_MAX) {
        return fup_err_set(parser->err, FUP_ELIMIT,
                           "more than %d blocks inside one another",
                           LQ_DEPTH_MAX);
    }
    parser->depth++;
    return FUP_OK;
}

enum fup_code fup_lq_tag_branch(struct fup_lq_parser *parser,
                                const struct fup_lq_node *branch,
                                const struct fup_lq_block *block,
                                struct fup_lq_tag *ret_stop,
                                bool *blank)
{
    uint32_t index;
    enum fup_code code = fup_lq_add_node(parser, branch, &index);

    if (code == FUP_OK) {
        code = fup_lq_parse_body(parser, block, ret_stop, blank);
    }
    if (code == FUP_OK) {
        fup_lq_tag_close(parser, index);
    }
    return code;
}

/* The condition of if, unless and elsif. */
static enum fup_code parse_test(struct fup_lq_parser *parser,
                                const struct fup_lq_tag *tag,
                                struct fup_lq_node *branch)
{
    enum fup_code code;

    fup_lq_tag_start(parser, tag);
    code = fup_lq_parse_condition(parser, &branch->expr);
    return code == FUP_OK ? fup_lq_parse_end(parser) : code;
}

/* All branches of if or unless; @branch is the first. */
static enum fup_code parse_if_branches(struct fup_lq_parser *parser,
                                       const struct fup_lq_block *block,
                                       struct fup_lq_node branch,
                                       bool *blank)
{
    struct fup_lq_tag stop;
    enum fup_code code;

    for (;;) {
        code = fup_lq_tag_branch(parser, &branch, block, &stop, blank);
        if (code != FUP_OK) {
            return code;
        }
        branch = (struct fup_lq_node){.kind = LQ_NODE_BRANCH, .expr = LQ_NONE};
        if (fup_lq_span_is(stop.name, "elsif")) {
            code = parse_test(parser, &stop, &branch);
        } else if (!fup_lq_span_is(stop.name, "else")) {
            return FUP_OK;
        }
        if (code != FUP_OK) {
            return code;
        }
    }
}

static enum fup_code
tag_if(struct fup_lq_parser *parser, const struct fup_lq_tag *tag, bool *blank)
{
    struct fup_lq_node node = {.kind = LQ_NODE_IF};
    struct fup_lq_node branch = {.kind = LQ_NODE_BRANCH};
    struct fup_lq_block block = {"if", tag->piece.start, if_stops};
    bool inside = true;
    uint32_t index;
    enum fup_code code = fup_lq_add_node(parser, &node, &index);

    if (fup_lq_span_is(tag->name, "unless")) {
        block.name = "unless";
        block.stops = unless_stops;
        branch.negated = true;
    }
    if (code == FUP_OK) {
        code = parse_test(parser, tag, &branch);
    }
    if (code == FUP_OK) {
        code = parse_if_branches(parser, &block, branch, &inside);
    }
    if (code != FUP_OK) {
        return code;
    }
    fup_lq_tag_close(parser, index);
    if (inside) {
        fup_lq_tag_drop_space(parser, index);
    }
    *blank = *blank && inside;
    return FUP_OK;
}

/* "a, b or c". The standard stops at a word that it does not expect and takes
 * what it has. */
static enum fup_code parse_when(struct fup_lq_parser *parser,
                                const struct fup_lq_tag *tag,
                                uint32_t *ret_first)
{
    uint32_t last = LQ_NONE;
    uint32_t index;
    enum fup_code code;

    fup_lq_tag_start(parser, tag);
    do {
        code = fup_lq_parse_value(parser, &index);
        if (code != FUP_OK) {
            return code;
        }
        if (last == LQ_NONE) {
            *ret_first = index;
        } else {
            parser->liquid->exprs[last].next = index;
        }
        last = index;
    } while (fup_lq_lexer_take(&parser->lexer, ',') ||
             fup_lq_lexer_take_word(&parser->lexer, "or"));
    return FUP_OK;
}

static enum fup_code parse_case_branches(struct fup_lq_parser *parser,
                                         const struct fup_lq_block *block,
                                         struct fup_lq_tag stop,
                                         bool *blank)
{
    struct fup_lq_node branch = {.kind = LQ_NODE_BRANCH};
    enum fup_code code = FUP_OK;

    while (!fup_lq_span_is(stop.name, "endcase")) {
        branch.expr = LQ_NONE;
        if (fup_lq_span_is(stop.name, "when")) {
            code = parse_when(parser, &stop, &branch.expr);
        }
        if (code == FUP_OK) {
            code = fup_lq_tag_branch(parser, &branch, block, &stop, blank);
        }
        if (code != FUP_OK) {
            return code;
        }
    }
    return FUP_OK;
}

static enum fup_code tag_case(struct fup_lq_parser *parser,
                              const struct fup_lq_tag *tag,
                              bool *blank)
{
    struct fup_lq_node node = {.kind = LQ_NODE_CASE};
    struct fup_lq_block block = {"case", tag->piece.start, case_stops};
    struct fup_lq_tag stop;
    bool inside = true;
    uint32_t index;
    enum fup_code code;

    fup_lq_tag_start(parser, tag);
    code = fup_lq_parse_value(parser, &node.expr);
    if (code == FUP_OK) {
        code = fup_lq_parse_end(parser);
    }
    if (code == FUP_OK) {
        code = fup_lq_add_node(parser, &node, &index);
    }
    if (code == FUP_OK) {
        code = fup_lq_parse_body(parser, &block, &stop, &inside);
    }
    if (code != FUP_OK) {
        return code;
    }
    /* What stands before the first branch belongs to none. */
    parser->liquid->n_nodes = index + 1;
    inside = true;
    code = parse_case_branches(parser, &block, stop, &inside);
    if (code != FUP_OK) {
        return code;
    }
    fup_lq_tag_close(parser, index);
    if (inside) {
        fup_lq_tag_drop_space(parser, index);
    }
    *blank = *blank && inside;
    return FUP_OK;
}

static enum fup_code tag_capture(struct fup_lq_parser *parser,
                                 const struct fup_lq_tag *tag,
                                 bool *blank)
{
    struct fup_lq_node node = {.kind = LQ_NODE_CAPTURE};
    struct fup_lq_block block = {"capture", tag->piece.start, capture_stops};
    struct fup_lq_tag stop;
    bool inside = true;
    enum fup_code code;

    (void)blank; /* a capture shows nothing */
    fup_lq_tag_start(parser, tag);
    code = fup_lq_parse_target(parser, &node.name);
    if (code == FUP_OK) {
        code = fup_lq_parse_end(parser);
    }
    return code == FUP_OK
               ? fup_lq_tag_branch(parser, &node, &block, &stop, &inside)
               : code;
}

static enum fup_code tag_assign(struct fup_lq_parser *parser,
                                const struct fup_lq_tag *tag,
                                bool *blank)
{
    struct fup_lq_node node = {.kind = LQ_NODE_ASSIGN};
    uint32_t index;
    enum fup_code code;

    (void)blank; /* nor does an assignment */
    fup_lq_tag_start(parser, tag);
    code = fup_lq_parse_target(parser, &node.name);
    if (code == FUP_OK && !fup_lq_lexer_take(&parser->lexer, '=')) {
        code = fup_lq_parse_fail(parser, parser->lexer.now.start,
                                 "expected \"=\"");
    }
    if (code == FUP_OK) {
        code = fup_lq_parse_pipe(parser, &node.expr);
    }
    if (code == FUP_OK) {
        code = fup_lq_parse_end(parser);
    }
    return code == FUP_OK ? fup_lq_add_node(parser, &node, &index) : code;
}

static enum fup_code tag_echo(struct fup_lq_parser *parser,
                              const struct fup_lq_tag *tag,
                              bool *blank)
{
    return fup_lq_parse_output(parser, tag->rest, blank);
}

static enum fup_code tag_leave(struct fup_lq_parser *parser,
                               const struct fup_lq_tag *tag,
                               bool *blank)
{
    struct fup_lq_node node = {.kind = fup_lq_span_is(tag->name, "break")
                                           ? LQ_NODE_BREAK
                                           : LQ_NODE_CONTINUE};
    uint32_t index;
    enum fup_code code;

    *blank = false;
    fup_lq_tag_start(parser, tag);
    code = fup_lq_parse_end(parser);
    return code == FUP_OK ? fup_lq_add_node(parser, &node, &index) : code;
}

/* Comments nest, and a raw block in one may hold an end of comment. */
static enum fup_code tag_comment(struct fup_lq_parser *parser,
                                 const struct fup_lq_tag *tag,
                                 bool *blank)
{
    struct fup_lq_piece piece;
    struct fup_lq_span word;
    unsigned depth = 1;
    enum fup_code code;

    (void)blank;
    while (depth > 0) {
        code = fup_lq_scan(&parser->scanner, &piece, parser->err);
        if (code != FUP_OK) {
            return code;
        }
        if (piece.kind == LQ_PIECE_END) {
            return fup_lq_parse_fail(parser, tag->piece.start,
                                     "\"comment\" is not closed");
        }
        word = fup_lq_trim(piece.body);
        if (piece.kind != LQ_PIECE_TAG) {
            continue;
        }
        if (fup_lq_span_is(word, "raw")) {
            code =
                fup_lq_scan_raw(&parser->scanner, &piece, &word, parser->err);
            if (code != FUP_OK) {
                return code;
            }
        }
        depth += fup_lq_span_is(word, "comment");
        depth -= fup_lq_span_is(word, "endcomment");
    }
    return FUP_OK;
}

/* "# text"; every line that is not empty starts with "#". */
static enum fup_code tag_remark(struct fup_lq_parser *parser,
                                const struct fup_lq_tag *tag,
                                bool *blank)
{
    const char *end = tag->rest.p + tag->rest.n;
    bool fresh = false;

    (void)blank;
    for (const char *p = tag->rest.p; p < end; p++) {
        if (*p == '\n') {
            fresh = true;
        } else if (fresh && *p == '#') {
            fresh = false;
        } else if (fresh && !fup_lq_is_space(*p)) {
            return fup_lq_parse_fail(
                parser, p, "every line of this comment starts with \"#\"");
        }
    }
    return FUP_OK;
}

static const struct {
    const char *name;
    fup_lq_tag_fn *parse;
    bool block;
} tags[] = {
    {"if", tag_if, true},           {"unless", tag_if, true},
    {"case", tag_case, true},       {"for", fup_lq_tag_for, true},
    {"capture", tag_capture, true}, {"assign", tag_assign, false},
    {"echo", tag_echo, false},      {"break", tag_leave, false},
    {"continue", tag_leave, false}, {"comment", tag_comment, false},
    {"#", tag_remark, false},
};

enum fup_code fup_lq_parse_tag(struct fup_lq_parser *parser,
                               const struct fup_lq_tag *tag,
                               bool *blank)
{
    enum fup_code code = FUP_OK;
    size_t i = 0;

    while (i < sizeof tags / sizeof tags[0] &&
           !fup_lq_span_is(tag->name, tags[i].name)) {
        i++;
    }
    if (i == sizeof tags / sizeof tags[0]) {
        return fup_lq_parse_fail(
            parser, tag->piece.start, "unexpected tag \"%.*s\"",
            tag->name.n < 40 ? (int)tag->name.n : 40, tag->name.p);
    }
    if (tags[i].block) {
        code = enter(parser);
    }
    if (code == FUP_OK) {
        code = tags[i].parse(parser, tag, blank);
    }
    if (tags[i].block) {
        parser->depth--;
    }
    return code;
}
