/* What becomes of texts that a channel does not take, and of options. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define WAIT_MS 10000

/* For each channel a text that it takes in its own way: too long; with a link
 * that is not allowed; with options, but without buttons. */
static const char unfit[] =
    "{\"name\": \"unfit\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"instagram\", \"messenger\", \"email\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Red or blue?"
    "{% case channel %}{% when 'instagram' %}"
    "{% for i in (1..500) %} x{% endfor %}"
    "{% when 'messenger' %} https://evil.example{% endcase %}\"},\n"
    "   \"options\": [{\"id\": \"r\", \"label\": {\"en\": \"Red\"}},\n"
    "               {\"id\": \"b\", \"label\": {\"en\": \"Blue\"}}]}]}}]}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "unfit.json", unfit);
    world_start(&w, 0);
    *state = &w;
    return world_logged(&w, 0, WAIT_MS, " ready") ? 0 : -1;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

/* A customer wrote, we answered: the silence begins. */
static void silence(struct world *w, const char *id, const char *channel)
{
    world_conversation(w, id, channel);
    world_message(w, id, "in", "human", "now()");
    world_message(w, id, "out", "human", "clock_timestamp()");
}

static long long entries(struct world *w, const char *channel)
{
    return redis_server_int(&w->redis, "XLEN followup:{p00}:out:%s", channel);
}

/* What became of the first step of @name's silence, and why. */
static const char *first_step(struct world *w, const char *name)
{
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' FROM "
                            "followup.enrollment WHERE conversation = '%s'",
                            name));
    return world_text(w,
                      "SELECT rtrim(concat_ws(' ', event, reason)) FROM "
                      "followup.ledger WHERE conversation = '%s' AND step = 1",
                      name);
}

static void what_its_channel_does_not_take_is_never_sent(void **state)
{
    struct world *w = *state;

    silence(w, "long", "instagram");
    silence(w, "linked", "messenger");
    assert_string_equal(first_step(w, "long"), "skipped text_too_long");
    assert_string_equal(first_step(w, "linked"), "skipped link_refused");
    assert_int_equal(entries(w, "instagram"), 0);
    assert_int_equal(entries(w, "messenger"), 0);
}

static void without_buttons_options_are_lines_of_the_text(void **state)
{
    struct world *w = *state;

    silence(w, "lines", "email");
    assert_string_equal(first_step(w, "lines"), "fired");
    assert_string_equal(
        world_text(w,
                   "SELECT concat_ws(' ', m->>'text', m->>'options_as', "
                   "m->'options'->1->>'id') FROM (SELECT message::jsonb AS m "
                   "FROM followup.ledger WHERE conversation = 'lines' AND "
                   "step = 1) AS sent"),
        "Red or blue?\n1. Red\n2. Blue lines b");
    assert_int_equal(entries(w, "email"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_its_channel_does_not_take_is_never_sent),
        cmocka_unit_test(without_buttons_options_are_lines_of_the_text),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
