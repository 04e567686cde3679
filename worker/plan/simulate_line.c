#include "simulate_line.h"

#include <stdlib.h>
#include <string.h>

bool fup_sim_line_suits(const struct fup_sim_line *line,
                        const struct fup_schedule *schedule,
                        const struct fup_facts *facts)
{
    if (line->schedule != schedule || line->n_timezones != facts->n_timezones) {
        return false;
    }
    for (size_t i = 0; i < line->n_timezones; i++) {
        if (strcmp(line->timezones[i], facts->timezones[i]) != 0) {
            return false;
        }
    }
    return true;
}

enum fup_code fup_sim_line_push(struct fup_sim_line *line,
                                const struct fup_schedule *schedule,
                                const struct fup_facts *facts,
                                size_t index)
{
    size_t i = line->n;

    if (line->n == line->cap) {
        size_t cap = line->cap > 0 ? line->cap * 2 : 16;
        size_t *items = realloc(line->items, cap * sizeof *items);

        if (items == NULL) {
            return FUP_ENOMEM;
        }
        line->items = items;
        line->cap = cap;
    }
    if (line->n == 0) {
        line->schedule = schedule;
        line->n_timezones = facts->n_timezones;
        memcpy(line->timezones, facts->timezones, sizeof line->timezones);
    }
    line->n++;
    for (; i > 0 && line->items[(i - 1) / 2] > index; i = (i - 1) / 2) {
        line->items[i] = line->items[(i - 1) / 2];
    }
    line->items[i] = index;
    return FUP_OK;
}

void fup_sim_line_pop(struct fup_sim_line *line)
{
    size_t last = line->items[--line->n];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child + 1 < line->n &&
            line->items[child + 1] < line->items[child]) {
            child++;
        }
        if (child >= line->n || line->items[child] >= last) {
            break;
        }
        line->items[i] = line->items[child];
        i = child;
    }
    line->items[i] = last;
}
