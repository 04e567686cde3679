#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "batch.h"

#define NOW INT64_C(1795253400000000) /* 2026-11-21T09:30:00Z */

struct fixture {
    struct fup_batch batch;
    redisReader *reader;
    redisReply *reply;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f != NULL) {
        f->reader = redisReaderCreate();
    }
    *state = f;
    return f != NULL && f->reader != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fup_batch_clear(&f->batch);
    if (f->reply != NULL) {
        freeReplyObject(f->reply);
    }
    redisReaderFree(f->reader);
    free(f);
    return 0;
}

/* What Redis would answer, as it goes over the wire. */
static const redisReply *answer(struct fixture *f, const char *wire)
{
    void *reply = NULL;

    assert_int_equal(redisReaderFeed(f->reader, wire, strlen(wire)), REDIS_OK);
    assert_int_equal(redisReaderGetReply(f->reader, &reply), REDIS_OK);
    assert_non_null(reply);
    if (f->reply != NULL) {
        freeReplyObject(f->reply);
    }
    f->reply = reply;
    return f->reply;
}

/* One entry of message @id that expires in @year. */
static void add(struct fixture *f, const char *id, const char *year)
{
    char json[512];
    char wire[1024];

    (void)snprintf(json, sizeof json,
                   "{\"id\":\"%s\",\"tenant\":\"t\",\"conversation\":\"c\","
                   "\"channel\":\"w\",\"kind\":\"k\",\"schedule\":\"s\","
                   "\"step\":1,\"text\":\"x\",\"options\":[],"
                   "\"expires_at\":\"%s-01-01T00:00:00Z\"}",
                   id, year);
    (void)snprintf(wire, sizeof wire,
                   "*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$7\r\nmessage\r\n"
                   "$%zu\r\n%s\r\n",
                   strlen(json), json);
    assert_true(fup_batch_add(&f->batch, "key", answer(f, wire)));
}

static void what_needs_no_server_is_judged_here(void **state)
{
    struct fixture *f = *state;

    add(f, "good", "2030");
    add(f, "old", "2020");
    add(f, "good", "2030");
    assert_true(fup_batch_add(
        &f->batch, "key",
        answer(f, "*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$2\r\nid\r\n$3\r\nbad\r\n")));
    fup_batch_judge(&f->batch, NOW);
    assert_int_equal(f->batch.n, 4);
    assert_true(f->batch.entries[0].ours);
    assert_false(f->batch.entries[1].ours);
    assert_string_equal(f->batch.entries[1].error_class, "expired");
    assert_false(f->batch.entries[2].ours);
    assert_null(f->batch.entries[2].status);
    assert_false(f->batch.entries[3].ours);
    assert_string_equal(f->batch.entries[3].id, "bad");
    assert_string_equal(f->batch.entries[3].error_class, "permanent_request");
    assert_ptr_equal(fup_batch_find(&f->batch, "good"), &f->batch.entries[0]);
    assert_null(fup_batch_find(&f->batch, "old"));
}

static void entries_that_are_none_are_left_out(void **state)
{
    static const char *const wires[] = {
        "*-1\r\n",
        "$3\r\nabc\r\n",
        "*1\r\n$3\r\n1-0\r\n",
        "*1\r\n*2\r\n$3\r\n1-0\r\n*-1\r\n",
        "*1\r\n*-1\r\n",
        "*1\r\n*2\r\n:1\r\n*0\r\n",
        ("*1\r\n*2\r\n$60\r\n"
         "123456789012345678901234567890123456789012345678901234567890\r\n"
         "*0\r\n"),
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        assert_true(fup_batch_add(&f->batch, "key", answer(f, wires[i])));
        assert_int_equal(f->batch.n, 0);
    }
}

static void streams_are_told_apart_by_their_keys(void **state)
{
    struct fixture *f = *state;
    char one[] = "k1";
    char two[] = "k2";
    char *const keys[] = {one, two};

    assert_true(fup_batch_add_streams(
        &f->batch, keys, 2,
        answer(f, "*2\r\n"
                  "*2\r\n$2\r\nk2\r\n*1\r\n*2\r\n$3\r\n7-0\r\n*0\r\n"
                  "*2\r\n$2\r\nk3\r\n*1\r\n*2\r\n$3\r\n8-0\r\n*0\r\n")));
    assert_int_equal(f->batch.n, 1);
    assert_ptr_equal(f->batch.entries[0].key, two);
    assert_string_equal(f->batch.entries[0].stream_id, "7-0");
    assert_true(
        fup_batch_add_streams(&f->batch, keys, 2, answer(f, "*-1\r\n")));
    assert_int_equal(f->batch.n, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(what_needs_no_server_is_judged_here),
        CASE(entries_that_are_none_are_left_out),
        CASE(streams_are_told_apart_by_their_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
