/* Options to people: --print-config, --help, and what a reload changes. */

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "secret.h"

#define SECRET_BYTES 16384

static const char *const levels[] = {"error", "warn", "info", "debug"};

static const void *field_of(const struct fup_options *options,
                            const struct fup_option_row *row)
{
    return (const char *)options + row->offset;
}

static void add_string(struct fup_buf *out, const char *text)
{
    fup_buf_addc(out, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\') {
            fup_buf_addf(out, "\\%c", *p);
        } else if ((unsigned char)*p < 0x20) {
            fup_buf_addf(out, "\\u%04x", (unsigned)(unsigned char)*p);
        } else {
            fup_buf_addc(out, *p);
        }
    }
    fup_buf_addc(out, '"');
}

static void add_text(struct fup_buf *out,
                     const struct fup_option_row *row,
                     const char *text)
{
    struct fup_buf masked;

    if (!row->secret) {
        add_string(out, text);
        return;
    }
    fup_buf_init(&masked, SECRET_BYTES);
    fup_secret_mask(text, &masked);
    add_string(out, fup_buf_text(&masked));
    fup_buf_done(&masked);
}

static void add_value(struct fup_buf *out,
                      const struct fup_options *options,
                      const struct fup_option_row *row)
{
    const void *value = field_of(options, row);

    switch (row->type) {
    case FUP_OPTION_IS_INT:
        fup_buf_addf(out, "%" PRId64, *(const int64_t *)value);
        break;
    case FUP_OPTION_IS_LEVEL:
        add_string(out, levels[*(const enum fup_log_level *)value]);
        break;
    case FUP_OPTION_IS_TEXT:
    case FUP_OPTION_IS_WORD:
    default:
        add_text(out, row, *(char *const *)value);
        break;
    }
}

void fup_options_print(const struct fup_options *options, struct fup_buf *out)
{
    fup_buf_adds(out, "{\n");
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        fup_buf_addf(out, "  \"%s\": ", fup_option_rows[i].name);
        add_value(out, options, &fup_option_rows[i]);
        fup_buf_adds(out, i + 1 < fup_option_rows_n ? ",\n" : "\n");
    }
    fup_buf_adds(out, "}\n");
}

/* --- help --------------------------------------------------------------- */

static void help_range(struct fup_buf *out, const struct fup_option_row *row)
{
    if (row->type == FUP_OPTION_IS_INT) {
        fup_buf_addf(out, "%" PRId64 " to %" PRId64 "%s%s, ", row->min,
                     row->max, row->unit[0] != '\0' ? " " : "", row->unit);
    }
    if (row->type == FUP_OPTION_IS_LEVEL) {
        fup_buf_adds(out, "error, warn, info or debug, ");
    }
    if (row->fallback[0] != '\0') {
        fup_buf_addf(out, "default %s", row->fallback);
    } else {
        fup_buf_adds(out, "default none");
    }
    fup_buf_adds(out, row->secret ? "; @FILE reads it from a file" : "");
    fup_buf_adds(out, row->reloadable ? "; reloadable" : "");
}

void fup_options_help(struct fup_buf *out)
{
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        const struct fup_option_row *row = &fup_option_rows[i];

        char flag[FUP_OPTION_NAME];

        fup_buf_addf(out, "  %s %s\n      %s\n      ",
                     fup_options_flag(row->name, flag),
                     row->type == FUP_OPTION_IS_INT ? "N" : "TEXT", row->text);
        help_range(out, row);
        fup_buf_addc(out, '\n');
    }
}

/* --- reload ------------------------------------------------------------- */

static bool same_value(const struct fup_options *a,
                       const struct fup_options *b,
                       const struct fup_option_row *row)
{
    const void *va = field_of(a, row);
    const void *vb = field_of(b, row);

    switch (row->type) {
    case FUP_OPTION_IS_INT:
        return *(const int64_t *)va == *(const int64_t *)vb;
    case FUP_OPTION_IS_LEVEL:
        return *(const enum fup_log_level *)va ==
               *(const enum fup_log_level *)vb;
    case FUP_OPTION_IS_TEXT:
    case FUP_OPTION_IS_WORD:
    default:
        return strcmp(*(char *const *)va, *(char *const *)vb) == 0;
    }
}

static void copy_value(struct fup_options *to,
                       const struct fup_options *from,
                       const struct fup_option_row *row)
{
    char *field = (char *)to + row->offset;

    memcpy(field, field_of(from, row),
           row->type == FUP_OPTION_IS_INT ? sizeof(int64_t)
                                          : sizeof(enum fup_log_level));
}

enum fup_code fup_options_reload(struct fup_options *options,
                                 const struct fup_options *fresh,
                                 struct fup_buf *ret_kept)
{
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        const struct fup_option_row *row = &fup_option_rows[i];

        if (same_value(options, fresh, row)) {
            continue;
        }
        if (row->reloadable) {
            copy_value(options, fresh, row);
        } else {
            fup_buf_addf(ret_kept, "%s%s", ret_kept->len > 0 ? " " : "",
                         row->name);
        }
    }
    return ret_kept->failed;
}
