#include "fixture.h"

#include <stdlib.h>

#include <hiredis/hiredis.h>

#define SOON     5000
#define DUE      "followup:{p00}:due"
#define INFLIGHT "followup:{p00}:inflight"
#define META     "followup:{p00}:meta"

/* Redis' clock. */
static int64_t now_ms(struct fixture *f)
{
    redisReply *time = redis_server_ask(&f->server, "TIME");
    int64_t ms = strtoll(time->element[0]->str, NULL, 10) * 1000 +
                 strtoll(time->element[1]->str, NULL, 10) / 1000;

    freeReplyObject(time);
    return ms;
}

/* The member that stands for @id. */
static void member(int64_t id, char bytes[8])
{
    for (int i = 0; i < 8; i++) {
        bytes[i] = (char)(unsigned char)((uint64_t)id >> (56 - 8 * i));
    }
}

static void put(struct fixture *f, const char *key, int64_t id, int64_t score)
{
    char bytes[8];

    member(id, bytes);
    redis_server_do(&f->server, "ZADD %s %lld %b", key, (long long)score, bytes,
                    sizeof bytes);
}

static long long score_of(struct fixture *f, const char *key, int64_t id)
{
    char bytes[8];

    member(id, bytes);
    return redis_server_int(&f->server, "ZSCORE %s %b", key, bytes,
                            sizeof bytes);
}

#define LEAD_MS 20000

static struct claimed last;

static const struct fup_queue_claim *
claim_as(struct fixture *f, int64_t epoch, size_t max, int64_t lease_ms)
{
    struct fup_queue queue = queue_of(f);

    queue.epoch = epoch;
    claimed_init(&last, f);
    f->submitting = true;
    fup_queue_claim(&queue, max, LEAD_MS, lease_ms, on_claimed, &last);
    f->submitting = false;
    assert_true(loop_until(f, &last.done, SOON));
    assert_false(last.inside);
    return &last.claim;
}

static const struct fup_queue_claim *claim(struct fixture *f, size_t max)
{
    const struct fup_queue_claim *got = claim_as(f, 1, max, 10000);

    assert_int_equal(last.code, FUP_OK);
    return got;
}

static enum fup_code settle_as(struct fixture *f,
                               int64_t epoch,
                               const struct fup_queue_timer *timers,
                               size_t n)
{
    struct fup_queue queue = queue_of(f);
    struct answer a = answer_for(f);

    queue.epoch = epoch;
    f->submitting = true;
    fup_queue_settle(&queue, timers, n, on_done, &a);
    f->submitting = false;
    assert_true(loop_until(f, &a.done, SOON));
    assert_false(a.inside);
    return a.code;
}

static size_t heal_all_but(struct fixture *f,
                           int64_t spare_ms,
                           const struct fup_queue_timer *timers,
                           size_t n)
{
    struct fup_queue queue = queue_of(f);

    claimed_init(&last, f);
    fup_queue_heal(&queue, timers, n, spare_ms, on_claimed, &last);
    assert_true(loop_until(f, &last.done, SOON));
    assert_int_equal(last.code, FUP_OK);
    return last.claim.n;
}

static size_t
heal(struct fixture *f, const struct fup_queue_timer *timers, size_t n)
{
    return heal_all_but(f, 0, timers, n);
}

/* --- claim -------------------------------------------------------------- */

static void claims_what_is_due_and_leases_it(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_claim *got;
    int64_t now = now_ms(f);

    put(f, DUE, 7, now - 10);
    put(f, DUE, INT64_C(0x0102030405060708), now - 20);
    put(f, DUE, 9, now + 60000);
    got = claim(f, 100);
    assert_int_equal(got->n, 2);
    assert_int_equal(got->ids[0], INT64_C(0x0102030405060708));
    assert_int_equal(got->ids[1], 7);
    assert_int_equal(got->pending, 1);
    assert_true(got->now_ms >= now && got->now_ms < now + 5000);
    assert_int_equal(got->next_due_ms, got->now_ms + 10000);
    assert_int_equal(score_of(f, INFLIGHT, 7), got->now_ms + 10000);
    assert_int_equal(score_of(f, DUE, 7), -1);
    assert_int_equal(claim(f, 100)->n, 0);
}

static void what_is_due_within_the_lead_is_claimed(void **state)
{
    struct fixture *f = *state;
    int64_t now = now_ms(f);

    put(f, DUE, 1, now + LEAD_MS);
    put(f, DUE, 2, now + LEAD_MS + 30000);
    put(f, INFLIGHT, 3, now + 1000);
    assert_int_equal(claim(f, 100)->n, 1);
    assert_int_equal(last.claim.ids[0], 1);
}

static void tells_exactly_when_the_next_is_due(void **state)
{
    struct fixture *f = *state;
    int64_t now = now_ms(f);

    assert_int_equal(claim(f, 10)->next_due_ms, FUP_QUEUE_NEVER);
    put(f, DUE, 1, now + 123456789);
    assert_int_equal(claim(f, 10)->next_due_ms, now + 123456789);
    put(f, INFLIGHT, 2, now + 123456788);
    assert_int_equal(claim(f, 10)->next_due_ms, now + 123456788);
    put(f, DUE, 3, now - 5);
    assert_int_equal(claim(f, 0)->next_due_ms, now - 5);
    assert_int_equal(last.claim.n, 0);
}

static void fresh_ones_go_before_the_backlog(void **state)
{
    struct fixture *f = *state;
    int64_t now = now_ms(f) + 400; /* none is older than 1 s when it claims */
    const struct fup_queue_claim *got;

    for (int64_t i = 0; i < 20; i++) {
        put(f, DUE, 100 + i, now - 100000 + i);
        put(f, DUE, 200 + i, now - 800 + i);
    }
    got = claim(f, 10);
    assert_int_equal(got->n, 10);
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(got->ids[i], 200 + i);
        assert_int_equal(got->ids[5 + i], 100 + i);
    }
}

static void room_that_is_left_goes_to_the_others(void **state)
{
    struct fixture *f = *state;
    int64_t now = now_ms(f) + 400;

    for (int64_t i = 0; i < 10; i++) {
        put(f, DUE, 200 + i, now - 800 + i);
    }
    put(f, DUE, 100, now - 100000);
    assert_int_equal(claim(f, 10)->n, 10);
    assert_int_equal(score_of(f, DUE, 209), now - 800 + 9);
    assert_int_equal(claim(f, 10)->n, 1);
    for (int64_t i = 0; i < 10; i++) {
        put(f, DUE, 100 + i, now - 100000 + i);
    }
    assert_int_equal(claim(f, 10)->n, 10);
}

static void leases_that_ran_out_are_taken_over(void **state)
{
    struct fixture *f = *state;
    int64_t now = now_ms(f);
    const struct fup_queue_claim *got;

    for (int64_t i = 0; i < 10; i++) {
        put(f, INFLIGHT, 300 + i, now - 1000 + i);
        put(f, DUE, 100 + i, now - 100000 + i);
    }
    put(f, INFLIGHT, 400, now + 60000);
    got = claim(f, 8);
    assert_int_equal(got->n, 8);
    assert_int_equal(got->ids[0], 300);
    assert_int_equal(got->ids[1], 301);
    assert_int_equal(got->ids[2], 100);
    assert_int_equal(score_of(f, INFLIGHT, 300), got->now_ms + 10000);
    assert_int_equal(score_of(f, INFLIGHT, 302), now - 998);
}

static void a_lease_is_taken_over_by_a_batch_of_one(void **state)
{
    struct fixture *f = *state;

    put(f, INFLIGHT, 1, 5);
    put(f, DUE, 2, 5);
    assert_int_equal(claim(f, 1)->n, 1);
    assert_int_equal(last.ids[0], 1);
    assert_int_equal(claim(f, 1)->ids[0], 2);
}

static void claims_a_whole_batch_and_no_more(void **state)
{
    struct fixture *f = *state;

    for (int64_t i = 0; i < FUP_QUEUE_BATCH_MAX + 10; i++) {
        put(f, DUE, i, i - 5);
    }
    assert_int_equal(claim(f, 5000)->n, FUP_QUEUE_BATCH_MAX);
    assert_int_equal(last.ids[0], 0);
    assert_int_equal(last.claim.pending, 10);
}

static void foreign_members_are_skipped_and_removed(void **state)
{
    struct fixture *f = *state;

    redis_server_do(&f->server, "ZADD " DUE " 1 short 2 much-too-long -inf x");
    redis_server_do(&f->server, "ZADD " INFLIGHT " 1 short inf for-ever");
    put(f, DUE, 7, 3);
    assert_int_equal(claim(f, 100)->n, 1);
    assert_int_equal(last.ids[0], 7);
    assert_int_equal(redis_server_int(&f->server, "ZCARD " DUE), 0);
    assert_int_equal(redis_server_int(&f->server, "ZCARD " INFLIGHT), 2);
}

static void keys_of_a_wrong_type_are_an_error(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_timer timer = {.id = 1, .due_ms = 5};

    put(f, DUE, 7, 3);
    redis_server_do(&f->server, "SET " INFLIGHT " x");
    (void)claim_as(f, 1, 10, 1000);
    assert_int_equal(last.code, FUP_EREFUSED);
    assert_false(last.has_claim);
    /* Nothing was lost on the way. */
    assert_int_equal(score_of(f, DUE, 7), 3);
    assert_int_equal(settle_as(f, 1, &timer, 1), FUP_EREFUSED);
    redis_server_do(&f->server, "DEL " INFLIGHT);
    redis_server_do(&f->server, "DEL " META);
    redis_server_do(&f->server, "SET " META " x");
    (void)claim_as(f, 1, 10, 1000);
    assert_int_equal(last.code, FUP_EREFUSED);
}

/* --- settle ------------------------------------------------------------- */

static void settles_each_timer_as_told(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_timer timers[] = {
        {.id = 1, .due_ms = 5000},
        {.id = 2, .due_ms = FUP_QUEUE_NEVER},
        {.id = 3, .due_ms = 0},
        {.id = 4, .due_ms = 1},
        {.id = 4, .due_ms = 77},
        {.id = -5, .due_ms = -9},
        {.id = 6, .due_ms = 3},
        {.id = 6, .due_ms = FUP_QUEUE_NEVER},
        {.id = 7, .due_ms = FUP_QUEUE_NEVER},
        {.id = 7, .due_ms = 4},
    };

    put(f, INFLIGHT, 1, 9);
    put(f, INFLIGHT, 2, 9);
    put(f, DUE, 2, 9);
    put(f, INFLIGHT, 8, 9);
    for (int times = 0; times < 2; times++) {
        assert_int_equal(settle_as(f, 1, timers, 10), FUP_OK);
        assert_int_equal(score_of(f, DUE, 1), 5000);
        assert_int_equal(score_of(f, DUE, 3), 0);
        assert_int_equal(score_of(f, DUE, 4), 77);
        assert_int_equal(score_of(f, DUE, -5), -9);
        assert_int_equal(score_of(f, DUE, 7), 4);
        assert_int_equal(redis_server_int(&f->server, "ZCARD " DUE), 5);
        assert_int_equal(redis_server_int(&f->server, "ZCARD " INFLIGHT), 1);
    }
    assert_int_equal(settle_as(f, 1, timers, 0), FUP_OK);
}

static void a_batch_that_is_too_large_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct fup_queue_timer timers[FUP_QUEUE_BATCH_MAX + 1];

    assert_int_equal(settle_as(f, 1, timers, FUP_QUEUE_BATCH_MAX + 1),
                     FUP_EINVAL);
    assert_int_equal(settle_as(f, 1, timers, FUP_QUEUE_BATCH_MAX), FUP_OK);
}

static void a_full_server_keeps_the_lease(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_timer timer = {.id = 1, .due_ms = 5};

    put(f, INFLIGHT, 1, 9);
    assert_int_equal(claim(f, 0)->n, 0);
    redis_server_do(&f->server, "CONFIG SET maxmemory 1");
    assert_int_equal(settle_as(f, 1, &timer, 1), FUP_EAWAY);
    assert_int_equal(score_of(f, INFLIGHT, 1), 9);
}

/* --- heal --------------------------------------------------------------- */

static void heals_only_what_is_missing(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_timer timers[] = {{.id = 1, .due_ms = 100},
                                             {.id = 2, .due_ms = 100},
                                             {.id = 3, .due_ms = 100}};

    put(f, DUE, 1, 5);
    put(f, INFLIGHT, 2, 6);
    assert_int_equal(heal(f, timers, 3), 1);
    assert_int_equal(score_of(f, DUE, 1), 5);
    assert_int_equal(score_of(f, DUE, 2), -1);
    assert_int_equal(score_of(f, INFLIGHT, 2), 6);
    assert_int_equal(score_of(f, DUE, 3), 100);
    assert_int_equal(heal(f, timers, 3), 0);
    assert_int_equal(heal(f, timers, 2), 0);
    assert_int_equal(heal(f, timers, 0), 0);
}

/* One that is put off a little stays where it is, one that is lost does not. */
static void heals_what_is_later_than_can_be(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_timer timers[] = {{.id = 1, .due_ms = 100},
                                             {.id = 2, .due_ms = 100}};
    int64_t now_ms = claim(f, 0)->now_ms;

    put(f, DUE, 1, now_ms + 30000);
    put(f, DUE, 2, now_ms + 90000);
    assert_int_equal(heal_all_but(f, 60000, timers, 2), 1);
    assert_int_equal(score_of(f, DUE, 1), now_ms + 30000);
    assert_int_equal(score_of(f, DUE, 2), 100);
    assert_int_equal(heal(f, timers, 2), 1);
    assert_int_equal(score_of(f, DUE, 1), 100);
}

/* --- fencing ------------------------------------------------------------ */

static void an_older_epoch_is_fenced(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_timer timer = {.id = 1, .due_ms = 5};

    (void)claim_as(f, 7, 10, 1000);
    assert_int_equal(last.code, FUP_OK);
    assert_int_equal(redis_server_int(&f->server, "HGET " META " epoch"), 7);
    (void)claim_as(f, 6, 10, 1000);
    assert_int_equal(last.code, FUP_EFENCED);
    assert_int_equal(settle_as(f, 6, &timer, 1), FUP_EFENCED);
    assert_int_equal(redis_server_int(&f->server, "EXISTS " DUE), 0);
    assert_int_equal(settle_as(f, 8, &timer, 1), FUP_OK);
    assert_int_equal(redis_server_int(&f->server, "HGET " META " epoch"), 8);
    (void)claim_as(f, 7, 10, 1000);
    assert_int_equal(last.code, FUP_EFENCED);
}

static void losing_everything_in_the_middle_is_harmless(void **state)
{
    struct fixture *f = *state;
    struct fup_queue_timer timer = {.id = 1, .due_ms = 5};

    put(f, DUE, 1, 5);
    assert_int_equal(claim(f, 10)->n, 1);
    redis_server_do(&f->server, "FLUSHALL");
    redis_server_do(&f->server, "SCRIPT FLUSH");
    timer.due_ms = FUP_QUEUE_NEVER;
    assert_int_equal(settle_as(f, 1, &timer, 1), FUP_OK);
    assert_int_equal(claim(f, 10)->n, 0);
    timer.due_ms = 6;
    assert_int_equal(heal(f, &timer, 1), 1);
    assert_int_equal(score_of(f, DUE, 1), 6);
    assert_int_equal(claim(f, 10)->n, 1);
    assert_int_equal(redis_server_int(&f->server, "HGET " META " epoch"), 1);
}

static void partitions_and_prefixes_are_apart(void **state)
{
    struct fixture *f = *state;
    struct fup_queue queue = queue_of(f);
    const struct fup_queue_timer timer = {.id = 1, .due_ms = 5};
    struct answer a = answer_for(f);

    queue.prefix = "other";
    queue.partition = 15;
    fup_queue_settle(&queue, &timer, 1, on_done, &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(redis_server_int(&f->server, "ZCARD other:{p15}:due"), 1);
    assert_int_equal(redis_server_int(&f->server, "DBSIZE"), 2);
}

static void without_a_server_it_is_away(void **state)
{
    struct fixture *f = *state;
    struct fup_queue_timer timer = {.id = 1, .due_ms = 5};

    redis_server_stop(&f->server);
    assert_true(loop_until(f, &f->lost, SOON));
    (void)claim_as(f, 1, 10, 1000);
    assert_int_equal(last.code, FUP_EAWAY);
    assert_false(last.has_claim);
    assert_int_equal(settle_as(f, 1, &timer, 1), FUP_EAWAY);
}

#define READY(test)                                                            \
    cmocka_unit_test_setup_teardown(test, with_session, without_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READY(claims_what_is_due_and_leases_it),
        READY(what_is_due_within_the_lead_is_claimed),
        READY(tells_exactly_when_the_next_is_due),
        READY(fresh_ones_go_before_the_backlog),
        READY(room_that_is_left_goes_to_the_others),
        READY(leases_that_ran_out_are_taken_over),
        READY(a_lease_is_taken_over_by_a_batch_of_one),
        READY(claims_a_whole_batch_and_no_more),
        READY(foreign_members_are_skipped_and_removed),
        READY(keys_of_a_wrong_type_are_an_error),
        READY(settles_each_timer_as_told),
        READY(a_batch_that_is_too_large_is_refused),
        READY(a_full_server_keeps_the_lease),
        READY(heals_only_what_is_missing),
        READY(heals_what_is_later_than_can_be),
        READY(an_older_epoch_is_fenced),
        READY(losing_everything_in_the_middle_is_harmless),
        READY(partitions_and_prefixes_are_apart),
        READY(without_a_server_it_is_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
