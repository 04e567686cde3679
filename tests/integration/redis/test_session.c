#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#define SOON 5000

/* --- commands ----------------------------------------------------------- */

static void answers_a_command_after_the_call(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    ask(f, "INCR n", &a);
    assert_false(a.done);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(a.type, REDIS_REPLY_INTEGER);
    assert_int_equal(a.integer, 1);
    assert_false(a.inside);
}

static void tells_a_refusal_with_its_line(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    ask(f, "INCR", &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_EREFUSED);
    assert_non_null(strstr(a.err.msg, "wrong number of arguments"));
}

static void never_repeats_arguments_of_an_unknown_command(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    ask(f, "NOSUCH hunter2", &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_EREFUSED);
    assert_null(strstr(a.err.msg, "hunter2"));
}

static void carries_bytes_of_any_kind(void **state)
{
    struct fixture *f = *state;
    struct answer a = answer_for(f);
    static const char value[] = "a\0\r\n$5";
    const char *const argv[] = {"SET", "k", value};
    const size_t lens[] = {3, 1, sizeof value - 1};
    struct answer b;

    fup_redis_command(f->redis, 3, argv, lens, on_answer, &a);
    ask(f, "GET k", &b);
    assert_true(loop_until(f, &b.done, SOON));
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(b.len, sizeof value - 1);
}

static void answers_ten_megabytes(void **state)
{
    struct fixture *f = *state;
    size_t len = (size_t)10 * 1024 * 1024;
    char *value = calloc(1, len);
    struct answer a = answer_for(f);
    const char *const argv[] = {"SET", "k", value};
    const size_t lens[] = {3, 1, len};
    struct answer b;

    assert_non_null(value);
    fup_redis_command(f->redis, 3, argv, lens, on_answer, &a);
    ask(f, "GET k", &b);
    assert_true(loop_until(f, &b.done, SOON));
    assert_int_equal(b.code, FUP_OK);
    assert_int_equal(b.len, len);
    free(value);
}

static void names_the_connection(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    ask(f, "CLIENT GETNAME", &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_string_equal(a.text, "test");
}

static void refuses_more_commands_than_its_limit(void **state)
{
    struct fixture *f = *state;
    const char *const argv[] = {"PING"};
    struct answer first = answer_for(f);
    struct answer last = answer_for(f);

    fup_redis_command(f->redis, 1, argv, NULL, on_answer, &first);
    for (int i = 1; i < 10000; i++) {
        fup_redis_command(f->redis, 1, argv, NULL, NULL, NULL);
    }
    f->submitting = true;
    fup_redis_command(f->redis, 1, argv, NULL, on_answer, &last);
    f->submitting = false;
    assert_true(loop_until(f, &last.done, SOON));
    assert_true(loop_until(f, &first.done, SOON));
    assert_int_equal(first.code, FUP_OK);
    assert_int_equal(last.code, FUP_EAWAY);
    assert_false(last.inside);
}

/* --- scripts ------------------------------------------------------------ */

static struct fup_redis_script twice = {
    .name = "twice",
    .text = "return redis.call('INCRBY', KEYS[1], ARGV[1] * 2)"};

static void
eval(struct fixture *f, struct fup_redis_script *script, struct answer *answer)
{
    const char *const argv[] = {"n", "21"};
    const struct fup_redis_args args = {.n_keys = 1, .argc = 2, .argv = argv};

    *answer = answer_for(f);
    f->submitting = true;
    fup_redis_eval(f->redis, script, &args, on_answer, answer);
    f->submitting = false;
}

static void runs_a_script_by_its_hash(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    twice.sha[0] = '\0';
    eval(f, &twice, &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(a.integer, 42);
    assert_int_equal(strlen(twice.sha), 40);
    eval(f, &twice, &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.integer, 84);
}

static void runs_a_script_that_the_server_forgot(void **state)
{
    struct fixture *f = *state;
    struct answer a;
    struct answer b;

    twice.sha[0] = '\0';
    eval(f, &twice, &a);
    assert_true(loop_until(f, &a.done, SOON));
    redis_server_do(&f->server, "SCRIPT FLUSH");
    eval(f, &twice, &a);
    eval(f, &twice, &b);
    assert_true(loop_until(f, &b.done, SOON));
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(a.integer, 84);
    assert_int_equal(b.integer, 126);
    assert_int_equal(redis_server_int(&f->server, "GET n"), 126);
}

static void tells_a_fenced_script(void **state)
{
    struct fixture *f = *state;
    struct fup_redis_script fenced = {
        .name = "fenced", .text = "return {err = 'FENCED epoch 3'}"};
    struct answer a;

    eval(f, &fenced, &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_EFENCED);
    /* The hash is written into @fenced by an answer that came before. */
    assert_int_equal(strlen(fenced.sha), 40);
}

static void tells_that_a_full_server_is_away(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    redis_server_do(&f->server, "CONFIG SET maxmemory 1");
    eval(f, &twice, &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_EAWAY);
    ask(f, "SET a b", &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_EAWAY);
}

/* --- losing it ---------------------------------------------------------- */

static void
a_stopped_server_leaves_commands_unknown_and_comes_back(void **state)
{
    struct fixture *f = *state;
    struct answer a;
    struct answer b;

    assert_true(redis_server_start(&f->server, false, NULL));
    fixture_open_with(
        f, (struct fup_redis_options){.answer_ms = 200, .connect_ms = 200});
    assert_true(loop_until(f, &f->ready, SOON));
    redis_server_signal(&f->server, SIGSTOP);
    ask(f, "INCR n", &a);
    ask(f, "INCR n", &b);
    assert_true(loop_until(f, &b.done, SOON));
    assert_int_equal(a.code, FUP_EUNKNOWN);
    assert_int_equal(b.code, FUP_EUNKNOWN);
    assert_true(loop_until(f, &f->lost, SOON));
    assert_string_equal(f->why.msg, "a command was not answered within 200 ms");
    redis_server_signal(&f->server, SIGCONT);
    assert_true(loop_until(f, &f->ready, SOON));
    ask(f, "PING", &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_OK);
}

/* What was answered while our own process stood still is no loss. */
static void a_stall_of_our_own_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct answer a;
    struct answer b;
    uint64_t until;

    assert_true(redis_server_start(&f->server, false, NULL));
    fixture_open_with(f, (struct fup_redis_options){.answer_ms = 50});
    assert_true(loop_until(f, &f->ready, SOON));
    ask(f, "INCR n", &a);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    ask(f, "INCR n", &b);
    until = uv_hrtime() + UINT64_C(120000000);
    while (uv_hrtime() < until) {
        assert_true(redis_server_int(&f->server, "EXISTS n") >= 0);
    }
    assert_true(loop_until(f, &b.done, SOON));
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(b.code, FUP_OK);
    assert_int_equal(f->n_lost, 0);
}

static void survives_a_restart(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    ask(f, "PING", &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_true(redis_server_restart(&f->server, NULL));
    assert_true(loop_until(f, &f->lost, SOON));
    assert_true(loop_until(f, &f->ready, SOON));
    ask(f, "PING", &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(f->n_ready, 2);
}

static void a_killed_connection_leaves_commands_unknown(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    ask(f, "BLPOP nothing 0", &a);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    redis_server_do(&f->server, "CLIENT KILL TYPE normal SKIPME yes");
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_EUNKNOWN);
    assert_true(loop_until(f, &f->ready, SOON));
}

static void on_answer_then_reset(void *data,
                                 enum fup_code code,
                                 const struct redisReply *reply,
                                 const struct fup_err *err)
{
    struct answer *answer = data;

    on_answer(data, code, reply, err);
    fup_redis_reset(answer->f->redis);
}

static void may_be_reset_from_a_callback(void **state)
{
    struct fixture *f = *state;
    const char *const argv[] = {"PING"};
    struct answer a = answer_for(f);
    struct answer b;

    fup_redis_command(f->redis, 1, argv, NULL, on_answer_then_reset, &a);
    ask(f, "BLPOP nothing 0", &b);
    f->ready = false;
    assert_true(loop_until(f, &b.done, SOON));
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(b.code, FUP_EUNKNOWN);
    assert_true(loop_until(f, &f->ready, SOON));
    assert_int_equal(f->n_ready, 2);
    assert_int_equal(f->n_lost, 1);
}

/* --- closing ------------------------------------------------------------ */

static void note_closed(void *data)
{
    struct fixture *f = data;

    f->closed = true;
}

static void close_while_busy_calls_back_once(void **state)
{
    struct fixture *f = *state;
    struct answer a[3];
    struct answer late;

    for (size_t i = 0; i < 3; i++) {
        ask(f, "BLPOP nothing 0", &a[i]);
    }
    uv_run(&f->loop, UV_RUN_NOWAIT);
    fup_redis_close(f->redis, note_closed, f);
    ask(f, "PING", &late);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(a[i].calls, 0);
    }
    assert_true(loop_until(f, &f->closed, SOON));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(a[i].calls, 1);
        assert_int_equal(a[i].code, FUP_EUNKNOWN);
    }
    assert_int_equal(late.calls, 1);
    assert_int_equal(late.code, FUP_ECLOSED);
    assert_int_equal(f->n_lost, 0);
}

static void on_answer_then_close(void *data,
                                 enum fup_code code,
                                 const struct redisReply *reply,
                                 const struct fup_err *err)
{
    struct answer *answer = data;

    on_answer(data, code, reply, err);
    fup_redis_close(answer->f->redis, note_closed, answer->f);
}

static void may_be_closed_from_a_callback(void **state)
{
    struct fixture *f = *state;
    const char *const argv[] = {"PING"};
    struct answer a = answer_for(f);
    struct answer b;

    fup_redis_command(f->redis, 1, argv, NULL, on_answer_then_close, &a);
    ask(f, "BLPOP nothing 0", &b);
    assert_true(loop_until(f, &f->closed, SOON));
    assert_int_equal(b.calls, 1);
    assert_int_equal(b.code, FUP_EUNKNOWN);
}

static void closes_in_every_state(void **state)
{
    struct fixture *f = *state;
    char url[64];
    int port;
    int fd = redis_server_silent_port(&port);

    (void)snprintf(url, sizeof url, "redis://localhost:%d", port);
    fixture_open(f, url); /* waiting */
    fixture_close(f);
    fixture_open(f, url); /* resolving */
    uv_run(&f->loop, UV_RUN_NOWAIT);
    fixture_close(f);
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", port);
    for (int turns = 1; turns < 8; turns++) { /* connecting, greeting */
        fixture_open(f, url);
        for (int i = 0; i < turns; i++) {
            uv_run(&f->loop, UV_RUN_NOWAIT);
        }
        fixture_close(f);
    }
    assert_int_equal(f->n_ready, 0);
    (void)close(fd);
}

#define ALONE(test)                                                            \
    cmocka_unit_test_setup_teardown(test, with_empty_loop, without_session)
#define READY(test)                                                            \
    cmocka_unit_test_setup_teardown(test, with_session, without_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READY(answers_a_command_after_the_call),
        READY(tells_a_refusal_with_its_line),
        READY(never_repeats_arguments_of_an_unknown_command),
        READY(carries_bytes_of_any_kind),
        READY(answers_ten_megabytes),
        READY(names_the_connection),
        READY(refuses_more_commands_than_its_limit),
        READY(runs_a_script_by_its_hash),
        READY(runs_a_script_that_the_server_forgot),
        READY(tells_a_fenced_script),
        READY(tells_that_a_full_server_is_away),
        ALONE(a_stopped_server_leaves_commands_unknown_and_comes_back),
        ALONE(a_stall_of_our_own_loses_nothing),
        READY(survives_a_restart),
        READY(a_killed_connection_leaves_commands_unknown),
        READY(may_be_reset_from_a_callback),
        READY(close_while_busy_calls_back_once),
        READY(may_be_closed_from_a_callback),
        ALONE(closes_in_every_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
