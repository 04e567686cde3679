#include "json_where.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <string.h>

#include "text.h"

/* What fup_json_scan() knows while it walks. */
struct scan {
    const char *text;
    size_t len;
    size_t at;
    int depth;
    bool in_string;
};

/* One character inside a string; returns its bytes. */
static size_t scan_in_string(struct scan *scan, size_t n)
{
    const char *p = scan->text + scan->at;

    if (*p == '"') {
        scan->in_string = false;
    }
    /* A backslash hides the character after it. */
    return *p == '\\' && scan->at + 1 < scan->len && (unsigned char)p[1] < 0x80
               ? 2
               : n;
}

static void scan_outside(struct scan *scan)
{
    char c = scan->text[scan->at];

    if (c == '"') {
        scan->in_string = true;
    } else if (c == '{' || c == '[') {
        scan->depth++;
    } else if (c == '}' || c == ']') {
        scan->depth--;
    }
}

static const char *scan_fault(const struct scan *scan, size_t n)
{
    const char *p = scan->text + scan->at;
    size_t left = scan->len - scan->at;

    if (n == 0) {
        return "not valid UTF-8";
    }
    if (*p == '\0') {
        return "a NUL byte";
    }
    if (scan->in_string && (unsigned char)*p < 0x20) {
        return "a control character in a string: write it as \\n, \\t or "
               "\\u00XX";
    }
    if (scan->in_string && left >= 6 && memcmp(p, "\\u0000", 6) == 0) {
        return "\\u0000 is not allowed";
    }
    return NULL;
}

enum fup_code fup_json_scan(const char *text,
                            size_t len,
                            size_t *ret_offset,
                            struct fup_err *err)
{
    struct scan scan = {.text = text, .len = len};

    while (scan.at < len) {
        size_t n = fup_text_char(text + scan.at, len - scan.at);
        const char *fault = scan_fault(&scan, n);

        if (fault != NULL) {
            *ret_offset = scan.at;
            return fup_err_set(err, FUP_EPARSE, "%s", fault);
        }
        if (scan.in_string) {
            n = scan_in_string(&scan, n);
        } else {
            scan_outside(&scan);
        }
        if (scan.depth > FUP_JSON_DEPTH_MAX) {
            *ret_offset = scan.at;
            return fup_err_set(err, FUP_ELIMIT, "nested deeper than %d",
                               FUP_JSON_DEPTH_MAX);
        }
        scan.at += n;
    }
    return FUP_OK;
}

/* Count values in document order up to @item. */
static bool
count_up_to(const struct cJSON *at, const struct cJSON *item, size_t *n)
{
    if (at == item) {
        return true;
    }
    (*n)++;
    for (const struct cJSON *child = at->child; child != NULL;
         child = child->next) {
        if (count_up_to(child, item, n)) {
            return true;
        }
    }
    return false;
}

static size_t skip_string(const char *text, size_t len, size_t at)
{
    for (at++; at < len && text[at] != '"'; at++) {
        at += text[at] == '\\';
    }
    return at + 1;
}

static size_t skip_blank(const char *text, size_t len, size_t at)
{
    while (at < len && strchr(" \t\r\n", text[at]) != NULL) {
        at++;
    }
    return at;
}

/* The end of the token at @at: a string, a bracket, or a bare word. */
static size_t skip_token(const char *text, size_t len, size_t at)
{
    if (text[at] == '"') {
        return skip_string(text, len, at);
    }
    at++;
    while (at < len && (isalnum((unsigned char)text[at]) ||
                        strchr("+-.", text[at]) != NULL)) {
        at++;
    }
    return at;
}

size_t fup_json_offset(const char *text,
                       size_t len,
                       const struct cJSON *root,
                       const struct cJSON *item,
                       bool key)
{
    size_t left = 0; /* values before the one looked for */
    size_t name_at = 0;
    size_t at = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    (void)count_up_to(root, item, &left);
    while (at < len) {
        size_t end;
        size_t next;

        if (strchr(" \t\r\n,:}]", text[at]) != NULL) {
            at++;
            continue;
        }
        end = text[at] == '{' || text[at] == '[' ? at + 1
                                                 : skip_token(text, len, at);
        next = skip_blank(text, len, end);
        /* Only a name is followed by a colon. */
        if (text[at] == '"' && next < len && text[next] == ':') {
            name_at = at;
        } else if (left-- == 0) {
            return key ? name_at : at;
        }
        at = end;
    }
    return 0;
}

void fup_json_position(const char *text,
                       size_t offset,
                       int *ret_line,
                       int *ret_column)
{
    int line = 1;
    int column = 1;

    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    *ret_line = line;
    *ret_column = column;
}
