#include "core/json.h"

#include <string.h>

#include "core/time.h"
#include "core/utf8.h"

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

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Runs of plain characters are added at once: nearly all text is that. */
void fup_json_string(struct fup_buf *buf, const char *text)
{
    size_t left = text != NULL ? strlen(text) : 0;
    uint32_t character;

    if (text == NULL) {
        fup_buf_adds(buf, "null");
        return;
    }
    fup_buf_addc(buf, '"');
    while (left > 0) {
        size_t n = 0;

        while (n < left && is_plain((unsigned char)text[n])) {
            n++;
        }
        fup_buf_add(buf, text, n);
        if (n == 0) {
            n = fup_utf8_decode(text, left, &character);
            if (n == 1) {
                add_escaped(buf, (unsigned char)*text);
            } else if (n == 0) {
                fup_buf_adds(buf, "\xef\xbf\xbd");
                n = 1;
            } else {
                fup_buf_add(buf, text, n);
            }
        }
        text += n;
        left -= n;
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
    fup_buf_addi(buf, value);
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
