#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#define SOON 5000
#define OUT  "followup:{p00}:out:"

static struct {
    struct fixture *f;
    bool done;
    bool inside;
    size_t rows;
    enum fup_code code;
    struct fup_err err;
    char behind[64]; /* channel and seq, of all of them */
} last;

static void on_relayed(void *data,
                       enum fup_code code,
                       size_t done,
                       const struct fup_queue_behind *behind,
                       size_t n_behind,
                       const struct fup_err *err)
{
    struct fixture *f = data;

    last.inside = f->submitting;
    last.rows = done;
    last.code = code;
    last.err = *err;
    for (size_t i = 0; i < n_behind; i++) {
        size_t at = strlen(last.behind);

        (void)snprintf(last.behind + at, sizeof last.behind - at, "%s %lld ",
                       behind[i].channel, (long long)behind[i].seq);
    }
    last.done = true;
}

static size_t answer(struct fixture *f)
{
    f->submitting = false;
    assert_true(loop_until(f, &last.done, SOON));
    assert_false(last.inside);
    return last.rows;
}

static void begin(struct fixture *f)
{
    memset(&last, 0, sizeof last);
    f->submitting = true;
}

static size_t relay(struct fixture *f,
                    const struct fup_queue_row *rows,
                    size_t n,
                    int64_t max)
{
    struct fup_queue queue = queue_of(f);

    begin(f);
    fup_queue_relay(&queue, rows, n, max, on_relayed, f);
    return answer(f);
}

static size_t refill(struct fixture *f,
                     const struct fup_queue_row *rows,
                     size_t n,
                     int64_t next,
                     int64_t max)
{
    const struct fup_queue_refill what = {"sms", rows, n, next};
    struct fup_queue queue = queue_of(f);

    begin(f);
    fup_queue_refill(&queue, &what, max, on_relayed, f);
    return answer(f);
}

static struct fup_queue_row row(int64_t seq, const char *channel)
{
    return (struct fup_queue_row){.seq = seq,
                                  .channel = channel,
                                  .id = "m1",
                                  .kind = "check_in",
                                  .expires_at = "2026-11-21T09:30:00Z",
                                  .message = "{}"};
}

static long long len(struct fixture *f, const char *channel)
{
    return redis_server_int(&f->server, "XLEN " OUT "%s", channel);
}

static void rows_go_to_their_streams_under_their_numbers(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(5, "sms"), row(6, NULL),
                                         row(7, "email"), row(9, "sms")};
    redisReply *all;

    assert_int_equal(relay(f, rows, 4, 100), 4);
    assert_int_equal(last.code, FUP_OK);
    assert_int_equal(len(f, "email"), 1);
    all = redis_server_ask(&f->server, "XRANGE " OUT "sms - +");
    assert_int_equal(all->elements, 2);
    assert_string_equal(all->element[0]->element[0]->str, "5-0");
    assert_string_equal(all->element[1]->element[0]->str, "9-0");
    assert_int_equal(all->element[0]->element[1]->elements, 8);
    assert_string_equal(all->element[0]->element[1]->element[0]->str, "id");
    assert_string_equal(all->element[0]->element[1]->element[1]->str, "m1");
    assert_string_equal(all->element[0]->element[1]->element[2]->str, "kind");
    assert_string_equal(all->element[0]->element[1]->element[4]->str,
                        "expires_at");
    assert_string_equal(all->element[0]->element[1]->element[6]->str,
                        "message");
    freeReplyObject(all);
}

static void senders_can_read_from_the_start(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(2, "sms")};
    redisReply *got;

    assert_int_equal(relay(f, rows, 2, 100), 2);
    got = redis_server_ask(
        &f->server, "XREADGROUP GROUP senders s COUNT 10 STREAMS " OUT "sms >");
    assert_int_equal(got->type, REDIS_REPLY_ARRAY);
    assert_int_equal(got->element[0]->element[1]->elements, 2);
    freeReplyObject(got);
}

static void the_group_is_made_again_when_it_was_destroyed(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(2, "sms")};

    assert_int_equal(relay(f, rows, 1, 100), 1);
    redis_server_do(&f->server, "XGROUP DESTROY " OUT "sms senders");
    assert_int_equal(relay(f, rows, 2, 100), 2);
    assert_int_equal(
        redis_server_int(&f->server, "XGROUP DESTROY " OUT "sms senders"), 1);
}

static void a_repeat_is_harmless(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(2, "sms"),
                                         row(3, "sms")};

    assert_int_equal(relay(f, rows, 2, 100), 2);
    redis_server_do(&f->server, "XDEL " OUT "sms 1-0 2-0");
    assert_int_equal(relay(f, rows, 3, 100), 3);
    assert_int_equal(len(f, "sms"), 1);
    assert_int_equal(relay(f, rows, 3, 100), 3);
    assert_int_equal(last.code, FUP_OK);
    assert_int_equal(len(f, "sms"), 1);
}

/* A row that fails in the middle must not be passed by those behind it. */
static void a_failing_row_stops_the_batch_until_it_is_healed(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(2, NULL),
                                         row(3, "email"), row(4, "sms"),
                                         row(5, "email")};

    redis_server_do(&f->server, "SET " OUT "email x");
    assert_int_equal(relay(f, rows, 5, 100), 2);
    assert_int_equal(last.code, FUP_EREFUSED);
    assert_non_null(strstr(last.err.msg, "WRONGTYPE"));
    assert_int_equal(len(f, "sms"), 1);
    redis_server_do(&f->server, "DEL " OUT "email");
    assert_int_equal(relay(f, rows, 5, 100), 5);
    assert_int_equal(last.code, FUP_OK);
    assert_int_equal(len(f, "sms"), 2);
    assert_int_equal(len(f, "email"), 2);
}

static void a_server_without_memory_takes_none_and_loses_none(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(2, "sms"),
                                         row(3, "sms")};

    assert_int_equal(relay(f, rows, 1, 100), 1);
    redis_server_do(&f->server, "CONFIG SET maxmemory 1");
    assert_int_equal(relay(f, rows, 3, 100), 0);
    assert_int_equal(last.code, FUP_EAWAY);
    redis_server_do(&f->server, "CONFIG SET maxmemory 0");
    assert_int_equal(relay(f, rows, 3, 100), 3);
    assert_int_equal(len(f, "sms"), 3);
}

static void a_full_stream_stops_no_other(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(2, "email"),
                                         row(3, "sms"), row(4, "sms"),
                                         row(5, "email")};

    assert_int_equal(relay(f, rows, 5, 2), 5);
    assert_int_equal(last.code, FUP_OK);
    assert_string_equal(last.behind, "sms 4 ");
    assert_int_equal(len(f, "sms"), 2);
    assert_int_equal(len(f, "email"), 2);
}

/* Else 4 could never be added. */
static void a_stream_that_is_behind_gets_no_later_row(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(3, "sms"),
                                         row(4, "sms"), row(6, "sms")};

    assert_int_equal(relay(f, rows, 3, 2), 3);
    redis_server_do(&f->server, "XDEL " OUT "sms 1-0 3-0");
    assert_int_equal(relay(f, rows + 3, 1, 2), 1);
    assert_string_equal(last.behind, "sms 4 ");
    assert_int_equal(len(f, "sms"), 0);
    assert_int_equal(refill(f, rows + 2, 1, 5, 2), 1);
    assert_string_equal(last.behind, "sms 5 ");
    assert_int_equal(relay(f, rows + 3, 1, 2), 1);
    assert_int_equal(len(f, "sms"), 1);
    assert_int_equal(refill(f, rows + 3, 1, -1, 2), 1);
    assert_string_equal(last.behind, "");
    assert_int_equal(len(f, "sms"), 2);
    redis_server_do(&f->server, "XDEL " OUT "sms 4-0");
    assert_int_equal(
        relay(f, &(struct fup_queue_row){.seq = 7, .channel = "sms"}, 1, 2), 1);
    assert_int_equal(len(f, "sms"), 2);
}

static void a_refill_ends_where_the_stream_is_full(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(2, "sms"),
                                         row(3, "sms"), row(4, "sms")};

    assert_int_equal(relay(f, rows, 4, 1), 4);
    assert_int_equal(refill(f, rows + 1, 3, -1, 3), 3);
    assert_string_equal(last.behind, "sms 4 ");
    assert_int_equal(len(f, "sms"), 3);
}

static void a_stream_that_is_deleted_is_behind_from_the_start(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(2, "email"),
                                         row(3, "sms"), row(4, "sms")};

    assert_int_equal(relay(f, rows, 3, 9), 3);
    redis_server_do(&f->server, "DEL " OUT "sms");
    /* as a sender does that waits for it */
    redis_server_do(&f->server, "XGROUP CREATE " OUT "sms senders 0 MKSTREAM");
    assert_int_equal(relay(f, rows + 3, 1, 9), 1);
    assert_string_equal(last.behind, "sms 0 ");
    assert_int_equal(len(f, "sms"), 0);
    assert_int_equal(
        refill(f, (const struct fup_queue_row[]){rows[0], rows[2], rows[3]}, 3,
               -1, 9),
        3);
    assert_string_equal(last.behind, "");
    assert_int_equal(len(f, "sms"), 3);
    assert_int_equal(len(f, "email"), 1);
}

static void a_row_is_withdrawn(void **state)
{
    struct fixture *f = *state;
    struct fup_queue_row rows[] = {row(1, "sms"), row(2, "sms")};

    assert_int_equal(relay(f, rows, 2, 100), 2);
    rows[0].withdraw = true;
    rows[0].message = NULL;
    assert_int_equal(relay(f, rows, 1, 1), 1);
    assert_int_equal(len(f, "sms"), 1);
    assert_int_equal(relay(f, rows, 1, 1), 1);
    rows[0].channel = "never_used";
    assert_int_equal(relay(f, rows, 1, 1), 1);
    assert_int_equal(len(f, "never_used"), 0);
}

static void shadow_rows_go_apart_and_are_capped(void **state)
{
    struct fixture *f = *state;
    static struct fup_queue_row rows[1000];
    long long n;

    for (int64_t batch = 0; batch < 11; batch++) {
        for (int64_t i = 0; i < 1000; i++) {
            rows[i] = row(batch * 1000 + i + 1, "sms");
            rows[i].shadow = true;
        }
        assert_int_equal(relay(f, rows, 1000, 5), 1000);
    }
    n = redis_server_int(&f->server, "XLEN followup:{p00}:shadow:sms");
    assert_true(n >= 10000 && n < 10300);
    assert_int_equal(redis_server_int(&f->server, "EXISTS " OUT "sms"), 0);
}

static void only_what_goes_nowhere_is_done_without_redis(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, NULL), row(2, NULL)};

    assert_int_equal(relay(f, rows, 2, 100), 2);
    assert_int_equal(relay(f, rows, 0, 100), 0);
    assert_int_equal(redis_server_int(&f->server, "DBSIZE"), 0);
}

static void an_older_owner_relays_nothing(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms")};

    redis_server_do(&f->server, "HSET followup:{p00}:meta epoch 2");
    assert_int_equal(relay(f, rows, 1, 100), 0);
    assert_int_equal(last.code, FUP_EFENCED);
    assert_int_equal(redis_server_int(&f->server, "EXISTS " OUT "sms"), 0);
}

static void losing_the_stream_begins_it_anew(void **state)
{
    struct fixture *f = *state;
    const struct fup_queue_row rows[] = {row(1, "sms"), row(2, "sms")};

    assert_int_equal(relay(f, rows, 2, 100), 2);
    redis_server_do(&f->server, "FLUSHALL");
    assert_int_equal(relay(f, rows + 1, 1, 100), 1);
    assert_int_equal(len(f, "sms"), 1);
    assert_int_equal(
        redis_server_int(&f->server, "XGROUP DESTROY " OUT "sms senders"), 1);
}

#define READY(test)                                                            \
    cmocka_unit_test_setup_teardown(test, with_session, without_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READY(rows_go_to_their_streams_under_their_numbers),
        READY(senders_can_read_from_the_start),
        READY(the_group_is_made_again_when_it_was_destroyed),
        READY(a_repeat_is_harmless),
        READY(a_failing_row_stops_the_batch_until_it_is_healed),
        READY(a_server_without_memory_takes_none_and_loses_none),
        READY(a_full_stream_stops_no_other),
        READY(a_stream_that_is_behind_gets_no_later_row),
        READY(a_refill_ends_where_the_stream_is_full),
        READY(a_stream_that_is_deleted_is_behind_from_the_start),
        READY(a_row_is_withdrawn),
        READY(shadow_rows_go_apart_and_are_capped),
        READY(only_what_goes_nowhere_is_done_without_redis),
        READY(an_older_owner_relays_nothing),
        READY(losing_the_stream_begins_it_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
