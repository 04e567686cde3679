#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 16384

/* Read to the end, or to one byte more than @max. NULL: no memory. */
static char *read_all(FILE *in, size_t max, size_t *ret_len)
{
    size_t cap = FIRST_BYTES;
    char *text = malloc(cap + 1);
    size_t len = 0;
    size_t got = 1;

    while (text != NULL && got > 0 && len <= max) {
        got = fread(text + len, 1, cap - len, in);
        len += got;
        if (len == cap) {
            char *more = realloc(text, cap * 2 + 1);

            if (more == NULL) {
                free(text);
                return NULL;
            }
            text = more;
            cap *= 2;
        }
    }
    if (text == NULL) {
        return NULL;
    }
    text[len] = '\0';
    *ret_len = len;
    return text;
}

enum fup_code fup_file_read(const char *path,
                            size_t max,
                            char **ret_text,
                            size_t *ret_len,
                            struct fup_err *err)
{
    FILE *in = fopen(path, "rbe");
    char *text = NULL;
    size_t len = 0;
    bool failed;

    if (in != NULL) {
        text = read_all(in, max, &len);
    }
    failed = in == NULL || ferror(in);
    if (failed) {
        (void)fup_err_set(err, FUP_EIO, "cannot read %.160s: %s", path,
                          strerror(errno)); // NOLINT(concurrency-mt-unsafe)
    }
    if (in != NULL) {
        (void)fclose(in);
    }
    if (failed || text == NULL || len > max) {
        free(text);
        return failed ? FUP_EIO
               : text == NULL
                   ? FUP_ENOMEM
                   : fup_err_set(err, FUP_ELIMIT,
                                 "%.160s is larger than %zu bytes", path, max);
    }
    *ret_text = text;
    *ret_len = len;
    return FUP_OK;
}
