/* Comparisons in conditions. */

#include <math.h>
#include <string.h>

#include "liquid_filter.h"
#include "liquid_render.h"

static bool contains_item(struct fup_lq_render *render,
                          const struct fup_lq_value *list,
                          const struct fup_lq_value *item)
{
    const struct fup_lq_array *items;
    double number;

    if (list->type == LQ_RANGE) {
        number = item->type == LQ_INT || item->type == LQ_FLOAT
                     ? fup_lq_real(item)
                     : NAN;
        return number >= (double)list->as.range.from &&
               number <= (double)list->as.range.to;
    }
    items = fup_lq_items(list, &render->arena);
    for (size_t i = 0; items != NULL && i < items->n; i++) {
        if (fup_lq_equal(&items->items[i], item)) {
            return true;
        }
    }
    return false;
}

static bool contains(struct fup_lq_render *render,
                     const struct fup_lq_value *a,
                     const struct fup_lq_value *b)
{
    if (b->type == LQ_NIL) {
        return false;
    }
    if (a->type == LQ_STRING) {
        return fup_lq_find(a->as.text, fup_lq_text(b, &render->arena), 0) !=
               NULL;
    }
    if (a->type == LQ_OBJECT) {
        return b->type == LQ_STRING &&
               fup_lq_member(a->as.json, b->as.text) != NULL;
    }
    return fup_lq_is_list(a) && contains_item(render, a, b);
}

static int compare_texts(struct fup_lq_span a, struct fup_lq_span b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static bool ordered(enum fup_lq_op op, int order)
{
    return op == LQ_OP_LT   ? order < 0
           : op == LQ_OP_GT ? order > 0
           : op == LQ_OP_LE ? order <= 0
                            : order >= 0;
}

/* Numbers with numbers, texts with texts. The standard makes one with the
 * other an error, and everything else false. */
static enum fup_code compare_order(struct fup_lq_render *render,
                                   const struct fup_lq_expr *expr,
                                   const struct fup_lq_value *a,
                                   const struct fup_lq_value *b,
                                   bool *ret)
{
    bool number_a = a->type == LQ_INT || a->type == LQ_FLOAT;
    bool number_b = b->type == LQ_INT || b->type == LQ_FLOAT;
    double x;
    double y;

    *ret = false;
    if (number_a && number_b) {
        x = fup_lq_real(a);
        y = fup_lq_real(b);
        *ret = ordered(expr->op, (x > y) - (x < y));
        return FUP_OK;
    }
    if (a->type == LQ_STRING && b->type == LQ_STRING) {
        *ret = ordered(expr->op, compare_texts(a->as.text, b->as.text));
        return FUP_OK;
    }
    if ((number_a && b->type == LQ_STRING) ||
        (a->type == LQ_STRING && number_b)) {
        return fup_lq_render_fail(render, FUP_EINVAL, expr->text.p,
                                  "%s and %s cannot be compared",
                                  fup_lq_type_name(a), fup_lq_type_name(b));
    }
    return FUP_OK;
}

enum fup_code fup_lq_compare(struct fup_lq_render *render,
                             const struct fup_lq_expr *expr,
                             const struct fup_lq_value *a,
                             const struct fup_lq_value *b,
                             bool *ret)
{
    if (expr->op == LQ_OP_CONTAINS) {
        *ret = contains(render, a, b);
        return fup_lq_arena_check(render);
    }
    if (expr->op == LQ_OP_EQ || expr->op == LQ_OP_NE) {
        *ret = fup_lq_equal(a, b) == (expr->op == LQ_OP_EQ);
        return FUP_OK;
    }
    return compare_order(render, expr, a, b, ret);
}
