/* The tag "for". */

#include "liquid_tags.h"

static const char *const for_stops[] = {"else", "endfor", NULL};

/* "limit: n", "offset: n" or "offset: continue". */
static enum fup_code parse_bound(struct fup_lq_parser *parser,
                                 struct fup_lq_node *node)
{
    struct fup_lq_lexer *lexer = &parser->lexer;
    bool limit = fup_lq_lexer_is_word(lexer, "limit");

    if (!limit && !fup_lq_lexer_is_word(lexer, "offset")) {
        return fup_lq_parse_fail(
            parser, lexer->now.start,
            "expected \"limit\", \"offset\" or \"reversed\"");
    }
    fup_lq_lexer_next(lexer);
    if (!fup_lq_lexer_take(lexer, ':')) {
        return fup_lq_parse_fail(parser, lexer->now.start, "expected \":\"");
    }
    if (!limit && fup_lq_lexer_take_word(lexer, "continue")) {
        node->resumes = true;
        return FUP_OK;
    }
    return fup_lq_parse_value(parser, limit ? &node->limit : &node->offset);
}

/* Those and "reversed", in any order, with or without commas. */
static enum fup_code parse_for_options(struct fup_lq_parser *parser,
                                       struct fup_lq_node *node)
{
    struct fup_lq_lexer *lexer = &parser->lexer;
    enum fup_code code = FUP_OK;

    while (code == FUP_OK && lexer->now.kind != LQ_TOKEN_END) {
        if (fup_lq_lexer_take(lexer, ',')) {
            continue;
        }
        if (fup_lq_lexer_take_word(lexer, "reversed")) {
            node->reversed = true;
        } else {
            code = parse_bound(parser, node);
        }
    }
    return code;
}

/* Loops with the same variable over the same text share where they stopped. */
static uint32_t find_slot(struct fup_liquid *liquid,
                          const struct fup_lq_node *node)
{
    for (uint32_t i = 0; i < liquid->n_nodes; i++) {
        const struct fup_lq_node *other = &liquid->nodes[i];

        if (other->kind == LQ_NODE_FOR && other->name == node->name &&
            fup_lq_span_equal(other->text, node->text)) {
            return other->slot;
        }
    }
    return liquid->n_slots++;
}

/* "variable in collection", then the options. */
static enum fup_code parse_for_head(struct fup_lq_parser *parser,
                                    struct fup_lq_node *node)
{
    struct fup_lq_lexer *lexer = &parser->lexer;
    enum fup_code code = fup_lq_parse_target(parser, &node->name);

    if (code != FUP_OK) {
        return code;
    }
    if (!fup_lq_lexer_take_word(lexer, "in")) {
        return fup_lq_parse_fail(parser, lexer->now.start, "expected \"in\"");
    }
    node->text.p = lexer->now.start;
    code = fup_lq_parse_value(parser, &node->expr);
    node->text.n = (size_t)(lexer->before - node->text.p);
    return code == FUP_OK ? parse_for_options(parser, node) : code;
}

static enum fup_code parse_for_branches(struct fup_lq_parser *parser,
                                        const struct fup_lq_block *block,
                                        bool *blank)
{
    struct fup_lq_node branch = {.kind = LQ_NODE_BRANCH, .expr = LQ_NONE};
    struct fup_lq_tag stop;
    enum fup_code code;

    do {
        code = fup_lq_tag_branch(parser, &branch, block, &stop, blank);
    } while (code == FUP_OK && fup_lq_span_is(stop.name, "else"));
    return code;
}

enum fup_code fup_lq_tag_for(struct fup_lq_parser *parser,
                             const struct fup_lq_tag *tag,
                             bool *blank)
{
    struct fup_lq_node node = {
        .kind = LQ_NODE_FOR, .limit = LQ_NONE, .offset = LQ_NONE};
    struct fup_lq_block block = {"for", tag->piece.start, for_stops};
    bool inside = true;
    uint32_t index;
    enum fup_code code;

    fup_lq_tag_start(parser, tag);
    code = parse_for_head(parser, &node);
    if (code != FUP_OK) {
        return code;
    }
    node.slot = find_slot(parser->liquid, &node);
    code = fup_lq_add_node(parser, &node, &index);
    if (code == FUP_OK) {
        code = parse_for_branches(parser, &block, &inside);
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
