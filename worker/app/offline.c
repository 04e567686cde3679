#include "offline.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 8192

int fup_offline_usage(const char *command, const char *fmt, ...)
{
    va_list args;

    (void)fprintf(stderr, "followup %s: ", command);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fprintf(stderr, "\nSee followup %s --help.\n", command);
    return FUP_OFFLINE_USAGE;
}

int fup_offline_nomem(const char *command)
{
    (void)fprintf(stderr, "followup %s: %s\n", command,
                  fup_err_text(FUP_ENOMEM));
    return FUP_OFFLINE_ERRORS;
}

enum fup_code fup_offline_format_parse(const char *text,
                                       enum fup_offline_format *ret_format)
{
    static const char *const names[] = {
        [FUP_OFFLINE_TABLE] = "table",
        [FUP_OFFLINE_JSON] = "json",
        [FUP_OFFLINE_CSV] = "csv",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_format = (enum fup_offline_format)i;
            return FUP_OK;
        }
    }
    return FUP_EINVAL;
}

void fup_offline_problems(const struct fup_problems *problems, FILE *to)
{
    struct fup_buf line;

    fup_buf_init(&line, LINE_BYTES_MAX);
    for (size_t i = 0; i < problems->n; i++) {
        fup_buf_clear(&line);
        fup_problem_print(&problems->items[i], &line);
        (void)fprintf(to, "%s\n", fup_buf_text(&line));
    }
    if (problems->dropped > 0) {
        (void)fprintf(to, "and %zu more\n", problems->dropped);
    }
    fup_buf_done(&line);
}

bool fup_offline_write(const struct fup_buf *buf)
{
    return buf->failed == FUP_OK &&
           fwrite(fup_buf_text(buf), 1, buf->len, stdout) == buf->len &&
           fflush(stdout) == 0;
}

enum fup_code fup_offline_channels(const char *path,
                                   struct fup_channels *ret_channels,
                                   struct fup_problems *problems)
{
    const char *slash = strrchr(path, '/');
    char *folder =
        slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    enum fup_code code = FUP_ENOMEM;

    if (folder != NULL) {
        code = fup_channels_load(folder, ret_channels, problems);
    }
    free(folder);
    return code;
}
