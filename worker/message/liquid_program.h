/* A compiled template: flat arrays that point at one another by index, over
 * one copy of the source. */

#ifndef FUP_MESSAGE_LIQUID_PROGRAM_H
#define FUP_MESSAGE_LIQUID_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liquid_lex.h"
#include "liquid_value.h"

#define LQ_NONE      UINT32_MAX
#define LQ_DEPTH_MAX 64    /* blocks in blocks */
#define LQ_EXPR_MAX  16    /* brackets in brackets */
#define LQ_LOOPS_MAX 10000 /* rounds of all loops of one render */
#define LQ_MEMORY_MAX                                                          \
    (size_t)(2 * 1024 * 1024) /* working memory of a render                    \
                               */
#define LQ_WORK_MAX 1000000   /* nodes and comparisons of one render */
#define LQ_ARGS_MAX 2

enum fup_lq_expr_kind {
    LQ_EXPR_CONST,
    LQ_EXPR_KEY,     /* a text after a dot: may also be size, first, last */
    LQ_EXPR_VAR,     /* name, or second: [expr]; first: the path */
    LQ_EXPR_RANGE,   /* first .. second */
    LQ_EXPR_PIPE,    /* first: the value, second: the filters */
    LQ_EXPR_COMPARE, /* first op second */
    LQ_EXPR_AND,
    LQ_EXPR_OR,
};

enum fup_lq_op {
    LQ_OP_EQ,
    LQ_OP_NE,
    LQ_OP_LT,
    LQ_OP_GT,
    LQ_OP_LE,
    LQ_OP_GE,
    LQ_OP_CONTAINS,
};

struct fup_lq_expr {
    enum fup_lq_expr_kind kind;
    enum fup_lq_op op;
    uint32_t name;
    uint32_t first;
    uint32_t second;
    uint32_t next; /* in a path or in the arguments of a filter */
    struct fup_lq_span text;
    struct fup_lq_value value;
};

struct fup_lq_filter;

/* One use of a filter. */
struct fup_lq_use {
    const struct fup_lq_filter *filter;
    uint32_t args;
    uint32_t allow_false; /* expression, or NONE */
    uint32_t next;
    struct fup_lq_span text;
};

enum fup_lq_node_kind {
    LQ_NODE_TEXT,
    LQ_NODE_OUTPUT,
    LQ_NODE_ASSIGN,
    LQ_NODE_CAPTURE,
    LQ_NODE_IF,   /* its branches, of which one is taken */
    LQ_NODE_CASE, /* its branches */
    LQ_NODE_FOR,  /* a branch for the items, perhaps one for none */
    LQ_NODE_BRANCH,
    LQ_NODE_BREAK,
    LQ_NODE_CONTINUE,
};

/* Nodes stand in the order of the source; what a block holds follows it, up to
 * @end. A leaf ends one further. */
struct fup_lq_node {
    enum fup_lq_node_kind kind;
    uint32_t end;
    uint32_t expr;   /* NONE for an else branch */
    uint32_t name;   /* assigned, captured, or the loop's variable */
    uint32_t limit;  /* expressions of a loop */
    uint32_t offset; /* likewise */
    uint32_t slot;   /* of a loop: where the next "offset: continue" starts */
    bool negated;    /* a branch of unless */
    bool reversed;
    bool resumes; /* offset: continue */
    struct fup_lq_span text;
};

struct fup_liquid {
    char *source;
    size_t len;
    struct fup_lq_node *nodes;
    struct fup_lq_expr *exprs;
    struct fup_lq_use *uses;
    struct fup_lq_span *names; /* of variables, each once */
    uint32_t n_nodes;
    uint32_t n_exprs;
    uint32_t n_uses;
    uint32_t n_names;
    uint32_t n_slots;
    uint32_t cap_nodes;
    uint32_t cap_exprs;
    uint32_t cap_uses;
    uint32_t cap_names;
};

/* Reading: the template under construction and what is open. */
struct fup_lq_parser {
    struct fup_liquid *liquid;
    struct fup_lq_scanner scanner;
    struct fup_lq_lexer lexer;
    struct fup_err *err;
    unsigned depth;      /* open blocks */
    unsigned expr_depth; /* open brackets */
};

/* Fail with what was expected at @at.
 * Errors: FUP_EPARSE always. */
FUP_MUST_CHECK enum fup_code fup_lq_parse_fail(struct fup_lq_parser *parser,
                                               const char *at,
                                               const char *fmt,
                                               ...) FUP_PRINTF(3, 4);

/* Each appends one element and gives its index.
 * Errors: FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_lq_add_expr(struct fup_lq_parser *parser,
                                             const struct fup_lq_expr *expr,
                                             uint32_t *ret_index);
FUP_MUST_CHECK enum fup_code fup_lq_add_use(struct fup_lq_parser *parser,
                                            const struct fup_lq_use *use,
                                            uint32_t *ret_index);
FUP_MUST_CHECK enum fup_code fup_lq_add_node(struct fup_lq_parser *parser,
                                             const struct fup_lq_node *node,
                                             uint32_t *ret_index);
FUP_MUST_CHECK enum fup_code fup_lq_add_name(struct fup_lq_parser *parser,
                                             struct fup_lq_span name,
                                             uint32_t *ret_index);

/* Read from parser->lexer: one value without filters; one with; a condition.
 * Errors: FUP_EPARSE, FUP_ELIMIT, FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_lq_parse_value(struct fup_lq_parser *parser,
                                                uint32_t *ret_expr);
FUP_MUST_CHECK enum fup_code fup_lq_parse_pipe(struct fup_lq_parser *parser,
                                               uint32_t *ret_expr);
FUP_MUST_CHECK enum fup_code
fup_lq_parse_condition(struct fup_lq_parser *parser, uint32_t *ret_expr);

/* A tag's name to assign to.
 * Errors: FUP_EPARSE, FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_lq_parse_target(struct fup_lq_parser *parser,
                                                 uint32_t *ret_name);

/* Nothing may follow.
 * Errors: FUP_EPARSE. */
FUP_MUST_CHECK enum fup_code fup_lq_parse_end(struct fup_lq_parser *parser);

#endif
