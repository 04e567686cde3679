#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "redis/session.h"

/* A struct fup_redis_url of constants. */
struct parts {
    bool tls;
    const char *path;
    const char *host;
    int port;
    int db;
    const char *user;
    const char *password;
};

static const struct {
    const char *text;
    struct parts url;
} good[] = {
    {"redis://h", {.host = "h", .port = 6379}},
    {"redis://h/", {.host = "h", .port = 6379}},
    {"redis://h:1", {.host = "h", .port = 1}},
    {"redis://h:65535/15", {.host = "h", .port = 65535, .db = 15}},
    {"rediss://h.example", {.tls = true, .host = "h.example", .port = 6379}},
    {"redis://127.0.0.1:7", {.host = "127.0.0.1", .port = 7}},
    {"redis://[::1]", {.host = "::1", .port = 6379}},
    {"redis://[::1]:7/2", {.host = "::1", .port = 7, .db = 2}},
    {"redis://:p@h", {.host = "h", .port = 6379, .password = "p"}},
    {"redis://u:p@h",
     {.host = "h", .port = 6379, .user = "u", .password = "p"}},
    {"redis://u%3a:%40%2F%25%c3%bc@h",
     {.host = "h", .port = 6379, .user = "u:", .password = "@/%\xc3\xbc"}},
    {"redis://u:a@b:c@h",
     {.host = "h", .port = 6379, .user = "u", .password = "a@b:c"}},
    {"unix:///run/r.sock", {.path = "/run/r.sock", .port = 6379}},
    {"unix:///r?db=3", {.path = "/r", .port = 6379, .db = 3}},
    {"unix://:p@/r", {.path = "/r", .port = 6379, .password = "p"}},
    {"unix://u:p%2f@/r/s@t",
     {.path = "/r/s@t", .port = 6379, .user = "u", .password = "p/"}},
};

static void same(const char *is, const char *wanted)
{
    if (wanted == NULL) {
        assert_null(is);
    } else {
        assert_non_null(is);
        assert_string_equal(is, wanted);
    }
}

static void good_ones_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct fup_redis_url url;
        struct fup_err err;

        assert_int_equal(fup_redis_url_parse(good[i].text, &url, &err), FUP_OK);
        assert_int_equal(url.tls, good[i].url.tls);
        assert_int_equal(url.port, good[i].url.port);
        assert_int_equal(url.db, good[i].url.db);
        same(url.path, good[i].url.path);
        same(url.host, good[i].url.host);
        same(url.user, good[i].url.user);
        same(url.password, good[i].url.password);
        fup_redis_url_done(&url);
        assert_null(url.host);
    }
}

/* Text, and a word that its error has. */
static const char *const bad[][2] = {
    {"", "expected redis://"},
    {"localhost", "expected redis://"},
    {"http://h", "expected redis://"},
    {"redis:/h", "expected redis://"},
    {"REDIS://h", "expected redis://"},
    {"redis://", "host"},
    {"redis://:6379", "host"},
    {"redis:///0", "host"},
    {"redis://[]", "host"},
    {"redis://[::1", "host"},
    {"redis://[::1]x", "port"},
    {"redis://h:", "port"},
    {"redis://h:0", "port"},
    {"redis://h:65536", "port"},
    {"redis://h:99999999999999999999", "port"},
    {"redis://h:1x", "port"},
    {"redis://h:+1", "port"},
    {"redis://h/x", "/db"},
    {"redis://h/-1", "/db"},
    {"redis://h/1/2", "/db"},
    {"redis://h/65536", "/db"},
    {"redis://h?db=1", "option"},
    {"redis://h#1", "option"},
    {"redis://hunter2@h", "user:password"},
    {"redis://u:@h", "password"},
    {"redis://u:hunter2%@h", "%XX"},
    {"redis://u:hunter2%4@h", "%XX"},
    {"redis://u:hunter2%zz@h", "%XX"},
    {"redis://u:hunter2%00@h", "%XX"},
    {"redis://u:hunter2/x@h", ""},
    {"redis://u:hun ter2@h", "blanks"},
    {"redis://h\n", "blanks"},
    {"unix://", "/path"},
    {"unix:///", "path"},
    {"unix://r", "/path"},
    {"unix://hunter2/r", "/path"},
    {"unix://hunter2@/r", "user:password"},
    {"unix://u:@/r", "password"},
    {"unix:///r?x=1", "?db=N"},
    {"unix:///r?db=", "?db=N"},
    {"unix:///r?db=1x", "?db=N"},
};

static void bad_ones_are_refused_by_part_and_without_secrets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fup_redis_url url = {.port = -1};
        struct fup_err err;

        assert_int_equal(fup_redis_url_parse(bad[i][0], &url, &err),
                         FUP_EINVAL);
        assert_non_null(strstr(err.msg, bad[i][1]));
        assert_null(strstr(err.msg, "hunter"));
        assert_int_equal(url.port, -1);
    }
}

static void long_ones_are_refused(void **state)
{
    static const struct {
        const char *start;
        size_t ok; /* how many more bytes it may have */
    } rows[] = {{"unix:///", 106}, {"redis://", 255}, {"redis://:", 2000}};

    char text[4096];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].start);
        const char *end = i == 2 ? "@h" : "";
        struct fup_redis_url url;
        struct fup_err err;

        memset(text, 'x', sizeof text);
        memcpy(text, rows[i].start, len);
        memcpy(text + len + rows[i].ok, end, strlen(end) + 1);
        assert_int_equal(fup_redis_url_parse(text, &url, &err), FUP_OK);
        fup_redis_url_done(&url);
        memset(text + len, 'x', 3000);
        memcpy(text + len + rows[i].ok + 100, end, strlen(end) + 1);
        assert_int_equal(fup_redis_url_parse(text, &url, &err), FUP_EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones_are_taken_apart),
        cmocka_unit_test(bad_ones_are_refused_by_part_and_without_secrets),
        cmocka_unit_test(long_ones_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
