#include "attribute.h"

#include <stdint.h>
#include <string.h>

#include "core/utf8.h"

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

/* Four hexadecimal digits at @p, or -1. */
static int32_t hex4(const char *p)
{
    int32_t value = 0;

    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *found = p[i] != '\0' ? strchr(digits, p[i]) : NULL;

        if (found == NULL) {
            return -1;
        }
        value = value * 16 + (int32_t)((found - digits) % 16);
    }
    return value;
}

/* Decode "uXXXX", or two of them that form a pair, at *@p. Returns the length
 * of what it stands for, 0 when it is broken. */
static size_t take_unicode(const char **p, char ret[4])
{
    int32_t high = hex4(*p + 1);
    int32_t low;

    if (high <= 0) {
        return 0;
    }
    *p += 5;
    if (high < 0xd800 || high > 0xdfff) {
        return fup_utf8_encode((uint32_t)high, ret);
    }
    if (high > 0xdbff || (*p)[0] != '\\' || (*p)[1] != 'u') {
        return 0;
    }
    low = hex4(*p + 2);
    if (low < 0xdc00 || low > 0xdfff) {
        return 0;
    }
    *p += 6;
    return fup_utf8_encode(0x10000 + ((uint32_t)(high - 0xd800) << 10) +
                               (uint32_t)(low - 0xdc00),
                           ret);
}

/* Decode one character of a string; returns its length, 0 when broken. */
static size_t take_char(const char **p, char ret[4])
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (**p != '\\') {
        ret[0] = *(*p)++;
        return 1;
    }
    (*p)++;
    if (**p == 'u') {
        return take_unicode(p, ret);
    }
    found = **p != '\0' ? strchr(names, **p) : NULL;
    if (found == NULL) {
        return 0;
    }
    (*p)++;
    ret[0] = values[found - names];
    return 1;
}

/* Step over the string at @p (its opening quote), and tell whether it reads
 * @text. NULL when it is broken. */
static const char *take_string(const char *p, const char *text, bool *ret_same)
{
    bool same = true;

    for (p++; *p != '"';) {
        char c[4];
        size_t len = *p != '\0' ? take_char(&p, c) : 0;

        if (len == 0) {
            return NULL;
        }
        if (same && strncmp(text, c, len) == 0) {
            text += len;
        } else {
            same = false;
        }
    }
    *ret_same = same && *text == '\0';
    return p + 1;
}

/* Step over one character, or one string, of a value; NULL when broken. */
static const char *skip_piece(const char *p, size_t *depth)
{
    bool same;

    switch (*p) {
    case '"':
        return take_string(p, "", &same);
    case '\0':
        return NULL;
    case '{':
    case '[':
        ++*depth;
        break;
    case '}':
    case ']':
        *depth -= *depth > 0 ? 1 : 0;
        break;
    default:
        break;
    }
    return p + 1;
}

/* Step over the value at @p, to what follows it; NULL when it is broken. */
static const char *skip_value(const char *p)
{
    size_t depth = 0;

    do {
        p = skip_piece(p, &depth);
    } while (p != NULL && (depth > 0 || strchr(",}", *p) == NULL));
    return p;
}

static bool scalar_is(const char *p, const char *text)
{
    size_t len = strcspn(p, ",} \t\r\n");

    return len > 0 && strchr("{[n", *p) == NULL && strlen(text) == len &&
           memcmp(p, text, len) == 0;
}

static bool value_is(const char *p, const char *text)
{
    bool same = false;

    if (*p == '"') {
        return take_string(p, text, &same) != NULL && same;
    }
    return scalar_is(p, text);
}

/* The value of the top-level member @name, or NULL. */
static const char *find_member(const char *json, const char *name)
{
    const char *p = skip_blanks(json);

    if (*p != '{') {
        return NULL;
    }
    do {
        bool same = false;

        p = skip_blanks(p + 1);
        p = *p == '"' ? take_string(p, name, &same) : NULL;
        p = p != NULL ? skip_blanks(p) : NULL;
        if (p == NULL || *p != ':') {
            return NULL;
        }
        p = skip_blanks(p + 1);
        if (same) {
            return p;
        }
        p = skip_value(p);
    } while (p != NULL && *p == ',');
    return NULL;
}

bool fup_attribute_matches(const char *json,
                           const char *name,
                           const struct fup_names *values)
{
    const char *value = json != NULL ? find_member(json, name) : NULL;

    for (size_t i = 0; value != NULL && i < values->n; i++) {
        if (value_is(value, values->items[i])) {
            return true;
        }
    }
    return false;
}
