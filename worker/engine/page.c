/* The events of a page: what each row of the ledger tells others. */

#include "page.h"

#include <stdio.h>
#include <string.h>

/* What the events stream can hold: older ones are not told again. */
#define EVENTS_KEPT 10000

static void add_text(struct fup_relay *relay, const char *value)
{
    struct fup_page *page = relay->page;

    page->offsets[page->n_fields++] = relay->fields.len;
    fup_buf_add(&relay->fields, value, strlen(value) + 1);
}

/* Fields without a value are left out. */
static void
add_field(struct fup_relay *relay, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        add_text(relay, name);
        add_text(relay, value);
    }
}

static void add_time(struct fup_relay *relay, const char *name, int64_t at)
{
    char buf[FUP_TIME_TEXT];

    if (at != FUP_TIME_NONE) {
        add_field(relay, name, fup_time_format(at, buf));
    }
}

static void add_step(struct fup_relay *relay, int step)
{
    char buf[16];

    if (step > 0) {
        (void)snprintf(buf, sizeof buf, "%d", step);
        add_field(relay, "step", buf);
    }
}

/* One event of @r; @step is 0 where it is not of one. */
static void add_event(struct fup_part *part,
                      const struct fup_ledger_row *r,
                      const char *event,
                      int step,
                      const char *reason)
{
    bool done = step != 0 && step == r->step && strcmp(event, "armed") != 0;
    struct fup_relay *relay = &part->relay;
    struct fup_page *page = relay->page;
    char seq[40];

    page->first[page->n++] = page->n_fields;
    (void)snprintf(seq, sizeof seq, "%d-%lld", part->id, (long long)r->seq);
    add_field(relay, "event", event);
    add_field(relay, "tenant", r->tenant);
    add_field(relay, "conversation", r->conversation);
    add_time(relay, "episode", r->episode_at);
    add_step(relay, step);
    add_field(relay, "kind", done ? r->kind : NULL);
    add_field(relay, "reason", reason);
    add_field(relay, "by", r->actor);
    add_time(relay, "at", r->at);
    add_field(relay, "seq", seq);
}

/* The step that comes next and when. */
static void add_armed(struct fup_part *part, const struct fup_ledger_row *r)
{
    struct fup_relay *relay = &part->relay;

    add_event(part, r, "armed", r->next_step, NULL);
    add_time(relay, "due_at", r->next_due_at);
    add_field(relay, "why", r->next_trace);
}

static const char *public_name(const char *event)
{
    return strcmp(event, "silent") == 0 ? "skipped" : event;
}

static void add_events(struct fup_part *part, const struct fup_ledger_row *r)
{
    if (strcmp(r->event, "armed") != 0) {
        add_event(part, r, public_name(r->event), r->step, r->reason);
        add_field(&part->relay, "message", r->message_id);
        add_field(&part->relay, "status", r->status);
        add_field(&part->relay, "why", r->trace);
    }
    if (strcmp(r->event, "withdrawn") == 0) {
        return;
    }
    if (r->withdrew != 0) {
        add_event(part, r, "withdrawn", 0,
                  strcmp(r->event, "fired") == 0 ? "superseded" : r->event);
    }
    if (r->closes && r->status == NULL) {
        add_event(part, r, "closed", r->step, "close_out");
    }
    if (r->outcome != NULL && strcmp(r->outcome, r->event) != 0) {
        add_event(part, r, r->outcome, 0, NULL);
    } else if (r->outcome == NULL && r->next_due_at != FUP_TIME_NONE) {
        add_armed(part, r);
    }
}

/* Now that the texts stay where they are. */
static void point_fields(struct fup_relay *relay)
{
    struct fup_page *page = relay->page;

    for (size_t i = 0; i < page->n_fields; i++) {
        page->fields[i] = relay->fields.data + page->offsets[i];
    }
    for (size_t i = 0; i < page->n; i++) {
        size_t end = i + 1 < page->n ? page->first[i + 1] : page->n_fields;

        page->items[i].fields = &page->fields[page->first[i]];
        page->items[i].n_fields = end - page->first[i];
    }
}

enum fup_code fup_page_tell(struct fup_part *part)
{
    struct fup_relay *relay = &part->relay;
    struct fup_page *page = relay->page;

    fup_buf_clear(&relay->fields);
    page->n = 0;
    page->n_fields = 0;
    for (size_t i = 0; i < page->n_rows; i++) {
        if (relay->last_seq > relay->end - EVENTS_KEPT) {
            add_events(part, &page->rows[i]);
        }
    }
    if (relay->fields.failed == FUP_OK) {
        point_fields(relay);
    }
    return relay->fields.failed;
}
