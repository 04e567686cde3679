/* The same questions that the worker asks the planner. */

#include "explain_why.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "codec/channels.h"
#include "codec/schedule.h"
#include "core/time.h"
#include "plan/plan.h"

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static int64_t instant_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsNumber(item)) {
        return FUP_TIME_NONE;
    }
    /* A pause without an end is more than a double can tell exactly. */
    return item->valuedouble < 9e18 ? (int64_t)item->valuedouble
                                    : FUP_TIME_NEVER;
}

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static enum fup_status status_of(const char *text)
{
    static const char *const words[] = {"open", "closed", "snoozed"};

    for (int i = 0; text != NULL && i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            return (enum fup_status)(FUP_STATUS_OPEN + i);
        }
    }
    return FUP_STATUS_UNKNOWN;
}

static enum fup_owner owner_of(const char *text)
{
    if (text != NULL && strcmp(text, "human") == 0) {
        return FUP_OWNER_HUMAN;
    }
    return text != NULL && strcmp(text, "bot") == 0 ? FUP_OWNER_BOT
                                                    : FUP_OWNER_NOBODY;
}

bool fup_explain_is_against(const cJSON *tree, const char *code)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(tree, "against"))
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, code) == 0) {
            return true;
        }
    }
    return false;
}

struct fup_facts
fup_explain_facts(const cJSON *tree, const cJSON *us, const char *attributes)
{
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(tree, "facts");
    const cJSON *zone;
    struct fup_facts facts = {
        .tenant = text_of(f, "tenant"),
        .conversation = text_of(f, "conversation"),
        .contact = text_of(f, "contact"),
        .channel = text_of(f, "channel"),
        .address = text_of(us, "address"),
        .status = status_of(text_of(f, "status")),
        .owner = owner_of(text_of(f, "owner")),
        .intent = text_of(f, "intent"),
        .stage = text_of(f, "stage"),
        .locale = text_of(f, "locale"),
        .last_inbound_at = instant_of(us, "last_inbound_at"),
        .last_answer_at = instant_of(us, "last_answer_at"),
        .last_human_at = instant_of(us, "last_human_at"),
        .last_ours_at = instant_of(us, "last_ours_at"),
        .window_ends_at = instant_of(us, "window_ends_at"),
        .opted_out = fup_explain_is_against(tree, "opted_out"),
        .tenant_active = is_true(f, "tenant_active"),
        .attributes = attributes,
    };

    cJSON_ArrayForEach(zone, cJSON_GetObjectItemCaseSensitive(f, "timezones"))
    {
        if (cJSON_IsString(zone) && facts.n_timezones < FUP_FACTS_ZONES) {
            facts.timezones[facts.n_timezones++] = zone->valuestring;
        }
    }
    return facts;
}

static void judge(cJSON *tree,
                  const struct fup_schedules *files,
                  const struct fup_facts *facts,
                  int64_t since_at)
{
    const struct fup_schedule **schedules =
        calloc(files->n + 1, sizeof(void *));
    const struct fup_schedule *match = NULL;
    enum fup_reason reason;

    if (schedules == NULL) {
        return;
    }
    for (size_t i = 0; i < files->n; i++) {
        schedules[i] = files->items[i].schedule;
    }
    reason = fup_plan_admit(schedules, files->n, facts, since_at, &match);
    if (reason == FUP_REASON_NONE) {
        (void)cJSON_AddStringToObject(tree, "would_enroll_in", match->name);
    } else {
        (void)cJSON_AddStringToObject(tree, "not_followed_up_because",
                                      fup_reason_text(reason));
    }
    free(schedules);
}

void fup_explain_why(const char *folder, cJSON *tree, const cJSON *us)
{
    struct fup_schedules files = {0};
    struct fup_problems problems;
    struct fup_facts facts;
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(tree, "facts");
    char *attributes = cJSON_PrintUnformatted(
        cJSON_GetObjectItemCaseSensitive(f, "attributes"));
    enum fup_code code;

    fup_problems_init(&problems);
    code = fup_schedules_load(folder, &files, &problems);
    fup_problems_done(&problems);
    if (code == FUP_OK || code == FUP_EPARSE) {
        facts = fup_explain_facts(tree, us, attributes);
        judge(tree, &files, &facts, instant_of(us, "enroll_since"));
        fup_schedules_done(&files);
    } else {
        (void)cJSON_AddStringToObject(tree, "schedules", "cannot be read");
    }
    cJSON_free(attributes);
}

/* --- what comes next ---------------------------------------------------- */

static struct fup_run read_run(const cJSON *tree, const cJSON *in)
{
    const cJSON *step = cJSON_GetObjectItemCaseSensitive(in, "step");
    const cJSON *force = cJSON_GetObjectItemCaseSensitive(in, "force");
    struct fup_run run = {
        .episode_at = instant_of(in, "episode_at"),
        .step = cJSON_IsNumber(step) ? step->valueint : 1,
        .last_step_at = instant_of(in, "last_step_at"),
        .due_at = instant_of(in, "due_at"),
        .manual_at = instant_of(in, "manual_at"),
        .force = cJSON_IsNumber(force) ? (unsigned)force->valueint : 0,
        .paused_until = instant_of(in, "paused_until"),
        .held = fup_explain_is_against(tree, "held"),
        .superseded = fup_explain_is_against(tree, "superseded"),
    };

    if (run.episode_at == 0) {
        run.episode_at = FUP_TIME_NONE; /* no inbound message at all */
    }
    return run;
}

static void add_instant(cJSON *to, const char *name, int64_t at)
{
    char text[FUP_TIME_TEXT];

    if (at != FUP_TIME_NONE) {
        (void)cJSON_AddStringToObject(to, name, fup_time_format(at, text));
    }
}

static void add_plan(cJSON *tree,
                     const struct fup_schedule *schedule,
                     const struct fup_plan *plan)
{
    cJSON *next = cJSON_AddObjectToObject(tree, "next");
    cJSON *why = cJSON_AddArrayToObject(tree, "why");

    (void)cJSON_AddStringToObject(next, "action",
                                  fup_action_text(plan->action));
    if (plan->reason != FUP_REASON_NONE) {
        (void)cJSON_AddStringToObject(next, "reason",
                                      fup_reason_text(plan->reason));
    }
    if (plan->step > 0 && (size_t)plan->step <= schedule->n_steps) {
        (void)cJSON_AddNumberToObject(next, "step", plan->step);
        (void)cJSON_AddStringToObject(next, "kind",
                                      schedule->steps[plan->step - 1].kind);
    }
    add_instant(next, "at", plan->at);
    add_instant(next, "expires_at", plan->expires_at);
    for (size_t i = 0; i < plan->trace.n; i++) {
        cJSON *row = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(row, "rule",
                                      fup_rule_text(plan->trace.moves[i].rule));
        add_instant(row, "at", plan->trace.moves[i].at);
        (void)cJSON_AddItemToArray(why, row);
    }
}

/* The version that the enrollment is on, from the database. */
static struct fup_schedule *read_version(const cJSON *run)
{
    const char *text = text_of(run, "definition");
    struct fup_schedule *schedule = NULL;
    struct fup_problems problems;

    fup_problems_init(&problems);
    if (text == NULL || fup_schedule_parse(text, strlen(text), "version",
                                           &schedule, &problems) != FUP_OK) {
        schedule = NULL;
    }
    fup_problems_done(&problems);
    return schedule;
}

static void ask_planner(const struct fup_plan_env *env,
                        const struct fup_schedule *schedule,
                        cJSON *tree,
                        const cJSON *us,
                        const cJSON *in)
{
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(tree, "facts");
    char *attributes = cJSON_PrintUnformatted(
        cJSON_GetObjectItemCaseSensitive(f, "attributes"));
    struct fup_facts facts = fup_explain_facts(tree, us, attributes);
    struct fup_run run = read_run(tree, in);
    struct fup_plan plan;

    fup_plan_next(env, schedule, cJSON_IsObject(f) ? &facts : NULL, &run,
                  instant_of(in, "now"), &plan);
    add_plan(tree, schedule, &plan);
    cJSON_free(attributes);
}

void fup_explain_next(const char *folder,
                      cJSON *tree,
                      const cJSON *us,
                      const cJSON *run)
{
    struct fup_zones *zones = NULL;
    struct fup_channels channels = {0};
    struct fup_problems problems;
    struct fup_schedule *schedule = read_version(run);
    bool known;

    if (schedule == NULL) {
        (void)cJSON_AddStringToObject(tree, "next", "cannot be told");
        return;
    }
    fup_problems_init(&problems);
    known = fup_channels_load(folder, &channels, &problems) == FUP_OK ||
            fup_channels_load(NULL, &channels, &problems) == FUP_OK;
    fup_problems_done(&problems);
    if (known && fup_zones_create(&zones) == FUP_OK) {
        const struct fup_plan_env env = {
            .zones = zones,
            .channels = channels.rules,
            .n_channels = channels.n,
        };

        ask_planner(&env, schedule, tree, us, run);
        fup_zones_free(zones);
    }
    fup_channels_done(&channels);
    fup_schedule_free(schedule);
}
