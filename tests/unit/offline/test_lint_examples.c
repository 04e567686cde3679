/* followup check on the folder of examples: each bad one breaks the rule that
 * it is named after, once, and nothing else; the good ones break none. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>

#include "capture.h"
#include "commands_offline.h"
#include "golden.h"
#include "message/lint.h"

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct capture));
    return *state == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void check(struct capture *c, const char *folder, const char *name)
{
    char relative[400];
    char path[512];
    const char *argv[] = {"check", path, NULL};

    (void)snprintf(relative, sizeof relative, "tests/golden/lint/%s/%s", folder,
                   name);
    (void)source_path(path, relative);
    capture_run(c, fup_cmd_check, argv);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        n += *text == '\n';
    }
    return n;
}

static void each_rule_fires_once_where_it_should(void **state)
{
    struct capture *c = *state;

    for (int i = 0; i < FUP_LINT_MAX; i++) {
        enum fup_lint_rule rule = (enum fup_lint_rule)i;
        bool error = fup_lint_level(rule) == FUP_LINT_ERROR;
        char name[100];
        char expected[100];

        (void)snprintf(name, sizeof name, "%s.json", fup_lint_name(rule));
        (void)snprintf(expected, sizeof expected, ": %s%s: ",
                       error ? "" : "warning: ", fup_lint_name(rule));
        check(c, "bad", name);
        if (count_lines(c->err) != 1 || strstr(c->err, expected) == NULL) {
            fail_msg("%s: \"%s\"", name, c->err);
        }
        assert_int_equal(c->exit_code, error ? 1 : 0);
    }
}

/* These are not the linter's own, but stop a message as its errors do. */
static void what_cannot_be_sent_is_an_error(void **state)
{
    struct capture *c = *state;

    check(c, "bad", "text_too_long.json");
    assert_int_equal(count_lines(c->err), 1);
    assert_non_null(strstr(c->err, ": text_too_long: variant \"a\": the label "
                                   "of option 1 has 23 "));
    assert_int_equal(c->exit_code, 1);
    check(c, "bad", "link_refused.json");
    assert_int_equal(count_lines(c->err), 1);
    assert_non_null(strstr(c->err, ": link_refused: variant \"a\": "));
    assert_int_equal(c->exit_code, 1);
}

static bool is_example(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
}

static void no_rule_fires_on_the_good_ones(void **state)
{
    struct capture *c = *state;
    char path[512];
    DIR *folder = opendir(source_path(path, "tests/golden/lint/good"));
    size_t seen = 0;

    assert_non_null(folder);
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    for (const struct dirent *at; (at = readdir(folder)) != NULL;) {
        if (!is_example(at)) {
            continue;
        }
        check(c, "good", at->d_name);
        if (c->err[0] != '\0' || c->exit_code != 0) {
            fail_msg("%s: \"%s\"", at->d_name, c->err);
        }
        seen++;
    }
    (void)closedir(folder);
    assert_true(seen >= 10);
}

/* What concerns waivers and samples stands in the file as well. */
static void waivers_and_samples_are_looked_at(void **state)
{
    struct capture *c = *state;

    check(c, ".", "waivers.json");
    assert_non_null(strstr(c->err, ":4:13: warning: blame is waived, but "
                                   "nothing breaks it\n"));
    assert_non_null(strstr(c->err, ":8:16: warning: emoji is waived, but "
                                   "nothing breaks it\n"));
    assert_non_null(strstr(c->err, ":10:35: warning: not linted, cannot be "
                                   "filled in: "));
    assert_non_null(strstr(c->err, "; give \"samples\" a value\n"));
    assert_int_equal(count_lines(c->err), 3);
    assert_int_equal(c->exit_code, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_rule_fires_once_where_it_should),
        TEST(what_cannot_be_sent_is_an_error),
        TEST(no_rule_fires_on_the_good_ones),
        TEST(waivers_and_samples_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
