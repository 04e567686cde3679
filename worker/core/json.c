#include "core/json.h"

#include <string.h>

#include "core/time.h"

/* Bytes of the valid UTF-8 sequence at @p, 0 if it is none (RFC 3629). */
static size_t sequence_len(const unsigned char *p)
{
    size_t len;

    if (p[0] < 0x80) {
        return 1;
    }
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        len = 2;
    } else if ((p[0] & 0xf0) == 0xe0) {
        len = 3;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        len = 4;
    } else {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
        return 0;
    }
    return len;
}

static void add_escaped(struct fup_buf *buf, unsigned char c)
{
    static const char letters[][2] = {
        ['\b'] = "b", ['\t'] = "t", ['\n'] = "n", ['\f'] = "f", ['\r'] = "r",
    };

    if (c == '"' || c == '\\') {
        fup_buf_addc(buf, '\\');
        fup_buf_addc(buf, (char)c);
    } else if (c < sizeof letters / sizeof letters[0] &&
               letters[c][0] != '\0') {
        fup_buf_addc(buf, '\\');
        fup_buf_adds(buf, letters[c]);
    } else {
        fup_buf_addf(buf, "\\u%04x", c);
    }
}

void fup_json_string(struct fup_buf *buf, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    if (text == NULL) {
        fup_buf_adds(buf, "null");
        return;
    }
    fup_buf_addc(buf, '"');
    while (*p != '\0') {
        const unsigned char *start = p;
        size_t len = 1;

        while (*p >= 0x20 && *p != 0x7f && *p != '"' && *p != '\\' &&
               (len = sequence_len(p)) > 0) {
            p += len;
        }
        fup_buf_add(buf, start, (size_t)(p - start));
        if (len == 0) {
            fup_buf_adds(buf, "\xef\xbf\xbd");
            p++;
        } else if (*p != '\0') {
            add_escaped(buf, *p);
            p++;
        }
    }
    fup_buf_addc(buf, '"');
}

void fup_json_time(struct fup_buf *buf, int64_t at)
{
    char text[FUP_TIME_TEXT];

    fup_json_string(buf,
                    at == FUP_TIME_NONE ? NULL : fup_time_format(at, text));
}

void fup_json_comma(struct fup_buf *buf)
{
    if (buf->len > 0 && strchr("{[:,", buf->data[buf->len - 1]) == NULL) {
        fup_buf_addc(buf, ',');
    }
}

void fup_json_begin(struct fup_buf *buf, char bracket)
{
    fup_json_comma(buf);
    fup_buf_addc(buf, bracket);
}

void fup_json_end(struct fup_buf *buf, char bracket)
{
    fup_buf_addc(buf, bracket);
}

void fup_json_key(struct fup_buf *buf, const char *key)
{
    fup_json_comma(buf);
    fup_json_string(buf, key);
    fup_buf_addc(buf, ':');
}

void fup_json_add_text(struct fup_buf *buf, const char *key, const char *value)
{
    if (value != NULL) {
        fup_json_key(buf, key);
        fup_json_string(buf, value);
    }
}

void fup_json_add_int(struct fup_buf *buf, const char *key, int64_t value)
{
    fup_json_key(buf, key);
    fup_buf_addf(buf, "%lld", (long long)value);
}

void fup_json_add_bool(struct fup_buf *buf, const char *key, bool value)
{
    fup_json_key(buf, key);
    fup_buf_adds(buf, value ? "true" : "false");
}

void fup_json_add_us(struct fup_buf *buf, const char *key, int64_t at)
{
    if (at != FUP_TIME_NONE) {
        fup_json_add_int(buf, key, at);
    }
}

void fup_json_add_time(struct fup_buf *buf, const char *key, int64_t at)
{
    if (at != FUP_TIME_NONE) {
        fup_json_key(buf, key);
        fup_json_time(buf, at);
    }
}
