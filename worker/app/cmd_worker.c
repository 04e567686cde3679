/* followup worker: the service in the foreground.
 *
 * SIGTERM and SIGINT drain and hand over; a second one ends at once. SIGHUP
 * reads configuration, channels and schedules again: all of it is taken over,
 * or, when something is bad, nothing. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "codec/channels.h"
#include "codec/schedule.h"
#include "commands.h"
#include "engine/engine.h"
#include "flags.h"
#include "notify.h"

#define NAMES_BYTES 1024

extern char **environ;

struct worker {
    uv_loop_t loop;
    struct fup_options options; /* texts are borrowed, numbers may change */
    struct fup_log log;
    struct fup_channels channels;
    struct fup_notify notify;
    struct fup_engine *engine;
    uv_signal_t signals[3];
    uv_timer_t watchdog;
    bool ending;
    int exit;
};

static const int signal_numbers[] = {SIGTERM, SIGINT, SIGHUP};

static void log_problems(struct worker *w, const struct fup_problems *problems)
{
    struct fup_buf line;

    fup_buf_init(&line, 1024);
    for (size_t i = 0; i < problems->n; i++) {
        fup_buf_clear(&line);
        fup_problem_print(&problems->items[i], &line);
        fup_log(&w->log,
                problems->items[i].warning ? FUP_LOG_WARN : FUP_LOG_ERROR,
                "schedule_problem", "at=\"%s\"", fup_buf_text(&line));
    }
    fup_buf_done(&line);
}

static enum fup_code load_schedules(struct worker *w,
                                    struct fup_schedules *ret_schedules)
{
    struct fup_problems problems;
    enum fup_code code;

    *ret_schedules = (struct fup_schedules){0};
    fup_problems_init(&problems);
    code = fup_schedules_load(w->options.schedules, ret_schedules, &problems);
    log_problems(w, &problems);
    fup_problems_done(&problems);
    return code;
}

static enum fup_code load_channels(struct worker *w,
                                   struct fup_channels *ret_channels)
{
    struct fup_problems problems;
    enum fup_code code;

    *ret_channels = (struct fup_channels){0};
    fup_problems_init(&problems);
    code = fup_channels_load(w->options.schedules, ret_channels, &problems);
    log_problems(w, &problems);
    fup_problems_done(&problems);
    return code;
}

/* What a schedule counts of the past has to be kept. */
static enum fup_code check_keep(const struct fup_options *options,
                                const struct fup_schedules *schedules,
                                struct fup_err *err)
{
    for (size_t i = 0; i < schedules->n; i++) {
        const struct fup_schedule *s = schedules->items[i].schedule;

        if (!fup_schedule_fits(s, options->keep_days)) {
            return fup_err_set(err, FUP_EINVAL,
                               "keep_days: %lld is less than what contact_cap "
                               "of the schedule \"%.64s\" counts",
                               (long long)options->keep_days, s->name);
        }
    }
    return FUP_OK;
}

/* --- the end ---------------------------------------------------------------
 */

static void on_engine_closed(void *data)
{
    struct worker *w = data;

    w->engine = NULL;
    for (size_t i = 0; i < 3; i++) {
        uv_close((uv_handle_t *)&w->signals[i], NULL);
    }
    uv_close((uv_handle_t *)&w->watchdog, NULL);
}

static void end(struct worker *w)
{
    if (w->ending) {
        _exit(1);
    }
    w->ending = true;
    fup_notify_stopping(&w->notify);
    fup_log(&w->log, FUP_LOG_INFO, "stopping", "");
    fup_engine_close(w->engine, (uint64_t)w->options.drain_ms, on_engine_closed,
                     w);
}

static void on_fatal(void *data, const struct fup_err *err)
{
    struct worker *w = data;

    (void)err; /* the engine has logged it */
    w->exit = FUP_EXIT_REFUSED;
    if (!w->ending) {
        end(w);
    }
}

static void on_ready(void *data)
{
    struct worker *w = data;

    fup_notify_ready(&w->notify, "working");
}

static void engine_options(struct worker *w,
                           struct fup_engine_options *ret_options)
{
    const struct fup_options *o = &w->options;

    *ret_options = (struct fup_engine_options){
        .postgres = o->postgres,
        .redis = o->redis,
        .worker_id = o->worker_id,
        .prefix = o->prefix,
        .lease_ms = (int)o->lease_ms,
        .claim_batch = (int)o->claim_batch,
        .capture_busy_ms = (int)o->capture_busy_ms,
        .capture_idle_ms = (int)o->capture_idle_ms,
        .poll_ms = (int)o->poll_ms,
        .stream_max = o->stream_max,
        .sweep_s = (int)o->sweep_s,
        .keep_days = (int)o->keep_days,
        .channels = w->channels.rules,
        .n_channels = w->channels.n,
        .limits = w->channels.limits,
        .n_limits = w->channels.n,
        .log = &w->log,
        .on_fatal = on_fatal,
        .on_ready = on_ready,
        .data = w,
    };
}

/* --- signals and watchdog --------------------------------------------------
 */

static void take_over(struct worker *w, const struct fup_options *fresh)
{
    struct fup_buf kept;
    enum fup_code code;

    fup_buf_init(&kept, NAMES_BYTES);
    code = fup_options_reload(&w->options, fresh, &kept);
    w->log.level = w->options.log_level;
    if (code == FUP_OK && kept.len > 0) {
        fup_log(&w->log, FUP_LOG_WARN, "restart_needed", "options=\"%s\"",
                fup_buf_text(&kept));
    }
    fup_buf_done(&kept);
}

/* Takes @schedules and @channels over; what was there before is left in
 * @channels. */
static void use(struct worker *w,
                struct fup_schedules *schedules,
                struct fup_channels *channels)
{
    struct fup_channels before = w->channels;
    struct fup_engine_options options;

    w->channels = *channels;
    *channels = before;
    engine_options(w, &options);
    fup_engine_tune(w->engine, &options);
    fup_engine_reload(w->engine, schedules);
}

static void reload(struct worker *w)
{
    struct fup_options fresh;
    struct fup_channels channels = {0};
    struct fup_schedules schedules = {0};
    struct fup_err err = {0};

    fup_notify_reloading(&w->notify);
    if (fup_options_again(&w->options, environ, &fresh, &err) == FUP_OK &&
        load_channels(w, &channels) == FUP_OK &&
        load_schedules(w, &schedules) == FUP_OK &&
        check_keep(&fresh, &schedules, &err) == FUP_OK) {
        take_over(w, &fresh);
        use(w, &schedules, &channels);
        fup_log(&w->log, FUP_LOG_INFO, "reloaded", "");
    } else {
        fup_schedules_done(&schedules);
        fup_log(&w->log, FUP_LOG_ERROR, "reload_refused",
                "kept=\"everything as it was\" why=\"%s\"",
                err.msg[0] != '\0' ? err.msg : "channels or schedules");
    }
    fup_channels_done(&channels);
    fup_options_done(&fresh);
    fup_notify_ready(&w->notify, "working");
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct worker *w = handle->data;

    if (number == SIGHUP) {
        if (!w->ending) {
            reload(w);
        }
        return;
    }
    end(w);
}

static void on_watchdog(uv_timer_t *timer)
{
    struct worker *w = timer->data;

    if (w->engine != NULL && fup_engine_alive(w->engine)) {
        fup_notify_watchdog(&w->notify);
    }
}

static void start_handles(struct worker *w)
{
    uint64_t every_ms = w->notify.watchdog_ms / 3;

    for (size_t i = 0; i < 3; i++) {
        (void)uv_signal_init(&w->loop, &w->signals[i]);
        w->signals[i].data = w;
        (void)uv_signal_start(&w->signals[i], on_signal, signal_numbers[i]);
    }
    (void)uv_timer_init(&w->loop, &w->watchdog);
    w->watchdog.data = w;
    if (every_ms > 0) {
        (void)uv_timer_start(&w->watchdog, on_watchdog, every_ms, every_ms);
    }
}

/* --- the beginning ---------------------------------------------------------
 */

static enum fup_code open_engine(struct worker *w, struct fup_err *err)
{
    struct fup_engine_options options;
    struct fup_schedules schedules;
    enum fup_code code = load_schedules(w, &schedules);

    /* At start a bad file is left out, and said; the good ones work. */
    if (code != FUP_OK && code != FUP_EPARSE) {
        return fup_err_set(err, code, "schedules: %s \"%s\"",
                           code == FUP_ENOMEM ? "out of memory, reading"
                                              : "cannot read the folder",
                           w->options.schedules);
    }
    engine_options(w, &options);
    code = check_keep(&w->options, &schedules, err);
    if (code == FUP_OK) {
        code = fup_engine_open(&w->loop, &options, &schedules, &w->engine, err);
    }
    fup_schedules_done(&schedules);
    return code;
}

static int run(struct worker *w)
{
    struct fup_err err = {0};

    if (fup_notify_init(&w->notify, &err) != FUP_OK) {
        fup_log(&w->log, FUP_LOG_WARN, "notify", "why=\"%s\"", err.msg);
    }
    if (load_channels(w, &w->channels) != FUP_OK) {
        return FUP_EXIT_REFUSED;
    }
    start_handles(w);
    fup_log(&w->log, FUP_LOG_INFO, "starting", "version=%s worker=%s",
            FUP_VERSION, w->options.worker_id);
    if (open_engine(w, &err) != FUP_OK) {
        (void)fprintf(stderr, "followup worker: %s\n", err.msg);
        w->exit = FUP_EXIT_USAGE;
        on_engine_closed(w);
    }
    (void)uv_run(&w->loop, UV_RUN_DEFAULT);
    return w->exit;
}

static const char usage[] =
    "usage: followup worker [option...]\n"
    "\n"
    "Runs the service in the foreground; logs to stderr. SIGTERM drains and\n"
    "stops; SIGHUP reads the configuration, channels.json and the schedules\n"
    "again. Needs --postgres, --redis and --schedules (or FOLLOWUP_POSTGRES,\n"
    "FOLLOWUP_REDIS, FOLLOWUP_SCHEDULES); followup --help lists every "
    "option.\n";

static int
check_arguments(const struct fup_options *options, int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, stdout);
        return FUP_EXIT_OK;
    }
    if (argc > 1) {
        (void)fprintf(stderr, "followup worker: unexpected argument \"%s\"\n",
                      argv[1]);
        return FUP_EXIT_USAGE;
    }
    if (options->postgres[0] == '\0' || options->redis[0] == '\0') {
        (void)fprintf(stderr, "followup worker: %s is not set (FOLLOWUP_%s)\n",
                      options->postgres[0] == '\0' ? "postgres" : "redis",
                      options->postgres[0] == '\0' ? "POSTGRES" : "REDIS");
        return FUP_EXIT_USAGE;
    }
    return -1;
}

int fup_cmd_worker(const struct fup_options *options, int argc, char **argv)
{
    struct worker w = {
        .options = *options,
        .log = {.to = stderr, .level = options->log_level},
        .exit = FUP_EXIT_OK,
    };
    int code = check_arguments(options, argc, argv);

    if (code >= 0) {
        return code;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that goes away is an error */
    (void)uv_loop_init(&w.loop);
    code = run(&w);
    (void)uv_loop_close(&w.loop);
    fup_channels_done(&w.channels);
    fup_notify_done(&w.notify);
    return code;
}
