#include "pg/array.h"

#include <string.h>

/* Elements end in a quote, a digit or a letter, never in a brace. */
static void separate(struct fup_buf *buf)
{
    if (buf->len > 0 && buf->data[buf->len - 1] != '{') {
        fup_buf_addc(buf, ',');
    }
}

void fup_pg_array_begin(struct fup_buf *buf)
{
    fup_buf_addc(buf, '{');
}

void fup_pg_array_end(struct fup_buf *buf)
{
    fup_buf_addc(buf, '}');
}

void fup_pg_array_text(struct fup_buf *buf, const char *text)
{
    separate(buf);
    if (text == NULL) {
        fup_buf_adds(buf, "NULL");
        return;
    }
    fup_buf_addc(buf, '"');
    while (*text != '\0') {
        size_t plain = strcspn(text, "\"\\");

        fup_buf_add(buf, text, plain);
        text += plain;
        if (*text != '\0') {
            fup_buf_addc(buf, '\\');
            fup_buf_addc(buf, *text++);
        }
    }
    fup_buf_addc(buf, '"');
}

void fup_pg_array_int(struct fup_buf *buf, int64_t value)
{
    separate(buf);
    fup_buf_addi(buf, value);
}

/* Read one quoted element at @from, which is behind its quote, to @to.
 * Returns what follows the closing quote, NULL if there is none. */
static char *read_quoted(char *from, char *to)
{
    while (*from != '"') {
        if (*from == '\\') {
            from++;
        }
        if (*from == '\0') {
            return NULL;
        }
        *to++ = *from++;
    }
    *to = '\0';
    return from + 1;
}

/* Read one element at @from. *@ret_item is NULL for an SQL null. @ret_end gets
 * the separator behind it, which is overwritten. Returns what follows that,
 * NULL if @from is no element. */
static char *read_item(char *from, char **ret_item, char *ret_end)
{
    bool quoted = *from == '"';
    char *end;

    *ret_item = from;
    if (quoted) {
        end = read_quoted(from + 1, from);
    } else {
        end = from + strcspn(from, ",{}\"\\");
        if (end == from) {
            return NULL;
        }
    }
    if (end == NULL || (*end != ',' && *end != '}')) {
        return NULL;
    }
    *ret_end = *end;
    if (!quoted && end - from == 4 && strncmp(from, "NULL", 4) == 0) {
        *ret_item = NULL;
    }
    *end = '\0';
    return end + 1;
}

int fup_pg_array_split(char *text, char **ret_items, int max)
{
    int n = 0;
    char end = ',';

    if (*text == '[') { /* bounds that do not begin at 1 */
        text += strcspn(text, "=");
        text += *text == '=';
    }
    if (*text++ != '{') {
        return -1;
    }
    if (strcmp(text, "}") == 0) {
        return 0;
    }
    while (end == ',') {
        char *item;

        text = read_item(text, &item, &end);
        if (text == NULL) {
            return -1;
        }
        if (item != NULL && n < max) {
            ret_items[n++] = item;
        }
    }
    return *text == '\0' ? n : -1;
}
