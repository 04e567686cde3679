/* Blocking connections: scripts in one transaction, statements, failures. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pg/block.h"

static const struct fup_statement one = {.name = "one",
                                         .sql = "select $1::int + 1, $2::text"};
static const struct fup_statement count = {
    .name = "count",
    .sql = "select count(*) from pg_class where relname like 't\\_block%' "
           "and pg_table_is_visible(oid)"};
static const struct fup_statement my_end = {
    .name = "my_end", .sql = "select pg_terminate_backend(pg_backend_pid())"};

static int setup(void **state)
{
    struct fup_pg_block *conn = NULL;

    if (fup_pg_block_open(getenv("FUP_TEST_POSTGRES"), &conn, NULL) != FUP_OK) {
        return -1;
    }
    *state = conn;
    return 0;
}

static int teardown(void **state)
{
    fup_pg_block_close(*state);
    return 0;
}

static int64_t tables(struct fup_pg_block *conn)
{
    struct fup_pg_rows rows;

    assert_int_equal(fup_pg_block_run(conn, &count, NULL, 0, &rows, NULL),
                     FUP_OK);
    return fup_pg_int(&rows, 0, 0, -1);
}

static void runs_a_statement(void **state)
{
    const char *params[] = {"41", NULL};
    struct fup_pg_rows rows;

    assert_int_equal(fup_pg_block_run(*state, &one, params, 2, &rows, NULL),
                     FUP_OK);
    assert_int_equal(rows.n, 1);
    assert_int_equal(fup_pg_int(&rows, 0, 0, 0), 42);
    assert_null(fup_pg_text(&rows, 0, 1));
}

static void a_script_is_done_whole(void **state)
{
    assert_int_equal(
        fup_pg_block_script(*state,
                            "create temp table t_block_a (a int);\n"
                            "do $$ begin raise notice 'unheard'; end $$;\n"
                            "create temp table t_block_b (a int);\n",
                            NULL),
        FUP_OK);
    assert_int_equal(tables(*state), 2);
    assert_int_equal(fup_pg_block_script(*state, "", NULL), FUP_OK);
}

static void a_script_is_done_not_at_all(void **state)
{
    static const struct {
        const char *sql;
        const char *says;
    } rows[] = {
        {"create temp table t_block_a (a int);\n-- ä\nselect ä;\n",
         "42703: column \"ä\" does not exist, line 3"},
        {"create temp table t_block_a (a int);\n\n\nselekt 1",
         "42601: syntax error at or near \"selekt\", line 4"},
        {"create temp table t_block_a (a int);\n"
         "do $$ begin\nraise exception 'no';\nend $$",
         "P0001: no, PL/pgSQL function inline_code_block line 2 at RAISE"},
        {"create temp table t_block_a (a int unique deferrable initially "
         "deferred); insert into t_block_a values (1), (1)",
         "23505: duplicate key value violates unique constraint "
         "\"t_block_a_a_key\""},
        {"create temp table t_block_a (a int); copy t_block_a from stdin",
         "a script cannot copy"},
        {"create temp table t_block_a (a int); copy t_block_a to stdout",
         "a script cannot copy"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fup_err err;

        assert_int_equal(fup_pg_block_script(*state, rows[i].sql, &err),
                         FUP_EREFUSED);
        assert_int_equal(err.code, FUP_EREFUSED);
        if (strncmp(err.msg, rows[i].says, strlen(rows[i].says)) != 0) {
            fail_msg("%s: %s", rows[i].sql, err.msg);
        }
        assert_int_equal(tables(*state), 0);
    }
}

static void a_failed_statement_says_why(void **state)
{
    const char *params[] = {"x", NULL};
    struct fup_pg_rows rows = {.n = -1};
    struct fup_err err;

    assert_int_equal(fup_pg_block_run(*state, &one, params, 2, &rows, &err),
                     FUP_EREFUSED);
    assert_int_equal(strncmp(err.msg, "22P02: ", 7), 0);
    assert_int_equal(rows.n, -1);
    assert_int_equal(
        fup_pg_block_script(
            *state,
            "create function pg_temp.t_block_fenced() returns void language "
            "plpgsql as 'begin raise ''x'' using errcode = ''FU001''; end';"
            "set search_path = pg_temp",
            NULL),
        FUP_OK);
    assert_int_equal(
        fup_pg_block_script(*state, "select pg_temp.t_block_fenced()", &err),
        FUP_EFENCED);
}

static void a_lost_server_is_told_apart(void **state)
{
    struct fup_pg_rows rows;
    struct fup_err err;
    enum fup_code code;

    /* With the server's last word, or without. */
    code = fup_pg_block_run(*state, &my_end, NULL, 0, &rows, &err);
    assert_true(code == FUP_EAWAY || code == FUP_EUNKNOWN);
    assert_true(strlen(err.msg) > 0);
    code = fup_pg_block_run(*state, &count, NULL, 0, &rows, &err);
    assert_true(code == FUP_EAWAY || code == FUP_EUNKNOWN);
    assert_int_equal(fup_pg_block_run(*state, &count, NULL, 0, &rows, &err),
                     FUP_EAWAY);
    assert_int_equal(fup_pg_block_script(*state, "select 1", &err), FUP_EAWAY);
    assert_true(strlen(err.msg) > 0);
}

static void a_script_that_loses_its_server_did_nothing(void **state)
{
    struct fup_err err;

    assert_int_equal(
        fup_pg_block_script(*state,
                            "create table t_block_a (a int); "
                            "select pg_terminate_backend(pg_backend_pid())",
                            &err),
        FUP_EAWAY);
    assert_int_equal(err.code, FUP_EAWAY);
}

static void a_server_that_is_not_there_is_away(void **state)
{
    struct fup_pg_block *conn = NULL;
    struct fup_err err;

    (void)state;
    assert_int_equal(
        fup_pg_block_open("host=/nowhere port=1 password=hush", &conn, &err),
        FUP_EAWAY);
    assert_null(conn);
    assert_int_equal(err.code, FUP_EAWAY);
    assert_non_null(strstr(err.msg, "/nowhere"));
    assert_int_equal(fup_pg_block_open("nonsense", &conn, &err), FUP_EINVAL);
    fup_pg_block_close(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(runs_a_statement),
        TEST(a_script_is_done_whole),
        TEST(a_script_is_done_not_at_all),
        TEST(a_failed_statement_says_why),
        TEST(a_lost_server_is_told_apart),
        TEST(a_script_that_loses_its_server_did_nothing),
        cmocka_unit_test(a_server_that_is_not_there_is_away),
    };

    if (getenv("FUP_TEST_POSTGRES") == NULL) {
        return getenv("FUP_REQUIRE_SERVICES") != NULL ? 1 : 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
