/* Connection strings, and what libpq is given for them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pg/session.h"
#include "target.h"

/* The value that libpq would take: the last one. */
static const char *value_of(const struct fup_pg_params *params,
                            const char *keyword)
{
    const char *value = NULL;

    for (int i = 0; i < params->n; i++) {
        if (strcmp(params->keywords[i], keyword) == 0) {
            value = params->values[i];
        }
    }
    return value;
}

static int forget_environment(void **state)
{
    static const char *const names[] = {"PGHOST", "PGHOSTADDR", "PGPORT",
                                        "PGOPTIONS", "PGSERVICE"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)unsetenv(names[i]);
    }
    return 0;
}

static void hosts_become_lists_for_libpq(void **state)
{
    static const struct {
        const char *conninfo;
        const char *host;
        const char *addr;
        const char *port;
        unsigned first;
        int names; /* that need looking up */
    } rows[] = {
        {"", "", "", "5432", 0, 0},
        {"host=/run/pg", "/run/pg", "", "5432", 0, 0},
        {"host=@abstract port=7", "@abstract", "", "7", 0, 0},
        {"host=db", "db", "", "5432", 0, 1},
        {"host=10.1.2.3", "10.1.2.3", "10.1.2.3", "5432", 0, 0},
        {"postgresql://u:p@[::1]:5433/d", "::1", "::1", "5433", 0, 0},
        {"host=a,10.0.0.1,/s port=1,2,3", "a,10.0.0.1,/s", ",10.0.0.1,",
         "1,2,3", 0, 1},
        {"host=a,10.0.0.1,/s port=1,2,3", "10.0.0.1,/s,a", "10.0.0.1,,",
         "2,3,1", 4, 1},
        {"host=a,b port=6", "a,b", ",", "6,6", 0, 2},
        {"hostaddr=10.0.0.9", "", "10.0.0.9", "5432", 0, 0},
        {"host=a,b hostaddr=10.0.0.9,10.0.0.8", "b,a", "10.0.0.8,10.0.0.9",
         "5432,5432", 1, 0},
        {"postgresql://h1:1,h2:2/d?target_session_attrs=any", "h1,h2", ",",
         "1,2", 0, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fup_pg_target target;
        struct fup_pg_params params;
        struct fup_err err;
        int names = 0;

        if (fup_pg_target_init(&target, rows[i].conninfo, &err) != FUP_OK) {
            fail_msg("%s: %s", rows[i].conninfo, err.msg);
        }
        for (int h = 0; h < target.hosts.n; h++) {
            names += target.hosts.at[h].resolve;
        }
        assert_int_equal(fup_pg_params_init(&params, &target, &target.hosts,
                                            rows[i].first, "t", 0),
                         FUP_OK);
        assert_string_equal(value_of(&params, "host"), rows[i].host);
        assert_string_equal(value_of(&params, "hostaddr"), rows[i].addr);
        assert_string_equal(value_of(&params, "port"), rows[i].port);
        assert_int_equal(names, rows[i].names);
        fup_pg_params_done(&params);
        fup_pg_target_done(&target);
    }
}

static void takes_hosts_from_the_environment(void **state)
{
    struct fup_pg_target target;

    (void)state;
    (void)setenv("PGHOST", "db.example", 1);
    (void)setenv("PGPORT", "6000", 1);
    (void)setenv("PGOPTIONS", "-c a=b", 1);
    assert_int_equal(fup_pg_target_init(&target, "user=u", NULL), FUP_OK);
    assert_string_equal(target.hosts.at[0].name, "db.example");
    assert_true(target.hosts.at[0].resolve);
    assert_string_equal(target.hosts.at[0].port, "6000");
    assert_string_equal(target.options, "-c a=b");
    fup_pg_target_done(&target);
}

static void our_wishes_yield_to_the_operators(void **state)
{
    struct fup_pg_target target;
    struct fup_pg_params params;

    (void)state;
    assert_int_equal(
        fup_pg_target_init(&target,
                           "host=/s keepalives_idle=9 options='-c work_mem=1' "
                           "target_session_attrs=any client_encoding=LATIN1",
                           NULL),
        FUP_OK);
    assert_int_equal(
        fup_pg_params_init(&params, &target, &target.hosts, 0, "name", 1500),
        FUP_OK);
    assert_string_equal(value_of(&params, "keepalives_idle"), "9");
    assert_string_equal(value_of(&params, "target_session_attrs"), "any");
    assert_string_equal(value_of(&params, "fallback_application_name"), "name");
    assert_string_equal(value_of(&params, "options"),
                        "-c jit=off -c plan_cache_mode=force_generic_plan "
                        "-c max_parallel_workers_per_gather=0 "
                        "-c random_page_cost=1.1 -c statement_timeout=1500 "
                        "-c work_mem=1");
    assert_string_equal(value_of(&params, "client_encoding"), "UTF8");
    assert_null(params.keywords[params.n]);
    fup_pg_params_done(&params);
    fup_pg_target_done(&target);
}

static void more_addresses_than_fit_are_left_out(void **state)
{
    struct fup_pg_hosts hosts = {.n = 0};
    struct fup_pg_host host = {.name = "db"};
    char longest[100];

    (void)state;
    memset(longest, '1', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    fup_pg_hosts_add(&hosts, &host, longest);
    assert_int_equal(hosts.n, 0);
    for (int i = 0; i < 100; i++) {
        fup_pg_hosts_add(&hosts, &host, "10.0.0.1");
    }
    assert_int_equal(hosts.n, FUP_PG_HOSTS_MAX);
}

static void refuses_bad_strings_without_repeating_secrets(void **state)
{
    static const struct {
        const char *conninfo;
        const char *says;
    } rows[] = {
        {"password=hush hush2", "missing \"=\" after"},
        {"password='hush", "unterminated quoted string"},
        {"password=a hush=b", "invalid connection option"},
        {"postgresql://u:hush%zz@h/d", "invalid percent-encoded token"},
        {"postgresql://u:p@[::1]hush/d", "unexpected character"},
        {"postgresql://u:p@h/d?hush", "missing key/value separator \"=\""},
        {"postgresql://u:hu@sh@h/d", "the host holds an @"},
        {"postgresql://u:hush/x@h/d", "the port is no number"},
        {"host=h port=0", "the port is no number"},
        {"host=h port=65536", "the port is no number"},
        {"host=h port=1x", "the port is no number"},
        {"host=a,b,c port=1,2", "not as many"},
        {"host=a,b hostaddr=10.0.0.1", "not as many"},
        {"service=hush", "instead of service"},
        {"host=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,"
         "25,26,27,28,29,30,31,32,33",
         "more than 32"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fup_err err = {0};

        assert_int_equal(fup_pg_check_conninfo(rows[i].conninfo, &err),
                         FUP_EINVAL);
        if (strstr(err.msg, rows[i].says) == NULL ||
            strstr(err.msg, "hush") != NULL || strstr(err.msg, "sh@") != NULL) {
            fail_msg("%s: %s", rows[i].conninfo, err.msg);
        }
        assert_int_equal(err.code, FUP_EINVAL);
    }
    assert_int_equal(fup_pg_check_conninfo("host=h password=hush", NULL),
                     FUP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(hosts_become_lists_for_libpq,
                               forget_environment),
        cmocka_unit_test_setup_teardown(takes_hosts_from_the_environment,
                                        forget_environment, forget_environment),
        cmocka_unit_test_setup(our_wishes_yield_to_the_operators,
                               forget_environment),
        cmocka_unit_test(more_addresses_than_fit_are_left_out),
        cmocka_unit_test_setup(refuses_bad_strings_without_repeating_secrets,
                               forget_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
