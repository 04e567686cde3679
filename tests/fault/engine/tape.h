/* What all processes of a run share: orders to them, and what the provider saw.
 * It lies in shared memory, so it outlives whoever wrote it. */

#ifndef FUP_FAULT_TAPE_H
#define FUP_FAULT_TAPE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TAPE_CALLS 4000000

/* One call of the provider. */
struct tape_call {
    char message_id[48];
    int64_t started_us; /* since 1970 */
    int64_t ended_us;   /* 0: the caller died in it */
};

/* What a link to a server does at present; see proxy.h. */
struct tape_link {
    atomic_bool refuse;
    atomic_bool hold_up;
    atomic_bool hold_down;
    atomic_int delay_ms;
    atomic_int cut_bytes; /* -1: none asked for; else cut after so many */
};

enum { LINK_POSTGRES, LINK_REDIS, LINKS };

struct tape {
    struct tape_link links[LINKS];
    atomic_int ports[LINKS];    /* of the proxies; 0 until they listen */
    atomic_bool generator_done; /* all has been played */
    atomic_int crm_failed;      /* statements of the CRM that were refused */
    atomic_int crm_slowest_ms;  /* its longest transaction */
    atomic_int slow_ms;         /* how long the provider takes */
    atomic_long n_calls;
    struct tape_call calls[TAPE_CALLS];
};

#endif
