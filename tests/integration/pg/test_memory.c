/* Sessions whose n-th allocation fails, for every n. */

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "pg/block.h"

static const struct fup_statement echo = {.name = "echo",
                                          .sql = "select $1::text"};

static void a_session_lives_through_each_lack_of_memory(void **state)
{
    struct fixture *f = *state;
    bool hit = true;
    char where[64];

    proxy_open(f);
    assert_true(fup_proxy_listen(f->proxy));
    (void)snprintf(where, sizeof where, "host=localhost port=%d",
                   fup_proxy_port(f->proxy));
    session_open(f, where, 0, 0);
    for (int n = 0; hit; n++) {
        int ready = f->ready;
        const struct call *call;

        fup_proxy_cut_after(f->proxy, 0);
        fault_alloc_after(n);
        assert_true(until(f, &f->ready, ready + 1));
        call = submit(f, &echo, "x");
        assert_true(until(f, &f->answered, f->used));
        hit = fault_alloc_stop();
        assert_int_equal(call->code, FUP_OK);
        assert_in_range(n, 0, 20);
    }
}

static void opening_says_that_memory_lacks(void **state)
{
    struct fixture *f = *state;
    struct fup_pg_options options = {.conninfo = "host=h", .application = "t"};
    bool hit = true;

    for (int n = 0; hit; n++) {
        enum fup_code code;

        fault_alloc_after(n);
        code = fup_pg_open(&f->loop, &options, &f->pg, NULL);
        hit = fault_alloc_stop();
        assert_int_equal(code, hit ? FUP_ENOMEM : FUP_OK);
        assert_in_range(n, 0, 20);
    }
}

static void a_blocking_connection_says_that_memory_lacks(void **state)
{
    bool hit = true;

    (void)state;
    for (int n = 0; hit; n++) {
        struct fup_pg_block *conn = NULL;
        enum fup_code code;

        fault_alloc_after(n);
        code = fup_pg_block_open(getenv("FUP_TEST_POSTGRES"), &conn, NULL);
        hit = fault_alloc_stop();
        assert_int_equal(code, hit ? FUP_ENOMEM : FUP_OK);
        assert_in_range(n, 0, 20);
        fup_pg_block_close(conn);
    }
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_session_lives_through_each_lack_of_memory),
        TEST(opening_says_that_memory_lacks),
        TEST(a_blocking_connection_says_that_memory_lacks),
    };
    int missing = fixture_missing();

    return missing != 0 ? missing : cmocka_run_group_tests(tests, NULL, NULL);
}
