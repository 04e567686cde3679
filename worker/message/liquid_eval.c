/* The values of expressions. */

#include <stdarg.h>
#include <stdio.h>

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

void fup_lq_render_spend(struct fup_lq_render *render, size_t n)
{
    render->work_left -= n < render->work_left ? n : render->work_left;
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

/* Where a variable starts: its name, or "[expression]" that gives one. */
static enum fup_code eval_root(struct fup_lq_render *render,
                               const struct fup_lq_expr *expr,
                               struct fup_lq_value *ret)
{
    struct fup_lq_value key;
    enum fup_code code;

    if (expr->name != LQ_NONE) {
        *ret = fup_lq_look_up(render, render->liquid->names[expr->name],
                              expr->name);
        return FUP_OK;
    }
    code = fup_lq_eval(render, expr->second, &key);
    if (code == FUP_OK) {
        *ret = key.type == LQ_STRING
                   ? fup_lq_look_up(render, key.as.text, LQ_NONE)
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
            value = fup_lq_member_of(render, &value, &exprs[i].value, true);
            continue;
        }
        code = fup_lq_eval(render, i, &key);
        if (code == FUP_OK) {
            value = fup_lq_member_of(render, &value, &key, false);
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
    if (value->type == LQ_STRING) {
        fup_lq_render_spend(render, value->as.text.n / 64);
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
    return code == FUP_OK ? fup_lq_compare(render, expr, &a, &b, ret) : code;
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
