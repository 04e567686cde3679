/* One conversation: facts, plans, steps. */

#include <stdlib.h>

#include "rules.h"
#include "simulate_world.h"

static void emit(const struct fup_sim_world *world,
                 const struct fup_sim_walker *w,
                 const struct fup_plan *plan)
{
    struct fup_sim_row row = {
        .timeline = w->index,
        .schedule = w->schedule,
        .episode_at = w->run.episode_at,
        .step = plan->step,
        .pending = w->run.step,
        .action = plan->action,
        .at = plan->at,
        .reason = plan->reason,
        .facts = &w->facts,
    };

    if (plan->step > 0) {
        row.kind = w->schedule->steps[plan->step - 1].kind;
    }
    world->sim->on_row(&row, world->sim->arg);
}

static void show_sends(const struct fup_sim_world *world,
                       struct fup_sim_walker *w)
{
    w->run.cap_counted = true;
    w->run.contact_sends = world->sends.items;
    w->run.n_contact_sends = world->sends.n;
}

static void ask(const struct fup_sim_world *world,
                struct fup_sim_walker *w,
                int64_t now,
                struct fup_plan *ret_plan)
{
    show_sends(world, w);
    fup_plan_next(world->sim->env, w->schedule, &w->facts, &w->run, now,
                  ret_plan);
}

/* Follow-ups only ever take instants away, so what a plan found to be the first
 * one stays a place to search on from, until facts or step change. */
static void keep_search(struct fup_sim_walker *w, const struct fup_plan *plan)
{
    w->has_instant = plan->action != FUP_ACTION_WAIT &&
                     plan->action != FUP_ACTION_END &&
                     plan->reason != FUP_REASON_NO_ALLOWED_TIME;
    if (w->has_instant && plan->reason != FUP_REASON_PULLED_FORWARD) {
        w->run.searched_until = plan->at;
    }
}

/* Plan, and end or arm: what is due at once still waits for the timer's turn,
 * behind all messages of the same instant. */
static void
replan(const struct fup_sim_world *world, struct fup_sim_walker *w, int64_t now)
{
    struct fup_plan plan;

    ask(world, w, now, &plan);
    keep_search(w, &plan);
    w->timer_at = plan.at;
    w->run.due_at = plan.action != FUP_ACTION_WAIT ? plan.at : FUP_TIME_NONE;
    if (plan.action == FUP_ACTION_END) {
        w->active = false;
        w->timer_at = FUP_TIME_NEVER;
        emit(world, w, &plan);
    }
}

static void count_send(struct fup_sim_world *world, int64_t at)
{
    struct sends *sends = &world->sends;

    if (sends->n == sends->cap) {
        size_t cap = sends->cap > 0 ? sends->cap * 2 : 16;
        int64_t *items = realloc(sends->items, cap * sizeof *items);

        if (items == NULL) {
            world->failed = FUP_ENOMEM;
            return;
        }
        sends->items = items;
        sends->cap = cap;
    }
    sends->items[sends->n++] = at;
}

/* The step has happened; the next one is planned from here. */
static void perform(struct fup_sim_world *world,
                    struct fup_sim_walker *w,
                    const struct fup_plan *plan)
{
    emit(world, w, plan);
    if (plan->action == FUP_ACTION_SEND ||
        plan->action == FUP_ACTION_TEMPLATE) {
        count_send(world, plan->at);
    }
    if (plan->action != FUP_ACTION_SKIP &&
        w->schedule->steps[plan->step - 1].close) {
        w->facts.status = FUP_STATUS_CLOSED;
    }
    w->run.last_step_at = plan->at;
    w->run.due_at = FUP_TIME_NONE;
    w->run.searched_until = FUP_TIME_NONE;
    w->run.step++;
    replan(world, w, plan->at);
}

int64_t fup_sim_first(const struct fup_sim_world *world,
                      struct fup_sim_walker *w,
                      int64_t at)
{
    struct fup_placing p;
    struct fup_trace trace = {.n = 0};

    show_sends(world, w);
    fup_placing_init(&p, world->sim->env, w->schedule, &w->facts, &w->run,
                     &trace);
    (void)fup_rule_settle(&p, at);
    return p.settled;
}

/* The line in which @w may wait, an empty one if need be, or NULL. */
static struct fup_sim_line *find_line(struct fup_sim_world *world,
                                      const struct fup_sim_walker *w)
{
    struct fup_sim_line *empty = NULL;

    for (size_t i = 0; i < LINES; i++) {
        struct fup_sim_line *line = &world->lines[i];

        if (line->n == 0) {
            empty = line;
        } else if (fup_sim_line_suits(line, w->schedule, &w->facts)) {
            return line;
        }
    }
    return empty;
}

void fup_sim_wait(struct fup_sim_walker *w, int64_t at)
{
    w->timer_at = at;
    w->run.due_at = at;
    w->run.searched_until = at;
}

static void
wait_in_line(struct fup_sim_world *world, struct fup_sim_walker *w, int64_t at)
{
    struct fup_sim_line *line = find_line(world, w);

    if (line == NULL) {
        fup_sim_wait(w, at);
        return;
    }
    line->at = line->n == 0 ? at : line->at;
    if (fup_sim_line_push(line, w->schedule, &w->facts, w->index) != FUP_OK) {
        world->failed = FUP_ENOMEM;
        return;
    }
    w->line = line;
    w->timer_at = FUP_TIME_NEVER;
}

/* The contact has had its share while the step waited: nothing can come of it
 * before the cap is free. A crowd of conversations of one contact would be
 * planned at each such instant, for one of them to go on. */
static bool waits_for_cap(struct fup_sim_world *world, struct fup_sim_walker *w)
{
    struct fup_placing cap = {.schedule = w->schedule, .run = &w->run};

    show_sends(world, w);
    if (!w->has_instant || fup_rule_cap(&cap, w->timer_at) == w->timer_at) {
        return false;
    }
    wait_in_line(world, w, fup_sim_first(world, w, w->timer_at));
    return true;
}

void fup_sim_on_timer(struct fup_sim_world *world,
                      struct fup_sim_walker *w,
                      int64_t now)
{
    struct fup_plan plan;

    if (waits_for_cap(world, w)) {
        return;
    }
    ask(world, w, now, &plan);
    if (plan.action == FUP_ACTION_END || plan.action == FUP_ACTION_WAIT ||
        plan.at > now) {
        replan(world, w, now);
    } else {
        perform(world, w, &plan);
    }
}

static void
enroll(const struct fup_sim_world *world, struct fup_sim_walker *w, int64_t now)
{
    int64_t episode_at = w->facts.last_inbound_at;

    if (w->has_episode && w->run.episode_at == episode_at) {
        return;
    }
    if (fup_plan_admit(world->sim->schedules, world->sim->n_schedules,
                       &w->facts, FUP_TIME_NONE,
                       &w->schedule) != FUP_REASON_NONE) {
        return;
    }
    w->active = true;
    w->has_episode = true;
    w->run = (struct fup_run){
        .episode_at = episode_at,
        .step = 1,
        .last_step_at = FUP_TIME_NONE,
        .due_at = FUP_TIME_NONE,
        .manual_at = FUP_TIME_NONE,
        .paused_until = FUP_TIME_NONE,
    };
    if (world->sim->on_enroll != NULL) {
        world->sim->on_enroll(w->schedule, world->sim->arg);
    }
    replan(world, w, now);
}

static void take_text(const char **text, const char *news)
{
    if (news != NULL) {
        *text = news;
    }
}

static void learn(struct fup_facts *facts, const struct fup_sim_event *event)
{
    take_text(&facts->channel, event->channel);
    take_text(&facts->locale, event->locale);
    take_text(&facts->intent, event->intent);
    take_text(&facts->stage, event->stage);
    if (event->timezone != NULL) {
        facts->timezones[0] = event->timezone;
        facts->n_timezones = 1;
    }
    if (event->inbound) {
        facts->last_inbound_at = event->at;
        facts->status = FUP_STATUS_OPEN;
    } else {
        facts->last_answer_at = event->at;
    }
}

void fup_sim_on_event(struct fup_sim_world *world, struct fup_sim_walker *w)
{
    const struct fup_sim_event *event = &w->timeline->events[w->next_event++];

    learn(&w->facts, event);
    w->line = NULL;
    if (w->active) {
        w->run.searched_until = FUP_TIME_NONE;
        replan(world, w, event->at);
    } else if (!event->inbound) {
        enroll(world, w, event->at);
    }
}
