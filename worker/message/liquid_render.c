/* Walking the nodes of a template. */

#include "liquid_render.h"
#include "liquid_isolate.h"

#include <string.h>

#include <cjson/cJSON.h>

#define STACK_ARENA 2048 /* bytes that a plain text needs no malloc for */

static enum fup_code render_nodes(struct fup_lq_render *render,
                                  uint32_t from,
                                  uint32_t to,
                                  struct fup_buf *out);

/* Whether printing @value would print an object. */
static bool holds_object(const struct fup_lq_value *value)
{
    const struct cJSON *item = NULL;
    bool holds = value->type == LQ_OBJECT;

    if (value->type == LQ_LIST) {
        cJSON_ArrayForEach(item, value->as.json)
        {
            struct fup_lq_value inner = fup_lq_from_json(item);

            holds = holds || holds_object(&inner);
        }
    }
    if (value->type == LQ_ARRAY) {
        for (size_t i = 0; i < value->as.array->n; i++) {
            holds = holds || holds_object(&value->as.array->items[i]);
        }
    }
    return holds;
}

/* Strictly, nothing reaches a person that is missing, or that reads as a dump
 * of data. */
static enum fup_code check_output(struct fup_lq_render *render,
                                  const struct fup_lq_expr *expr,
                                  const struct fup_lq_value *value)
{
    struct fup_lq_span name = value->as.text;

    if (render->mode != FUP_LIQUID_STRICT) {
        return FUP_OK;
    }
    if (value->type == LQ_NIL && name.n > 0) {
        return fup_lq_render_fail(render, FUP_ENOENT, name.p,
                                  "\"%.*s\" is missing",
                                  name.n < 100 ? (int)name.n : 100, name.p);
    }
    if (holds_object(value)) {
        return fup_lq_render_fail(render, FUP_EINVAL, expr->text.p,
                                  "\"%.*s\" is an object, not a text",
                                  expr->text.n < 100 ? (int)expr->text.n : 100,
                                  expr->text.p);
    }
    return FUP_OK;
}

static enum fup_code out_check(struct fup_lq_render *render,
                               const struct fup_buf *out)
{
    if (out->failed == FUP_ELIMIT) {
        return fup_err_set(render->err, out->failed,
                           "the text has more than %zu bytes", out->max);
    }
    return out->failed == FUP_OK
               ? FUP_OK
               : fup_err_set(render->err, out->failed, "out of memory");
}

static enum fup_code render_output(struct fup_lq_render *render,
                                   const struct fup_lq_node *node,
                                   struct fup_buf *out)
{
    struct fup_lq_value value;
    enum fup_code code = fup_lq_eval(render, node->expr, &value);

    if (code == FUP_OK) {
        code = check_output(render, &render->liquid->exprs[node->expr], &value);
    }
    if (code != FUP_OK) {
        return code;
    }
    fup_lq_print_for(&render->reader, &value, out);
    return out_check(render, out);
}

static enum fup_code render_assign(struct fup_lq_render *render,
                                   const struct fup_lq_node *node)
{
    return fup_lq_eval(render, node->expr, &render->locals[node->name]);
}

static enum fup_code
render_capture(struct fup_lq_render *render, uint32_t index, size_t max)
{
    const struct fup_lq_node *node = &render->liquid->nodes[index];
    struct fup_lq_span text = {"", 0};
    struct fup_buf buf;
    char *copy;
    enum fup_code code;

    fup_buf_init(&buf, max);
    code = render_nodes(render, index + 1, node->end, &buf);
    if (code == FUP_OK) {
        copy = fup_lq_arena_take(&render->arena, buf.len);
        if (copy != NULL && buf.len > 0) {
            memcpy(copy, buf.data, buf.len);
            text = (struct fup_lq_span){copy, buf.len};
        }
        render->locals[node->name] = fup_lq_string(text);
        code = fup_lq_arena_check(render);
    }
    fup_buf_done(&buf);
    return code;
}

static enum fup_code
branch_taken(struct fup_lq_render *render, uint32_t index, bool *ret)
{
    const struct fup_lq_node *branch = &render->liquid->nodes[index];
    enum fup_code code;

    if (branch->expr == LQ_NONE) {
        *ret = true;
        return FUP_OK;
    }
    code = fup_lq_eval_condition(render, branch->expr, ret);
    *ret = *ret != branch->negated;
    return code;
}

/* The first branch whose condition holds. */
static enum fup_code
render_if(struct fup_lq_render *render, uint32_t index, struct fup_buf *out)
{
    const struct fup_lq_node *nodes = render->liquid->nodes;
    bool taken = false;
    enum fup_code code;

    for (uint32_t i = index + 1; i < nodes[index].end; i = nodes[i].end) {
        code = branch_taken(render, i, &taken);
        if (code != FUP_OK) {
            return code;
        }
        if (taken) {
            return render_nodes(render, i + 1, nodes[i].end, out);
        }
    }
    return FUP_OK;
}

/* One branch of case, once for every value in it that matches: the standard
 * says so. */
static enum fup_code render_when(struct fup_lq_render *render,
                                 uint32_t index,
                                 const struct fup_lq_value *value,
                                 struct fup_buf *out,
                                 bool *matched)
{
    const struct fup_lq_node *branch = &render->liquid->nodes[index];
    struct fup_lq_value other;
    bool same = false;
    enum fup_code code = FUP_OK;

    for (uint32_t i = branch->expr; code == FUP_OK && i != LQ_NONE;
         i = render->liquid->exprs[i].next) {
        code = fup_lq_eval(render, i, &other);
        if (code == FUP_OK) {
            code = fup_lq_same(render, value, &other, &same);
        }
        if (code == FUP_OK && same) {
            *matched = true;
            code = render_nodes(render, index + 1, branch->end, out);
        }
    }
    return code;
}

static enum fup_code
render_case(struct fup_lq_render *render, uint32_t index, struct fup_buf *out)
{
    const struct fup_lq_node *nodes = render->liquid->nodes;
    struct fup_lq_value value;
    bool matched = false;
    enum fup_code code = fup_lq_eval(render, nodes[index].expr, &value);

    for (uint32_t i = index + 1; code == FUP_OK && i < nodes[index].end;
         i = nodes[i].end) {
        if (nodes[i].expr != LQ_NONE) {
            code = render_when(render, i, &value, out, &matched);
        } else if (!matched) {
            code = render_nodes(render, i + 1, nodes[i].end, out);
        }
    }
    return code;
}

/* A limit or an offset; absent or nil is @otherwise. */
static enum fup_code loop_bound(struct fup_lq_render *render,
                                const struct fup_lq_node *node,
                                uint32_t expr,
                                int64_t otherwise,
                                int64_t *ret_bound)
{
    struct fup_lq_value value = fup_lq_nil();
    enum fup_code code = FUP_OK;

    *ret_bound = otherwise;
    if (expr != LQ_NONE) {
        code = fup_lq_eval(render, expr, &value);
    }
    if (code != FUP_OK || value.type == LQ_NIL) {
        return code;
    }
    if (!fup_lq_whole(&value, ret_bound)) {
        return fup_lq_render_fail(render, FUP_EINVAL, node->text.p,
                                  "limit and offset are whole numbers, not %s",
                                  fup_lq_type_name(&value));
    }
    return FUP_OK;
}

/* Which of the @n items a loop runs over: @ret_first and how many. */
static enum fup_code loop_window(struct fup_lq_render *render,
                                 const struct fup_lq_node *node,
                                 int64_t n,
                                 int64_t *ret_first,
                                 int64_t *ret_count)
{
    int64_t first = 0;
    int64_t limit = 0;
    enum fup_code code = loop_bound(render, node, node->offset, 0, &first);

    if (code == FUP_OK) {
        code = loop_bound(render, node, node->limit, n, &limit);
    }
    if (node->resumes) {
        first = render->resumes[node->slot];
    }
    first = first < 0 ? 0 : first;
    first = first > n ? n : first;
    limit = limit < 0 ? 0 : limit;
    *ret_first = first;
    *ret_count = limit < n - first ? limit : n - first;
    render->resumes[node->slot] = first + *ret_count;
    return code;
}

/* The things a loop runs over: a text is one, what is no list is none. */
static enum fup_code loop_items(struct fup_lq_render *render,
                                const struct fup_lq_node *node,
                                const struct fup_lq_array **ret_items)
{
    static const struct fup_lq_array none = {.n = 0};
    struct fup_lq_value list;
    enum fup_code code = fup_lq_eval(render, node->expr, &list);
    bool some;

    if (code != FUP_OK) {
        return code;
    }
    some = fup_lq_is_list(&list) || list.type == LQ_OBJECT ||
           (list.type == LQ_STRING && list.as.text.n > 0);
    *ret_items = some ? fup_lq_items(&list, &render->arena) : &none;
    return fup_lq_arena_check(render);
}

static enum fup_code loop_round(struct fup_lq_render *render,
                                const struct fup_lq_node *node,
                                uint32_t body,
                                struct fup_buf *out)
{
    enum fup_code code;

    if (render->loops_left == 0) {
        return fup_lq_render_fail(render, FUP_ELIMIT, node->text.p,
                                  "more than %d rounds of loops", LQ_LOOPS_MAX);
    }
    render->loops_left--;
    code = render_nodes(render, body + 1, render->liquid->nodes[body].end, out);
    if (render->leaving == LQ_NODE_CONTINUE) {
        render->leaving = LQ_NODE_TEXT;
    }
    return code;
}

/* The branch for no items follows the body. */
static enum fup_code render_no_items(struct fup_lq_render *render,
                                     uint32_t index,
                                     struct fup_buf *out)
{
    const struct fup_lq_node *nodes = render->liquid->nodes;
    uint32_t other = nodes[index + 1].end;

    return other < nodes[index].end
               ? render_nodes(render, other + 1, nodes[other].end, out)
               : FUP_OK;
}

static enum fup_code
render_for(struct fup_lq_render *render, uint32_t index, struct fup_buf *out)
{
    const struct fup_lq_node *node = &render->liquid->nodes[index];
    struct fup_lq_frame frame = {.name = node->name, .parent = render->frame};
    const struct fup_lq_array *items = NULL;
    int64_t first = 0;
    enum fup_code code = loop_items(render, node, &items);

    if (code == FUP_OK) {
        code = loop_window(render, node, (int64_t)items->n, &first,
                           &frame.loop.length);
    }
    if (code != FUP_OK || frame.loop.length == 0) {
        return code == FUP_OK ? render_no_items(render, index, out) : code;
    }
    frame.loop.variable = render->liquid->names[node->name];
    frame.loop.collection = node->text;
    frame.loop.parent = render->frame != NULL ? &render->frame->loop : NULL;
    render->frame = &frame;
    while (code == FUP_OK && frame.loop.index < frame.loop.length &&
           render->leaving != LQ_NODE_BREAK) {
        frame.item = items->items[node->reversed ? first + frame.loop.length -
                                                       1 - frame.loop.index
                                                 : first + frame.loop.index];
        code = loop_round(render, node, index + 1, out);
        frame.loop.index++;
    }
    render->frame = frame.parent;
    render->leaving = LQ_NODE_TEXT;
    return code;
}

static enum fup_code
render_node(struct fup_lq_render *render, uint32_t index, struct fup_buf *out)
{
    const struct fup_lq_node *node = &render->liquid->nodes[index];

    switch (node->kind) {
    case LQ_NODE_TEXT:
        fup_buf_add(out, node->text.p, node->text.n);
        return out_check(render, out);
    case LQ_NODE_OUTPUT:
        return render_output(render, node, out);
    case LQ_NODE_ASSIGN:
        return render_assign(render, node);
    case LQ_NODE_CAPTURE:
        return render_capture(render, index, out->max);
    case LQ_NODE_IF:
        return render_if(render, index, out);
    case LQ_NODE_CASE:
        return render_case(render, index, out);
    case LQ_NODE_FOR:
        return render_for(render, index, out);
    case LQ_NODE_BREAK:
    case LQ_NODE_CONTINUE:
        render->leaving = node->kind;
        return FUP_OK;
    case LQ_NODE_BRANCH:
    default:
        return FUP_OK;
    }
}

static enum fup_code render_nodes(struct fup_lq_render *render,
                                  uint32_t from,
                                  uint32_t to,
                                  struct fup_buf *out)
{
    const struct fup_lq_node *nodes = render->liquid->nodes;
    enum fup_code code = FUP_OK;

    for (uint32_t i = from; i < to && code == FUP_OK; i = nodes[i].end) {
        code = fup_lq_render_work(render, 1);
        if (code == FUP_OK) {
            code = render_node(render, i, out);
        }
        if (render->leaving != LQ_NODE_TEXT) {
            break;
        }
    }
    return code;
}

static enum fup_code prepare(struct fup_lq_render *render)
{
    uint32_t n_names = render->liquid->n_names;
    uint32_t n_slots = render->liquid->n_slots;

    render->locals =
        fup_lq_arena_take(&render->arena, n_names * sizeof *render->locals);
    render->resumes =
        fup_lq_arena_take(&render->arena, n_slots * sizeof *render->resumes);
    if (render->locals == NULL || render->resumes == NULL) {
        return fup_lq_arena_check(render);
    }
    for (uint32_t i = 0; i < n_names; i++) {
        render->locals[i].type = LQ_UNSET;
    }
    for (uint32_t i = 0; i < n_slots; i++) {
        render->resumes[i] = 0;
    }
    return FUP_OK;
}

static enum fup_code run(struct fup_lq_render *render, struct fup_buf *out)
{
    _Alignas(16) char first[STACK_ARENA];
    enum fup_code code;

    render->loops_left = LQ_LOOPS_MAX;
    render->work_left = LQ_WORK_MAX;
    render->leaving = LQ_NODE_TEXT;
    fup_lq_arena_init(&render->arena, first, sizeof first);
    code = prepare(render);
    if (code == FUP_OK) {
        code = render_nodes(render, 0, render->liquid->n_nodes, out);
    }
    fup_lq_arena_done(&render->arena);
    return code;
}

enum fup_code fup_liquid_render(const struct fup_liquid *liquid,
                                const struct cJSON *data,
                                enum fup_liquid_mode mode,
                                struct fup_buf *out,
                                struct fup_err *err)
{
    struct fup_lq_render render = {
        .liquid = liquid, .data = data, .mode = mode, .err = err};

    return run(&render, out);
}

enum fup_code fup_liquid_render_for(const struct fup_liquid *liquid,
                                    const struct cJSON *data,
                                    const struct fup_liquid_reader *reader,
                                    struct fup_buf *out,
                                    struct fup_err *err)
{
    struct fup_lq_render render = {
        .liquid = liquid, .data = data, .mode = FUP_LIQUID_STRICT, .err = err};

    if (reader != NULL) {
        render.reader = *reader;
    }
    return run(&render, out);
}
