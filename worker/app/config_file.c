#include "config_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/text_file.h"

enum fup_code fup_config_file_read(const char *path,
                                   size_t max,
                                   char **ret_text,
                                   struct fup_err *err)
{
    char *text;
    size_t len;
    enum fup_code code;

    if (access(path, F_OK) != 0 && errno == ENOENT) {
        return fup_err_set(err, FUP_ENOENT, "%.160s: no such file", path);
    }
    code = fup_text_file_read(path, max, &text, &len, err);
    if (code != FUP_OK) {
        return code;
    }
    if (strlen(text) != len) {
        free(text);
        return fup_err_set(err, FUP_EINVAL, "%.160s holds a NUL byte", path);
    }
    *ret_text = text;
    return FUP_OK;
}
