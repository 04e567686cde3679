/* followup render: messages of steps, and bare templates. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "commands_offline.h"
#include "golden.h"

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

/* Render a step for facts, with up to three more arguments. */
static void step(struct capture *c,
                 const char *facts,
                 const char *number,
                 const char *const more[3])
{
    char schedule_path[512];
    char facts_path[512];
    const char *argv[] = {"render",
                          "--schedule",
                          golden_path(schedule_path, "render/schedule.json"),
                          "--facts",
                          golden_path(facts_path, facts),
                          "--step",
                          number,
                          more[0],
                          more[1],
                          more[2],
                          NULL};

    capture_run(c, fup_cmd_render, argv);
}

static void bare(struct capture *c, const char *liquid, const char *data)
{
    char liquid_path[512];
    char data_path[512];
    const char *argv[] = {"render",
                          "--liquid",
                          golden_path(liquid_path, liquid),
                          "--data",
                          golden_path(data_path, data),
                          NULL};

    capture_run(c, fup_cmd_render, argv);
}

static const char *const none[3] = {NULL};

static void prints_the_message_of_a_step(void **state)
{
    struct capture *c = *state;

    step(c, "render/facts.json", "1", none);
    assert_string_equal(c->err, "");
    assert_string_equal(c->out, "Still looking for a red \"bike\", there?\n"
                                "[Yes]\n"
                                "[Not now]\n"
                                "-- whatsapp, variant a, locale en, "
                                "38 of 1024 UTF-16 units\n");
    assert_int_equal(c->exit_code, 0);
}

static void prints_json(void **state)
{
    static const char *const more[3] = {"--format", "json", NULL};
    struct capture *c = *state;

    step(c, "render/facts.json", "1", more);
    assert_true(starts_with(
        c->out, "{\"id\":\"000000-0-1-1\",\"tenant\":\"default\","
                "\"conversation\":\"c1\",\"contact\":null,"
                "\"channel\":\"whatsapp\",\"to\":null,\"kind\":\"check_in\","
                "\"schedule\":\"shop\",\"version\":\""));
    assert_non_null(strstr(
        c->out, ",\"text\":\"Still looking for a red \\\"bike\\\", there?\","
                "\"options\":[{\"id\":\"y\",\"label\":\"Yes\",\"payload\":"
                "\"f:000000-0-1-1:y\"},"));
}

static void takes_the_locale_and_falls_back_without_values(void **state)
{
    static const char *const more[3] = {"--locale", "de-AT", NULL};
    struct capture *c = *state;

    step(c, "render/facts.json", "1", more);
    assert_non_null(strstr(c->out, "Suchst du noch a red \"bike\"?\n[Ja]\n"));
    step(c, "render/empty.json", "1", none);
    assert_string_equal(c->out, "Still looking?\n"
                                "-- no channel, variant fallback, "
                                "locale en\n");
}

static void prints_the_approved_template(void **state)
{
    static const char *const more[3] = {"--template", NULL};
    struct capture *c = *state;

    step(c, "render/facts.json", "1", more);
    assert_true(starts_with(c->out, "template check_in_1 (en_US)\n"
                                    "{{1}} a red \"bike\"\n"));
    assert_int_equal(c->exit_code, 0);
}

static void a_silent_step_has_nothing_to_print(void **state)
{
    struct capture *c = *state;

    step(c, "render/facts.json", "2", none);
    assert_string_equal(c->out, "-- the step has no message\n");
    assert_int_equal(c->exit_code, 0);
    step(c, "render/facts.json", "3", none);
    assert_int_equal(c->exit_code, 1);
    assert_non_null(strstr(c->err, "there is no step 3, the last is 2"));
}

static void renders_a_bare_template_as_the_standard_says(void **state)
{
    struct capture *c = *state;

    bare(c, "render/hello.liquid", "render/hello.json");
    assert_string_equal(c->out, "Hello world!");
    assert_int_equal(c->exit_code, 0);
    bare(c, "render/bad.liquid", "render/hello.json");
    assert_int_equal(c->exit_code, 1);
    assert_non_null(strstr(c->err, "bad.liquid: "));
    bare(c, "render/hello.liquid", "render/hello.liquid");
    assert_int_equal(c->exit_code, 1);
    assert_non_null(strstr(c->err, "hello.liquid:1:1: not valid JSON"));
}

static void refuses_wrong_usage_with_2(void **state)
{
    static const char *const step_0[3] = {"--step", "0", NULL};
    static const char *const both[3] = {"--liquid", "x", NULL};
    static const char *const csv[3] = {"--format", "csv", NULL};
    struct capture *c = *state;
    const char *alone[] = {"render", NULL};
    const char *half[] = {"render", "--liquid", "x", NULL};

    step(c, "render/facts.json", "1", step_0);
    assert_int_equal(c->exit_code, 2);
    step(c, "render/facts.json", "1", both);
    assert_int_equal(c->exit_code, 2);
    step(c, "render/facts.json", "1", csv);
    assert_int_equal(c->exit_code, 2);
    capture_run(c, fup_cmd_render, alone);
    assert_int_equal(c->exit_code, 2);
    capture_run(c, fup_cmd_render, half);
    assert_int_equal(c->exit_code, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(prints_the_message_of_a_step),
        TEST(prints_json),
        TEST(takes_the_locale_and_falls_back_without_values),
        TEST(prints_the_approved_template),
        TEST(a_silent_step_has_nothing_to_print),
        TEST(renders_a_bare_template_as_the_standard_says),
        TEST(refuses_wrong_usage_with_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
