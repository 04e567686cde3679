#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flags.h"

#define ARG(text)                                                              \
    (char[])                                                                   \
    {                                                                          \
        text                                                                   \
    }
#define PARSE(f, argv) parse(f, (int)(sizeof(argv) / sizeof *(argv)) - 1, argv)

struct fixture {
    const char *at;
    bool dry_run;
    int n;
    struct fup_err err;
};

static enum fup_code parse(struct fixture *f, int argc, char **argv)
{
    const struct fup_flag rows[] = {
        {"at", "INSTANT", "when", &f->at, NULL},
        {"dry-run", NULL, "only say", NULL, &f->dry_run},
    };
    const struct fup_flags flags = {"verb", "About.", rows, 2, 1};

    return fup_flags_parse(&flags, argc, argv, &f->n, &f->err);
}

static void values_come_with_a_space_or_an_equals_sign(void **state)
{
    struct fixture f = {0};
    char *one[] = {ARG("verb"), ARG("--at"), ARG("x"), ARG("c1"), NULL};
    char *two[] = {ARG("verb"), ARG("c1"), ARG("--at=--y"), ARG("--dry-run"),
                   NULL};
    (void)state;

    assert_int_equal(PARSE(&f, one), FUP_OK);
    assert_string_equal(f.at, "x");
    assert_false(f.dry_run);
    assert_int_equal(f.n, 1);
    assert_string_equal(one[1], "c1");
    assert_int_equal(PARSE(&f, two), FUP_OK);
    assert_string_equal(f.at, "--y");
    assert_true(f.dry_run);
    assert_string_equal(two[1], "c1");
}

static void an_unknown_flag_names_the_nearest_of_all(void **state)
{
    struct fixture f = {0};
    char *own[] = {ARG("verb"), ARG("--dry-rum=1"), NULL};
    char *common[] = {ARG("verb"), ARG("--lease-sm"), NULL};
    char *none[] = {ARG("verb"), ARG("--quite-other"), NULL};
    (void)state;

    assert_int_equal(PARSE(&f, own), FUP_EINVAL);
    assert_string_equal(f.err.msg, "--dry-rum is unknown; is --dry-run meant?");
    assert_int_equal(PARSE(&f, common), FUP_EINVAL);
    assert_string_equal(f.err.msg,
                        "--lease-sm is unknown; is --lease-ms meant?");
    assert_int_equal(PARSE(&f, none), FUP_EINVAL);
    assert_string_equal(f.err.msg, "--quite-other is unknown");
}

static void missing_and_needless_values_are_errors(void **state)
{
    struct fixture f = {0};
    char *last[] = {ARG("verb"), ARG("--at"), NULL};
    char *flag[] = {ARG("verb"), ARG("--at"), ARG("--dry-run"), NULL};
    char *needless[] = {ARG("verb"), ARG("--dry-run=yes"), NULL};
    char *many[] = {ARG("verb"), ARG("a"), ARG("b"), NULL};
    char *ended[] = {ARG("verb"), ARG("--"), ARG("--at"), NULL};
    (void)state;

    assert_int_equal(PARSE(&f, last), FUP_EINVAL);
    assert_int_equal(PARSE(&f, flag), FUP_EINVAL);
    assert_int_equal(PARSE(&f, needless), FUP_EINVAL);
    assert_int_equal(PARSE(&f, many), FUP_EINVAL);
    assert_string_equal(f.err.msg, "b is one argument too many");
    assert_int_equal(PARSE(&f, ended), FUP_OK);
    assert_string_equal(ended[1], "--at");
}

static void asking_for_help_is_no_error_of_use(void **state)
{
    struct fixture f = {0};
    char *argv[] = {ARG("verb"), ARG("--at"), ARG("x"), ARG("--help"), NULL};
    (void)state;

    assert_int_equal(PARSE(&f, argv), FUP_ENOENT);
}

static void exit_codes_tell_refused_from_away(void **state)
{
    (void)state;
    assert_int_equal(fup_exit_of(FUP_OK), 0);
    assert_int_equal(fup_exit_of(FUP_EREFUSED), 1);
    assert_int_equal(fup_exit_of(FUP_EAWAY), 3);
    assert_int_equal(fup_exit_of(FUP_EUNKNOWN), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_with_a_space_or_an_equals_sign),
        cmocka_unit_test(an_unknown_flag_names_the_nearest_of_all),
        cmocka_unit_test(missing_and_needless_values_are_errors),
        cmocka_unit_test(asking_for_help_is_no_error_of_use),
        cmocka_unit_test(exit_codes_tell_refused_from_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
