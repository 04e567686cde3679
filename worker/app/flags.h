/* The flags and positional arguments of one command. */

#ifndef FUP_APP_FLAGS_H
#define FUP_APP_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

/* Exit codes of every command. */
enum fup_exit {
    FUP_EXIT_OK = 0,
    FUP_EXIT_REFUSED = 1, /* or errors were found */
    FUP_EXIT_USAGE = 2,
    FUP_EXIT_AWAY = 3, /* a server does not answer */
};

/* The exit code for @code. */
int fup_exit_of(enum fup_code code);

/* One flag. Exactly one of @ret_text (--name VALUE) and @ret_set (--name) is
 * given; values point into argv. */
struct fup_flag {
    const char *name;  /* "dry-run", without dashes */
    const char *value; /* what the value is called in --help, or NULL */
    const char *text;  /* for --help */
    const char **ret_text;
    bool *ret_set;
};

struct fup_flags {
    const char
        *usage; /* "migrate [--adapter NAME]": after the program's name */
    const char *about; /* one sentence or more, lines of up to 79 bytes */
    const struct fup_flag *flags;
    size_t n;
    int positional_max; /* positional arguments allowed, at most */
};

/* Parse @argv after argv[0]. Positional arguments are moved to the front of
 * @argv, after argv[0], and their number goes to *@ret_n. "--" ends the flags.
 * A value that begins with "--" must be written --name=value.
 *
 * Errors: FUP_EINVAL  an unknown flag (@err names the nearest), a missing or
 *                     needless value, too many positional arguments
 *         FUP_ENOENT  --help is among them: print it, and end well. */
FUP_MUST_CHECK enum fup_code fup_flags_parse(const struct fup_flags *flags,
                                             int argc,
                                             char **argv,
                                             int *ret_n,
                                             struct fup_err *err);

/* Whether --help or -h is among the flags. */
bool fup_flags_help_wanted(int argc, char *const *argv);

/* Append usage, flags and (@with_options) the options of options.def. */
void fup_flags_help(const struct fup_flags *flags,
                    bool with_options,
                    struct fup_buf *out);

/* fup_flags_parse(), then what every command does with its failures: --help to
 * stdout, a wrong flag to stderr. True: go on; otherwise end with *@ret_exit.
 */
FUP_MUST_CHECK bool fup_flags_begin(const struct fup_flags *flags,
                                    int argc,
                                    char **argv,
                                    int *ret_n,
                                    int *ret_exit);

/* Print "followup COMMAND: message" to stderr; returns fup_exit_of(code). */
int fup_flags_fail(const char *command, const struct fup_err *err);

/* Whether the option @name has a value; otherwise says so to stderr. */
FUP_MUST_CHECK bool
fup_flags_need(const char *command, const char *name, const char *value);

#endif
