/* followup status: counts, lateness, workers, partitions, queues. */

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/channels.h"
#include "commands.h"
#include "flags.h"
#include "pg/block.h"
#include "pg/statements.h"
#include "print.h"
#include "redis_block.h"

#define ANSWER_MS 5000
#define KEY_BYTES 256

struct status {
    const struct fup_options *options;
    struct fup_pg_block *conn;
    struct fup_redis_block *redis;
    struct fup_err *err;
};

/* How long a worker counts as alive: as long as its lease. */
static const char *alive_ms(const struct fup_options *options, char text[24])
{
    (void)snprintf(text, 24, "%" PRId64, options->lease_ms);
    return text;
}

/* --- for health checks -------------------------------------------------- */

static enum fup_code ping(const struct status *s)
{
    const char *argv[] = {"PING"};

    return fup_redis_block_run(s->redis, argv, 1, NULL, NULL, s->err);
}

/* No worker at all is refused, a partition without one is away. */
static enum fup_code check_alive(const struct status *s)
{
    char ms[24];
    const char *params[] = {alive_ms(s->options, ms)};
    struct fup_pg_rows rows;
    int64_t partitions;
    int64_t leased;
    enum fup_code code = fup_pg_block_run(s->conn, &fup_sql_status_quick,
                                          params, 1, &rows, s->err);

    if (code != FUP_OK) {
        return code;
    }
    partitions = fup_pg_int(&rows, 0, 0, 0);
    leased = fup_pg_int(&rows, 0, 1, 0);
    if (leased == 0 && fup_pg_int(&rows, 0, 2, 0) == 0) {
        return fup_err_set(s->err, FUP_EREFUSED, "no live worker");
    }
    if (leased < partitions) {
        return fup_err_set(s->err, FUP_EAWAY,
                           "%" PRId64 " of %" PRId64
                           " partitions have no live worker",
                           partitions - leased, partitions);
    }
    return ping(s);
}

/* --- for a person ------------------------------------------------------- */

static enum fup_code read_tree(const struct status *s, cJSON **ret_tree)
{
    char ms[24];
    const char *params[] = {alive_ms(s->options, ms)};
    struct fup_pg_rows rows;
    enum fup_code code =
        fup_pg_block_run(s->conn, &fup_sql_status, params, 1, &rows, s->err);

    if (code != FUP_OK) {
        return code;
    }
    *ret_tree = cJSON_Parse(fup_pg_text(&rows, 0, 0));
    return *ret_tree != NULL ? FUP_OK
                             : fup_err_set(s->err, FUP_ENOMEM, "out of memory");
}

/* One number of Redis, put into @to under @name. */
static enum fup_code add_number(const struct status *s,
                                const char *command,
                                const char *key,
                                cJSON *to,
                                const char *name)
{
    /* ZCOUNT: of timers; the mark among them is never due. */
    const char *argv[] = {command, key, "-inf", "(inf"};
    int argc = strcmp(command, "ZCOUNT") == 0 ? 4 : 2;
    int64_t number = 0;
    enum fup_code code =
        fup_redis_block_number(s->redis, argv, argc, &number, s->err);

    if (code == FUP_OK) {
        (void)cJSON_AddNumberToObject(to, name, (double)number);
    }
    return code;
}

static enum fup_code
add_stream(const struct status *s, const char *key, cJSON *streams)
{
    cJSON *row = cJSON_CreateObject();
    enum fup_code code;

    (void)cJSON_AddStringToObject(row, "stream", key);
    code = add_number(s, "XLEN", key, row, "entries");
    (void)cJSON_AddItemToArray(streams, row);
    return code;
}

static enum fup_code add_partition(const struct status *s,
                                   cJSON *partition,
                                   const cJSON *channels,
                                   cJSON *streams)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(partition, "id");
    const char *prefix = s->options->prefix;
    int number = cJSON_IsNumber(id) ? id->valueint : 0;
    char key[KEY_BYTES];
    const cJSON *channel;
    enum fup_code code;

    (void)snprintf(key, sizeof key, "%s:{p%02d}:due", prefix, number);
    code = add_number(s, "ZCOUNT", key, partition, "timers");
    (void)snprintf(key, sizeof key, "%s:{p%02d}:inflight", prefix, number);
    if (code == FUP_OK) {
        code = add_number(s, "ZCOUNT", key, partition, "inflight");
    }
    cJSON_ArrayForEach(channel, channels)
    {
        if (code == FUP_OK && cJSON_IsString(channel)) {
            (void)snprintf(key, sizeof key, "%s:{p%02d}:out:%s", prefix, number,
                           channel->valuestring);
            code = add_stream(s, key, streams);
        }
    }
    return code;
}

static enum fup_code add_redis(const struct status *s, cJSON *tree)
{
    static const char *const names[] = {"commands", "receipts", "events",
                                        "rejected"};
    cJSON *channels = cJSON_DetachItemFromObject(tree, "channels");
    cJSON *streams = cJSON_AddArrayToObject(tree, "streams");
    cJSON *partition;
    enum fup_code code = FUP_OK;

    cJSON_ArrayForEach(partition,
                       cJSON_GetObjectItemCaseSensitive(tree, "partitions"))
    {
        if (code == FUP_OK) {
            code = add_partition(s, partition, channels, streams);
        }
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0] && code == FUP_OK;
         i++) {
        char key[KEY_BYTES];

        (void)snprintf(key, sizeof key, "%s:%s", s->options->prefix, names[i]);
        code = add_stream(s, key, streams);
    }
    cJSON_Delete(channels);
    return code;
}

/* How many late messages a minute the channel @row speaks of catches up with;
 * nothing where it does so at once. */
static void add_catch_up(const struct fup_channels *channels, cJSON *row)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(row, "channel");

    for (size_t i = 0; i < channels->n; i++) {
        const struct fup_channel_rule *rule = &channels->rules[i];

        if (rule->catch_up > 0 && cJSON_IsString(name) &&
            strcmp(rule->channel, name->valuestring) == 0) {
            (void)cJSON_AddNumberToObject(row, "catch_up",
                                          (double)rule->catch_up);
        }
    }
}

static void add_paces(const struct status *s, cJSON *tree)
{
    struct fup_channels channels = {0};
    struct fup_problems problems;
    cJSON *row;

    fup_problems_init(&problems);
    if (fup_channels_load(s->options->schedules, &channels, &problems) ==
        FUP_OK) {
        cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(tree, "late"))
        {
            add_catch_up(&channels, row);
        }
        fup_channels_done(&channels);
    }
    fup_problems_done(&problems);
}

/* What PostgreSQL knows is printed also when Redis is away. */
static enum fup_code show(struct status *s, enum fup_print_format format)
{
    cJSON *tree = NULL;
    enum fup_code code = read_tree(s, &tree);

    if (code != FUP_OK) {
        return code;
    }
    add_paces(s, tree);
    code =
        fup_redis_block_open(s->options->redis, ANSWER_MS, &s->redis, s->err);
    if (code == FUP_OK) {
        code = add_redis(s, tree);
    }
    fup_print_out(tree, format);
    cJSON_Delete(tree);
    return code;
}

static enum fup_code
run(struct status *s, bool quiet, enum fup_print_format format)
{
    enum fup_code code =
        fup_pg_block_open(s->options->postgres, &s->conn, s->err);

    if (code == FUP_OK && quiet) {
        code = fup_redis_block_open(s->options->redis, ANSWER_MS, &s->redis,
                                    s->err);
    }
    if (code == FUP_OK) {
        code = quiet ? check_alive(s) : show(s, format);
    }
    fup_redis_block_close(s->redis);
    if (s->conn != NULL) {
        fup_pg_block_close(s->conn);
    }
    return code;
}

int fup_cmd_status(const struct fup_options *options, int argc, char **argv)
{
    struct fup_err err = {0};
    struct status s = {.options = options, .err = &err};
    const char *format_text = NULL;
    enum fup_print_format format = FUP_PRINT_TABLE;
    bool quiet = false;
    int n;
    int status;
    const struct fup_flag rows[] = {
        {"format", "table|json", "how to print", &format_text, NULL},
        {"quiet", NULL, "print nothing; for health checks", NULL, &quiet},
    };
    const struct fup_flags flags = {
        "status [--format table|json] [--quiet]",
        "Prints counts, lateness, workers, partitions and queues.\n"
        "With --quiet, exit code 0: PostgreSQL and Redis answer and every "
        "partition\nhas a live worker, 1: no worker is alive, 3: otherwise.",
        rows, 2, 0};

    if (!fup_flags_begin(&flags, argc, argv, &n, &status)) {
        return status;
    }
    if (fup_print_format_parse(format_text, &format, &err) != FUP_OK) {
        (void)fup_flags_fail("status", &err);
        return FUP_EXIT_USAGE;
    }
    if (!fup_flags_need("status", "postgres", options->postgres) ||
        !fup_flags_need("status", "redis", options->redis)) {
        return FUP_EXIT_USAGE;
    }
    return run(&s, quiet, format) == FUP_OK ? FUP_EXIT_OK
                                            : fup_flags_fail("status", &err);
}
