/* Each program with the rights that are advised, and no more: PostgreSQL by
 * grant_worker() and grant_sender(), Redis by docs/examples/redis.acl. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hiredis/hiredis.h>
#include <libpq-fe.h>

#include "world.h"

#define WAIT_MS 10000

static const char schedule[] =
    "{\"name\": \"two\", \"mode\": \"live\", \"min_gap\": \"1s\",\n"
    " \"match\": {\"channel\": [\"webchat\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": {\"variants\": "
    "[{\"id\": \"a\", \"text\": {\"en\": \"Is blue fine?\"}}]}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"1s\", \"close\": true}]}";

/* --- PostgreSQL ---------------------------------------------------------- */

/* Sender's and stranger's sessions are made anew for each statement. */
static char *as_role(struct world *w, const char *role, const char *sql)
{
    static char state[6];
    char conninfo[700];
    PGconn *pg;
    PGresult *res;
    const char *code;

    (void)snprintf(conninfo, sizeof conninfo, "%s user=%s", w->conninfo, role);
    pg = PQconnectdb(conninfo);
    assert_int_equal(PQstatus(pg), CONNECTION_OK);
    res = PQexec(pg, sql);
    code = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    (void)snprintf(state, sizeof state, "%s", code != NULL ? code : "00000");
    PQclear(res);
    PQfinish(pg);
    return state;
}

#define DONE   "00000"
#define DENIED "42501"

static void make_role(struct world *w, const char *name)
{
    world_do(w,
             "DO $$ BEGIN CREATE ROLE %s LOGIN; EXCEPTION "
             "WHEN duplicate_object OR unique_violation THEN NULL; END $$",
             name);
}

static void a_sender_may_ask_for_permits_and_no_more(void **state)
{
    struct world *w = *state;

    make_role(w, "followup_sender");
    world_do(w, "SELECT followup.grant_sender('followup_sender')");
    assert_string_equal(as_role(w, "followup_sender",
                                "SELECT * FROM followup.permit(ARRAY['x'])"),
                        DONE);
    assert_string_equal(as_role(w, "followup_sender",
                                "SELECT count(id) FROM followup.partition"),
                        DONE);
    for (size_t i = 0; i < 6; i++) {
        static const char *const others[] = {
            "SELECT followup.forget(0, 8640000, 0, 1, 1)",
            "SELECT 1 FROM followup.ledger",
            "SELECT 1 FROM followup.command",
            "SELECT 1 FROM crm.message",
            "DELETE FROM followup.hold",
            "SELECT followup.receive_command('{\"action\": \"hold\"}')"};

        assert_string_equal(as_role(w, "followup_sender", others[i]), DENIED);
    }
}

static void a_worker_may_not_write_what_is_the_crms(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < 7; i++) {
        static const char *const others[] = {
            "DELETE FROM followup.command",
            "UPDATE crm.conversation SET channel = 'sms'",
            "INSERT INTO crm.message (conversation_id) VALUES ('c')",
            "DELETE FROM followup.ledger",
            "DELETE FROM followup.enrollment",
            "UPDATE followup.installation SET tag = 'x'",
            "CREATE TABLE followup.x ()"};

        assert_string_equal(as_role(w, "followup_worker", others[i]), DENIED);
    }
}

/* Deleting from the ledger is no right of its own: only what is old goes. */
static void a_worker_forgets_what_is_older_than_a_day(void **state)
{
    struct world *w = *state;

    assert_string_equal(as_role(w, "followup_worker",
                                "SELECT followup.forget(0, 86400, 0, 1, 1)"),
                        DONE);
    assert_string_equal(as_role(w, "followup_worker",
                                "SELECT followup.forget(0, 86399, 0, 1, 1)"),
                        "22023");
    assert_string_equal(
        as_role(w, "followup_worker",
                "SELECT followup.forget_ended(0, now(), 0, 1, 1)"),
        DENIED);
    assert_string_equal(as_role(w, "followup_worker",
                                "SELECT followup.forget_commands(now(), 1)"),
                        DENIED);
}

/* --- Redis --------------------------------------------------------------- */

/* Load the example line by line, as ACL SETUSER. */
static void load_acl(struct world *w)
{
    char line[512];
    FILE *f = fopen(FUP_SOURCE_DIR "/docs/examples/redis.acl", "r");
    int users = 0;

    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        const char *words[32] = {"ACL", "SETUSER"};
        int n = 2;
        char *rest = NULL;
        redisReply *reply;

        line[strcspn(line, "\n")] = '\0';
        assert_string_equal(strtok_r(line, " ", &rest), "user");
        for (char *p; n < 32 && (p = strtok_r(NULL, " ", &rest)) != NULL;) {
            words[n++] = p;
        }
        reply = redisCommandArgv(w->redis.admin, n, words, NULL);
        assert_non_null(reply);
        assert_int_not_equal(reply->type, REDIS_REPLY_ERROR);
        freeReplyObject(reply);
        users++;
    }
    (void)fclose(f);
    assert_int_equal(users, 3);
}

/* Whether @user may do the command; it is carried out. */
static bool
may(struct world *w, const char *user, const char *password, const char *line)
{
    redisContext *redis = redisConnectUnix(w->redis.path);
    redisReply *reply;
    bool allowed;

    assert_non_null(redis);
    reply = redisCommand(redis, "AUTH %s %s", user, password);
    assert_int_equal(reply->type, REDIS_REPLY_STATUS);
    freeReplyObject(reply);
    reply = redisCommand(redis, line);
    allowed = reply->type != REDIS_REPLY_ERROR ||
              strstr(reply->str, "NOPERM") == NULL;
    freeReplyObject(reply);
    redisFree(redis);
    return allowed;
}

static void everything_works_with_the_advised_users(void **state)
{
    struct world *w = *state;
    char url[192];

    load_acl(w);
    (void)snprintf(url, sizeof url, "unix://followup:CHANGE-1@%s",
                   w->redis.path);
    world_schedule(w, "two.json", schedule);
    world_start_at(w, 0, url, NULL);
    assert_true(world_logged(w, 0, WAIT_MS, " ready"));
    world_conversation(w, "c", "webchat");
    world_message(w, "c", "in", "human", "now()");
    world_message(w, "c", "out", "human", "clock_timestamp()");
    assert_true(may(w, "crm", "CHANGE-2",
                    "XADD followup:commands * action reschedule conversation c "
                    "in 0s request_id r"));
    assert_true(world_until(w, WAIT_MS,
                            "SELECT status = 'pending' FROM followup.ledger "
                            "WHERE event = 'fired'"));
    assert_true(may(w, "webchat", "CHANGE-3",
                    "XREADGROUP GROUP senders me COUNT 1 BLOCK 5000 STREAMS "
                    "followup:{p00}:out:webchat >"));
    redis_server_do(&w->redis, "FLUSHALL");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT outcome = 'completed' FROM "
                            "followup.enrollment"));
    assert_false(world_logged(w, 0, 1, "NOPERM"));
    assert_false(world_logged(w, 0, 1, "permission denied"));
}

static void nobody_reaches_what_is_another_s(void **state)
{
    struct world *w = *state;

    load_acl(w);
    assert_false(may(w, "webchat", "CHANGE-3",
                     "XREADGROUP GROUP senders me STREAMS "
                     "followup:{p00}:out:sms >"));
    assert_false(
        may(w, "webchat", "CHANGE-3", "XADD followup:commands * action hold"));
    assert_true(may(w, "webchat", "CHANGE-3",
                    "XADD followup:receipts * id x status sent"));
    assert_false(
        may(w, "webchat", "CHANGE-3", "XREAD STREAMS followup:receipts 0"));
    assert_false(may(w, "crm", "CHANGE-2",
                     "XREAD STREAMS followup:{p00}:out:webchat 0"));
    assert_false(may(w, "crm", "CHANGE-2", "XADD followup:events * a b"));
    assert_false(may(w, "followup", "CHANGE-1", "GET other"));
    assert_false(may(w, "followup", "CHANGE-1", "FLUSHALL"));
    assert_false(may(w, "followup", "CHANGE-1", "CONFIG SET appendonly no"));
}

/* --- all ----------------------------------------------------------------- */

static int set_up(void **state)
{
    static struct world w;

    *state = &w;
    return world_open(&w) ? 0 : -1;
}

static int tear_down(void **state)
{
    world_close(*state);
    return 0;
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_sender_may_ask_for_permits_and_no_more),
        CASE(a_worker_may_not_write_what_is_the_crms),
        CASE(a_worker_forgets_what_is_older_than_a_day),
        CASE(everything_works_with_the_advised_users),
        CASE(nobody_reaches_what_is_another_s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
