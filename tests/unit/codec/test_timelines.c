/* Timelines from CSV. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/timelines.h"

struct fixture {
    struct fup_problems problems;
    struct fup_timelines timelines;
    struct fup_buf buf;
};

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    f = (struct fixture){.timelines = {.n = 0}};
    fup_problems_init(&f.problems);
    fup_buf_init(&f.buf, 4096);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fup_timelines_done(&f.timelines);
    fup_problems_done(&f.problems);
    fup_buf_done(&f.buf);
    return 0;
}

/* Exactly as long as the text and its NUL: reading beyond it is noticed. */
static enum fup_code parse_bytes(const char *text, size_t len)
{
    char *copy = malloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return fup_timelines_parse(copy, len, "t.csv", &f.timelines, &f.problems);
}

static enum fup_code parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static void refuses(const char *text, const char *expected)
{
    assert_int_equal(parse(text), FUP_EPARSE);
    fup_buf_clear(&f.buf);
    fup_problem_print(&f.problems.items[0], &f.buf);
    assert_string_equal(fup_buf_text(&f.buf), expected);
    fup_problems_done(&f.problems);
}

#define HEAD "conversation,channel,at,direction\n"
#define AT   "2026-03-02T10:00:00Z"

static void groups_and_sorts(void **state)
{
    const struct fup_sim_timeline *t;

    (void)state;
    assert_int_equal(parse(HEAD "b,sms,2026-03-02T10:00:01Z,out\n"
                                "a,sms," AT ",in\n"
                                "b,sms," AT ",out\n"
                                "b,sms," AT ",in\n"),
                     FUP_OK);
    assert_int_equal(f.timelines.n, 2);
    t = &f.timelines.items[0];
    assert_string_equal(t->facts.conversation, "a");
    assert_string_equal(t->facts.tenant, "default");
    assert_null(t->facts.contact);
    assert_int_equal(t->n_events, 1);
    t = &f.timelines.items[1];
    assert_int_equal(t->n_events, 3);
    assert_true(t->events[0].inbound); /* first at the same instant */
    assert_false(t->events[1].inbound);
    assert_true(t->events[1].at < t->events[2].at);
    assert_string_equal(t->events[0].channel, "sms");
}

static void reads_the_columns_that_may_be_there(void **state)
{
    const struct fup_sim_timeline *t;

    (void)state;
    assert_int_equal(parse("stage,intent,locale,timezone,contact,tenant,x," HEAD
                           "qualify,pricing,en,UTC,p,acme,?,c,sms," AT ",in\r\n"
                           ",,,,,acme,,c,sms," AT ",out"),
                     FUP_OK);
    assert_int_equal(f.timelines.n, 1);
    t = &f.timelines.items[0];
    assert_string_equal(t->facts.tenant, "acme");
    assert_string_equal(t->facts.contact, "p");
    assert_string_equal(t->events[0].timezone, "UTC");
    assert_string_equal(t->events[0].locale, "en");
    assert_string_equal(t->events[0].intent, "pricing");
    assert_string_equal(t->events[0].stage, "qualify");
    assert_null(t->events[1].stage);
}

static void reads_quotes_and_a_byte_order_mark(void **state)
{
    (void)state;
    assert_int_equal(parse("\xef\xbb\xbf\"conversation\",channel,at,direction,"
                           "note\r\n\r\n"
                           "\"a, \"\"b\"\"\n\",sms," AT ",\"in\",\"\"\r\n"),
                     FUP_OK);
    assert_string_equal(f.timelines.items[0].facts.conversation, "a, \"b\"\n");
}

static void one_conversation_id_of_two_tenants_is_two(void **state)
{
    (void)state;
    assert_int_equal(parse("tenant," HEAD "x,c,sms," AT ",in\n"
                           "y,c,sms," AT ",in\n"),
                     FUP_OK);
    assert_int_equal(f.timelines.n, 2);
    assert_string_equal(f.timelines.items[1].facts.tenant, "y");
}

static void a_header_alone_is_no_timeline(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD), FUP_OK);
    assert_int_equal(f.timelines.n, 0);
}

static void names_lines_and_what_is_wrong(void **state)
{
    (void)state;
    refuses("", "t.csv:1:1: the file is empty");
    refuses("conversation,at,direction\n",
            "t.csv:1:1: this column is missing: channel");
    refuses("conversation,channel,at,at,direction\n",
            "t.csv:1:1: this column is there twice: at");
    refuses(HEAD "c,sms," AT ",sideways\n",
            "t.csv:2:1: in direction: expected in or out");
    refuses(HEAD "c,sms,,in\n", "t.csv:2:1: at is empty");
    refuses(HEAD ",sms," AT ",in\n", "t.csv:2:1: conversation is empty");
    refuses(HEAD "c,sms," AT ",in,more\n",
            "t.csv:2:1: not as many fields as the first line has");
    refuses(HEAD "c,sms," AT "\n",
            "t.csv:2:1: not as many fields as the first line has");
    refuses(HEAD "\"c\n\n,sms," AT ",in\n",
            "t.csv:2:1: a quoted field without its end");
    refuses(HEAD "\"c\"d,sms," AT ",in\n",
            "t.csv:2:1: text after the end of a quoted field");
    refuses(HEAD "c\"d,sms," AT ",in\n",
            "t.csv:2:1: a quote inside a field that does not begin with one");
    refuses(HEAD "c,sms," AT ",in\nc\xff,sms," AT ",in\n",
            "t.csv:3:1: not valid UTF-8");
}

static void lines_inside_quotes_count(void **state)
{
    (void)state;
    refuses(HEAD "\"a\nb\",sms," AT ",in\nc,sms," AT ",up\n",
            "t.csv:4:1: in direction: expected in or out");
}

static void refuses_nul_bytes(void **state)
{
    (void)state;
    assert_int_equal(parse_bytes(HEAD "a\0b,sms," AT ",in\n",
                                 sizeof(HEAD "a\0b,sms," AT ",in\n") - 1),
                     FUP_EPARSE);
    assert_string_equal(f.problems.items[0].text, "a NUL byte");
}

static void warns_of_unknown_zones(void **state)
{
    (void)state;
    assert_int_equal(parse("timezone," HEAD "Mars/Base,c,sms," AT ",in\n"),
                     FUP_OK);
    assert_int_equal(f.problems.n, 1);
    assert_int_equal(f.problems.errors, 0);
    assert_string_equal(f.problems.items[0].text,
                        "unknown time zone \"Mars/Base\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(groups_and_sorts),
        TEST(reads_the_columns_that_may_be_there),
        TEST(reads_quotes_and_a_byte_order_mark),
        TEST(one_conversation_id_of_two_tenants_is_two),
        TEST(a_header_alone_is_no_timeline),
        TEST(names_lines_and_what_is_wrong),
        TEST(lines_inside_quotes_count),
        TEST(refuses_nul_bytes),
        TEST(warns_of_unknown_zones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
