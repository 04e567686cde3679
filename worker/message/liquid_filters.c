/* Finding filters, and what they have in common. */

#include <string.h>

#include "liquid_filter.h"
#include "liquid_render.h"

struct fup_lq_value fup_lq_call_arg(const struct fup_lq_call *call,
                                    size_t i,
                                    struct fup_lq_value otherwise)
{
    return i < call->n_args ? call->args[i] : otherwise;
}

struct fup_lq_span fup_lq_call_in(const struct fup_lq_call *call)
{
    return fup_lq_text(&call->in, call->arena);
}

struct fup_lq_span fup_lq_call_text(const struct fup_lq_call *call, size_t i)
{
    return i < call->n_args ? fup_lq_text(&call->args[i], call->arena)
                            : (struct fup_lq_span){"", 0};
}

enum fup_code fup_lq_call_whole(struct fup_lq_call *call,
                                size_t i,
                                int64_t otherwise,
                                int64_t *ret_whole)
{
    *ret_whole = otherwise;
    if (i >= call->n_args || fup_lq_whole(&call->args[i], ret_whole)) {
        return FUP_OK;
    }
    return fup_lq_call_fail(call, "needs a whole number, not %s",
                            fup_lq_type_name(&call->args[i]));
}

enum fup_code fup_lq_call_work(struct fup_lq_call *call, size_t n)
{
    return fup_lq_render_work(call->render, n);
}

void fup_lq_out_add(struct fup_lq_out *out, const char *p, size_t n)
{
    size_t cap = out->cap > 0 ? out->cap : 64;
    char *bigger;

    if (n > out->cap - out->n) {
        while (cap < out->n + n) {
            cap *= 2;
        }
        bigger = fup_lq_arena_take(out->arena, cap);
        if (bigger == NULL) {
            return;
        }
        if (out->n > 0) {
            memcpy(bigger, out->p, out->n);
        }
        out->p = bigger;
        out->cap = cap;
    }
    if (n > 0) {
        memcpy(out->p + out->n, p, n);
        out->n += n;
    }
}

void fup_lq_out_span(struct fup_lq_out *out, struct fup_lq_span span)
{
    fup_lq_out_add(out, span.p, span.n);
}

struct fup_lq_value fup_lq_out_value(const struct fup_lq_out *out)
{
    return fup_lq_string(
        (struct fup_lq_span){out->n > 0 ? out->p : "", out->n});
}

static bool is_continued(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t fup_lq_character(struct fup_lq_span text)
{
    size_t n = 1;

    while (n < text.n && is_continued(text.p[n])) {
        n++;
    }
    return n < text.n ? n : text.n;
}

size_t fup_lq_characters(struct fup_lq_span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        n += !is_continued(text.p[i]);
    }
    return n;
}

size_t fup_lq_first_characters(struct fup_lq_span text, size_t n)
{
    size_t at = 0;

    while (n > 0 && at < text.n) {
        at += fup_lq_character((struct fup_lq_span){text.p + at, text.n - at});
        n--;
    }
    return at;
}

const char *
fup_lq_find(struct fup_lq_span text, struct fup_lq_span part, size_t from)
{
    const char *end = text.p + text.n;
    const char *p = text.p + from;

    if (part.n == 0) {
        return p;
    }
    while (p < end && (size_t)(end - p) >= part.n) {
        p = memchr(p, part.p[0], (size_t)(end - p) - part.n + 1);
        if (p == NULL || memcmp(p, part.p, part.n) == 0) {
            return p;
        }
        p++;
    }
    return NULL;
}

static enum fup_code apply_default(struct fup_lq_call *call,
                                   struct fup_lq_value *ret)
{
    static const struct fup_lq_value empty = {.type = LQ_EMPTY};
    const struct fup_lq_value *in = &call->in;
    bool is_false = in->type == LQ_BOOL && !in->as.boolean;

    if (in->type == LQ_NIL || (is_false && !call->allow_false) ||
        in->type == LQ_EMPTY || in->type == LQ_BLANK ||
        fup_lq_equal(in, &empty)) {
        *ret = call->n_args > 0 ? call->args[0]
                                : fup_lq_string((struct fup_lq_span){"", 0});
    } else {
        *ret = *in;
    }
    return FUP_OK;
}

static const struct fup_lq_filter filters[] = {
    {"default", apply_default, 0, 1},
    {NULL, NULL, 0, 0},
};

static const struct fup_lq_filter *const tables[] = {
    filters,
    fup_lq_filters_string,
    fup_lq_filters_edit,
    fup_lq_filters_math,
    fup_lq_filters_array,
    fup_lq_filters_order,
    fup_lq_filters_date,
};

const struct fup_lq_filter *fup_lq_filter_find(struct fup_lq_span name)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (const struct fup_lq_filter *f = tables[i]; f->name != NULL; f++) {
            if (fup_lq_span_is(name, f->name)) {
                return f;
            }
        }
    }
    return NULL;
}

bool fup_lq_filter_is_default(const struct fup_lq_filter *filter)
{
    return filter->apply == apply_default;
}
