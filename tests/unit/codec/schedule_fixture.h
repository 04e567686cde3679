/* Schedules in tests: a fixture, and the smallest text around what matters. */

#ifndef FUP_TESTS_SCHEDULE_FIXTURE_H
#define FUP_TESTS_SCHEDULE_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "codec/schedule.h"

struct fixture {
    struct fup_problems problems;
    struct fup_schedule *schedule;
    struct fup_buf buf;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    fup_problems_init(&f->problems);
    fup_buf_init(&f->buf, FUP_SCHEDULE_BYTES_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fup_problems_done(&f->problems);
    fup_schedule_free(f->schedule);
    fup_buf_done(&f->buf);
    free(f);
    return 0;
}

static inline enum fup_code parse(struct fixture *f, const char *text)
{
    return fup_schedule_parse(text, strlen(text), "s.json", &f->schedule,
                              &f->problems);
}

#define HEAD "{\"name\": \"a\",\n"
#define TAIL "\"steps\": [{\"kind\": \"n\", \"after\": \"1h\"}]}"
#define STEP(inner)                                                            \
    HEAD "\"steps\": [{\"kind\": \"n\", \"after\": \"1h\",\n" inner "}]}"
#define MESSAGE(inner) STEP("\"message\": {\n" inner "}")

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
