/* Real conversations, a day in six seconds, through the plain adapter against
 * the real worker, PostgreSQL and Redis: what comes out of the streams is what
 * `followup simulate` says of the same timeline.
 *
 * The replay happens once, in the set-up; each test looks at one side of it. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "compare.h"
#include "core/time.h"

#define WAIT_MS    10000
#define PAUSE_MS   2
#define PREPARE_S  4  /* until the first conversation begins */
#define LINGER_S   2  /* after the last instant: for what must not come */
#define PATIENCE_S 60 /* after it: for a machine that is busy */

/* A message so near to a due instant may fall on either side of it, and a
 * silence of twice that may never be seen. On a machine that was busier than
 * that, what was measured counts instead. */
#define NEAR_US     (500 * FUP_US_PER_MS)
#define TIES_IN_100 10 /* on a busy machine three times that */

static const char schedule[] =
    "{\"name\": \"replay\", \"mode\": \"live\", \"min_gap\": \"1s\",\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": "
    "{\"variants\": [\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Is this still of use?\"}}]}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"2s\", \"message\": "
    "{\"variants\": [\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Shall I close this?\"}}]}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"3s\", \"close\": true,\n"
    "   \"message\": {\"variants\": [\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Closed for now.\"}}]}}]}";

struct replay {
    struct world world;
    struct timeline timeline;
    struct expectation expectation;
    struct player player;
    struct sender sender;
    struct findings findings;
    int64_t near_us;
    bool settled;
};

/* --- the replay ------------------------------------------------------------
 */

/* The conversations beside the project, or a few of its own. */
static void find_timelines(char path[512])
{
    const char *source = getenv("FUP_SOURCE_DIR");
    const char *shared = getenv("FUP_SHARED_DIR");

    source = source != NULL ? source : ".";
    if (shared != NULL) {
        (void)snprintf(path, 512, "%s/data/timelines.csv", shared);
    } else {
        (void)snprintf(path, 512, "%s/../shared/data/timelines.csv", source);
    }
    if (access(path, R_OK) != 0) {
        (void)snprintf(path, 512, "%s/tests/integration/replay/own.csv",
                       source);
    }
}

/* Nothing waits in a stream, no message has an open end, and nobody is still
 * to be written to. */
static bool is_settled(struct replay *r)
{
    return sender_waiting(&r->sender) == 0 &&
           world_int(&r->world,
                     "SELECT (SELECT count(*) FROM followup.enrollment WHERE "
                     "outcome IS NULL) + (SELECT count(*) FROM "
                     "followup.ledger WHERE status IN ('pending', "
                     "'permit'))") == 0;
}

static void play(struct replay *r)
{
    struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int64_t linger_at = (r->expectation.last_s + LINGER_S) * FUP_US_PER_S;
    int64_t give_up_at = (r->expectation.last_s + PATIENCE_S) * FUP_US_PER_S;

    for (;;) {
        int64_t now = wall_clock();

        player_turn(&r->player);
        sender_turn(&r->sender);
        r->settled = now >= linger_at && is_settled(r);
        if (r->settled || now >= give_up_at) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
}

/* The longest that a message was on its way to those who had to know of it. */
static int64_t worst_delay_us(const struct replay *r)
{
    int64_t worst_us = r->player.worst_us;

    for (size_t i = 0; i < r->sender.n; i++) {
        const struct arrival *a = &r->sender.arrivals[i];

        if (a->arrived_at - a->due_at > worst_us) {
            worst_us = a->arrived_at - a->due_at;
        }
    }
    return worst_us;
}

static void judge(struct replay *r)
{
    int64_t worst_us = worst_delay_us(r);
    bool busy = worst_us > NEAR_US;
    struct slack slack;

    r->near_us = busy ? worst_us : NEAR_US;
    slack.short_us = 2 * r->near_us;
    slack.moved_s = busy ? whole_s(worst_us) : 0;
    timeline_find_ties(&r->timeline, r->near_us);
    compare(&r->timeline, &r->expectation, &r->sender, &slack, &r->findings);
}

/* --- what it was like ------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static double in_ms(int64_t us)
{
    return (double)us / FUP_US_PER_MS;
}

static void print_spread(const char *what, int64_t *us, size_t n)
{
    size_t middle = n / 2;
    size_t late = n * 99 / 100;

    if (n > 0) {
        qsort(us, n, sizeof *us, by_size);
        (void)printf("  %s: p50 %.1f ms, p99 %.1f ms, max %.1f ms\n", what,
                     in_ms(us[middle]), in_ms(us[late]), in_ms(us[n - 1]));
    }
}

static void print_lateness(const struct sender *s)
{
    int64_t *fired_us = calloc(s->n + 1, sizeof *fired_us);
    int64_t *arrived_us = calloc(s->n + 1, sizeof *arrived_us);

    if (fired_us == NULL || arrived_us == NULL) {
        abort();
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct arrival *a = &s->arrivals[i];

        fired_us[i] = a->fired_at - a->due_at;
        arrived_us[i] = a->arrived_at - a->due_at;
    }
    print_spread("lateness of fires", fired_us, s->n);
    print_spread("lateness at the sender", arrived_us, s->n);
    free(fired_us);
    free(arrived_us);
}

static size_t count_ties(const struct timeline *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        n += t->conversations[i].tied ? 1 : 0;
    }
    return n;
}

static void print_ties(const struct timeline *t, int64_t near_us)
{
    (void)printf("  near ties (%.0f ms): %zu conversations:", in_ms(near_us),
                 count_ties(t));
    for (size_t i = 0; i < t->n; i++) {
        if (t->conversations[i].tied) {
            (void)printf(" %s", t->conversations[i].id);
        }
    }
    (void)printf("\n");
}

static void print_report(const struct replay *r, const char *path)
{
    const struct findings *f = &r->findings;
    size_t whole = 0;

    for (size_t i = 0; i < r->timeline.n; i++) {
        whole += r->timeline.conversations[i].whole ? 1 : 0;
    }
    (void)printf("replay of %s\n", path);
    (void)printf("  conversations: %zu, %zu of them whole\n", r->timeline.n,
                 whole);
    (void)printf("  messages played: %zu, at most %.1f ms after their "
                 "instant\n",
                 r->player.next, in_ms(r->player.worst_us));
    (void)printf("  steps simulated: %zu, arrived: %zu, compared and equal: "
                 "%zu\n",
                 r->expectation.n_steps, r->sender.n, f->steps);
    (void)printf("  outcomes compared and equal: %zu; too short to be seen: "
                 "%zu\n",
                 f->outcomes, f->unseen);
    print_ties(&r->timeline, r->near_us);
    (void)printf("  refused a permit: %zu\n", f->refused);
    print_lateness(&r->sender);
    (void)fflush(stdout);
}

static int open_replay(void **state)
{
    static struct replay r;
    char path[512];

    find_timelines(path);
    if (!world_open(&r.world)) {
        return -1;
    }
    world_schedule(&r.world, "replay.json", schedule);
    world_start(&r.world, 0);
    if (!world_logged(&r.world, 0, WAIT_MS, " ready")) {
        return -1;
    }
    timeline_load(&r.timeline, path);
    player_init(&r.player, &r.world, &r.timeline);
    timeline_compress(&r.timeline,
                      (whole_s(wall_clock()) + PREPARE_S) * FUP_US_PER_S);
    expect(&r.expectation, &r.world, &r.timeline, "replay.json");
    player_fill(&r.player);
    sender_init(&r.sender, &r.world, &r.player);
    play(&r);
    judge(&r);
    print_report(&r, path);
    *state = &r;
    return 0;
}

static int close_replay(void **state)
{
    struct replay *r = *state;

    sender_done(&r->sender);
    player_done(&r->player);
    expect_done(&r->expectation);
    timeline_done(&r->timeline);
    world_close(&r->world);
    return 0;
}

/* --- what must hold --------------------------------------------------------
 */

static void sends_the_simulated_steps_and_no_others(void **state)
{
    const struct replay *r = *state;

    assert_int_equal(r->findings.missing, 0);
    assert_int_equal(r->findings.extra, 0);
    assert_int_equal(r->findings.moved, 0);
    assert_true(r->findings.steps > 0);
}

static void ends_each_silence_as_simulated(void **state)
{
    const struct replay *r = *state;

    assert_true(r->settled);
    assert_int_equal(r->findings.wrong_outcomes, 0);
    assert_true(r->findings.outcomes > 0);
}

static void sends_each_step_once(void **state)
{
    struct replay *r = *state;

    assert_int_equal(r->findings.twice, 0);
    assert_int_equal(r->findings.strange, 0);
    assert_int_equal(
        world_int(&r->world,
                  "SELECT count(*) - count(DISTINCT (enrollment, step)) FROM "
                  "followup.ledger WHERE event = 'fired'"),
        0);
}

static void sends_nothing_after_a_reply(void **state)
{
    const struct replay *r = *state;

    assert_int_equal(r->findings.after_reply, 0);
}

static void sends_nothing_early(void **state)
{
    const struct replay *r = *state;

    assert_int_equal(r->findings.early, 0);
}

static void loses_no_message_between_ledger_and_stream(void **state)
{
    struct replay *r = *state;
    long long granted = 0;

    for (size_t i = 0; i < r->sender.n; i++) {
        granted += r->sender.arrivals[i].granted ? 1 : 0;
    }
    assert_int_equal(world_int(&r->world,
                               "SELECT count(*) FROM followup.ledger WHERE "
                               "status = 'sent'"),
                     granted);
    assert_int_equal(world_int(&r->world,
                               "SELECT count(*) FROM followup.ledger WHERE "
                               "event = 'fired' AND status NOT IN ('sent', "
                               "'withdrawn')"),
                     0);
}

static void leaves_few_conversations_undecided(void **state)
{
    const struct replay *r = *state;

    size_t most = r->near_us > NEAR_US ? 3 * TIES_IN_100 : TIES_IN_100;

    assert_int_equal(r->findings.wrong_walks, 0);
    assert_true(count_ties(&r->timeline) * 100 < r->timeline.n * most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_the_simulated_steps_and_no_others),
        cmocka_unit_test(ends_each_silence_as_simulated),
        cmocka_unit_test(sends_each_step_once),
        cmocka_unit_test(sends_nothing_after_a_reply),
        cmocka_unit_test(sends_nothing_early),
        cmocka_unit_test(loses_no_message_between_ledger_and_stream),
        cmocka_unit_test(leaves_few_conversations_undecided),
    };

    return cmocka_run_group_tests(tests, open_replay, close_replay);
}
