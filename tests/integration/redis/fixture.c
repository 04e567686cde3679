#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

static void on_limit(uv_timer_t *timer)
{
    struct fixture *f = timer->data;

    f->limit_passed = true;
}

/* What is waited for may have come in this turn: then do not wait for more. */
static void on_before_waiting(uv_prepare_t *prepare)
{
    struct fixture *f = prepare->data;

    if (f->until != NULL && *f->until) {
        uv_stop(&f->loop);
    }
}

bool loop_until(struct fixture *f, const bool *done, uint64_t ms)
{
    f->limit_passed = false;
    f->until = done;
    uv_update_time(&f->loop);
    uv_timer_start(&f->limit, on_limit, ms, 0);
    while (!*done && !f->limit_passed) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&f->limit);
    f->until = NULL;
    return *done;
}

void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.closed = true};
    (void)signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&f->loop);
    uv_timer_init(&f->loop, &f->limit);
    f->limit.data = f;
    uv_prepare_init(&f->loop, &f->before_waiting);
    f->before_waiting.data = f;
    uv_prepare_start(&f->before_waiting, on_before_waiting);
}

static void count_handle(uv_handle_t *handle, void *data)
{
    (void)handle;
    ++*(int *)data;
}

int fixture_done(struct fixture *f)
{
    int left = 0;

    if (!f->closed) {
        fixture_close(f);
    }
    uv_close((uv_handle_t *)&f->limit, NULL);
    uv_close((uv_handle_t *)&f->before_waiting, NULL);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    uv_walk(&f->loop, count_handle, &left);
    if (uv_loop_close(&f->loop) != 0 && left == 0) {
        left = 1;
    }
    redis_server_stop(&f->server);
    return left;
}

static void
on_state(struct fup_redis *redis, bool ready, const struct fup_err *err)
{
    struct fixture *f = fup_redis_data(redis);

    f->ready = ready;
    if (ready) {
        f->n_ready++;
        f->lost = false;
    } else {
        f->n_lost++;
        f->lost = true;
        f->why = *err;
    }
}

void fixture_open_with(struct fixture *f, struct fup_redis_options options)
{
    struct fup_err err;

    options.url = options.url == NULL ? f->server.url : options.url;
    options.name = "test";
    options.on_state = on_state;
    options.data = f;
    assert_int_equal(fup_redis_open(&f->loop, &options, &f->redis, &err),
                     FUP_OK);
    f->closed = false;
}

void fixture_open(struct fixture *f, const char *url)
{
    fixture_open_with(f, (struct fup_redis_options){.url = url});
}

static void on_closed(void *data)
{
    struct fixture *f = data;

    f->closed = true;
}

void fixture_close(struct fixture *f)
{
    fup_redis_close(f->redis, on_closed, f);
    if (!loop_until(f, &f->closed, 10000)) {
        (void)fprintf(stderr, "the session does not close\n");
        exit(1);
    }
}

int with_session(void **state)
{
    struct fixture *f = malloc(sizeof *f);

    if (f == NULL) {
        return -1;
    }
    fixture_init(f);
    *state = f;
    if (!redis_server_start(&f->server, false, NULL)) {
        return -1;
    }
    fixture_open(f, NULL);
    return loop_until(f, &f->ready, 5000) ? 0 : -1;
}

int with_empty_loop(void **state)
{
    struct fixture *f = malloc(sizeof *f);

    if (f == NULL) {
        return -1;
    }
    fixture_init(f);
    *state = f;
    return 0;
}

int without_session(void **state)
{
    struct fixture *f = *state;
    int left = fixture_done(f);

    free(f);
    return left == 0 ? 0 : -1;
}

struct answer answer_for(struct fixture *f)
{
    return (struct answer){.f = f};
}

void on_answer(void *data,
               enum fup_code code,
               const struct redisReply *reply,
               const struct fup_err *err)
{
    struct answer *answer = data;

    answer->done = true;
    answer->calls++;
    answer->inside = answer->f->submitting;
    answer->code = code;
    answer->err = *err;
    if (reply == NULL) {
        return;
    }
    answer->type = reply->type;
    answer->integer = reply->integer;
    answer->len = reply->len;
    if (reply->str != NULL) {
        (void)snprintf(answer->text, sizeof answer->text, "%s", reply->str);
    }
}

void ask(struct fixture *f, const char *line, struct answer *answer)
{
    char text[256];
    const char *argv[32];
    int argc = 0;
    char *save = NULL;

    *answer = answer_for(f);
    (void)snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok_r(text, " ", &save); word != NULL && argc < 32;
         word = strtok_r(NULL, " ", &save)) {
        argv[argc++] = word;
    }
    f->submitting = true;
    fup_redis_command(f->redis, argc, argv, NULL, on_answer, answer);
    f->submitting = false;
}

void on_done(void *data, enum fup_code code, const struct fup_err *err)
{
    on_answer(data, code, NULL, err);
}

void claimed_init(struct claimed *claimed, struct fixture *f)
{
    *claimed = (struct claimed){.f = f};
}

void on_claimed(void *data,
                enum fup_code code,
                const struct fup_queue_claim *claim,
                const struct fup_err *err)
{
    struct claimed *claimed = data;

    claimed->done = true;
    claimed->calls++;
    claimed->inside = claimed->f->submitting;
    claimed->code = code;
    claimed->err = *err;
    claimed->has_claim = claim != NULL;
    if (claim == NULL) {
        return;
    }
    claimed->claim = *claim;
    for (size_t i = 0; claim->ids != NULL && i < claim->n; i++) {
        claimed->ids[i] = claim->ids[i];
    }
    claimed->claim.ids = claimed->ids;
}

struct fup_queue queue_of(const struct fixture *f)
{
    return (struct fup_queue){
        .redis = f->redis, .prefix = "followup", .partition = 0, .epoch = 1};
}
