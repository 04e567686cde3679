/* Filters on whole texts: case, white space, escapes. */

#include <string.h>

#include <unicode/uchar.h>

#include "core/utf8.h"
#include "liquid_filter.h"

static enum fup_code join_two(struct fup_lq_call *call,
                              struct fup_lq_span a,
                              struct fup_lq_span b,
                              struct fup_lq_value *ret)
{
    struct fup_lq_out out = {.arena = call->arena};

    fup_lq_out_span(&out, a);
    fup_lq_out_span(&out, b);
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

static enum fup_code apply_append(struct fup_lq_call *call,
                                  struct fup_lq_value *ret)
{
    return join_two(call, fup_lq_call_in(call), fup_lq_call_text(call, 0), ret);
}

static enum fup_code apply_prepend(struct fup_lq_call *call,
                                   struct fup_lq_value *ret)
{
    return join_two(call, fup_lq_call_text(call, 0), fup_lq_call_in(call), ret);
}

/* Map the characters of @text one by one; what is no UTF-8 stays. */
static void
map_case(struct fup_lq_out *out, struct fup_lq_span text, bool upper)
{
    while (text.n > 0) {
        char to[FUP_UTF8_MAX];
        uint32_t c = 0;
        size_t n = fup_utf8_decode(text.p, text.n, &c);

        if (n == 0) {
            n = 1;
            fup_lq_out_add(out, text.p, n);
        } else {
            c = (uint32_t)(upper ? u_toupper((UChar32)c)
                                 : u_tolower((UChar32)c));
            fup_lq_out_add(out, to, fup_utf8_encode(c, to));
        }
        text.p += n;
        text.n -= n;
    }
}

static enum fup_code apply_upcase(struct fup_lq_call *call,
                                  struct fup_lq_value *ret)
{
    struct fup_lq_out out = {.arena = call->arena};

    map_case(&out, fup_lq_call_in(call), true);
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

static enum fup_code apply_downcase(struct fup_lq_call *call,
                                    struct fup_lq_value *ret)
{
    struct fup_lq_out out = {.arena = call->arena};

    map_case(&out, fup_lq_call_in(call), false);
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

static enum fup_code apply_capitalize(struct fup_lq_call *call,
                                      struct fup_lq_value *ret)
{
    struct fup_lq_out out = {.arena = call->arena};
    struct fup_lq_span text = fup_lq_call_in(call);
    size_t first = fup_lq_character(text);

    map_case(&out, (struct fup_lq_span){text.p, first}, true);
    map_case(&out, (struct fup_lq_span){text.p + first, text.n - first}, false);
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

static enum fup_code apply_strip(struct fup_lq_call *call,
                                 struct fup_lq_value *ret)
{
    *ret = fup_lq_string(fup_lq_trim(fup_lq_call_in(call)));
    return FUP_OK;
}

static enum fup_code apply_lstrip(struct fup_lq_call *call,
                                  struct fup_lq_value *ret)
{
    struct fup_lq_span text = fup_lq_call_in(call);
    struct fup_lq_span inner = fup_lq_trim(text);

    inner.n = (size_t)(text.p + text.n - inner.p);
    *ret = fup_lq_string(inner);
    return FUP_OK;
}

static enum fup_code apply_rstrip(struct fup_lq_call *call,
                                  struct fup_lq_value *ret)
{
    struct fup_lq_span text = fup_lq_call_in(call);
    struct fup_lq_span inner = fup_lq_trim(text);

    text.n = inner.n > 0 ? (size_t)(inner.p + inner.n - text.p) : 0;
    *ret = fup_lq_string(text);
    return FUP_OK;
}

static enum fup_code apply_strip_newlines(struct fup_lq_call *call,
                                          struct fup_lq_value *ret)
{
    struct fup_lq_out out = {.arena = call->arena};
    struct fup_lq_span text = fup_lq_call_in(call);

    for (size_t i = 0; i < text.n; i++) {
        bool pair =
            text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n';

        if (text.p[i] != '\n' && !pair) {
            fup_lq_out_add(&out, text.p + i, 1);
        }
    }
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

static enum fup_code apply_newline_to_br(struct fup_lq_call *call,
                                         struct fup_lq_value *ret)
{
    static const char br[] = "<br />\n";
    struct fup_lq_out out = {.arena = call->arena};
    struct fup_lq_span text = fup_lq_call_in(call);

    for (size_t i = 0; i < text.n; i++) {
        bool pair =
            text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n';

        if (text.p[i] == '\n') {
            fup_lq_out_add(&out, br, sizeof br - 1);
        } else if (!pair) {
            fup_lq_out_add(&out, text.p + i, 1);
        }
    }
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

/* What stands for @c in HTML, or NULL: @c itself. */
static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* Whether an entity ("&name;", "&#12;") begins at @text. */
static bool is_entity(struct fup_lq_span text)
{
    bool number = text.n > 1 && text.p[1] == '#';
    size_t start = number ? 2 : 1;
    size_t i = start;

    while (i < text.n && i < 32 &&
           (number ? text.p[i] >= '0' && text.p[i] <= '9'
                   : (text.p[i] | 0x20) >= 'a' && (text.p[i] | 0x20) <= 'z')) {
        i++;
    }
    return i > start && i < text.n && text.p[i] == ';';
}

static enum fup_code
escape(struct fup_lq_call *call, bool once, struct fup_lq_value *ret)
{
    struct fup_lq_out out = {.arena = call->arena};
    struct fup_lq_span text = fup_lq_call_in(call);

    for (; text.n > 0; text.p++, text.n--) {
        const char *entity = entity_of(*text.p);

        if (entity == NULL || (once && *text.p == '&' && is_entity(text))) {
            fup_lq_out_add(&out, text.p, 1);
        } else {
            fup_lq_out_span(&out, fup_lq_span_of(entity));
        }
    }
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

static enum fup_code apply_escape(struct fup_lq_call *call,
                                  struct fup_lq_value *ret)
{
    return escape(call, false, ret);
}

static enum fup_code apply_escape_once(struct fup_lq_call *call,
                                       struct fup_lq_value *ret)
{
    return escape(call, true, ret);
}

static enum fup_code apply_url_encode(struct fup_lq_call *call,
                                      struct fup_lq_value *ret)
{
    static const char hex[] = "0123456789ABCDEF";
    struct fup_lq_out out = {.arena = call->arena};
    struct fup_lq_span text = fup_lq_call_in(call);

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        char code[3] = {'%', hex[c >> 4], hex[c & 0x0f]};
        bool plain = (c >= '0' && c <= '9') ||
                     ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                     (c != '\0' && strchr("-._~", c) != NULL);

        if (plain) {
            fup_lq_out_add(&out, text.p + i, 1);
        } else if (c == ' ') {
            fup_lq_out_add(&out, "+", 1);
        } else {
            fup_lq_out_add(&out, code, sizeof code);
        }
    }
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

/* What strip_html takes out; the last row takes all other tags. */
static const struct {
    const char *start;
    const char *end;
} markup[] = {
    {"<script", "</script>"},
    {"<!--", "-->"},
    {"<style", "</style>"},
    {"<", ">"},
};

#define N_MARKUP (sizeof markup / sizeof markup[0])

static bool starts_with(struct fup_lq_span text, const char *start)
{
    size_t n = strlen(start);

    return text.n >= n && memcmp(text.p, start, n) == 0;
}

/* The end of the markup at the start of @text, or NULL. What was searched in
 * vain once is not searched again (@gone): else "<<<<" costs its square. */
static const char *end_of_markup(struct fup_lq_span text, bool gone[N_MARKUP])
{
    const char *end;

    for (size_t i = 0; i < N_MARKUP; i++) {
        if (gone[i] || !starts_with(text, markup[i].start)) {
            continue;
        }
        end = fup_lq_find(text, fup_lq_span_of(markup[i].end),
                          strlen(markup[i].start));
        if (end != NULL) {
            return end + strlen(markup[i].end);
        }
        gone[i] = true;
    }
    return NULL;
}

static enum fup_code apply_strip_html(struct fup_lq_call *call,
                                      struct fup_lq_value *ret)
{
    struct fup_lq_out out = {.arena = call->arena};
    struct fup_lq_span text = fup_lq_call_in(call);
    bool gone[N_MARKUP] = {false};

    while (text.n > 0) {
        const char *end = *text.p == '<' ? end_of_markup(text, gone) : NULL;

        if (end == NULL) {
            fup_lq_out_add(&out, text.p, 1);
            end = text.p + 1;
        }
        text.n -= (size_t)(end - text.p);
        text.p = end;
    }
    *ret = fup_lq_out_value(&out);
    return FUP_OK;
}

const struct fup_lq_filter fup_lq_filters_string[] = {
    {"append", apply_append, 1, 1},
    {"capitalize", apply_capitalize, 0, 0},
    {"downcase", apply_downcase, 0, 0},
    {"escape", apply_escape, 0, 0},
    {"escape_once", apply_escape_once, 0, 0},
    {"lstrip", apply_lstrip, 0, 0},
    {"newline_to_br", apply_newline_to_br, 0, 0},
    {"prepend", apply_prepend, 1, 1},
    {"rstrip", apply_rstrip, 0, 0},
    {"strip", apply_strip, 0, 0},
    {"strip_html", apply_strip_html, 0, 0},
    {"strip_newlines", apply_strip_newlines, 0, 0},
    {"upcase", apply_upcase, 0, 0},
    {"url_encode", apply_url_encode, 0, 0},
    {NULL, NULL, 0, 0},
};
