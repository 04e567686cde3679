/* Senders and the provider. The senders are the reference sender, each in a
 * process of its own; the provider is a tape: what it was asked to deliver is
 * on it, also when the sender dies in the call. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "core/point.h"
#include "run.h"
#include "sender/sender.h"

static int64_t wall_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static enum fup_code
deliver(void *data, const struct fup_outbound_doc *doc, struct fup_err *err)
{
    struct tape *tape = data;
    long i = atomic_fetch_add(&tape->n_calls, 1);
    struct tape_call *call = &tape->calls[i];
    struct timespec ts = {.tv_nsec = atomic_load(&tape->slow_ms) * 1000000L};

    (void)err;
    if (i >= TAPE_CALLS) {
        abort();
    }
    (void)snprintf(call->message_id, sizeof call->message_id, "%s",
                   doc->message.id);
    call->started_us = wall_us();
    FUP_POINT("calling");
    (void)nanosleep(&ts, NULL);
    call->ended_us = wall_us();
    return FUP_OK;
}

static void on_end(void *data, enum fup_code code, const struct fup_err *err)
{
    (void)data;
    (void)fprintf(stderr, "sender ends: %d %s\n", (int)code,
                  err != NULL ? err->msg : "");
}

static void on_term(uv_signal_t *handle, int sig)
{
    (void)sig;
    fup_sender_stop(handle->data);
    (void)uv_signal_stop(handle);
}

static void send_all(const struct run *run, int i)
{
    const char *const channels[] = {RUN_CHANNEL};
    char name[32];
    struct fup_sender_options options = {
        .postgres = run->w.conninfo,
        .redis = run->w.redis.url,
        .prefix = "followup",
        .consumer = name,
        .channels = channels,
        .n_channels = 1,
        .deliver = deliver,
        .on_end = on_end,
        .data = run->tape,
    };
    struct fup_sender *sender;
    struct fup_err err;
    uv_loop_t loop;
    uv_signal_t term;

    (void)snprintf(name, sizeof name, "sender-%d", i);
    (void)uv_loop_init(&loop);
    if (fup_sender_open(&loop, &options, &sender, &err) != FUP_OK) {
        (void)fprintf(stderr, "sender: %s\n", err.msg);
        _exit(1);
    }
    (void)uv_signal_init(&loop, &term);
    term.data = sender;
    (void)uv_signal_start(&term, on_term, SIGTERM);
    uv_unref((uv_handle_t *)&term);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
}

pid_t start_sender(struct run *run, int i)
{
    const char *die_at = run->die_at[RUN_WORKERS + i];
    pid_t pid = fork();
    char log[96];

    run->die_at[RUN_WORKERS + i] = NULL;
    if (pid != 0) {
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)snprintf(log, sizeof log, "%s/sender-%d.log", run->w.dir, i);
    if (freopen(log, "a", stderr) == NULL) {
        _exit(1);
    }
    if (die_at != NULL) {
        (void)setenv("FUP_DIE_AT", die_at, 1);
    }
    send_all(run, i);
    _exit(0);
}
