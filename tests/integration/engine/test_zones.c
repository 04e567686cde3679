/* Where a person lives, from the CRM to the timer: a name that is no zone is
 * reported once and passed over. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define WAIT_MS 15000

static const char morning[] =
    "{\"name\": \"morning\", \"timezone\": \"America/Lima\",\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1d 09:30\",\n"
    "  \"message\": {\"fallback\": {\"text\": {\"en\": \"Still?\"}}}}]}";

static int open_world(void **state)
{
    static struct world w;

    if (!world_open(&w)) {
        return -1;
    }
    world_schedule(&w, "morning.json", morning);
    world_start(&w, 0);
    *state = &w;
    return world_logged(&w, 0, WAIT_MS, " ready") ? 0 : -1;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

static void silence(struct world *w, const char *id, const char *zones)
{
    world_conversation(w, id, "telegram");
    world_do(w, "UPDATE crm.contact SET timezones = '%s' WHERE id = 'k-%s'",
             zones, id);
    world_message(w, id, "in", "human", "now()");
    world_message(w, id, "out", "human", "clock_timestamp()");
}

/* Whether the step of @id is due at 09:30 where clocks show @zone. */
static bool due_in(struct world *w, const char *id, const char *zone)
{
    return world_until(
        w, WAIT_MS,
        "SELECT to_char(due_at AT TIME ZONE '%s', 'HH24:MI:SS') = '09:30:00' "
        "FROM followup.enrollment WHERE conversation = '%s'",
        zone, id);
}

static int count_lines(const struct world *w, const char *text)
{
    char path[128];
    char line[1024];
    int n = 0;
    FILE *in;

    (void)snprintf(path, sizeof path, "%s/worker-0.log", w->dir);
    in = fopen(path, "re");
    assert_non_null(in);
    while (fgets(line, sizeof line, in) != NULL) {
        n += strstr(line, text) != NULL;
    }
    (void)fclose(in);
    return n;
}

static void an_unknown_zone_is_told_once_and_the_next_one_counts(void **state)
{
    struct world *w = *state;

    silence(w, "a", "{Mars/Olympus,Asia/Tokyo}");
    silence(w, "b", "{Mars/Olympus}");
    silence(w, "c", "{Asia/Tokyo,Europe/Berlin}");
    assert_true(due_in(w, "a", "Asia/Tokyo"));
    assert_true(due_in(w, "b", "America/Lima"));
    assert_true(due_in(w, "c", "Asia/Tokyo"));
    assert_int_equal(count_lines(w, "unknown_zone name=\"Mars/Olympus\""), 1);
    assert_int_equal(count_lines(w, "unknown_zone"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_zone_is_told_once_and_the_next_one_counts),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
