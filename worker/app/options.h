/* What is configured: the rows of options.def, filled in from the file, then
 * the environment, then the flags. */

#ifndef FUP_APP_OPTIONS_H
#define FUP_APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/log.h"

#define FUP_OPTIONS_FILE "/etc/followup/followup.json"

enum fup_option_type {
    FUP_OPTION_IS_TEXT,
    FUP_OPTION_IS_WORD,
    FUP_OPTION_IS_INT,
    FUP_OPTION_IS_LEVEL,
};

#define FUP_OPTION_OF_TEXT  char *
#define FUP_OPTION_OF_WORD  char *
#define FUP_OPTION_OF_INT   int64_t
#define FUP_OPTION_OF_LEVEL enum fup_log_level

/* How many rows there are. */
enum {

#define FUP_OPTION(name, type, unit, min, max, fallback, reload, secret, text) \
    FUP_OPTION_AT_##name,
#include "options.def"
#undef FUP_OPTION
    FUP_OPTIONS_N
};

/* What the flags said; points into argv. */
struct fup_option_flags {
    const char *config;                /* NULL without --config */
    const char *values[FUP_OPTIONS_N]; /* one a row; NULL where there is none */
};

/* One field a row. Texts are never NULL once parsed; "" where not set. */
struct fup_options {
#define FUP_OPTION(name, type, unit, min, max, fallback, reload, secret, text) \
    FUP_OPTION_OF_##type name;
#include "options.def"
#undef FUP_OPTION

    bool print_config; /* --print-config was among the flags */
    struct fup_option_flags flags;
};

struct fup_option_row {
    const char *name; /* "lease_ms" */
    const char *unit; /* "" when it has none */
    int64_t min;
    int64_t max;
    const char *fallback;
    const char *text;
    size_t offset; /* of the field in struct fup_options */
    enum fup_option_type type;
    bool reloadable; /* taken over at SIGHUP; a number or a level */
    bool secret;
};

extern const struct fup_option_row fup_option_rows[];
extern const size_t fup_option_rows_n;

/* Fill in *@ret_options from the defaults, the file (--config, FOLLOWUP_CONFIG
 * or FUP_OPTIONS_FILE when that is there), @environment and the flags. Flags
 * that are rows (--name value or --name=value), --config and --print-config are
 * taken out of @argv; what is left keeps its order, *@argc is its number and
 * @argv[*argc] is NULL. argv[0] is left alone; so is all after "--".
 *
 * Unknown fields of the file are errors. So are unknown FOLLOWUP_ names in the
 * environment that are nearly a row's (others are left alone: orchestrators
 * make up such names); an empty variable counts as not set.
 *
 * Owns:   fup_options_done() *@ret_options; it is valid, if empty, on failure.
 *         The strings of @argv are borrowed for fup_options_again().
 * Errors: FUP_EPARSE  file: no JSON, or a value of the wrong type
 *         FUP_EINVAL  a value out of its range, an unknown name, a flag
 *                     without its value
 *         FUP_EIO     a file that was named cannot be read
 *         FUP_ENOMEM
 *         @err begins with where: "file:line: row", FOLLOWUP_ROW or --row. */
FUP_MUST_CHECK enum fup_code fup_options_parse(int *argc,
                                               char **argv,
                                               char *const *environment,
                                               struct fup_options *ret_options,
                                               struct fup_err *err);

void fup_options_done(struct fup_options *options);

/* Parse anew, with the flags that @options came from: its file and the files of
 * its secrets may have changed. Owns, Errors: as above. */
FUP_MUST_CHECK enum fup_code
fup_options_again(const struct fup_options *options,
                  char *const *environment,
                  struct fup_options *ret_fresh,
                  struct fup_err *err);

/* Set @row of @options to what @text says; "@path" reads a secret from a file.
 * Errors: as above, @err begins with @where. */
FUP_MUST_CHECK enum fup_code fup_options_set(struct fup_options *options,
                                             const struct fup_option_row *row,
                                             const char *text,
                                             const char *where,
                                             struct fup_err *err);

#define FUP_OPTION_NAME 64

/* The name of the flag: "--lease-ms". Returns @buf. */
const char *fup_options_flag(const char *name, char buf[FUP_OPTION_NAME]);

/* The row named @name ('-' and '_' are the same), or NULL. */
const struct fup_option_row *fup_options_find(const char *name);

/* Take over the reloadable rows of @fresh; the names of the others that differ
 * are added to @ret_kept, with spaces between. No text of @options is touched:
 * they may be borrowed. Errors: FUP_ENOMEM; the rows have been taken over. */
FUP_MUST_CHECK enum fup_code fup_options_reload(struct fup_options *options,
                                                const struct fup_options *fresh,
                                                struct fup_buf *ret_kept);

/* Append @options as the JSON of a configuration file; secrets without their
 * passwords. */
void fup_options_print(const struct fup_options *options, struct fup_buf *out);

/* Append one paragraph a row, for --help. */
void fup_options_help(struct fup_buf *out);

/* Read the configuration file @path into @options.
 * Errors: as fup_options_parse(); FUP_ENOENT when there is none. */
FUP_MUST_CHECK enum fup_code fup_options_read_file(struct fup_options *options,
                                                   const char *path,
                                                   struct fup_err *err);

#endif
