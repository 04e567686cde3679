#include <stdlib.h>

#include "codec/schedule.h"
#include "message/message.h"

static void names_done(struct fup_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        free(names->items[i]);
    }
    free(names->items);
}

static void match_done(struct fup_match *match)
{
    names_done(&match->tenant);
    names_done(&match->channel);
    names_done(&match->intent);
    names_done(&match->stage);
    names_done(&match->locale);
    for (size_t i = 0; i < match->n_attributes; i++) {
        free(match->attributes[i].name);
        names_done(&match->attributes[i].values);
    }
    free(match->attributes);
}

static void step_done(struct fup_step *step)
{
    free(step->kind);
    fup_message_def_free(step->message);
    names_done(&step->template_channels);
}

void fup_schedule_free(struct fup_schedule *schedule)
{
    if (schedule == NULL) {
        return;
    }
    free(schedule->name);
    free(schedule->timezone);
    free(schedule->holidays);
    free(schedule->first_locale);
    match_done(&schedule->match);
    match_done(&schedule->stop_when.match);
    names_done(&schedule->links);
    for (size_t i = 0; i < schedule->n_steps; i++) {
        step_done(&schedule->steps[i]);
    }
    free(schedule);
}
