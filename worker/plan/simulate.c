/* The simulation is the worker's loop without a worker: events change facts,
 * facts are planned, the plan arms a timer, and when the timer's turn comes
 * everything is judged again before it is done.
 *
 * A walker goes through one conversation. The walkers of one contact sit in a
 * heap, ordered strictly by (instant, kind, index); only the one on top moves,
 * so only the top ever needs to sink. */

#include "plan/simulate.h"

#include <stdlib.h>
#include <string.h>

#include "rules.h"

enum turn {
    TURN_INBOUND,
    TURN_OUTBOUND,
    TURN_TIMER,
};

struct walker {
    const struct fup_sim_timeline *timeline;
    size_t index; /* of the timeline */
    size_t next_event;
    struct fup_facts facts;
    bool active;      /* an enrollment is under way */
    bool has_episode; /* @run.episode_at has been enrolled, active or not */
    const struct fup_schedule *schedule;
    struct fup_run run;
    int64_t timer_at;
    bool has_instant; /* hours and cap allow @timer_at, as of the plan */
};

/* The follow-ups sent to the contact of this world, ascending. */
struct sends {
    int64_t *items;
    size_t n;
    size_t cap;
};

/* One contact: its walkers and what they share. */
struct world {
    const struct fup_sim *sim;
    struct walker **heap;
    size_t n;
    struct sends sends;
    enum fup_code failed;
};

/* -- whose turn it is ---------------------------------------------------- */

static int64_t next_turn(const struct walker *w, enum turn *ret_turn)
{
    const struct fup_sim_event *event =
        w->next_event < w->timeline->n_events
            ? &w->timeline->events[w->next_event]
            : NULL;

    if (event != NULL && event->at <= w->timer_at) {
        *ret_turn = event->inbound ? TURN_INBOUND : TURN_OUTBOUND;
        return event->at;
    }
    *ret_turn = TURN_TIMER;
    return w->timer_at;
}

static bool is_before(const struct walker *a, const struct walker *b)
{
    enum turn turn_a;
    enum turn turn_b;
    int64_t at_a = next_turn(a, &turn_a);
    int64_t at_b = next_turn(b, &turn_b);

    if (at_a != at_b) {
        return at_a < at_b;
    }
    if (turn_a != turn_b) {
        return turn_a < turn_b;
    }
    return a->index < b->index;
}

static void sink(struct world *world, size_t i)
{
    for (;;) {
        size_t first = i;
        struct walker *w = world->heap[i];

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < world->n;
             child++) {
            if (is_before(world->heap[child], world->heap[first])) {
                first = child;
            }
        }
        if (first == i) {
            return;
        }
        world->heap[i] = world->heap[first];
        world->heap[first] = w;
        i = first;
    }
}

/* -- one conversation ---------------------------------------------------- */

static void emit(const struct world *world,
                 const struct walker *w,
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

static void show_sends(const struct world *world, struct walker *w)
{
    w->run.cap_counted = true;
    w->run.contact_sends = world->sends.items;
    w->run.n_contact_sends = world->sends.n;
}

static void ask(const struct world *world,
                struct walker *w,
                int64_t now,
                struct fup_plan *ret_plan)
{
    show_sends(world, w);
    fup_plan_next(world->sim->env, w->schedule, &w->facts, &w->run, now,
                  ret_plan);
}

/* Follow-ups only ever take instants away, so what a plan found to be the first
 * one stays a place to search on from, until facts or step change. */
static void keep_search(struct walker *w, const struct fup_plan *plan)
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
static void replan(const struct world *world, struct walker *w, int64_t now)
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

static void count_send(struct world *world, int64_t at)
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
static void
perform(struct world *world, struct walker *w, const struct fup_plan *plan)
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

/* The contact has had its share while the step waited: nothing can come of it
 * before the cap is free. A crowd of conversations of one contact would be
 * planned at each such instant, for one of them to go on. */
static bool waits_for_cap(const struct world *world, struct walker *w)
{
    struct fup_placing cap = {.schedule = w->schedule, .run = &w->run};
    int64_t free_at;

    show_sends(world, w);
    free_at = fup_rule_cap(&cap, w->timer_at);
    if (!w->has_instant || free_at == w->timer_at) {
        return false;
    }
    w->timer_at = free_at;
    w->run.due_at = free_at;
    w->run.searched_until = free_at;
    return true;
}

static void on_timer(struct world *world, struct walker *w, int64_t now)
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

static void enroll(const struct world *world, struct walker *w, int64_t now)
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

static void on_event(struct world *world, struct walker *w)
{
    const struct fup_sim_event *event = &w->timeline->events[w->next_event++];

    learn(&w->facts, event);
    if (w->active) {
        w->run.searched_until = FUP_TIME_NONE;
        replan(world, w, event->at);
    } else if (!event->inbound) {
        enroll(world, w, event->at);
    }
}

/* -- one contact --------------------------------------------------------- */

static void run_world(struct world *world)
{
    for (size_t i = world->n / 2; i-- > 0;) {
        sink(world, i);
    }
    while (world->failed == FUP_OK) {
        struct walker *w = world->heap[0];
        enum turn turn;
        int64_t now = next_turn(w, &turn);

        if (now == FUP_TIME_NEVER || now > world->sim->until_at) {
            return;
        }
        if (turn == TURN_TIMER) {
            on_timer(world, w, now);
        } else {
            on_event(world, w);
        }
        sink(world, 0);
    }
}

static const char *contact_of(const struct walker *w)
{
    const struct fup_facts *facts = &w->timeline->facts;

    return facts->contact != NULL ? facts->contact : facts->conversation;
}

static int compare_contacts(const struct walker *a, const struct walker *b)
{
    const char *tenant_a = a->timeline->facts.tenant;
    const char *tenant_b = b->timeline->facts.tenant;
    int order = strcmp(tenant_a != NULL ? tenant_a : "",
                       tenant_b != NULL ? tenant_b : "");

    return order != 0 ? order : strcmp(contact_of(a), contact_of(b));
}

static int compare(const void *a, const void *b)
{
    const struct walker *const *wa = a;
    const struct walker *const *wb = b;
    int order = compare_contacts(*wa, *wb);

    if (order != 0) {
        return order;
    }
    return (*wa)->index < (*wb)->index ? -1 : 1;
}

/* -- all of them --------------------------------------------------------- */

static bool is_sorted(const struct fup_sim_timeline *timeline)
{
    for (size_t i = 1; i < timeline->n_events; i++) {
        const struct fup_sim_event *a = &timeline->events[i - 1];
        const struct fup_sim_event *b = &timeline->events[i];

        if (a->at > b->at || (a->at == b->at && b->inbound && !a->inbound)) {
            return false;
        }
    }
    return true;
}

static void walker_init(struct walker *w,
                        const struct fup_sim_timeline *timeline,
                        size_t index)
{
    w->timeline = timeline;
    w->index = index;
    w->timer_at = FUP_TIME_NEVER;
    w->facts = timeline->facts;
    w->facts.address = "simulated";
    w->facts.status = FUP_STATUS_OPEN;
    w->facts.tenant_active = true;
    w->facts.opted_out = false;
    w->facts.last_inbound_at = FUP_TIME_NONE;
    w->facts.last_answer_at = FUP_TIME_NONE;
    w->facts.window_ends_at = FUP_TIME_NONE;
}

static enum fup_code
run_all(const struct fup_sim *sim, struct walker **order, size_t n)
{
    struct world world = {.sim = sim, .failed = FUP_OK};

    qsort(order, n, sizeof(struct walker *), compare);
    for (size_t i = 0; i < n && world.failed == FUP_OK; i += world.n) {
        world.heap = order + i;
        world.n = 1;
        world.sends.n = 0;
        while (i + world.n < n &&
               compare_contacts(order[i], order[i + world.n]) == 0) {
            world.n++;
        }
        run_world(&world);
    }
    free(world.sends.items);
    return world.failed;
}

enum fup_code fup_simulate(const struct fup_sim *sim,
                           const struct fup_sim_timeline *timelines,
                           size_t n)
{
    struct walker *walkers;
    struct walker **order;
    enum fup_code code = FUP_ENOMEM;

    for (size_t i = 0; i < n; i++) {
        if (!is_sorted(&timelines[i])) {
            return FUP_EINVAL;
        }
    }
    if (n == 0) {
        return FUP_OK;
    }
    walkers = calloc(n, sizeof *walkers);
    order = calloc(n, sizeof(struct walker *));
    if (walkers != NULL && order != NULL) {
        for (size_t i = 0; i < n; i++) {
            walker_init(&walkers[i], &timelines[i], i);
            order[i] = &walkers[i];
        }
        code = run_all(sim, order, n);
    }
    free(order);
    free(walkers);
    return code;
}
