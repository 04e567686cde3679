#include "simulate_summary.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/time.h"

#define HOUR_US   (3600 * FUP_US_PER_S)
#define BAR_WIDTH 50

/* What can become of a step, in the order of the columns. */
static const enum fup_action columns[] = {
    FUP_ACTION_SEND,   FUP_ACTION_TEMPLATE, FUP_ACTION_TASK,
    FUP_ACTION_SILENT, FUP_ACTION_SKIP,
};

#define COLUMNS (sizeof columns / sizeof columns[0])

/* -- counting ------------------------------------------------------------- */

static void count_end(struct fup_sim_summary *summary,
                      const struct fup_sim_row *row)
{
    summary->ended++;
    if (row->reason == FUP_REASON_REPLIED) {
        summary->replied++;
        summary->steps[row->pending - 1].replied++;
    } else if (row->reason == FUP_REASON_COMPLETED) {
        summary->completed++;
    } else {
        summary->closed++;
    }
}

void fup_sim_summary_add(struct fup_sim_summary *summary,
                         const struct fup_plan_env *env,
                         const struct fup_sim_row *row)
{
    int64_t wall_us;
    int32_t days;

    if (row->action == FUP_ACTION_END) {
        count_end(summary, row);
        return;
    }
    summary->steps[row->step - 1].actions[row->action]++;
    if (row->action == FUP_ACTION_SEND || row->action == FUP_ACTION_TEMPLATE) {
        fup_plan_local(env, row->schedule, row->facts, row->at, &days,
                       &wall_us);
        summary->hours[wall_us / HOUR_US]++;
    }
}

static size_t count_waiting(const struct fup_sim_summary *summary)
{
    return summary->enrollments - summary->ended;
}

/* -- JSON ----------------------------------------------------------------- */

static void add_count(struct fup_buf *out, const char *key, size_t count)
{
    fup_json_add_int(out, key, (int64_t)count);
}

static void add_json_step(struct fup_buf *out,
                          const struct fup_sim_summary *summary,
                          size_t i)
{
    const struct fup_sim_step_counts *counts = &summary->steps[i];

    fup_json_begin(out, '{');
    add_count(out, "step", i + 1);
    fup_json_add_text(out, "kind", summary->schedule->steps[i].kind);
    for (size_t k = 0; k < COLUMNS; k++) {
        add_count(out, fup_action_text(columns[k]),
                  counts->actions[columns[k]]);
    }
    add_count(out, "replied_before", counts->replied);
    fup_json_end(out, '}');
}

static void add_json_summary(struct fup_buf *out,
                             const struct fup_sim_summary *summary)
{
    fup_json_begin(out, '{');
    fup_json_add_text(out, "schedule", summary->schedule->name);
    add_count(out, "enrollments", summary->enrollments);
    add_count(out, "replied", summary->replied);
    add_count(out, "completed", summary->completed);
    add_count(out, "closed", summary->closed);
    add_count(out, "waiting", count_waiting(summary));
    fup_json_key(out, "steps");
    fup_json_begin(out, '[');
    for (size_t i = 0; i < summary->schedule->n_steps; i++) {
        add_json_step(out, summary, i);
    }
    fup_json_end(out, ']');
    fup_json_key(out, "hours");
    fup_json_begin(out, '[');
    for (size_t hour = 0; hour < FUP_SUMMARY_HOURS; hour++) {
        fup_json_comma(out);
        fup_buf_addf(out, "%zu", summary->hours[hour]);
    }
    fup_json_end(out, ']');
    fup_json_end(out, '}');
}

/* -- tables --------------------------------------------------------------- */

static int kind_width(const struct fup_schedule *schedule)
{
    size_t width = strlen("kind");

    for (size_t i = 0; i < schedule->n_steps; i++) {
        size_t len = strlen(schedule->steps[i].kind);

        width = len > width ? len : width;
    }
    return (int)width;
}

static void add_steps(struct fup_buf *out,
                      const struct fup_sim_summary *summary)
{
    int width = kind_width(summary->schedule);

    fup_buf_addf(out, "\nstep  %-*s", width, "kind");
    for (size_t k = 0; k < COLUMNS; k++) {
        fup_buf_addf(out, "  %8s", fup_action_text(columns[k]));
    }
    fup_buf_adds(out, "  replied before\n");
    for (size_t i = 0; i < summary->schedule->n_steps; i++) {
        const struct fup_sim_step_counts *counts = &summary->steps[i];

        fup_buf_addf(out, "%4zu  %-*s", i + 1, width,
                     summary->schedule->steps[i].kind);
        for (size_t k = 0; k < COLUMNS; k++) {
            fup_buf_addf(out, "  %8zu", counts->actions[columns[k]]);
        }
        fup_buf_addf(out, "  %14zu\n", counts->replied);
    }
}

/* The longest bar is BAR_WIDTH, shorter where that many were not sent; what
 * is not 0 is seen. */
static size_t bar_of(size_t count, size_t most)
{
    size_t bar = most <= BAR_WIDTH ? count : count * BAR_WIDTH / most;

    return bar == 0 && count > 0 ? 1 : bar;
}

static void add_hours(struct fup_buf *out,
                      const struct fup_sim_summary *summary)
{
    static const char bar[] =
        "##################################################";
    size_t most = 0;

    _Static_assert(sizeof bar - 1 == BAR_WIDTH, "the longest bar");
    for (size_t hour = 0; hour < FUP_SUMMARY_HOURS; hour++) {
        most = summary->hours[hour] > most ? summary->hours[hour] : most;
    }
    if (most == 0) {
        return;
    }
    fup_buf_adds(out, "\nhour  messages, in the contact's time\n");
    for (size_t hour = 0; hour < FUP_SUMMARY_HOURS; hour++) {
        size_t count = summary->hours[hour];

        fup_buf_addf(out, "%02zu    %8zu", hour, count);
        if (count > 0) {
            fup_buf_addf(out, "  %.*s", (int)bar_of(count, most), bar);
        }
        fup_buf_addc(out, '\n');
    }
}

static void add_table(struct fup_buf *out,
                      const struct fup_sim_summary *summary)
{
    fup_buf_addf(out,
                 "schedule %s\n"
                 "%zu enrollments: %zu replied, %zu completed, %zu closed, "
                 "%zu waiting\n",
                 summary->schedule->name, summary->enrollments,
                 summary->replied, summary->completed, summary->closed,
                 count_waiting(summary));
    add_steps(out, summary);
    add_hours(out, summary);
}

void fup_sim_summary_print(const struct fup_sim_summary *summaries,
                           size_t n,
                           bool json,
                           struct fup_buf *out)
{
    if (json) {
        fup_json_begin(out, '{');
        fup_json_key(out, "schedules");
        fup_json_begin(out, '[');
    }
    for (size_t i = 0; i < n; i++) {
        if (json) {
            fup_json_comma(out);
            add_json_summary(out, &summaries[i]);
        } else {
            fup_buf_adds(out, i > 0 ? "\n" : "");
            add_table(out, &summaries[i]);
        }
    }
    if (json) {
        fup_json_end(out, ']');
        fup_json_end(out, '}');
        fup_buf_addc(out, '\n');
    }
}
