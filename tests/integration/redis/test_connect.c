#include "fixture.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOON 5000

/* --- names with two addresses ------------------------------------------- */

/* uv_getaddrinfo() is wrapped, so that a name has two addresses when a test
 * wants it: 127.0.0.2, where nobody listens, goes before the true one. */
static bool two_addresses;
static uv_getaddrinfo_cb on_true_address;

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
int __real_uv_getaddrinfo(uv_loop_t *loop,
                          uv_getaddrinfo_t *req,
                          uv_getaddrinfo_cb cb,
                          const char *node,
                          const char *service,
                          const struct addrinfo *hints);
int __wrap_uv_getaddrinfo(uv_loop_t *loop,
                          uv_getaddrinfo_t *req,
                          uv_getaddrinfo_cb cb,
                          const char *node,
                          const char *service,
                          const struct addrinfo *hints);

/* NOLINTEND(readability-identifier-naming) */

static void
on_address(uv_getaddrinfo_t *req, int status, struct addrinfo *addrs)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST};
    struct addrinfo *first = NULL;

    if (status == 0 && getaddrinfo("127.0.0.2", "1", &hints, &first) == 0) {
        first->ai_next = addrs;
        addrs = first;
    }
    on_true_address(req, status, addrs);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int __wrap_uv_getaddrinfo(uv_loop_t *loop,
                          uv_getaddrinfo_t *req,
                          uv_getaddrinfo_cb cb,
                          const char *node,
                          const char *service,
                          const struct addrinfo *hints)
{
    on_true_address = cb;
    return __real_uv_getaddrinfo(loop, req, two_addresses ? on_address : cb,
                                 node, service, hints);
}

/* --- connecting --------------------------------------------------------- */

static void reports_a_refused_connection_at_once(void **state)
{
    struct fixture *f = *state;
    char url[64];
    int port;
    int fd = redis_server_refusing_port(&port);
    uint64_t before;

    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", port);
    fixture_open(f, url);
    before = uv_hrtime();
    assert_true(loop_until(f, &f->lost, SOON));
    assert_true(uv_hrtime() - before < UINT64_C(2000000000));
    assert_string_equal(f->why.msg, "Connection refused");
    assert_int_equal(f->why.code, FUP_EAWAY);
    /* It goes on trying. */
    f->lost = false;
    assert_true(loop_until(f, &f->lost, SOON));
    (void)close(fd);
}

static void reports_a_missing_socket(void **state)
{
    struct fixture *f = *state;

    fixture_open(f, "unix:///nonexistent/redis.sock");
    assert_true(loop_until(f, &f->lost, SOON));
    assert_string_equal(f->why.msg, "No such file or directory");
}

static void reports_a_host_without_an_address(void **state)
{
    struct fixture *f = *state;

    fixture_open(f, "redis://[::zz]:1");
    assert_true(loop_until(f, &f->lost, SOON));
    assert_non_null(strstr(f->why.msg, "host name"));
}

static void gives_up_a_silent_peer_at_its_deadline(void **state)
{
    struct fixture *f = *state;
    char url[64];
    int port;
    int fd = redis_server_silent_port(&port);

    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", port);
    fixture_open_with(
        f, (struct fup_redis_options){.url = url, .connect_ms = 100});
    assert_true(loop_until(f, &f->lost, SOON));
    assert_string_equal(f->why.msg, "greeting not answered within 100 ms");
    (void)close(fd);
}

static void resolves_names_and_chooses_the_database(void **state)
{
    struct fixture *f = *state;
    char url[64];
    struct answer a;

    assert_true(redis_server_start(&f->server, true, NULL));
    (void)snprintf(url, sizeof url, "redis://localhost:%d/3", f->server.port);
    fixture_open(f, url);
    assert_true(loop_until(f, &f->ready, SOON));
    ask(f, "SET here 1", &a);
    assert_true(loop_until(f, &a.done, SOON));
    redis_server_do(&f->server, "SELECT 3");
    assert_int_equal(redis_server_int(&f->server, "EXISTS here"), 1);
}

static void tries_each_address_of_a_name(void **state)
{
    struct fixture *f = *state;
    char url[64];

    assert_true(redis_server_start(&f->server, true, NULL));
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", f->server.port);
    two_addresses = true;
    fixture_open(f, url);
    (void)loop_until(f, &f->ready, SOON);
    two_addresses = false;
    assert_int_equal(f->n_ready, 1);
    assert_int_equal(f->n_lost, 0);
}

static void a_database_that_is_not_there_is_refused(void **state)
{
    struct fixture *f = *state;
    char url[160];

    assert_true(redis_server_start(&f->server, false, NULL));
    (void)snprintf(url, sizeof url, "unix://%s?db=99", f->server.path);
    fixture_open(f, url);
    assert_true(loop_until(f, &f->lost, SOON));
    assert_int_equal(f->why.code, FUP_EREFUSED);
    assert_non_null(strstr(f->why.msg, "database refused"));
}

static void commands_before_it_is_ready_are_away(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    fixture_open(f, "unix:///nonexistent/redis.sock");
    ask(f, "PING", &a);
    assert_int_equal(a.calls, 0);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_EAWAY);
    assert_false(a.inside);
}

static void refuses_what_is_not_redis(void **state)
{
    struct fixture *f = *state;
    struct answer a;
    const char *const args[] = {"--rename-command", "PING", "GONE", NULL};

    assert_true(redis_server_start(&f->server, false, args));
    fixture_open(f, NULL);
    assert_true(loop_until(f, &f->lost, SOON));
    assert_int_equal(f->why.code, FUP_EREFUSED);
    ask(f, "GET a", &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_int_equal(a.code, FUP_EAWAY);
}

/* --- passwords ---------------------------------------------------------- */

static void with_password(struct fixture *f)
{
    const char *const args[] = {"--requirepass", "s3cr@t/x", NULL};

    assert_true(redis_server_start(&f->server, false, args));
    redis_server_do(&f->server, "AUTH %s", "s3cr@t/x");
    redis_server_do(&f->server, "ACL SETUSER ana on >hunter2 ~* +@all");
}

static void open_as(struct fixture *f, const char *who)
{
    char url[160];

    (void)snprintf(url, sizeof url, "unix://%s%s", who, f->server.path);
    fixture_open(f, url);
}

static void logs_in_with_a_password(void **state)
{
    struct fixture *f = *state;

    with_password(f);
    open_as(f, ":s3cr%40t%2fx@");
    assert_true(loop_until(f, &f->ready, SOON));
    assert_int_equal(f->n_lost, 0);
}

static void logs_in_as_a_user(void **state)
{
    struct fixture *f = *state;
    struct answer a;

    with_password(f);
    open_as(f, "ana:hunter2@");
    assert_true(loop_until(f, &f->ready, SOON));
    ask(f, "ACL WHOAMI", &a);
    assert_true(loop_until(f, &a.done, SOON));
    assert_string_equal(a.text, "ana");
}

static void a_wrong_password_is_refused_and_not_told(void **state)
{
    struct fixture *f = *state;

    with_password(f);
    open_as(f, "ana:wr0ng@");
    assert_true(loop_until(f, &f->lost, SOON));
    assert_int_equal(f->why.code, FUP_EREFUSED);
    assert_string_equal(f->why.msg, "user or password refused: WRONGPASS");
    assert_int_equal(f->n_ready, 0);
}

static void a_missing_password_is_refused(void **state)
{
    struct fixture *f = *state;

    with_password(f);
    open_as(f, "");
    assert_true(loop_until(f, &f->lost, SOON));
    assert_non_null(strstr(f->why.msg, "NOAUTH"));
}

static void a_server_without_auth_never_repeats_the_password(void **state)
{
    struct fixture *f = *state;
    const char *const args[] = {"--rename-command", "AUTH", "GONE", NULL};

    assert_true(redis_server_start(&f->server, false, args));
    open_as(f, "ana:hunter2@");
    assert_true(loop_until(f, &f->lost, SOON));
    assert_null(strstr(f->why.msg, "hunter2"));
}

#define ALONE(test)                                                            \
    cmocka_unit_test_setup_teardown(test, with_empty_loop, without_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALONE(reports_a_refused_connection_at_once),
        ALONE(reports_a_missing_socket),
        ALONE(reports_a_host_without_an_address),
        ALONE(gives_up_a_silent_peer_at_its_deadline),
        ALONE(resolves_names_and_chooses_the_database),
        ALONE(tries_each_address_of_a_name),
        ALONE(a_database_that_is_not_there_is_refused),
        ALONE(commands_before_it_is_ready_are_away),
        ALONE(refuses_what_is_not_redis),
        ALONE(logs_in_with_a_password),
        ALONE(logs_in_as_a_user),
        ALONE(a_wrong_password_is_refused_and_not_told),
        ALONE(a_missing_password_is_refused),
        ALONE(a_server_without_auth_never_repeats_the_password),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
