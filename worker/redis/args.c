#include "args.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_BYTES ((size_t)64 * 1024 * 1024)

/* Room in front for how many there are, which is known at the end. */
enum { HEAD = 24 };

/* "@mark number CRLF" at the end of @room; returns how long it is. */
static size_t write_number(char room[HEAD], char mark, size_t number)
{
    size_t at = HEAD;

    room[--at] = '\n';
    room[--at] = '\r';
    do {
        room[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    room[--at] = mark;
    return HEAD - at;
}

void fup_args_init(struct fup_args *args)
{
    fup_buf_init(&args->text, MAX_BYTES);
    args->n = 0;
}

void fup_args_done(struct fup_args *args)
{
    fup_buf_done(&args->text);
}

static void begin(struct fup_args *args)
{
    static const char head[HEAD];

    if (args->n == 0) {
        fup_buf_add(&args->text, head, HEAD);
    }
}

void fup_args_add(struct fup_args *args, const void *bytes, size_t len)
{
    char room[HEAD];
    size_t n;

    begin(args);
    n = write_number(room, '$', len);
    fup_buf_add(&args->text, room + HEAD - n, n);
    fup_buf_add(&args->text, bytes, len);
    fup_buf_add(&args->text, "\r\n", 2);
    args->n++;
}

void fup_args_text(struct fup_args *args, const char *text)
{
    fup_args_add(args, text, strlen(text));
}

void fup_args_printf(struct fup_args *args, const char *fmt, ...)
{
    char text[512];
    va_list list;
    int len;

    va_start(list, fmt);
    len = vsnprintf(text, sizeof text, fmt, list);
    va_end(list);
    if (len < 0 || (size_t)len >= sizeof text) {
        args->text.failed = FUP_ELIMIT;
        return;
    }
    fup_args_add(args, text, (size_t)len);
}

void fup_args_int(struct fup_args *args, int64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)number);

    fup_args_add(args, digits, (size_t)len);
}

void fup_args_id(struct fup_args *args, int64_t id)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)((uint64_t)id >> (56 - 8 * i));
    }
    fup_args_add(args, bytes, sizeof bytes);
}

const char *fup_args_text_of(struct fup_args *args, size_t *ret_len)
{
    size_t n;

    if (args->text.failed != FUP_OK || args->n == 0) {
        return NULL;
    }
    n = write_number(args->text.data, '*', args->n);
    *ret_len = args->text.len - HEAD + n;
    return args->text.data + HEAD - n;
}

void fup_args_add_all(struct fup_args *args, const struct fup_args *more)
{
    begin(args);
    if (more->n > 0 && more->text.failed == FUP_OK) {
        fup_buf_add(&args->text, more->text.data + HEAD, more->text.len - HEAD);
    }
    args->n += more->n;
    if (args->text.failed == FUP_OK) {
        args->text.failed = more->text.failed;
    }
}
