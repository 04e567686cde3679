#include "pg/binary.h"

#include <string.h>

/* In the head of an array: dimensions, flags, type, how many, first index. */
enum { N_AT = 12 };

static void add_int(struct fup_buf *buf, uint64_t value, size_t len)
{
    char bytes[8];

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)(value >> 8 * (len - 1 - i));
    }
    fup_buf_add(buf, bytes, len);
}

/* Write over four bytes that are there. */
static void put_int(struct fup_buf *buf, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        buf->data[at + i] = (char)(value >> 8 * (3 - i));
    }
}

void fup_pg_rows_begin(struct fup_buf *buf, uint32_t type)
{
    add_int(buf, 1, 4);
    add_int(buf, 0, 4);
    add_int(buf, type, 4);
    add_int(buf, 0, 4);
    add_int(buf, 1, 4);
}

uint32_t fup_pg_rows_n(const struct fup_buf *buf)
{
    uint32_t n = 0;

    for (size_t i = 0; buf->len > N_AT && i < 4; i++) {
        n = n << 8 | (unsigned char)buf->data[N_AT + i];
    }
    return n;
}

size_t fup_pg_row_begin(struct fup_buf *buf, uint32_t columns)
{
    size_t begun = buf->len;

    if (buf->failed == FUP_OK) {
        put_int(buf, N_AT, fup_pg_rows_n(buf) + 1);
    }
    add_int(buf, 0, 4); /* how long: written at the end */
    add_int(buf, columns, 4);
    return begun;
}

void fup_pg_row_null(struct fup_buf *buf, enum fup_pg_type type)
{
    add_int(buf, type, 4);
    add_int(buf, UINT32_MAX, 4);
}

void fup_pg_row_text(struct fup_buf *buf, const char *text)
{
    size_t len = strlen(text);

    add_int(buf, FUP_PG_TEXT, 4);
    add_int(buf, len, 4);
    fup_buf_add(buf, text, len);
}

static size_t length_of(enum fup_pg_type type)
{
    return type == FUP_PG_BOOL ? 1 : type == FUP_PG_INT4 ? 4 : 8;
}

void fup_pg_row_int(struct fup_buf *buf, enum fup_pg_type type, int64_t value)
{
    size_t len = length_of(type);

    if (type == FUP_PG_TIMESTAMPTZ && value != INT64_MAX) {
        value -= FUP_PG_EPOCH_US;
    }
    add_int(buf, type, 4);
    add_int(buf, len, 4);
    add_int(buf, (uint64_t)value, len);
}

void fup_pg_row_end(struct fup_buf *buf, size_t begun)
{
    if (buf->failed == FUP_OK) {
        put_int(buf, begun, (uint32_t)(buf->len - begun - 4));
    }
}
