#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "locale.h"

/* Far more than are remembered: what is remembered of one is never taken for
 * another. */
static void many_locales_in_turn(void **state)
{
    static const char *const languages[] = {"en", "de", "es", "pt", "fr"};
    struct fup_locale first;
    struct fup_locale locale;

    (void)state;
    assert_true(fup_locale_parse("zh-TW", &first));
    for (int i = 0; i < 26 * 26 * 5; i++) {
        const char *language = languages[i % 5];
        char region[3] = {(char)('A' + i / 5 / 26), (char)('A' + i / 5 % 26),
                          '\0'};
        char text[8];

        (void)snprintf(text, sizeof text, "%s-%s", language, region);
        for (int k = 0; k < 2; k++) {
            assert_true(fup_locale_parse(text, &locale));
            assert_string_equal(locale.language, language);
            assert_string_equal(locale.region, region);
            assert_false(fup_locale_parse("@", &locale));
        }
        assert_true(fup_locale_parse("zh-TW", &locale));
        assert_true(fup_locale_equal(&locale, &first));
    }
    assert_string_equal(first.script, "Hant");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_locales_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
