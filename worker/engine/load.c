#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/opt_out.h"
#include "pg/array.h"

/* The columns of load.sql, in order. */
enum {
    COL_SNAPSHOT,
    COL_DECISION_TYPE,
    COL_NOW,
    COL_TENANT,
    COL_CONVERSATION,
    COL_KNOWN,
    COL_CONTACT,
    COL_CHANNEL,
    COL_ADDRESS,
    COL_STATUS,
    COL_OWNER,
    COL_INTENT,
    COL_STAGE,
    COL_LOCALE,
    COL_TIMEZONES,
    COL_LAST_INBOUND,
    COL_LAST_ANSWER,
    COL_LAST_HUMAN,
    COL_LAST_OURS,
    COL_WINDOW_ENDS,
    COL_OPTED_OUT,
    COL_TENANT_ACTIVE,
    COL_ATTRIBUTES,
    COL_CRM_OPT_OUT,
    COL_LAST_TEXT,
    COL_ENROLLMENT,
    COL_GEN,
    COL_OUTCOME,
    COL_VERSION,
    COL_EPISODE,
    COL_STEP,
    COL_LAST_STEP,
    COL_DUE,
    COL_WAITS_FOR,
    COL_MANUAL,
    COL_FORCE,
    COL_PAUSED,
    COL_NOT_BEFORE,
    COL_WINDOW_CLOSED,
    COL_OUT_STATUS,
    COL_LEFT,
    COL_HELD,
    COL_SUPERSEDED,
    COL_SENDS,
    COL_ORDER,
    COL_ORDER_ACTION,
    COL_ORDER_AT,
    COL_ORDER_DELAY,
    COL_ORDER_UNTIL,
    COL_ORDER_FORCE,
    COL_ORDER_SCHEDULE,
    COL_ORDER_ACTOR,
    COL_ORDER_REASON,
    COL_ORDER_REQUEST,
};

struct row {
    const struct fup_pg_rows *rows;
    int n;
};

static const char *text(const struct row *r, int col)
{
    return fup_pg_text(r->rows, r->n, col);
}

static int64_t instant(const struct row *r, int col)
{
    return fup_pg_int(r->rows, r->n, col, FUP_TIME_NONE);
}

static int64_t number(const struct row *r, int col)
{
    return fup_pg_int(r->rows, r->n, col, 0);
}

static enum fup_status status_of(const char *word)
{
    if (word != NULL && strcmp(word, "open") == 0) {
        return FUP_STATUS_OPEN;
    }
    if (word != NULL && strcmp(word, "closed") == 0) {
        return FUP_STATUS_CLOSED;
    }
    if (word != NULL && strcmp(word, "snoozed") == 0) {
        return FUP_STATUS_SNOOZED;
    }
    return FUP_STATUS_UNKNOWN;
}

static enum fup_owner owner_of(const char *word)
{
    if (word != NULL && strcmp(word, "human") == 0) {
        return FUP_OWNER_HUMAN;
    }
    if (word != NULL && strcmp(word, "bot") == 0) {
        return FUP_OWNER_BOT;
    }
    return FUP_OWNER_NOBODY;
}

/* More or longer names than there is room for are left out, worst first. */
static void read_zones(const struct row *r,
                       char zones[FUP_ZONES_TEXT],
                       struct fup_facts *facts)
{
    const char *array = text(r, COL_TIMEZONES);
    char *names[FUP_FACTS_ZONES];
    int n;

    if (array == NULL || strlen(array) >= FUP_ZONES_TEXT) {
        return;
    }
    (void)snprintf(zones, FUP_ZONES_TEXT, "%s", array);
    n = fup_pg_array_split(zones, names, FUP_FACTS_ZONES);
    for (int i = 0; i < n; i++) {
        facts->timezones[facts->n_timezones++] = names[i];
    }
}

static void read_facts(const struct row *r,
                       char zones[FUP_ZONES_TEXT],
                       struct fup_facts *facts)
{
    *facts = (struct fup_facts){
        .tenant = text(r, COL_TENANT),
        .conversation = text(r, COL_CONVERSATION),
        .contact = text(r, COL_CONTACT),
        .channel = text(r, COL_CHANNEL),
        .address = text(r, COL_ADDRESS),
        .status = status_of(text(r, COL_STATUS)),
        .owner = owner_of(text(r, COL_OWNER)),
        .intent = text(r, COL_INTENT),
        .stage = text(r, COL_STAGE),
        .locale = text(r, COL_LOCALE),
        .last_inbound_at = instant(r, COL_LAST_INBOUND),
        .last_answer_at = instant(r, COL_LAST_ANSWER),
        .last_human_at = instant(r, COL_LAST_HUMAN),
        .last_ours_at = instant(r, COL_LAST_OURS),
        .window_ends_at = instant(r, COL_WINDOW_ENDS),
        .opted_out = fup_pg_bool(r->rows, r->n, COL_OPTED_OUT),
        .tenant_active = fup_pg_bool(r->rows, r->n, COL_TENANT_ACTIVE),
        .attributes = text(r, COL_ATTRIBUTES),
    };
    read_zones(r, zones, facts);
}

/* 0 stands for "no inbound message" in the database. */
static int64_t episode_of(const struct row *r)
{
    int64_t us = number(r, COL_EPISODE);

    return us == 0 ? FUP_TIME_NONE : us;
}

/* "{1,2,3}" as numbers; the newest ones when there are more than fit. */
static size_t read_sends(const char *array, int64_t sends[FUP_SENDS_MAX])
{
    size_t n = 0;
    char *end;

    while (array != NULL && *array != '\0') {
        if (*array < '0' || *array > '9') {
            array++;
            continue;
        }
        if (n == FUP_SENDS_MAX) {
            memmove(sends, sends + 1, (FUP_SENDS_MAX - 1) * sizeof *sends);
            n--;
        }
        sends[n++] = strtoll(array, &end, 10);
        array = end;
    }
    return n;
}

static void read_run(const struct row *r, struct fup_run *run)
{
    *run = (struct fup_run){
        .episode_at = episode_of(r),
        .step = (int)number(r, COL_STEP),
        .last_step_at = instant(r, COL_LAST_STEP),
        .due_at = instant(r, COL_DUE),
        .manual_at = instant(r, COL_MANUAL),
        .force = (unsigned)number(r, COL_FORCE),
        .paused_until = instant(r, COL_PAUSED),
        .not_before = instant(r, COL_NOT_BEFORE),
        .window_closed = fup_pg_bool(r->rows, r->n, COL_WINDOW_CLOSED),
        .held = fup_pg_bool(r->rows, r->n, COL_HELD),
        .superseded = text(r, COL_SUPERSEDED) != NULL,
    };
}

static bool is_one_of(const char *text, const char *const *words)
{
    while (*words != NULL && strcmp(text, *words) != 0) {
        words++;
    }
    return *words != NULL;
}

/* The newest message, as far as it has gone to the customer, or may have. */
static void read_out(const struct row *r, struct fup_case *c)
{
    static const char *const in_hand[] = {"permit", "unknown", NULL};
    static const char *const gone[] = {"sent", "delivered", "read", NULL};

    c->out_status = text(r, COL_OUT_STATUS);
    c->out_left_at = instant(r, COL_LEFT);
    c->run.left_at = FUP_TIME_NONE;
    if (c->out_status != NULL && c->out_left_at != FUP_TIME_NONE) {
        c->run.in_hand = is_one_of(c->out_status, in_hand);
        if (c->run.in_hand || is_one_of(c->out_status, gone)) {
            c->run.left_at = c->out_left_at;
        }
    }
}

/* What the CRM says, or the customer's own last words, and is not in our list
 * of suppressions yet. */
static void read_opt_out(const struct row *r, struct fup_case *c)
{
    if (fup_pg_bool(r->rows, r->n, COL_CRM_OPT_OUT)) {
        c->suppress = "crm";
        c->suppress_at = c->now;
    } else if (!c->facts.opted_out &&
               fup_opt_out_is(text(r, COL_LAST_TEXT), c->facts.channel)) {
        c->facts.opted_out = true;
        c->suppress = "text";
        c->suppress_at = c->facts.last_inbound_at;
    }
}

static void read_order(const struct row *r, struct fup_order *order)
{
    *order = (struct fup_order){
        .seq = number(r, COL_ORDER),
        .action = text(r, COL_ORDER_ACTION),
        .at = instant(r, COL_ORDER_AT),
        .delay = text(r, COL_ORDER_DELAY),
        .until_at = instant(r, COL_ORDER_UNTIL),
        .force = (unsigned)number(r, COL_ORDER_FORCE),
        .schedule = text(r, COL_ORDER_SCHEDULE),
        .actor = text(r, COL_ORDER_ACTOR),
        .reason = text(r, COL_ORDER_REASON),
        .request_id = text(r, COL_ORDER_REQUEST),
    };
}

void fup_load_case(const struct fup_pg_rows *rows,
                   int row,
                   struct fup_load_room *room,
                   struct fup_case *ret_case)
{
    const struct row r = {rows, row};

    *ret_case = (struct fup_case){
        .now = instant(&r, COL_NOW),
        .tenant = text(&r, COL_TENANT),
        .conversation = text(&r, COL_CONVERSATION),
        .known = fup_pg_bool(rows, row, COL_KNOWN),
        .enrollment = number(&r, COL_ENROLLMENT),
        .gen = (int)number(&r, COL_GEN),
        .outcome = text(&r, COL_OUTCOME),
        .version = number(&r, COL_VERSION),
        .waits_for = text(&r, COL_WAITS_FOR),
    };
    read_facts(&r, room->zones, &ret_case->facts);
    read_opt_out(&r, ret_case);
    read_run(&r, &ret_case->run);
    read_out(&r, ret_case);
    ret_case->newer = text(&r, COL_SUPERSEDED);
    ret_case->run.cap_counted = true;
    ret_case->run.contact_sends = room->sends;
    ret_case->run.n_contact_sends =
        read_sends(text(&r, COL_SENDS), room->sends);
    read_order(&r, &ret_case->order);
}

const char *fup_load_snapshot(const struct fup_pg_rows *rows)
{
    return fup_pg_text(rows, 0, COL_SNAPSHOT);
}

uint32_t fup_load_decision_type(const struct fup_pg_rows *rows)
{
    return (uint32_t)fup_pg_int(rows, 0, COL_DECISION_TYPE, 0);
}

int64_t fup_load_version(const struct fup_pg_rows *rows, int row)
{
    return fup_pg_int(rows, row, COL_VERSION, 0);
}
