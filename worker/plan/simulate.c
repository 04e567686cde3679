/* The simulation is the worker's loop without a worker: events change facts,
 * facts are planned, the plan arms a timer, and when the timer's turn comes
 * everything is judged again before it is done.
 *
 * A walker goes through one conversation. The walkers of one contact sit in a
 * heap, ordered strictly by (instant, kind, index). Those that wait for the
 * contact cap stand in lines, and have no timer of their own meanwhile. */

#include "plan/simulate.h"

#include <stdlib.h>
#include <string.h>

#include "simulate_world.h"

enum turn {
    TURN_INBOUND,
    TURN_OUTBOUND,
    TURN_TIMER,
};

/* -- whose turn it is ---------------------------------------------------- */

static int64_t next_turn(const struct fup_sim_walker *w, enum turn *ret_turn)
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

static bool is_before(const struct fup_sim_walker *a,
                      const struct fup_sim_walker *b)
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

static void put(struct fup_sim_world *world, size_t i, struct fup_sim_walker *w)
{
    world->heap[i] = w;
    w->slot = i;
}

static void sink(struct fup_sim_world *world, size_t i)
{
    for (;;) {
        size_t first = i;
        struct fup_sim_walker *w = world->heap[i];

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < world->n;
             child++) {
            if (is_before(world->heap[child], world->heap[first])) {
                first = child;
            }
        }
        if (first == i) {
            return;
        }
        put(world, i, world->heap[first]);
        put(world, first, w);
        i = first;
    }
}

/* The turn of @w has changed. */
static void move_walker(struct fup_sim_world *world, struct fup_sim_walker *w)
{
    size_t i = w->slot;

    for (; i > 0 && is_before(w, world->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        put(world, i, world->heap[(i - 1) / 2]);
    }
    put(world, i, w);
    sink(world, i);
}

/* -- one contact --------------------------------------------------------- */

/* The first who still waits in @line, or NULL. */
static struct fup_sim_walker *first_in_line(const struct fup_sim_world *world,
                                            struct fup_sim_line *line)
{
    while (line->n > 0) {
        struct fup_sim_walker *w = &world->walkers[line->items[0]];

        if (w->line == line) {
            return w;
        }
        fup_sim_line_pop(line);
    }
    return NULL;
}

/* The line whose first one comes before the heap's, or NULL. */
static struct fup_sim_line *next_line(struct fup_sim_world *world)
{
    enum turn turn;
    size_t index = world->heap[0]->index;
    int64_t at = next_turn(world->heap[0], &turn);
    struct fup_sim_line *next = NULL;

    for (size_t i = 0; i < LINES; i++) {
        struct fup_sim_line *line = &world->lines[i];
        const struct fup_sim_walker *w = first_in_line(world, line);

        if (w != NULL &&
            (line->at < at ||
             (line->at == at && turn == TURN_TIMER && w->index < index))) {
            next = line;
            at = line->at;
            turn = TURN_TIMER;
            index = w->index;
        }
    }
    return next;
}

/* The first one goes on, or all wait on. */
static void on_line(struct fup_sim_world *world, struct fup_sim_line *line)
{
    struct fup_sim_walker *w = first_in_line(world, line);
    int64_t now = line->at;

    line->at = fup_sim_first(world, w, now);
    if (line->at == now) {
        fup_sim_line_pop(line);
        w->line = NULL;
        fup_sim_wait(w, now);
        fup_sim_on_timer(world, w, now);
        move_walker(world, w);
    }
}

static void on_walker(struct fup_sim_world *world, struct fup_sim_walker *w)
{
    enum turn turn;
    int64_t now = next_turn(w, &turn);

    if (turn == TURN_TIMER) {
        fup_sim_on_timer(world, w, now);
    } else {
        fup_sim_on_event(world, w);
    }
    move_walker(world, w);
}

static void run_world(struct fup_sim_world *world)
{
    for (size_t i = 0; i < world->n; i++) {
        put(world, i, world->heap[i]);
    }
    for (size_t i = world->n / 2; i-- > 0;) {
        sink(world, i);
    }
    while (world->failed == FUP_OK) {
        struct fup_sim_line *line = next_line(world);
        enum turn turn;
        int64_t now =
            line != NULL ? line->at : next_turn(world->heap[0], &turn);

        if (now == FUP_TIME_NEVER || now > world->sim->until_at) {
            return;
        }
        if (line != NULL) {
            on_line(world, line);
        } else {
            on_walker(world, world->heap[0]);
        }
    }
}

static const char *contact_of(const struct fup_sim_walker *w)
{
    const struct fup_facts *facts = &w->timeline->facts;

    return facts->contact != NULL ? facts->contact : facts->conversation;
}

static int compare_contacts(const struct fup_sim_walker *a,
                            const struct fup_sim_walker *b)
{
    const char *tenant_a = a->timeline->facts.tenant;
    const char *tenant_b = b->timeline->facts.tenant;
    int order = strcmp(tenant_a != NULL ? tenant_a : "",
                       tenant_b != NULL ? tenant_b : "");

    return order != 0 ? order : strcmp(contact_of(a), contact_of(b));
}

static int compare(const void *a, const void *b)
{
    const struct fup_sim_walker *const *wa = a;
    const struct fup_sim_walker *const *wb = b;
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

static void walker_init(struct fup_sim_walker *w,
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

/* Nobody of the contact before waits any more. */
static void world_begin(struct fup_sim_world *world,
                        struct fup_sim_walker **heap)
{
    world->heap = heap;
    world->n = 1;
    world->sends.n = 0;
    for (size_t i = 0; i < LINES; i++) {
        world->lines[i].n = 0;
    }
}

static void world_done(struct fup_sim_world *world)
{
    free(world->sends.items);
    for (size_t i = 0; i < LINES; i++) {
        free(world->lines[i].items);
    }
}

static enum fup_code run_all(const struct fup_sim *sim,
                             struct fup_sim_walker *walkers,
                             struct fup_sim_walker **order,
                             size_t n)
{
    struct fup_sim_world world = {
        .sim = sim, .walkers = walkers, .failed = FUP_OK};

    qsort(order, n, sizeof(struct fup_sim_walker *), compare);
    for (size_t i = 0; i < n && world.failed == FUP_OK; i += world.n) {
        world_begin(&world, order + i);
        while (i + world.n < n &&
               compare_contacts(order[i], order[i + world.n]) == 0) {
            world.n++;
        }
        run_world(&world);
    }
    world_done(&world);
    return world.failed;
}

enum fup_code fup_simulate(const struct fup_sim *sim,
                           const struct fup_sim_timeline *timelines,
                           size_t n)
{
    struct fup_sim_walker *walkers;
    struct fup_sim_walker **order;
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
    order = calloc(n, sizeof(struct fup_sim_walker *));
    if (walkers != NULL && order != NULL) {
        for (size_t i = 0; i < n; i++) {
            walker_init(&walkers[i], &timelines[i], i);
            order[i] = &walkers[i];
        }
        code = run_all(sim, walkers, order, n);
    }
    free(order);
    free(walkers);
    return code;
}
