/* Folders of schedules, and calendar files beside them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/schedule.h"
#include "core/time.h"

#define FILES_MAX 16

struct fixture {
    char folder[64];
    char *paths[FILES_MAX];
    size_t n_paths;
    struct fup_problems problems;
    struct fup_schedules schedules;
    struct fup_buf buf;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    (void)snprintf(f->folder, sizeof f->folder, "/tmp/fup-schedules-XXXXXX");
    if (mkdtemp(f->folder) == NULL) {
        free(f);
        return -1;
    }
    fup_problems_init(&f->problems);
    fup_buf_init(&f->buf, FUP_SCHEDULE_BYTES_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->n_paths; i++) {
        (void)unlink(f->paths[i]);
        free(f->paths[i]);
    }
    (void)rmdir(f->folder);
    fup_schedules_done(&f->schedules);
    fup_problems_done(&f->problems);
    fup_buf_done(&f->buf);
    free(f);
    return 0;
}

static void put(struct fixture *f, const char *name, const char *text)
{
    char path[128];
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    f->paths[f->n_paths] = strdup(path);
    f->n_paths++;
    out = fopen(path, "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static enum fup_code load(struct fixture *f)
{
    return fup_schedules_load(f->folder, &f->schedules, &f->problems);
}

/* The problem at @i without the folder in front. */
static const char *problem(struct fixture *f, size_t i)
{
    assert_true(i < f->problems.n);
    fup_buf_clear(&f->buf);
    fup_problem_print(&f->problems.items[i], &f->buf);
    return fup_buf_text(&f->buf) + strlen(f->folder) + 1;
}

#define STEPS "\"steps\": [{\"kind\": \"n\", \"after\": \"1h\"}]}"

static void loads_the_schedules_of_a_folder_by_file_name(void **state)
{
    struct fixture *f = *state;

    put(f, "b.json", "{\"name\": \"x\", " STEPS);
    put(f, "a.json", "{\"name\": \"y\", " STEPS);
    put(f, "channels.json", "not a schedule");
    put(f, "schedule.schema.json", "not a schedule");
    put(f, "notes.txt", "not a schedule");
    put(f, ".hidden.json", "not a schedule");
    assert_int_equal(load(f), FUP_OK);
    assert_int_equal(f->schedules.n, 2);
    assert_string_equal(f->schedules.items[0].schedule->name, "y");
    assert_string_equal(f->schedules.items[1].schedule->name, "x");
    assert_int_equal(strlen(f->schedules.items[0].digest), 32);
    assert_non_null(f->schedules.items[0].canonical);
    assert_string_not_equal(f->schedules.items[0].digest,
                            f->schedules.items[1].digest);
}

static void a_bad_file_hides_neither_good_ones_nor_other_problems(void **state)
{
    struct fixture *f = *state;

    put(f, "a.json", "{");
    put(f, "b.json", "{\"name\": \"x\", " STEPS);
    put(f, "c.json", "{\"nam\": \"x\", " STEPS);
    assert_int_equal(load(f), FUP_EPARSE);
    assert_int_equal(f->schedules.n, 1);
    assert_int_equal(f->problems.errors, 3);
    assert_string_equal(problem(f, 1),
                        "c.json:1:2: unknown field \"nam\" in the schedule; "
                        "did you mean \"name\"?");
}

static void two_schedules_of_one_name_are_an_error(void **state)
{
    struct fixture *f = *state;

    put(f, "a.json", "{\"name\": \"x\", " STEPS);
    put(f, "b.json", "{\n \"name\": \"x\", " STEPS);
    assert_int_equal(load(f), FUP_EPARSE);
    assert_int_equal(f->schedules.n, 1);
    assert_memory_equal(problem(f, 0), "b.json:2:10: the name \"x\" is taken",
                        34);
}

static void says_that_a_folder_cannot_be_read(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        fup_schedules_load("/nowhere/at/all", &f->schedules, &f->problems),
        FUP_EIO);
    assert_int_equal(f->problems.errors, 1);
}

static bool has_day(const struct fup_schedule *schedule, int y, int m, int d)
{
    for (size_t i = 0; i < schedule->n_holidays; i++) {
        if (schedule->holidays[i] == fup_days_from_civil(y, m, d)) {
            return true;
        }
    }
    return false;
}

static const char calendar[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
                               "BEGIN:VEVENT\r\nUID:1\r\n"
                               "DTSTART;VALUE=DATE:20190907\r\n"
                               "DTEND;VALUE=DATE:20190908\r\n"
                               "RRULE:FREQ=YEARLY\r\n"
                               "EXDATE;VALUE=DATE:20300907\r\n"
                               "SUMMARY:Every year\r\nEND:VEVENT\r\n"
                               "BEGIN:VEVENT\r\nUID:2\r\n"
                               "DTSTART;VALUE=DATE:20270208\r\n"
                               "DTEND;VALUE=DATE:20270211\r\n"
                               "SUMMARY:Three days\r\nEND:VEVENT\r\n"
                               "BEGIN:VEVENT\r\nUID:3\r\n"
                               "DTSTART:20270301T100000Z\r\n"
                               "SUMMARY:A meeting\r\nEND:VEVENT\r\n"
                               "BEGIN:VEVENT\r\nUID:4\r\n"
                               "DTSTART;VALUE=DATE:20270401\r\n"
                               "STATUS:CANCELLED\r\nEND:VEVENT\r\n"
                               "BEGIN:VEVENT\r\nUID:5\r\n"
                               "DTSTART;VALUE=DATE:20191231\r\n"
                               "RRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n"
                               "BEGIN:VEVENT\r\nUID:6\r\n"
                               "DTSTART;VALUE=DATE:20200101\r\n"
                               "RRULE:FREQ=YEARLY;COUNT=2\r\nEND:VEVENT\r\n"
                               "END:VCALENDAR\r\n";

static void reads_all_day_events_of_a_calendar_file(void **state)
{
    struct fixture *f = *state;
    const struct fup_schedule *s;

    put(f, "br.ics", calendar);
    put(f, "a.json",
        "{\"name\": \"x\", \"holidays\": [\"br.ics\", \"2026-12-25\"], " STEPS);
    assert_int_equal(load(f), FUP_OK);
    s = f->schedules.items[0].schedule;
    assert_true(has_day(s, 2020, 9, 7));
    assert_true(has_day(s, 2045, 9, 7));
    assert_false(has_day(s, 2019, 9, 7));
    assert_false(has_day(s, 2046, 9, 7));
    assert_false(has_day(s, 2030, 9, 7));
    assert_true(has_day(s, 2027, 2, 8));
    assert_true(has_day(s, 2027, 2, 10));
    assert_false(has_day(s, 2027, 2, 11));
    assert_false(has_day(s, 2027, 3, 1));
    assert_false(has_day(s, 2027, 4, 1));
    assert_true(has_day(s, 2026, 12, 25));
    assert_true(has_day(s, 2045, 12, 31));
    assert_false(has_day(s, 2019, 12, 31));
    assert_true(has_day(s, 2020, 1, 1));
    assert_true(has_day(s, 2021, 1, 1));
    assert_int_equal(s->n_holidays, 25 + 3 + 1 + 26 + 2);
}

static void the_canonical_form_needs_no_calendar_file(void **state)
{
    struct fixture *f = *state;
    const struct fup_schedule_file *file;
    struct fup_schedule *again;

    put(f, "br.ics", calendar);
    put(f, "a.json", "{\"name\": \"x\", \"holidays\": [\"br.ics\"], " STEPS);
    assert_int_equal(load(f), FUP_OK);
    file = &f->schedules.items[0];
    assert_int_equal(fup_schedule_parse(file->canonical,
                                        strlen(file->canonical), "kept", &again,
                                        &f->problems),
                     FUP_OK);
    assert_int_equal(again->n_holidays, 56);
    fup_schedule_free(again);
}

static void refuses_calendar_files_that_are_none(void **state)
{
    struct fixture *f = *state;

    put(f, "bad.ics", "hello\n");
    put(f, "rule.ics",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200101\r\n"
        "RRULE:FREQ=SOMETIMES\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    put(f, "a.json",
        "{\"name\": \"x\", \"holidays\": [\"none.ics\", \"bad.ics\"], " STEPS);
    put(f, "b.json", "{\"name\": \"y\", \"holidays\": [\"rule.ics\"], " STEPS);
    assert_int_equal(load(f), FUP_EPARSE);
    assert_int_equal(f->schedules.n, 0);
    assert_memory_equal(problem(f, 0), "a.json:1:28: in holidays: cannot read",
                        37);
    assert_memory_equal(problem(f, 1), "a.json:1:40: in holidays: ", 26);
    assert_memory_equal(problem(f, 2), "b.json:1:28: in holidays: ", 26);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(loads_the_schedules_of_a_folder_by_file_name),
        TEST(a_bad_file_hides_neither_good_ones_nor_other_problems),
        TEST(two_schedules_of_one_name_are_an_error),
        TEST(says_that_a_folder_cannot_be_read),
        TEST(reads_all_day_events_of_a_calendar_file),
        TEST(the_canonical_form_needs_no_calendar_file),
        TEST(refuses_calendar_files_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
