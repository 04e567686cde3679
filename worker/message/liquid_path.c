/* From names to values: the loops around, what was assigned, the data, and the
 * members of each. */

#include <cjson/cJSON.h>
#include <string.h>

#include "liquid_filter.h"
#include "liquid_render.h"

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

const struct cJSON *fup_lq_find_member(struct fup_lq_render *render,
                                       const struct cJSON *object,
                                       struct fup_lq_span key)
{
    const struct cJSON *item = object != NULL ? object->child : NULL;
    size_t n = 0;

    while (item != NULL &&
           (item->string == NULL || strncmp(item->string, key.p, key.n) != 0 ||
            item->string[key.n] != '\0')) {
        item = item->next;
        n++;
    }
    fup_lq_render_spend(render, n / 8);
    return item;
}

/* Item @index of a list; from the end when negative. */
static struct fup_lq_value list_item(struct fup_lq_render *render,
                                     const struct fup_lq_value *list,
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
    fup_lq_render_spend(render, (size_t)n / 8);
    for (item = list->as.json->child; index > 0; index--) {
        item = item->next;
    }
    return fup_lq_from_json(item);
}

static struct fup_lq_value size_of(const struct fup_lq_value *of)
{
    if (of->type == LQ_STRING) {
        return fup_lq_int((int64_t)fup_lq_characters(of->as.text));
    }
    return fup_lq_is_list(of) || of->type == LQ_OBJECT
               ? fup_lq_int((int64_t)fup_lq_count(of))
               : fup_lq_nil();
}

/* The first pair of an object. */
static struct fup_lq_value first_pair(struct fup_lq_render *render,
                                      const struct fup_lq_value *object)
{
    const struct fup_lq_array *pairs = fup_lq_items(object, &render->arena);

    return pairs != NULL && pairs->n > 0 ? pairs->items[0] : fup_lq_nil();
}

/* "size", "first" and "last" of what has them. */
static struct fup_lq_value special_member(struct fup_lq_render *render,
                                          const struct fup_lq_value *of,
                                          struct fup_lq_span key)
{
    bool first = fup_lq_span_is(key, "first");

    if (fup_lq_span_is(key, "size")) {
        return size_of(of);
    }
    if (!first && !fup_lq_span_is(key, "last")) {
        return fup_lq_nil();
    }
    if (fup_lq_is_list(of)) {
        return list_item(render, of, first ? 0 : -1);
    }
    return first && of->type == LQ_OBJECT ? first_pair(render, of)
                                          : fup_lq_nil();
}

struct fup_lq_value fup_lq_member_of(struct fup_lq_render *render,
                                     const struct fup_lq_value *of,
                                     const struct fup_lq_value *key,
                                     bool dotted)
{
    const struct cJSON *item;

    if (key->type == LQ_INT) {
        return fup_lq_is_list(of) ? list_item(render, of, key->as.integer)
                                  : fup_lq_nil();
    }
    if (key->type != LQ_STRING) {
        return fup_lq_nil();
    }
    if (of->type == LQ_LOOP) {
        return loop_member(render, of->as.loop, key->as.text);
    }
    if (of->type == LQ_OBJECT) {
        item = fup_lq_find_member(render, of->as.json, key->as.text);
        if (item != NULL) {
            return fup_lq_from_json(item);
        }
    }
    return dotted ? special_member(render, of, key->as.text) : fup_lq_nil();
}

struct fup_lq_value fup_lq_look_up(struct fup_lq_render *render,
                                   struct fup_lq_span name,
                                   uint32_t id)
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
    return fup_lq_from_json(fup_lq_find_member(render, render->data, name));
}
