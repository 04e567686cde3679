#include "core/sm.h"

#include <stdio.h>
#include <stdlib.h>

void fup_sm_init(struct fup_sm *sm,
                 const struct fup_sm_state *states,
                 int state)
{
    sm->states = states;
    sm->state = state;
}

void fup_sm_move(struct fup_sm *sm, int state)
{
    if ((sm->states[sm->state].to & FUP_SM_TO(state)) == 0) {
        (void)fprintf(stderr, "forbidden move from %s to %s\n",
                      sm->states[sm->state].name, sm->states[state].name);
        abort();
    }
    sm->state = state;
}

const char *fup_sm_name(const struct fup_sm *sm)
{
    return sm->states[sm->state].name;
}
