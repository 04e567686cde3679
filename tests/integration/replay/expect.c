#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/time.h"

#define HEADER  "conversation,episode,step,kind,action,at,reason"
#define COLUMNS 7

static void give_up(const char *why, const char *what)
{
    (void)fprintf(stderr, "replay: simulate: %s: %s\n", why, what);
    abort();
}

/* The conversations of a replay need no quotes. */
static void split(char *line, char *cells[COLUMNS])
{
    line[strcspn(line, "\r\n")] = '\0';
    for (int i = 0; i < COLUMNS; i++) {
        char *end = strchr(line, ',');

        if ((end == NULL) != (i == COLUMNS - 1)) {
            give_up("not seven columns", line);
        }
        cells[i] = line;
        if (end != NULL) {
            *end = '\0';
            line = end + 1;
        }
    }
}

static int64_t seconds(const char *text)
{
    int64_t at;

    if (fup_time_parse(text, &at, NULL) != FUP_OK) {
        give_up("no instant", text);
    }
    return whole_s(at);
}

static void
take(struct expectation *e, const struct timeline *t, char *cells[COLUMNS])
{
    struct expected row = {
        .conversation = timeline_index(t, cells[0]),
        .episode_s = seconds(cells[1]),
        .step = (int)strtol(cells[2], NULL, 10),
        .at_s = seconds(cells[5]),
    };

    if (row.conversation == t->n) {
        give_up("unknown conversation", cells[0]);
    }
    (void)snprintf(row.kind, sizeof row.kind, "%s", cells[3]);
    (void)snprintf(row.action, sizeof row.action, "%s", cells[4]);
    (void)snprintf(row.reason, sizeof row.reason, "%s", cells[6]);
    if (strcmp(row.action, "end") == 0) {
        e->ends[e->n_ends++] = row;
    } else {
        e->steps[e->n_steps++] = row;
    }
    e->last_s = row.at_s > e->last_s ? row.at_s : e->last_s;
}

static int by_place(const void *a, const void *b)
{
    const struct expected *x = a;
    const struct expected *y = b;

    if (x->conversation != y->conversation) {
        return x->conversation < y->conversation ? -1 : 1;
    }
    if (x->episode_s != y->episode_s) {
        return x->episode_s < y->episode_s ? -1 : 1;
    }
    if (x->step != y->step) {
        return x->step - y->step;
    }
    return x->at_s < y->at_s ? -1 : x->at_s > y->at_s;
}

static void
read_rows(struct expectation *e, const struct timeline *t, const char *path)
{
    char line[512];
    FILE *f = fopen(path, "r");
    /* No silence gives more than its steps and an end, and none begins without
     * a message. */
    size_t most = t->n_messages * (STEPS + 1);

    e->steps = calloc(most, sizeof *e->steps);
    e->ends = calloc(most, sizeof *e->ends);
    if (f == NULL || e->steps == NULL || e->ends == NULL ||
        fgets(line, sizeof line, f) == NULL ||
        strncmp(line, HEADER, strlen(HEADER)) != 0) {
        give_up("no output", path);
    }
    while (fgets(line, sizeof line, f) != NULL) {
        char *cells[COLUMNS];

        split(line, cells);
        if (e->n_steps == most || e->n_ends == most) {
            give_up("too many rows", path);
        }
        take(e, t, cells);
    }
    (void)fclose(f);
    qsort(e->steps, e->n_steps, sizeof *e->steps, by_place);
    qsort(e->ends, e->n_ends, sizeof *e->ends, by_place);
}

void expect(struct expectation *e,
            struct world *w,
            const struct timeline *t,
            const char *schedule)
{
    char schedule_path[192];
    char timelines[128];
    char log[128];
    const char *const args[] = {"simulate",    "--schedule", schedule_path,
                                "--timelines", timelines,    "--format",
                                "csv",         NULL};

    *e = (struct expectation){0};
    (void)snprintf(schedule_path, sizeof schedule_path, "%s/%s", w->schedules,
                   schedule);
    (void)snprintf(timelines, sizeof timelines, "%s/timelines.csv", w->dir);
    (void)snprintf(log, sizeof log, "%s/command.log", w->dir);
    timeline_write(t, timelines);
    (void)unlink(log);
    if (world_run(w, args) != 0) {
        give_up("failed", log);
    }
    read_rows(e, t, log);
}

void expect_done(struct expectation *e)
{
    free(e->steps);
    free(e->ends);
}
