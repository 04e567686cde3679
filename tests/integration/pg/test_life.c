/* The life of a session: before it is ready, callbacks that submit or close,
 * closing. */

#include "fixture.h"

#include <stdio.h>
#include <string.h>

static const struct fup_statement echo = {.name = "echo",
                                          .sql = "select $1::text"};
static const struct fup_statement sleeping = {
    .name = "sleeping", .sql = "select pg_sleep($1::float8)"};

static void a_request_before_it_is_ready_is_called_back_later(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 0);
    assert_false(fup_pg_ready(f->pg));
    (void)submit(f, &echo, "x");
    (void)submit(f, &echo, "y");
    assert_int_equal(f->answered, 0);
    assert_int_equal(fup_pg_pending(f->pg), 0);
    assert_true(until(f, &f->answered, 2));
    assert_int_equal(f->calls[0].code, FUP_EAWAY);
    assert_int_equal(f->calls[1].code, FUP_EAWAY);
    assert_int_equal(f->calls[1].place, 1);
    assert_true(until(f, &f->ready, 1));
}

static void submit_again(struct fixture *f, struct call *call)
{
    if (f->ready == 0 && f->answered < 1000000) {
        f->submitting = true;
        fup_pg_submit(f->pg, &call->req, &echo, NULL, 0, call->req.cb);
        f->submitting = false;
    } else if (f->used < 100) {
        (void)submit(f, &echo, "again");
    }
}

/* One that tries again at once does not keep the loop from connecting. */
static void a_callback_may_submit(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 0);
    f->then = submit_again;
    (void)submit(f, &echo, "not ready");
    assert_true(until(f, &f->ready, 1));
    assert_in_range(f->answered, 1, 999999);
    (void)submit(f, &echo, "one");
    assert_true(until(f, &f->calls[99].answers, 1));
    assert_string_equal(f->calls[99].text, "again");
}

static void on_closed_in_callback(void *data)
{
    struct fixture *f = data;

    f->closed = true;
    f->pg = NULL;
}

static void close_at_third(struct fixture *f, struct call *call)
{
    if (call->place == 2) {
        fup_pg_close(f->pg, on_closed_in_callback, f);
        (void)submit(f, &echo, "too late");
    }
}

static void a_callback_may_close(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    f->then = close_at_third;
    for (int i = 0; i < 6; i++) {
        (void)submit(f, &echo, "x");
    }
    (void)uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(f->closed);
    assert_int_equal(f->answered, 7);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(f->calls[i].answers, 1);
        assert_int_equal(f->calls[i].place, i);
        assert_int_equal(f->calls[i].code, i < 3   ? FUP_OK
                                           : i < 6 ? FUP_EUNKNOWN
                                                   : FUP_ECLOSED);
    }
}

static void closing_while_busy_calls_everything_back_once(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 0);
    (void)submit(f, &echo, "early");
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &sleeping, "20");
    for (int i = 0; i < 100; i++) {
        (void)submit(f, &echo, "x");
    }
    session_close(f);
    assert_int_equal(f->used, 102);
    assert_int_equal(f->answered, 102);
    assert_int_equal(f->calls[0].code, FUP_EAWAY);
    for (int i = 1; i < f->used; i++) {
        assert_int_equal(f->calls[i].answers, 1);
        assert_int_equal(f->calls[i].place, i);
        assert_int_equal(f->calls[i].code, FUP_EUNKNOWN);
    }
    assert_int_equal(f->lost, 0);
}

static void closes_in_every_state(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 0); /* idle */
    session_close(f);
    session_open(f, "host=localhost port=1", 0, 0); /* resolving */
    (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    session_close(f);
    session_open(f, NULL, 0, 0); /* connecting */
    (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(f->ready, 0);
    session_close(f);
    session_open(f, "host=127.0.0.1 port=1", 0, 0); /* backoff */
    assert_true(until(f, &f->lost, 1));
    session_close(f);
    session_open(f, NULL, 0, 0); /* ready */
    assert_true(until(f, &f->ready, 1));
    session_close(f);
}

static void keeps_the_password_out_of_errors(void **state)
{
    struct fixture *f = *state;
    char where[512];

    (void)snprintf(where, sizeof where,
                   "host=%s port=%s user=hush4711 password=hush4711",
                   PQhost(f->admin), PQport(f->admin));
    session_open(f, where, 0, 0);
    assert_true(until(f, &f->lost, 1));
    assert_int_equal(f->why.code, FUP_EAWAY);
    assert_non_null(strstr(f->why.msg, "********"));
    assert_null(strstr(f->why.msg, "hush"));
    assert_null(strchr(f->why.msg, '\n'));
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_request_before_it_is_ready_is_called_back_later),
        TEST(a_callback_may_submit),
        TEST(a_callback_may_close),
        TEST(closing_while_busy_calls_everything_back_once),
        TEST(closes_in_every_state),
        TEST(keeps_the_password_out_of_errors),
    };
    int missing = fixture_missing();

    return missing != 0 ? missing : cmocka_run_group_tests(tests, NULL, NULL);
}
