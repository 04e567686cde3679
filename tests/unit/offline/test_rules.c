/* Schedules that between them use every rule of planning, on timelines that
 * meet each: the rows were first worked out by a second program, written from
 * the description of planning alone, which searches minute by minute. */

#define CAPTURE_BYTES ((size_t)1024 * 1024)

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "commands_offline.h"
#include "core/hash.h"
#include "golden.h"

/* The same for the larger file that may lie beside the source. */
#define SHARED_DIGEST UINT64_C(0xe7143e7ddb51ad0b)

static const char *const schedules[] = {
    "rules/window.json",
    "rules/night.json",
    "rules/vip.json",
    "rules/rest.json",
};

#define N_SCHEDULES (sizeof schedules / sizeof schedules[0])

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

static void simulate(struct capture *c, const char *timelines, const char *flag)
{
    static char paths[N_SCHEDULES][512];
    const char *argv[2 * N_SCHEDULES + 5] = {"simulate", "--timelines",
                                             timelines};
    size_t n = 3;

    for (size_t i = 0; i < N_SCHEDULES; i++) {
        argv[n++] = "--schedule";
        argv[n++] = golden_path(paths[i], schedules[i]);
    }
    argv[n] = flag;
    capture_run(c, fup_cmd_simulate, argv);
    assert_string_equal(c->err, "");
    assert_int_equal(c->exit_code, 0);
}

static void every_rule_gives_the_rows_of_a_second_program(void **state)
{
    static char expected[32768];
    struct capture *c = *state;
    char path[512];
    FILE *in = fopen(golden_path(path, "rules/expected.csv"), "re");
    size_t n;

    assert_non_null(in);
    n = fread(expected, 1, sizeof expected - 1, in);
    expected[n] = '\0';
    (void)fclose(in);
    simulate(c, golden_path(path, "rules/timelines.csv"), NULL);
    assert_string_equal(c->out, expected);
}

/* What the rows above are there for. */
static void every_outcome_of_a_rule_is_among_them(void **state)
{
    static const char *const ends[] = {"check_in,send,",
                                       "silent,2",
                                       "task,2",
                                       "template,2",
                                       "skip,2",
                                       "no_message",
                                       "end,2",
                                       ",pulled_forward\n",
                                       ",replied\n",
                                       ",completed\n",
                                       ",,1,check_in,send,"};
    struct capture *c = *state;
    char path[512];

    simulate(c, golden_path(path, "rules/timelines.csv"), NULL);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (strstr(c->out, ends[i]) == NULL) {
            fail_msg("no row with %s", ends[i]);
        }
    }
    simulate(c, golden_path(path, "rules/timelines.csv"), "--summary");
    assert_non_null(strstr(c->out, "schedule vip\n0 enrollments"));
    assert_null(strstr(c->out, "schedule night\n0 "));
    assert_null(strstr(c->out, "schedule rest\n0 "));
    assert_null(strstr(c->out, "schedule window\n0 "));
}

static void a_larger_file_gives_the_same_digest_where_it_is(void **state)
{
    const char *shared = getenv("FUP_SHARED_DIR"); // NOLINT(concurrency-*)
    struct capture *c = *state;
    char root[512];
    char path[600];

    (void)snprintf(path, sizeof path, "%s/data/timelines.csv",
                   shared != NULL ? shared : source_path(root, "../shared"));
    if (access(path, R_OK) != 0) {
        print_message("no %s: not compared\n", path);
        return;
    }
    simulate(c, path, NULL);
    assert_int_equal(fup_fnv1a_text(FUP_FNV_START, c->out), SHARED_DIGEST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_rule_gives_the_rows_of_a_second_program),
        TEST(every_outcome_of_a_rule_is_among_them),
        TEST(a_larger_file_gives_the_same_digest_where_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
