/* What the shipped schedules say, each step in each language: with buttons, as
 * a sender gets it, with numbered lines, and where nothing is known of the
 * customer. What is expected lies in tests/golden/render/shipped, a file for
 * each schedule; with FUP_WRITE_GOLDEN in the environment the files are written
 * anew, to be looked through. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CAPTURE_BYTES 131072
#include "capture.h"
#include "commands_offline.h"
#include "golden.h"

#define FOLDER "render/shipped/"

static const char *const names[] = {"availability", "booking",   "commit",
                                    "confirm",      "default",   "objection",
                                    "pricing",      "qualify",   "product_fit",
                                    "refund",       "recommend", "support"};
static const char *const locales[] = {"en", "es", "pt-BR", "de", "fr", "ar"};

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct fixture {
    struct capture c;
    char expected[CAPTURE_BYTES];
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* In the child: step @step of @schedule in @locale, for the golden @facts. */
static void render(const char *schedule,
                   const char *step,
                   const char *locale,
                   const char *facts,
                   const char *format)
{
    char path[512];
    const char *args[] = {"render",
                          "--schedule",
                          schedule,
                          "--step",
                          step,
                          "--facts",
                          golden_path(path, facts),
                          "--locale",
                          locale,
                          "--format",
                          format};
    char copies[N(args)][512];
    char *argv[N(args) + 1] = {NULL};
    int code;

    for (size_t i = 0; i < N(args); i++) {
        (void)snprintf(copies[i], sizeof copies[i], "%s", args[i]);
        argv[i] = copies[i];
    }
    (void)printf("# step %s, %s, %s\n", step, locale,
                 facts + sizeof FOLDER - 1);
    (void)fflush(stdout);
    code = fup_cmd_render((int)N(args), argv);
    if (code != 0) {
        (void)printf("-- exit code %d\n", code);
    }
}

/* A command: all that the schedule argv[1] says. */
static int render_all(int argc, char **argv)
{
    static const char *const steps[] = {"1", "2", "3"};

    for (size_t i = 0; argc == 2 && i < N(steps); i++) {
        for (size_t k = 0; k < N(locales); k++) {
            char facts[128];

            (void)snprintf(facts, sizeof facts, FOLDER "facts.%s.json",
                           locales[k]);
            render(argv[1], steps[i], locales[k], facts, "table");
            render(argv[1], steps[i], locales[k], facts, "json");
            (void)snprintf(facts, sizeof facts, FOLDER "facts-sms.%s.json",
                           locales[k]);
            render(argv[1], steps[i], locales[k], facts, "table");
            render(argv[1], steps[i], locales[k], FOLDER "facts-bare.json",
                   "table");
        }
    }
    return 0;
}

static FILE *open_golden(const char *name, const char *mode)
{
    char below[128];
    char path[512];
    FILE *file;

    (void)snprintf(below, sizeof below, FOLDER "%s.txt", name);
    file = fopen(golden_path(path, below), mode);
    assert_non_null(file);
    return file;
}

/* What was printed for @name, in the file or as it is there. */
static void assert_golden(struct fixture *f, const char *name)
{
    FILE *file;

    if (getenv("FUP_WRITE_GOLDEN") != NULL) { // NOLINT(concurrency-mt-unsafe)
        file = open_golden(name, "wb");
        assert_true(fputs(f->c.out, file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    file = open_golden(name, "rb");
    capture_read(file, f->expected, sizeof f->expected);
    assert_string_equal(f->c.out, f->expected);
}

static void says_what_is_expected(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < N(names); i++) {
        char below[128];
        char path[512];
        const char *argv[] = {"render_all", path, NULL};

        (void)snprintf(below, sizeof below, "schedules/%s.json", names[i]);
        (void)source_path(path, below);
        capture_run(&f->c, render_all, argv);
        assert_int_equal(f->c.exit_code, 0);
        assert_string_equal(f->c.err, "");
        assert_golden(f, names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_what_is_expected, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
