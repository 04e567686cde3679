#include "liquid_value.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "liquid_program.h"

/* The largest magnitude up to which a double holds every whole number. */
#define WHOLE_MAX 9007199254740992.0

struct fup_lq_value fup_lq_nil(void)
{
    return (struct fup_lq_value){.type = LQ_NIL};
}

struct fup_lq_value fup_lq_bool(bool boolean)
{
    return (struct fup_lq_value){.type = LQ_BOOL, .as.boolean = boolean};
}

struct fup_lq_value fup_lq_int(int64_t integer)
{
    return (struct fup_lq_value){.type = LQ_INT, .as.integer = integer};
}

struct fup_lq_value fup_lq_float(double real)
{
    return (struct fup_lq_value){.type = LQ_FLOAT, .as.real = real};
}

struct fup_lq_value fup_lq_string(struct fup_lq_span text)
{
    return (struct fup_lq_value){.type = LQ_STRING, .as.text = text};
}

struct fup_lq_value fup_lq_list_of(const struct fup_lq_array *array)
{
    return (struct fup_lq_value){.type = LQ_ARRAY, .as.array = array};
}

/* JSON knows one kind of number; a whole one is an integer here. */
static struct fup_lq_value from_number(double number)
{
    if (number >= -WHOLE_MAX && number <= WHOLE_MAX &&
        trunc(number) == number) {
        return fup_lq_int((int64_t)number);
    }
    return fup_lq_float(number);
}

struct fup_lq_value fup_lq_from_json(const struct cJSON *json)
{
    switch (json != NULL ? json->type & 0xff : cJSON_NULL) {
    case cJSON_False:
        return fup_lq_bool(false);
    case cJSON_True:
        return fup_lq_bool(true);
    case cJSON_Number:
        return from_number(json->valuedouble);
    case cJSON_String:
        return fup_lq_string(fup_lq_span_of(json->valuestring));
    case cJSON_Array:
        return (struct fup_lq_value){.type = LQ_LIST, .as.json = json};
    case cJSON_Object:
        return (struct fup_lq_value){.type = LQ_OBJECT, .as.json = json};
    default:
        return fup_lq_nil();
    }
}

static size_t json_weight(const struct cJSON *json)
{
    size_t n = 1;

    for (const struct cJSON *p = json->child; p != NULL; p = p->next) {
        n += json_weight(p);
    }
    return n;
}

size_t fup_lq_weight(const struct fup_lq_value *value)
{
    size_t n = 1;

    if (value->type == LQ_LIST || value->type == LQ_OBJECT) {
        return json_weight(value->as.json);
    }
    if (value->type == LQ_ARRAY) {
        for (size_t i = 0; i < value->as.array->n; i++) {
            n += fup_lq_weight(&value->as.array->items[i]);
        }
    }
    return n;
}

const char *fup_lq_type_name(const struct fup_lq_value *value)
{
    static const char *const names[] = {
        [LQ_NIL] = "nothing",      [LQ_BOOL] = "true or false",
        [LQ_INT] = "a number",     [LQ_FLOAT] = "a number",
        [LQ_STRING] = "a text",    [LQ_RANGE] = "a range",
        [LQ_ARRAY] = "a list",     [LQ_LIST] = "a list",
        [LQ_OBJECT] = "an object", [LQ_LOOP] = "a loop",
        [LQ_BLANK] = "blank",      [LQ_EMPTY] = "empty",
        [LQ_UNSET] = "nothing",
    };

    return names[value->type];
}

bool fup_lq_truthy(const struct fup_lq_value *value)
{
    return value->type != LQ_NIL &&
           (value->type != LQ_BOOL || value->as.boolean);
}

bool fup_lq_is_list(const struct fup_lq_value *value)
{
    return value->type == LQ_ARRAY || value->type == LQ_LIST ||
           value->type == LQ_RANGE;
}

size_t fup_lq_count(const struct fup_lq_value *value)
{
    size_t n = 0;

    if (value->type == LQ_ARRAY) {
        return value->as.array->n;
    }
    if (value->type == LQ_RANGE) {
        return value->as.range.to < value->as.range.from
                   ? 0
                   : (size_t)(value->as.range.to - value->as.range.from) + 1;
    }
    if (value->type == LQ_LIST || value->type == LQ_OBJECT) {
        for (const struct cJSON *p = value->as.json->child; p != NULL;
             p = p->next) {
            n++;
        }
    }
    return n;
}

static bool is_number(const struct fup_lq_value *value)
{
    return value->type == LQ_INT || value->type == LQ_FLOAT;
}

double fup_lq_real(const struct fup_lq_value *number)
{
    return number->type == LQ_INT ? (double)number->as.integer
                                  : number->as.real;
}

/* Whether @value equals the word empty or blank (@word). */
static bool equals_word(const struct fup_lq_value *value, enum fup_lq_type word)
{
    if (value->type == LQ_STRING) {
        return word == LQ_BLANK ? fup_lq_trim(value->as.text).n == 0
                                : value->as.text.n == 0;
    }
    if (value->type == LQ_OBJECT || value->type == LQ_ARRAY ||
        value->type == LQ_LIST) {
        return fup_lq_count(value) == 0;
    }
    if (value->type == LQ_NIL || value->type == LQ_BOOL) {
        return word == LQ_BLANK && !fup_lq_truthy(value);
    }
    return value->type == word;
}

/* One after the other through a list of either kind. */
struct walk {
    const struct fup_lq_array *array;
    const struct cJSON *json;
    size_t i;
};

static struct walk walk_start(const struct fup_lq_value *list)
{
    if (list->type == LQ_ARRAY) {
        return (struct walk){.array = list->as.array};
    }
    return (struct walk){.json = list->as.json->child};
}

static bool walk_next(struct walk *walk, struct fup_lq_value *ret_item)
{
    if (walk->array != NULL) {
        if (walk->i == walk->array->n) {
            return false;
        }
        *ret_item = walk->array->items[walk->i++];
        return true;
    }
    if (walk->json == NULL) {
        return false;
    }
    *ret_item = fup_lq_from_json(walk->json);
    walk->json = walk->json->next;
    return true;
}

static bool is_sequence(const struct fup_lq_value *value)
{
    return value->type == LQ_ARRAY || value->type == LQ_LIST;
}

static bool equal_lists(const struct fup_lq_value *a,
                        const struct fup_lq_value *b)
{
    struct walk in_a = walk_start(a);
    struct walk in_b = walk_start(b);
    struct fup_lq_value item_a;
    struct fup_lq_value item_b;

    while (walk_next(&in_a, &item_a)) {
        if (!walk_next(&in_b, &item_b) || !fup_lq_equal(&item_a, &item_b)) {
            return false;
        }
    }
    return !walk_next(&in_b, &item_b);
}

static bool equal_same_type(const struct fup_lq_value *a,
                            const struct fup_lq_value *b)
{
    switch (a->type) {
    case LQ_BOOL:
        return a->as.boolean == b->as.boolean;
    case LQ_STRING:
        return fup_lq_span_equal(a->as.text, b->as.text);
    case LQ_RANGE:
        return a->as.range.from == b->as.range.from &&
               a->as.range.to == b->as.range.to;
    case LQ_OBJECT:
        return cJSON_Compare(a->as.json, b->as.json, true);
    case LQ_LOOP:
        return a->as.loop == b->as.loop;
    case LQ_NIL:
    case LQ_INT:
    case LQ_FLOAT:
    case LQ_ARRAY:
    case LQ_LIST:
    case LQ_BLANK:
    case LQ_EMPTY:
    case LQ_UNSET:
    default:
        return true;
    }
}

bool fup_lq_equal(const struct fup_lq_value *a, const struct fup_lq_value *b)
{
    if (a->type == LQ_BLANK || a->type == LQ_EMPTY) {
        return equals_word(b, a->type);
    }
    if (b->type == LQ_BLANK || b->type == LQ_EMPTY) {
        return equals_word(a, b->type);
    }
    if (a->type == LQ_INT && b->type == LQ_INT) {
        return a->as.integer == b->as.integer;
    }
    if (is_number(a) && is_number(b)) {
        return fup_lq_real(a) == fup_lq_real(b);
    }
    if (is_sequence(a) && is_sequence(b)) {
        return equal_lists(a, b);
    }
    return a->type == b->type && equal_same_type(a, b);
}
