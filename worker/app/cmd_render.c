/* followup render: the message of a step for given facts, or one template. */

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "codec/channels.h"
#include "codec/facts.h"
#include "codec/outbound.h"
#include "codec/schedule.h"
#include "codec/text_file.h"
#include "commands_offline.h"
#include "core/time.h"
#include "message/liquid.h"
#include "message/message.h"
#include "offline.h"
#include "plan/plan.h"
#include "plan/zone.h"
#include "render_print.h"

#define COMMAND    "render"
#define OUTPUT_MAX ((size_t)1024 * 1024)

static const char help[] =
    "usage: followup render --schedule FILE --step N --facts FILE\n"
    "                       [--channel NAME] [--locale TAG] [--template]\n"
    "                       [--format table|json]\n"
    "       followup render --liquid FILE --data FILE\n"
    "\n"
    "Print the message of a step for a conversation with these facts (a JSON\n"
    "object with the columns of followup.conversation_facts()), as the person\n"
    "reads it, or with json as the sender gets it. channels.json is taken "
    "from\n"
    "the folder of the schedule, if it is there.\n"
    "Or fill in one bare template from a JSON object, as the standard says:\n"
    "what is missing is empty.\n"
    "\n"
    "  --schedule FILE    the schedule\n"
    "  --step N           which of its steps, from 1\n"
    "  --facts FILE       the facts\n"
    "  --channel NAME     in place of the facts' channel\n"
    "  --locale TAG       in place of the facts' locale\n"
    "  --template         the approved template, for outside the window\n"
    "  --format FORMAT    table (default) or json\n"
    "  --liquid FILE      a template\n"
    "  --data FILE        its variables\n"
    "  --help             this text\n";

struct job {
    const char *schedule_path;
    const char *facts_path;
    const char *liquid_path;
    const char *data_path;
    const char *channel;
    const char *locale;
    int step;
    bool as_template;
    enum fup_offline_format format;
    struct fup_problems problems;
};

/* -- arguments ------------------------------------------------------------ */

static int set_step(struct job *job, const char *value)
{
    char *end;
    long n = strtol(value, &end, 10);

    if (end == value || *end != '\0' || n < 1 || n > FUP_STEPS_MAX) {
        return fup_offline_usage(COMMAND, "--step: a number from 1 to %d",
                                 FUP_STEPS_MAX);
    }
    job->step = (int)n;
    return FUP_OFFLINE_DONE;
}

static int set_format(struct job *job, const char *value)
{
    if (fup_offline_format_parse(value, &job->format) != FUP_OK ||
        job->format == FUP_OFFLINE_CSV) {
        return fup_offline_usage(
            COMMAND, "--format: table or json, not \"%.40s\"", value);
    }
    return FUP_OFFLINE_DONE;
}

/* Options that only keep their value. */
static const char **text_option(struct job *job, int option)
{
    switch (option) {
    case 's':
        return &job->schedule_path;
    case 'a':
        return &job->facts_path;
    case 'q':
        return &job->liquid_path;
    case 'd':
        return &job->data_path;
    case 'c':
        return &job->channel;
    case 'l':
        return &job->locale;
    default:
        return NULL;
    }
}

static int set_option(struct job *job, int option, const char *value)
{
    const char **text = text_option(job, option);

    if (text != NULL) {
        *text = value;
        return FUP_OFFLINE_DONE;
    }
    switch (option) {
    case 'n':
        return set_step(job, value);
    case 'f':
        return set_format(job, value);
    case 't':
        job->as_template = true;
        return FUP_OFFLINE_DONE;
    default:
        return fup_offline_usage(COMMAND, "unknown or incomplete option");
    }
}

static int check_args(const struct job *job)
{
    bool bare = job->liquid_path != NULL || job->data_path != NULL;
    bool full =
        job->schedule_path != NULL || job->facts_path != NULL || job->step != 0;

    if (bare && full) {
        return fup_offline_usage(COMMAND,
                                 "either --schedule, --step and --facts, or "
                                 "--liquid and --data");
    }
    if (bare && (job->liquid_path == NULL || job->data_path == NULL)) {
        return fup_offline_usage(COMMAND, "--liquid and --data go together");
    }
    if (!bare && (job->schedule_path == NULL || job->facts_path == NULL ||
                  job->step == 0)) {
        return fup_offline_usage(COMMAND,
                                 "--schedule, --step and --facts are needed");
    }
    return FUP_OFFLINE_DONE;
}

/* Returns FUP_OFFLINE_DONE, an exit code, or -1 after --help. */
static int parse_args(struct job *job, int argc, char **argv)
{
    static const struct option options[] = {
        {"schedule", required_argument, NULL, 's'},
        {"step", required_argument, NULL, 'n'},
        {"facts", required_argument, NULL, 'a'},
        {"channel", required_argument, NULL, 'c'},
        {"locale", required_argument, NULL, 'l'},
        {"template", no_argument, NULL, 't'},
        {"format", required_argument, NULL, 'f'},
        {"liquid", required_argument, NULL, 'q'},
        {"data", required_argument, NULL, 'd'},
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
    if (exit_code == FUP_OFFLINE_DONE && optind < argc) {
        return fup_offline_usage(COMMAND, "unexpected \"%.60s\"", argv[optind]);
    }
    return exit_code == FUP_OFFLINE_DONE ? check_args(job) : exit_code;
}

/* -- one bare template ---------------------------------------------------- */

static void report(struct job *job, const char *path, const struct fup_err *err)
{
    struct fup_place place = {.file = path};

    fup_problems_error(&job->problems, &place, "%s", err->msg);
}

static enum fup_code compile_file(struct job *job,
                                  struct fup_liquid **ret_liquid)
{
    struct fup_err err = {.msg = ""};
    char *text;
    size_t len;
    enum fup_code code = fup_text_file_read(
        job->liquid_path, FUP_LIQUID_SOURCE_MAX, &text, &len, &err);

    if (code == FUP_OK) {
        code = fup_liquid_compile(text, len, ret_liquid, &err);
        free(text);
    }
    if (code != FUP_OK && code != FUP_ENOMEM) {
        report(job, job->liquid_path, &err);
    }
    return code;
}

static enum fup_code
render_bare(struct job *job, const struct cJSON *data, struct fup_buf *out)
{
    struct fup_liquid *liquid;
    struct fup_err err = {.msg = ""};
    enum fup_code code = compile_file(job, &liquid);

    if (code != FUP_OK) {
        return code;
    }
    code = fup_liquid_render(liquid, data, FUP_LIQUID_LAX, out, &err);
    fup_liquid_free(liquid);
    if (code != FUP_OK && code != FUP_ENOMEM) {
        report(job, job->liquid_path, &err);
    }
    return code;
}

static enum fup_code bare(struct job *job, struct fup_buf *out)
{
    struct cJSON *data;
    enum fup_code code =
        fup_text_file_json(job->data_path, &data, &job->problems);

    if (code == FUP_OK) {
        code = render_bare(job, data, out);
        fup_text_file_json_free(data);
    }
    return code;
}

/* -- the message of a step ------------------------------------------------ */

/* What a step is rendered with, besides its schedule. */
struct surroundings {
    struct fup_channels channels;
    struct fup_zones *zones;
};

static enum fup_code surroundings_init(struct job *job,
                                       struct surroundings *around)
{
    enum fup_code code = fup_offline_channels(
        job->schedule_path, &around->channels, &job->problems);

    return code == FUP_OK ? fup_zones_create(&around->zones) : code;
}

static void surroundings_done(struct surroundings *around)
{
    fup_zones_free(around->zones);
    fup_channels_done(&around->channels);
}

static void print(const struct job *job,
                  const struct fup_schedule_file *file,
                  const struct fup_compose_in *in,
                  const struct fup_message *message,
                  struct fup_buf *out)
{
    /* The id and the instants are known when it is sent. */
    const struct fup_outbound frame = {
        .id = "000000-0-1-1",
        .tenant = in->facts->tenant,
        .conversation = in->facts->conversation,
        .contact = in->facts->contact,
        .channel = in->facts->channel,
        .to = in->facts->address,
        .kind = file->schedule->steps[job->step - 1].kind,
        .schedule = file->schedule->name,
        .version = file->digest,
        .step = job->step,
        .episode_at = in->facts->last_inbound_at,
        .due_at = FUP_TIME_NONE,
        .fired_at = FUP_TIME_NONE,
        .expires_at = FUP_TIME_NONE,
    };

    if (job->format == FUP_OFFLINE_JSON) {
        fup_render_print_json(message, &frame, out);
    } else {
        fup_render_print_text(message, in->facts, in->limits, out);
    }
}

static enum fup_code compose(struct job *job,
                             const struct fup_schedule_file *file,
                             const struct surroundings *around,
                             const struct fup_facts *facts,
                             struct fup_buf *out)
{
    const struct fup_schedule *schedule = file->schedule;
    const struct fup_step *step = &schedule->steps[job->step - 1];
    const struct fup_plan_env env = {.zones = around->zones};
    struct fup_compose_in in = {
        .facts = facts,
        .schedule = schedule->name,
        .step = job->step,
        .first_locale = schedule->first_locale,
        .as_template = job->as_template,
        .limits = fup_limits_find(around->channels.limits, around->channels.n,
                                  facts->channel),
        .links = &schedule->links,
        .zone = fup_plan_zone(&env, schedule, facts),
        .kind = step->kind,
        .waived = schedule->waived | step->waived};
    struct fup_message message;
    struct fup_err err = {.msg = ""};
    enum fup_code code;

    if (step->message == NULL) {
        fup_buf_adds(out, "-- the step has no message\n");
        return FUP_OK;
    }
    code = fup_message_compose(step->message, &in, &message, &err);
    if (code != FUP_OK) {
        (void)fprintf(stderr, "followup render: step %d: %s\n", job->step,
                      err.msg);
        return code;
    }
    print(job, file, &in, &message, out);
    fup_message_done(&message);
    return FUP_OK;
}

static enum fup_code with_facts(struct job *job,
                                const struct fup_schedule_file *file,
                                const struct surroundings *around,
                                struct fup_buf *out)
{
    struct fup_place place = {.file = job->schedule_path};
    struct fup_facts_doc doc;
    enum fup_code code;

    if ((size_t)job->step > file->schedule->n_steps) {
        fup_problems_error(&job->problems, &place,
                           "there is no step %d, the last is %zu", job->step,
                           file->schedule->n_steps);
        return FUP_ENOENT;
    }
    code = fup_facts_load(job->facts_path, &doc, &job->problems);
    if (code != FUP_OK) {
        return code;
    }
    if (job->channel != NULL) {
        doc.facts.channel = job->channel;
    }
    if (job->locale != NULL) {
        doc.facts.locale = job->locale;
    }
    code = compose(job, file, around, &doc.facts, out);
    fup_facts_done(&doc);
    return code;
}

static enum fup_code full(struct job *job, struct fup_buf *out)
{
    struct surroundings around = {.zones = NULL};
    struct fup_schedule_file file;
    enum fup_code code =
        fup_schedule_file_load(job->schedule_path, &file, &job->problems);

    if (code != FUP_OK) {
        return code;
    }
    code = surroundings_init(job, &around);
    if (code == FUP_OK) {
        code = with_facts(job, &file, &around, out);
    }
    surroundings_done(&around);
    fup_schedule_file_done(&file);
    return code;
}

/* ------------------------------------------------------------------------- */

static int run(struct job *job)
{
    struct fup_buf out;
    enum fup_code code;
    bool written;

    fup_buf_init(&out, OUTPUT_MAX);
    code = job->liquid_path != NULL ? bare(job, &out) : full(job, &out);
    fup_offline_problems(&job->problems, stderr);
    written = code == FUP_OK && fup_offline_write(&out);
    fup_buf_done(&out);
    if (code == FUP_ENOMEM) {
        return fup_offline_nomem(COMMAND);
    }
    return written ? FUP_OFFLINE_DONE : FUP_OFFLINE_ERRORS;
}

int fup_cmd_render(int argc, char **argv)
{
    struct job job = {.format = FUP_OFFLINE_TABLE};
    int exit_code = parse_args(&job, argc, argv);

    if (exit_code != FUP_OFFLINE_DONE) {
        return exit_code < 0 ? FUP_OFFLINE_DONE : exit_code;
    }
    fup_problems_init(&job.problems);
    exit_code = run(&job);
    fup_problems_done(&job.problems);
    return exit_code;
}
