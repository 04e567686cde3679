/* Liquid filters: one table, one function a filter. */

#ifndef FUP_MESSAGE_LIQUID_FILTER_H
#define FUP_MESSAGE_LIQUID_FILTER_H

#include "liquid_program.h"

struct fup_lq_render;

/* One filter at work: what it is given. */
struct fup_lq_call {
    struct fup_lq_render *render;
    struct fup_lq_arena *arena;
    const struct fup_lq_use *use;
    struct fup_lq_value in;
    struct fup_lq_value args[LQ_ARGS_MAX];
    size_t n_args;
    bool allow_false;
};

/* Errors: FUP_EINVAL  it cannot take such a value.
 *         FUP_ENOMEM, FUP_ELIMIT  from the arena. */
typedef enum fup_code fup_lq_filter_fn(struct fup_lq_call *call,
                                       struct fup_lq_value *ret);

struct fup_lq_filter {
    const char *name;
    fup_lq_filter_fn *apply;
    unsigned char min_args;
    unsigned char max_args;
};

/* The filter called @name, or NULL. */
const struct fup_lq_filter *fup_lq_filter_find(struct fup_lq_span name);

/* Whether it is "default", which alone may meet a missing value. */
bool fup_lq_filter_is_default(const struct fup_lq_filter *filter);

/* Fail, naming the filter and where it stands.
 * Errors: FUP_EINVAL always. */
FUP_MUST_CHECK enum fup_code fup_lq_call_fail(struct fup_lq_call *call,
                                              const char *fmt,
                                              ...) FUP_PRINTF(2, 3);

/* The tables of the files liquid_filters_*.c, each ended by a NULL name. */
extern const struct fup_lq_filter fup_lq_filters_string[];
extern const struct fup_lq_filter fup_lq_filters_edit[];
extern const struct fup_lq_filter fup_lq_filters_math[];
extern const struct fup_lq_filter fup_lq_filters_array[];
extern const struct fup_lq_filter fup_lq_filters_order[];
extern const struct fup_lq_filter fup_lq_filters_date[];

#endif
