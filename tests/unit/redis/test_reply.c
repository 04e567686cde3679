#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reply.h"

static const struct {
    const char *line;
    enum fup_code code;
    const char *msg; /* NULL: @line */
} rows[] = {
    {"ERR wrong", FUP_EREFUSED, NULL},
    {"", FUP_EREFUSED, NULL},
    {"WRONGTYPE Operation", FUP_EREFUSED, NULL},
    {"FENCED epoch 3 is over", FUP_EFENCED, NULL},
    {"FENCEDX", FUP_EREFUSED, NULL},
    {"FENCED", FUP_EFENCED, NULL},
    {"LOADING Redis is loading the dataset in memory", FUP_EAWAY, NULL},
    {"READONLY You can't write against a read only replica.", FUP_EAWAY, NULL},
    {"MASTERDOWN Link with MASTER is down", FUP_EAWAY, NULL},
    {"CLUSTERDOWN Hash slot not served", FUP_EAWAY, NULL},
    {"OOM command not allowed", FUP_EAWAY, NULL},
    {"MISCONF Redis is configured to save", FUP_EAWAY, NULL},
    {"BUSY Redis is busy running a script", FUP_EAWAY, NULL},
    {"BUSYGROUP Consumer Group name already exists", FUP_EREFUSED, NULL},
    {"ERR Error running script (call to f_0a): @user_script:3: OOM no memory",
     FUP_EAWAY, "OOM no memory"},
    {"ERR Error running script (call to f_0a): @user_script:3: @user_script: "
     "3: -READONLY no",
     FUP_EAWAY, "READONLY no"},
    {"ERR Error running script (call to f_0a): @user_script:3: nil value",
     FUP_EREFUSED, NULL},
    {"ERR unknown command 'AUTH', with args beginning with: 'hunter2' ",
     FUP_EREFUSED, "ERR unknown command 'AUTH', "},
    {"ERR two\nlines\x01", FUP_EREFUSED, "ERR two lines "},
};

static void error_lines_have_their_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fup_err err;

        assert_int_equal(fup_reply_line_code(rows[i].line, &err), rows[i].code);
        assert_int_equal(err.code, rows[i].code);
        assert_string_equal(err.msg,
                            rows[i].msg == NULL ? rows[i].line : rows[i].msg);
    }
}

static void a_long_line_is_cut(void **state)
{
    struct fup_err err;
    char line[2000];

    (void)state;
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\0';
    assert_int_equal(fup_reply_line_code(line, &err), FUP_EREFUSED);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_lines_have_their_codes),
        cmocka_unit_test(a_long_line_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
