/* followup check: schedules and channels, read as the worker reads them. */

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "codec/channels.h"
#include "codec/review.h"
#include "codec/schedule.h"
#include "commands_offline.h"
#include "core/json.h"
#include "core/time.h"
#include "offline.h"

#define COMMAND       "check"
#define FOLDER        "schedules"
#define OUTPUT_MAX    ((size_t)16 * 1024 * 1024)
#define DEFAULT_ABOUT "FOLLOWUP_SCHEDULES, or else ./" FOLDER

static const char help[] =
    "usage: followup check [--format table|json] [PATH...]\n"
    "\n"
    "Check schedules: files, or folders with all their schedules and their\n"
    "channels.json. Texts are filled in with sample values and linted.\n"
    "Without a path: " DEFAULT_ABOUT ".\n"
    "Problems are printed as file:line:column: text. The exit code is 1 when\n"
    "there are errors; warnings alone do not count.\n"
    "\n"
    "  --format FORMAT    table (default) or json\n"
    "  --help             this text\n";

struct job {
    enum fup_offline_format format;
    struct fup_problems problems;
    size_t n_schedules;
};

/* Returns FUP_OFFLINE_DONE, an exit code, or -1 after --help. */
static int parse_args(struct job *job, int argc, char **argv)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            (void)fputs(help, stdout);
            return -1;
        }
        if (option != 'f') {
            return fup_offline_usage(COMMAND, "unknown or incomplete option");
        }
        if (fup_offline_format_parse(optarg, &job->format) != FUP_OK ||
            job->format == FUP_OFFLINE_CSV) {
            return fup_offline_usage(
                COMMAND, "--format: table or json, not \"%.40s\"", optarg);
        }
    }
    return FUP_OFFLINE_DONE;
}

/* Out of memory is worse than anything that a file can hold. */
static enum fup_code worse(enum fup_code a, enum fup_code b)
{
    return a == FUP_OK || b == FUP_ENOMEM ? b : a;
}

static int64_t now(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * FUP_US_PER_S;
}

/* What is in force is in the environment, as the folder is (main.c). */
static void check_kept(struct job *job, const struct fup_schedule_file *file)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    const char *days = getenv("FOLLOWUP_KEEP_DAYS");
    struct fup_place place = {.file = file->path};

    if (days != NULL &&
        !fup_schedule_fits(file->schedule, strtoll(days, NULL, 10))) {
        fup_problems_error(&job->problems, &place,
                           "contact_cap: counts further back than keep_days, "
                           "%.16s, keeps what was sent",
                           days);
    }
}

static enum fup_code check_folder(struct job *job, const char *path)
{
    struct fup_schedules schedules = {0};
    struct fup_channels channels = {0};
    struct fup_place place = {.file = path};
    enum fup_code code = fup_schedules_load(path, &schedules, &job->problems);

    job->n_schedules += schedules.n;
    if (code == FUP_OK && schedules.n == 0) {
        fup_problems_warn(&job->problems, &place, "no schedules here");
    }
    for (size_t i = 0; i < schedules.n; i++) {
        check_kept(job, &schedules.items[i]);
    }
    if (code != FUP_ENOMEM) {
        code = worse(code, fup_channels_load(path, &channels, &job->problems));
    }
    if (code != FUP_ENOMEM) {
        code = worse(code, fup_schedules_review(&schedules, &channels, now(),
                                                &job->problems));
    }
    fup_schedules_done(&schedules);
    fup_channels_done(&channels);
    return code == FUP_ENOMEM ? code : FUP_OK;
}

/* The channels beside @path; those built in where there are none, or none that
 * can be read, which a check of the folder reports. */
static enum fup_code load_beside(const char *path,
                                 struct fup_channels *ret_channels)
{
    const char *slash = strrchr(path, '/');
    char *folder =
        slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    struct fup_problems ignored;
    enum fup_code code = FUP_ENOMEM;

    fup_problems_init(&ignored);
    if (folder != NULL) {
        code = fup_channels_load(folder, ret_channels, &ignored);
    }
    if (code != FUP_OK && code != FUP_ENOMEM) {
        code = fup_channels_load(NULL, ret_channels, &ignored);
    }
    fup_problems_done(&ignored);
    free(folder);
    return code;
}

static enum fup_code check_file(struct job *job, const char *path)
{
    struct fup_channels channels = {0};
    struct fup_schedule_file file;
    enum fup_code code = fup_schedule_file_load(path, &file, &job->problems);

    if (code == FUP_OK) {
        job->n_schedules++;
        check_kept(job, &file);
        code = load_beside(path, &channels);
        if (code == FUP_OK) {
            code = fup_schedule_review(&file, &channels, now(), &job->problems);
        }
        fup_schedule_file_done(&file);
        fup_channels_done(&channels);
    }
    return code == FUP_ENOMEM ? code : FUP_OK;
}

static enum fup_code check_path(struct job *job, const char *path)
{
    struct stat info;
    struct fup_place place = {.file = path};

    if (stat(path, &info) != 0) {
        fup_problems_error(&job->problems, &place, "cannot read: %s",
                           strerror(errno)); // NOLINT(concurrency-mt-unsafe)
        return FUP_OK;
    }
    return S_ISDIR(info.st_mode) ? check_folder(job, path)
                                 : check_file(job, path);
}

static enum fup_code check_paths(struct job *job, int n, char **paths)
{
    enum fup_code code = FUP_OK;

    if (n == 0) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe)
        const char *folder = getenv("FOLLOWUP_SCHEDULES");

        return check_path(job, folder == NULL ? FOLDER : folder);
    }
    for (int i = 0; i < n && code == FUP_OK; i++) {
        code = check_path(job, paths[i]);
    }
    return code;
}

static void add_problem(struct fup_buf *out, const struct fup_problem *problem)
{
    fup_buf_adds(out, "{\"file\": ");
    fup_json_string(out, problem->file);
    fup_buf_addf(out, ", \"line\": %d, \"column\": %d, \"level\": \"%s\"",
                 problem->line, problem->column,
                 problem->warning ? "warning" : "error");
    fup_buf_adds(out, ", \"text\": ");
    fup_json_string(out, problem->text);
    fup_buf_addc(out, '}');
}

static void print_json(const struct job *job, struct fup_buf *out)
{
    fup_buf_addf(out,
                 "{\"schedules\": %zu, \"errors\": %zu, \"left_out\": %zu, "
                 "\"problems\": [",
                 job->n_schedules, job->problems.errors, job->problems.dropped);
    for (size_t i = 0; i < job->problems.n; i++) {
        fup_buf_adds(out, i > 0 ? ",\n " : "\n ");
        add_problem(out, &job->problems.items[i]);
    }
    fup_buf_adds(out, "]}\n");
}

static void print_summary(const struct job *job, struct fup_buf *out)
{
    size_t errors = job->problems.errors;

    if (errors > 0) {
        fup_buf_addf(out, "%zu %s\n", errors, errors == 1 ? "error" : "errors");
        return;
    }
    fup_buf_addf(out, "%zu %s, no errors\n", job->n_schedules,
                 job->n_schedules == 1 ? "schedule" : "schedules");
}

static int report(const struct job *job)
{
    struct fup_buf out;
    bool written;

    fup_buf_init(&out, OUTPUT_MAX);
    if (job->format == FUP_OFFLINE_JSON) {
        print_json(job, &out);
    } else {
        fup_offline_problems(&job->problems, stderr);
        print_summary(job, &out);
    }
    written = fup_offline_write(&out);
    fup_buf_done(&out);
    return written && job->problems.errors == 0 ? FUP_OFFLINE_DONE
                                                : FUP_OFFLINE_ERRORS;
}

int fup_cmd_check(int argc, char **argv)
{
    struct job job = {.format = FUP_OFFLINE_TABLE};
    int exit_code = parse_args(&job, argc, argv);

    if (exit_code != FUP_OFFLINE_DONE) {
        return exit_code < 0 ? FUP_OFFLINE_DONE : exit_code;
    }
    fup_problems_init(&job.problems);
    if (check_paths(&job, argc - optind, argv + optind) == FUP_OK) {
        exit_code = report(&job);
    } else {
        exit_code = fup_offline_nomem(COMMAND);
    }
    fup_problems_done(&job.problems);
    return exit_code;
}
