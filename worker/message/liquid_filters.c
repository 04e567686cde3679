/* Finding filters. */

#include "liquid_filter.h"

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
