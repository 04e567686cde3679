#include "fixture.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "capture.h"

#define WORDS_MAX 32

static char database[64]; /* of this program */

static enum fup_code run_sql(struct fup_pg_block *conn,
                             const char *sql,
                             struct fup_pg_rows *ret_rows,
                             struct fup_err *err)
{
    const struct fup_statement statement = {.name = "", .sql = sql};

    return fup_pg_block_run(conn, &statement, NULL, 0, ret_rows, err);
}

const char *fixture_env(const char *name)
{
    const char *value = getenv(name);

    return value != NULL ? value : "";
}

static void need_servers(void)
{
    if (getenv("FUP_TEST_POSTGRES") != NULL &&
        getenv("FUP_TEST_REDIS") != NULL) {
        return;
    }
    exit(getenv("FUP_REQUIRE_SERVICES") != NULL ? 1 : 77);
}

static void set_environment(const struct fixture *f)
{
    assert_int_equal(setenv("FOLLOWUP_POSTGRES", f->conninfo, 1), 0);
    assert_int_equal(setenv("FOLLOWUP_REDIS", fixture_env("FUP_TEST_REDIS"), 1),
                     0);
    assert_int_equal(setenv("FOLLOWUP_PREFIX", f->prefix, 1), 0);
    (void)unsetenv("FOLLOWUP_CONFIG");
    (void)unsetenv("FOLLOWUP_ADAPTER");
    (void)unsetenv("FOLLOWUP_PARTITIONS");
}

/* One database a program: making one takes longer than most tests. */
int fixture_begin(void **state)
{
    struct fup_pg_block *admin;
    struct fup_pg_rows rows;
    struct fup_err err = {0};
    char sql[128];

    (void)state;
    need_servers();
    (void)snprintf(database, sizeof database, "app_%ld", (long)getpid());
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", database);
    if (fup_pg_block_open(getenv("FUP_TEST_POSTGRES"), &admin, &err) !=
        FUP_OK) {
        (void)fprintf(stderr, "set-up: %s\n", err.msg);
        return -1;
    }
    if (run_sql(admin, sql, &rows, &err) != FUP_OK) {
        (void)fprintf(stderr, "set-up: %s\n", err.msg);
    }
    fup_pg_block_close(admin);
    return err.code == FUP_OK ? 0 : -1;
}

int fixture_end(void **state)
{
    struct fup_pg_block *admin;
    struct fup_pg_rows rows;
    struct fup_err err = {0};
    char sql[128];

    (void)state;
    (void)snprintf(sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", database);
    if (fup_pg_block_open(getenv("FUP_TEST_POSTGRES"), &admin, &err) !=
        FUP_OK) {
        return -1;
    }
    if (run_sql(admin, sql, &rows, &err) != FUP_OK) {
        (void)fprintf(stderr, "tear-down: %s\n", err.msg);
    }
    fup_pg_block_close(admin);
    return 0;
}

int fixture_set_up(void **state)
{
    static int number;
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL) {
        return -1;
    }
    (void)snprintf(f->prefix, sizeof f->prefix, "%s_%d", database, ++number);
    (void)snprintf(f->conninfo, sizeof f->conninfo, "%s dbname=%s",
                   getenv("FUP_TEST_POSTGRES"), database);
    if (fup_pg_block_open(f->conninfo, &f->conn, &f->err) != FUP_OK ||
        fup_redis_block_open(getenv("FUP_TEST_REDIS"), 10000, &f->redis,
                             &f->err) != FUP_OK) {
        (void)fprintf(stderr, "set-up: %s\n", f->err.msg);
        return -1;
    }
    set_environment(f);
    *state = f;
    return 0;
}

int fixture_set_up_migrated(void **state)
{
    struct fixture *f;

    if (fixture_set_up(state) != 0) {
        return -1;
    }
    f = *state;
    return fixture_run(f, "migrate", "--adapter", "plain", NULL);
}

int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    struct fup_pg_rows rows;

    if (run_sql(f->conn, "DROP SCHEMA IF EXISTS followup, crm CASCADE", &rows,
                &f->err) != FUP_OK) {
        (void)fprintf(stderr, "tear-down: %s\n", f->err.msg);
    }
    fup_pg_block_close(f->conn);
    fup_redis_block_close(f->redis);
    free(f);
    return 0;
}

/* --- the program -------------------------------------------------------- */

static int become(int argc, char **argv)
{
    (void)argc;
    (void)execv(FUP_FOLLOWUP, argv);
    return 98;
}

static void take_words(va_list args, const char *words[WORDS_MAX + 1])
{
    int n = 0;
    const char *word;

    words[n++] = "followup";
    while ((word = va_arg(args, const char *)) != NULL) {
        assert_true(n < WORDS_MAX);
        words[n++] = word;
    }
    words[n] = NULL;
}

int fixture_run(struct fixture *f, ...)
{
    static struct capture captured;
    const char *words[WORDS_MAX + 1];
    va_list args;

    va_start(args, f);
    take_words(args, words);
    va_end(args);
    capture_run(&captured, become, words);
    f->run.exit_code = captured.exit_code;
    memcpy(f->run.out, captured.out, sizeof f->run.out);
    memcpy(f->run.err, captured.err, sizeof f->run.err);
    return f->run.exit_code;
}

const char *fixture_file(struct fixture *f, const char *text)
{
    FILE *file;

    (void)snprintf(f->path, sizeof f->path, "/tmp/%s.sql", f->prefix);
    file = fopen(f->path, "wx");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return f->path;
}

pid_t fixture_start(struct fixture *f, int *ret_out, ...)
{
    const char *words[WORDS_MAX + 1];
    va_list args;
    int fds[2];
    pid_t child;

    (void)f;
    va_start(args, ret_out);
    take_words(args, words);
    va_end(args);
    assert_int_equal(pipe(fds), 0);
    (void)fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)close(fds[0]);
        (void)close(fds[1]);
        _exit(capture_call(become, words));
    }
    (void)close(fds[1]);
    *ret_out = fds[0];
    return child;
}

int fixture_wait(pid_t child)
{
    int status = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- the servers -------------------------------------------------------- */

const char *fixture_sql(struct fixture *f, const char *sql)
{
    struct fup_pg_rows rows;
    const char *value;

    if (run_sql(f->conn, sql, &rows, &f->err) != FUP_OK) {
        fail_msg("%s", f->err.msg);
    }
    value = rows.n > 0 ? fup_pg_text(&rows, 0, 0) : NULL;
    (void)snprintf(f->text, sizeof f->text, "%s", value != NULL ? value : "");
    return f->text;
}

static void add_reply(struct fixture *f, const struct redisReply *reply)
{
    size_t len = strlen(f->text);

    if (reply->type == REDIS_REPLY_ARRAY) {
        for (size_t i = 0; i < reply->elements; i++) {
            add_reply(f, reply->element[i]);
        }
        return;
    }
    if (reply->type == REDIS_REPLY_INTEGER) {
        (void)snprintf(f->text + len, sizeof f->text - len, "%s%lld",
                       len > 0 ? " " : "", reply->integer);
    } else if (reply->str != NULL) {
        (void)snprintf(f->text + len, sizeof f->text - len, "%s%s",
                       len > 0 ? " " : "", reply->str);
    }
}

static void on_reply(void *data, const struct redisReply *reply)
{
    add_reply(data, reply);
}

const char *fixture_redis(struct fixture *f, ...)
{
    const char *words[WORDS_MAX];
    char names[WORDS_MAX][128];
    const char *word;
    int n = 0;
    va_list args;

    va_start(args, f);
    while ((word = va_arg(args, const char *)) != NULL) {
        assert_true(n < WORDS_MAX);
        if (word[0] == '%') {
            (void)snprintf(names[n], sizeof names[n], "%s%s", f->prefix,
                           word + 1);
            word = names[n];
        }
        words[n++] = word;
    }
    va_end(args);
    f->text[0] = '\0';
    if (fup_redis_block_run(f->redis, words, n, on_reply, f, &f->err) !=
        FUP_OK) {
        fail_msg("%s", f->err.msg);
    }
    return f->text;
}
