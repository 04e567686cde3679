/* Filters that sort: merging, stable, the comparison may fail. */

#include "liquid_filter.h"

/* An item and what it is sorted by. */
struct keyed {
    struct fup_lq_value item;
    struct fup_lq_value key;
};

/* How far sorting is: runs of @width are in order. */
struct run {
    struct keyed *items;
    struct keyed *spare;
    size_t n;
    size_t width;
};

/* Errors: FUP_EINVAL  the two cannot be compared. */
typedef enum fup_code order_fn(struct fup_lq_call *call,
                               const struct fup_lq_value *a,
                               const struct fup_lq_value *b,
                               int *ret);

static bool is_number(const struct fup_lq_value *value)
{
    return value->type == LQ_INT || value->type == LQ_FLOAT;
}

/* Byte by byte; ASCII letters alike when @fold. */
static int order_texts(struct fup_lq_span a, struct fup_lq_span b, bool fold)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int x = (unsigned char)a.p[i];
        int y = (unsigned char)b.p[i];

        x += fold && x >= 'A' && x <= 'Z' ? 'a' - 'A' : 0;
        y += fold && y >= 'A' && y <= 'Z' ? 'a' - 'A' : 0;
        if (x != y) {
            return x - y;
        }
    }
    return (a.n > b.n) - (a.n < b.n);
}

/* Nil comes last. Returns whether that decides. */
static bool
order_nil(const struct fup_lq_value *a, const struct fup_lq_value *b, int *ret)
{
    *ret = (a->type == LQ_NIL) - (b->type == LQ_NIL);
    return a->type == LQ_NIL || b->type == LQ_NIL;
}

static enum fup_code order_plain(struct fup_lq_call *call,
                                 const struct fup_lq_value *a,
                                 const struct fup_lq_value *b,
                                 int *ret)
{
    double x;
    double y;

    if (order_nil(a, b, ret)) {
        return FUP_OK;
    }
    if (is_number(a) && is_number(b)) {
        x = fup_lq_real(a);
        y = fup_lq_real(b);
        *ret = (x > y) - (x < y);
        return FUP_OK;
    }
    if (a->type == LQ_STRING && b->type == LQ_STRING) {
        *ret = order_texts(a->as.text, b->as.text, false);
        return FUP_OK;
    }
    return fup_lq_call_fail(call, "cannot order %s and %s", fup_lq_type_name(a),
                            fup_lq_type_name(b));
}

static enum fup_code order_natural(struct fup_lq_call *call,
                                   const struct fup_lq_value *a,
                                   const struct fup_lq_value *b,
                                   int *ret)
{
    if (!order_nil(a, b, ret)) {
        *ret = order_texts(fup_lq_text(a, call->arena),
                           fup_lq_text(b, call->arena), true);
    }
    return FUP_OK;
}

/* Merge the sorted @items[from, mid) and [mid, to) through @spare. */
static enum fup_code merge(struct fup_lq_call *call,
                           order_fn *order,
                           const struct keyed *items,
                           struct keyed *spare,
                           const size_t bounds[3])
{
    size_t a = bounds[0];
    size_t b = bounds[1];
    int before = 0;
    enum fup_code code = FUP_OK;

    for (size_t i = bounds[0]; code == FUP_OK && i < bounds[2]; i++) {
        if (a < bounds[1] && b < bounds[2]) {
            code = order(call, &items[a].key, &items[b].key, &before);
        } else {
            before = a < bounds[1] ? 0 : 1;
        }
        spare[i] = before <= 0 ? items[a++] : items[b++];
    }
    return code;
}

/* Merge the runs of @width, each sorted, into runs of twice that. */
static enum fup_code
merge_runs(struct fup_lq_call *call, order_fn *order, const struct run *run)
{
    enum fup_code code = fup_lq_call_work(call, run->n);

    for (size_t from = 0; code == FUP_OK && from < run->n;
         from += 2 * run->width) {
        size_t mid = from + run->width < run->n ? from + run->width : run->n;
        size_t to = mid + run->width < run->n ? mid + run->width : run->n;

        code = merge(call, order, run->items, run->spare,
                     (const size_t[]){from, mid, to});
    }
    return code;
}

/* Sort @n of @items, by way of @spare; the result is in @items. */
static enum fup_code sort_keyed(struct fup_lq_call *call,
                                order_fn *order,
                                struct keyed *items,
                                struct keyed *spare,
                                size_t n)
{
    struct run run = {items, spare, n, 1};
    enum fup_code code = FUP_OK;

    for (; code == FUP_OK && run.width < n; run.width *= 2) {
        code = merge_runs(call, order, &run);
        for (size_t i = 0; code == FUP_OK && i < n; i++) {
            items[i] = spare[i];
        }
    }
    return code;
}

static enum fup_code
sort(struct fup_lq_call *call, order_fn *order, struct fup_lq_value *ret)
{
    const struct fup_lq_array *items;
    struct fup_lq_array *sorted;
    struct keyed *keyed;
    enum fup_code code = fup_lq_call_list(call, &items);

    if (code != FUP_OK) {
        return code;
    }
    sorted = fup_lq_array_new(call->arena, items->n);
    keyed = fup_lq_arena_take(call->arena, 2 * items->n * sizeof *keyed);
    if (sorted == NULL || keyed == NULL) {
        return fup_lq_arena_code(call->arena);
    }
    for (size_t i = 0; code == FUP_OK && i < items->n; i++) {
        keyed[i].item = items->items[i];
        code = fup_lq_call_member(call, &items->items[i], &keyed[i].key);
    }
    if (code == FUP_OK) {
        code = sort_keyed(call, order, keyed, keyed + items->n, items->n);
    }
    for (size_t i = 0; code == FUP_OK && i < items->n; i++) {
        sorted->items[i] = keyed[i].item;
    }
    *ret = fup_lq_list_of(sorted);
    return code;
}

static enum fup_code apply_sort(struct fup_lq_call *call,
                                struct fup_lq_value *ret)
{
    return sort(call, order_plain, ret);
}

static enum fup_code apply_sort_natural(struct fup_lq_call *call,
                                        struct fup_lq_value *ret)
{
    return sort(call, order_natural, ret);
}

const struct fup_lq_filter fup_lq_filters_order[] = {
    {"sort", apply_sort, 0, 1},
    {"sort_natural", apply_sort_natural, 0, 1},
    {NULL, NULL, 0, 0},
};
