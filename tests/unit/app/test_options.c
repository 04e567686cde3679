#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "options.h"
#include "secret.h"

struct fixture {
    struct fup_options options;
    struct fup_err err;
    char path[32]; /* of a file, "" until written */
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fup_options_done(&f->options);
    if (f->path[0] != '\0') {
        (void)unlink(f->path);
    }
    free(f);
    return 0;
}

static void write_file(struct fixture *f, const char *text)
{
    int fd;
    size_t len = strlen(text);

    (void)snprintf(f->path, sizeof f->path, "/tmp/fup-options-XXXXXX");
    fd = mkstemp(f->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    (void)close(fd);
}

/* Literals that may be written to, as main's are. */
#define ARG(text)                                                              \
    (char[])                                                                   \
    {                                                                          \
        text                                                                   \
    }

/* Parse an array of arguments that ends in NULL. */
#define PARSE(f, argv, env)                                                    \
    parse(f, (int)(sizeof(argv) / sizeof *(argv)) - 1, argv, env)

static enum fup_code
parse(struct fixture *f, int argc, char **argv, char *const *env)
{
    fup_options_done(&f->options);
    return fup_options_parse(&argc, argv, env, &f->options, &f->err);
}

/* The same with file @text and nothing else. */
static enum fup_code parse_file(struct fixture *f, const char *text)
{
    char *argv[] = {ARG("worker"), ARG("--config"), f->path, NULL};

    write_file(f, text);
    return PARSE(f, argv, NULL);
}

static void without_anything_the_defaults_hold(void **state)
{
    struct fixture *f = *state;
    char *argv[] = {ARG("worker"), NULL};
    char host[64] = "";

    assert_int_equal(PARSE(f, argv, NULL), FUP_OK);
    assert_string_equal(f->options.prefix, "followup");
    assert_string_equal(f->options.postgres, "");
    assert_int_equal(f->options.lease_ms, 8000);
    assert_int_equal(f->options.log_level, FUP_LOG_INFO);
    (void)snprintf(host, sizeof host, "-%ld", (long)getpid());
    assert_non_null(strstr(f->options.worker_id, host));
    assert_null(strchr(f->options.worker_id, ' '));
}

static void flags_beat_the_environment_and_that_beats_the_file(void **state)
{
    struct fixture *f = *state;
    char *env[] = {f->path, ARG("FOLLOWUP_LEASE_MS=3000"),
                   ARG("FOLLOWUP_SWEEP_S=30"), NULL};
    char config[64];
    char *argv[] = {ARG("worker"), ARG("--lease-ms=4000"), NULL};

    write_file(f, "{\"lease_ms\": 2000, \"sweep_s\": 20, \"drain_ms\": 10}");
    (void)snprintf(config, sizeof config, "FOLLOWUP_CONFIG=%s", f->path);
    env[0] = config;
    assert_int_equal(PARSE(f, argv, env), FUP_OK);
    assert_int_equal(f->options.lease_ms, 4000);
    assert_int_equal(f->options.sweep_s, 30);
    assert_int_equal(f->options.drain_ms, 10);
}

static void flags_of_the_command_are_left_in_order(void **state)
{
    struct fixture *f = *state;
    char *argv[] = {ARG("pause"),    ARG("--by"),     ARG("ana"),
                    ARG("--prefix"), ARG("p"),        ARG("4711"),
                    ARG("--"),       ARG("--prefix"), NULL};
    int argc = 8;

    assert_int_equal(fup_options_parse(&argc, argv, NULL, &f->options, &f->err),
                     FUP_OK);
    assert_int_equal(argc, 6);
    assert_string_equal(argv[1], "--by");
    assert_string_equal(argv[2], "ana");
    assert_string_equal(argv[3], "4711");
    assert_string_equal(argv[5], "--prefix");
    assert_null(argv[6]);
    assert_string_equal(f->options.prefix, "p");
}

static void a_value_out_of_range_names_row_and_range(void **state)
{
    struct fixture *f = *state;
    char *argv[] = {ARG("worker"), ARG("--lease-ms"), ARG("999"), NULL};
    char *env[] = {ARG("FOLLOWUP_PARTITIONS=65"), NULL};
    char *none[] = {ARG("worker"), NULL};

    assert_int_equal(PARSE(f, argv, NULL), FUP_EINVAL);
    assert_string_equal(f->err.msg, "--lease-ms: 999 is no whole number from "
                                    "1000 to 600000 ms");
    assert_int_equal(PARSE(f, none, env), FUP_EINVAL);
    assert_string_equal(f->err.msg, "FOLLOWUP_PARTITIONS: 65 is no whole "
                                    "number from 0 to 64");
}

static void numbers_are_taken_whole_or_not_at_all(void **state)
{
    static const char *const bad[] = {
        "", "12s", "1e3", "99999999999999999999", "2000 ", "0x7d0"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *text = strdup(bad[i]);
        char *argv[] = {ARG("worker"), ARG("--lease-ms"), text, NULL};
        enum fup_code code = PARSE(f, argv, NULL);

        free(text);
        assert_int_equal(code, FUP_EINVAL);
    }
}

static void a_word_takes_no_spaces_and_no_braces(void **state)
{
    struct fixture *f = *state;
    char *spaces[] = {ARG("worker"), ARG("--worker-id"), ARG("a b"), NULL};
    char *braces[] = {ARG("worker"), ARG("--prefix"), ARG("a{b}"), NULL};
    char *empty[] = {ARG("worker"), ARG("--prefix="), NULL};

    assert_int_equal(PARSE(f, spaces, NULL), FUP_EINVAL);
    assert_int_equal(PARSE(f, braces, NULL), FUP_EINVAL);
    assert_int_equal(PARSE(f, empty, NULL), FUP_EINVAL);
}

static void an_unknown_field_names_its_line_and_the_nearest(void **state)
{
    struct fixture *f = *state;
    char expected[128];

    assert_int_equal(parse_file(f, "{\n  \"schedules\": \"a\\\"{[,\",\n"
                                   "  \"leese_ms\": 2000\n}"),
                     FUP_EINVAL);
    (void)snprintf(expected, sizeof expected,
                   "%s:3: leese_ms is unknown; is lease_ms meant?", f->path);
    assert_string_equal(f->err.msg, expected);
}

static void a_field_of_the_wrong_type_names_its_line(void **state)
{
    struct fixture *f = *state;
    char expected[128];

    assert_int_equal(parse_file(f, "{\n\"lease_ms\":\n\"2000\"}"), FUP_EPARSE);
    (void)snprintf(expected, sizeof expected,
                   "%s:2: lease_ms: expected a whole number", f->path);
    assert_string_equal(f->err.msg, expected);
    (void)unlink(f->path);
    assert_int_equal(parse_file(f, "{\"lease_ms\": 2000.5}"), FUP_EPARSE);
    (void)unlink(f->path);
    assert_int_equal(parse_file(f, "{\"redis\": 6379}"), FUP_EPARSE);
}

static void a_field_that_stands_twice_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse_file(f, "{\"lease_ms\":2000,\n\"lease_ms\":3000}"),
                     FUP_EINVAL);
    assert_non_null(strstr(f->err.msg, ":2: lease_ms stands there twice"));
}

static void broken_json_names_its_line(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse_file(f, "{\n\"lease_ms\": 2000,\n]"), FUP_EPARSE);
    assert_non_null(strstr(f->err.msg, ":3: no valid JSON"));
    (void)unlink(f->path);
    assert_int_equal(parse_file(f, "[]"), FUP_EPARSE);
}

static void a_file_that_was_named_must_be_there(void **state)
{
    struct fixture *f = *state;
    char *argv[] = {ARG("worker"), ARG("--config"), ARG("/nowhere/x"), NULL};

    assert_int_equal(PARSE(f, argv, NULL), FUP_EIO);
    assert_non_null(strstr(f->err.msg, "/nowhere/x"));
}

static void a_misspelt_variable_is_an_error_a_strange_one_is_not(void **state)
{
    struct fixture *f = *state;
    char *near[] = {ARG("FOLLOWUP_POSTGERS=x"), NULL};
    char *far[] = {ARG("FOLLOWUP_PORT_6379_TCP_ADDR=10.0.0.1"),
                   ARG("FOLLOWUP_REDIS="), NULL};
    char *argv[] = {ARG("worker"), NULL};

    assert_int_equal(PARSE(f, argv, near), FUP_EINVAL);
    assert_string_equal(f->err.msg,
                        "FOLLOWUP_POSTGERS is unknown; is postgres meant?");
    assert_int_equal(PARSE(f, argv, far), FUP_OK);
}

static void a_flag_without_its_value_is_an_error(void **state)
{
    struct fixture *f = *state;
    char *argv[] = {ARG("worker"), ARG("--redis"), NULL};

    assert_int_equal(PARSE(f, argv, NULL), FUP_EINVAL);
    assert_string_equal(f->err.msg, "--redis needs a value");
}

static void a_secret_is_read_from_a_file_without_its_newline(void **state)
{
    struct fixture *f = *state;
    char value[64];
    char *argv[] = {ARG("worker"), ARG("--redis"), value, NULL};

    write_file(f, "redis://:pw@h/0\r\n");
    (void)snprintf(value, sizeof value, "@%s", f->path);
    assert_int_equal(PARSE(f, argv, NULL), FUP_OK);
    assert_string_equal(f->options.redis, "redis://:pw@h/0");
    (void)snprintf(value, sizeof value, "@%s.not", f->path);
    argv[1] = ARG("--redis");
    argv[2] = value;
    assert_int_equal(PARSE(f, argv, NULL), FUP_EIO);
}

static void what_is_printed_can_be_read_back(void **state)
{
    struct fixture *f = *state;
    struct fup_buf first;
    struct fup_buf second;
    char *argv[] = {ARG("worker"), ARG("--schedules"), ARG("a\"\\\tb"),
                    ARG("--log-level=debug"), NULL};

    fup_buf_init(&first, 65536);
    fup_buf_init(&second, 65536);
    assert_int_equal(PARSE(f, argv, NULL), FUP_OK);
    fup_options_print(&f->options, &first);
    assert_int_equal(parse_file(f, fup_buf_text(&first)), FUP_OK);
    assert_string_equal(f->options.schedules, "a\"\\\tb");
    fup_options_print(&f->options, &second);
    assert_string_equal(fup_buf_text(&first), fup_buf_text(&second));
    fup_buf_done(&first);
    fup_buf_done(&second);
}

static void passwords_are_never_printed(void **state)
{
    static const char *const rows[][2] = {
        {"redis://:pw@h:1/2", "redis://:***@h:1/2"},
        {"rediss://user:p@w:x@h", "rediss://user:***@h"},
        {"unix://:pw@/run/redis.sock?db=1", "unix://:***@/run/redis.sock?db=1"},
        {"redis://h", "redis://h"},
        {"postgres://u:p/w@h/db?password=pw&sslmode=require&sslpassword=pw",
         "postgres://u:***@h/db?password=***&sslmode=require&sslpassword=***"},
        {"postgresql:///db?host=/run", "postgresql:///db?host=/run"},
        {"host=h password=pw user=u", "host=h password=*** user=u"},
        {"host = h password = 'p w \\' x' dbname='a b'",
         "host=h password=*** dbname='a b'"},
        {"password=a://b host=h", "password=*** host=h"},
        {"PASSWORD=pw", "PASSWORD=***"},
        {"password='pw", "***"},
        {"pw", "***"},
        {"", ""},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fup_buf out;

        fup_buf_init(&out, 4096);
        fup_secret_mask(rows[i][0], &out);
        assert_string_equal(fup_buf_text(&out), rows[i][1]);
        fup_buf_done(&out);
    }
}

static void an_error_about_a_secret_does_not_repeat_it(void **state)
{
    struct fixture *f = *state;
    char *value = calloc(1, 5000);
    char *argv[] = {ARG("worker"), ARG("--postgres"), value, NULL};
    enum fup_code code;

    assert_non_null(value);
    memset(value, 's', 4999);
    code = PARSE(f, argv, NULL);
    free(value);
    assert_int_equal(code, FUP_EINVAL);
    assert_null(strstr(f->err.msg, "ss"));
}

static void a_reload_takes_what_may_change_and_names_the_rest(void **state)
{
    struct fixture *f = *state;
    struct fup_options fresh;
    struct fup_buf kept;
    char *argv[] = {ARG("worker"), NULL};
    char *changed[] = {ARG("worker"), ARG("--log-level=warn"),
                       ARG("--prefix=x"), ARG("--sweep-s=7"), NULL};
    int argc = 4;

    fup_buf_init(&kept, 4096);
    assert_int_equal(PARSE(f, argv, NULL), FUP_OK);
    assert_int_equal(fup_options_parse(&argc, changed, NULL, &fresh, &f->err),
                     FUP_OK);
    assert_int_equal(fup_options_reload(&f->options, &fresh, &kept), FUP_OK);
    assert_string_equal(fup_buf_text(&kept), "prefix");
    assert_string_equal(f->options.prefix, "followup");
    assert_int_equal(f->options.log_level, FUP_LOG_WARN);
    assert_int_equal(f->options.sweep_s, 7);
    fup_buf_done(&kept);
    fup_options_done(&fresh);
}

static void parsing_again_keeps_the_flags_and_reads_the_file_anew(void **state)
{
    struct fixture *f = *state;
    struct fup_options fresh;

    assert_int_equal(parse_file(f, "{\"lease_ms\": 2000}"), FUP_OK);
    write_file(f, "{\"lease_ms\": 3000}");
    assert_int_equal(fup_options_again(&f->options, NULL, &fresh, &f->err),
                     FUP_OK);
    assert_int_equal(fresh.lease_ms, 3000);
    assert_string_equal(fresh.worker_id, f->options.worker_id);
    fup_options_done(&fresh);
    write_file(f, "{\"lease_ms\": ");
    assert_int_equal(fup_options_again(&f->options, NULL, &fresh, &f->err),
                     FUP_EPARSE);
    assert_null(fresh.worker_id);
    assert_int_equal(f->options.lease_ms, 2000);
}

/* Texts are borrowed by whom they were given to. */
static void no_text_is_reloadable(void **state)
{
    (void)state;
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        const struct fup_option_row *row = &fup_option_rows[i];

        assert_true(!row->reloadable || row->type == FUP_OPTION_IS_INT ||
                    row->type == FUP_OPTION_IS_LEVEL);
    }
}

static void every_row_has_a_help_text_and_a_default_in_range(void **state)
{
    struct fup_buf help;
    (void)state;

    fup_buf_init(&help, 65536);
    fup_options_help(&help);
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        char flag[FUP_OPTION_NAME];

        fup_options_flag(fup_option_rows[i].name, flag);
        assert_non_null(strstr(fup_buf_text(&help), flag));
        assert_non_null(strstr(fup_buf_text(&help), fup_option_rows[i].text));
    }
    for (const char *p = fup_buf_text(&help); *p != '\0';) {
        size_t len = strcspn(p, "\n");

        assert_true(len < 80);
        p += len + 1;
    }
    fup_buf_done(&help);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(without_anything_the_defaults_hold),
        CASE(flags_beat_the_environment_and_that_beats_the_file),
        CASE(flags_of_the_command_are_left_in_order),
        CASE(a_value_out_of_range_names_row_and_range),
        CASE(numbers_are_taken_whole_or_not_at_all),
        CASE(a_word_takes_no_spaces_and_no_braces),
        CASE(an_unknown_field_names_its_line_and_the_nearest),
        CASE(a_field_of_the_wrong_type_names_its_line),
        CASE(a_field_that_stands_twice_is_refused),
        CASE(broken_json_names_its_line),
        CASE(a_file_that_was_named_must_be_there),
        CASE(a_misspelt_variable_is_an_error_a_strange_one_is_not),
        CASE(a_flag_without_its_value_is_an_error),
        CASE(a_secret_is_read_from_a_file_without_its_newline),
        CASE(what_is_printed_can_be_read_back),
        CASE(passwords_are_never_printed),
        CASE(an_error_about_a_secret_does_not_repeat_it),
        CASE(a_reload_takes_what_may_change_and_names_the_rest),
        CASE(parsing_again_keeps_the_flags_and_reads_the_file_anew),
        CASE(no_text_is_reloadable),
        CASE(every_row_has_a_help_text_and_a_default_in_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
