/* A decision arrives in the database as it was written: each column its own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "case.h"
#include "database.h"
#include "pg/binary.h"

/* Instants are numbers that nothing else has. */
static const char ask[] =
    "SELECT jsonb_object_agg(c.key, CASE WHEN c.key LIKE '%\\_at' OR c.key IN "
    "('paused_until', 'not_before') THEN "
    "to_jsonb(followup.us((c.value #>> '{}')::timestamptz)) ELSE c.value END), "
    "min(d.trace::json->0->>'rule'), min(d.next_trace::json->0->>'rule') "
    "FROM unnest($1::followup.decision[]) d, "
    "jsonb_each(jsonb_strip_nulls(to_jsonb(d) - 'trace' - 'next_trace')) c "
    "GROUP BY d.ord ORDER BY d.ord";

static const char expected[] =
    "{\"id\": 14, \"gen\": 15, \"ord\": 1, \"kind\": \"check_in\", "
    "\"note\": \"a note, (with) {signs}\", \"step\": 19, "
    "\"actor\": \"somebody\", \"event\": \"fired\", \"force\": 1, "
    "\"answer\": \"{\\\"ok\\\":true}\", \"closes\": true, "
    "\"due_at\": 20, \"reason\": \"a reason\", "
    "\"status\": \"pending\", \"tenant\": \"a \\\"tenant\\\"\", "
    "\"cap_max\": 11, \"channel\": \"sms\", \"command\": 18, "
    "\"contact\": \"a contact\", "
    "\"message\": \"{\\\"text\\\":\\\"a \\\\\\\"b\\\\\\\"\\\\n\\\"}\", "
    "\"outcome\": \"completed\", \"version\": 13, "
    "\"schedule\": \"a schedule\", \"suppress\": \"crm\", "
    "\"withdraw\": false, \"cap_per_s\": 12, \"manual_at\": 23, "
    "\"next_step\": 21, \"out_waits\": true, \"waits_for\": \"held\", "
    "\"episode_at\": 16, \"expires_at\": 26, "
    "\"message_id\": \"t-0-14-16\", "
    "\"not_before\": 25, "
    "\"next_due_at\": 9223372036854775807, \"out_left_at\": 28, "
    "\"suppress_at\": 17, "
    "\"conversation\": \"a \\\\ conversation\", \"last_step_at\": 22, "
    "\"paused_until\": 24, \"command_status\": \"done\"}";

struct fixture {
    char name[16];
    struct fup_schedule schedule;
    struct fup_version version;
    struct fup_case c;
    struct fup_decision d;
    struct fup_buf out;
};

/* All that can be in one has a value that nothing else has. */
static void fill(struct fixture *f)
{
    (void)strcpy(f->name, "a schedule");
    f->schedule =
        (struct fup_schedule){.name = f->name, .cap_max = 11, .cap_per_s = 12};
    f->version = (struct fup_version){.id = 13, .schedule = &f->schedule};
    f->c = (struct fup_case){
        .tenant = "a \"tenant\"",
        .conversation = "a \\ conversation",
        .facts = {.contact = "a contact", .channel = "sms", .address = "to"},
        .enrollment = 14,
        .gen = 15,
        .run.episode_at = 16,
        .out_status = "pending",
        .out_left_at = 28,
        .suppress = "crm",
        .suppress_at = 17,
        .order = {.seq = 18, .actor = "somebody"},
    };
    fup_decision_init(&f->d);
    f->d.event = "fired";
    f->d.reason = "a reason";
    f->d.outcome = "completed";
    f->d.version = &f->version;
    f->d.step = 19;
    f->d.kind = "check_in";
    f->d.due_at = 20;
    f->d.run = (struct fup_run){.episode_at = 16,
                                .step = 21,
                                .last_step_at = 22,
                                .due_at = FUP_TIME_NEVER,
                                .manual_at = 23,
                                .force = 1,
                                .paused_until = 24,
                                .not_before = 25};
    f->d.waits_for = "held";
    f->d.trace = (struct fup_trace){.moves = {{FUP_RULE_DELAY, 1}}, .n = 1};
    f->d.next.trace = (struct fup_trace){.moves = {{FUP_RULE_GAP, 1}}, .n = 1};
    f->d.note = "a note, (with) {signs}";
    f->d.closes = true;
    (void)strcpy(f->d.message_id, "t-0-14-16");
    fup_buf_adds(&f->d.message, "{\"text\":\"a \\\"b\\\"\\n\"}");
    f->d.status = "pending";
    f->d.expires_at = 26;
    f->d.order_status = "done";
    fup_buf_adds(&f->d.answer, "{\"ok\":true}");
}

static void every_column_is_its_own(void **state)
{
    struct world *w = *state;
    struct fixture f;
    const char *params[1];
    int lengths[1];
    const int formats[] = {1};
    PGresult *res;

    fill(&f);
    fup_buf_init(&f.out, 100000);
    fup_pg_rows_begin(
        &f.out, (uint32_t)strtoul(
                    world_text(w, "SELECT 'followup.decision'::regtype::oid"),
                    NULL, 10));
    fup_decision_write(&f.c, &f.d, 1, &f.out);
    f.c.enrollment = 0; /* one that begins: with whom it is alone */
    f.schedule.one_per_contact = true;
    f.c.facts.last_answer_at = 27;
    fup_buf_clear(&f.d.message); /* and that closes without a message */
    fup_decision_write(&f.c, &f.d, 2, &f.out);
    f.d.event = NULL; /* only a command is answered */
    fup_decision_write(&f.c, &f.d, 3, &f.out);
    assert_int_equal(fup_pg_rows_n(&f.out), 3);
    assert_int_equal(f.out.failed, FUP_OK);
    params[0] = f.out.data;
    lengths[0] = (int)f.out.len;
    res = PQexecParams(w->pg, ask, 1, NULL, params, lengths, formats, 0);
    assert_string_equal(PQresultErrorMessage(res), "");
    assert_int_equal(PQntuples(res), 3);
    assert_string_equal(PQgetvalue(res, 0, 0), expected);
    assert_non_null(strstr(PQgetvalue(res, 1, 0), "\"address\": \"to\""));
    assert_non_null(strstr(PQgetvalue(res, 1, 0), "\"since_at\": 27,"));
    assert_null(strstr(PQgetvalue(res, 1, 0), "\"id\""));
    assert_null(strstr(PQgetvalue(res, 1, 0), "\"message\""));
    assert_non_null(strstr(PQgetvalue(res, 1, 0), "\"out_waits\": true"));
    assert_string_equal(
        PQgetvalue(res, 2, 0),
        "{\"ord\": 3, \"actor\": \"somebody\", "
        "\"answer\": \"{\\\"ok\\\":true}\", "
        "\"tenant\": \"a \\\"tenant\\\"\", \"channel\": \"sms\", "
        "\"command\": 18, \"contact\": \"a contact\", "
        "\"suppress\": \"crm\", \"suppress_at\": 17, "
        "\"conversation\": \"a \\\\ conversation\", "
        "\"command_status\": \"done\"}");
    assert_string_equal(PQgetvalue(res, 0, 1), "delay");
    assert_string_equal(PQgetvalue(res, 0, 2), "min_gap");
    PQclear(res);
    fup_decision_done(&f.d);
    fup_buf_done(&f.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_column_is_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
