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

/* One more argument, or @otherwise. */
struct fup_lq_value fup_lq_call_arg(const struct fup_lq_call *call,
                                    size_t i,
                                    struct fup_lq_value otherwise);

/* What comes in, and argument @i ("" when absent), as text. */
struct fup_lq_span fup_lq_call_in(const struct fup_lq_call *call);
struct fup_lq_span fup_lq_call_text(const struct fup_lq_call *call, size_t i);

/* Argument @i as a whole number; @otherwise when it is absent.
 * Errors: FUP_EINVAL  it is none. */
FUP_MUST_CHECK enum fup_code fup_lq_call_whole(struct fup_lq_call *call,
                                               size_t i,
                                               int64_t otherwise,
                                               int64_t *ret_whole);

/* Take @n units of work from what one render may do.
 * Errors: FUP_ELIMIT. */
FUP_MUST_CHECK enum fup_code fup_lq_call_work(struct fup_lq_call *call,
                                              size_t n);

/* What comes in as a list for a filter: lists in lists are laid flat, an object
 * is one item, nil is none.
 * Errors: FUP_ENOMEM, FUP_ELIMIT. */
FUP_MUST_CHECK enum fup_code
fup_lq_call_list(struct fup_lq_call *call,
                 const struct fup_lq_array **ret_items);

/* The member of an item that a filter is told to look at; the item itself when
 * @key is no argument; nil for a member that is not there.
 * Errors: FUP_EINVAL  the item has no members. */
FUP_MUST_CHECK enum fup_code fup_lq_call_member(struct fup_lq_call *call,
                                                const struct fup_lq_value *item,
                                                struct fup_lq_value *ret);

/* A text that grows in the arena. A failure is left in arena->failed. */
struct fup_lq_out {
    struct fup_lq_arena *arena;
    char *p;
    size_t n;
    size_t cap;
};

void fup_lq_out_add(struct fup_lq_out *out, const char *p, size_t n);
void fup_lq_out_span(struct fup_lq_out *out, struct fup_lq_span span);
struct fup_lq_value fup_lq_out_value(const struct fup_lq_out *out);

/* Bytes of the UTF-8 character at the start of @text, at least 1, at most
 * what is there; how many there are; the bytes that the first @n take. */
size_t fup_lq_character(struct fup_lq_span text);
size_t fup_lq_characters(struct fup_lq_span text);
size_t fup_lq_first_characters(struct fup_lq_span text, size_t n);

/* Where @part is in @text, from byte @from on; NULL: nowhere. */
const char *
fup_lq_find(struct fup_lq_span text, struct fup_lq_span part, size_t from);

/* The tables of the files liquid_filters_*.c, each ended by a NULL name. */
extern const struct fup_lq_filter fup_lq_filters_string[];
extern const struct fup_lq_filter fup_lq_filters_edit[];
extern const struct fup_lq_filter fup_lq_filters_math[];
extern const struct fup_lq_filter fup_lq_filters_array[];
extern const struct fup_lq_filter fup_lq_filters_order[];
extern const struct fup_lq_filter fup_lq_filters_date[];

#endif
