/* Each rule is one function over a schedule that parsed; review_lint.c reads
 * the texts. The JSON is opened again for places and samples only: what is not
 * found there is reported of the file. */

#include "codec/review.h"

#include <stdlib.h>
#include <string.h>

#include "codec/text_file.h"
#include "core/time.h"
#include "json_in.h"
#include "plan/plan.h"
#include "review_lint.h"

#define DAY_S          86400
#define LATE_LEAST_S   60
#define CHANNELS_SHOWN 200

struct review {
    const struct fup_schedule_file *file;
    const struct fup_schedule *schedule;
    const struct fup_channels *channels;
    int64_t now;
    struct fup_problems *problems;
    struct fup_json json;
};

/* -- places --------------------------------------------------------------- */

/* Of the member @name of @object, or of @object where there is none. */
static struct fup_place place_in(const struct review *review,
                                 const struct cJSON *object,
                                 const char *name)
{
    const struct cJSON *item =
        object == NULL ? NULL : fup_json_member(object, name);

    item = item == NULL ? object : item;
    if (item == NULL) {
        return (struct fup_place){.file = review->file->path};
    }
    return fup_json_place(&review->json, item, false);
}

static struct fup_place place_of(const struct review *review, const char *name)
{
    return place_in(review, review->json.root, name);
}

static struct fup_place
place_of_step(const struct review *review, size_t i, const char *name)
{
    const struct cJSON *steps =
        review->json.root == NULL ? NULL
                                  : fup_json_member(review->json.root, "steps");

    return place_in(
        review, steps == NULL ? NULL : cJSON_GetArrayItem(steps, (int)i), name);
}

/* -- delays --------------------------------------------------------------- */

/* The shortest and the longest that @after can be. The hour that a day gains
 * or loses where the clocks change is left out: it would make nearly nothing
 * certain. */
static int64_t shortest_s(const struct fup_delay *after)
{
    int64_t days = after->days;

    if (after->wall_s >= 0) {
        return (days > 0 ? (days - 1) * DAY_S + after->wall_s : 0) +
               after->elapsed_s;
    }
    return days * DAY_S + after->elapsed_s;
}

static int64_t longest_s(const struct fup_delay *after)
{
    return (int64_t)after->days * DAY_S +
           (after->wall_s >= 0 ? after->wall_s : 0) + after->elapsed_s;
}

static void review_gap(const struct review *review)
{
    const struct fup_schedule *schedule = review->schedule;

    for (size_t i = 0; i < schedule->n_steps; i++) {
        if (longest_s(&schedule->steps[i].after) < schedule->min_gap_s) {
            struct fup_place place = place_of_step(review, i, "after");

            fup_problems_warn(review->problems, &place,
                              "step %zu never comes after its delay: min_gap "
                              "is longer",
                              i + 1);
        }
    }
}

/* Once: the jitter is one for all steps. */
static void review_jitter(const struct review *review)
{
    const struct fup_schedule *schedule = review->schedule;

    for (size_t i = 0; i < schedule->n_steps; i++) {
        if (longest_s(&schedule->steps[i].after) < schedule->jitter_s) {
            struct fup_place place = place_of(review, "jitter");

            fup_problems_warn(review->problems, &place,
                              "jitter is longer than the delay of step %zu",
                              i + 1);
            return;
        }
    }
}

static void review_late(const struct review *review)
{
    int64_t max_late_s = review->schedule->max_late_s;

    if (max_late_s >= 0 && max_late_s < LATE_LEAST_S) {
        struct fup_place place = place_of(review, "max_late");

        fup_problems_warn(review->problems, &place,
                          "max_late is shorter than a minute: a restart makes "
                          "steps late");
    }
}

/* -- hours ----------------------------------------------------------------- */

/* Whether a range of some day has a time from @from_s to @to_s; all are counted
 * from local midnight and may reach into the next day. */
static bool
hours_meet(const struct fup_schedule *schedule, int64_t from_s, int64_t to_s)
{
    for (size_t day = 0; day < 7; day++) {
        for (size_t i = 0; i < schedule->hours[day].n; i++) {
            const struct fup_range *r = &schedule->hours[day].ranges[i];
            int64_t end_s = r->to_s + (r->to_s <= r->from_s ? DAY_S : 0);

            if (from_s < end_s && to_s >= r->from_s) {
                return true;
            }
        }
    }
    return false;
}

/* A step with a local time of its own, which the hours always move. */
static void review_hours(const struct review *review)
{
    const struct fup_schedule *schedule = review->schedule;

    for (size_t i = 0; schedule->has_hours && i < schedule->n_steps; i++) {
        int32_t from_s = schedule->steps[i].after.wall_s;
        int64_t to_s = from_s + schedule->jitter_s;

        if (from_s >= 0 && hours_meet(schedule, 0, INT64_MAX) &&
            !hours_meet(schedule, from_s, to_s) &&
            !hours_meet(schedule, from_s + DAY_S, to_s + DAY_S)) {
            struct fup_place place = place_of_step(review, i, "after");

            fup_problems_warn(review->problems, &place,
                              "step %zu never goes out at %02d:%02d: no "
                              "send_hours have that time",
                              i + 1, from_s / 3600, from_s / 60 % 60);
        }
    }
}

static void review_holidays(const struct review *review)
{
    const struct fup_schedule *schedule = review->schedule;
    int64_t today = review->now / FUP_US_PER_S / DAY_S;

    if (schedule->n_holidays > 0 &&
        schedule->holidays[schedule->n_holidays - 1] < today - 1) {
        struct fup_place place = place_of(review, "holidays");

        fup_problems_warn(review->problems, &place,
                          "all holidays are past: none will be kept");
    }
}

/* -- windows -------------------------------------------------------------- */

static bool has_name(const struct fup_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether @rule is of a channel with a window that the schedule matches. */
static bool concerns(const struct review *review,
                     const struct fup_channel_rule *rule)
{
    const struct fup_names *matched = &review->schedule->match.channel;

    return rule->window_s > 0 &&
           (matched->n == 0 || has_name(matched, rule->channel));
}

static bool has_window(const struct review *review)
{
    for (size_t i = 0; i < review->channels->n; i++) {
        if (concerns(review, &review->channels->rules[i])) {
            return true;
        }
    }
    return false;
}

/* Whether a step behind the window may be pulled forward: no way out that is
 * always there stands before. */
static bool may_be_pulled(const struct fup_step *step)
{
    for (size_t i = 0; i < step->n_outside; i++) {
        if (step->outside[i] == FUP_OUTSIDE_PULL_FORWARD) {
            return true;
        }
        if (step->outside[i] != FUP_OUTSIDE_TEMPLATE) {
            return false;
        }
    }
    return false;
}

/* Whether a step behind the window of @channel is skipped whatever comes. */
static bool only_skips(const struct fup_step *step, const char *channel)
{
    for (size_t i = 0; i < step->n_outside; i++) {
        if (step->outside[i] == FUP_OUTSIDE_SKIP) {
            return true;
        }
        if (step->outside[i] != FUP_OUTSIDE_TEMPLATE ||
            has_name(&step->template_channels, channel)) {
            return false;
        }
    }
    return true;
}

/* The least time from the customer's last message to step @i. A step that may
 * be pulled forward makes those behind it come sooner. */
static int64_t earliest_s(const struct fup_schedule *schedule, size_t i)
{
    int64_t sum = 0;

    for (size_t k = 0; k <= i; k++) {
        const struct fup_step *step = &schedule->steps[k];
        int64_t after = shortest_s(&step->after);

        if (after < schedule->min_gap_s ||
            (k < i && step->message != NULL && may_be_pulled(step))) {
            after = schedule->min_gap_s;
        }
        sum += after;
    }
    return sum;
}

/* Append the channels in whose windows step @i can never lie to @out. Returns
 * whether those are all that have one. */
static bool
name_closed(const struct review *review, size_t i, struct fup_buf *out)
{
    int64_t earliest = earliest_s(review->schedule, i);

    for (size_t k = 0; k < review->channels->n; k++) {
        const struct fup_channel_rule *rule = &review->channels->rules[k];

        if (!concerns(review, rule)) {
            continue;
        }
        if (earliest <= rule->window_s - rule->guard_s ||
            !only_skips(&review->schedule->steps[i], rule->channel)) {
            return false;
        }
        fup_buf_addf(out, "%s%s", out->len > 0 ? ", " : "", rule->channel);
    }
    return out->len > 0;
}

static void review_window(const struct review *review)
{
    struct fup_buf closed;

    fup_buf_init(&closed, CHANNELS_SHOWN);
    for (size_t i = 0; i < review->schedule->n_steps; i++) {
        fup_buf_clear(&closed);
        if (review->schedule->steps[i].message != NULL &&
            name_closed(review, i, &closed)) {
            struct fup_place place = place_of_step(review, i, "after");

            fup_problems_warn(review->problems, &place,
                              "step %zu always comes after the window has "
                              "closed, and outside_window only skips: never "
                              "sent on %s",
                              i + 1, fup_buf_text(&closed));
        }
    }
    fup_buf_done(&closed);
}

static bool is_pulled(const struct fup_step *step)
{
    return step->message != NULL && may_be_pulled(step);
}

/* The next step may follow in the second in which the one before was sent. */
static void review_pulled(const struct review *review)
{
    const struct fup_schedule *schedule = review->schedule;

    if (schedule->min_gap_s > 0 || !has_window(review)) {
        return;
    }
    for (size_t i = 0; i + 1 < schedule->n_steps; i++) {
        if (is_pulled(&schedule->steps[i]) &&
            is_pulled(&schedule->steps[i + 1])) {
            struct fup_place place =
                place_of_step(review, i + 1, "outside_window");

            fup_problems_warn(review->problems, &place,
                              "steps %zu and %zu may be pulled forward to the "
                              "same second: a min_gap keeps them apart",
                              i + 1, i + 2);
            return;
        }
    }
}

/* -- one file ------------------------------------------------------------- */

/* Open the file's text for places; what is wrong with it now, and was not when
 * it was loaded, only costs them. */
static enum fup_code open_places(struct review *review, char **ret_text)
{
    struct fup_problems ignored;
    struct fup_err err;
    size_t len;
    enum fup_code code = fup_text_file_read(
        review->file->path, FUP_SCHEDULE_BYTES_MAX, ret_text, &len, &err);

    if (code != FUP_OK) {
        return code == FUP_ENOMEM ? code : FUP_OK;
    }
    fup_problems_init(&ignored);
    code = fup_json_open(&review->json, review->file->path, *ret_text, len,
                         &ignored);
    fup_problems_done(&ignored);
    return code == FUP_ENOMEM ? code : FUP_OK;
}

typedef void (*rule_fn)(const struct review *review);

static enum fup_code
apply(struct review *review, const rule_fn *rules, size_t n)
{
    char *text = NULL;
    enum fup_code code = open_places(review, &text);

    for (size_t i = 0; code == FUP_OK && i < n; i++) {
        rules[i](review);
    }
    if (code == FUP_OK) {
        code = fup_review_lint(review->schedule, review->channels,
                               &review->json, review->problems);
    }
    fup_json_close(&review->json);
    free(text);
    return code;
}

enum fup_code fup_schedule_review(const struct fup_schedule_file *file,
                                  const struct fup_channels *channels,
                                  int64_t now,
                                  struct fup_problems *problems)
{
    static const rule_fn rules[] = {
        review_window, review_gap,   review_jitter,   review_pulled,
        review_late,   review_hours, review_holidays,
    };
    struct review review = {.file = file,
                            .schedule = file->schedule,
                            .channels = channels,
                            .now = now,
                            .problems = problems};

    return apply(&review, rules, sizeof rules / sizeof rules[0]);
}

/* -- a folder ------------------------------------------------------------- */

/* @by is chosen wherever @file matches. */
static enum fup_code warn_shadowed(const struct fup_schedule_file *file,
                                   const struct fup_schedule_file *by,
                                   struct fup_problems *problems)
{
    struct review review = {.file = file};
    struct fup_place place;
    char *text = NULL;
    enum fup_code code = open_places(&review, &text);

    place = place_of(&review, "match");
    fup_problems_warn(problems, &place,
                      "never chosen: \"%s\" matches all of this too, and %s",
                      by->schedule->name,
                      by->schedule->priority > file->schedule->priority
                          ? "its priority is higher"
                          : "comes first by its name");
    fup_json_close(&review.json);
    free(text);
    return code;
}

static enum fup_code review_shadows(const struct fup_schedules *schedules,
                                    size_t i,
                                    struct fup_problems *problems)
{
    for (size_t k = 0; k < schedules->n; k++) {
        if (k != i && fup_plan_shadows(schedules->items[k].schedule,
                                       schedules->items[i].schedule)) {
            return warn_shadowed(&schedules->items[i], &schedules->items[k],
                                 problems);
        }
    }
    return FUP_OK;
}

enum fup_code fup_schedules_review(const struct fup_schedules *schedules,
                                   const struct fup_channels *channels,
                                   int64_t now,
                                   struct fup_problems *problems)
{
    enum fup_code code = FUP_OK;

    for (size_t i = 0; code == FUP_OK && i < schedules->n; i++) {
        code =
            fup_schedule_review(&schedules->items[i], channels, now, problems);
        if (code == FUP_OK) {
            code = review_shadows(schedules, i, problems);
        }
    }
    return code;
}
