#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOON 5000

#ifdef FUP_HAVE_TLS

/* A certificate of its own authority, for the name localhost only. */
struct certificate {
    char dir[64];
    char key[96];
    char cert[96];
};

static struct certificate made;

static int make_certificate(void **state)
{
    int status = -1;
    pid_t pid;

    (void)state;
    (void)snprintf(made.dir, sizeof made.dir, "/tmp/fup-tls-XXXXXX");
    if (mkdtemp(made.dir) == NULL) {
        return -1;
    }
    (void)snprintf(made.key, sizeof made.key, "%s/key", made.dir);
    (void)snprintf(made.cert, sizeof made.cert, "%s/cert", made.dir);
    pid = fork();
    if (pid == 0) {
        (void)freopen("/dev/null", "w", stderr);
        (void)execlp("openssl", "openssl", "req", "-x509", "-newkey", "ec",
                     "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-subj", "/CN=localhost", "-addext",
                     "subjectAltName=DNS:localhost", "-days", "2", "-keyout",
                     made.key, "-out", made.cert, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, &status, 0);
    return status == 0 ? 0 : -1;
}

static int remove_certificate(void **state)
{
    (void)state;
    (void)unlink(made.key);
    (void)unlink(made.cert);
    return rmdir(made.dir);
}

/* A server that speaks TLS, and a session to it by the name @host. */
static void open_to(struct fixture *f, const char *host)
{
    char port[16];
    char url[64];
    const char *const args[] = {"--tls-port",
                                port,
                                "--tls-auth-clients",
                                "no",
                                "--tls-cert-file",
                                made.cert,
                                "--tls-key-file",
                                made.key,
                                NULL};
    int number;

    (void)close(redis_server_refusing_port(&number));
    (void)snprintf(port, sizeof port, "%d", number);
    (void)snprintf(url, sizeof url, "rediss://%s:%d", host, number);
    assert_true(redis_server_start(&f->server, false, args));
    fixture_open(f, url);
}

static void speaks_tls_with_a_server_it_trusts(void **state)
{
    struct fixture *f = *state;
    size_t len = (size_t)10 * 1024 * 1024;
    char *value = calloc(1, len);
    struct answer a = answer_for(f);
    struct answer b;
    const char *const argv[] = {"SET", "k", value};
    const size_t lens[] = {3, 1, len};

    assert_non_null(value);
    assert_int_equal(setenv("SSL_CERT_FILE", made.cert, 1), 0);
    open_to(f, "localhost");
    assert_true(loop_until(f, &f->ready, SOON));
    fup_redis_command(f->redis, 3, argv, lens, on_answer, &a);
    ask(f, "GET k", &b);
    assert_true(loop_until(f, &b.done, SOON));
    free(value);
    assert_int_equal(a.code, FUP_OK);
    assert_int_equal(b.len, len);
}

static void refuses_a_certificate_of_another_name(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(setenv("SSL_CERT_FILE", made.cert, 1), 0);
    open_to(f, "127.0.0.1");
    assert_true(loop_until(f, &f->lost, SOON));
    assert_int_equal(f->n_ready, 0);
    assert_string_equal(f->why.msg, "tls: IP address mismatch");
}

static void refuses_an_authority_it_does_not_know(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
    open_to(f, "localhost");
    assert_true(loop_until(f, &f->lost, SOON));
    assert_int_equal(f->n_ready, 0);
    assert_non_null(strstr(f->why.msg, "self"));
}

static void refuses_a_server_that_speaks_plainly(void **state)
{
    struct fixture *f = *state;
    char url[64];

    assert_true(redis_server_start(&f->server, true, NULL));
    (void)snprintf(url, sizeof url, "rediss://127.0.0.1:%d", f->server.port);
    fixture_open_with(
        f, (struct fup_redis_options){.url = url, .connect_ms = 200});
    assert_true(loop_until(f, &f->lost, SOON));
    assert_int_equal(f->n_ready, 0);
    assert_string_equal(f->why.msg, "greeting not answered within 200 ms");
}

#define ALONE(test)                                                            \
    cmocka_unit_test_setup_teardown(test, with_empty_loop, without_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALONE(speaks_tls_with_a_server_it_trusts),
        ALONE(refuses_a_certificate_of_another_name),
        ALONE(refuses_an_authority_it_does_not_know),
        ALONE(refuses_a_server_that_speaks_plainly),
    };

    return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}

#else

static void without_tls_it_is_refused_with_the_reason(void **state)
{
    struct fixture *f = *state;
    const struct fup_redis_options options = {.url = "rediss://localhost"};
    struct fup_err err;

    assert_int_equal(fup_redis_open(&f->loop, &options, &f->redis, &err),
                     FUP_EINVAL);
    assert_non_null(strstr(err.msg, "needs TLS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            without_tls_it_is_refused_with_the_reason, with_empty_loop,
            without_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
