#include "secret.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_file.h"

/* Whether the setting named by @len bytes at @name must not be seen. */
static bool is_secret(const char *name, size_t len)
{
    static const char *const words[] = {"pass", "secret", "scram", "token"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t word = strlen(words[i]);

        for (size_t at = 0; at + word <= len; at++) {
            if (strncasecmp(name + at, words[i], word) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* name=value pairs after the question mark. */
static void mask_query(const char *query, struct fup_buf *out)
{
    while (*query != '\0') {
        size_t len = strcspn(query, "&");
        const char *equals = memchr(query, '=', len);
        size_t name = equals == NULL ? len : (size_t)(equals - query);

        if (equals != NULL && is_secret(query, name)) {
            fup_buf_add(out, query, name + 1);
            fup_buf_adds(out, "***");
        } else {
            fup_buf_add(out, query, len);
        }
        query += len;
        if (*query == '&') {
            fup_buf_addc(out, '&');
            query++;
        }
    }
}

/* scheme://[user][:password]@rest: up to the last '@' all may be password,
 * whatever its owner forgot to escape. */
static void mask_url(const char *url, struct fup_buf *out)
{
    const char *start = strstr(url, "://") + 3;
    const char *at = strrchr(start, '@');
    const char *query;

    fup_buf_add(out, url, (size_t)(start - url));
    if (at != NULL) {
        size_t user = strcspn(start, ":@");

        fup_buf_add(out, start, user);
        fup_buf_adds(out, start[user] == ':' ? ":***@" : "@");
        start = at + 1;
    }
    query = strchr(start, '?');
    if (query == NULL) {
        fup_buf_adds(out, start);
        return;
    }
    fup_buf_add(out, start, (size_t)(query + 1 - start));
    mask_query(query + 1, out);
}

/* The end of the value at @p, quoted or bare; NULL when a quote stays open. */
static const char *value_end(const char *p)
{
    bool quoted = *p == '\'';

    for (p += quoted ? 1 : 0; *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0') {
            p++;
        } else if (quoted && *p == '\'') {
            return p + 1;
        } else if (!quoted && strchr(" \t\r\n", *p) != NULL) {
            return p;
        }
    }
    return quoted ? NULL : p;
}

/* keyword = value pairs, as libpq reads them. False: not understood. */
static bool mask_pairs(const char *text, struct fup_buf *out)
{
    const char *blanks = " \t\r\n";

    for (const char *p = text + strspn(text, blanks); *p != '\0';
         p += strspn(p, blanks)) {
        const char *name = p;
        size_t len = strcspn(p, "= \t\r\n");
        const char *end;

        p += len + strspn(p + len, blanks);
        if (len == 0 || *p != '=') {
            return false;
        }
        p++;
        p += strspn(p, blanks);
        end = value_end(p);
        if (end == NULL) {
            return false;
        }
        fup_buf_adds(out, out->len > 0 ? " " : "");
        fup_buf_add(out, name, len);
        fup_buf_addc(out, '=');
        if (is_secret(name, len)) {
            fup_buf_adds(out, "***");
        } else {
            fup_buf_add(out, p, (size_t)(end - p));
        }
        p = end;
    }
    return true;
}

void fup_secret_mask(const char *value, struct fup_buf *out)
{
    struct fup_buf masked;
    const char *colon = strstr(value, "://");

    fup_buf_init(&masked, out->max);
    if (colon != NULL && colon == value + strcspn(value, ":= \t")) {
        mask_url(value, &masked);
    } else if (!mask_pairs(value, &masked)) {
        fup_buf_clear(&masked);
        fup_buf_adds(&masked, "***");
    }
    fup_buf_adds(out, masked.failed == FUP_OK ? fup_buf_text(&masked) : "***");
    fup_buf_done(&masked);
}

enum fup_code fup_secret_read(const char *path,
                              size_t max,
                              char **ret_text,
                              struct fup_err *err)
{
    char *text;
    enum fup_code code = fup_config_file_read(path, max + 2, &text, err);
    size_t len;

    if (code != FUP_OK) {
        return code;
    }
    len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        text[--len] = '\0';
    }
    if (len > max) {
        free(text);
        return fup_err_set(err, FUP_ELIMIT, "%s: longer than %zu bytes", path,
                           max);
    }
    *ret_text = text;
    return FUP_OK;
}
