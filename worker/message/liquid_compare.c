/* Comparisons in conditions. */

#include <math.h>
#include <string.h>

#include "liquid_filter.h"
#include "liquid_render.h"

static bool is_container(const struct fup_lq_value *value)
{
    return value->type == LQ_ARRAY || value->type == LQ_LIST ||
           value->type == LQ_OBJECT;
}

/* Comparing objects may take the product of their sizes. */
enum fup_code fup_lq_same(struct fup_lq_render *render,
                          const struct fup_lq_value *a,
                          const struct fup_lq_value *b,
                          bool *ret)
{
    enum fup_code code = FUP_OK;

    if (is_container(a) && is_container(b)) {
        code =
            fup_lq_render_work(render, fup_lq_weight(a) * fup_lq_weight(b) / 2);
    }
    *ret = code == FUP_OK && fup_lq_equal(a, b);
    return code;
}

static enum fup_code contains_item(struct fup_lq_render *render,
                                   const struct fup_lq_value *list,
                                   const struct fup_lq_value *item,
                                   bool *ret)
{
    const struct fup_lq_array *items;
    enum fup_code code = FUP_OK;
    double number;

    if (list->type == LQ_RANGE) {
        number = item->type == LQ_INT || item->type == LQ_FLOAT
                     ? fup_lq_real(item)
                     : NAN;
        *ret = number >= (double)list->as.range.from &&
               number <= (double)list->as.range.to;
        return FUP_OK;
    }
    items = fup_lq_items(list, &render->arena);
    if (items == NULL) {
        return fup_lq_arena_code(&render->arena);
    }
    *ret = false;
    for (size_t i = 0; code == FUP_OK && !*ret && i < items->n; i++) {
        code = fup_lq_same(render, &items->items[i], item, ret);
    }
    fup_lq_render_spend(render, items->n / 8);
    return code;
}

static enum fup_code contains(struct fup_lq_render *render,
                              const struct fup_lq_value *a,
                              const struct fup_lq_value *b,
                              bool *ret)
{
    struct fup_lq_span part;

    *ret = false;
    if (b->type == LQ_NIL) {
        return FUP_OK;
    }
    if (fup_lq_is_list(a)) {
        return contains_item(render, a, b, ret);
    }
    if (a->type == LQ_STRING) {
        part = fup_lq_text(b, &render->arena);
        fup_lq_render_spend(render, a->as.text.n / 64);
        *ret = fup_lq_find(a->as.text, part, 0) != NULL;
    }
    if (a->type == LQ_OBJECT && b->type == LQ_STRING) {
        *ret = fup_lq_find_member(render, a->as.json, b->as.text) != NULL;
    }
    return fup_lq_arena_check(render);
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
    enum fup_code code;

    if (expr->op == LQ_OP_CONTAINS) {
        return contains(render, a, b, ret);
    }
    if (expr->op == LQ_OP_EQ || expr->op == LQ_OP_NE) {
        code = fup_lq_same(render, a, b, ret);
        *ret = *ret == (expr->op == LQ_OP_EQ);
        return code;
    }
    return compare_order(render, expr, a, b, ret);
}
