/* Values in PostgreSQL's binary format: what its functions *_send() write and
 * *_recv() read ("Formats and Format Codes" in its documentation of the
 * protocol). They need neither to be printed nor parsed nor escaped, which
 * matters where rows are long or many. */

#ifndef FUP_PG_BINARY_H
#define FUP_PG_BINARY_H

#include <stdint.h>

#include "core/buf.h"

/* Object ids of types, the same in every database (pg_type.dat). */
enum fup_pg_type {
    FUP_PG_BOOL = 16,
    FUP_PG_INT8 = 20,
    FUP_PG_INT4 = 23,
    FUP_PG_TEXT = 25,
    FUP_PG_TIMESTAMPTZ = 1184,
};

/* Instants are microseconds since 2000 there; the largest stands for infinity,
 * there and here. */
#define FUP_PG_EPOCH_US INT64_C(946684800000000)

/* An array of rows of one composite type: begin in an empty @buf, with the
 * type's object id; then for each row begin, its columns in order, end. */
void fup_pg_rows_begin(struct fup_buf *buf, uint32_t type);
/* How many rows have been begun. */
uint32_t fup_pg_rows_n(const struct fup_buf *buf);

/* @columns: how many follow. Returns what the end wants to know. */
size_t fup_pg_row_begin(struct fup_buf *buf, uint32_t columns);
void fup_pg_row_null(struct fup_buf *buf, enum fup_pg_type type);
void fup_pg_row_text(struct fup_buf *buf, const char *text);
/* A number of any type but text; an instant is microseconds since 1970. */
void fup_pg_row_int(struct fup_buf *buf, enum fup_pg_type type, int64_t value);
void fup_pg_row_end(struct fup_buf *buf, size_t begun);

#endif
