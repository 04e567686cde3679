#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#define SOON     5000
#define COMMANDS "followup:commands"
#define RECEIPTS "followup:receipts"

/* One read's end. */
static struct {
    struct fixture *f;
    bool done;
    int calls;
    bool inside;
    enum fup_code code;
    struct fup_err err;
    size_t n;
    size_t n_receipts;
    char id[32];       /* of the first */
    char field[4][64]; /* of the first */
    size_t lens[4];
    size_t n_fields;
    bool cut;
} got;

static void on_entries(void *data,
                       enum fup_code code,
                       const struct fup_queue_entry *entries,
                       size_t n,
                       const struct fup_err *err)
{
    (void)data;
    got.done = true;
    got.calls++;
    got.inside = got.f->submitting;
    got.code = code;
    got.err = *err;
    got.n = n;
    for (size_t i = 0; i < n; i++) {
        got.n_receipts += entries[i].inbox == FUP_QUEUE_RECEIPTS;
    }
    if (n == 0) {
        return;
    }
    (void)snprintf(got.id, sizeof got.id, "%s", entries[0].id);
    got.n_fields = entries[0].n_fields;
    got.cut = entries[0].cut;
    for (size_t i = 0; i < got.n_fields && i < 4; i++) {
        (void)snprintf(got.field[i], sizeof got.field[i], "%s",
                       entries[0].fields[i]);
        got.lens[i] = entries[0].lens[i];
    }
}

static void
begin_read(struct fixture *f, const char *who, int64_t block_ms, bool again)
{
    memset(&got, 0, sizeof got);
    got.f = f;
    f->submitting = true;
    fup_queue_read(f->redis, "followup", who, block_ms, again, on_entries, f);
    f->submitting = false;
}

static size_t read_as(struct fixture *f, const char *who, bool again)
{
    begin_read(f, who, 0, again);
    assert_true(loop_until(f, &got.done, SOON));
    assert_false(got.inside);
    assert_int_equal(got.code, FUP_OK);
    return got.n;
}

static size_t read_new(struct fixture *f)
{
    return read_as(f, "w1", false);
}

static void ack(struct fixture *f, enum fup_queue_inbox inbox, const char *id)
{
    struct answer a = answer_for(f);
    const char *const ids[] = {id};

    f->submitting = true;
    fup_queue_ack(f->redis, "followup", inbox, ids, 1, on_done, &a);
    f->submitting = false;
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(a.calls, 1);
}

static long long pending(struct fixture *f, const char *key)
{
    redisReply *reply =
        redis_server_ask(&f->server, "XPENDING %s followup", key);
    long long n =
        reply->type == REDIS_REPLY_ARRAY ? reply->element[0]->integer : -1;

    freeReplyObject(reply);
    return n;
}

/* --- reading ------------------------------------------------------------ */

static void makes_the_groups_and_reads_from_the_start(void **state)
{
    struct fixture *f = *state;

    redis_server_do(&f->server, "XADD " COMMANDS " 1-1 action pause by ana");
    redis_server_do(&f->server, "XADD " RECEIPTS " 1-1 id m1");
    assert_int_equal(read_new(f), 2);
    assert_int_equal(got.n_receipts, 1);
    assert_string_equal(got.id, "1-1");
    assert_int_equal(got.n_fields, 4);
    assert_string_equal(got.field[0], "action");
    assert_string_equal(got.field[1], "pause");
    assert_string_equal(got.field[3], "ana");
    assert_int_equal(got.lens[3], 3);
    assert_false(got.cut);
    assert_int_equal(read_new(f), 0);
    assert_int_equal(got.calls, 1);
}

static void waits_for_an_entry(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_new(f), 0);
    begin_read(f, "w1", 1000, false);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    redis_server_do(&f->server, "XADD " RECEIPTS " * id m1");
    assert_true(loop_until(f, &got.done, 900));
    assert_int_equal(got.n, 1);
    begin_read(f, "w1", 30, false);
    assert_true(loop_until(f, &got.done, SOON));
    assert_int_equal(got.code, FUP_OK);
    assert_int_equal(got.n, 0);
}

static void goes_on_when_the_streams_vanish(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_new(f), 0);
    begin_read(f, "w1", 200, false);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    redis_server_do(&f->server, "FLUSHALL");
    redis_server_do(&f->server, "XADD " COMMANDS " * action pause");
    assert_true(loop_until(f, &got.done, SOON));
    assert_int_equal(got.code, FUP_OK);
    if (got.n == 0) {
        (void)read_new(f);
    }
    assert_int_equal(got.n, 1);
}

static void reads_a_hundred_at_a_time(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 130; i++) {
        redis_server_do(&f->server, "XADD " COMMANDS " * n %d", i);
    }
    assert_int_equal(read_new(f), 100);
    assert_int_equal(read_new(f), 30);
}

static void streams_of_a_wrong_type_are_an_error(void **state)
{
    struct fixture *f = *state;

    redis_server_do(&f->server, "SET " RECEIPTS " x");
    begin_read(f, "w1", 0, false);
    assert_true(loop_until(f, &got.done, SOON));
    assert_int_equal(got.code, FUP_EREFUSED);
    assert_int_equal(got.calls, 1);
}

static void values_of_any_size_and_kind_arrive(void **state)
{
    struct fixture *f = *state;
    size_t len = (size_t)10 * 1024 * 1024;
    char *value = malloc(len);

    assert_non_null(value);
    memset(value, 'x', len);
    redis_server_do(&f->server, "XADD " COMMANDS " * big %b nul %b", value, len,
                    "a\0b", (size_t)3);
    free(value);
    assert_int_equal(read_new(f), 1);
    assert_int_equal(got.lens[1], len);
    assert_int_equal(got.lens[3], 3);
    assert_string_equal(got.field[3], "a");
}

static void an_entry_of_too_many_fields_is_cut_and_says_so(void **state)
{
    struct fixture *f = *state;
    char line[4096] = "XADD " COMMANDS " *";
    size_t at = strlen(line);

    for (int i = 0; i < 65; i++) {
        at += (size_t)snprintf(line + at, sizeof line - at, " f%d v", i);
    }
    redis_server_do(&f->server, line);
    assert_int_equal(read_new(f), 1);
    assert_int_equal(got.n_fields, 2 * FUP_QUEUE_FIELDS_MAX);
    assert_true(got.cut);
}

static void a_consumer_name_that_is_too_long_is_refused(void **state)
{
    struct fixture *f = *state;
    char name[200];

    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    begin_read(f, name, 0, false);
    assert_int_equal(got.calls, 0);
    assert_true(loop_until(f, &got.done, SOON));
    assert_int_equal(got.code, FUP_EINVAL);
}

/* --- again -------------------------------------------------------------- */

static void comes_again_until_acknowledged(void **state)
{
    struct fixture *f = *state;

    redis_server_do(&f->server, "XADD " COMMANDS " 1-1 n 1");
    redis_server_do(&f->server, "XADD " RECEIPTS " 2-1 n 2");
    assert_int_equal(read_as(f, "w1", true), 0);
    assert_int_equal(read_new(f), 2);
    assert_int_equal(read_as(f, "w1", true), 2);
    ack(f, FUP_QUEUE_COMMANDS, "1-1");
    assert_int_equal(redis_server_int(&f->server, "XLEN " COMMANDS), 0);
    assert_int_equal(pending(f, COMMANDS), 0);
    assert_int_equal(read_as(f, "w1", true), 1);
    assert_int_equal(got.n_receipts, 1);
    ack(f, FUP_QUEUE_RECEIPTS, "2-1");
    assert_int_equal(read_as(f, "w1", true), 0);
}

static void takes_over_what_another_left(void **state)
{
    struct fixture *f = *state;

    redis_server_do(&f->server, "XADD " COMMANDS " 1-1 n 1");
    redis_server_do(&f->server, "XADD " RECEIPTS " 1-1 n 1");
    redis_server_do(&f->server, "XADD " RECEIPTS " 1-2 n 2");
    assert_int_equal(read_as(f, "gone", false), 3);
    assert_int_equal(read_as(f, "w1", true), 0);
    redis_server_do(&f->server,
                    "XCLAIM " RECEIPTS " followup gone 0 1-2 IDLE 70000");
    assert_int_equal(read_as(f, "w1", true), 1);
    assert_string_equal(got.id, "1-2");
    assert_int_equal(got.n_receipts, 1);
    redis_server_do(&f->server,
                    "XCLAIM " COMMANDS " followup gone 0 1-1 IDLE 70000");
    ack(f, FUP_QUEUE_RECEIPTS, "1-2");
    assert_int_equal(read_as(f, "w1", true), 1);
    assert_int_equal(got.n_receipts, 0);
    /* They are ours now. */
    assert_int_equal(read_as(f, "w1", true), 1);
    assert_string_equal(got.id, "1-1");
}

static void entries_deleted_while_pending_are_forgotten(void **state)
{
    struct fixture *f = *state;

    redis_server_do(&f->server, "XADD " COMMANDS " 1-1 n 1");
    redis_server_do(&f->server, "XADD " COMMANDS " 1-2 n 2");
    assert_int_equal(read_new(f), 2);
    redis_server_do(&f->server, "XDEL " COMMANDS " 1-1");
    assert_int_equal(read_as(f, "w1", true), 1);
    assert_string_equal(got.id, "1-2");
    assert_int_equal(read_as(f, "w1", true), 1);
    assert_int_equal(pending(f, COMMANDS), 1);
    redis_server_do(&f->server, "XDEL " COMMANDS " 1-2");
    assert_int_equal(read_as(f, "w1", true), 0);
    assert_int_equal(pending(f, COMMANDS), 0);
}

/* --- acknowledging, rejecting, answering -------------------------------- */

static void acknowledging_nothing_is_fine(void **state)
{
    struct fixture *f = *state;
    struct answer a = answer_for(f);

    f->submitting = true;
    fup_queue_ack(f->redis, "followup", FUP_QUEUE_COMMANDS, NULL, 0, on_done,
                  &a);
    f->submitting = false;
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_OK);
    assert_false(a.inside);
}

static void reject(struct fixture *f, struct answer *a)
{
    static char body[3000];
    const char *const fields[] = {"action", "dance", "body", body};
    const size_t lens[] = {6, 5, 4, sizeof body};
    const struct fup_queue_entry entry = {.inbox = FUP_QUEUE_COMMANDS,
                                          .id = "1-1",
                                          .fields = fields,
                                          .lens = lens,
                                          .n_fields = 4};

    memset(body, 'x', sizeof body);
    *a = answer_for(f);
    f->submitting = true;
    fup_queue_reject(f->redis, "followup", &entry, "unknown action", on_done,
                     a);
    f->submitting = false;
    assert_true(loop_until(f, &a->done, SOON));
    assert_int_equal(a->calls, 1);
}

static void a_rejected_entry_is_copied_and_gone(void **state)
{
    struct fixture *f = *state;
    struct answer a;
    redisReply *all;
    redisReply *fields;

    redis_server_do(&f->server, "XADD " COMMANDS " 1-1 action dance");
    assert_int_equal(read_new(f), 1);
    reject(f, &a);
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(redis_server_int(&f->server, "XLEN " COMMANDS), 0);
    assert_int_equal(pending(f, COMMANDS), 0);
    all = redis_server_ask(&f->server, "XRANGE followup:rejected - +");
    assert_int_equal(all->elements, 1);
    fields = all->element[0]->element[1];
    assert_int_equal(fields->elements, 10);
    assert_string_equal(fields->element[0]->str, "stream");
    assert_string_equal(fields->element[1]->str, "commands");
    assert_string_equal(fields->element[3]->str, "1-1");
    assert_string_equal(fields->element[5]->str, "unknown action");
    assert_string_equal(fields->element[7]->str, "dance");
    assert_int_equal(fields->element[9]->len, 1000);
    freeReplyObject(all);
}

static void an_entry_that_cannot_be_copied_stays(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    redis_server_do(&f->server, "XADD " COMMANDS " 1-1 action dance");
    assert_int_equal(read_new(f), 1);
    redis_server_do(&f->server, "CONFIG SET maxmemory 1");
    reject(f, &a);
    assert_int_equal(a.code, FUP_EAWAY);
    assert_int_equal(pending(f, COMMANDS), 1);
}

static void answer(struct fixture *f,
                   const char *request,
                   const char *json,
                   enum fup_code is)
{
    struct answer a = answer_for(f);

    f->submitting = true;
    fup_queue_answer(f->redis, "followup", request, json, on_done, &a);
    f->submitting = false;
    assert_true(loop_until(f, &a.done, SOON));
    assert_false(a.inside);
    assert_int_equal(a.code, is);
}

static void an_answer_is_kept_for_a_minute(void **state)
{
    struct fixture *f = *state;
    long long ttl;

    answer(f, "r1", "{\"ok\":false}", FUP_OK);
    answer(f, "r1", "{\"ok\":true}", FUP_OK);
    ttl = redis_server_int(&f->server, "PTTL followup:reply:r1");
    assert_true(ttl > 50000 && ttl <= 60000);
    assert_int_equal(redis_server_int(&f->server, "LLEN followup:reply:r1"), 1);
}

static void a_request_id_that_is_too_long_is_refused(void **state)
{
    struct fixture *f = *state;
    char id[600];

    memset(id, 'r', sizeof id);
    id[sizeof id - 1] = '\0';
    answer(f, id, "{}", FUP_ELIMIT);
    assert_int_equal(redis_server_int(&f->server, "DBSIZE"), 0);
}

/* --- closing ------------------------------------------------------------ */

static void closing_while_waiting_calls_back_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_new(f), 0);
    begin_read(f, "w1", 1000, false);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    fixture_close(f);
    assert_int_equal(got.calls, 1);
    assert_int_equal(got.code, FUP_EUNKNOWN);
}

#define READY(test)                                                            \
    cmocka_unit_test_setup_teardown(test, with_session, without_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READY(makes_the_groups_and_reads_from_the_start),
        READY(waits_for_an_entry),
        READY(goes_on_when_the_streams_vanish),
        READY(reads_a_hundred_at_a_time),
        READY(streams_of_a_wrong_type_are_an_error),
        READY(values_of_any_size_and_kind_arrive),
        READY(an_entry_of_too_many_fields_is_cut_and_says_so),
        READY(a_consumer_name_that_is_too_long_is_refused),
        READY(comes_again_until_acknowledged),
        READY(takes_over_what_another_left),
        READY(entries_deleted_while_pending_are_forgotten),
        READY(acknowledging_nothing_is_fine),
        READY(a_rejected_entry_is_copied_and_gone),
        READY(an_entry_that_cannot_be_copied_stays),
        READY(an_answer_is_kept_for_a_minute),
        READY(a_request_id_that_is_too_long_is_refused),
        READY(closing_while_waiting_calls_back_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
