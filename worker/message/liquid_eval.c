/* The values of expressions. */

#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "liquid_filter.h"
#include "liquid_render.h"

enum fup_code fup_lq_render_fail(struct fup_lq_render *render,
                                 enum fup_code code,
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
    fup_lq_locate(render->liquid->source, at, &line, &column);
    return fup_err_set(render->err, code, "line %u, column %u: %s", line,
                       column, what);
}

enum fup_code fup_lq_arena_check(struct fup_lq_render *render)
{
    enum fup_code code = render->arena.failed;

    return code == FUP_OK ? code
                          : fup_err_set(render->err, code,
                                        "the text takes too much memory: %s",
                                        fup_err_text(code));
}

enum fup_code fup_lq_render_work(struct fup_lq_render *render, size_t n)
{
    if (n > render->work_left) {
        return fup_err_set(render->err, FUP_ELIMIT,
                           "the text takes too much work");
    }
    render->work_left -= n;
    return FUP_OK;
}

enum fup_code fup_lq_call_fail(struct fup_lq_call *call, const char *fmt, ...)
{
    char what[160];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return fup_lq_render_fail(call->render, FUP_EINVAL, call->use->text.p,
                              "\"%s\" %s", call->use->filter->name, what);
}

/* "parent_title-parents": the standard's name of a loop. */
static struct fup_lq_value loop_name(struct fup_lq_render *render,
                                     const struct fup_lq_loop *loop)
{
    size_t n = loop->variable.n + 1 + loop->collection.n;
    char *text = fup_lq_arena_take(&render->arena, n);

    if (text == NULL) {
        return fup_lq_nil();
    }
    memcpy(text, loop->variable.p, loop->variable.n);
    text[loop->variable.n] = '-';
    memcpy(text + loop->variable.n + 1, loop->collection.p, loop->collection.n);
    return fup_lq_string((struct fup_lq_span){text, n});
}

static struct fup_lq_value loop_member(struct fup_lq_render *render,
                                       const struct fup_lq_loop *loop,
                                       struct fup_lq_span key)
{
    int64_t index = loop->index;

    if (fup_lq_span_is(key, "index")) {
        return fup_lq_int(index + 1);
    }
    if (fup_lq_span_is(key, "index0")) {
        return fup_lq_int(index);
    }
    if (fup_lq_span_is(key, "rindex")) {
        return fup_lq_int(loop->length - index);
    }
    if (fup_lq_span_is(key, "rindex0")) {
        return fup_lq_int(loop->length - index - 1);
    }
    if (fup_lq_span_is(key, "length")) {
        return fup_lq_int(loop->length);
    }
    if (fup_lq_span_is(key, "first")) {
        return fup_lq_bool(index == 0);
    }
    if (fup_lq_span_is(key, "last")) {
        return fup_lq_bool(index == loop->length - 1);
    }
    if (fup_lq_span_is(key, "parentloop") && loop->parent != NULL) {
        return (struct fup_lq_value){.type = LQ_LOOP, .as.loop = loop->parent};
    }
    if (fup_lq_span_is(key, "name")) {
        return loop_name(render, loop);
    }
    return fup_lq_nil();
}

/* Item @index of a list; from the end when negative. */
static struct fup_lq_value list_item(const struct fup_lq_value *list,
                                     int64_t index)
{
    int64_t n = (int64_t)fup_lq_count(list);
    const struct cJSON *item;

    index = index < 0 ? index + n : index;
    if (index < 0 || index >= n) {
        return fup_lq_nil();
    }
    if (list->type == LQ_ARRAY) {
        return list->as.array->items[index];
    }
    if (list->type == LQ_RANGE) {
        return fup_lq_int(list->as.range.from + index);
    }
    for (item = list->as.json->child; index > 0; index--) {
        item = item->next;
    }
    return fup_lq_from_json(item);
}

/* "size", "first" and "last" of what has them. */
static struct fup_lq_value special_member(struct fup_lq_render *render,
                                          const struct fup_lq_value *of,
                                          struct fup_lq_span key)
{
    const struct fup_lq_array *pairs;

    if (fup_lq_span_is(key, "size")) {
        if (of->type == LQ_STRING) {
            return fup_lq_int((int64_t)fup_lq_characters(of->as.text));
        }
        return fup_lq_is_list(of) || of->type == LQ_OBJECT
                   ? fup_lq_int((int64_t)fup_lq_count(of))
                   : fup_lq_nil();
    }
    if (fup_lq_is_list(of)) {
        return fup_lq_span_is(key, "first")  ? list_item(of, 0)
               : fup_lq_span_is(key, "last") ? list_item(of, -1)
                                             : fup_lq_nil();
    }
    if (of->type != LQ_OBJECT || !fup_lq_span_is(key, "first")) {
        return fup_lq_nil();
    }
    pairs = fup_lq_items(of, &render->arena);
    return pairs != NULL && pairs->n > 0 ? pairs->items[0] : fup_lq_nil();
}

/* What @key leads to from @of; nil when nowhere. */
static struct fup_lq_value member(struct fup_lq_render *render,
                                  const struct fup_lq_value *of,
                                  const struct fup_lq_value *key,
                                  bool dotted)
{
    const struct cJSON *item;

    if (key->type == LQ_INT) {
        return fup_lq_is_list(of) ? list_item(of, key->as.integer)
                                  : fup_lq_nil();
    }
    if (key->type != LQ_STRING) {
        return fup_lq_nil();
    }
    if (of->type == LQ_LOOP) {
        return loop_member(render, of->as.loop, key->as.text);
    }
    if (of->type == LQ_OBJECT) {
        item = fup_lq_member(of->as.json, key->as.text);
        if (item != NULL) {
            return fup_lq_from_json(item);
        }
    }
    return dotted ? special_member(render, of, key->as.text) : fup_lq_nil();
}

/* A variable by name: the loops around, what was assigned, the data. */
static struct fup_lq_value
look_up(struct fup_lq_render *render, struct fup_lq_span name, uint32_t id)
{
    for (const struct fup_lq_frame *f = render->frame; f != NULL;
         f = f->parent) {
        if (fup_lq_span_equal(render->liquid->names[f->name], name)) {
            return f->item;
        }
        if (fup_lq_span_is(name, "forloop")) {
            return (struct fup_lq_value){.type = LQ_LOOP, .as.loop = &f->loop};
        }
    }
    for (uint32_t i = 0; id == LQ_NONE && i < render->liquid->n_names; i++) {
        if (fup_lq_span_equal(render->liquid->names[i], name)) {
            id = i;
        }
    }
    if (id != LQ_NONE && render->locals[id].type != LQ_UNSET) {
        return render->locals[id];
    }
    return fup_lq_from_json(fup_lq_member(render->data, name));
}

/* Where a variable starts: its name, or "[expression]" that gives one. */
static enum fup_code eval_root(struct fup_lq_render *render,
                               const struct fup_lq_expr *expr,
                               struct fup_lq_value *ret)
{
    struct fup_lq_value key;
    enum fup_code code;

    if (expr->name != LQ_NONE) {
        *ret = look_up(render, render->liquid->names[expr->name], expr->name);
        return FUP_OK;
    }
    code = fup_lq_eval(render, expr->second, &key);
    if (code == FUP_OK) {
        *ret = key.type == LQ_STRING ? look_up(render, key.as.text, LQ_NONE)
                                     : fup_lq_nil();
    }
    return code;
}

static enum fup_code eval_variable(struct fup_lq_render *render,
                                   const struct fup_lq_expr *expr,
                                   struct fup_lq_value *ret)
{
    const struct fup_lq_expr *exprs = render->liquid->exprs;
    struct fup_lq_value value;
    struct fup_lq_value key;
    enum fup_code code = eval_root(render, expr, &value);

    for (uint32_t i = expr->first; code == FUP_OK && i != LQ_NONE;
         i = exprs[i].next) {
        if (exprs[i].kind == LQ_EXPR_KEY) {
            value = member(render, &value, &exprs[i].value, true);
            continue;
        }
        code = fup_lq_eval(render, i, &key);
        if (code == FUP_OK) {
            value = member(render, &value, &key, false);
        }
    }
    if (code != FUP_OK) {
        return code;
    }
    if (value.type == LQ_NIL && value.as.text.n == 0) {
        value.as.text = expr->text;
    }
    *ret = value;
    return fup_lq_arena_check(render);
}

/* An end of a range: fractions are cut, what is no number is 0. */
static int64_t range_end(const struct fup_lq_value *value)
{
    struct fup_lq_value number = fup_lq_number(value);
    double real = fup_lq_real(&number);

    if (number.type == LQ_INT) {
        return number.as.integer;
    }
    return real > -1e15 && real < 1e15 ? (int64_t)real : 0;
}

static enum fup_code eval_range(struct fup_lq_render *render,
                                const struct fup_lq_expr *expr,
                                struct fup_lq_value *ret)
{
    struct fup_lq_value from;
    struct fup_lq_value to;
    enum fup_code code = fup_lq_eval(render, expr->first, &from);

    if (code == FUP_OK) {
        code = fup_lq_eval(render, expr->second, &to);
    }
    if (code == FUP_OK) {
        *ret = (struct fup_lq_value){.type = LQ_RANGE};
        ret->as.range.from = range_end(&from);
        ret->as.range.to = range_end(&to);
    }
    return code;
}

static bool is_missing(const struct fup_lq_render *render,
                       const struct fup_lq_value *value)
{
    return render->mode == FUP_LIQUID_STRICT && value->type == LQ_NIL &&
           value->as.text.n > 0;
}

/* Evaluate the arguments into @call; a strict missing one ends up in
 * *@missing. */
static enum fup_code eval_arguments(struct fup_lq_render *render,
                                    struct fup_lq_call *call,
                                    struct fup_lq_value *missing)
{
    const struct fup_lq_expr *exprs = render->liquid->exprs;
    struct fup_lq_value flag;
    enum fup_code code = FUP_OK;

    for (uint32_t i = call->use->args; code == FUP_OK && i != LQ_NONE;
         i = exprs[i].next) {
        code = fup_lq_eval(render, i, &call->args[call->n_args]);
        if (code == FUP_OK && is_missing(render, &call->args[call->n_args])) {
            *missing = call->args[call->n_args];
        }
        call->n_args++;
    }
    if (code == FUP_OK && call->use->allow_false != LQ_NONE) {
        code = fup_lq_eval(render, call->use->allow_false, &flag);
        call->allow_false = code == FUP_OK && fup_lq_truthy(&flag);
    }
    return code;
}

/* Put *@value through one filter. In strict mode a missing value, be it the
 * one that comes in or an argument, goes on as missing until a default: "hello
 * {{ name | upcase }}" must not become "hello ". */
static enum fup_code apply(struct fup_lq_render *render,
                           const struct fup_lq_use *use,
                           struct fup_lq_value *value)
{
    struct fup_lq_call call = {
        .render = render, .arena = &render->arena, .use = use, .in = *value};
    struct fup_lq_value missing = fup_lq_nil();
    enum fup_code code;

    if (is_missing(render, value) && !fup_lq_filter_is_default(use->filter)) {
        return FUP_OK;
    }
    code = eval_arguments(render, &call, &missing);
    if (code != FUP_OK) {
        return code;
    }
    if (missing.as.text.n > 0 && !fup_lq_filter_is_default(use->filter)) {
        *value = missing;
        return FUP_OK;
    }
    code = use->filter->apply(&call, value);
    return code == FUP_OK ? fup_lq_arena_check(render) : code;
}

static enum fup_code eval_pipe(struct fup_lq_render *render,
                               const struct fup_lq_expr *expr,
                               struct fup_lq_value *ret)
{
    const struct fup_lq_use *uses = render->liquid->uses;
    struct fup_lq_value value;
    enum fup_code code = fup_lq_eval(render, expr->first, &value);

    for (uint32_t i = expr->second; code == FUP_OK && i != LQ_NONE;
         i = uses[i].next) {
        code = apply(render, &uses[i], &value);
    }
    if (code != FUP_OK) {
        return code;
    }
    if (value.type == LQ_NIL && value.as.text.n == 0) {
        value.as.text = expr->text;
    }
    *ret = value;
    return FUP_OK;
}

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
static enum fup_code eval_order(struct fup_lq_render *render,
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

static enum fup_code eval_comparison(struct fup_lq_render *render,
                                     const struct fup_lq_expr *expr,
                                     bool *ret)
{
    struct fup_lq_value a;
    struct fup_lq_value b;
    enum fup_code code = fup_lq_eval(render, expr->first, &a);

    if (code == FUP_OK) {
        code = fup_lq_eval(render, expr->second, &b);
    }
    if (code != FUP_OK) {
        return code;
    }
    if (expr->op == LQ_OP_CONTAINS) {
        *ret = contains(render, &a, &b);
        return fup_lq_arena_check(render);
    }
    if (expr->op == LQ_OP_EQ || expr->op == LQ_OP_NE) {
        *ret = fup_lq_equal(&a, &b) == (expr->op == LQ_OP_EQ);
        return FUP_OK;
    }
    return eval_order(render, expr, &a, &b, ret);
}

enum fup_code
fup_lq_eval_condition(struct fup_lq_render *render, uint32_t index, bool *ret)
{
    const struct fup_lq_expr *expr = &render->liquid->exprs[index];
    struct fup_lq_value value;
    enum fup_code code;

    /* Right to left, so a chain of and, or needs no recursion. */
    while (expr->kind == LQ_EXPR_AND || expr->kind == LQ_EXPR_OR) {
        code = fup_lq_eval_condition(render, expr->first, ret);
        if (code != FUP_OK || *ret == (expr->kind == LQ_EXPR_OR)) {
            return code;
        }
        expr = &render->liquid->exprs[expr->second];
    }
    if (expr->kind == LQ_EXPR_COMPARE) {
        return eval_comparison(render, expr, ret);
    }
    code =
        fup_lq_eval(render, (uint32_t)(expr - render->liquid->exprs), &value);
    *ret = code == FUP_OK && fup_lq_truthy(&value);
    return code;
}

enum fup_code fup_lq_eval(struct fup_lq_render *render,
                          uint32_t index,
                          struct fup_lq_value *ret)
{
    const struct fup_lq_expr *expr = &render->liquid->exprs[index];

    switch (expr->kind) {
    case LQ_EXPR_VAR:
        return eval_variable(render, expr, ret);
    case LQ_EXPR_RANGE:
        return eval_range(render, expr, ret);
    case LQ_EXPR_PIPE:
        return eval_pipe(render, expr, ret);
    case LQ_EXPR_CONST:
    case LQ_EXPR_KEY:
    case LQ_EXPR_COMPARE:
    case LQ_EXPR_AND:
    case LQ_EXPR_OR:
    default:
        *ret = expr->value;
        return FUP_OK;
    }
}
