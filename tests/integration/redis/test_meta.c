#include "fixture.h"

#include <string.h>

#include <hiredis/hiredis.h>

#define SOON 5000
#define META "followup:{p00}:meta"

static struct {
    bool done;
    int calls;
    enum fup_code code;
    bool has_meta;
    struct fup_queue_meta meta;
} got;

static void on_meta(void *data,
                    enum fup_code code,
                    const struct fup_queue_meta *meta,
                    const struct fup_err *err)
{
    (void)data;
    (void)err;
    got.done = true;
    got.calls++;
    got.code = code;
    got.has_meta = meta != NULL;
    if (meta != NULL) {
        got.meta = *meta;
    }
}

static const struct fup_queue_meta *read_meta(struct fixture *f)
{
    struct fup_queue queue = queue_of(f);

    memset(&got, 0, sizeof got);
    fup_queue_meta(&queue, on_meta, NULL);
    assert_int_equal(got.calls, 0);
    assert_true(loop_until(f, &got.done, SOON));
    assert_int_equal(got.code, FUP_OK);
    return &got.meta;
}

static struct answer
build_step(struct fixture *f,
           int64_t epoch,
           void (*step)(const struct fup_queue *, fup_queue_cb, void *))
{
    struct fup_queue queue = queue_of(f);
    struct answer a = answer_for(f);

    queue.epoch = epoch;
    f->submitting = true;
    step(&queue, on_done, &a);
    f->submitting = false;
    assert_true(loop_until(f, &a.done, SOON));
    assert_false(a.inside);
    return a;
}

static struct answer built(struct fixture *f, int64_t epoch)
{
    struct answer begun = build_step(f, epoch, fup_queue_begin);

    return begun.code == FUP_OK ? build_step(f, epoch, fup_queue_built) : begun;
}

static struct answer events(struct fixture *f,
                            const struct fup_queue_event *list,
                            size_t n,
                            int64_t relayed)
{
    struct fup_queue queue = queue_of(f);
    struct answer a = answer_for(f);

    f->submitting = true;
    fup_queue_events(&queue, list, n, relayed, on_done, &a);
    f->submitting = false;
    assert_true(loop_until(f, &a.done, SOON));
    assert_false(a.inside);
    assert_int_equal(a.calls, 1);
    return a;
}

static struct answer check(struct fixture *f)
{
    struct answer a = answer_for(f);

    f->submitting = true;
    fup_queue_check(f->redis, on_done, &a);
    f->submitting = false;
    assert_true(loop_until(f, &a.done, SOON));
    assert_false(a.inside);
    assert_int_equal(a.calls, 1);
    return a;
}

/* --- meta --------------------------------------------------------------- */

static void nothing_is_built_at_first(void **state)
{
    const struct fup_queue_meta *meta = read_meta(*state);

    assert_false(meta->built);
    assert_int_equal(meta->relayed, -1);
}

static void what_was_built_is_known_until_the_server_restarts(void **state)
{
    struct fixture *f = *state;
    const char *const args[] = {"--appendonly", "yes", "--appendfsync",
                                "always", NULL};

    assert_true(redis_server_restart(&f->server, args));
    assert_true(loop_until(f, &f->lost, SOON));
    assert_true(loop_until(f, &f->ready, SOON));
    assert_int_equal(built(f, 1).code, FUP_OK);
    assert_true(read_meta(f)->built);
    f->ready = false;
    assert_true(redis_server_restart(&f->server, args));
    assert_true(loop_until(f, &f->ready, SOON));
    assert_int_equal(redis_server_int(&f->server, "HEXISTS " META " built"), 1);
    assert_false(read_meta(f)->built);
}

static void what_was_built_is_forgotten_with_everything_else(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(built(f, 1).code, FUP_OK);
    redis_server_do(&f->server, "FLUSHALL");
    assert_false(read_meta(f)->built);
}

static void what_was_built_is_forgotten_with_the_timers(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(built(f, 1).code, FUP_OK);
    redis_server_do(&f->server, "ZADD followup:{p00}:due 5 x");
    assert_true(read_meta(f)->built);
    redis_server_do(&f->server, "DEL followup:{p00}:due");
    assert_false(read_meta(f)->built);
    assert_int_equal(built(f, 1).code, FUP_OK);
    redis_server_do(&f->server, "DEL followup:{p00}:inflight");
    assert_false(read_meta(f)->built);
}

static void what_is_lost_while_it_is_built_is_not_built(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(build_step(f, 1, fup_queue_begin).code, FUP_OK);
    redis_server_do(&f->server, "FLUSHALL");
    redis_server_do(&f->server, "ZADD followup:{p00}:due 5 x");
    assert_int_equal(build_step(f, 1, fup_queue_built).code, FUP_ELOST);
    assert_false(read_meta(f)->built);
}

/* As one that was used before. */
static void a_stream_is_there(struct fixture *f)
{
    redis_server_do(&f->server,
                    "XADD followup:{p00}:out:sms 5-0 id m1 message {}");
    redis_server_do(&f->server, "HSET " META " out:sms 1 relayed 5");
}

static void an_empty_stream_is_not_a_lost_one(void **state)
{
    struct fixture *f = *state;

    a_stream_is_there(f);
    redis_server_do(&f->server, "XDEL followup:{p00}:out:sms 5-0");
    assert_int_equal(read_meta(f)->n_behind, 0);
}

static void is_behind(struct fixture *f)
{
    const struct fup_queue_meta *meta = read_meta(f);

    assert_int_equal(meta->relayed, 5);
    assert_int_equal(meta->n_behind, 1);
    assert_int_equal(meta->behind[0].seq, 0);
}

static void a_deleted_stream_is_behind(void **state)
{
    struct fixture *f = *state;

    a_stream_is_there(f);
    redis_server_do(&f->server, "DEL followup:{p00}:out:sms");
    is_behind(f);
    is_behind(f);
}

static void a_sender_that_makes_a_stream_anew_hides_nothing(void **state)
{
    struct fixture *f = *state;

    a_stream_is_there(f);
    redis_server_do(&f->server, "DEL followup:{p00}:out:sms");
    redis_server_do(&f->server, "XGROUP CREATE followup:{p00}:out:sms senders "
                                "0 MKSTREAM");
    is_behind(f);
}

static void an_older_owner_has_built_nothing(void **state)
{
    struct fixture *f = *state;

    redis_server_do(&f->server, "HSET " META " epoch 5");
    assert_int_equal(built(f, 4).code, FUP_EFENCED);
    assert_false(read_meta(f)->built);
}

static void a_hash_of_a_wrong_type_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct fup_queue queue = queue_of(f);

    redis_server_do(&f->server, "SET " META " x");
    memset(&got, 0, sizeof got);
    fup_queue_meta(&queue, on_meta, NULL);
    assert_true(loop_until(f, &got.done, SOON));
    assert_int_equal(got.code, FUP_EREFUSED);
    assert_false(got.has_meta);
    assert_int_equal(built(f, 1).code, FUP_EREFUSED);
}

/* --- events ------------------------------------------------------------- */

static const char *const fields[] = {"event", "fired", "tenant", ""};
static const struct fup_queue_event two[] = {{.fields = fields, .n_fields = 4},
                                             {.fields = fields, .n_fields = 2}};

static void events_are_added_and_the_mark_moves(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(events(f, two, 2, 41).code, FUP_OK);
    assert_int_equal(read_meta(f)->relayed, 41);
    assert_int_equal(redis_server_int(&f->server, "XLEN followup:events"), 2);
    assert_int_equal(events(f, NULL, 0, 43).code, FUP_OK);
    assert_int_equal(read_meta(f)->relayed, 43);
}

static void the_mark_stays_when_an_event_is_refused(void **state)
{
    struct fixture *f = *state;

    redis_server_do(&f->server, "SET followup:events x");
    assert_int_equal(events(f, two, 2, 41).code, FUP_EREFUSED);
    assert_int_equal(read_meta(f)->relayed, -1);
    redis_server_do(&f->server, "HSET " META " epoch 5");
    redis_server_do(&f->server, "DEL followup:events");
    assert_int_equal(events(f, two, 2, 41).code, FUP_EFENCED);
    assert_int_equal(read_meta(f)->relayed, -1);
}

static void the_stream_of_events_is_capped(void **state)
{
    struct fixture *f = *state;
    static struct fup_queue_event many[1100];
    long long n;

    for (size_t i = 0; i < 1100; i++) {
        many[i] = two[0];
    }
    for (int i = 0; i < 10; i++) {
        assert_int_equal(events(f, many, 1100, i).code, FUP_OK);
    }
    n = redis_server_int(&f->server, "XLEN followup:events");
    assert_true(n >= 10000 && n < 10300);
}

/* --- check -------------------------------------------------------------- */

static void a_server_that_evicts_is_refused(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    redis_server_do(&f->server, "CONFIG SET maxmemory-policy allkeys-lru");
    a = check(f);
    assert_int_equal(a.code, FUP_EREFUSED);
    assert_non_null(strstr(a.err.msg, "allkeys-lru"));
}

static void a_server_without_aof_is_warned_about(void **state)
{
    struct answer a = check(*state);

    assert_int_equal(a.code, FUP_OK);
    assert_non_null(strstr(a.err.msg, "appendonly"));
}

static void a_server_as_it_should_be_passes(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    redis_server_do(&f->server, "CONFIG SET appendonly yes");
    a = check(f);
    assert_int_equal(a.code, FUP_OK);
    assert_string_equal(a.err.msg, "");
}

static void where_config_is_forbidden_info_tells(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    redis_server_do(&f->server, "CONFIG SET appendonly yes");
    redis_server_do(&f->server, "ACL SETUSER default -config");
    a = check(f);
    assert_int_equal(a.code, FUP_OK);
    assert_non_null(strstr(a.err.msg, "CONFIG"));
}

static void an_evicting_server_that_forbids_config_is_refused(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    redis_server_do(&f->server, "CONFIG SET maxmemory-policy volatile-ttl");
    redis_server_do(&f->server, "ACL SETUSER default -config");
    a = check(f);
    assert_int_equal(a.code, FUP_EREFUSED);
    assert_non_null(strstr(a.err.msg, "volatile-ttl"));
}

static void a_server_that_tells_nothing_is_warned_about(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    redis_server_do(&f->server, "ACL SETUSER default -config -info");
    a = check(f);
    assert_int_equal(a.code, FUP_OK);
    assert_non_null(strstr(a.err.msg, "maxmemory-policy"));
}

static void a_check_without_a_server_is_away(void **state)
{
    struct fixture *f = *state;

    redis_server_stop(&f->server);
    assert_true(loop_until(f, &f->lost, SOON));
    assert_int_equal(check(f).code, FUP_EAWAY);
}

#define READY(test)                                                            \
    cmocka_unit_test_setup_teardown(test, with_session, without_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READY(nothing_is_built_at_first),
        READY(what_was_built_is_known_until_the_server_restarts),
        READY(what_was_built_is_forgotten_with_everything_else),
        READY(what_was_built_is_forgotten_with_the_timers),
        READY(what_is_lost_while_it_is_built_is_not_built),
        READY(an_empty_stream_is_not_a_lost_one),
        READY(a_deleted_stream_is_behind),
        READY(a_sender_that_makes_a_stream_anew_hides_nothing),
        READY(an_older_owner_has_built_nothing),
        READY(a_hash_of_a_wrong_type_is_an_error),
        READY(events_are_added_and_the_mark_moves),
        READY(the_mark_stays_when_an_event_is_refused),
        READY(the_stream_of_events_is_capped),
        READY(a_server_that_evicts_is_refused),
        READY(a_server_without_aof_is_warned_about),
        READY(a_server_as_it_should_be_passes),
        READY(where_config_is_forbidden_info_tells),
        READY(an_evicting_server_that_forbids_config_is_refused),
        READY(a_server_that_tells_nothing_is_warned_about),
        READY(a_check_without_a_server_is_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
