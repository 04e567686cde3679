/* Liquid tags: between the reader of bodies and the tags in them. */

#ifndef FUP_MESSAGE_LIQUID_TAGS_H
#define FUP_MESSAGE_LIQUID_TAGS_H

#include "liquid_program.h"

/* "{% name rest %}". */
struct fup_lq_tag {
    struct fup_lq_span name;
    struct fup_lq_span rest;
    struct fup_lq_piece piece;
};

/* A tag that is open, and the tags that end one of its bodies. */
struct fup_lq_block {
    const char *name;
    const char *start;
    const char *const *stops; /* ended by NULL */
};

/* Read nodes up to a tag that stops @block, which *@ret_stop then is; with
 * @block NULL up to the end. *@blank turns false when there is anything to
 * see: a block without is to print no white space either.
 *
 * Errors: FUP_EPARSE, FUP_ELIMIT, FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_lq_parse_body(struct fup_lq_parser *parser,
                                               const struct fup_lq_block *block,
                                               struct fup_lq_tag *ret_stop,
                                               bool *blank);

/* Read one tag, with its body where it has one. Errors likewise. */
FUP_MUST_CHECK enum fup_code fup_lq_parse_tag(struct fup_lq_parser *parser,
                                              const struct fup_lq_tag *tag,
                                              bool *blank);

/* A tag: reads what follows its name, appends its nodes, and for a block the
 * bodies up to its end. Errors likewise. */
typedef enum fup_code fup_lq_tag_fn(struct fup_lq_parser *parser,
                                    const struct fup_lq_tag *tag,
                                    bool *blank);

FUP_MUST_CHECK enum fup_code fup_lq_tag_for(struct fup_lq_parser *parser,
                                            const struct fup_lq_tag *tag,
                                            bool *blank);

/* Put the lexer on what follows the name of @tag. */
void fup_lq_tag_start(struct fup_lq_parser *parser,
                      const struct fup_lq_tag *tag);

/* Append the node @branch, its body, and end it where the body ends. Errors
 * likewise. */
FUP_MUST_CHECK enum fup_code fup_lq_tag_branch(struct fup_lq_parser *parser,
                                               const struct fup_lq_node *branch,
                                               const struct fup_lq_block *block,
                                               struct fup_lq_tag *ret_stop,
                                               bool *blank);

/* End node @index here. */
void fup_lq_tag_close(struct fup_lq_parser *parser, uint32_t index);

/* Empty the texts right inside the branches of @index: the block shows
 * nothing, so neither does the white space that lays it out. */
void fup_lq_tag_drop_space(struct fup_lq_parser *parser, uint32_t index);

/* Read the inside of an output. Errors likewise. */
FUP_MUST_CHECK enum fup_code fup_lq_parse_output(struct fup_lq_parser *parser,
                                                 struct fup_lq_span body,
                                                 bool *blank);

#endif
