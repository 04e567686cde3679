/* What the adapter tells of one conversation: one row of
 * followup.conversation_facts(). */

#ifndef FUP_PLAN_FACTS_H
#define FUP_PLAN_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUP_FACTS_ZONES 8

enum fup_status {
    FUP_STATUS_OPEN,
    FUP_STATUS_CLOSED,
    FUP_STATUS_SNOOZED,
    FUP_STATUS_UNKNOWN, /* reads as "do not send" */
};

enum fup_owner {
    FUP_OWNER_NOBODY,
    FUP_OWNER_BOT,
    FUP_OWNER_HUMAN,
};

/* Texts are borrowed and may be NULL where the contract allows null; instants
 * are FUP_TIME_NONE for null. */
struct fup_facts {
    const char *tenant;
    const char *conversation;
    const char *contact;
    const char *channel;
    const char *address;
    enum fup_status status;
    enum fup_owner owner;
    const char *intent;
    const char *stage;
    const char *locale;
    const char *timezones[FUP_FACTS_ZONES]; /* candidates, best first */
    size_t n_timezones;
    int64_t last_inbound_at;
    int64_t last_answer_at;
    int64_t last_human_at;
    int64_t last_ours_at;
    int64_t window_ends_at; /* NONE: the channel's rule applies */
    bool opted_out;
    bool tenant_active;
    const char *attributes; /* a JSON object, or NULL */
};

#endif
