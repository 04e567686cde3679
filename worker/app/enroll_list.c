/* Silences are planned one after the other. The first message of each looks for
 * the first hour that has room, and is planned again for its place in it:
 * hours, holidays and windows may move it on, to another hour. The steps after
 * follow as they would. */

#include "enroll_list.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "codec/channels.h"
#include "codec/schedule.h"
#include "core/hash.h"
#include "core/time.h"
#include "explain_facts.h"
#include "message/opt_out.h"
#include "plan/plan.h"

#define HOUR_US   (INT64_C(3600) * FUP_US_PER_S)
#define HOURS_MAX 744 /* 31 days from now on */
#define TRIES_MAX 2000

struct hour {
    int first; /* messages that are the first of their silence */
    int all;
};

struct fup_enroll_list {
    struct fup_schedules files;
    struct fup_channels channels;
    struct fup_zones *zones;
    struct fup_plan_env env;
    const struct fup_schedule **schedules;
    int per_hour;
    int64_t hours_from; /* the hour of the first one's now; 0: none yet */
    struct hour hours[HOURS_MAX];
    struct fup_enroll_take *takes;
    size_t n;
    size_t room;
    size_t n_left_out;
    cJSON *texts; /* what takes are borrowed from */
    cJSON *steps;
    cJSON *left_out;
};

/* One silence being planned. */
struct silence {
    const struct fup_facts *facts;
    const struct fup_schedule *schedule;
    struct fup_run run;
    struct fup_plan plan;
    int64_t now;
};

/* --- life ----------------------------------------------------------------- */

static enum fup_code open_plan(struct fup_enroll_list *list, const char *folder)
{
    struct fup_problems problems;
    enum fup_code code;

    fup_problems_init(&problems);
    code = fup_schedules_load(folder, &list->files, &problems);
    if (code == FUP_OK) {
        code = fup_channels_load(folder, &list->channels, &problems);
    }
    fup_problems_done(&problems);
    if (code == FUP_OK) {
        code = fup_zones_create(&list->zones);
    }
    list->env = (struct fup_plan_env){.zones = list->zones,
                                      .channels = list->channels.rules,
                                      .n_channels = list->channels.n};
    return code;
}

static enum fup_code open_lists(struct fup_enroll_list *list)
{
    list->texts = cJSON_CreateArray();
    list->steps = cJSON_CreateArray();
    list->left_out = cJSON_CreateArray();
    list->schedules = calloc(list->files.n + 1, sizeof(void *));
    if (list->texts == NULL || list->steps == NULL || list->left_out == NULL ||
        list->schedules == NULL) {
        return FUP_ENOMEM;
    }
    for (size_t i = 0; i < list->files.n; i++) {
        list->schedules[i] = list->files.items[i].schedule;
    }
    return FUP_OK;
}

enum fup_code fup_enroll_list_open(const char *folder,
                                   int per_hour,
                                   struct fup_enroll_list **ret_list,
                                   struct fup_err *err)
{
    struct fup_enroll_list *list = calloc(1, sizeof *list);
    enum fup_code code = FUP_ENOMEM;

    if (list != NULL) {
        list->per_hour = per_hour;
        code = open_plan(list, folder);
    }
    if (code == FUP_OK) {
        code = open_lists(list);
    }
    if (code != FUP_OK) {
        fup_enroll_list_close(list);
        return fup_err_set(err, code,
                           "the schedules in %.200s cannot be used; followup "
                           "check tells why",
                           folder);
    }
    *ret_list = list;
    return FUP_OK;
}

void fup_enroll_list_close(struct fup_enroll_list *list)
{
    if (list == NULL) {
        return;
    }
    fup_schedules_done(&list->files);
    fup_channels_done(&list->channels);
    fup_zones_free(list->zones);
    cJSON_Delete(list->texts);
    cJSON_Delete(list->steps);
    cJSON_Delete(list->left_out);
    free(list->schedules);
    free(list->takes);
    free(list);
}

/* --- planning ------------------------------------------------------------- */

static bool sends(const struct fup_plan *plan)
{
    return plan->action == FUP_ACTION_SEND ||
           plan->action == FUP_ACTION_TEMPLATE;
}

/* The hour of @at, NULL where none is kept. */
static struct hour *hour_of(struct fup_enroll_list *list, int64_t at)
{
    int64_t i = at / HOUR_US - list->hours_from;

    return at != FUP_TIME_NEVER && i >= 0 && i < HOURS_MAX ? &list->hours[i]
                                                           : NULL;
}

static void plan_for(const struct fup_enroll_list *list,
                     struct silence *s,
                     int64_t first_at)
{
    s->run.manual_at = first_at;
    fup_plan_next(&list->env, s->schedule, s->facts, &s->run, s->now, &s->plan);
    if (s->plan.at < s->now) {
        s->plan.at = s->now;
    }
}

/* Where the next first message of the hour of @at would stand: in the next one
 * when it is full. */
static int64_t place_in(const struct fup_enroll_list *list,
                        const struct hour *hour,
                        int64_t at)
{
    int64_t each = (HOUR_US + list->per_hour - 1) / list->per_hour;
    int64_t place = at / HOUR_US * HOUR_US + hour->first * each;

    return place > at ? place : at;
}

/* Find the first message its hour. False: there is none within 31 days. */
static bool find_place(struct fup_enroll_list *list, struct silence *s)
{
    int64_t at;

    plan_for(list, s, FUP_TIME_NONE);
    at = s->plan.at;
    for (int i = 0; sends(&s->plan) && i < TRIES_MAX; i++) {
        struct hour *hour = hour_of(list, at);
        int64_t place;

        if (hour == NULL) {
            return false;
        }
        place = place_in(list, hour, at);
        if (place > s->plan.at) {
            plan_for(list, s, place);
        }
        if (hour_of(list, s->plan.at) == hour) {
            hour->first++;
            return true;
        }
        at = s->plan.at > at ? s->plan.at : (at / HOUR_US + 1) * HOUR_US;
    }
    return !sends(&s->plan);
}

/* --- what is told --------------------------------------------------------- */

static void add_time(cJSON *to, const char *name, int64_t at)
{
    char text[FUP_TIME_TEXT];

    if (at != FUP_TIME_NONE) {
        (void)cJSON_AddStringToObject(to, name, fup_time_format_s(at, text));
    }
}

static cJSON *add_row(cJSON *rows, const struct silence *s)
{
    cJSON *row = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(row, "tenant", s->facts->tenant);
    (void)cJSON_AddStringToObject(row, "conversation", s->facts->conversation);
    (void)cJSON_AddItemToArray(rows, row);
    return row;
}

static void add_step(struct fup_enroll_list *list, const struct silence *s)
{
    const struct fup_plan *plan = &s->plan;
    struct hour *hour = sends(plan) ? hour_of(list, plan->at) : NULL;
    cJSON *row = add_row(list->steps, s);

    (void)cJSON_AddStringToObject(row, "schedule", s->schedule->name);
    (void)cJSON_AddNumberToObject(row, "step", plan->step);
    (void)cJSON_AddStringToObject(row, "kind",
                                  s->schedule->steps[plan->step - 1].kind);
    (void)cJSON_AddStringToObject(row, "action", fup_action_text(plan->action));
    add_time(row, "at", plan->at == FUP_TIME_NEVER ? FUP_TIME_NONE : plan->at);
    (void)cJSON_AddStringToObject(row, "reason",
                                  plan->reason == FUP_REASON_OPERATOR
                                      ? ""
                                      : fup_reason_text(plan->reason));
    if (hour != NULL) {
        hour->all++;
    }
}

/* The first step stands; the others follow as long as the plan goes on. */
static void add_steps(struct fup_enroll_list *list, struct silence *s)
{
    add_step(list, s);
    while (s->plan.action != FUP_ACTION_WAIT) {
        s->now = s->plan.at;
        s->run.last_step_at = s->plan.at;
        s->run.step++;
        s->run.manual_at = FUP_TIME_NONE;
        fup_plan_next(&list->env, s->schedule, s->facts, &s->run, s->now,
                      &s->plan);
        if (s->plan.action == FUP_ACTION_END) {
            break;
        }
        add_step(list, s);
    }
}

/* Whom it reaches; 0: unknown, or the schedule lets several be. */
static uint64_t person_of(const struct silence *s)
{
    const char *const parts[] = {s->facts->tenant, s->facts->contact,
                                 s->facts->channel, s->facts->address};
    uint64_t hash = FUP_FNV_START;

    if (!s->schedule->one_per_contact) {
        return 0;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i] == NULL || parts[i][0] == '\0') {
            return 0;
        }
        hash = fup_fnv1a(fup_fnv1a_text(hash, parts[i]), "\x1f", 1);
    }
    return hash;
}

/* The newest come first: a person who is there already has one. */
static bool has_person(const struct fup_enroll_list *list, uint64_t person)
{
    for (size_t i = 0; person != 0 && i < list->n; i++) {
        if (list->takes[i].person == person) {
            return true;
        }
    }
    return false;
}

static enum fup_code add_take(struct fup_enroll_list *list,
                              const struct silence *s)
{
    if (list->n == list->room) {
        size_t room = list->room * 2 + 64;
        struct fup_enroll_take *more =
            realloc(list->takes, room * sizeof *more);

        if (more == NULL) {
            return FUP_ENOMEM;
        }
        list->takes = more;
        list->room = room;
    }
    list->takes[list->n++] = (struct fup_enroll_take){
        s->facts->tenant, s->facts->conversation,    s->schedule->name,
        s->run.manual_at, s->facts->last_inbound_at, person_of(s)};
    return FUP_OK;
}

static void leave_out(struct fup_enroll_list *list,
                      const struct silence *s,
                      const char *because)
{
    list->n_left_out++;
    (void)cJSON_AddStringToObject(add_row(list->left_out, s), "because",
                                  because);
}

/* Why it is not taken in, or NULL, with s->schedule. */
static const char *
find_bar(const struct fup_enroll_list *list, struct silence *s, bool superseded)
{
    enum fup_reason reason = fup_plan_admit(
        list->schedules, list->files.n, s->facts, FUP_TIME_NONE, &s->schedule);

    if (reason == FUP_REASON_NONE && s->schedule->one_per_contact &&
        (superseded || has_person(list, person_of(s)))) {
        reason = FUP_REASON_SUPERSEDED;
    }
    return reason != FUP_REASON_NONE ? fup_reason_text(reason) : NULL;
}

static enum fup_code
plan_silence(struct fup_enroll_list *list, struct silence *s, bool superseded)
{
    const char *because = find_bar(list, s, superseded);
    enum fup_code code;

    if (list->hours_from == 0) {
        list->hours_from = s->now / HOUR_US;
    }
    if (because == NULL && !find_place(list, s)) {
        because = "no_room";
    }
    if (because != NULL) {
        leave_out(list, s, because);
        return FUP_OK;
    }
    code = add_take(list, s);
    if (code == FUP_OK) {
        add_steps(list, s);
    }
    return code;
}

static enum fup_code add_tree(struct fup_enroll_list *list,
                              const cJSON *tree,
                              const char *attributes)
{
    const cJSON *us = cJSON_GetObjectItemCaseSensitive(tree, "us");
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(tree, "facts");
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(f, "attributes"), "_last_text");
    const cJSON *now = cJSON_GetObjectItemCaseSensitive(us, "now");
    struct fup_facts facts = fup_explain_facts(tree, us, attributes);
    struct silence s = {
        .facts = &facts,
        .now = (int64_t)now->valuedouble,
        .run = {.episode_at = facts.last_inbound_at,
                .step = 1,
                .last_step_at = FUP_TIME_NONE,
                .due_at = FUP_TIME_NONE,
                .manual_at = FUP_TIME_NONE,
                .paused_until = FUP_TIME_NONE},
    };

    facts.opted_out =
        facts.opted_out ||
        fup_opt_out_is(cJSON_GetStringValue(words), facts.channel);
    return plan_silence(list, &s, fup_explain_is_against(tree, "superseded"));
}

enum fup_code fup_enroll_list_add(struct fup_enroll_list *list,
                                  const char *text,
                                  struct fup_err *err)
{
    cJSON *tree = cJSON_Parse(text);
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(tree, "facts");
    const cJSON *us = cJSON_GetObjectItemCaseSensitive(tree, "us");
    char *attributes;
    enum fup_code code;

    if (!cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(us, "now"))) {
        cJSON_Delete(tree);
        return fup_err_set(err, FUP_EPARSE, "a silence cannot be read");
    }
    (void)cJSON_AddItemToArray(list->texts, tree);
    attributes = cJSON_PrintUnformatted(
        cJSON_GetObjectItemCaseSensitive(f, "attributes"));
    code = add_tree(list, tree, attributes);
    cJSON_free(attributes);
    return code == FUP_OK ? code : fup_err_set(err, code, "out of memory");
}

const struct fup_enroll_take *
fup_enroll_list_take(const struct fup_enroll_list *list, size_t i)
{
    return i < list->n ? &list->takes[i] : NULL;
}

static void add_hours(const struct fup_enroll_list *list, cJSON *tree)
{
    cJSON *hours = cJSON_AddArrayToObject(tree, "hours");

    for (int i = 0; i < HOURS_MAX; i++) {
        const struct hour *hour = &list->hours[i];

        if (hour->all > 0) {
            cJSON *row = cJSON_CreateObject();

            add_time(row, "hour", (list->hours_from + i) * HOUR_US);
            (void)cJSON_AddNumberToObject(row, "first_messages", hour->first);
            (void)cJSON_AddNumberToObject(row, "messages", hour->all);
            (void)cJSON_AddItemToArray(hours, row);
        }
    }
}

struct cJSON *fup_enroll_list_tree(const struct fup_enroll_list *list)
{
    cJSON *tree = cJSON_CreateObject();

    (void)cJSON_AddNumberToObject(tree, "taken_in", (double)list->n);
    (void)cJSON_AddNumberToObject(tree, "not_taken_in",
                                  (double)list->n_left_out);
    (void)cJSON_AddNumberToObject(tree, "first_messages_per_hour",
                                  list->per_hour);
    add_hours(list, tree);
    (void)cJSON_AddItemToObject(tree, "steps",
                                cJSON_Duplicate(list->steps, true));
    (void)cJSON_AddItemToObject(tree, "left_out",
                                cJSON_Duplicate(list->left_out, true));
    return tree;
}
