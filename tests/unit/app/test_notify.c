#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "notify.h"

/* A manager that listens on an abstract or a path socket. */
struct fixture {
    int fd;
    char path[64]; /* "" when abstract */
    struct fup_notify notify;
    struct fup_err err;
    char got[512];
};

/* Listen at @name, a path or "@name". */
static void listen_at(struct fixture *f, const char *name)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    socklen_t len =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

    memcpy(addr.sun_path, name, strlen(name));
    if (name[0] == '@') {
        addr.sun_path[0] = '\0';
    } else {
        (void)snprintf(f->path, sizeof f->path, "%s", name);
    }
    f->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(f->fd >= 0);
    assert_int_equal(bind(f->fd, (struct sockaddr *)&addr, len), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static const char *next(struct fixture *f)
{
    ssize_t n = recv(f->fd, f->got, sizeof f->got - 1, MSG_DONTWAIT);

    f->got[n > 0 ? n : 0] = '\0';
    return f->got;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL) {
        return -1;
    }
    f->fd = -1;
    f->notify.fd = -1;
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fup_notify_done(&f->notify);
    if (f->fd >= 0) {
        (void)close(f->fd);
    }
    if (f->path[0] != '\0') {
        (void)unlink(f->path);
    }
    free(f);
    return 0;
}

static void tells_all_states_to_a_path(void **state)
{
    struct fixture *f = *state;
    char name[64];

    (void)snprintf(name, sizeof name, "/tmp/fup-notify-%ld", (long)getpid());
    listen_at(f, name);
    assert_int_equal(fup_notify_init(&f->notify, &f->err), FUP_OK);
    fup_notify_ready(&f->notify, "two partitions");
    assert_string_equal(next(f), "READY=1\nSTATUS=two partitions");
    fup_notify_ready(&f->notify, NULL);
    assert_string_equal(next(f), "READY=1\n");
    fup_notify_reloading(&f->notify);
    assert_int_equal(strncmp(next(f), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    assert_true(strtoull(f->got + 27, NULL, 10) > 0);
    fup_notify_watchdog(&f->notify);
    assert_string_equal(next(f), "WATCHDOG=1");
    fup_notify_status(&f->notify, "idle\nREADY=0");
    assert_string_equal(next(f), "STATUS=idle");
    fup_notify_stopping(&f->notify);
    assert_string_equal(next(f), "STOPPING=1");
}

static void tells_an_abstract_socket(void **state)
{
    struct fixture *f = *state;
    char name[64];

    (void)snprintf(name, sizeof name, "@fup-notify-%ld", (long)getpid());
    listen_at(f, name);
    assert_int_equal(fup_notify_init(&f->notify, &f->err), FUP_OK);
    fup_notify_stopping(&f->notify);
    assert_string_equal(next(f), "STOPPING=1");
}

static void is_silent_without_a_manager(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
    assert_int_equal(fup_notify_init(&f->notify, &f->err), FUP_OK);
    assert_int_equal(f->notify.fd, -1);
    assert_int_equal(f->notify.watchdog_ms, 0);
    fup_notify_ready(&f->notify, "nobody");
}

static void the_watchdog_is_ours_alone(void **state)
{
    struct fixture *f = *state;
    char name[64];

    (void)snprintf(name, sizeof name, "@fup-notify-%ld", (long)getpid());
    listen_at(f, name);
    assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
    assert_int_equal(fup_notify_init(&f->notify, &f->err), FUP_OK);
    assert_int_equal(f->notify.watchdog_ms, 3000);
    fup_notify_done(&f->notify);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
    assert_int_equal(fup_notify_init(&f->notify, &f->err), FUP_OK);
    assert_int_equal(f->notify.watchdog_ms, 0);
    fup_notify_done(&f->notify);
    (void)snprintf(name, sizeof name, "%ld", (long)getpid());
    assert_int_equal(setenv("WATCHDOG_PID", name, 1), 0);
    assert_int_equal(fup_notify_init(&f->notify, &f->err), FUP_OK);
    assert_int_equal(f->notify.watchdog_ms, 3000);
}

static void an_address_that_is_none_is_an_error_and_silent(void **state)
{
    struct fixture *f = *state;
    char longest[200];

    memset(longest, 'a', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
    assert_int_equal(fup_notify_init(&f->notify, &f->err), FUP_EINVAL);
    assert_int_equal(setenv("NOTIFY_SOCKET", longest, 1), 0);
    assert_int_equal(fup_notify_init(&f->notify, &f->err), FUP_EINVAL);
    assert_int_equal(setenv("NOTIFY_SOCKET", "/nowhere/socket", 1), 0);
    assert_int_equal(fup_notify_init(&f->notify, &f->err), FUP_EIO);
    assert_int_equal(f->notify.fd, -1);
    fup_notify_stopping(&f->notify);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(tells_all_states_to_a_path),
        CASE(tells_an_abstract_socket),
        CASE(is_silent_without_a_manager),
        CASE(the_watchdog_is_ours_alone),
        CASE(an_address_that_is_none_is_an_error_and_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
