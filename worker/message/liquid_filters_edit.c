/* Filters that look for or cut parts of a text. */

#include <string.h>

#include "liquid_filter.h"

/* Replace @part in @text by @by, at most @max times from the left. An empty
 * part is before every character and at the end. */
static struct fup_lq_value replace(struct fup_lq_call *call,
                                   struct fup_lq_span part,
                                   struct fup_lq_span by,
                                   size_t max)
{
    struct fup_lq_out out = {.arena = call->arena};
    struct fup_lq_span text = fup_lq_call_in(call);
    size_t at = 0;

    while (max > 0) {
        const char *found = fup_lq_find(text, part, at);
        size_t step;

        if (found == NULL) {
            break;
        }
        fup_lq_out_add(&out, text.p + at, (size_t)(found - text.p) - at);
        fup_lq_out_span(&out, by);
        at = (size_t)(found - text.p) + part.n;
        max--;
        if (part.n > 0) {
            continue;
        }
        if (at == text.n) {
            break;
        }
        step = fup_lq_character((struct fup_lq_span){text.p + at, text.n - at});
        fup_lq_out_add(&out, text.p + at, step);
        at += step;
    }
    fup_lq_out_add(&out, text.p + at, text.n - at);
    return fup_lq_out_value(&out);
}

static struct fup_lq_value replace_last(struct fup_lq_call *call,
                                        struct fup_lq_span part,
                                        struct fup_lq_span by)
{
    struct fup_lq_out out = {.arena = call->arena};
    struct fup_lq_span text = fup_lq_call_in(call);
    size_t at = text.n + 1;

    while (at > 0 && (at - 1 + part.n > text.n ||
                      memcmp(text.p + at - 1, part.p, part.n) != 0)) {
        at--;
    }
    if (at == 0) {
        return fup_lq_string(text);
    }
    at--;
    fup_lq_out_add(&out, text.p, at);
    fup_lq_out_span(&out, by);
    fup_lq_out_add(&out, text.p + at + part.n, text.n - at - part.n);
    return fup_lq_out_value(&out);
}

static enum fup_code apply_replace(struct fup_lq_call *call,
                                   struct fup_lq_value *ret)
{
    *ret = replace(call, fup_lq_call_text(call, 0), fup_lq_call_text(call, 1),
                   SIZE_MAX);
    return FUP_OK;
}

static enum fup_code apply_replace_first(struct fup_lq_call *call,
                                         struct fup_lq_value *ret)
{
    *ret =
        replace(call, fup_lq_call_text(call, 0), fup_lq_call_text(call, 1), 1);
    return FUP_OK;
}

/* The filters that remove take one argument, so the second reads as "". */
static enum fup_code apply_replace_last(struct fup_lq_call *call,
                                        struct fup_lq_value *ret)
{
    *ret = replace_last(call, fup_lq_call_text(call, 0),
                        fup_lq_call_text(call, 1));
    return FUP_OK;
}

/* The window of @n things that starts at @from (from the end when negative)
 * and has @len of them. Returns whether it begins inside. */
static bool window(int64_t n, int64_t *from, int64_t *len)
{
    if (*from < 0) {
        *from += n;
    }
    if (*from < 0 || *from > n || *len < 0) {
        return false;
    }
    if (*len > n - *from) {
        *len = n - *from;
    }
    return true;
}

static enum fup_code slice_list(struct fup_lq_call *call,
                                int64_t from,
                                int64_t len,
                                struct fup_lq_value *ret)
{
    const struct fup_lq_array *items = fup_lq_items(&call->in, call->arena);
    struct fup_lq_array *some;

    if (items == NULL || !window((int64_t)items->n, &from, &len)) {
        from = 0;
        len = 0;
    }
    some = fup_lq_array_new(call->arena, (size_t)len);
    for (size_t i = 0; some != NULL && items != NULL && i < some->n; i++) {
        some->items[i] = items->items[(size_t)from + i];
    }
    *ret = some != NULL ? fup_lq_list_of(some) : fup_lq_nil();
    return FUP_OK;
}

static enum fup_code apply_slice(struct fup_lq_call *call,
                                 struct fup_lq_value *ret)
{
    struct fup_lq_span text;
    int64_t from = 0;
    int64_t len = 1;
    enum fup_code code = fup_lq_call_whole(call, 0, 0, &from);

    if (code == FUP_OK &&
        fup_lq_call_arg(call, 1, fup_lq_nil()).type != LQ_NIL) {
        code = fup_lq_call_whole(call, 1, 1, &len);
    }
    if (code != FUP_OK) {
        return code;
    }
    if (fup_lq_is_list(&call->in)) {
        return slice_list(call, from, len, ret);
    }
    text = fup_lq_call_in(call);
    if (!window((int64_t)fup_lq_characters(text), &from, &len)) {
        from = 0;
        len = 0;
    }
    from = (int64_t)fup_lq_first_characters(text, (size_t)from);
    text.p += from;
    text.n -= (size_t)from;
    text.n = fup_lq_first_characters(text, (size_t)len);
    *ret = fup_lq_string(text);
    return FUP_OK;
}

/* The next part of @rest before @part; *@rest moves past it. A single space
 * parts at any white space; no text parts every character. */
static struct fup_lq_span next_part(struct fup_lq_span *rest,
                                    struct fup_lq_span part)
{
    struct fup_lq_span one = *rest;
    size_t skip = part.n;
    const char *found;

    if (part.n == 0) {
        one.n = fup_lq_character(*rest);
    } else if (fup_lq_span_is(part, " ")) {
        for (one.n = 0; one.n < rest->n && !fup_lq_is_space(rest->p[one.n]);) {
            one.n++;
        }
        skip = 0;
    } else {
        found = fup_lq_find(*rest, part, 0);
        one.n = found != NULL ? (size_t)(found - rest->p) : rest->n;
    }
    skip = one.n + skip < rest->n ? one.n + skip : rest->n;
    rest->p += skip;
    rest->n -= skip;
    while (fup_lq_span_is(part, " ") && rest->n > 0 &&
           fup_lq_is_space(*rest->p)) {
        rest->p++;
        rest->n--;
    }
    return one;
}

static enum fup_code apply_split(struct fup_lq_call *call,
                                 struct fup_lq_value *ret)
{
    struct fup_lq_span part = fup_lq_call_text(call, 0);
    struct fup_lq_span text = fup_lq_call_in(call);
    struct fup_lq_span rest;
    struct fup_lq_array *parts;
    size_t n = 0;
    size_t kept = 0;

    if (fup_lq_span_is(part, " ")) {
        text = fup_lq_trim(text);
    }
    for (rest = text; rest.n > 0; n++) {
        (void)next_part(&rest, part);
    }
    parts = fup_lq_array_new(call->arena, n);
    if (parts == NULL) {
        return FUP_OK; /* the caller looks at the arena */
    }
    rest = text;
    for (size_t i = 0; i < n; i++) {
        parts->items[i] = fup_lq_string(next_part(&rest, part));
        kept = parts->items[i].as.text.n > 0 ? i + 1 : kept;
    }
    parts->n = kept; /* empty parts at the end do not count */
    *ret = fup_lq_list_of(parts);
    return FUP_OK;
}

static enum fup_code apply_truncate(struct fup_lq_call *call,
                                    struct fup_lq_value *ret)
{
    struct fup_lq_value dots = fup_lq_string(fup_lq_span_of("..."));
    struct fup_lq_span text = fup_lq_call_in(call);
    struct fup_lq_out out = {.arena = call->arena};
    struct fup_lq_span end;
    int64_t max;
    int64_t keep;
    enum fup_code code = fup_lq_call_whole(call, 0, 50, &max);

    if (code != FUP_OK) {
        return code;
    }
    if ((int64_t)fup_lq_characters(text) <= max) {
        *ret = fup_lq_string(text);
        return FUP_OK;
    }
    dots = fup_lq_call_arg(call, 1, dots);
    end = fup_lq_text(&dots, call->arena);
    keep = max - (int64_t)fup_lq_characters(end);
    text.n = fup_lq_first_characters(text, keep > 0 ? (size_t)keep : 0);
    fup_lq_out_span(&out, text);
    fup_lq_out_span(&out, end);
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

static enum fup_code apply_truncatewords(struct fup_lq_call *call,
                                         struct fup_lq_value *ret)
{
    struct fup_lq_value dots = fup_lq_string(fup_lq_span_of("..."));
    struct fup_lq_span text = fup_lq_call_in(call);
    struct fup_lq_span rest = fup_lq_trim(text);
    struct fup_lq_out out = {.arena = call->arena};
    int64_t max;
    enum fup_code code = fup_lq_call_whole(call, 0, 15, &max);

    if (code != FUP_OK) {
        return code;
    }
    max = max < 1 ? 1 : max;
    for (int64_t i = 0; i < max && rest.n > 0; i++) {
        fup_lq_out_add(&out, " ", i > 0);
        fup_lq_out_span(&out, next_part(&rest, fup_lq_span_of(" ")));
    }
    if (rest.n == 0) {
        *ret = fup_lq_string(text);
        return FUP_OK;
    }
    dots = fup_lq_call_arg(call, 1, dots);
    fup_lq_out_span(&out, fup_lq_text(&dots, call->arena));
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

const struct fup_lq_filter fup_lq_filters_edit[] = {
    {"remove", apply_replace, 1, 1},
    {"remove_first", apply_replace_first, 1, 1},
    {"remove_last", apply_replace_last, 1, 1},
    {"replace", apply_replace, 1, 2},
    {"replace_first", apply_replace_first, 1, 2},
    {"replace_last", apply_replace_last, 1, 2},
    {"slice", apply_slice, 1, 2},
    {"split", apply_split, 1, 1},
    {"truncate", apply_truncate, 0, 2},
    {"truncatewords", apply_truncatewords, 0, 2},
    {NULL, NULL, 0, 0},
};
