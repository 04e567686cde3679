#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failure.h"

static void sqlstates_become_codes(void **state)
{
    static const struct {
        const char *sqlstate;
        enum fup_code code;
    } rows[] = {
        {"FU001", FUP_EFENCED},  {"FU002", FUP_EREFUSED},
        {"08006", FUP_EAWAY},    {"57P01", FUP_EAWAY},
        {"57P02", FUP_EAWAY},    {"57P03", FUP_EAWAY},
        {"57P04", FUP_EREFUSED}, {"57014", FUP_EAWAY},
        {"53300", FUP_EAWAY},    {"53100", FUP_EAWAY},
        {"25006", FUP_EAWAY},    {"25001", FUP_EREFUSED},
        {"40001", FUP_EAWAY},    {"40P01", FUP_EAWAY},
        {"40003", FUP_EREFUSED}, {"55P03", FUP_EAWAY},
        {"26000", FUP_EAWAY},    {"42P01", FUP_EREFUSED},
        {"23505", FUP_EREFUSED}, {"XX000", FUP_EREFUSED},
        {"P0001", FUP_EREFUSED}, {"", FUP_EREFUSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (fup_pg_failure_code(rows[i].sqlstate) != rows[i].code) {
            fail_msg("%s", rows[i].sqlstate);
        }
    }
}

static void a_poolers_word_proves_nothing(void **state)
{
    (void)state;
    assert_true(fup_pg_failure_proves("57P01"));
    assert_true(fup_pg_failure_proves("23505"));
    assert_false(fup_pg_failure_proves("08P01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlstates_become_codes),
        cmocka_unit_test(a_poolers_word_proves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
