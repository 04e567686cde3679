/* Sessions with servers that are away, die, or fall silent. */

#include "fixture.h"

#include <stdio.h>
#include <string.h>

static const struct fup_statement echo = {.name = "echo",
                                          .sql = "select $1::text"};
static const struct fup_statement length = {.name = "length",
                                            .sql = "select length($1::text)"};
static const struct fup_statement sleeping = {
    .name = "sleeping", .sql = "select pg_sleep($1::float8)"};
static const struct fup_statement repeat = {
    .name = "repeat", .sql = "select repeat('x', $1::int)"};
static const struct fup_statement pid = {.name = "pid",
                                         .sql = "select pg_backend_pid()"};

/* A label over 63 characters is no name, which needs no asking. */
#define NO_NAME                                                                \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* End the backends of the session, waiting until they are gone. */
static void kill_backends(struct fixture *f)
{
    char sql[200];

    (void)snprintf(sql, sizeof sql,
                   "select pg_terminate_backend(pid, 5000) from "
                   "pg_stat_activity where application_name = '%s'",
                   f->name);
    (void)admin(f, sql);
}

/* Wait until the session's backend runs pg_sleep(). */
static void wait_for_sleep(struct fixture *f)
{
    char sql[200];

    (void)snprintf(sql, sizeof sql,
                   "select count(*) from pg_stat_activity where "
                   "wait_event = 'PgSleep' and application_name = '%s'",
                   f->name);
    while (admin(f, sql) == 0) {
        (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    }
}

static void tries_until_the_server_is_there(void **state)
{
    struct fixture *f = *state;

    proxy_open(f);
    session_open_proxy(f, 0, 0);
    (void)submit(f, &echo, "early");
    assert_true(until(f, &f->lost, 5));
    assert_int_equal(f->why.code, FUP_EAWAY);
    assert_non_null(strstr(f->why.msg, "refused"));
    assert_int_equal(f->ready, 0);
    assert_int_equal(f->calls[0].code, FUP_EAWAY);
    assert_true(fup_proxy_listen(f->proxy));
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &echo, "x");
    assert_true(until(f, &f->answered, 2));
    assert_string_equal(f->calls[1].text, "x");
}

static void waits_shortly_after_the_first_loss(void **state)
{
    struct fixture *f = *state;
    uint64_t from;

    proxy_open(f);
    session_open_proxy(f, 0, 0);
    assert_true(until(f, &f->lost, 5)); /* by now it waits over 1.5 s */
    assert_true(fup_proxy_listen(f->proxy));
    assert_true(until(f, &f->ready, 1));
    fup_proxy_cut_after(f->proxy, 0);
    assert_true(until(f, &f->lost, 6));
    from = uv_now(&f->loop);
    assert_true(until(f, &f->ready, 2));
    assert_in_range(uv_now(&f->loop) - from, 40, 1400);
}

static void survives_a_killed_backend(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &echo, "before");
    (void)submit(f, &sleeping, "20");
    (void)submit(f, &echo, "behind");
    (void)submit(f, &echo, "behind");
    wait_for_sleep(f);
    kill_backends(f);
    assert_true(until(f, &f->answered, 4));
    assert_int_equal(f->calls[0].code, FUP_OK);
    /* It got the server's last word: rolled back. The others did not. */
    assert_int_equal(f->calls[1].code, FUP_EAWAY);
    assert_int_equal(f->calls[2].code, FUP_EUNKNOWN);
    assert_int_equal(f->calls[3].code, FUP_EUNKNOWN);
    assert_int_equal(f->calls[3].place, 3);
    assert_true(until(f, &f->ready, 2));
    assert_int_equal(f->lost, 1);
    (void)submit(f, &echo, "after");
    assert_true(until(f, &f->answered, 5));
    assert_string_equal(f->calls[4].text, "after");
}

static void notices_the_end_of_an_idle_connection(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    kill_backends(f);
    assert_true(until(f, &f->lost, 1));
    assert_false(fup_pg_ready(f->pg));
    assert_true(until(f, &f->ready, 2));
}

/* The server did it, the answer was lost: nobody knows. */
static void what_was_sent_when_the_link_is_cut_is_unknown(void **state)
{
    struct fixture *f = *state;

    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    session_open_proxy(f, 0, 0);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &echo, "x");
    assert_true(until(f, &f->answered, 1));
    fup_proxy_hold(f->proxy, false, true);
    for (int i = 0; i < 10; i++) {
        (void)submit(f, &echo, "x");
    }
    (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    fup_proxy_cut_after(f->proxy, 0);
    assert_true(until(f, &f->answered, 11));
    fup_proxy_hold(f->proxy, false, false);
    for (int i = 1; i < 11; i++) {
        assert_int_equal(f->calls[i].answers, 1);
        assert_int_equal(f->calls[i].place, i);
        assert_int_equal(f->calls[i].code, FUP_EUNKNOWN);
    }
    assert_true(until(f, &f->ready, 2));
}

static void answers_before_a_cut_still_count(void **state)
{
    struct fixture *f = *state;
    int done = 0;

    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    session_open_proxy(f, 0, 0);
    assert_true(until(f, &f->ready, 1));
    for (int round = 0; round < 5; round++) {
        int from = f->used;

        done = 0;
        fup_proxy_cut_after(f->proxy, 5000 + (size_t)round * 17);
        for (int i = 0; i < 100; i++) {
            (void)submit(f, &repeat, "100");
        }
        assert_true(until(f, &f->answered, from + 100));
        for (int i = from; i < from + 100; i++) {
            assert_int_equal(f->calls[i].answers, 1);
            assert_int_equal(f->calls[i].place, i);
            if (f->calls[i].code == FUP_OK) {
                assert_int_equal(done, i - from); /* no gap */
                done++;
            } else {
                assert_int_equal(f->calls[i].code, FUP_EUNKNOWN);
            }
        }
        assert_in_range(done, 10, 90);
        assert_true(until(f, &f->ready, round + 2));
    }
}

static void drops_a_link_that_is_half_open(void **state)
{
    struct fixture *f = *state;

    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    session_open_proxy(f, 100, 200);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &echo, "x");
    assert_true(until(f, &f->answered, 1));
    fup_proxy_hold(f->proxy, true, true);
    (void)submit(f, &echo, "x");
    (void)submit(f, &echo, "y");
    assert_true(until(f, &f->lost, 1));
    assert_non_null(strstr(f->why.msg, "no answer"));
    assert_true(until(f, &f->answered, 3));
    assert_int_equal(f->calls[1].code, FUP_EUNKNOWN);
    assert_int_equal(f->calls[2].code, FUP_EUNKNOWN);
    assert_true(until(f, &f->lost, 2));
    assert_non_null(strstr(f->why.msg, "no connection"));
    fup_proxy_hold(f->proxy, false, false);
    assert_true(until(f, &f->ready, 2));
}

static void answers_that_keep_coming_are_no_silence(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 200);
    assert_true(until(f, &f->ready, 1));
    for (int i = 0; i < 10; i++) { /* each in time, all of them not */
        (void)submit(f, &sleeping, "0.06");
    }
    assert_true(until(f, &f->answered, 10));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(f->calls[i].code, FUP_OK);
    }
    assert_int_equal(f->lost, 0);
}

/* The clock says that the server is late, but it was this process. */
static void a_stall_of_ours_is_not_the_servers(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 200);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &echo, "x");
    (void)admin(f, "select pg_sleep(0.5)");
    assert_true(until(f, &f->answered, 1));
    assert_int_equal(f->calls[0].code, FUP_OK);
    assert_int_equal(f->lost, 0);
}

static void goes_on_when_the_socket_takes_more_again(void **state)
{
    struct fixture *f = *state;
    static char text[(8 << 20) + 1];

    memset(text, 'x', sizeof text - 1);
    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    session_open_proxy(f, 0, 0);
    assert_true(until(f, &f->ready, 1));
    fup_proxy_hold(f->proxy, true, false);
    (void)submit(f, &length, text);
    (void)submit(f, &echo, "next");
    for (int i = 0; i < 20; i++) {
        (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(f->answered, 0);
    fup_proxy_hold(f->proxy, false, false);
    assert_true(until(f, &f->answered, 2));
    assert_string_equal(f->calls[0].text, "8388608");
    assert_string_equal(f->calls[1].text, "next");
}

/* libpq gives the new socket the old one's number. */
static void goes_to_the_second_host_when_the_first_refuses(void **state)
{
    struct fixture *f = *state;
    struct fup_proxy *away = fup_proxy_open(&f->loop, "/nowhere");
    char where[128];

    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    (void)snprintf(where, sizeof where, "host=127.0.0.1,127.0.0.1 port=%d,%d",
                   fup_proxy_port(away), fup_proxy_port(f->proxy));
    session_open(f, where, 2000, 0);
    (void)until(f, &f->ready, 1);
    fup_proxy_close(away);
    assert_int_equal(f->ready, 1);
    assert_int_equal(f->lost, 0);
    (void)submit(f, &echo, "x");
    assert_true(until(f, &f->answered, 1));
    assert_string_equal(f->calls[0].text, "x");
}

static void goes_to_the_second_host_when_the_first_is_silent(void **state)
{
    struct fixture *f = *state;
    struct fup_proxy *silent;
    char where[128];

    proxy_open(f);
    silent = f->proxy;
    fup_proxy_hold(silent, true, true);
    assert_true(fup_proxy_listen(silent));
    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    (void)snprintf(where, sizeof where, "host=127.0.0.1,127.0.0.1 port=%d,%d",
                   fup_proxy_port(silent), fup_proxy_port(f->proxy));
    session_open(f, where, 200, 0);
    (void)until(f, &f->ready, 1);
    fup_proxy_close(silent);
    assert_int_equal(f->ready, 1);
    assert_int_equal(f->lost, 1);
    assert_non_null(strstr(f->why.msg, "no connection within 200 ms"));
}

static void looks_up_host_names(void **state)
{
    struct fixture *f = *state;
    char where[256];

    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    (void)snprintf(where, sizeof where, "host=" NO_NAME ",localhost port=%d",
                   fup_proxy_port(f->proxy));
    session_open(f, where, 0, 0);
    assert_true(until(f, &f->ready, 1));
    assert_int_equal(f->lost, 0);
    (void)submit(f, &pid, NULL);
    assert_true(until(f, &f->answered, 1));
    assert_int_equal(f->calls[0].code, FUP_OK);
}

static void says_which_name_is_not_found(void **state)
{
    struct fixture *f = *state;

    session_open(f, "host=" NO_NAME " port=1", 0, 0);
    assert_true(until(f, &f->lost, 2));
    assert_non_null(strstr(f->why.msg, "host name \"xxxx"));
    assert_int_equal(f->ready, 0);
}

/* libuv's threads, all held up: lookups do not end. */
static struct {
    uv_work_t work[64];
    uv_sem_t gate;
    int done;
} threads;

static void on_thread(uv_work_t *work)
{
    (void)work;
    uv_sem_wait(&threads.gate);
}

static void on_thread_done(uv_work_t *work, int status)
{
    (void)work;
    (void)status;
    threads.done++;
}

static void threads_hold(struct fixture *f)
{
    threads.done = 0;
    assert_int_equal(uv_sem_init(&threads.gate, 0), 0);
    for (int i = 0; i < 64; i++) {
        assert_int_equal(uv_queue_work(&f->loop, &threads.work[i], on_thread,
                                       on_thread_done),
                         0);
    }
}

static void threads_release(struct fixture *f)
{
    for (int i = 0; i < 64; i++) {
        uv_sem_post(&threads.gate);
    }
    (void)until(f, &threads.done, 64);
    uv_sem_destroy(&threads.gate);
}

static void gives_up_a_lookup_that_does_not_end(void **state)
{
    struct fixture *f = *state;
    char where[64];

    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    (void)snprintf(where, sizeof where, "host=localhost port=%d",
                   fup_proxy_port(f->proxy));
    threads_hold(f);
    session_open(f, where, 100, 0);
    (void)until(f, &f->lost, 2);
    threads_release(f);
    assert_int_equal(f->lost, 2);
    assert_non_null(strstr(f->why.msg, "no connection within 100 ms"));
    assert_true(until(f, &f->ready, 1));
}

static void closes_while_looking_up(void **state)
{
    struct fixture *f = *state;

    threads_hold(f);
    session_open(f, "host=localhost port=1", 0, 0);
    (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    (void)submit(f, &echo, "x");
    session_close(f);
    threads_release(f);
    assert_int_equal(f->calls[0].answers, 1);
    assert_int_equal(f->calls[0].code, FUP_EAWAY);
    assert_int_equal(f->lost, 0);
}

static void waits_for_slow_answers(void **state)
{
    struct fixture *f = *state;

    proxy_open(f);
    fup_proxy_delay(f->proxy, 5);
    assert_true(fup_proxy_listen(f->proxy));
    session_open_proxy(f, 0, 0);
    assert_true(until(f, &f->ready, 1));
    for (int i = 0; i < 10; i++) {
        (void)submit(f, &repeat, "100000");
    }
    assert_true(until(f, &f->answered, 10));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(f->calls[i].code, FUP_OK);
    }
}

static void closing_with_a_dead_link_calls_everything_back(void **state)
{
    struct fixture *f = *state;

    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    session_open_proxy(f, 0, 0);
    assert_true(until(f, &f->ready, 1));
    fup_proxy_hold(f->proxy, true, true);
    for (int i = 0; i < 1000; i++) {
        (void)submit(f, &echo, "x");
    }
    session_close(f);
    assert_int_equal(f->answered, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(f->calls[i].answers, 1);
        assert_int_equal(f->calls[i].code, FUP_EUNKNOWN);
    }
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(tries_until_the_server_is_there),
        TEST(waits_shortly_after_the_first_loss),
        TEST(survives_a_killed_backend),
        TEST(notices_the_end_of_an_idle_connection),
        TEST(what_was_sent_when_the_link_is_cut_is_unknown),
        TEST(answers_before_a_cut_still_count),
        TEST(drops_a_link_that_is_half_open),
        TEST(answers_that_keep_coming_are_no_silence),
        TEST(a_stall_of_ours_is_not_the_servers),
        TEST(goes_on_when_the_socket_takes_more_again),
        TEST(goes_to_the_second_host_when_the_first_refuses),
        TEST(goes_to_the_second_host_when_the_first_is_silent),
        TEST(looks_up_host_names),
        TEST(says_which_name_is_not_found),
        TEST(gives_up_a_lookup_that_does_not_end),
        TEST(closes_while_looking_up),
        TEST(waits_for_slow_answers),
        TEST(closing_with_a_dead_link_calls_everything_back),
    };
    int missing = fixture_missing();

    return missing != 0 ? missing : cmocka_run_group_tests(tests, NULL, NULL);
}
