/* followup sender: the reference sender, with the console as its channel. */

#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "commands.h"
#include "flags.h"
#include "sender/message.h"
#include "sender/sender.h"

struct sending {
    struct fup_sender *sender; /* NULL once it has ended */
    uv_signal_t signals[2];
    bool json;
    struct fup_err end;
};

struct wishes {
    const char *channel;
    const char *via;
    const char *format;
    const char *once;
    const char *record;
};

/* --- console ------------------------------------------------------------ */

static enum fup_code write_out(const char *text)
{
    return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? FUP_OK : FUP_EIO;
}

static enum fup_code print_json(const struct fup_outbound_doc *message)
{
    char *line = cJSON_PrintUnformatted(message->json);
    enum fup_code code = FUP_ENOMEM;

    if (line != NULL) {
        code = write_out(line) == FUP_OK ? write_out("\n") : FUP_EIO;
    }
    cJSON_free(line);
    return code;
}

static enum fup_code print_text(const struct fup_outbound_doc *message)
{
    struct fup_buf out;
    enum fup_code code;

    fup_buf_init(&out, FUP_OUTBOUND_MAX);
    fup_sender_message_print(&message->message, &out);
    code = out.failed == FUP_OK ? write_out(fup_buf_text(&out)) : out.failed;
    fup_buf_done(&out);
    return code;
}

/* Nobody reads what cannot be printed: stop rather than use the queue up. */
static enum fup_code
deliver(void *data, const struct fup_outbound_doc *message, struct fup_err *err)
{
    struct sending *sending = data;
    enum fup_code code =
        sending->json ? print_json(message) : print_text(message);

    if (code != FUP_OK) {
        (void)fup_err_set(&sending->end, code, "cannot print");
        fup_sender_stop(sending->sender);
        return fup_err_set(err, code, "cannot print");
    }
    return FUP_OK;
}

/* --- what is told on the way -------------------------------------------- */

static void on_dropped(void *data, const char *id, const char *reason)
{
    (void)data;
    (void)fprintf(stderr, "withdrawn %.100s (%.60s)\n",
                  id[0] != '\0' ? id : "without id", reason);
}

static void on_away(void *data, const struct fup_err *err)
{
    (void)data;
    if (err != NULL) {
        (void)fprintf(stderr, "away, trying again: %s\n", err->msg);
    } else {
        (void)fprintf(stderr, "back\n");
    }
}

static void on_end(void *data, enum fup_code code, const struct fup_err *err)
{
    struct sending *sending = data;

    sending->sender = NULL;
    if (code != FUP_OK) {
        sending->end = *err;
    }
    for (size_t i = 0; i < 2; i++) {
        uv_close((uv_handle_t *)&sending->signals[i], NULL);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct sending *sending = handle->data;

    (void)number;
    if (sending->sender != NULL) {
        fup_sender_stop(sending->sender);
    }
}

/* --- running ------------------------------------------------------------ */

/* The channels of "a,b" in @list, which is cut up. */
static size_t split_channels(char *list, const char **ret_channels, size_t max)
{
    size_t n = 0;
    char *rest = NULL;

    for (char *p = strtok_r(list, ",", &rest); p != NULL;
         p = strtok_r(NULL, ",", &rest)) {
        if (n == max) {
            return max + 1;
        }
        ret_channels[n++] = p;
    }
    return n;
}

/* A name that stays: consumers are kept by Redis. */
static void name_consumer(char name[80])
{
    char host[65] = "";

    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0') {
        (void)snprintf(host, sizeof host, "unknown");
    }
    (void)snprintf(name, 80, "sender-%s", host);
}

static enum fup_code run(struct sending *sending,
                         const struct fup_sender_options *wanted,
                         struct fup_err *err)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    uv_loop_t loop;
    enum fup_code code;

    if (uv_loop_init(&loop) != 0) {
        return fup_err_set(err, FUP_ENOMEM, "no event loop");
    }
    code = fup_sender_open(&loop, wanted, &sending->sender, err);
    for (size_t i = 0; i < 2 && code == FUP_OK; i++) {
        (void)uv_signal_init(&loop, &sending->signals[i]);
        sending->signals[i].data = sending;
        (void)uv_signal_start(&sending->signals[i], on_signal, numbers[i]);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop);
    if (code == FUP_OK && sending->end.code != FUP_OK) {
        *err = sending->end;
        code = err->code;
    }
    return code;
}

static enum fup_code check_wishes(const struct wishes *wishes,
                                  int64_t *ret_once,
                                  struct fup_err *err)
{
    char *end;

    if (wishes->channel == NULL) {
        return fup_err_set(err, FUP_EINVAL, "--channel is missing");
    }
    if (wishes->via == NULL || strcmp(wishes->via, "console") != 0) {
        return fup_err_set(err, FUP_EINVAL, "--via: expected console");
    }
    if (strcmp(wishes->format, "text") != 0 &&
        strcmp(wishes->format, "json") != 0) {
        return fup_err_set(err, FUP_EINVAL, "--format: expected text or json");
    }
    if (wishes->record != NULL && strcmp(wishes->record, "plain") != 0) {
        return fup_err_set(err, FUP_EINVAL, "--record-crm: expected plain");
    }
    *ret_once = strtoll(wishes->once, &end, 10);
    if (*end != '\0' || *ret_once < 0 || *ret_once > 1000000) {
        return fup_err_set(err, FUP_EINVAL, "--once: expected a number");
    }
    return FUP_OK;
}

static enum fup_code send_all(const struct fup_options *options,
                              const struct wishes *wishes,
                              int64_t once,
                              struct fup_err *err)
{
    const char *channels[FUP_SENDER_CHANNELS_MAX];
    char consumer[80];
    struct sending sending = {.json = strcmp(wishes->format, "json") == 0};
    char *list = strdup(wishes->channel);
    struct fup_sender_options wanted;
    enum fup_code code;

    if (list == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    name_consumer(consumer);
    wanted = (struct fup_sender_options){
        .postgres = options->postgres,
        .redis = options->redis,
        .prefix = options->prefix,
        .partitions = (int)options->partitions,
        .consumer = consumer,
        .channels = channels,
        .n_channels = split_channels(list, channels, FUP_SENDER_CHANNELS_MAX),
        .once = once,
        .record = wishes->record != NULL,
        .deliver = deliver,
        .on_dropped = on_dropped,
        .on_away = on_away,
        .on_end = on_end,
        .data = &sending,
    };
    code = run(&sending, &wanted, err);
    free(list);
    return code;
}

int fup_cmd_sender(const struct fup_options *options, int argc, char **argv)
{
    struct wishes wishes = {.format = "text", .once = "0"};
    int64_t once = 0;
    struct fup_err err = {0};
    int n;
    int status;
    const struct fup_flag rows[] = {
        {"channel", "C[,C2]", "channels to deliver", &wishes.channel, NULL},
        {"via", "console", "where to", &wishes.via, NULL},
        {"format", "text|json", "for a person, or one JSON a line",
         &wishes.format, NULL},
        {"once", "N", "end after N messages", &wishes.once, NULL},
        {"record-crm", "plain", "write what was sent into crm.message",
         &wishes.record, NULL},
    };
    const struct fup_flags flags = {
        "sender --channel C[,C2] --via console",
        "Takes messages off the outbound queue, asks for a permit, prints "
        "them and\nreports receipts. Without PostgreSQL there are no permits.",
        rows, sizeof rows / sizeof rows[0], 0};

    if (!fup_flags_begin(&flags, argc, argv, &n, &status)) {
        return status;
    }
    if (check_wishes(&wishes, &once, &err) != FUP_OK) {
        (void)fup_flags_fail("sender", &err);
        return FUP_EXIT_USAGE;
    }
    if (!fup_flags_need("sender", "redis", options->redis) ||
        (wishes.record != NULL &&
         !fup_flags_need("sender", "postgres", options->postgres))) {
        return FUP_EXIT_USAGE;
    }
    return send_all(options, &wishes, once, &err) == FUP_OK
               ? FUP_EXIT_OK
               : fup_flags_fail("sender", &err);
}
