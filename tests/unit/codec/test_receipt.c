/* Receipts: what senders may report. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/receipt.h"
#include "core/time.h"
#include "entry_of.h"

#define ITEMS(...)                                                             \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }
#define ID "id", "a1b2c3-0-4711-2"

static struct entry_of of;
static struct fup_receipt receipt;
static struct fup_refusal refusal;

static enum fup_code parse(const char *const *items)
{
    refusal = (struct fup_refusal){.error = ""};
    return fup_receipt_parse(entry_of(&of, items), &receipt, &refusal);
}

static void reads_each_status(void **state)
{
    (void)state;
    for (int i = 0; i < FUP_RECEIPT_MAX; i++) {
        const char *word = fup_receipt_status_text((enum fup_receipt_status)i);

        assert_int_equal(parse(ITEMS(ID, "status", word)), FUP_OK);
        assert_int_equal(receipt.status, i);
        assert_string_equal(receipt.id, "a1b2c3-0-4711-2");
        assert_true(receipt.at == FUP_TIME_NONE);
        assert_int_equal(receipt.error_class, FUP_CLASS_NONE);
    }
}

static void reads_failures_with_their_class(void **state)
{
    (void)state;
    for (int i = 1; i < FUP_CLASS_MAX; i++) {
        const char *word = fup_error_class_text((enum fup_error_class)i);

        assert_int_equal(
            parse(ITEMS(ID, "status", "failed", "error_class", word, "error",
                        "131047: too late", "at", "2026-11-21T09:30:00Z")),
            FUP_OK);
        assert_int_equal(receipt.error_class, i);
        assert_string_equal(receipt.error, "131047: too late");
        assert_true(receipt.at != FUP_TIME_NONE);
    }
}

static void
refuses(const char *const *items, const char *error, const char *message)
{
    assert_int_equal(parse(items), FUP_EPARSE);
    assert_string_equal(refusal.error, error);
    assert_string_equal(refusal.message, message);
}

static void refuses_what_is_no_receipt(void **state)
{
    (void)state;
    refuses(ITEMS("status", "sent"), "missing_id", "\"id\" is missing");
    refuses(ITEMS("id", "4711", "status", "sent"), "bad_field",
            "\"id\" is not the id of a message, such as a1b2c3-0-4711-2");
    refuses(ITEMS(ID), "missing_status", "\"status\" is missing");
    refuses(ITEMS(ID, "status", "sended"), "bad_field",
            "unknown word \"sended\"; did you mean \"sent\"?");
    refuses(ITEMS(ID, "status", "failed", "error_class", "opt-out"),
            "bad_field", "unknown word \"opt-out\"; did you mean \"opt_out\"?");
    refuses(ITEMS(ID, "status", "sent", "error", "x"), "bad_field",
            "\"error_class\" and \"error\" go with failed");
    refuses(ITEMS(ID, "status", "replied", "option", "A B"), "bad_field",
            "\"option\": expected 1 to 16 of a-z, 0-9, _ and -");
    refuses(ITEMS(ID, "stats", "sent"), "unknown_field",
            "unknown field \"stats\"; did you mean \"status\"?");
}

static void writes_what_the_database_takes(void **state)
{
    struct fup_buf out;

    (void)state;
    fup_buf_init(&out, 4096);
    assert_int_equal(
        parse(ITEMS(ID, "status", "replied", "option", "a", "provider_id",
                    "wamid.1", "at", "2026-11-21T09:30:00+01:00")),
        FUP_OK);
    fup_receipt_write(&receipt, &out);
    assert_string_equal(fup_buf_text(&out),
                        "{\"id\":\"a1b2c3-0-4711-2\",\"status\":\"replied\","
                        "\"at\":\"2026-11-21T08:30:00.000Z\","
                        "\"provider_id\":\"wamid.1\",\"option\":\"a\"}");
    fup_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_status),
        cmocka_unit_test(reads_failures_with_their_class),
        cmocka_unit_test(refuses_what_is_no_receipt),
        cmocka_unit_test(writes_what_the_database_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
