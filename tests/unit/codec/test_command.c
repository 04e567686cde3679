/* Commands: what they may say, and in what words they are refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/command.h"
#include "core/time.h"
#include "entry_of.h"
#include "plan/plan.h"

#define ITEMS(...)                                                             \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }

static struct entry_of of;
static struct fup_command command;
static struct fup_refusal refusal;

static enum fup_code parse(const char *const *items)
{
    refusal = (struct fup_refusal){.error = ""};
    return fup_command_parse(entry_of(&of, items), &command, &refusal);
}

static void reads_a_command_with_everything(void **state)
{
    int64_t at;

    (void)state;
    assert_int_equal(
        parse(ITEMS("action", "reschedule", "tenant", "acme", "conversation",
                    "4711", "at", "2026-11-21T09:30:00+01:00", "force",
                    "hours,cap", "by", "ana", "reason", "asked to",
                    "request_id", "r1")),
        FUP_OK);
    assert_int_equal(fup_time_parse("2026-11-21T08:30:00Z", &at, NULL), FUP_OK);
    assert_int_equal(command.action, FUP_COMMAND_RESCHEDULE);
    assert_string_equal(command.tenant, "acme");
    assert_string_equal(command.conversation, "4711");
    assert_null(command.contact);
    assert_true(command.at == at);
    assert_true(command.until == FUP_TIME_NONE);
    assert_int_equal(command.force, FUP_FORCE_HOURS | FUP_FORCE_CAP);
    assert_string_equal(command.by, "ana");
    assert_string_equal(command.reason, "asked to");
    assert_string_equal(command.request_id, "r1");
    assert_int_equal(command.scope, FUP_SCOPE_NONE);
}

static void the_tenant_is_default(void **state)
{
    (void)state;
    assert_int_equal(parse(ITEMS("action", "skip", "contact", "c")), FUP_OK);
    assert_string_equal(command.tenant, "default");
    assert_null(command.conversation);
    assert_string_equal(command.contact, "c");
}

static void reads_delays(void **state)
{
    (void)state;
    assert_int_equal(parse(ITEMS("action", "reschedule", "conversation", "c",
                                 "in", "1d 09:30")),
                     FUP_OK);
    assert_string_equal(command.in, "1d 09:30");
    assert_int_equal(command.delay.days, 1);
    assert_int_equal(command.delay.wall_s, 34200);
    assert_true(command.at == FUP_TIME_NONE);
}

static void scopes_have_defaults_by_action(void **state)
{
    (void)state;
    assert_int_equal(parse(ITEMS("action", "opt_out", "contact", "c")), FUP_OK);
    assert_int_equal(command.scope, FUP_SCOPE_CONTACT);
    assert_int_equal(parse(ITEMS("action", "opt_out", "conversation", "c",
                                 "scope", "channel")),
                     FUP_OK);
    assert_int_equal(command.scope, FUP_SCOPE_CHANNEL);
    assert_int_equal(parse(ITEMS("action", "hold")), FUP_OK);
    assert_int_equal(command.scope, FUP_SCOPE_SERVICE);
    assert_int_equal(
        parse(ITEMS("action", "release", "scope", "tenant", "tenant", "t")),
        FUP_OK);
    assert_int_equal(command.scope, FUP_SCOPE_TENANT);
    assert_int_equal(
        parse(ITEMS("action", "hold", "scope", "schedule", "schedule", "s")),
        FUP_OK);
    assert_int_equal(command.scope, FUP_SCOPE_SCHEDULE);
    assert_string_equal(command.schedule, "s");
}

static void every_action_has_its_word(void **state)
{
    (void)state;
    for (int i = 0; i < FUP_COMMAND_MAX; i++) {
        const char *word = fup_command_action_text((enum fup_command_action)i);
        bool hold = i == FUP_COMMAND_HOLD || i == FUP_COMMAND_RELEASE;
        bool move = i == FUP_COMMAND_RESCHEDULE;
        const char *items[] = {"action",
                               word,
                               hold ? "by" : "conversation",
                               "c",
                               move ? "in" : "reason",
                               "1h",
                               NULL};

        assert_int_equal(parse(items), FUP_OK);
        assert_int_equal(command.action, i);
    }
}

static void
refuses(const char *const *items, const char *error, const char *message)
{
    assert_int_equal(parse(items), FUP_EPARSE);
    assert_string_equal(refusal.error, error);
    assert_string_equal(refusal.message, message);
}

static void names_what_is_unknown_and_its_neighbour(void **state)
{
    (void)state;
    refuses(ITEMS("action", "reshedule", "conversation", "c"), "unknown_action",
            "unknown word \"reshedule\"; did you mean \"reschedule\"?");
    refuses(ITEMS("action", "skip", "converstion", "c"), "unknown_field",
            "unknown field \"converstion\"; did you mean \"conversation\"?");
    refuses(ITEMS("action", "opt_in", "contact", "c", "scope", "chanel"),
            "bad_field", "unknown word \"chanel\"; did you mean \"channel\"?");
}

static void refuses_what_is_missing(void **state)
{
    (void)state;
    refuses(ITEMS("conversation", "c"), "missing_action",
            "\"action\" is missing");
    refuses(ITEMS("action", "pause"), "missing_conversation",
            "pause needs a conversation or a contact");
    refuses(ITEMS("action", "pause", "conversation", ""), "bad_field",
            "\"conversation\" is empty");
    refuses(ITEMS("action", "reschedule", "conversation", "c"), "missing_time",
            "reschedule needs either at or in");
    refuses(ITEMS("action", "opt_out", "contact", "c", "scope", "channel"),
            "missing_conversation",
            "the scope channel needs a conversation, whose channel is meant");
}

static void refuses_what_does_not_go_together(void **state)
{
    (void)state;
    refuses(ITEMS("action", "reschedule", "conversation", "c", "in", "1h", "at",
                  "2026-11-21T09:30:00Z"),
            "bad_field", "reschedule needs either at or in");
    refuses(ITEMS("action", "skip", "conversation", "c", "contact", "d"),
            "bad_field", "name a conversation or a contact, not both");
    refuses(ITEMS("action", "pause", "conversation", "c", "at",
                  "2026-11-21T09:30:00Z"),
            "bad_field", "\"at\" does not go with pause");
    refuses(ITEMS("action", "hold", "scope", "schedule"), "bad_field",
            "\"schedule\" goes with the scope schedule");
    refuses(ITEMS("action", "hold", "schedule", "s"), "bad_field",
            "\"schedule\" goes with the scope schedule");
    refuses(ITEMS("action", "hold", "scope", "schedule", "schedule", "s",
                  "tenant", "acme"),
            "bad_field",
            "a schedule is meant in all tenants: give one of \"schedule\" and "
            "\"tenant\"");
    refuses(ITEMS("action", "hold", "scope", "tenant"), "bad_field",
            "the scope tenant needs a tenant");
    refuses(ITEMS("action", "skip", "action", "skip"), "double_field",
            "\"action\" is there twice");
}

#define FORCE_TEXT                                                             \
    "\"force\": expected hours, cap, gap, or several with commas between"

static void refuses_bad_values(void **state)
{
    static char long_id[FUP_ENTRY_ID_MAX + 2];

    (void)state;
    memset(long_id, 'x', sizeof long_id - 1);
    refuses(ITEMS("action", "skip", "conversation", long_id), "too_long",
            "\"conversation\" is longer than 255 bytes");
    refuses(ITEMS("action", "skip", "conversation", "\xff"), "bad_text",
            "\"conversation\" is not valid UTF-8 text");
    refuses(ITEMS("action", "send_now", "conversation", "c", "force", "all"),
            "bad_field", FORCE_TEXT);
    refuses(ITEMS("action", "send_now", "conversation", "c", "force", "cap,"),
            "bad_field", FORCE_TEXT);
    assert_int_equal(
        parse(ITEMS("action", "pause", "conversation", "c", "until", "noon")),
        FUP_EPARSE);
    assert_string_equal(refusal.error, "bad_time");
    assert_int_equal(
        parse(ITEMS("action", "reschedule", "conversation", "c", "in", "soon")),
        FUP_EPARSE);
    assert_string_equal(refusal.error, "bad_time");
}

/* One conversation, a person, or all of a schedule or a tenant; and a margin
 * that does not depend on anyone's calendar. */
static void a_migration_names_whom_it_is_for_in_one_way(void **state)
{
    static const char *const action = "migrate_version";

    (void)state;
    assert_int_equal(parse(ITEMS("action", action, "scope", "schedule",
                                 "schedule", "s", "margin", "1h30m")),
                     FUP_OK);
    assert_int_equal(command.scope, FUP_SCOPE_SCHEDULE);
    assert_string_equal(command.margin, "1h30m");
    assert_int_equal(
        parse(ITEMS("action", action, "scope", "tenant", "tenant", "t")),
        FUP_OK);
    assert_int_equal(parse(ITEMS("action", action, "conversation", "c")),
                     FUP_OK);
    assert_int_equal(command.scope, FUP_SCOPE_NONE);
    refuses(ITEMS("action", action), "missing_conversation",
            "migrate_version needs a conversation, a contact or a scope");
    refuses(ITEMS("action", action, "scope", "tenant", "tenant", "t",
                  "conversation", "c"),
            "bad_field", "name a conversation or a scope, not both");
    refuses(ITEMS("action", action, "scope", "service"), "bad_field",
            "unknown word \"service\"; did you mean \"tenant\"?");
    refuses(ITEMS("action", action, "conversation", "c", "schedule", "s"),
            "bad_field", "\"schedule\" goes with the scope schedule");
    refuses(ITEMS("action", action, "conversation", "c", "margin", "1d"),
            "bad_time", "\"margin\": expected hours and minutes, as in 1h30m");
    refuses(ITEMS("action", "pause", "conversation", "c", "margin", "1h"),
            "bad_field", "\"margin\" does not go with pause");
}

static void refuses_nul_and_odd_entries(void **state)
{
    static const char *const items[] = {"action", "skip", "conversation",
                                        "a\0b", NULL};

    (void)state;
    (void)entry_of(&of, items);
    of.lens[3] = 3;
    assert_int_equal(fup_command_parse(&of.entry, &command, &refusal),
                     FUP_EPARSE);
    assert_string_equal(refusal.error, "bad_text");
    of.entry.n = 3;
    assert_int_equal(fup_command_parse(&of.entry, &command, &refusal),
                     FUP_EPARSE);
    assert_string_equal(refusal.error, "bad_entry");
}

static void the_request_id_is_found_in_bad_entries(void **state)
{
    (void)state;
    (void)entry_of(&of, ITEMS("nonsense", "\xff", "request_id", "r1"));
    assert_string_equal(fup_entry_value(&of.entry, "request_id"), "r1");
    (void)entry_of(&of, ITEMS("request_id", "r1", "request_id", "r2"));
    assert_null(fup_entry_value(&of.entry, "request_id"));
    (void)entry_of(&of, ITEMS("request_id", "\xff"));
    assert_null(fup_entry_value(&of.entry, "request_id"));
}

static void writes_what_the_database_takes(void **state)
{
    struct fup_buf out;

    (void)state;
    fup_buf_init(&out, 4096);
    assert_int_equal(
        parse(ITEMS("action", "reschedule", "conversation", "4711", "in", "2h",
                    "by", "a\"b", "force", "cap", "request_id", "r1")),
        FUP_OK);
    fup_command_write(&command, "1-0", &out);
    assert_string_equal(
        fup_buf_text(&out),
        "{\"entry\":\"1-0\",\"action\":\"reschedule\",\"tenant\":\"default\","
        "\"conversation\":\"4711\",\"delay\":\"2h\",\"force\":2,"
        "\"actor\":\"a\\\"b\",\"request_id\":\"r1\"}");
    fup_buf_clear(&out);
    assert_int_equal(parse(ITEMS("action", "hold", "reason", "storm")), FUP_OK);
    fup_command_write(&command, "2-0", &out);
    assert_string_equal(fup_buf_text(&out),
                        "{\"entry\":\"2-0\",\"action\":\"hold\","
                        "\"tenant\":\"default\",\"force\":0,"
                        "\"scope\":\"service\",\"reason\":\"storm\"}");
    fup_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_command_with_everything),
        cmocka_unit_test(the_tenant_is_default),
        cmocka_unit_test(reads_delays),
        cmocka_unit_test(scopes_have_defaults_by_action),
        cmocka_unit_test(every_action_has_its_word),
        cmocka_unit_test(names_what_is_unknown_and_its_neighbour),
        cmocka_unit_test(refuses_what_is_missing),
        cmocka_unit_test(refuses_what_does_not_go_together),
        cmocka_unit_test(refuses_bad_values),
        cmocka_unit_test(a_migration_names_whom_it_is_for_in_one_way),
        cmocka_unit_test(refuses_nul_and_odd_entries),
        cmocka_unit_test(the_request_id_is_found_in_bad_entries),
        cmocka_unit_test(writes_what_the_database_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
