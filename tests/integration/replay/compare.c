#include "compare.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/time.h"

#define PRINT_MAX 10

/* What is held against what. */
struct pair {
    const struct timeline *timeline;
    const struct expectation *expectation;
    const struct sender *sender;
    const struct slack *slack;
};

static void
print(const struct timeline *t, const char *why, const struct expected *what)
{
    (void)printf("%s: conversation %s, episode %lld, step %d, at %lld %s\n",
                 why, t->conversations[what->conversation].id,
                 (long long)what->episode_s, what->step, (long long)what->at_s,
                 what->reason);
}

/* A find: count it, and print the first few of its kind. @real: what came
 * instead of @what, or NULL. */
static void find(const struct timeline *t,
                 size_t *count,
                 const char *why,
                 const struct expected *what,
                 const struct expected *real)
{
    if ((*count)++ < PRINT_MAX) {
        print(t, why, what);
        if (real != NULL) {
            print(t, "  and came", real);
        }
    }
}

/* An arrival as it would have been simulated. */
static struct expected as_expected(const struct arrival *a)
{
    struct expected row = {
        .conversation = a->conversation,
        .episode_s = whole_s(a->episode_at),
        .step = a->step,
        .at_s = whole_s(a->due_at),
    };

    (void)snprintf(row.kind, sizeof row.kind, "%s", a->kind);
    return row;
}

static int by_place(const struct expected *x, const struct expected *y)
{
    if (x->conversation != y->conversation) {
        return x->conversation < y->conversation ? -1 : 1;
    }
    if (x->episode_s != y->episode_s) {
        return x->episode_s < y->episode_s ? -1 : 1;
    }
    return x->step - y->step;
}

static int by_arrival(const void *a, const void *b)
{
    const struct expected x = as_expected(a);
    const struct expected y = as_expected(b);
    int order = by_place(&x, &y);

    return order != 0 ? order
                      : strcmp(((const struct arrival *)a)->id,
                               ((const struct arrival *)b)->id);
}

/* --- what holds of every message -------------------------------------------
 */

static bool is_silence(const struct timeline *t, const struct arrival *a)
{
    const struct conversation *c = &t->conversations[a->conversation];

    for (size_t i = c->first; i < c->first + c->n; i++) {
        if (t->messages[i].inbound && t->messages[i].at == a->episode_at) {
            return true;
        }
    }
    return false;
}

static void
check_one(const struct timeline *t, const struct arrival *a, struct findings *f)
{
    struct expected row = as_expected(a);

    if (a->step < 1 || a->step > STEPS ||
        strcmp(a->kind, step_kinds[a->step - 1]) != 0 || !is_silence(t, a)) {
        find(t, &f->strange, "no such step", &row, NULL);
    }
    if (a->fired_at < a->due_at || a->arrived_at < a->due_at) {
        find(t, &f->early, "early", &row, NULL);
    }
    if (a->after_reply) {
        find(t, &f->after_reply, "after a reply", &row, NULL);
    }
    f->refused += a->granted ? 0 : 1;
}

static void
check_all(const struct timeline *t, const struct sender *s, struct findings *f)
{
    for (size_t i = 0; i < s->n; i++) {
        struct expected row = as_expected(&s->arrivals[i]);

        check_one(t, &s->arrivals[i], f);
        if (i > 0) {
            struct expected before = as_expected(&s->arrivals[i - 1]);

            if (by_place(&before, &row) == 0) {
                find(t, &f->twice, "twice", &row, NULL);
            }
        }
    }
}

/* --- steps -----------------------------------------------------------------
 */

/* A step that was sent in time leaves the next where it was simulated; one that
 * was sent late, as on a busy machine, moves those that follow. */
static int64_t allowance_s(const struct sender *s, size_t i)
{
    const struct arrival *a = &s->arrivals[i];
    int64_t sum_s = 0;

    while (i-- > 0) {
        const struct arrival *before = &s->arrivals[i];
        int64_t late_us = before->fired_at - before->due_at;

        if (before->conversation != a->conversation ||
            before->episode_at != a->episode_at) {
            break;
        }
        sum_s += late_us >= FUP_US_PER_S ? whole_s(late_us) : 0;
    }
    return sum_s;
}

static void compare_one(const struct pair *p,
                        const struct expected *e,
                        size_t i,
                        struct findings *f)
{
    const struct arrival *a = &p->sender->arrivals[i];
    struct expected row = as_expected(a);
    int64_t moved_us = a->due_at - e->at_s * FUP_US_PER_S;
    int64_t most_s = allowance_s(p->sender, i) + p->slack->moved_s;

    if (!a->granted || strcmp(a->kind, e->kind) != 0 ||
        strcmp(e->action, "send") != 0) {
        find(p->timeline, &f->missing, "not sent so", e, &row);
    } else if (moved_us < 0 || moved_us > most_s * FUP_US_PER_S) {
        find(p->timeline, &f->moved, "moved", e, &row);
    } else {
        f->steps++;
    }
}

/* The next of both lists: negative when it is only simulated, positive when it
 * only arrived. */
static int next_order(const struct pair *p, size_t i, size_t k)
{
    const struct expectation *e = p->expectation;
    struct expected real;

    if (k == p->sender->n) {
        return -1;
    }
    if (i == e->n_steps) {
        return 1;
    }
    real = as_expected(&p->sender->arrivals[k]);
    return by_place(&e->steps[i], &real);
}

/* Two sorted lists, side by side. What is tied, check_all() looks at. */
static void compare_steps(const struct pair *p, struct findings *f)
{
    const struct timeline *t = p->timeline;
    const struct expectation *e = p->expectation;
    const struct arrival *arrivals = p->sender->arrivals;
    size_t i = 0;
    size_t k = 0;

    while (i < e->n_steps || k < p->sender->n) {
        int order = next_order(p, i, k);
        size_t c =
            order <= 0 ? e->steps[i].conversation : arrivals[k].conversation;

        if (order < 0 && !t->conversations[c].tied) {
            find(t, &f->missing, "not sent", &e->steps[i], NULL);
        } else if (order > 0 && !t->conversations[c].tied) {
            struct expected real = as_expected(&arrivals[k]);

            find(t, &f->extra, "not simulated", &real, NULL);
        } else if (!t->conversations[c].tied) {
            compare_one(p, &e->steps[i], k, f);
        }
        i += order <= 0 ? 1 : 0;
        k += order >= 0 ? 1 : 0;
    }
}

/* --- outcomes --------------------------------------------------------------
 */

/* The enrollments as they ended, in the order of expectations. Of those whose
 * episodes share a second, the last: the others were over at once. */
static struct expected *
read_outcomes(const struct timeline *t, const struct sender *s, size_t *ret_n)
{
    PGresult *rows = PQexec(
        (PGconn *)s->world->pg,
        "SELECT conversation, ceil(extract(epoch FROM episode_at))::bigint, "
        "coalesce(outcome, 'active') FROM followup.enrollment "
        "ORDER BY conversation COLLATE \"C\", episode_at");
    int n = PQntuples(rows);
    struct expected *outcomes = calloc((size_t)n + 1, sizeof *outcomes);

    if (PQresultStatus(rows) != PGRES_TUPLES_OK || outcomes == NULL) {
        abort();
    }
    *ret_n = 0;
    for (int i = 0; i < n; i++) {
        struct expected row = {
            .conversation = timeline_index(t, PQgetvalue(rows, i, 0)),
            .episode_s = strtoll(PQgetvalue(rows, i, 1), NULL, 10),
        };

        (void)snprintf(row.reason, sizeof row.reason, "%s",
                       PQgetvalue(rows, i, 2));
        if (*ret_n > 0 && by_place(&outcomes[*ret_n - 1], &row) == 0) {
            (*ret_n)--;
        }
        outcomes[(*ret_n)++] = row;
    }
    PQclear(rows);
    return outcomes;
}

static bool is_last_of_second(const struct expectation *e, size_t i)
{
    return i + 1 == e->n_ends || by_place(&e->ends[i], &e->ends[i + 1]) != 0;
}

static void compare_outcome(const struct pair *p,
                            const struct expected *simulated,
                            const struct expected *real,
                            struct findings *f)
{
    const struct timeline *t = p->timeline;

    if (t->conversations[simulated->conversation].tied) {
        return;
    }
    if (real == NULL) {
        if (timeline_is_short(t, simulated->conversation, simulated->episode_s,
                              p->slack->short_us)) {
            f->unseen++;
        } else {
            find(t, &f->wrong_outcomes, "never enrolled", simulated, NULL);
        }
    } else if (strcmp(simulated->reason, real->reason) != 0) {
        find(t, &f->wrong_outcomes, "another end", simulated, real);
    } else {
        f->outcomes++;
    }
}

static void compare_outcomes(const struct pair *p, struct findings *f)
{
    const struct expectation *e = p->expectation;
    size_t n;
    struct expected *outcomes = read_outcomes(p->timeline, p->sender, &n);
    size_t k = 0;

    for (size_t i = 0; i < e->n_ends; i++) {
        const struct expected *end = &e->ends[i];
        const struct expected *real = NULL;

        if (!is_last_of_second(e, i)) {
            continue;
        }
        for (; k < n && by_place(&outcomes[k], end) < 0; k++) {
            find(p->timeline, &f->wrong_outcomes, "not simulated", &outcomes[k],
                 NULL);
        }
        if (k < n && by_place(&outcomes[k], end) == 0) {
            real = &outcomes[k++];
        }
        compare_outcome(p, end, real, f);
    }
    for (; k < n; k++) {
        find(p->timeline, &f->wrong_outcomes, "not simulated", &outcomes[k],
             NULL);
    }
    free(outcomes);
}

/* --- all of it -------------------------------------------------------------
 */

static void check_walks(const struct timeline *t,
                        const struct expectation *e,
                        struct findings *f)
{
    size_t k = 0;

    for (size_t i = 0; i < t->n; i++) {
        size_t from = k;

        while (k < e->n_steps && e->steps[k].conversation == i) {
            k++;
        }
        f->wrong_walks += k - from != t->conversations[i].steps ? 1 : 0;
    }
}

void compare(const struct timeline *t,
             const struct expectation *e,
             struct sender *s,
             const struct slack *slack,
             struct findings *ret)
{
    const struct pair pair = {t, e, s, slack};

    *ret = (struct findings){0};
    qsort(s->arrivals, s->n, sizeof *s->arrivals, by_arrival);
    check_all(t, s, ret);
    check_walks(t, e, ret);
    compare_steps(&pair, ret);
    compare_outcomes(&pair, ret);
}
