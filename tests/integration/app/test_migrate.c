#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

static void assert_says(const struct fixture *f, const char *words)
{
    assert_non_null(strstr(f->run.out, words));
}

static void assert_complains(const struct fixture *f, const char *words)
{
    assert_non_null(strstr(f->run.err, words));
}

static void a_dry_run_says_what_it_would_do_and_does_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "migrate", "--adapter", "plain",
                                 "--partitions", "4", "--dry-run", NULL),
                     0);
    assert_says(f, "migration 0001_followup: would be applied\n");
    assert_says(f, "adapter plain: would be installed\n");
    assert_says(f, "partitions: would be set to 4\n");
    assert_string_equal(fixture_sql(f, "SELECT count(*) FROM pg_namespace "
                                       "WHERE nspname IN ('followup', 'crm')"),
                        "0");
}

static void brings_an_empty_database_up_to_date_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "migrate", "--adapter", "plain",
                                 "--partitions", "4", NULL),
                     0);
    assert_says(f, "migration 0001_followup: applied\n");
    assert_says(f, "functions: applied\n");
    assert_says(f, "adapter plain: installed\n");
    assert_says(f, "partitions: set to 4\n");
    assert_string_equal(
        fixture_sql(f, "SELECT count(*) FROM followup.partition"), "4");
    assert_string_equal(fixture_sql(f, "SELECT to_regclass('crm.message')"),
                        "crm.message");
    assert_int_equal(fixture_run(f, "migrate", "--partitions", "4", NULL), 0);
    assert_says(f, "migration 0001_followup: present\n");
    assert_says(f, "functions: present\n");
    assert_says(f, "adapter plain: present\n");
    assert_says(f, "partitions: 4, as before\n");
}

static void refuses_a_migration_that_was_changed(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "migrate", NULL), 0);
    (void)fixture_sql(f, "UPDATE followup.migration SET digest = 'other' "
                         "WHERE version = 1");
    assert_int_equal(fixture_run(f, "migrate", NULL), 1);
    assert_complains(f, "0001_followup was changed after it was applied");
}

static void refuses_a_database_newer_than_itself(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "migrate", NULL), 0);
    (void)fixture_sql(f, "INSERT INTO followup.migration "
                         "VALUES (9999, '9999_later', 'x')");
    assert_int_equal(fixture_run(f, "migrate", NULL), 1);
    assert_complains(f, "9999_later");
}

static void functions_of_another_version_are_made_anew(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "migrate", NULL), 0);
    (void)fixture_sql(f, "CREATE OR REPLACE FUNCTION followup.us(at "
                         "timestamptz) RETURNS bigint LANGUAGE sql AS "
                         "'SELECT 7'");
    (void)fixture_sql(f, "UPDATE followup.installation "
                         "SET functions_digest = 'old'");
    assert_int_equal(fixture_run(f, "migrate", "--dry-run", NULL), 0);
    assert_says(f, "functions: would be applied\n");
    assert_string_equal(fixture_sql(f, "SELECT followup.us('epoch')"), "7");
    assert_int_equal(fixture_run(f, "migrate", NULL), 0);
    assert_says(f, "functions: applied\n");
    assert_string_equal(fixture_sql(f, "SELECT followup.us('epoch')"), "0");
}

static void an_adapter_that_differs_is_installed_again(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "migrate", "--adapter", "plain", NULL), 0);
    (void)fixture_sql(f, "UPDATE followup.installation "
                         "SET adapter_digest = 'old'");
    assert_int_equal(fixture_run(f, "migrate", NULL), 0);
    assert_says(f, "adapter plain: installed\n");
    assert_int_equal(fixture_run(f, "migrate", NULL), 0);
    assert_says(f, "adapter plain: present\n");
}

static void an_adapter_may_be_a_file(void **state)
{
    struct fixture *f = *state;
    const char *path = fixture_file(
        f, "CREATE OR REPLACE FUNCTION followup.mine() RETURNS int "
           "LANGUAGE sql AS 'SELECT 7';");

    assert_int_equal(fixture_run(f, "migrate", "--adapter", path, NULL), 0);
    (void)unlink(path);
    assert_string_equal(fixture_sql(f, "SELECT followup.mine()"), "7");
    assert_int_equal(fixture_run(f, "migrate", NULL), 0);
    assert_says(f, "left as it is, it came from a file");
}

static void an_adapter_that_fails_leaves_the_old_one(void **state)
{
    struct fixture *f = *state;
    const char *path =
        fixture_file(f, "CREATE TABLE followup.half ();\nSELECT nothing;\n");

    assert_int_equal(fixture_run(f, "migrate", "--adapter", "plain", NULL), 0);
    assert_int_equal(fixture_run(f, "migrate", "--adapter", path, NULL), 1);
    (void)unlink(path);
    assert_complains(f, "nothing");
    assert_complains(f, "line 2");
    assert_string_equal(fixture_sql(f, "SELECT adapter || coalesce(to_regclass("
                                       "'followup.half')::text, '') "
                                       "FROM followup.installation"),
                        "plain");
}

/* It would write to the tables of a CRM that is not there any more. */
static void closing_goes_with_the_adapter_that_had_it(void **state)
{
    struct fixture *f = *state;
    const char *path =
        fixture_file(f, "CREATE OR REPLACE FUNCTION followup.mine() RETURNS "
                        "int LANGUAGE sql AS 'SELECT 7';");
    static const char source[] =
        "SELECT prosrc FROM pg_proc WHERE oid = "
        "'followup.close_conversation(text,text)'::regprocedure";

    assert_int_equal(fixture_run(f, "migrate", NULL), 0);
    assert_string_equal(fixture_sql(f, source), " SELECT ");
    assert_int_equal(fixture_run(f, "migrate", "--adapter", "plain", NULL), 0);
    assert_non_null(strstr(fixture_sql(f, source), "UPDATE crm"));
    assert_int_equal(fixture_run(f, "migrate", "--adapter", path, NULL), 0);
    (void)unlink(path);
    assert_string_equal(fixture_sql(f, source), "SELECT");
    (void)fixture_sql(f, "INSERT INTO crm.conversation (id, channel) VALUES "
                         "('c', 'webchat')");
    (void)fixture_sql(f, "SELECT followup.close_conversation('default', 'c')");
    assert_string_equal(fixture_sql(f, "SELECT status FROM crm.conversation"),
                        "open");
}

static void an_unknown_adapter_names_the_nearest(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "migrate", "--adapter", "plian", NULL), 1);
    assert_complains(f, "is plain meant?");
}

static void partitions_stay_while_there_are_enrollments(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_run(f, "migrate", NULL), 0);
    (void)fixture_sql(f, "INSERT INTO followup.schedule_version "
                         "(name, digest, definition) VALUES ('s', 'd', '{}')");
    (void)fixture_sql(f, "INSERT INTO followup.enrollment (partition, tenant, "
                         "conversation, channel, episode_at, version) "
                         "VALUES (0, 't', 'c', 'webchat', now(), 1)");
    assert_int_equal(fixture_run(f, "migrate", "--partitions", "2", NULL), 1);
    assert_complains(f, "there are enrollments");
}

static void a_server_that_is_away_is_exit_code_3(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        fixture_run(f, "migrate", "--postgres", "host=/nowhere user=x", NULL),
        3);
    assert_int_equal(fixture_run(f, "migrate", "--dry", NULL), 2);
    assert_int_equal(fixture_run(f, "migrat", NULL), 2);
    assert_complains(f, "is migrate meant?");
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_dry_run_says_what_it_would_do_and_does_nothing),
        CASE(brings_an_empty_database_up_to_date_once),
        CASE(refuses_a_migration_that_was_changed),
        CASE(refuses_a_database_newer_than_itself),
        CASE(functions_of_another_version_are_made_anew),
        CASE(an_adapter_that_differs_is_installed_again),
        CASE(an_adapter_may_be_a_file),
        CASE(an_adapter_that_fails_leaves_the_old_one),
        CASE(closing_goes_with_the_adapter_that_had_it),
        CASE(an_unknown_adapter_names_the_nearest),
        CASE(partitions_stay_while_there_are_enrollments),
        CASE(a_server_that_is_away_is_exit_code_3),
    };

    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
