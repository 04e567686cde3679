#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fup_buf_init(struct fup_buf *buf, size_t max)
{
    *buf = (struct fup_buf){.max = max};
}

void fup_buf_done(struct fup_buf *buf)
{
    free(buf->data);
    *buf = (struct fup_buf){.max = buf->max};
}

void fup_buf_clear(struct fup_buf *buf)
{
    buf->len = 0;
    buf->failed = FUP_OK;
}

const char *fup_buf_text(const struct fup_buf *buf)
{
    return buf->len > 0 ? buf->data : "";
}

/* Make room for @len more bytes and the end. */
static bool reserve(struct fup_buf *buf, size_t len)
{
    size_t cap = buf->cap > 0 ? buf->cap : 128;
    char *data;

    if (buf->failed != FUP_OK) {
        return false;
    }
    if (len > buf->max - buf->len) {
        buf->failed = FUP_ELIMIT;
        return false;
    }
    if (buf->len + len < buf->cap) {
        return true;
    }
    while (cap <= buf->len + len) {
        cap *= 2;
    }
    data = realloc(buf->data, cap);
    if (data == NULL) {
        buf->failed = FUP_ENOMEM;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void fup_buf_add(struct fup_buf *buf, const void *data, size_t len)
{
    if (len == 0 || !reserve(buf, len)) {
        return;
    }
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void fup_buf_adds(struct fup_buf *buf, const char *text)
{
    fup_buf_add(buf, text, strlen(text));
}

void fup_buf_addc(struct fup_buf *buf, char c)
{
    if (reserve(buf, 1)) {
        buf->data[buf->len++] = c;
        buf->data[buf->len] = '\0';
    }
}

void fup_buf_addi(struct fup_buf *buf, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    fup_buf_add(buf, digits + at, sizeof digits - at);
}

void fup_buf_addf(struct fup_buf *buf, const char *fmt, ...)
{
    char start[128]; /* nearly all is shorter, and printed once */
    va_list args;
    va_list again;
    int len;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(start, sizeof start, fmt, args);
    va_end(args);
    if (len > 0 && (size_t)len < sizeof start) {
        fup_buf_add(buf, start, (size_t)len);
    } else if (len > 0 && reserve(buf, (size_t)len)) {
        (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}
