#include "codec/timelines.h"

#include <stdlib.h>
#include <string.h>

#include "codec/text_file.h"
#include "core/time.h"
#include "csv.h"
#include "plan/zone.h"
#include "text.h"

#define FIELDS_MAX 256

enum column {
    COLUMN_CONVERSATION,
    COLUMN_CHANNEL,
    COLUMN_AT,
    COLUMN_DIRECTION,
    COLUMN_REQUIRED, /* how many must be there */
    COLUMN_TENANT = COLUMN_REQUIRED,
    COLUMN_CONTACT,
    COLUMN_TIMEZONE,
    COLUMN_LOCALE,
    COLUMN_INTENT,
    COLUMN_STAGE,
    COLUMN_MAX,
};

static const char *const names[COLUMN_MAX] = {
    [COLUMN_CONVERSATION] = "conversation",
    [COLUMN_CHANNEL] = "channel",
    [COLUMN_AT] = "at",
    [COLUMN_DIRECTION] = "direction",
    [COLUMN_TENANT] = "tenant",
    [COLUMN_CONTACT] = "contact",
    [COLUMN_TIMEZONE] = "timezone",
    [COLUMN_LOCALE] = "locale",
    [COLUMN_INTENT] = "intent",
    [COLUMN_STAGE] = "stage",
};

/* One line of the file. */
struct row {
    const char *tenant;
    const char *conversation;
    const char *contact;
    struct fup_sim_event event;
    int line;
};

struct reader {
    const char *file;
    struct fup_csv csv;
    int where[COLUMN_MAX]; /* the field of each column, -1: none */
    size_t n_fields;
    struct row *rows;
    size_t n;
    size_t cap;
    struct fup_zones *zones;
    struct fup_problems *problems;
    bool bad;
};

/* Report @what of the current line, and about which column or value. */
static void
report_of(struct reader *reader, const char *what, const char *about)
{
    struct fup_place place = {
        .file = reader->file, .line = reader->csv.line, .column = 1};

    fup_problems_error(reader->problems, &place, "%s%s", what, about);
    reader->bad = true;
}

static void report(struct reader *reader, const char *what)
{
    report_of(reader, what, "");
}

static void find_column(struct reader *reader, const char *name, int field)
{
    for (int i = 0; i < COLUMN_MAX; i++) {
        if (strcmp(names[i], name) != 0) {
            continue;
        }
        if (reader->where[i] >= 0) {
            report_of(reader, "this column is there twice: ", name);
        }
        reader->where[i] = field;
    }
}

static enum fup_code read_header(struct reader *reader)
{
    char *fields[FIELDS_MAX];
    struct fup_err err;
    enum fup_code code =
        fup_csv_next(&reader->csv, fields, FIELDS_MAX, &reader->n_fields, &err);

    if (code == FUP_ENOENT) {
        report(reader, "the file is empty");
        return FUP_EPARSE;
    }
    if (code != FUP_OK || reader->n_fields > FIELDS_MAX) {
        report(reader, code != FUP_OK ? err.msg : "more than 256 columns");
        return FUP_EPARSE;
    }
    for (int i = 0; i < COLUMN_MAX; i++) {
        reader->where[i] = -1;
    }
    for (size_t i = 0; i < reader->n_fields; i++) {
        find_column(reader, fields[i], (int)i);
    }
    for (int i = 0; i < COLUMN_REQUIRED; i++) {
        if (reader->where[i] < 0) {
            report_of(reader, "this column is missing: ", names[i]);
        }
    }
    return reader->bad ? FUP_EPARSE : FUP_OK;
}

/* The value of @column, NULL when it is empty or not there. */
static const char *
value_of(const struct reader *reader, char **fields, enum column column)
{
    int i = reader->where[column];

    return i < 0 || fields[i][0] == '\0' ? NULL : fields[i];
}

static void check_zone(struct reader *reader, const char *name)
{
    struct fup_place place = {
        .file = reader->file, .line = reader->csv.line, .column = 1};

    if (name != NULL && fup_zones_get(reader->zones, name) == NULL) {
        fup_problems_warn(reader->problems, &place,
                          "unknown time zone \"%.60s\"", name);
    }
}

static void read_instant(struct reader *reader,
                         const char *text,
                         struct fup_sim_event *event)
{
    struct fup_err err;

    if (text == NULL) {
        report(reader, "at is empty");
    } else if (fup_time_parse(text, &event->at, &err) != FUP_OK) {
        report_of(reader, "in at: ", err.msg);
    }
}

static void read_direction(struct reader *reader,
                           const char *text,
                           struct fup_sim_event *event)
{
    event->inbound = text != NULL && strcmp(text, "in") == 0;
    if (!event->inbound && (text == NULL || strcmp(text, "out") != 0)) {
        report(reader, "in direction: expected in or out");
    }
}

static void read_fields(struct reader *reader, char **fields, struct row *row)
{
    const char *tenant = value_of(reader, fields, COLUMN_TENANT);

    *row = (struct row){
        .tenant = tenant == NULL ? "default" : tenant,
        .conversation = value_of(reader, fields, COLUMN_CONVERSATION),
        .contact = value_of(reader, fields, COLUMN_CONTACT),
        .event = {.channel = value_of(reader, fields, COLUMN_CHANNEL),
                  .timezone = value_of(reader, fields, COLUMN_TIMEZONE),
                  .locale = value_of(reader, fields, COLUMN_LOCALE),
                  .intent = value_of(reader, fields, COLUMN_INTENT),
                  .stage = value_of(reader, fields, COLUMN_STAGE)},
        .line = reader->csv.line,
    };
    if (row->conversation == NULL) {
        report(reader, "conversation is empty");
    }
    read_instant(reader, value_of(reader, fields, COLUMN_AT), &row->event);
    read_direction(reader, value_of(reader, fields, COLUMN_DIRECTION),
                   &row->event);
    check_zone(reader, row->event.timezone);
}

static struct row *add_row(struct reader *reader)
{
    if (reader->n == reader->cap) {
        size_t cap = reader->cap == 0 ? 1024 : reader->cap * 2;
        struct row *rows = realloc(reader->rows, cap * sizeof *rows);

        if (rows == NULL) {
            return NULL;
        }
        reader->rows = rows;
        reader->cap = cap;
    }
    return &reader->rows[reader->n++];
}

static enum fup_code read_rows(struct reader *reader)
{
    char *fields[FIELDS_MAX];
    struct fup_err err;
    enum fup_code code;
    size_t n;

    while ((code = fup_csv_next(&reader->csv, fields, FIELDS_MAX, &n, &err)) ==
           FUP_OK) {
        struct row *row;

        if (n != reader->n_fields) {
            report(reader, "not as many fields as the first line has");
            continue;
        }
        row = add_row(reader);
        if (row == NULL) {
            return FUP_ENOMEM;
        }
        read_fields(reader, fields, row);
    }
    if (code == FUP_EPARSE) {
        report(reader, err.msg);
    }
    return reader->bad ? FUP_EPARSE : FUP_OK;
}

/* By conversation, tenant, instant; inbound first; then as in the file. */
static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    int order = strcmp(x->conversation, y->conversation);

    if (order == 0) {
        order = strcmp(x->tenant, y->tenant);
    }
    if (order == 0) {
        order = (x->event.at > y->event.at) - (x->event.at < y->event.at);
    }
    if (order == 0) {
        order = y->event.inbound - x->event.inbound;
    }
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static bool are_together(const struct row *a, const struct row *b)
{
    return strcmp(a->conversation, b->conversation) == 0 &&
           strcmp(a->tenant, b->tenant) == 0;
}

/* Make timelines of the sorted rows: each run of one conversation is one. */
static void group(const struct reader *reader, struct fup_timelines *timelines)
{
    struct fup_sim_timeline *timeline = NULL;

    for (size_t i = 0; i < reader->n; i++) {
        const struct row *row = &reader->rows[i];

        if (i == 0 || !are_together(row, row - 1)) {
            timeline = &timelines->items[timelines->n++];
            timeline->facts = (struct fup_facts){
                .tenant = row->tenant,
                .conversation = row->conversation,
                .window_ends_at = FUP_TIME_NONE,
            };
            timeline->events = &timelines->events[i];
        }
        if (timeline->facts.contact == NULL) {
            timeline->facts.contact = row->contact;
        }
        timelines->events[i] = row->event;
        timeline->n_events++;
    }
}

static enum fup_code build(const struct reader *reader,
                           struct fup_timelines *timelines)
{
    size_t room = reader->n + 1;

    timelines->items = calloc(room, sizeof *timelines->items);
    timelines->events = calloc(room, sizeof *timelines->events);
    if (timelines->items == NULL || timelines->events == NULL) {
        return FUP_ENOMEM;
    }
    if (reader->n > 0) {
        qsort(reader->rows, reader->n, sizeof *reader->rows, compare_rows);
    }
    group(reader, timelines);
    return FUP_OK;
}

/* Report a byte that no CSV text has: NUL, or what is no UTF-8. */
static enum fup_code
check_bytes(struct reader *reader, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = fup_text_char(text + i, len - i);

        if (n == 0 || text[i] == '\0') {
            report(reader, n == 0 ? "not valid UTF-8" : "a NUL byte");
            return FUP_EPARSE;
        }
        reader->csv.line += text[i] == '\n';
        i += n;
    }
    return FUP_OK;
}

static enum fup_code read_text(struct reader *reader, char *text, size_t len)
{
    enum fup_code code;

    reader->csv.line = 1;
    code = check_bytes(reader, text, len);
    if (code == FUP_OK) {
        fup_csv_init(&reader->csv, text, len);
        code = read_header(reader);
    }
    if (code == FUP_OK) {
        code = fup_zones_create(&reader->zones);
    }
    return code == FUP_OK ? read_rows(reader) : code;
}

enum fup_code fup_timelines_parse(char *text,
                                  size_t len,
                                  const char *file,
                                  struct fup_timelines *ret_timelines,
                                  struct fup_problems *problems)
{
    struct fup_timelines timelines = {.text = text};
    struct reader reader = {.file = file, .problems = problems};
    enum fup_code code = read_text(&reader, text, len);

    if (code == FUP_OK) {
        code = build(&reader, &timelines);
    }
    fup_zones_free(reader.zones);
    free(reader.rows);
    if (code != FUP_OK) {
        fup_timelines_done(&timelines);
        return code;
    }
    *ret_timelines = timelines;
    return FUP_OK;
}

enum fup_code fup_timelines_load(const char *path,
                                 struct fup_timelines *ret_timelines,
                                 struct fup_problems *problems)
{
    struct fup_place place = {.file = path};
    struct fup_err err;
    char *text;
    size_t len;
    enum fup_code code =
        fup_text_file_read(path, FUP_TIMELINES_BYTES_MAX, &text, &len, &err);

    if (code == FUP_EIO || code == FUP_ELIMIT) {
        fup_problems_error(problems, &place, "%s", err.msg);
        return FUP_EIO;
    }
    if (code != FUP_OK) {
        return code;
    }
    return fup_timelines_parse(text, len, path, ret_timelines, problems);
}

void fup_timelines_done(struct fup_timelines *timelines)
{
    free(timelines->items);
    free(timelines->events);
    free(timelines->text);
    *timelines = (struct fup_timelines){0};
}
