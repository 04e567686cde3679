#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "commands_offline.h"
#include "core/near.h"
#include "flags.h"
#include "options.h"
#include "pg/session.h"
#include "redis/session.h"

#define HELP_BYTES 65536

extern char **environ;

struct command {
    const char *name;
    int (*online)(const struct fup_options *options, int argc, char **argv);
    int (*offline)(int argc, char **argv);
    const char *text;
};

static int check(int argc, char **argv);

static const struct command commands[] = {
    {"worker", fup_cmd_worker, NULL, "run the service in the foreground"},
    {"migrate", fup_cmd_migrate, NULL, "bring the database up to date"},
    {"status", fup_cmd_status, NULL, "counts, lateness, workers, queues"},
    {"explain", fup_cmd_explain, NULL, "what is armed for whom, and why"},
    {"report", fup_cmd_report, NULL, "what messages did"},
    {"sender", fup_cmd_sender, NULL, "deliver messages: a reference sender"},
    {"reschedule", fup_cmd_operate, NULL, "move the next step"},
    {"pause", fup_cmd_operate, NULL, "send nothing until resumed"},
    {"resume", fup_cmd_operate, NULL, "end a pause"},
    {"skip", fup_cmd_operate, NULL, "leave out the next step"},
    {"send-now", fup_cmd_operate, NULL, "send the next step at once"},
    {"cancel", fup_cmd_operate, NULL, "end the follow-up of a conversation"},
    {"enroll", fup_cmd_enroll, NULL, "begin to follow up conversations"},
    {"opt-out", fup_cmd_operate, NULL, "never write to a contact again"},
    {"opt-in", fup_cmd_operate, NULL, "take an opt-out back"},
    {"hold", fup_cmd_operate, NULL, "stop all sending"},
    {"release", fup_cmd_operate, NULL, "end a hold"},
    {"refresh", fup_cmd_operate, NULL, "look at a conversation again"},
    {"migrate-version", fup_cmd_migrate_version, NULL,
     "move what is under way to the newest schedule"},
    {"check", NULL, check, "validate configuration and schedules"},
    {"simulate", NULL, fup_cmd_simulate, "what would have been sent"},
    {"render", NULL, fup_cmd_render, "print the message of a step"},
    {NULL, NULL, NULL, NULL},
};

static int print_help(void)
{
    struct fup_buf out;

    fup_buf_init(&out, HELP_BYTES);
    fup_buf_adds(&out, "Usage: followup COMMAND [OPTION...]\n\n"
                       "Follows up conversations that have gone quiet.\n\n"
                       "Commands (followup COMMAND --help tells more):\n");
    for (size_t i = 0; commands[i].name != NULL; i++) {
        fup_buf_addf(&out, "  %-15s %s\n", commands[i].name, commands[i].text);
    }
    fup_buf_adds(&out, "\nOptions of every command, from the file (--config,\n"
                       "FOLLOWUP_CONFIG or " FUP_OPTIONS_FILE "),\nthen "
                       "FOLLOWUP_NAME in the environment, then flags:\n");
    fup_options_help(&out);
    (void)fputs(fup_buf_text(&out), stdout);
    fup_buf_done(&out);
    return FUP_EXIT_OK;
}

static int print_config(const struct fup_options *options)
{
    struct fup_buf out;

    fup_buf_init(&out, HELP_BYTES);
    fup_options_print(options, &out);
    (void)fputs(fup_buf_text(&out), stdout);
    fup_buf_done(&out);
    return FUP_EXIT_OK;
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; commands[i].name != NULL; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int unknown(const char *name)
{
    struct fup_near near = {.text = name};

    for (size_t i = 0; commands[i].name != NULL; i++) {
        fup_near_try(&near, commands[i].name);
    }
    (void)fprintf(stderr, "followup: %.60s is no command", name);
    if (near.best != NULL) {
        (void)fprintf(stderr, "; is %s meant?\n", near.best);
    } else {
        (void)fprintf(stderr, "; followup --help lists them\n");
    }
    return FUP_EXIT_USAGE;
}

/* Help is there even when the configuration is broken. */
static int run_online(const struct command *command, int argc, char **argv)
{
    struct fup_options options = {0};
    struct fup_err err = {0};
    int status;

    if (fup_flags_help_wanted(argc, argv)) {
        return command->online(&options, argc, argv);
    }
    if (fup_options_parse(&argc, argv, environ, &options, &err) != FUP_OK) {
        (void)fprintf(stderr, "followup %s: %s\n", command->name, err.msg);
        return FUP_EXIT_USAGE;
    }
    status = options.print_config ? print_config(&options)
                                  : command->online(&options, argc, argv);
    fup_options_done(&options);
    return status;
}

/* The connection strings are looked at, not tried. */
static enum fup_code check_options(const struct fup_options *options,
                                   struct fup_err *err)
{
    struct fup_redis_url url;
    struct fup_err why = {0};

    if (options->postgres[0] != '\0' &&
        fup_pg_check_conninfo(options->postgres, &why) != FUP_OK) {
        return fup_err_set(err, FUP_EINVAL, "postgres: %s", why.msg);
    }
    if (options->redis[0] != '\0') {
        if (fup_redis_url_parse(options->redis, &url, &why) != FUP_OK) {
            return fup_err_set(err, FUP_EINVAL, "redis: %s", why.msg);
        }
        fup_redis_url_done(&url);
    }
    return FUP_OK;
}

/* Without a path the schedules in force are checked: where they are is known
 * from the configuration. So is for how long they may count back. */
static void name_schedules(const struct fup_options *options)
{
    char days[24];

    (void)snprintf(days, sizeof days, "%lld", (long long)options->keep_days);
    (void)setenv("FOLLOWUP_KEEP_DAYS", days, 1);
    if (strcmp(options->schedules, fup_options_find("schedules")->fallback) !=
            0 ||
        access(options->schedules, R_OK) == 0) {
        (void)setenv("FOLLOWUP_SCHEDULES", options->schedules, 1);
    }
}

/* The configuration, then the schedules, which need none. */
static int check(int argc, char **argv)
{
    struct fup_options options = {0};
    struct fup_err err = {0};
    int status;

    if (fup_flags_help_wanted(argc, argv)) {
        return fup_cmd_check(argc, argv);
    }
    if (fup_options_parse(&argc, argv, environ, &options, &err) != FUP_OK ||
        check_options(&options, &err) != FUP_OK) {
        (void)fprintf(stderr, "followup check: %s\n", err.msg);
        fup_options_done(&options);
        return FUP_EXIT_REFUSED;
    }
    if (options.print_config) {
        status = print_config(&options);
    } else {
        name_schedules(&options);
        status = fup_cmd_check(argc, argv);
    }
    fup_options_done(&options);
    return status;
}

int main(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        (void)fprintf(stderr, "followup: no command; followup --help lists "
                              "them\n");
        return FUP_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("followup %s\n", FUP_VERSION);
        return FUP_EXIT_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        return print_help();
    }
    command = find(argv[1]);
    if (command == NULL) {
        return unknown(argv[1]);
    }
    if (command->online != NULL) {
        return run_online(command, argc - 1, argv + 1);
    }
    return command->offline(argc - 1, argv + 1);
}
