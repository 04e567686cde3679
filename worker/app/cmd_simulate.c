/* followup simulate: schedules on past timelines, as docs say, without a
 * server. */

#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/channels.h"
#include "codec/schedule.h"
#include "codec/timelines.h"
#include "commands_offline.h"
#include "core/time.h"
#include "offline.h"
#include "plan/simulate.h"
#include "simulate_print.h"
#include "simulate_summary.h"

#define COMMAND       "simulate"
#define SCHEDULES_MAX 64
#define OUTPUT_MAX    ((size_t)2 * 1024 * 1024 * 1024)

static const char help[] =
    "usage: followup simulate --schedule FILE --timelines FILE.csv\n"
    "                         [--timezone ZONE] [--until INSTANT]\n"
    "                         [--summary] [--format csv|json|table]\n"
    "\n"
    "Print what a schedule would have sent on past conversations. Needs no\n"
    "server; channels.json is taken from the folder of the schedule, if it is\n"
    "there. The schedule's mode is not looked at.\n"
    "\n"
    "  --schedule FILE    a schedule; may be given more than once\n"
    "  --timelines FILE   CSV with a header: conversation, channel, at,\n"
    "                     direction (in, out), and optionally tenant,\n"
    "                     contact, timezone, locale, intent, stage\n"
    "  --timezone ZONE    of the contacts for whom the file names none\n"
    "  --until INSTANT    stop there, for instance 2026-11-21T09:30:00Z\n"
    "  --summary          no rows but counts: enrollments, what became of\n"
    "                     each step, who replied before it, and the hours in\n"
    "                     which messages go out where the contact is\n"
    "  --format FORMAT    csv (default), json or table; of a summary, table\n"
    "                     (default) or json\n"
    "  --help             this text\n";

struct job {
    const char *paths[SCHEDULES_MAX];
    size_t n_paths;
    const char *timelines_path;
    const char *timezone;
    int64_t until_at;
    bool summary;
    bool has_format;
    enum fup_offline_format format;

    struct fup_schedule_file files[SCHEDULES_MAX];
    const struct fup_schedule *schedules[SCHEDULES_MAX];
    size_t n_schedules;
    struct fup_channels channels;
    struct fup_timelines timelines;
    struct fup_zones *zones;
    struct fup_problems problems;

    struct fup_sim_line *lines;
    size_t n_lines;
    size_t cap;
    enum fup_code code; /* of collecting lines */

    struct fup_plan_env env;
    struct fup_sim_summary summaries[SCHEDULES_MAX]; /* as @schedules */
};

static void job_done(struct job *job)
{
    for (size_t i = 0; i < job->n_schedules; i++) {
        fup_schedule_file_done(&job->files[i]);
    }
    fup_channels_done(&job->channels);
    fup_timelines_done(&job->timelines);
    fup_zones_free(job->zones);
    fup_problems_done(&job->problems);
    free(job->lines);
    free(job);
}

/* -- arguments ------------------------------------------------------------ */

static int add_schedule(struct job *job, const char *path)
{
    if (job->n_paths == SCHEDULES_MAX) {
        return fup_offline_usage(COMMAND, "more than %d schedules",
                                 SCHEDULES_MAX);
    }
    job->paths[job->n_paths++] = path;
    return FUP_OFFLINE_DONE;
}

static int set_format(struct job *job, const char *value)
{
    if (fup_offline_format_parse(value, &job->format) != FUP_OK) {
        return fup_offline_usage(COMMAND,
                                 "--format: csv, json or table, not "
                                 "\"%.40s\"",
                                 value);
    }
    job->has_format = true;
    return FUP_OFFLINE_DONE;
}

static int set_option(struct job *job, int option, const char *value)
{
    struct fup_err err;

    switch (option) {
    case 's':
        return add_schedule(job, value);
    case 't':
        job->timelines_path = value;
        return FUP_OFFLINE_DONE;
    case 'z':
        job->timezone = value;
        return FUP_OFFLINE_DONE;
    case 'u':
        if (fup_time_parse(value, &job->until_at, &err) != FUP_OK) {
            return fup_offline_usage(COMMAND, "--until: %s", err.msg);
        }
        return FUP_OFFLINE_DONE;
    case 'm':
        job->summary = true;
        return FUP_OFFLINE_DONE;
    case 'f':
        return set_format(job, value);
    default:
        return fup_offline_usage(COMMAND, "unknown or incomplete option");
    }
}

/* What the options are together. */
static int check_args(struct job *job)
{
    if (job->n_paths == 0 || job->timelines_path == NULL) {
        return fup_offline_usage(COMMAND,
                                 "--schedule and --timelines are needed");
    }
    if (job->summary && !job->has_format) {
        job->format = FUP_OFFLINE_TABLE;
    }
    if (job->summary && job->format == FUP_OFFLINE_CSV) {
        return fup_offline_usage(COMMAND,
                                 "--format: of a summary, table or json");
    }
    return FUP_OFFLINE_DONE;
}

/* Returns FUP_OFFLINE_DONE, an exit code, or -1 after --help. */
static int parse_args(struct job *job, int argc, char **argv)
{
    static const struct option options[] = {
        {"schedule", required_argument, NULL, 's'},
        {"timelines", required_argument, NULL, 't'},
        {"timezone", required_argument, NULL, 'z'},
        {"until", required_argument, NULL, 'u'},
        {"summary", no_argument, NULL, 'm'},
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int exit_code = FUP_OFFLINE_DONE;
    int option;

    optind = 1;
    while (exit_code == FUP_OFFLINE_DONE &&
           (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            (void)fputs(help, stdout);
            return -1;
        }
        exit_code = set_option(job, option, optarg);
    }
    if (exit_code != FUP_OFFLINE_DONE) {
        return exit_code;
    }
    if (optind < argc) {
        return fup_offline_usage(COMMAND, "unexpected \"%.60s\"", argv[optind]);
    }
    return check_args(job);
}

/* -- input ---------------------------------------------------------------- */

/* A file that is not live yet is simulated all the same. */
static enum fup_code load_schedule(struct job *job, const char *path)
{
    struct fup_schedule_file *file = &job->files[job->n_schedules];
    struct fup_place place = {.file = path};
    enum fup_code code = fup_schedule_file_load(path, file, &job->problems);

    if (code != FUP_OK) {
        return code;
    }
    for (size_t i = 0; i < job->n_schedules; i++) {
        if (strcmp(job->schedules[i]->name, file->schedule->name) == 0) {
            fup_problems_error(&job->problems, &place,
                               "the name \"%s\" is taken by %.120s already",
                               file->schedule->name, job->files[i].path);
            fup_schedule_file_done(file);
            return FUP_EPARSE;
        }
    }
    file->schedule->mode = FUP_MODE_LIVE;
    job->schedules[job->n_schedules++] = file->schedule;
    return FUP_OK;
}

/* The first failure, after all files have been looked at. */
static enum fup_code load(struct job *job)
{
    enum fup_code worst = FUP_OK;
    enum fup_code code;

    for (size_t i = 0; i < job->n_paths; i++) {
        code = load_schedule(job, job->paths[i]);
        worst = worst == FUP_OK ? code : worst;
    }
    code = fup_offline_channels(job->paths[0], &job->channels, &job->problems);
    worst = worst == FUP_OK ? code : worst;
    code = fup_timelines_load(job->timelines_path, &job->timelines,
                              &job->problems);
    worst = worst == FUP_OK ? code : worst;
    return worst;
}

static void apply_timezone(struct job *job)
{
    for (size_t i = 0; job->timezone != NULL && i < job->timelines.n; i++) {
        struct fup_facts *facts = &job->timelines.items[i].facts;

        facts->timezones[0] = job->timezone;
        facts->n_timezones = 1;
    }
}

/* -- run ------------------------------------------------------------------ */

static void on_row(const struct fup_sim_row *row, void *arg)
{
    struct job *job = arg;
    const struct fup_facts *facts = &job->timelines.items[row->timeline].facts;

    if (job->n_lines == job->cap) {
        size_t cap = job->cap == 0 ? 1024 : job->cap * 2;
        struct fup_sim_line *lines = realloc(job->lines, cap * sizeof *lines);

        if (lines == NULL) {
            job->code = FUP_ENOMEM;
            return;
        }
        job->lines = lines;
        job->cap = cap;
    }
    job->lines[job->n_lines] = (struct fup_sim_line){
        .timeline = row->timeline,
        .episode_at = row->episode_at,
        .at = row->at,
        .step = row->step,
        .tenant = facts->tenant,
        .conversation = facts->conversation,
        .schedule = row->schedule->name,
        .kind = row->kind == NULL ? "" : row->kind,
        .action = fup_action_text(row->action),
        .reason = fup_reason_text(row->reason),
        .order = job->n_lines,
    };
    job->n_lines++;
}

static struct fup_sim_summary *summary_of(struct job *job,
                                          const struct fup_schedule *schedule)
{
    size_t i = 0;

    while (job->schedules[i] != schedule) {
        i++;
    }
    return &job->summaries[i];
}

static void on_enroll(const struct fup_schedule *schedule, void *arg)
{
    summary_of(arg, schedule)->enrollments++;
}

static void on_row_to_count(const struct fup_sim_row *row, void *arg)
{
    struct job *job = arg;

    fup_sim_summary_add(summary_of(job, row->schedule), &job->env, row);
}

/* An end comes behind the steps of its instant: it is what they led to. */
static int step_rank(const struct fup_sim_line *line)
{
    return line->step > 0 ? line->step : FUP_STEPS_MAX + 1;
}

/* Timelines ascend by conversation. */
static int compare_lines(const void *a, const void *b)
{
    const struct fup_sim_line *x = a;
    const struct fup_sim_line *y = b;

    if (x->timeline != y->timeline) {
        return x->timeline < y->timeline ? -1 : 1;
    }
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    if (x->episode_at != y->episode_at) {
        return x->episode_at < y->episode_at ? -1 : 1;
    }
    if (step_rank(x) != step_rank(y)) {
        return step_rank(x) - step_rank(y);
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

static enum fup_code simulate(struct job *job)
{
    struct fup_sim sim = {.env = &job->env,
                          .schedules = job->schedules,
                          .n_schedules = job->n_schedules,
                          .until_at = job->until_at,
                          .on_row = job->summary ? on_row_to_count : on_row,
                          .on_enroll = job->summary ? on_enroll : NULL,
                          .arg = job};
    enum fup_code code;

    job->env = (struct fup_plan_env){.zones = job->zones,
                                     .channels = job->channels.rules,
                                     .n_channels = job->channels.n};
    for (size_t i = 0; i < job->n_schedules; i++) {
        job->summaries[i].schedule = job->schedules[i];
    }
    code = fup_simulate(&sim, job->timelines.items, job->timelines.n);
    if (code == FUP_OK) {
        code = job->code;
    }
    if (code == FUP_OK && job->n_lines > 0) {
        qsort(job->lines, job->n_lines, sizeof *job->lines, compare_lines);
    }
    return code;
}

static int print(struct job *job)
{
    struct fup_buf out;
    int exit_code = FUP_OFFLINE_DONE;

    fup_buf_init(&out, OUTPUT_MAX);
    if (job->summary) {
        fup_sim_summary_print(job->summaries, job->n_schedules,
                              job->format == FUP_OFFLINE_JSON, &out);
    } else {
        fup_simulate_print(job->lines, job->n_lines, job->format, &out);
    }
    if (!fup_offline_write(&out)) {
        (void)fprintf(stderr, "followup simulate: cannot write the result\n");
        exit_code = FUP_OFFLINE_ERRORS;
    }
    fup_buf_done(&out);
    return exit_code;
}

static int run(struct job *job)
{
    enum fup_code code;

    if (fup_zones_create(&job->zones) != FUP_OK) {
        return fup_offline_nomem(COMMAND);
    }
    if (job->timezone != NULL &&
        fup_zones_get(job->zones, job->timezone) == NULL) {
        return fup_offline_usage(COMMAND, "--timezone: unknown zone \"%.60s\"",
                                 job->timezone);
    }
    code = load(job);
    fup_offline_problems(&job->problems, stderr);
    if (code == FUP_OK) {
        apply_timezone(job);
        code = simulate(job);
    }
    if (code == FUP_ENOMEM) {
        return fup_offline_nomem(COMMAND);
    }
    return code == FUP_OK ? print(job) : FUP_OFFLINE_ERRORS;
}

int fup_cmd_simulate(int argc, char **argv)
{
    struct job *job = calloc(1, sizeof *job);
    int exit_code;

    if (job == NULL) {
        return fup_offline_nomem(COMMAND);
    }
    job->until_at = FUP_TIME_NEVER;
    job->format = FUP_OFFLINE_CSV;
    fup_problems_init(&job->problems);
    exit_code = parse_args(job, argc, argv);
    if (exit_code == FUP_OFFLINE_DONE) {
        exit_code = run(job);
    }
    job_done(job);
    return exit_code < 0 ? FUP_OFFLINE_DONE : exit_code;
}
