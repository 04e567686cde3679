#include "text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

/* All of @file into @buf, or an error in *@ret_errno. */
static void read_all(FILE *file, struct fup_buf *buf, int *ret_errno)
{
    char part[4096];
    size_t n;

    do {
        errno = 0;
        n = fread(part, 1, sizeof part, file);
        fup_buf_add(buf, part, n);
    } while (n == sizeof part && buf->failed == FUP_OK);
    *ret_errno = ferror(file) != 0 ? errno : 0;
}

enum fup_code fup_text_file_read(const char *path,
                                 size_t max,
                                 char **ret_text,
                                 struct fup_err *err)
{
    struct fup_buf buf;
    FILE *file = fopen(path, "r");
    enum fup_code code;
    int number = 0;
    char *text;

    if (file == NULL) {
        return fup_err_set(err, errno == ENOENT ? FUP_ENOENT : FUP_EIO,
                           "%s: %s", path, strerror(errno));
    }
    fup_buf_init(&buf, max);
    read_all(file, &buf, &number);
    (void)fclose(file);
    if (number != 0) {
        code = fup_err_set(err, FUP_EIO, "%s: %s", path, strerror(number));
        goto failed;
    }
    if (buf.failed != FUP_OK) {
        code = fup_err_set(err, buf.failed, "%s: longer than %zu bytes", path,
                           max);
        goto failed;
    }
    if (buf.len > 0 && memchr(buf.data, '\0', buf.len) != NULL) {
        code = fup_err_set(err, FUP_EINVAL, "%s: holds a NUL byte", path);
        goto failed;
    }
    text = strdup(fup_buf_text(&buf));
    fup_buf_done(&buf);
    if (text == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    *ret_text = text;
    return FUP_OK;

failed:
    fup_buf_done(&buf);
    return code;
}
