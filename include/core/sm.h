/* State machines as tables: a name and the allowed moves for each state. */

#ifndef FUP_CORE_SM_H
#define FUP_CORE_SM_H

#include <stdbool.h>
#include <stdint.h>

#define FUP_SM_TO(state) (UINT32_C(1) << (state))

struct fup_sm_state {
    const char *name;
    uint32_t to; /* FUP_SM_TO() of each state it may move to */
};

struct fup_sm {
    const struct fup_sm_state *states;
    int state;
};

void fup_sm_init(struct fup_sm *sm,
                 const struct fup_sm_state *states,
                 int state);

/* Move to @state; a move that the table does not allow is our mistake and
 * aborts. */
void fup_sm_move(struct fup_sm *sm, int state);

const char *fup_sm_name(const struct fup_sm *sm);

#endif
