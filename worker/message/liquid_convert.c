/* Liquid values from one kind to another: text, number, list. */

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liquid_program.h"
#include "liquid_value.h"

#define CHUNK_SIZE 8192
#define ALIGNMENT  16

struct fup_lq_chunk {
    struct fup_lq_chunk *next;
    size_t size;
};

#define CHUNK_HEAD                                                             \
    ((sizeof(struct fup_lq_chunk) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

void fup_lq_arena_init(struct fup_lq_arena *arena, void *first, size_t size)
{
    *arena = (struct fup_lq_arena){.p = first, .left = size};
}

void fup_lq_arena_done(struct fup_lq_arena *arena)
{
    struct fup_lq_chunk *chunk = arena->chunks;

    while (chunk != NULL) {
        struct fup_lq_chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
    *arena = (struct fup_lq_arena){.failed = arena->failed};
}

/* Begin a chunk that holds at least @size bytes. */
static bool arena_grow(struct fup_lq_arena *arena, size_t size)
{
    size_t want = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    struct fup_lq_chunk *chunk = malloc(CHUNK_HEAD + want);

    if (chunk == NULL) {
        arena->failed = FUP_ENOMEM;
        return false;
    }
    *chunk = (struct fup_lq_chunk){.next = arena->chunks, .size = want};
    arena->chunks = chunk;
    arena->p = (char *)chunk + CHUNK_HEAD;
    arena->left = want;
    return true;
}

void *fup_lq_arena_take(struct fup_lq_arena *arena, size_t size)
{
    void *p;

    if (arena->failed != FUP_OK) {
        return NULL;
    }
    if (size > LQ_MEMORY_MAX - arena->taken) {
        arena->failed = FUP_ELIMIT;
        return NULL;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > arena->left && !arena_grow(arena, size)) {
        return NULL;
    }
    p = arena->p;
    arena->p += size;
    arena->left -= size;
    arena->taken += size < LQ_MEMORY_MAX - arena->taken
                        ? size
                        : LQ_MEMORY_MAX - arena->taken;
    return p;
}

struct fup_lq_array *fup_lq_array_new(struct fup_lq_arena *arena, size_t n)
{
    struct fup_lq_array *array;

    if (n > LQ_MEMORY_MAX / sizeof array->items[0]) {
        if (arena->failed == FUP_OK) {
            arena->failed = FUP_ELIMIT;
        }
        return NULL;
    }
    array =
        fup_lq_arena_take(arena, sizeof *array + n * sizeof array->items[0]);
    if (array != NULL) {
        array->n = n;
    }
    return array;
}

/* The shortest of up to 15 digits, which hides what binary fractions add;
 * always with a point, so that it reads as the fraction it is. */
static void print_real(double real, struct fup_buf *out)
{
    char text[40];

    (void)snprintf(text, sizeof text, "%.15g", real);
    fup_buf_adds(out, text);
    if (strpbrk(text, ".en") == NULL) {
        fup_buf_adds(out, ".0");
    }
}

static void print_json(const struct cJSON *json, struct fup_buf *out)
{
    char *text = cJSON_PrintUnformatted(json);

    if (text == NULL) {
        out->failed = out->failed == FUP_OK ? FUP_ENOMEM : out->failed;
        return;
    }
    fup_buf_adds(out, text);
    cJSON_free(text);
}

static void print_items(const struct fup_lq_value *list, struct fup_buf *out)
{
    if (list->type == LQ_ARRAY) {
        for (size_t i = 0; i < list->as.array->n; i++) {
            fup_lq_print(&list->as.array->items[i], out);
        }
        return;
    }
    for (const struct cJSON *p = list->as.json->child; p != NULL; p = p->next) {
        struct fup_lq_value item = fup_lq_from_json(p);

        fup_lq_print(&item, out);
    }
}

void fup_lq_print(const struct fup_lq_value *value, struct fup_buf *out)
{
    switch (value->type) {
    case LQ_BOOL:
        fup_buf_adds(out, value->as.boolean ? "true" : "false");
        break;
    case LQ_INT:
        fup_buf_addf(out, "%lld", (long long)value->as.integer);
        break;
    case LQ_FLOAT:
        print_real(value->as.real, out);
        break;
    case LQ_STRING:
        fup_buf_add(out, value->as.text.p, value->as.text.n);
        break;
    case LQ_RANGE:
        fup_buf_addf(out, "%lld..%lld", (long long)value->as.range.from,
                     (long long)value->as.range.to);
        break;
    case LQ_ARRAY:
    case LQ_LIST:
        print_items(value, out);
        break;
    case LQ_OBJECT:
        print_json(value->as.json, out);
        break;
    case LQ_NIL:
    case LQ_LOOP:
    case LQ_BLANK:
    case LQ_EMPTY:
    case LQ_UNSET:
    default:
        break;
    }
}

struct fup_lq_span fup_lq_text(const struct fup_lq_value *value,
                               struct fup_lq_arena *arena)
{
    struct fup_lq_span text = {"", 0};
    struct fup_buf buf;
    char *copy;

    if (value->type == LQ_STRING) {
        return value->as.text;
    }
    fup_buf_init(&buf, LQ_MEMORY_MAX);
    fup_lq_print(value, &buf);
    if (buf.failed != FUP_OK && arena->failed == FUP_OK) {
        arena->failed = buf.failed;
    }
    copy = fup_lq_arena_take(arena, buf.len);
    if (copy != NULL && buf.len > 0) {
        memcpy(copy, buf.data, buf.len);
        text = (struct fup_lq_span){copy, buf.len};
    }
    fup_buf_done(&buf);
    return text;
}

static const struct fup_lq_array *
items_of_range(int64_t from, size_t n, struct fup_lq_arena *arena)
{
    struct fup_lq_array *array = fup_lq_array_new(arena, n);

    for (size_t i = 0; array != NULL && i < n; i++) {
        array->items[i] = fup_lq_int(from + (int64_t)i);
    }
    return array;
}

static const struct fup_lq_array *items_of_json(const struct fup_lq_value *list,
                                                struct fup_lq_arena *arena)
{
    const struct cJSON *p = list->as.json->child;
    struct fup_lq_array *array = fup_lq_array_new(arena, fup_lq_count(list));

    for (size_t i = 0; array != NULL && i < array->n; i++, p = p->next) {
        struct fup_lq_array *pair;

        array->items[i] = fup_lq_from_json(p);
        if (list->type == LQ_LIST) {
            continue;
        }
        pair = fup_lq_array_new(arena, 2);
        if (pair == NULL) {
            return NULL;
        }
        pair->items[0] = fup_lq_string(fup_lq_span_of(p->string));
        pair->items[1] = array->items[i];
        array->items[i] = fup_lq_list_of(pair);
    }
    return array;
}

const struct fup_lq_array *fup_lq_items(const struct fup_lq_value *value,
                                        struct fup_lq_arena *arena)
{
    struct fup_lq_array *array;

    if (value->type == LQ_ARRAY) {
        return value->as.array;
    }
    if (value->type == LQ_RANGE) {
        return items_of_range(value->as.range.from, fup_lq_count(value), arena);
    }
    if (value->type == LQ_LIST || value->type == LQ_OBJECT) {
        return items_of_json(value, arena);
    }
    array = fup_lq_array_new(arena, value->type == LQ_NIL ? 0 : 1);
    if (array != NULL && array->n > 0) {
        array->items[0] = *value;
    }
    return array;
}

/* The digits at the start of @text as a whole number, and how many bytes they
 * take, sign included; 0: none, or too many for an integer. */
static size_t leading_whole(struct fup_lq_span text, int64_t *ret_whole)
{
    size_t i = text.n > 0 && text.p[0] == '-';
    size_t start = i;
    int64_t whole = 0;

    while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9') {
        if (i - start >= 18) {
            return 0;
        }
        whole = whole * 10 + (text.p[i] - '0');
        i++;
    }
    *ret_whole = start == 1 ? -whole : whole;
    return i > start ? i : 0;
}

bool fup_lq_number_of_text(struct fup_lq_span text,
                           struct fup_lq_value *ret_number)
{
    char copy[64];
    int64_t whole = 0;
    size_t n;
    size_t i;

    text = fup_lq_trim(text);
    n = leading_whole(text, &whole);
    if (n == 0) {
        return false;
    }
    if (n == text.n) {
        *ret_number = fup_lq_int(whole);
        return true;
    }
    for (i = n + 1; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
    }
    if (text.p[n] != '.' || i < text.n || i == n + 1 || i >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *ret_number = fup_lq_float(strtod(copy, NULL));
    return true;
}

struct fup_lq_value fup_lq_number(const struct fup_lq_value *value)
{
    struct fup_lq_value number = fup_lq_int(0);
    int64_t whole = 0;

    if (value->type == LQ_INT || value->type == LQ_FLOAT) {
        return *value;
    }
    if (value->type == LQ_STRING &&
        !fup_lq_number_of_text(value->as.text, &number) &&
        leading_whole(fup_lq_trim(value->as.text), &whole) > 0) {
        number = fup_lq_int(whole);
    }
    return number;
}

bool fup_lq_whole(const struct fup_lq_value *value, int64_t *ret_whole)
{
    struct fup_lq_value number;

    if (value->type == LQ_INT) {
        *ret_whole = value->as.integer;
        return true;
    }
    if (value->type != LQ_STRING ||
        !fup_lq_number_of_text(value->as.text, &number) ||
        number.type != LQ_INT) {
        return false;
    }
    *ret_whole = number.as.integer;
    return true;
}
