#include "codec/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_in.h"

#define JSON_BYTES_MAX ((size_t)1024 * 1024)
#define FIRST_BYTES    16384

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

enum fup_code fup_text_file_read(const char *path,
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

static enum fup_code parse(const char *path,
                           const char *text,
                           size_t len,
                           struct cJSON **ret_object,
                           struct fup_problems *problems)
{
    struct fup_json json;
    enum fup_code code = fup_json_open(&json, path, text, len, problems);

    if (code == FUP_OK && !cJSON_IsObject(json.root)) {
        fup_json_expected(&json, json.root, "an object { }");
        code = FUP_EPARSE;
    }
    if (code != FUP_OK) {
        fup_json_close(&json);
        return code;
    }
    *ret_object = json.root;
    return FUP_OK;
}

enum fup_code fup_text_file_json(const char *path,
                                 struct cJSON **ret_object,
                                 struct fup_problems *problems)
{
    struct fup_place place = {.file = path};
    struct fup_err err;
    char *text = NULL;
    size_t len = 0;
    enum fup_code code =
        fup_text_file_read(path, JSON_BYTES_MAX, &text, &len, &err);

    if (code == FUP_EIO || code == FUP_ELIMIT) {
        fup_problems_error(problems, &place, "%s", err.msg);
        return FUP_EIO;
    }
    if (code == FUP_OK) {
        code = parse(path, text, len, ret_object, problems);
        free(text);
    }
    return code;
}

void fup_text_file_json_free(struct cJSON *object)
{
    cJSON_Delete(object);
}
