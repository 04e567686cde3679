/* What fits a channel. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/limits.h"
#include "message/message.h"

/* A family, with joiners: 7 code points, 11 UTF-16 units, 25 bytes. */
#define FAMILY                                                                 \
    "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d"                 \
    "\xf0\x9f\x91\xa7\xe2\x80\x8d\xf0\x9f\x91\xa6"
#define FLAG     "\xf0\x9f\x87\xa7\xf0\x9f\x87\xb7" /* Brazil's: two letters */
#define ACUTE_E  "e\xcc\x81"                        /* two code points */
#define ELLIPSIS "\xe2\x80\xa6"

static void counts_in_each_unit(void **state)
{
    static const struct {
        const char *text;
        size_t n[FUP_UNITS];
    } rows[] = {
        {"", {0, 0, 0, 0, 0}},       {"Bike", {4, 4, 4, 4, 1}},
        {FAMILY, {7, 1, 11, 25, 1}}, {FLAG "!", {3, 2, 5, 9, 1}},
        {ACUTE_E, {2, 1, 2, 3, 1}},  {"\xff!", {2, 2, 2, 2, 1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned unit = 0; unit < FUP_UNITS; unit++) {
            assert_int_equal(
                fup_text_measure(rows[i].text, (enum fup_unit)unit),
                rows[i].n[unit]);
        }
    }
}

/* @n times @what, then @end. */
static const char *repeat(const char *what, int n, const char *end)
{
    static char text[4096];

    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        (void)strcat(text, what);
    }
    return strcat(text, end);
}

static void counts_the_parts_of_an_sms(void **state)
{
    static const struct {
        const char *what;
        int n;
        const char *end;
        size_t parts;
    } rows[] = {
        {"a", 160, "", 1},
        {"a", 161, "", 2},
        {"a", 306, "", 2},
        {"a", 307, "", 3},
        /* what is in the extension takes two places */
        {"{", 80, "", 1},
        {"\xe2\x82\xac", 80, "a", 2},
        /* and is not cut in two: 76 in a part, though 306 is twice 153 */
        {"{", 153, "", 3},
        /* Greek capitals and Western letters cost nothing */
        {"\xc3\xa9", 160, "", 1},
        {"\xce\xa9", 160, "", 1},
        /* one letter beyond makes all of it wide */
        {"a", 69, "\xc3\xa7", 1},
        {"a", 70, "\xc3\xa7", 2},
        {"a", 69, "`", 1},
        {"a", 70, "`", 2},
        {"\xd8\xa7", 70, "", 1},
        {"\xd8\xa7", 71, "", 2},
        {"\xd8\xa7", 134, "", 2},
        {"\xd8\xa7", 135, "", 3},
        /* a pair of UTF-16 units is not cut in two: 66 and 68, not 67 and 67 */
        {"\xf0\x9f\x98\x80", 35, "", 1},
        {"\xf0\x9f\x98\x80", 67, "", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = repeat(rows[i].what, rows[i].n, rows[i].end);

        assert_int_equal(fup_text_measure(text, FUP_UNIT_SEGMENTS),
                         rows[i].parts);
    }
}

static void finds_the_letter_that_makes_an_sms_wide(void **state)
{
    const char *text = "It\xe2\x80\x99s yours";

    (void)state;
    assert_null(fup_text_beyond_gsm("Caf\xc3\xa9: 5\xe2\x82\xac [ok]\n"));
    assert_ptr_equal(fup_text_beyond_gsm(text), text + 2);
    assert_non_null(fup_text_beyond_gsm("a\tb"));
}

static void cuts_between_graphemes(void **state)
{
    static const struct {
        const char *text;
        struct fup_limit limit;
        const char *result;
    } rows[] = {
        {"Speed", {5, FUP_UNIT_UTF16}, "Speed"},
        {"Speed", {0, FUP_UNIT_UTF16}, "Speed"},
        {"Speeds", {5, FUP_UNIT_UTF16}, "Spee" ELLIPSIS},
        {"As soon as", {4, FUP_UNIT_UTF16}, "As" ELLIPSIS},
        {"a" FAMILY "bc", {12, FUP_UNIT_UTF16}, "a" ELLIPSIS},
        {"a" FAMILY "bc", {13, FUP_UNIT_UTF16}, "a" FAMILY ELLIPSIS},
        {"ab" FAMILY "c" FAMILY "d",
         {4, FUP_UNIT_GRAPHEMES},
         "ab" FAMILY ELLIPSIS},
        {"abc" ACUTE_E "d", {5, FUP_UNIT_CHARACTERS}, "abc" ELLIPSIS},
        {"abcdefgh", {6, FUP_UNIT_BYTES}, "abc" ELLIPSIS},
        {FAMILY FAMILY, {3, FUP_UNIT_UTF16}, ELLIPSIS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fup_buf out;

        fup_buf_init(&out, 256);
        fup_buf_adds(&out, "- ");
        assert_int_equal(fup_text_cut(rows[i].text, rows[i].limit, &out),
                         FUP_OK);
        assert_string_equal(fup_buf_text(&out) + 2, rows[i].result);
        fup_buf_done(&out);
    }
}

static char name_of_channel[] = "whatsapp";

static struct fup_channel_limits whatsapp = {
    .channel = name_of_channel,
    .text = {20, FUP_UNIT_UTF16},
    .button_text = {10, FUP_UNIT_UTF16},
    .button_title = {5, FUP_UNIT_UTF16},
    .params = {8, FUP_UNIT_UTF16},
    .buttons = 2,
    .flat_params = true,
};

/* A message whose texts are not its own. */
static struct fup_message message_of(char *text, char *a, char *b, char *c)
{
    char *labels[] = {a, b, c};
    struct fup_message message = {.text = text};

    while (message.n_options < 3 && labels[message.n_options] != NULL) {
        message.options[message.n_options].label = labels[message.n_options];
        message.n_options++;
    }
    return message;
}

static void says_what_does_not_fit(void **state)
{
    char t10[] = "0123456789";
    char t11[] = "0123456789a";
    char t20[] = "01234567890123456789";
    char t21[] = "01234567890123456789a";
    char yes[] = "Yes";
    char no[] = "No";
    char maybe[] = "Maybe!";

    struct {
        struct fup_message message;
        enum fup_misfit_kind kind;
        size_t at;
        size_t size;
    } rows[] = {
        {message_of(t20, NULL, NULL, NULL), FUP_FITS, 0, 0},
        {message_of(t21, NULL, NULL, NULL), FUP_MISFIT_TEXT, 0, 21},
        {message_of(t10, yes, no, NULL), FUP_FITS, 0, 0},
        {message_of(t11, yes, no, NULL), FUP_MISFIT_TEXT, 0, 11},
        {message_of(t10, yes, maybe, NULL), FUP_MISFIT_TITLE, 1, 6},
        {message_of(t10, yes, yes, NULL), FUP_MISFIT_TWIN, 1, 0},
        /* more than there are buttons for: lines of the text, long as it is */
        {message_of(t20, yes, maybe, yes), FUP_FITS, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fup_misfit misfit;

        assert_int_equal(fup_limits_fit(&whatsapp, &rows[i].message, &misfit),
                         rows[i].kind == FUP_FITS);
        assert_int_equal(misfit.kind, rows[i].kind);
        if (misfit.kind != FUP_FITS) {
            assert_int_equal(misfit.at, rows[i].at);
            assert_int_equal(misfit.size, rows[i].size);
        }
        assert_true(fup_limits_fit(NULL, &rows[i].message, NULL));
    }
}

static void templates_have_short_flat_parameters(void **state)
{
    static const struct {
        const char *param;
        enum fup_misfit_kind kind;
    } rows[] = {
        {"a bike", FUP_FITS},           {"a    b", FUP_FITS},
        {"a     b", FUP_MISFIT_SPACES}, {"a\nb", FUP_MISFIT_SPACES},
        {"a\tb", FUP_MISFIT_SPACES},    {"a bikes", FUP_MISFIT_PARAMS},
    };

    char name[] = "check_in";
    char two[] = "ab";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char param[16];
        struct fup_message message = {
            .template_name = name, .params = {two, param}, .n_params = 2};
        struct fup_misfit misfit;

        (void)snprintf(param, sizeof param, "%s", rows[i].param);
        assert_int_equal(fup_limits_fit(&whatsapp, &message, &misfit),
                         rows[i].kind == FUP_FITS);
        assert_int_equal(misfit.kind, rows[i].kind);
    }
}

static void tells_it_in_one_line(void **state)
{
    struct fup_misfit misfit = {.kind = FUP_MISFIT_TITLE,
                                .at = 1,
                                .size = 23,
                                .limit = {20, FUP_UNIT_UTF16}};
    char line[FUP_MISFIT_LINE];

    (void)state;
    assert_string_equal(
        fup_misfit_text(&misfit, "whatsapp", line),
        "the label of option 2 has 23 UTF-16 units, whatsapp takes 20");
    misfit = (struct fup_misfit){
        .kind = FUP_MISFIT_TEXT, .size = 5, .limit = {4, FUP_UNIT_SEGMENTS}};
    assert_string_equal(fup_misfit_text(&misfit, "sms", line),
                        "the text has 5 segments, sms takes 4");
}

static void finds_a_channel_by_its_name(void **state)
{
    (void)state;
    assert_ptr_equal(fup_limits_find(&whatsapp, 1, "whatsapp"), &whatsapp);
    assert_null(fup_limits_find(&whatsapp, 1, "sms"));
    assert_null(fup_limits_find(&whatsapp, 1, NULL));
    assert_true(fup_limits_has_buttons(&whatsapp, 2));
    assert_false(fup_limits_has_buttons(&whatsapp, 3));
    assert_true(fup_limits_has_buttons(NULL, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_in_each_unit),
        cmocka_unit_test(counts_the_parts_of_an_sms),
        cmocka_unit_test(finds_the_letter_that_makes_an_sms_wide),
        cmocka_unit_test(cuts_between_graphemes),
        cmocka_unit_test(says_what_does_not_fit),
        cmocka_unit_test(templates_have_short_flat_parameters),
        cmocka_unit_test(tells_it_in_one_line),
        cmocka_unit_test(finds_a_channel_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
