#include "csv.h"

#include <string.h>

void fup_csv_init(struct fup_csv *csv, char *text, size_t len)
{
    size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    *csv = (struct fup_csv){
        .at = text + mark, .end = text + len, .line = 1, .next_line = 1};
}

/* What comes after a field: a comma, a line's end or the end of the text. */
enum after {
    AFTER_COMMA,
    AFTER_LINE,
    AFTER_OTHER,
};

/* Step over what follows a field. */
static enum after pass_separator(struct fup_csv *csv)
{
    if (csv->at == csv->end) {
        return AFTER_LINE;
    }
    if (*csv->at == ',') {
        csv->at++;
        return AFTER_COMMA;
    }
    if (*csv->at == '\r' && csv->at[1] == '\n') {
        csv->at++;
    }
    if (*csv->at == '\n') {
        csv->at++;
        csv->next_line++;
        return AFTER_LINE;
    }
    return AFTER_OTHER;
}

static enum fup_code take_plain(struct fup_csv *csv,
                                char **ret_field,
                                enum after *ret_after,
                                struct fup_err *err)
{
    char *from = csv->at;
    char *to;

    csv->at += strcspn(csv->at, ",\r\n\"");
    while (*csv->at == '\r' && csv->at[1] != '\n') {
        csv->at++;
        csv->at += strcspn(csv->at, ",\r\n\"");
    }
    if (*csv->at == '"') {
        return fup_err_set(err, FUP_EPARSE,
                           "a quote inside a field that does not begin with "
                           "one");
    }
    to = csv->at;
    *ret_after = pass_separator(csv);
    *to = '\0';
    *ret_field = from;
    return FUP_OK;
}

static enum fup_code take_quoted(struct fup_csv *csv,
                                 char **ret_field,
                                 enum after *ret_after,
                                 struct fup_err *err)
{
    char *from = ++csv->at;
    char *to = from; /* doubled quotes shrink, so text moves down */

    for (; csv->at < csv->end; csv->at++) {
        if (*csv->at == '"') {
            if (csv->at[1] != '"') {
                break;
            }
            csv->at++;
        }
        csv->next_line += *csv->at == '\n';
        *to++ = *csv->at;
    }
    if (csv->at == csv->end) {
        return fup_err_set(err, FUP_EPARSE, "a quoted field without its end");
    }
    csv->at++;
    *ret_after = pass_separator(csv);
    if (*ret_after == AFTER_OTHER) {
        return fup_err_set(err, FUP_EPARSE,
                           "text after the end of a quoted field");
    }
    *to = '\0';
    *ret_field = from;
    return FUP_OK;
}

static void pass_empty_lines(struct fup_csv *csv)
{
    while (csv->at < csv->end &&
           (*csv->at == '\n' || (*csv->at == '\r' && csv->at[1] == '\n'))) {
        csv->next_line += *csv->at == '\n';
        csv->at++;
    }
}

enum fup_code fup_csv_next(struct fup_csv *csv,
                           char **ret_fields,
                           size_t max,
                           size_t *ret_n,
                           struct fup_err *err)
{
    enum after after = AFTER_COMMA;
    size_t n = 0;

    pass_empty_lines(csv);
    csv->line = csv->next_line;
    if (csv->at == csv->end) {
        return FUP_ENOENT;
    }
    while (after == AFTER_COMMA) {
        char *field = NULL;
        enum fup_code code = *csv->at == '"'
                                 ? take_quoted(csv, &field, &after, err)
                                 : take_plain(csv, &field, &after, err);

        if (code != FUP_OK) {
            return code;
        }
        if (n < max) {
            ret_fields[n] = field;
        }
        n++;
    }
    *ret_n = n;
    return FUP_OK;
}
