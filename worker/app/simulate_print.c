#include "simulate_print.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/time.h"

#define COLUMNS 7

static const char *const header[COLUMNS] = {
    "conversation", "episode", "step", "kind", "action", "at", "reason",
};

/* The cells of a line; numbers and instants are kept here. */
struct cells {
    const char *text[COLUMNS];
    char episode[FUP_TIME_TEXT];
    char step[16];
    char at[FUP_TIME_TEXT];
};

static void fill(struct cells *cells, const struct fup_sim_line *line)
{
    cells->step[0] = '\0';
    if (line->step > 0) {
        (void)snprintf(cells->step, sizeof cells->step, "%d", line->step);
    }
    cells->text[0] = line->conversation;
    cells->text[1] = fup_time_format_s(line->episode_at, cells->episode);
    cells->text[2] = cells->step;
    cells->text[3] = line->kind;
    cells->text[4] = line->action;
    cells->text[5] = fup_time_format_s(line->at, cells->at);
    cells->text[6] = line->reason;
}

static void add_csv_cell(struct fup_buf *out, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fup_buf_adds(out, text);
        return;
    }
    fup_buf_addc(out, '"');
    for (; *text != '\0'; text++) {
        fup_buf_add(out, "\"\"", *text == '"' ? 1 : 0);
        fup_buf_addc(out, *text);
    }
    fup_buf_addc(out, '"');
}

static void add_csv_line(struct fup_buf *out, const char *const *text)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        fup_buf_add(out, ",", i > 0 ? 1 : 0);
        add_csv_cell(out, text[i]);
    }
    fup_buf_addc(out, '\n');
}

static void
print_csv(const struct fup_sim_line *lines, size_t n, struct fup_buf *out)
{
    struct cells cells;

    add_csv_line(out, header);
    for (size_t i = 0; i < n; i++) {
        fill(&cells, &lines[i]);
        add_csv_line(out, cells.text);
    }
}

static void add_pair(struct fup_buf *out, const char *name, const char *text)
{
    fup_buf_addf(out, ", \"%s\": ", name);
    fup_json_string(out, text[0] == '\0' ? NULL : text);
}

static void add_object(struct fup_buf *out, const struct fup_sim_line *line)
{
    struct cells cells;

    fill(&cells, line);
    fup_buf_adds(out, "{\"tenant\": ");
    fup_json_string(out, line->tenant);
    add_pair(out, "conversation", line->conversation);
    add_pair(out, "schedule", line->schedule);
    add_pair(out, "episode", cells.text[1]);
    fup_buf_addf(out, ", \"step\": %s", line->step > 0 ? cells.step : "null");
    add_pair(out, "kind", line->kind);
    add_pair(out, "action", line->action);
    add_pair(out, "at", cells.text[5]);
    add_pair(out, "reason", line->reason);
    fup_buf_addc(out, '}');
}

static void
print_json(const struct fup_sim_line *lines, size_t n, struct fup_buf *out)
{
    fup_buf_adds(out, "[");
    for (size_t i = 0; i < n; i++) {
        fup_buf_adds(out, i > 0 ? ",\n " : "\n ");
        add_object(out, &lines[i]);
    }
    fup_buf_adds(out, "\n]\n");
}

/* Characters of a UTF-8 text: what a terminal shows of most scripts. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return n;
}

static void widen(size_t *widths, const char *const *text)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t width = width_of(text[i]);

        widths[i] = width > widths[i] ? width : widths[i];
    }
}

static void add_table_line(struct fup_buf *out,
                           const size_t *widths,
                           const char *const *text)
{
    size_t last = COLUMNS - 1;

    while (last > 0 && text[last][0] == '\0') {
        last--;
    }
    for (size_t i = 0; i <= last; i++) {
        fup_buf_adds(out, text[i]);
        for (size_t k = width_of(text[i]); i < last && k < widths[i] + 2; k++) {
            fup_buf_addc(out, ' ');
        }
    }
    fup_buf_addc(out, '\n');
}

static void
print_table(const struct fup_sim_line *lines, size_t n, struct fup_buf *out)
{
    size_t widths[COLUMNS] = {0};
    struct cells cells;

    widen(widths, header);
    for (size_t i = 0; i < n; i++) {
        fill(&cells, &lines[i]);
        widen(widths, cells.text);
    }
    add_table_line(out, widths, header);
    for (size_t i = 0; i < n; i++) {
        fill(&cells, &lines[i]);
        add_table_line(out, widths, cells.text);
    }
}

void fup_simulate_print(const struct fup_sim_line *lines,
                        size_t n,
                        enum fup_offline_format format,
                        struct fup_buf *out)
{
    switch (format) {
    case FUP_OFFLINE_CSV:
        print_csv(lines, n, out);
        break;
    case FUP_OFFLINE_JSON:
        print_json(lines, n, out);
        break;
    case FUP_OFFLINE_TABLE:
        print_table(lines, n, out);
        break;
    }
}
