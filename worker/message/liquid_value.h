/* Liquid values: what expressions give. Small, copied freely; texts and lists
 * are borrowed from the template, the data or the arena of the render. */

#ifndef FUP_MESSAGE_LIQUID_VALUE_H
#define FUP_MESSAGE_LIQUID_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "liquid_lex.h"

struct cJSON;

enum fup_lq_type {
    LQ_NIL, /* as.text names the variable that is missing, or is empty */
    LQ_BOOL,
    LQ_INT,
    LQ_FLOAT,
    LQ_STRING,
    LQ_RANGE,
    LQ_ARRAY,  /* a list of ours, in the arena */
    LQ_LIST,   /* a list in the data */
    LQ_OBJECT, /* an object in the data */
    LQ_LOOP,   /* "forloop" */
    LQ_BLANK,  /* the words "blank" and "empty" */
    LQ_EMPTY,
    LQ_UNSET, /* a variable that the template has not assigned */
};

struct fup_lq_array;
struct fup_lq_loop;

struct fup_lq_value {
    enum fup_lq_type type;

    union {
        bool boolean;
        int64_t integer;
        double real;
        struct fup_lq_span text;

        struct {
            int64_t from;
            int64_t to;
        } range;

        const struct fup_lq_array *array;
        const struct cJSON *json;
        const struct fup_lq_loop *loop;
    } as;
};

struct fup_lq_array {
    size_t n;
    struct fup_lq_value items[];
};

/* What "forloop" tells inside a loop. */
struct fup_lq_loop {
    int64_t index; /* from 0 */
    int64_t length;
    struct fup_lq_span variable;
    struct fup_lq_span collection;
    const struct fup_lq_loop *parent;
};

/* Memory that lives as long as one render: a first block on the stack of the
 * renderer, then chunks, up to a limit. After a failure every take fails. */
struct fup_lq_arena {
    char *p;
    size_t left;
    size_t taken;
    struct fup_lq_chunk *chunks;
    enum fup_code failed;
};

void fup_lq_arena_init(struct fup_lq_arena *arena, void *first, size_t size);
void fup_lq_arena_done(struct fup_lq_arena *arena);

/* @size bytes, aligned for anything, or NULL: @failed says why. */
void *fup_lq_arena_take(struct fup_lq_arena *arena, size_t size);

/* Why a take failed; never FUP_OK. */
FUP_MUST_CHECK static inline enum fup_code
fup_lq_arena_code(const struct fup_lq_arena *arena)
{
    return arena->failed != FUP_OK ? arena->failed : FUP_ENOMEM;
}

/* An array with room for @n items (@n is set), or NULL. */
struct fup_lq_array *fup_lq_array_new(struct fup_lq_arena *arena, size_t n);

struct fup_lq_value fup_lq_nil(void);
struct fup_lq_value fup_lq_bool(bool boolean);
struct fup_lq_value fup_lq_int(int64_t integer);
struct fup_lq_value fup_lq_float(double real);
struct fup_lq_value fup_lq_string(struct fup_lq_span text);
struct fup_lq_value fup_lq_list_of(const struct fup_lq_array *array);
struct fup_lq_value fup_lq_from_json(const struct cJSON *json);

/* How much there is to compare: the value, and all that is in it. */
size_t fup_lq_weight(const struct fup_lq_value *value);

/* For an error message: "a number", "a list". */
const char *fup_lq_type_name(const struct fup_lq_value *value);

bool fup_lq_truthy(const struct fup_lq_value *value);
bool fup_lq_is_list(const struct fup_lq_value *value);
bool fup_lq_equal(const struct fup_lq_value *a, const struct fup_lq_value *b);

/* How many items a list, an object or a range has; 0 for all else. */
size_t fup_lq_count(const struct fup_lq_value *value);

/* Append the value as a template prints it. */
void fup_lq_print(const struct fup_lq_value *value, struct fup_buf *out);

/* The value as text: borrowed when it is one, else printed into @arena.
 * A failure is left in arena->failed and gives an empty text. */
struct fup_lq_span fup_lq_text(const struct fup_lq_value *value,
                               struct fup_lq_arena *arena);

/* The items of a list, a range, or an object (as pairs); any other value is a
 * list of itself, nil of nothing. NULL only after a failure, left in
 * arena->failed. */
const struct fup_lq_array *fup_lq_items(const struct fup_lq_value *value,
                                        struct fup_lq_arena *arena);

/* The number that the whole of @text is, as INT or FLOAT; false: it is none. */
bool fup_lq_number_of_text(struct fup_lq_span text,
                           struct fup_lq_value *ret_number);

/* As arithmetic takes a value: numbers, texts that are numbers, else 0. */
struct fup_lq_value fup_lq_number(const struct fup_lq_value *value);

/* As positions take a value: whole numbers and texts that are.
 * Returns whether it is one. */
bool fup_lq_whole(const struct fup_lq_value *value, int64_t *ret_whole);

double fup_lq_real(const struct fup_lq_value *number);

#endif
