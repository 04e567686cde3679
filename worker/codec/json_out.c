#include <string.h>

#include "codec/json.h"
#include "core/time.h"
#include "text.h"

static void add_escaped(struct fup_buf *out, unsigned char c)
{
    static const char letters[][2] = {
        ['\b'] = "b", ['\t'] = "t", ['\n'] = "n", ['\f'] = "f", ['\r'] = "r",
    };

    if (c == '"' || c == '\\') {
        fup_buf_addc(out, '\\');
        fup_buf_addc(out, (char)c);
    } else if (c < sizeof letters / sizeof letters[0] &&
               letters[c][0] != '\0') {
        fup_buf_addc(out, '\\');
        fup_buf_adds(out, letters[c]);
    } else {
        fup_buf_addf(out, "\\u%04x", c);
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Runs of plain characters are added at once: nearly all text is that. */
void fup_json_string(struct fup_buf *out, const char *text)
{
    size_t len;
    size_t i = 0;

    if (text == NULL) {
        fup_buf_adds(out, "null");
        return;
    }
    len = strlen(text);
    fup_buf_addc(out, '"');
    while (i < len) {
        size_t from = i;
        size_t n;

        while (i < len && is_plain((unsigned char)text[i])) {
            i++;
        }
        fup_buf_add(out, text + from, i - from);
        if (i == len) {
            break;
        }
        n = fup_text_char(text + i, len - i);
        if (n == 0) {
            fup_buf_adds(out, "\xef\xbf\xbd");
            n = 1;
        } else if (n == 1) {
            add_escaped(out, (unsigned char)text[i]);
        } else {
            fup_buf_add(out, text + i, n);
        }
        i += n;
    }
    fup_buf_addc(out, '"');
}

void fup_json_time(struct fup_buf *out, int64_t at)
{
    char text[FUP_TIME_TEXT];

    fup_json_string(out,
                    at == FUP_TIME_NONE ? NULL : fup_time_format(at, text));
}
