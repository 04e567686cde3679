#include "flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "options.h"

#define HELP_BYTES 65536

int fup_exit_of(enum fup_code code)
{
    switch (code) {
    case FUP_OK:
        return FUP_EXIT_OK;
    case FUP_EAWAY:
    case FUP_EUNKNOWN:
    case FUP_ECLOSED:
        return FUP_EXIT_AWAY;
    case FUP_ENOMEM:
    case FUP_EINVAL:
    case FUP_EPARSE:
    case FUP_ELIMIT:
    case FUP_ENOENT:
    case FUP_EIO:
    case FUP_EREFUSED:
    case FUP_EFENCED:
    case FUP_ELOST:
    case FUP_EUNFIT:
    default:
        return FUP_EXIT_REFUSED;
    }
}

static const struct fup_flag *
find(const struct fup_flags *flags, const char *name, size_t len)
{
    for (size_t i = 0; i < flags->n; i++) {
        if (strlen(flags->flags[i].name) == len &&
            strncmp(flags->flags[i].name, name, len) == 0) {
            return &flags->flags[i];
        }
    }
    return NULL;
}

static enum fup_code
unknown(const struct fup_flags *flags, const char *arg, struct fup_err *err)
{
    char name[FUP_OPTION_NAME];
    char flag[FUP_OPTION_NAME];
    struct fup_near near = {.text = name};

    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(arg + 2, "="),
                   arg + 2);
    for (size_t i = 0; i < flags->n; i++) {
        fup_near_try(&near, flags->flags[i].name);
    }
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        fup_near_try(&near, fup_option_rows[i].name);
    }
    if (near.best == NULL) {
        return fup_err_set(err, FUP_EINVAL, "--%s is unknown", name);
    }
    return fup_err_set(err, FUP_EINVAL, "--%s is unknown; is %s meant?", name,
                       fup_options_flag(near.best, flag));
}

/* One flag at argv[i]; *@ret_n is how many arguments it takes up. */
static enum fup_code take(const struct fup_flags *flags,
                          char *const *argv,
                          int i,
                          int *ret_n,
                          struct fup_err *err)
{
    const char *name = argv[i] + 2;
    size_t len = strcspn(name, "=");
    const struct fup_flag *flag;

    *ret_n = 1;
    if (argv[i][1] != '-') {
        return fup_err_set(err, FUP_EINVAL, "%s is unknown", argv[i]);
    }
    flag = find(flags, name, len);
    if (flag == NULL) {
        return unknown(flags, argv[i], err);
    }
    if (flag->ret_set != NULL) {
        *flag->ret_set = true;
        return name[len] == '\0'
                   ? FUP_OK
                   : fup_err_set(err, FUP_EINVAL, "--%s takes no value",
                                 flag->name);
    }
    if (name[len] == '=') {
        *flag->ret_text = name + len + 1;
        return FUP_OK;
    }
    if (argv[i + 1] == NULL || strncmp(argv[i + 1], "--", 2) == 0) {
        return fup_err_set(err, FUP_EINVAL, "--%s needs a value (%s)",
                           flag->name, flag->value);
    }
    *flag->ret_text = argv[i + 1];
    *ret_n = 2;
    return FUP_OK;
}

bool fup_flags_help_wanted(int argc, char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

enum fup_code fup_flags_parse(const struct fup_flags *flags,
                              int argc,
                              char **argv,
                              int *ret_n,
                              struct fup_err *err)
{
    int left = 1;
    bool ended = false;

    if (fup_flags_help_wanted(argc, argv)) {
        return FUP_ENOENT;
    }
    for (int i = 1; i < argc;) {
        int n = 1;

        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (!ended && argv[i][0] == '-' && argv[i][1] != '\0') {
            enum fup_code code = take(flags, argv, i, &n, err);

            if (code != FUP_OK) {
                return code;
            }
        } else {
            argv[left++] = argv[i];
        }
        i += n;
    }
    if (left - 1 > flags->positional_max) {
        return fup_err_set(err, FUP_EINVAL, "%s is one argument too many",
                           argv[flags->positional_max + 1]);
    }
    *ret_n = left - 1;
    return FUP_OK;
}

void fup_flags_help(const struct fup_flags *flags,
                    bool with_options,
                    struct fup_buf *out)
{
    fup_buf_addf(out, "Usage: followup %s\n\n%s\n", flags->usage, flags->about);
    if (flags->n > 0) {
        fup_buf_adds(out, "\nFlags:\n");
    }
    for (size_t i = 0; i < flags->n; i++) {
        const struct fup_flag *flag = &flags->flags[i];

        fup_buf_addf(out, "  --%s%s%s\n      %s\n", flag->name,
                     flag->value != NULL ? " " : "",
                     flag->value != NULL ? flag->value : "", flag->text);
    }
    if (with_options) {
        fup_buf_adds(out, "\nOptions of every command (also in the file, or "
                          "FOLLOWUP_NAME):\n  --config FILE\n      default " //
                     FUP_OPTIONS_FILE "\n  --print-config\n      print what is "
                          "in force, secrets as ***, and end\n");
        fup_options_help(out);
    }
}

bool fup_flags_begin(const struct fup_flags *flags,
                     int argc,
                     char **argv,
                     int *ret_n,
                     int *ret_exit)
{
    struct fup_err err = {0};
    struct fup_buf help;
    enum fup_code code = fup_flags_parse(flags, argc, argv, ret_n, &err);

    if (code == FUP_OK) {
        return true;
    }
    if (code == FUP_ENOENT) {
        fup_buf_init(&help, HELP_BYTES);
        fup_flags_help(flags, true, &help);
        (void)fputs(fup_buf_text(&help), stdout);
        fup_buf_done(&help);
        *ret_exit = FUP_EXIT_OK;
    } else {
        (void)fprintf(stderr, "followup %s: %s\nTry followup %s --help\n",
                      argv[0], err.msg, argv[0]);
        *ret_exit = FUP_EXIT_USAGE;
    }
    return false;
}

int fup_flags_fail(const char *command, const struct fup_err *err)
{
    (void)fprintf(stderr, "followup %s: %s\n", command,
                  err->msg[0] != '\0' ? err->msg : fup_err_text(err->code));
    return fup_exit_of(err->code);
}

bool fup_flags_need(const char *command, const char *name, const char *value)
{
    char flag[FUP_OPTION_NAME];

    if (value[0] != '\0') {
        return true;
    }
    (void)fprintf(stderr, "followup %s: %s is not set (%s)\n", command, name,
                  fup_options_flag(name, flag));
    return false;
}
