/* A page of the ledger on its way to the streams. */

#ifndef FUP_ENGINE_PAGE_H
#define FUP_ENGINE_PAGE_H

#include "internal.h"

#define FUP_EVENTS_PER_ROW   4
#define FUP_FIELDS_PER_EVENT 28
#define FUP_FIELDS_BYTES_MAX (4u << 20)

/* Its rows and their events, whose texts lie one after the other in the relay's
 * buffer and are pointed at when all of them are there. */
struct fup_page {
    struct fup_ledger_row rows[FUP_RELAY_PAGE];
    size_t n_rows;
    struct fup_queue_event items[FUP_RELAY_PAGE * FUP_EVENTS_PER_ROW];
    const char
        *fields[FUP_RELAY_PAGE * FUP_EVENTS_PER_ROW * FUP_FIELDS_PER_EVENT];
    size_t offsets[FUP_RELAY_PAGE * FUP_EVENTS_PER_ROW * FUP_FIELDS_PER_EVENT];
    size_t first[FUP_RELAY_PAGE * FUP_EVENTS_PER_ROW]; /* field of each event */
    size_t n_fields;
    size_t n;
};

/* Make the events of @part's page, for fup_queue_events(); those that their
 * stream could not keep are left out. Errors: FUP_ENOMEM, FUP_ELIMIT. */
FUP_MUST_CHECK enum fup_code fup_page_tell(struct fup_part *part);

#endif
