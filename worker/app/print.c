#include "print.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_BYTES   ((size_t)64 * 1024 * 1024)
#define COLUMNS_MAX 24
#define NAME_WIDTH  24

struct column {
    const char *name;
    size_t width;
};

enum fup_code fup_print_format_parse(const char *text,
                                     enum fup_print_format *ret_format,
                                     struct fup_err *err)
{
    if (text == NULL || strcmp(text, "table") == 0) {
        *ret_format = FUP_PRINT_TABLE;
    } else if (strcmp(text, "json") == 0) {
        *ret_format = FUP_PRINT_JSON;
    } else {
        return fup_err_set(err, FUP_EINVAL, "--format: expected table or json");
    }
    return FUP_OK;
}

static void blank_controls(struct fup_buf *out, size_t start)
{
    for (size_t i = start; out->failed == FUP_OK && i < out->len; i++) {
        if ((unsigned char)out->data[i] < 0x20 || out->data[i] == 0x7f) {
            out->data[i] = ' ';
        }
    }
}

/* A value in one line. */
static void add_value(const cJSON *item, struct fup_buf *out)
{
    size_t start = out->len;

    if (cJSON_IsString(item)) {
        fup_buf_adds(out,
                     item->valuestring[0] != '\0' ? item->valuestring : "-");
    } else if (cJSON_IsBool(item)) {
        fup_buf_adds(out, cJSON_IsTrue(item) ? "yes" : "no");
    } else if (cJSON_IsNull(item) || item == NULL) {
        fup_buf_adds(out, "-");
    } else {
        char *text = cJSON_PrintUnformatted(item);

        fup_buf_adds(out, text != NULL ? text : "-");
        cJSON_free(text);
    }
    blank_controls(out, start);
}

/* Characters of UTF-8 in @len bytes: near enough to columns. */
static size_t width_of(const char *text, size_t len)
{
    size_t width = 0;

    for (size_t i = 0; i < len; i++) {
        width += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return width;
}

static void pad(struct fup_buf *out, size_t have, size_t want)
{
    for (; have < want; have++) {
        fup_buf_addc(out, ' ');
    }
}

static void add_name(const char *indent, const char *name, struct fup_buf *out)
{
    fup_buf_adds(out, indent);
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '_') {
            fup_buf_addc(out, ' ');
        } else {
            fup_buf_addc(out, *p);
        }
    }
    pad(out, strlen(name), NAME_WIDTH);
    fup_buf_addc(out, ' ');
}

static size_t cell_width(const cJSON *item)
{
    struct fup_buf cell;
    size_t width;

    fup_buf_init(&cell, OUT_BYTES);
    add_value(item, &cell);
    width = width_of(fup_buf_text(&cell), cell.len);
    fup_buf_done(&cell);
    return width;
}

static size_t measure(const cJSON *rows, const cJSON *column)
{
    size_t width = strlen(column->string);
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        size_t cell =
            cell_width(cJSON_GetObjectItemCaseSensitive(row, column->string));

        width = cell > width ? cell : width;
    }
    return width;
}

/* Without blanks at the end of the line. */
static void end_line(struct fup_buf *out)
{
    while (out->failed == FUP_OK && out->len > 0 &&
           out->data[out->len - 1] == ' ') {
        out->len--;
    }
    fup_buf_addc(out, '\n');
}

static bool is_empty(const cJSON *rows, const cJSON *column)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        const cJSON *cell =
            cJSON_GetObjectItemCaseSensitive(row, column->string);

        if (cell != NULL && !cJSON_IsNull(cell)) {
            return false;
        }
    }
    return true;
}

static void add_row(const cJSON *row,
                    const struct column *columns,
                    size_t n,
                    struct fup_buf *out)
{
    fup_buf_adds(out, "  ");
    for (size_t i = 0; i < n; i++) {
        size_t start = out->len;

        if (row == NULL) {
            fup_buf_adds(out, columns[i].name);
        } else {
            add_value(cJSON_GetObjectItemCaseSensitive(row, columns[i].name),
                      out);
        }
        pad(out, width_of(fup_buf_text(out) + start, out->len - start),
            columns[i].width + 2);
    }
    end_line(out);
}

static bool is_known(const struct column *columns, size_t n, const char *name)
{
    while (n > 0 && strcmp(columns[n - 1].name, name) != 0) {
        n--;
    }
    return n > 0;
}

/* The fields of @row that no row before had, but those without a value. */
static size_t add_columns(const cJSON *rows,
                          const cJSON *row,
                          struct column columns[COLUMNS_MAX],
                          size_t n)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, row)
    {
        if (n < COLUMNS_MAX && !is_known(columns, n, item->string) &&
            !is_empty(rows, item)) {
            columns[n].name = item->string;
            columns[n++].width = measure(rows, item);
        }
    }
    return n;
}

static void add_rows(const cJSON *rows, struct fup_buf *out)
{
    struct column columns[COLUMNS_MAX] = {{0}};
    size_t n = 0;
    const cJSON *item;

    cJSON_ArrayForEach(item, rows)
    {
        n = add_columns(rows, item, columns, n);
    }
    add_row(NULL, columns, n, out);
    cJSON_ArrayForEach(item, rows)
    {
        add_row(item, columns, n, out);
    }
}

static bool is_table(const cJSON *item)
{
    return cJSON_IsArray(item) && cJSON_IsObject(item->child);
}

static bool says_nothing(const cJSON *item)
{
    return cJSON_IsNull(item) ||
           ((cJSON_IsArray(item) || cJSON_IsObject(item)) &&
            item->child == NULL);
}

static void
add_fields(const cJSON *object, const char *indent, struct fup_buf *out)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, object)
    {
        if (says_nothing(item)) {
            continue;
        }
        if (is_table(item)) {
            fup_buf_addf(out, "%s\n", item->string);
            add_rows(item, out);
        } else if (cJSON_IsObject(item) && indent[0] == '\0') {
            fup_buf_addf(out, "%s\n", item->string);
            add_fields(item, "  ", out);
        } else {
            add_name(indent, item->string, out);
            add_value(item, out);
            end_line(out);
        }
    }
}

void fup_print_tree(const struct cJSON *tree,
                    enum fup_print_format format,
                    struct fup_buf *out)
{
    if (format == FUP_PRINT_JSON) {
        char *text = cJSON_PrintUnformatted(tree);

        fup_buf_adds(out, text != NULL ? text : "null");
        fup_buf_addc(out, '\n');
        cJSON_free(text);
    } else if (cJSON_IsObject(tree)) {
        add_fields(tree, "", out);
    } else if (is_table(tree)) {
        add_rows(tree, out);
    } else {
        add_value(tree, out);
        fup_buf_addc(out, '\n');
    }
}

void fup_print_out(const struct cJSON *tree, enum fup_print_format format)
{
    struct fup_buf out;

    fup_buf_init(&out, OUT_BYTES);
    fup_print_tree(tree, format, &out);
    (void)fputs(fup_buf_text(&out), stdout);
    fup_buf_done(&out);
}
