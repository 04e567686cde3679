/* Requests and answers, with a server that is there. */

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fup_statement echo = {.name = "echo",
                                          .sql = "select $1::text"};
static const struct fup_statement divide = {.name = "divide",
                                            .sql = "select 7 / $1::int"};
static const struct fup_statement length = {.name = "length",
                                            .sql = "select length($1::text)"};
static const struct fup_statement in_missing = {
    .name = "in_missing", .sql = "select a from t_missing"};
static const struct fup_statement all_of_t = {.name = "all_of_t",
                                              .sql = "select * from t_type"};
static const struct fup_statement forget = {.name = "forget",
                                            .sql = "deallocate all"};
static const struct fup_statement setting = {
    .name = "setting", .sql = "select current_setting($1)"};
static const struct fup_statement sleeping = {
    .name = "sleeping", .sql = "select pg_sleep($1::float8)"};
static const struct fup_statement nothing = {
    .name = "nothing", .sql = "select null, 1 where false"};
static const struct fup_statement deferred = {
    .name = "deferred",
    .sql = "insert into t_deferred values ($1::int) returning id"};
static const struct fup_statement fenced = {.name = "fenced",
                                            .sql = "select t_fenced()"};
static const struct fup_statement values = {
    .name = "values",
    .sql = "select null::text, 42, true, false, null::bool, $1::text"};

static void answers_many_requests_in_order(void **state)
{
    struct fixture *f = *state;
    char text[16];

    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        (void)submit(f, &echo, text);
    }
    assert_int_equal(fup_pg_pending(f->pg), 2000);
    assert_int_equal(f->answered, 0);
    assert_true(until(f, &f->answered, 2000));
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        assert_int_equal(f->calls[i].code, FUP_OK);
        assert_int_equal(f->calls[i].place, i);
        assert_int_equal(f->calls[i].rows, 1);
        assert_string_equal(f->calls[i].text, text);
    }
    assert_int_equal(fup_pg_pending(f->pg), 0);
}

static void prepares_a_statement_once(void **state)
{
    struct fixture *f = *state;
    static const struct fup_statement count = {
        .name = "count",
        .sql = "select count(*) from pg_prepared_statements "
               "where statement like 'select $1::text%'"};
    const struct call *counted;

    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &echo, "1");
    (void)submit(f, &echo, "2");
    assert_true(until(f, &f->answered, 2));
    (void)submit(f, &echo, "3");
    (void)submit(f, &echo, "4");
    counted = submit(f, &count, NULL);
    assert_true(until(f, &f->answered, 5));
    assert_string_equal(counted->text, "1");
    assert_string_equal(f->calls[1].text, "2");
    assert_string_equal(f->calls[3].text, "4");
}

static void a_rejected_statement_leaves_the_others_alone(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    for (int i = 0; i < 50; i++) {
        (void)submit(f, &divide, i % 10 == 3 ? "0" : "7");
    }
    (void)submit(f, &echo, "and on");
    assert_true(until(f, &f->answered, 51));
    for (int i = 0; i < 50; i++) {
        assert_int_equal(f->calls[i].place, i);
        assert_int_equal(f->calls[i].code, i % 10 == 3 ? FUP_EREFUSED : FUP_OK);
    }
    assert_string_equal(f->calls[3].err.msg, "22012: division by zero");
    assert_int_equal(f->calls[3].err.code, FUP_EREFUSED);
    assert_string_equal(f->calls[50].text, "and on");
    assert_int_equal(f->lost, 0);
}

static struct {
    bool null;
    int64_t number;
    int64_t missing;
    bool yes;
    bool no;
    bool neither;
    bool param_null;
} seen;

static void on_values(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct fixture *f = req->data;

    (void)err;
    f->answered++;
    if (code == FUP_OK && rows->n == 1) {
        seen.null = fup_pg_text(rows, 0, 0) == NULL;
        seen.missing = fup_pg_int(rows, 0, 0, -5);
        seen.number = fup_pg_int(rows, 0, 1, -5);
        seen.yes = fup_pg_bool(rows, 0, 2);
        seen.no = fup_pg_bool(rows, 0, 3);
        seen.neither = fup_pg_bool(rows, 0, 4);
        seen.param_null = fup_pg_text(rows, 0, 5) == NULL;
    }
}

static void assert_values_seen(void)
{
    assert_true(seen.null);
    assert_int_equal(seen.missing, -5);
    assert_int_equal(seen.number, 42);
    assert_true(seen.yes);
    assert_false(seen.no);
    assert_false(seen.neither);
}

static void gives_values_nulls_and_no_rows(void **state)
{
    struct fixture *f = *state;
    const char *params[] = {NULL};
    const struct call *call;

    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    f->calls[0].req.data = f;
    f->used = 1;
    fup_pg_submit(f->pg, &f->calls[0].req, &values, params, 1, on_values);
    call = submit(f, &nothing, NULL);
    assert_true(until(f, &f->answered, 2));
    assert_values_seen();
    assert_true(seen.param_null);
    assert_int_equal(call->code, FUP_OK);
    assert_int_equal(call->rows, 0);
}

static void binary_rows_are_read_alike(void **state)
{
    static const struct fup_statement all = {
        .name = "all",
        .sql = "select null::text, 42::smallint, true, false, null::bool, "
               "'text'",
        .binary = true};
    struct fixture *f = *state;

    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    memset(&seen, 0, sizeof seen);
    f->calls[0].req.data = f;
    f->used = 1;
    fup_pg_submit(f->pg, &f->calls[0].req, &all, NULL, 0, on_values);
    assert_true(until(f, &f->answered, 1));
    assert_values_seen();
    assert_false(seen.param_null);
}

static int64_t numbers[6];

static void on_numbers(struct fup_pg_request *req,
                       enum fup_code code,
                       const struct fup_pg_rows *rows,
                       const struct fup_err *err)
{
    struct fixture *f = req->data;

    (void)err;
    f->answered++;
    for (int i = 0; code == FUP_OK && i < 6; i++) {
        numbers[i] = fup_pg_int(rows, 0, i, 7);
    }
}

/* The instant 5 us after 1970 goes there as eight bytes, and comes back. */
static void binary_numbers_and_instants(void **state)
{
    static const struct fup_statement back = {
        .name = "back",
        .sql = "select $1::timestamptz, 'infinity'::timestamptz, -3, "
               "-4000000000, '1999-12-31 23:59:59.999999Z'::timestamptz, "
               "$2::int + 1",
        .binary = true};
    const uint64_t bits = (uint64_t)(INT64_C(5) - 946684800000000);
    struct fixture *f = *state;
    char bytes[8];
    const char *params[] = {bytes, "8"};
    const int lengths[] = {8, 0};
    const struct fup_pg_values given = {params, lengths, 2};

    for (int i = 0; i < 8; i++) {
        bytes[i] = (char)(bits >> (56 - 8 * i));
    }
    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    f->calls[0].req.data = f;
    f->used = 1;
    fup_pg_submit_binary(f->pg, &f->calls[0].req, &back, &given, on_numbers);
    assert_true(until(f, &f->answered, 1));
    assert_int_equal(numbers[0], 5);
    assert_int_equal(numbers[1], INT64_MAX);
    assert_int_equal(numbers[2], -3);
    assert_int_equal(numbers[3], -4000000000);
    assert_int_equal(numbers[4], INT64_C(946684799999999));
    assert_int_equal(numbers[5], 9);
}

static void sends_a_parameter_of_8_megabytes(void **state)
{
    struct fixture *f = *state;
    size_t size = (size_t)8 << 20;
    char *text = malloc(size + 1);

    assert_non_null(text);
    memset(text, 'x', size);
    text[size] = '\0';
    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &length, text);
    (void)submit(f, &length, "four");
    free(text); /* it was copied */
    assert_true(until(f, &f->answered, 2));
    assert_string_equal(f->calls[0].text, "8388608");
    assert_string_equal(f->calls[1].text, "4");
}

static void a_failed_prepare_fails_alone_and_is_tried_again(void **state)
{
    struct fixture *f = *state;

    (void)admin(f, "drop table if exists t_missing");
    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    for (int i = 0; i < 20; i++) { /* more often than it gets new names */
        const struct call *first = submit(f, &in_missing, NULL);
        const struct call *second = submit(f, &in_missing, NULL);
        const struct call *other = submit(f, &echo, "x");

        assert_true(until(f, &f->answered, f->used));
        assert_int_equal(first->code, FUP_EREFUSED);
        assert_int_equal(second->code, FUP_EREFUSED);
        assert_int_equal(other->code, FUP_OK);
    }
    assert_string_equal(f->calls[1].err.msg,
                        "42P01: relation \"t_missing\" does not exist");
    (void)admin(f, "create table t_missing as select 5 as a");
    (void)submit(f, &in_missing, NULL);
    (void)submit(f, &in_missing, NULL);
    assert_true(until(f, &f->answered, 62));
    (void)admin(f, "drop table t_missing");
    assert_string_equal(f->calls[60].text, "5");
    assert_string_equal(f->calls[61].text, "5");
    assert_int_equal(f->lost, 0);
}

static void a_statement_that_changed_its_type_is_prepared_again(void **state)
{
    struct fixture *f = *state;

    (void)admin(f, "drop table if exists t_type; "
                   "create table t_type as select 1 as a");
    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &all_of_t, NULL);
    assert_true(until(f, &f->answered, 1));
    assert_int_equal(f->calls[0].code, FUP_OK);
    (void)admin(f, "alter table t_type alter a type text using 'two'");
    (void)submit(f, &all_of_t, NULL);
    (void)submit(f, &all_of_t, NULL);
    assert_true(until(f, &f->answered, 3));
    assert_int_equal(f->calls[1].code, FUP_EAWAY);
    assert_int_equal(f->calls[2].code, FUP_EAWAY);
    (void)submit(f, &all_of_t, NULL);
    assert_true(until(f, &f->answered, 4));
    (void)admin(f, "drop table t_type");
    assert_string_equal(f->calls[3].text, "two");
    assert_int_equal(f->lost, 0);
}

/* As behind a pooler that changes servers. */
static void a_statement_that_is_gone_each_time_is_not_prepared(void **state)
{
    struct fixture *f = *state;
    int away = 0;

    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &echo, "0");
    assert_true(until(f, &f->answered, 1));
    for (int i = 1; i < 40; i++) {
        (void)submit(f, &forget, NULL);
        (void)submit(f, &echo, "x");
        assert_true(until(f, &f->answered, 2 * i + 1));
    }
    for (int i = 0; i < f->used; i++) {
        if (f->calls[i].req.statement == &echo) {
            away += f->calls[i].code == FUP_EAWAY;
            assert_true(f->calls[i].code == FUP_EAWAY ||
                        f->calls[i].code == FUP_OK);
        }
    }
    assert_int_equal(f->calls[2].code, FUP_EAWAY);
    assert_int_equal(f->calls[4].code, FUP_OK);
    assert_true(away < 10);
    assert_string_equal(f->calls[78].text, "x");
}

static void a_commit_that_fails_after_the_rows_is_refused(void **state)
{
    struct fixture *f = *state;

    (void)admin(f, "drop table if exists t_deferred; "
                   "create table t_deferred (id int unique "
                   "deferrable initially deferred); "
                   "insert into t_deferred values (1)");
    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &deferred, "1");
    (void)submit(f, &deferred, "2");
    (void)submit(f, &deferred, "1");
    (void)submit(f, &echo, "on");
    assert_true(until(f, &f->answered, 4));
    assert_int_equal(admin(f, "select count(*) from t_deferred"), 2);
    (void)admin(f, "drop table t_deferred");
    assert_int_equal(f->calls[0].code, FUP_EREFUSED);
    assert_int_equal(f->calls[1].code, FUP_OK);
    assert_int_equal(f->calls[2].code, FUP_EREFUSED);
    assert_string_equal(f->calls[3].text, "on");
    assert_int_equal(f->lost, 0);
}

static void a_fenced_statement_has_its_own_code(void **state)
{
    struct fixture *f = *state;

    (void)admin(f, "create or replace function t_fenced() returns void "
                   "language plpgsql as 'begin raise notice ''hear''; "
                   "raise exception ''not ours'' using errcode = ''FU001''; "
                   "end'");
    session_open(f, NULL, 0, 0);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &fenced, NULL);
    assert_true(until(f, &f->answered, 1));
    (void)admin(f, "drop function t_fenced()");
    assert_int_equal(f->calls[0].code, FUP_EFENCED);
    assert_string_equal(f->calls[0].err.msg, "FU001: not ours");
}

static void the_server_stops_what_takes_too_long(void **state)
{
    struct fixture *f = *state;

    session_open(f, NULL, 0, 2000);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &setting, "statement_timeout");
    (void)submit(f, &setting, "application_name");
    (void)submit(f, &setting, "client_encoding");
    (void)submit(f, &sleeping, "20");
    (void)submit(f, &echo, "on");
    assert_true(until(f, &f->answered, 5));
    assert_string_equal(f->calls[0].text, "2s");
    assert_string_equal(f->calls[1].text, f->name);
    assert_string_equal(f->calls[2].text, "UTF8");
    assert_int_equal(f->calls[3].code, FUP_EAWAY);
    assert_int_equal(strncmp(f->calls[3].err.msg, "57014", 5), 0);
    assert_string_equal(f->calls[4].text, "on");
    assert_int_equal(f->lost, 0);
}

static void the_operators_own_options_win(void **state)
{
    struct fixture *f = *state;
    char where[512];

    (void)snprintf(where, sizeof where,
                   "host=%s port=%s options='-c statement_timeout=7s "
                   "-c work_mem=1MB' application_name=mine",
                   PQhost(f->admin), PQport(f->admin));
    session_open(f, where, 0, 0);
    assert_true(until(f, &f->ready, 1));
    (void)submit(f, &setting, "statement_timeout");
    (void)submit(f, &setting, "work_mem");
    (void)submit(f, &setting, "application_name");
    assert_true(until(f, &f->answered, 3));
    assert_string_equal(f->calls[0].text, "7s");
    assert_string_equal(f->calls[1].text, "1MB");
    assert_string_equal(f->calls[2].text, "mine");
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(answers_many_requests_in_order),
        TEST(prepares_a_statement_once),
        TEST(a_rejected_statement_leaves_the_others_alone),
        TEST(gives_values_nulls_and_no_rows),
        TEST(binary_rows_are_read_alike),
        TEST(binary_numbers_and_instants),
        TEST(sends_a_parameter_of_8_megabytes),
        TEST(a_failed_prepare_fails_alone_and_is_tried_again),
        TEST(a_statement_that_changed_its_type_is_prepared_again),
        TEST(a_statement_that_is_gone_each_time_is_not_prepared),
        TEST(a_commit_that_fails_after_the_rows_is_refused),
        TEST(a_fenced_statement_has_its_own_code),
        TEST(the_server_stops_what_takes_too_long),
        TEST(the_operators_own_options_win),
    };
    int missing = fixture_missing();

    return missing != 0 ? missing : cmocka_run_group_tests(tests, NULL, NULL);
}
