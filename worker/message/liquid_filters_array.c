/* Filters on lists. */

#include "liquid_filter.h"
#include "liquid_render.h"

#include <cjson/cJSON.h>

/* Lay the items of @value flat into @items (NULL: only count), from @n on.
 * Returns the new count. Lists nest no deeper than JSON may. */
static size_t
flatten(const struct fup_lq_value *value, struct fup_lq_value *items, size_t n)
{
    struct fup_lq_value item;

    if (value->type == LQ_ARRAY) {
        for (size_t i = 0; i < value->as.array->n; i++) {
            n = flatten(&value->as.array->items[i], items, n);
        }
        return n;
    }
    if (value->type == LQ_LIST) {
        for (const struct cJSON *p = value->as.json->child; p != NULL;
             p = p->next) {
            item = fup_lq_from_json(p);
            n = flatten(&item, items, n);
        }
        return n;
    }
    if (items != NULL) {
        items[n] = *value;
    }
    return n + 1;
}

enum fup_code fup_lq_call_list(struct fup_lq_call *call,
                               const struct fup_lq_array **ret_items)
{
    const struct fup_lq_value *in = &call->in;
    struct fup_lq_array *flat;
    enum fup_code code;
    size_t n;

    if (in->type == LQ_RANGE || in->type == LQ_NIL) {
        *ret_items = fup_lq_items(in, call->arena);
        return *ret_items != NULL ? FUP_OK : fup_lq_arena_code(call->arena);
    }
    n = flatten(in, NULL, 0);
    code = fup_lq_call_work(call, n);
    if (code != FUP_OK) {
        return code;
    }
    flat = fup_lq_array_new(call->arena, n);
    if (flat == NULL) {
        return fup_lq_arena_code(call->arena);
    }
    (void)flatten(in, flat->items, 0);
    *ret_items = flat;
    return FUP_OK;
}

enum fup_code fup_lq_call_member(struct fup_lq_call *call,
                                 const struct fup_lq_value *item,
                                 struct fup_lq_value *ret)
{
    if (call->n_args == 0 || call->args[0].type == LQ_NIL) {
        *ret = *item;
        return FUP_OK;
    }
    if (item->type != LQ_OBJECT) {
        return fup_lq_call_fail(call, "looks for a member, but finds %s",
                                fup_lq_type_name(item));
    }
    *ret = fup_lq_from_json(fup_lq_find_member(call->render, item->as.json,
                                               fup_lq_call_text(call, 0)));
    return FUP_OK;
}

static enum fup_code apply_join(struct fup_lq_call *call,
                                struct fup_lq_value *ret)
{
    struct fup_lq_value space = fup_lq_string(fup_lq_span_of(" "));
    struct fup_lq_value by = fup_lq_call_arg(call, 0, space);
    struct fup_lq_span between = fup_lq_text(&by, call->arena);
    struct fup_lq_out out = {.arena = call->arena};
    const struct fup_lq_array *items;
    enum fup_code code = fup_lq_call_list(call, &items);

    if (code != FUP_OK) {
        return code;
    }
    for (size_t i = 0; i < items->n; i++) {
        if (items->items[i].type == LQ_OBJECT &&
            call->render->mode == FUP_LIQUID_STRICT) {
            return fup_lq_call_fail(call, "finds an object, not a text");
        }
        if (i > 0) {
            fup_lq_out_span(&out, between);
        }
        fup_lq_out_span(&out, fup_lq_text(&items->items[i], call->arena));
    }
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

static enum fup_code
pick(struct fup_lq_call *call, bool last, struct fup_lq_value *ret)
{
    const struct fup_lq_array *items;
    bool some =
        fup_lq_is_list(&call->in) || (call->in.type == LQ_OBJECT && !last);

    *ret = fup_lq_nil();
    if (!some || fup_lq_count(&call->in) == 0) {
        return FUP_OK;
    }
    if (call->in.type == LQ_RANGE) {
        *ret = fup_lq_int(last ? call->in.as.range.to : call->in.as.range.from);
        return FUP_OK;
    }
    items = fup_lq_items(&call->in, call->arena);
    if (items != NULL) {
        *ret = items->items[last ? items->n - 1 : 0];
    }
    return FUP_OK;
}

static enum fup_code apply_first(struct fup_lq_call *call,
                                 struct fup_lq_value *ret)
{
    return pick(call, false, ret);
}

static enum fup_code apply_last(struct fup_lq_call *call,
                                struct fup_lq_value *ret)
{
    return pick(call, true, ret);
}

static enum fup_code apply_size(struct fup_lq_call *call,
                                struct fup_lq_value *ret)
{
    size_t n = call->in.type == LQ_STRING ? fup_lq_characters(call->in.as.text)
                                          : fup_lq_count(&call->in);

    *ret = fup_lq_int((int64_t)n);
    return FUP_OK;
}

static enum fup_code apply_reverse(struct fup_lq_call *call,
                                   struct fup_lq_value *ret)
{
    const struct fup_lq_array *items;
    struct fup_lq_array *reversed;
    enum fup_code code = fup_lq_call_list(call, &items);

    if (code != FUP_OK) {
        return code;
    }
    reversed = fup_lq_array_new(call->arena, items->n);
    for (size_t i = 0; reversed != NULL && i < items->n; i++) {
        reversed->items[i] = items->items[items->n - 1 - i];
    }
    *ret = reversed != NULL ? fup_lq_list_of(reversed) : fup_lq_nil();
    return FUP_OK;
}

static enum fup_code apply_concat(struct fup_lq_call *call,
                                  struct fup_lq_value *ret)
{
    const struct fup_lq_array *a;
    const struct fup_lq_array *b;
    struct fup_lq_array *both;
    enum fup_code code;

    if (!fup_lq_is_list(&call->args[0])) {
        return fup_lq_call_fail(call, "needs a list, not %s",
                                fup_lq_type_name(&call->args[0]));
    }
    code = fup_lq_call_list(call, &a);
    if (code != FUP_OK) {
        return code;
    }
    b = fup_lq_items(&call->args[0], call->arena);
    both = b != NULL ? fup_lq_array_new(call->arena, a->n + b->n) : NULL;
    for (size_t i = 0; both != NULL && i < both->n; i++) {
        both->items[i] = i < a->n ? a->items[i] : b->items[i - a->n];
    }
    *ret = both != NULL ? fup_lq_list_of(both) : fup_lq_nil();
    return FUP_OK;
}

static enum fup_code apply_map(struct fup_lq_call *call,
                               struct fup_lq_value *ret)
{
    const struct fup_lq_array *items;
    struct fup_lq_array *mapped;
    enum fup_code code = fup_lq_call_list(call, &items);

    if (code != FUP_OK) {
        return code;
    }
    mapped = fup_lq_array_new(call->arena, items->n);
    for (size_t i = 0; code == FUP_OK && mapped != NULL && i < items->n; i++) {
        code = fup_lq_call_member(call, &items->items[i], &mapped->items[i]);
    }
    *ret = mapped != NULL ? fup_lq_list_of(mapped) : fup_lq_nil();
    return code;
}

/* Whether an item stays; @kept are those that did, by the member they were
 * judged by. */
typedef enum fup_code keep_fn(struct fup_lq_call *call,
                              const struct fup_lq_value *member,
                              const struct fup_lq_array *kept,
                              bool *ret);

static enum fup_code
filter(struct fup_lq_call *call, keep_fn *keep, struct fup_lq_value *ret)
{
    const struct fup_lq_array *items;
    struct fup_lq_array *members;
    struct fup_lq_array *some;
    struct fup_lq_value member = {.type = LQ_NIL};
    enum fup_code code = fup_lq_call_list(call, &items);
    bool stays = false;

    if (code != FUP_OK) {
        return code;
    }
    some = fup_lq_array_new(call->arena, items->n);
    members = fup_lq_array_new(call->arena, items->n);
    if (some == NULL || members == NULL) {
        return fup_lq_arena_code(call->arena);
    }
    some->n = 0;
    members->n = 0;
    for (size_t i = 0; i < items->n; i++) {
        code = fup_lq_call_member(call, &items->items[i], &member);
        if (code == FUP_OK) {
            code = keep(call, &member, members, &stays);
        }
        if (code != FUP_OK) {
            return code;
        }
        if (stays) {
            some->items[some->n++] = items->items[i];
            members->items[members->n++] = member;
        }
    }
    *ret = fup_lq_list_of(some);
    return FUP_OK;
}

static enum fup_code keep_some(struct fup_lq_call *call,
                               const struct fup_lq_value *member,
                               const struct fup_lq_array *kept,
                               bool *ret)
{
    (void)call;
    (void)kept;
    *ret = member->type != LQ_NIL;
    return FUP_OK;
}

static enum fup_code keep_new(struct fup_lq_call *call,
                              const struct fup_lq_value *member,
                              const struct fup_lq_array *kept,
                              bool *ret)
{
    bool known = false;
    enum fup_code code = fup_lq_call_work(call, kept->n);

    for (size_t i = 0; code == FUP_OK && !known && i < kept->n; i++) {
        code = fup_lq_same(call->render, member, &kept->items[i], &known);
    }
    *ret = !known;
    return code;
}

static enum fup_code keep_matching(struct fup_lq_call *call,
                                   const struct fup_lq_value *member,
                                   const struct fup_lq_array *kept,
                                   bool *ret)
{
    (void)kept;
    *ret = fup_lq_truthy(member);
    return call->n_args > 1
               ? fup_lq_same(call->render, member, &call->args[1], ret)
               : FUP_OK;
}

static enum fup_code apply_compact(struct fup_lq_call *call,
                                   struct fup_lq_value *ret)
{
    return filter(call, keep_some, ret);
}

static enum fup_code apply_uniq(struct fup_lq_call *call,
                                struct fup_lq_value *ret)
{
    return filter(call, keep_new, ret);
}

static enum fup_code apply_where(struct fup_lq_call *call,
                                 struct fup_lq_value *ret)
{
    return filter(call, keep_matching, ret);
}

const struct fup_lq_filter fup_lq_filters_array[] = {
    {"compact", apply_compact, 0, 1},
    {"concat", apply_concat, 1, 1},
    {"first", apply_first, 0, 0},
    {"join", apply_join, 0, 1},
    {"last", apply_last, 0, 0},
    {"map", apply_map, 1, 1},
    {"reverse", apply_reverse, 0, 0},
    {"size", apply_size, 0, 0},
    {"uniq", apply_uniq, 0, 1},
    {"where", apply_where, 1, 2},
    {NULL, NULL, 0, 0},
};
