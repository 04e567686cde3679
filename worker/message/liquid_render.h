/* Liquid at work: the state of one render. */

#ifndef FUP_MESSAGE_LIQUID_RENDER_H
#define FUP_MESSAGE_LIQUID_RENDER_H

#include "liquid_program.h"
#include "message/liquid.h"

/* The variables of the loop that runs; the innermost comes first. */
struct fup_lq_frame {
    uint32_t name;
    struct fup_lq_value item;
    struct fup_lq_loop loop;
    const struct fup_lq_frame *parent;
};

struct fup_lq_render {
    const struct fup_liquid *liquid;
    const struct cJSON *data;
    enum fup_liquid_mode mode;
    struct fup_liquid_reader reader;
    struct fup_err *err;
    struct fup_lq_arena arena;
    struct fup_lq_value *locals; /* by name; UNSET until assigned */
    int64_t *resumes;            /* by slot of a loop */
    const struct fup_lq_frame *frame;
    unsigned loops_left;
    size_t work_left;
    enum fup_lq_node_kind leaving; /* BREAK or CONTINUE on the way out */
};

/* The value of expression @index.
 *
 * Errors: FUP_EINVAL  it cannot be had: a filter, a comparison.
 *         FUP_ENOMEM, FUP_ELIMIT */
FUP_MUST_CHECK enum fup_code fup_lq_eval(struct fup_lq_render *render,
                                         uint32_t index,
                                         struct fup_lq_value *ret);

/* The same as a condition. Errors likewise. */
FUP_MUST_CHECK enum fup_code
fup_lq_eval_condition(struct fup_lq_render *render, uint32_t index, bool *ret);

/* A variable by name: the loops around, what was assigned, the data. @id is
 * its number, or NONE for a name that the template made up as it ran. */
struct fup_lq_value fup_lq_look_up(struct fup_lq_render *render,
                                   struct fup_lq_span name,
                                   uint32_t id);

/* What @key leads to from @of; nil when nowhere. After a dot (@dotted) that may
 * be size, first or last as well. */
struct fup_lq_value fup_lq_member_of(struct fup_lq_render *render,
                                     const struct fup_lq_value *of,
                                     const struct fup_lq_value *key,
                                     bool dotted);

/* Whether the comparison @expr holds between @a and @b. Errors as for eval. */
FUP_MUST_CHECK enum fup_code fup_lq_compare(struct fup_lq_render *render,
                                            const struct fup_lq_expr *expr,
                                            const struct fup_lq_value *a,
                                            const struct fup_lq_value *b,
                                            bool *ret);

/* Fail with @code, naming line and column of @at.
 * Errors: @code always. */
FUP_MUST_CHECK enum fup_code fup_lq_render_fail(struct fup_lq_render *render,
                                                enum fup_code code,
                                                const char *at,
                                                const char *fmt,
                                                ...) FUP_PRINTF(4, 5);

/* Take @n units (nodes, comparisons) from what one render may do.
 * Errors: FUP_ELIMIT. */
FUP_MUST_CHECK enum fup_code fup_lq_render_work(struct fup_lq_render *render,
                                                size_t n);

/* The same for work that is done already: what is over comes out at the next
 * node. Steps through a list weigh an eighth, bytes looked through a 64th. */
void fup_lq_render_spend(struct fup_lq_render *render, size_t n);

/* The member @key of an object in the data (NULL has none), or NULL. */
const struct cJSON *fup_lq_find_member(struct fup_lq_render *render,
                                       const struct cJSON *object,
                                       struct fup_lq_span key);

/* Whether @a and @b are equal; for large lists and objects this is work.
 * Errors: FUP_ELIMIT. */
FUP_MUST_CHECK enum fup_code fup_lq_same(struct fup_lq_render *render,
                                         const struct fup_lq_value *a,
                                         const struct fup_lq_value *b,
                                         bool *ret);

/* FUP_OK, or why the arena could not give memory. */
FUP_MUST_CHECK enum fup_code fup_lq_arena_check(struct fup_lq_render *render);

#endif
