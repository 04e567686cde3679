/* followup render: any message for any channel. What is expected lies in
 * tests/golden/render/shapes.expected.txt. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "commands_offline.h"
#include "golden.h"

struct fixture {
    struct capture c;
    char got[65536];
    char expected[65536];
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

static void read_expected(struct fixture *f)
{
    char path[512];
    FILE *in = fopen(golden_path(path, "render/shapes.expected.txt"), "rb");

    assert_non_null(in);
    assert_true(fread(f->expected, 1, sizeof f->expected - 1, in) > 0);
    (void)fclose(in);
}

static void add(struct fixture *f, const char *a, const char *b, const char *c)
{
    size_t n = strlen(f->got);

    (void)snprintf(f->got + n, sizeof f->got - n, "%s%s%s", a, b, c);
}

/* Render step @step for @channel in @locale; @more is one argument or NULL. */
static void render(struct fixture *f,
                   const char *channel,
                   const char *locale,
                   const char *step,
                   const char *more)
{
    char schedule[512];
    char facts[512];
    const char *argv[] = {"render",
                          "--schedule",
                          golden_path(schedule, "render/shapes.json"),
                          "--facts",
                          golden_path(facts, "render/shapes.facts.json"),
                          "--step",
                          step,
                          "--channel",
                          channel,
                          "--locale",
                          locale,
                          more,
                          NULL};

    capture_run(&f->c, fup_cmd_render, argv);
    add(f, "# ", channel, " ");
    add(f, locale, " ", step);
    add(f, "\n", f->c.out, f->c.err);
}

static void shows_any_message_for_any_channel(void **state)
{
    static const char *const channels[] = {"whatsapp", "messenger", "instagram",
                                           "telegram", "webchat",   "sms",
                                           "email",    "api",       "pigeon"};
    static const char *const locales[] = {"en-GB", "pt-BR", "ar-EG"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        for (size_t k = 0; k < sizeof locales / sizeof locales[0]; k++) {
            render(f, channels[i], locales[k], "1", NULL);
            render(f, channels[i], locales[k], "2", NULL);
        }
        render(f, channels[i], "pt-BR", "1", "--format=json");
    }
    render(f, "whatsapp", "ar", "1", "--template");
    render(f, "sms", "ar", "1", "--template");
    read_expected(f);
    assert_string_equal(f->got, f->expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_any_message_for_any_channel,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
