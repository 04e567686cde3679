/* The operator verbs: one command onto followup:commands, then its answer. */

#include <cjson/cJSON.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "flags.h"
#include "print.h"
#include "redis_block.h"

#define FIELDS_MAX     32
#define TIMEOUT_MAX_S  3600
#define TENANT_BYTES   256
#define ANSWER_LATE_MS 5000

/* What is written into the stream: name, value, name, value. */
struct order {
    const char *argv[3 + FIELDS_MAX];
    int n;
    char stream[128];
    char reply[192];
    char request_id[40];
    char action[32];
    char tenant[TENANT_BYTES];
};

struct wishes {
    const char *tenant;
    const char *contact;
    const char *at;
    const char *in;
    const char *until;
    const char *force;
    const char *by;
    const char *reason;
    const char *schedule;
    const char *scope;
    const char *margin;
    const char *timeout;
    const char *format;
};

static void add(struct order *order, const char *name, const char *value)
{
    if (value != NULL && order->n + 2 <= (int)(3 + FIELDS_MAX)) {
        order->argv[order->n++] = name;
        order->argv[order->n++] = value;
    }
}

/* 128 bits from the system: nobody else waits for the same answer. */
static enum fup_code make_request_id(struct order *order, struct fup_err *err)
{
    unsigned char bytes[16];
    FILE *file = fopen("/dev/urandom", "r");
    size_t n = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);

    if (file != NULL) {
        (void)fclose(file);
    }
    if (n != sizeof bytes) {
        return fup_err_set(err, FUP_EIO, "/dev/urandom cannot be read");
    }
    (void)snprintf(order->request_id, sizeof order->request_id, "cli-");
    for (size_t i = 0; i < sizeof bytes; i++) {
        (void)snprintf(order->request_id + 4 + 2 * i, 3, "%02x", bytes[i]);
    }
    return FUP_OK;
}

/* "send-now" is the action "send_now". */
static void name_action(struct order *order, const char *verb)
{
    (void)snprintf(order->action, sizeof order->action, "%s", verb);
    for (char *p = order->action; *p != '\0'; p++) {
        if (*p == '-') {
            *p = '_';
        }
    }
}

/* Whom it is about: [TENANT/]CONVERSATION, or flags. */
static enum fup_code add_target(struct order *order,
                                const struct wishes *wishes,
                                const char *target,
                                struct fup_err *err)
{
    const char *slash = target != NULL ? strchr(target, '/') : NULL;

    if (wishes->tenant != NULL) {
        add(order, "tenant", wishes->tenant);
    } else if (slash != NULL) {
        if ((size_t)(slash - target) >= sizeof order->tenant) {
            return fup_err_set(err, FUP_EINVAL, "the tenant is too long");
        }
        (void)snprintf(order->tenant, sizeof order->tenant, "%.*s",
                       (int)(slash - target), target);
        add(order, "tenant", order->tenant);
        target = slash + 1;
    }
    add(order, "conversation", target);
    add(order, "contact", wishes->contact);
    return FUP_OK;
}

/* Whether the command may be for all of a schedule or a tenant. */
static bool may_be_wide(const char *action)
{
    return strcmp(action, "hold") == 0 || strcmp(action, "release") == 0 ||
           strcmp(action, "migrate_version") == 0;
}

/* Without a scope it is as wide as what was named. */
static const char *scope_of(const struct order *order,
                            const struct wishes *wishes,
                            const char *target)
{
    if (wishes->scope != NULL || target != NULL || wishes->contact != NULL ||
        !may_be_wide(order->action)) {
        return wishes->scope;
    }
    if (wishes->schedule != NULL) {
        return "schedule";
    }
    return wishes->tenant != NULL ? "tenant" : NULL;
}

static enum fup_code check_target(const struct order *order,
                                  const struct wishes *wishes,
                                  const char *target,
                                  struct fup_err *err)
{
    bool whole = strcmp(order->action, "hold") == 0 ||
                 strcmp(order->action, "release") == 0;

    if (whole && (target != NULL || wishes->contact != NULL)) {
        return fup_err_set(err, FUP_EINVAL,
                           "it is for the service, --tenant or --schedule; "
                           "pause is for a conversation");
    }
    if (!whole && (target == NULL) == (wishes->contact == NULL) &&
        (target != NULL || scope_of(order, wishes, target) == NULL)) {
        return fup_err_set(err, FUP_EINVAL,
                           "expected one conversation, or --contact");
    }
    if (strcmp(order->action, "reschedule") == 0 &&
        (wishes->at == NULL) == (wishes->in == NULL)) {
        return fup_err_set(err, FUP_EINVAL, "expected --at or --in");
    }
    return FUP_OK;
}

static enum fup_code make_order(struct order *order,
                                const struct fup_options *options,
                                const struct wishes *wishes,
                                const char *target,
                                struct fup_err *err)
{
    const char *user = getenv("USER");
    enum fup_code code = check_target(order, wishes, target, err);

    if (code != FUP_OK) {
        return code;
    }
    (void)snprintf(order->stream, sizeof order->stream, "%s:commands",
                   options->prefix);
    order->argv[0] = "XADD";
    order->argv[1] = order->stream;
    order->argv[2] = "*";
    order->n = 3;
    add(order, "action", order->action);
    code = add_target(order, wishes, target, err);
    add(order, "at", wishes->at);
    add(order, "in", wishes->in);
    add(order, "margin", wishes->margin);
    add(order, "until", wishes->until);
    add(order, "force", wishes->force);
    add(order, "schedule", wishes->schedule);
    add(order, "scope", scope_of(order, wishes, target));
    add(order, "by",
        wishes->by != NULL             ? wishes->by
        : user != NULL && user[0] != 0 ? user
                                       : "console");
    add(order, "reason", wishes->reason);
    if (code == FUP_OK) {
        code = make_request_id(order, err);
        add(order, "request_id", order->request_id);
    }
    (void)snprintf(order->reply, sizeof order->reply, "%s:reply:%s",
                   options->prefix, order->request_id);
    return code;
}

/* --- the answer --------------------------------------------------------- */

static void take_answer(void *data, const struct redisReply *reply)
{
    char **answer = data;

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[1]->type == REDIS_REPLY_STRING) {
        *answer = strdup(reply->element[1]->str);
    }
}

static int
print_answer(const char *verb, const char *answer, enum fup_print_format format)
{
    cJSON *tree = cJSON_Parse(answer);
    const cJSON *ok = cJSON_GetObjectItemCaseSensitive(tree, "ok");
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(tree, "error");
    const cJSON *message = cJSON_GetObjectItemCaseSensitive(tree, "message");
    int status = cJSON_IsTrue(ok) ? FUP_EXIT_OK : FUP_EXIT_REFUSED;

    if (status == FUP_EXIT_OK || format == FUP_PRINT_JSON) {
        fup_print_out(tree, format);
    } else {
        (void)fprintf(stderr, "followup %s: %s%s%s\n", verb,
                      cJSON_IsString(error) ? error->valuestring : "refused",
                      cJSON_IsString(message) ? ": " : "",
                      cJSON_IsString(message) ? message->valuestring : "");
    }
    cJSON_Delete(tree);
    return status;
}

/* XADD, then wait at the list that the answer is pushed to. */
static enum fup_code give_order(struct fup_redis_block *redis,
                                const struct order *order,
                                const char *timeout,
                                char **ret_answer,
                                struct fup_err *err)
{
    const char *wait[] = {"BLPOP", order->reply, timeout};
    enum fup_code code =
        fup_redis_block_run(redis, order->argv, order->n, NULL, NULL, err);

    if (code != FUP_OK) {
        return code;
    }
    code = fup_redis_block_run(redis, wait, 3, take_answer, ret_answer, err);
    if (code == FUP_OK && *ret_answer == NULL) {
        return fup_err_set(err, FUP_EAWAY,
                           "no answer in %s s; the command waits in the queue "
                           "for a worker",
                           timeout);
    }
    return code;
}

static int operate(const struct fup_options *options,
                   const struct order *order,
                   const struct wishes *wishes,
                   const char *verb)
{
    struct fup_redis_block *redis = NULL;
    struct fup_err err = {0};
    char *answer = NULL;
    enum fup_print_format format = FUP_PRINT_TABLE;
    uint64_t answer_ms =
        strtoull(wishes->timeout, NULL, 10) * 1000 + ANSWER_LATE_MS;
    enum fup_code code;
    int status;

    code = fup_print_format_parse(wishes->format, &format, &err);
    if (code == FUP_OK) {
        code = fup_redis_block_open(options->redis, answer_ms, &redis, &err);
    }
    if (code == FUP_OK) {
        code = give_order(redis, order, wishes->timeout, &answer, &err);
    }
    fup_redis_block_close(redis);
    status = code == FUP_OK ? print_answer(verb, answer, format)
                            : fup_flags_fail(verb, &err);
    free(answer);
    return status;
}

static bool is_timeout(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && value >= 1 &&
           value <= TIMEOUT_MAX_S;
}

int fup_cmd_operate(const struct fup_options *options, int argc, char **argv)
{
    struct wishes wishes = {.timeout = "10"};
    struct order order = {.n = 0};
    struct fup_err err = {0};
    const char *verb = argv[0];
    int n;
    int status;
    char usage[128];
    const struct fup_flag rows[] = {
        {"tenant", "TENANT", "instead of TENANT/", &wishes.tenant, NULL},
        {"contact", "CONTACT", "all conversations of a person", &wishes.contact,
         NULL},
        {"at", "INSTANT", "2026-11-21T09:30:00+01:00", &wishes.at, NULL},
        {"in", "DELAY", "90m, 2h, or 1d 09:30 in the contact's zone",
         &wishes.in, NULL},
        {"until", "INSTANT", "the end of a pause", &wishes.until, NULL},
        {"force", "hours,cap,gap", "what to override", &wishes.force, NULL},
        {"by", "NAME", "who wants it; default: the user's name", &wishes.by,
         NULL},
        {"reason", "TEXT", "shown by explain", &wishes.reason, NULL},
        {"schedule", "NAME", "to enroll in, to hold or to migrate",
         &wishes.schedule, NULL},
        {"margin", "SPAN", "migrate-version: nobody is moved to before it",
         &wishes.margin, NULL},
        {"scope", "SCOPE",
         "opt-out: contact or channel; hold: service, tenant or schedule",
         &wishes.scope, NULL},
        {"timeout", "SECONDS", "how long to wait for the answer, default 10",
         &wishes.timeout, NULL},
        {"format", "table|json", "how to print the answer", &wishes.format,
         NULL},
    };
    const struct fup_flags flags = {
        usage,
        "Gives a command to the worker and waits for the answer.\nExit code "
        "0: done, 1: refused, 3: no answer or a server is away.",
        rows, sizeof rows / sizeof rows[0], 1};

    (void)snprintf(usage, sizeof usage,
                   "%.20s [[TENANT/]CONVERSATION] "
                   "[FLAG...]",
                   verb);
    if (!fup_flags_begin(&flags, argc, argv, &n, &status)) {
        return status;
    }
    name_action(&order, verb);
    if (!is_timeout(wishes.timeout)) {
        (void)fup_err_set(&err, FUP_EINVAL, "--timeout: expected 1 to 3600");
    } else if (make_order(&order, options, &wishes, n > 0 ? argv[1] : NULL,
                          &err) == FUP_OK &&
               fup_flags_need(verb, "redis", options->redis)) {
        return operate(options, &order, &wishes, verb);
    }
    if (err.code != FUP_OK) {
        (void)fup_flags_fail(verb, &err);
    }
    return FUP_EXIT_USAGE;
}
