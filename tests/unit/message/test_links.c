/* Links in texts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "message/links.h"

static char shop[] = "shop.example";
static char *items[] = {shop};
static const struct fup_names hosts = {items, 1};

static void expect_link(const char *text, const char *link, const char *host)
{
    struct fup_link found = {.at = NULL};
    char got[128] = "";
    char of[128] = "";

    if (fup_link_find(text, &found)) {
        (void)snprintf(got, sizeof got, "%.*s", (int)found.len, found.at);
        (void)snprintf(of, sizeof of, "%.*s", (int)found.host_len, found.host);
    }
    assert_string_equal(got, link);
    assert_string_equal(of, host);
}

static void finds_what_a_chat_makes_a_link_of(void **state)
{
    (void)state;
    expect_link("see https://shop.example/a?b=c.", "https://shop.example/a?b=c",
                "shop.example");
    expect_link("HTTP://Shop.Example:8080", "HTTP://Shop.Example:8080",
                "Shop.Example");
    expect_link("(www.evil.example)", "www.evil.example", "www.evil.example");
    expect_link("Ana evil.example/x now", "evil.example/x", "evil.example");
    expect_link("evil.example:80/x", "evil.example:80/x", "evil.example");
    expect_link("write ana@evil.example", "evil.example", "evil.example");
    expect_link("1.2.3.4/x", "1.2.3.4/x", "1.2.3.4");
    expect_link("t.me/x", "t.me/x", "t.me");
    expect_link("\xd0\xb7\xd0\xbb\xd0\xbe.\xd1\x80\xd1\x84!",
                "\xd0\xb7\xd0\xbb\xd0\xbe.\xd1\x80\xd1\x84",
                "\xd0\xb7\xd0\xbb\xd0\xbe.\xd1\x80\xd1\x84");
    expect_link("ev\xe2\x80\x8dil.com", "ev\xe2\x80\x8dil.com",
                "ev\xe2\x80\x8dil.com");
    expect_link("x.xn--p1ai", "x.xn--p1ai", "x.xn--p1ai");
    expect_link("ftp://evil/x", "ftp://evil/x", "evil");
    expect_link("blue bike.Size 54", "bike.Size", "bike.Size");
}

static void takes_prose_for_prose(void **state)
{
    static const char *const texts[] = {
        "",
        "Hello. How are you?",
        "3.50 or 1,000.00",
        "e.g. this, a.m. and p.m.",
        "J.R. Smith Ph.D.",
        "Wait...what",
        "v1.2",
        "1.2.3",
        "\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82\xe8\xaf\xb7",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        expect_link(texts[i], "", "");
    }
}

static void allows_the_hosts_that_are_listed(void **state)
{
    static const struct {
        const char *text;
        bool allowed;
    } rows[] = {
        {"no link", true},
        {"https://shop.example", true},
        {"http://SHOP.example/a", true},
        {"https://www.shop.example:443/?q=1#x", true},
        {"shop.example and https://a.shop.example", true},
        {"ana@shop.example", true},
        {"https://shop.example/@ana", true},
        {"ftp://shop.example", false},
        {"https://evil.example", false},
        {"https://myshop.example", false},
        {"https://shop.example.evil.com", false},
        {"https://shop.example@evil.com/", false},
        {"https://shop.example:443@evil.com/", false},
        {"shop.example@evil.com", false},
        {"https://evil.com\\@shop.example", false},
        {"https://shop.example%2eevil.com", false},
        {"https://shop.example\xe3\x80\x82"
         "evil",
         false},
        {"https://shop.example evil.com", false},
        {"evil.com https://shop.example", false},
        {"https://1.2.3.4", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(fup_links_allowed(rows[i].text, &hosts, NULL),
                         rows[i].allowed);
    }
    assert_false(fup_links_allowed("https://shop.example", NULL, NULL));
}

static void names_the_first_that_is_not_allowed(void **state)
{
    struct fup_link link = {.at = NULL};

    (void)state;
    assert_false(
        fup_links_allowed("shop.example, evil.com, bad.com", &hosts, &link));
    assert_memory_equal(link.at, "evil.com", link.len);
}

static void knows_a_host(void **state)
{
    (void)state;
    assert_true(fup_host_is("shop.example"));
    assert_true(fup_host_is("a.shop.xn--p1ai"));
    assert_false(fup_host_is(""));
    assert_false(fup_host_is("example"));
    assert_false(fup_host_is("https://shop.example"));
    assert_false(fup_host_is("shop.example/x"));
    assert_false(fup_host_is("shop.example:80"));
    assert_false(fup_host_is(".example"));
    assert_false(fup_host_is("a..example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_chat_makes_a_link_of),
        cmocka_unit_test(takes_prose_for_prose),
        cmocka_unit_test(allows_the_hosts_that_are_listed),
        cmocka_unit_test(names_the_first_that_is_not_allowed),
        cmocka_unit_test(knows_a_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
