/* Growing text buffers, each born with the most it may hold. */

#ifndef FUP_CORE_BUF_H
#define FUP_CORE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* @data is NUL-terminated whenever @len > 0. After a failure (no memory, over
 * @max) @failed keeps the code, and every later add does nothing: check once,
 * at the end. */
struct fup_buf {
    char *data;
    size_t len;
    size_t cap;
    size_t max;
    enum fup_code failed;
};

/* Make @buf empty; it may grow to @max bytes. Allocates nothing. */
void fup_buf_init(struct fup_buf *buf, size_t max);

/* Free what @buf holds. */
void fup_buf_done(struct fup_buf *buf);

/* Forget the content and any failure, keep the memory. */
void fup_buf_clear(struct fup_buf *buf);

/* The content as a C string, "" when empty. Valid until the next add. */
const char *fup_buf_text(const struct fup_buf *buf);

void fup_buf_add(struct fup_buf *buf, const void *data, size_t len);
void fup_buf_adds(struct fup_buf *buf, const char *text);
void fup_buf_addc(struct fup_buf *buf, char c);
void fup_buf_addi(struct fup_buf *buf, int64_t value); /* in decimal */
void fup_buf_addf(struct fup_buf *buf, const char *fmt, ...) FUP_PRINTF(2, 3);

#endif
