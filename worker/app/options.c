#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/near.h"
#include "secret.h"

const struct fup_option_row fup_option_rows[] = {

#define FUP_OPTION(name, type, unit, min, max, fallback, reload, secret, text) \
    {#name,                                                                    \
     unit,                                                                     \
     min,                                                                      \
     max,                                                                      \
     fallback,                                                                 \
     text,                                                                     \
     offsetof(struct fup_options, name),                                       \
     FUP_OPTION_IS_##type,                                                     \
     reload,                                                                   \
     secret},
#include "options.def"
#undef FUP_OPTION
};

const size_t fup_option_rows_n =
    sizeof fup_option_rows / sizeof fup_option_rows[0];

#define ENV_PREFIX "FOLLOWUP_"

static bool is_text(const struct fup_option_row *row)
{
    return row->type == FUP_OPTION_IS_TEXT || row->type == FUP_OPTION_IS_WORD;
}

static void *field(struct fup_options *options,
                   const struct fup_option_row *row)
{
    return (char *)options + row->offset;
}

/* --- one value ---------------------------------------------------------- */

static bool is_word(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p <= 0x20 || *p >= 0x7f || *p == '{' || *p == '}') {
            return false;
        }
    }
    return true;
}

static enum fup_code set_int(int64_t *value,
                             const struct fup_option_row *row,
                             const char *text,
                             const char *where,
                             struct fup_err *err)
{
    char *end;
    intmax_t number;

    errno = 0;
    number = strtoimax(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || number < row->min ||
        number > row->max) {
        return fup_err_set(err, FUP_EINVAL,
                           "%s: %.40s is no whole number from %" PRId64
                           " to %" PRId64 "%s%s",
                           where, text, row->min, row->max,
                           row->unit[0] != '\0' ? " " : "", row->unit);
    }
    *value = (int64_t)number;
    return FUP_OK;
}

/* Errors do not repeat the text: it may be a secret. */
static enum fup_code set_text(char **value,
                              const struct fup_option_row *row,
                              const char *text,
                              const char *where,
                              struct fup_err *err)
{
    char *copy = NULL;
    size_t len;
    enum fup_code code;

    if (row->secret && text[0] == '@') {
        struct fup_err why = {0};

        code = fup_secret_read(text + 1, (size_t)row->max, &copy, &why);
        if (code != FUP_OK) {
            return fup_err_set(err, code == FUP_ENOENT ? FUP_EIO : code,
                               "%s: %s", where, why.msg);
        }
    } else {
        copy = strdup(text);
    }
    if (copy == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "%s: out of memory", where);
    }
    len = strlen(copy);
    code = FUP_OK;
    if ((int64_t)len < row->min || (int64_t)len > row->max) {
        code = fup_err_set(err, FUP_EINVAL,
                           "%s: %zu bytes, expected %" PRId64 " to %" PRId64,
                           where, len, row->min, row->max);
    } else if (row->type == FUP_OPTION_IS_WORD && !is_word(copy)) {
        code =
            fup_err_set(err, FUP_EINVAL,
                        "%s: only visible ASCII, no spaces or braces", where);
    }
    if (code != FUP_OK) {
        free(copy);
        return code;
    }
    free(*value);
    *value = copy;
    return FUP_OK;
}

enum fup_code fup_options_set(struct fup_options *options,
                              const struct fup_option_row *row,
                              const char *text,
                              const char *where,
                              struct fup_err *err)
{
    switch (row->type) {
    case FUP_OPTION_IS_INT:
        return set_int(field(options, row), row, text, where, err);
    case FUP_OPTION_IS_LEVEL:
        if (fup_log_level_parse(text, field(options, row)) != FUP_OK) {
            return fup_err_set(err, FUP_EINVAL,
                               "%s: %.40s is not error, warn, info or debug",
                               where, text);
        }
        return FUP_OK;
    case FUP_OPTION_IS_TEXT:
    case FUP_OPTION_IS_WORD:
    default:
        return set_text(field(options, row), row, text, where, err);
    }
}

/* --- names -------------------------------------------------------------- */

static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if (*a != *b && !(*a == '-' && *b == '_')) {
            return false;
        }
    }
    return *a == *b;
}

const char *fup_options_flag(const char *name, char buf[FUP_OPTION_NAME])
{
    (void)snprintf(buf, FUP_OPTION_NAME, "--%s", name);
    for (char *p = buf; *p != '\0'; p++) {
        if (*p == '_') {
            *p = '-';
        }
    }
    return buf;
}

const struct fup_option_row *fup_options_find(const char *name)
{
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        if (same_name(name, fup_option_rows[i].name)) {
            return &fup_option_rows[i];
        }
    }
    return NULL;
}

/* --- environment -------------------------------------------------------- */

/* FOLLOWUP_LEASE_MS=… to lease_ms; NULL when it is none of ours. */
static const char *env_name(const char *entry, char name[FUP_OPTION_NAME])
{
    size_t len = strlen(ENV_PREFIX);
    size_t n = 0;

    if (strncmp(entry, ENV_PREFIX, len) != 0) {
        return NULL;
    }
    for (const char *p = entry + len; *p != '='; p++) {
        if (*p == '\0' || n + 1 == FUP_OPTION_NAME) {
            return NULL;
        }
        name[n++] = (char)tolower((unsigned char)*p);
    }
    name[n] = '\0';
    return entry + len + n + 1;
}

static enum fup_code
set_env(struct fup_options *options, const char *entry, struct fup_err *err)
{
    char name[FUP_OPTION_NAME];
    char where[2 * FUP_OPTION_NAME];
    const char *value = env_name(entry, name);
    const struct fup_option_row *row;
    struct fup_near near = {.text = name};

    if (value == NULL || *value == '\0' || strcmp(name, "config") == 0) {
        return FUP_OK;
    }
    row = fup_options_find(name);
    (void)snprintf(where, sizeof where, "%.*s", (int)(value - entry - 1),
                   entry);
    if (row != NULL) {
        return fup_options_set(options, row, value, where, err);
    }
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        fup_near_try(&near, fup_option_rows[i].name);
    }
    if (near.best != NULL) {
        return fup_err_set(err, FUP_EINVAL, "%s is unknown; is %s meant?",
                           where, near.best);
    }
    return FUP_OK;
}

static const char *env_config(char *const *environment)
{
    const char *name = ENV_PREFIX "CONFIG=";

    for (char *const *p = environment; p != NULL && *p != NULL; p++) {
        if (strncmp(*p, name, strlen(name)) == 0 && (*p)[strlen(name)] != 0) {
            return *p + strlen(name);
        }
    }
    return NULL;
}

/* --- flags -------------------------------------------------------------- */

/* One flag of @argv at @i: its name without dashes in @name, its value or NULL.
 * *@ret_n is how many arguments it takes up. False: it is no flag. */
static bool split_flag(char *const *argv,
                       int i,
                       char name[FUP_OPTION_NAME],
                       const char **ret_value,
                       int *ret_n)
{
    size_t len = strcspn(argv[i], "=");

    if (strncmp(argv[i], "--", 2) != 0 || len < 3 ||
        len - 2 >= FUP_OPTION_NAME) {
        return false;
    }
    memcpy(name, argv[i] + 2, len - 2);
    name[len - 2] = '\0';
    if (argv[i][len] == '=') {
        *ret_value = argv[i] + len + 1;
        *ret_n = 1;
    } else {
        *ret_value = argv[i + 1];
        *ret_n = *ret_value == NULL ? 1 : 2;
    }
    return true;
}

/* Flags are kept until file and environment have been read. */
static enum fup_code take_flag(struct fup_options *options,
                               char *const *argv,
                               int i,
                               int *ret_n,
                               struct fup_err *err)
{
    char name[FUP_OPTION_NAME];
    const char *value;
    const struct fup_option_row *row;

    *ret_n = 0;
    if (!split_flag(argv, i, name, &value, ret_n)) {
        return FUP_OK;
    }
    row = fup_options_find(name);
    if (strcmp(argv[i], "--print-config") == 0) {
        options->print_config = true;
        *ret_n = 1;
        return FUP_OK;
    }
    if (row == NULL && strcmp(name, "config") != 0) {
        *ret_n = 0;
        return FUP_OK;
    }
    if (value == NULL) {
        return fup_err_set(err, FUP_EINVAL, "--%s needs a value", name);
    }
    if (row == NULL) {
        options->flags.config = value;
    } else {
        options->flags.values[row - fup_option_rows] = value;
    }
    return FUP_OK;
}

static enum fup_code take_flags(struct fup_options *options,
                                int *argc,
                                char **argv,
                                struct fup_err *err)
{
    int left = 1;
    int i = 1;

    while (i < *argc && strcmp(argv[i], "--") != 0) {
        int n;
        enum fup_code code = take_flag(options, argv, i, &n, err);

        if (code != FUP_OK) {
            return code;
        }
        if (n == 0) {
            argv[left++] = argv[i++];
        }
        i += n;
    }
    while (i < *argc) {
        argv[left++] = argv[i++];
    }
    *argc = left;
    argv[left] = NULL;
    return FUP_OK;
}

static enum fup_code set_flags(struct fup_options *options, struct fup_err *err)
{
    enum fup_code code = FUP_OK;

    for (size_t i = 0; i < fup_option_rows_n && code == FUP_OK; i++) {
        const struct fup_option_row *row = &fup_option_rows[i];
        char where[FUP_OPTION_NAME];

        if (options->flags.values[i] != NULL) {
            code = fup_options_set(options, row, options->flags.values[i],
                                   fup_options_flag(row->name, where), err);
        }
    }
    return code;
}

/* --- all ---------------------------------------------------------------- */

/* Host name and process: unique among the workers that are alive. */
static enum fup_code name_worker(struct fup_options *options,
                                 struct fup_err *err)
{
    char host[65] = "";
    char name[128];

    if (options->worker_id[0] != '\0') {
        return FUP_OK;
    }
    if (gethostname(host, sizeof host - 1) != 0 || !is_word(host) ||
        host[0] == '\0') {
        (void)snprintf(host, sizeof host, "worker");
    }
    (void)snprintf(name, sizeof name, "%s-%ld", host, (long)getpid());
    return fup_options_set(options, fup_options_find("worker_id"), name,
                           "worker_id", err);
}

static enum fup_code
read_config(struct fup_options *options, const char *path, struct fup_err *err)
{
    enum fup_code code;

    code = fup_options_read_file(options, path ? path : FUP_OPTIONS_FILE, err);
    if (code == FUP_ENOENT) {
        return path == NULL ? FUP_OK : FUP_EIO;
    }
    return code;
}

/* From where @options->flags and @environment say. */
static enum fup_code
fill(struct fup_options *options, char *const *environment, struct fup_err *err)
{
    enum fup_code code = FUP_OK;
    const char *config = options->flags.config;

    for (size_t i = 0; i < fup_option_rows_n && code == FUP_OK; i++) {
        const struct fup_option_row *row = &fup_option_rows[i];

        code = fup_options_set(options, row, row->fallback, row->name, err);
    }
    if (code == FUP_OK) {
        code = read_config(
            options, config != NULL ? config : env_config(environment), err);
    }
    for (char *const *p = environment;
         code == FUP_OK && p != NULL && *p != NULL; p++) {
        code = set_env(options, *p, err);
    }
    if (code == FUP_OK) {
        code = set_flags(options, err);
    }
    return code == FUP_OK ? name_worker(options, err) : code;
}

enum fup_code fup_options_parse(int *argc,
                                char **argv,
                                char *const *environment,
                                struct fup_options *ret_options,
                                struct fup_err *err)
{
    enum fup_code code;

    *ret_options = (struct fup_options){0};
    code = take_flags(ret_options, argc, argv, err);
    if (code == FUP_OK) {
        code = fill(ret_options, environment, err);
    }
    if (code != FUP_OK) {
        fup_options_done(ret_options);
    }
    return code;
}

enum fup_code fup_options_again(const struct fup_options *options,
                                char *const *environment,
                                struct fup_options *ret_fresh,
                                struct fup_err *err)
{
    enum fup_code code;

    *ret_fresh = (struct fup_options){.flags = options->flags};
    code = fill(ret_fresh, environment, err);
    if (code != FUP_OK) {
        fup_options_done(ret_fresh);
    }
    return code;
}

void fup_options_done(struct fup_options *options)
{
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        if (is_text(&fup_option_rows[i])) {
            char **text = field(options, &fup_option_rows[i]);

            free(*text);
        }
    }
    *options = (struct fup_options){0};
}
