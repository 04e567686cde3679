/* Faults one by one, or pairs of them for a while.
 *
 *   fup-faults GROUP|NAME|NAME+NAME...   each alone, or as a pair
 *   fup-faults --soak MINUTES            random pairs, and a long run beside
 *   fup-faults --list
 *
 * FUP_SEED is where the seeds begin (1). Status: 0 when all is as it should,
 * 1 when anything is not, 2 for a mistake, 77 without a server. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "jobs.h"

#define RUNS_MAX 512
/* A pair is not begun when the soak ends sooner. */
#define PAIR_MS 25000

static const struct fault *const tables[] = {
    faults_worker, faults_sender, faults_redis, faults_postgres, faults_network,
    faults_time,   faults_load,   faults_soak,  faults_broken,
};
#define N_TABLES (sizeof tables / sizeof tables[0])

static unsigned first_seed(void)
{
    const char *seed = getenv("FUP_SEED");

    return seed != NULL ? (unsigned)strtoul(seed, NULL, 10) : 1;
}

static bool can_run(const struct fault *fault)
{
#ifdef FUP_POINTS
    (void)fault;
    return true;
#else
    return (fault->flags & FAULT_POINTS) == 0;
#endif
}

static const struct fault *find(const char *name, size_t len)
{
    for (size_t t = 0; t < N_TABLES; t++) {
        for (const struct fault *f = tables[t]; f->name != NULL; f++) {
            if (strlen(f->name) == len && strncmp(f->name, name, len) == 0) {
                return f;
            }
        }
    }
    return NULL;
}

static int list(void)
{
    for (size_t t = 0; t < N_TABLES; t++) {
        for (const struct fault *f = tables[t]; f->name != NULL; f++) {
            (void)printf("%-10s %s\n", f->group, f->name);
        }
    }
    return 0;
}

/* --- each alone ------------------------------------------------------------
 */

struct choice {
    struct job jobs[RUNS_MAX];
    size_t n;
};

static void add(struct choice *c, const struct fault *a, const struct fault *b)
{
    struct job job = {.faults = {a, b}, .n_faults = b != NULL ? 2 : 1};

    if (c->n < RUNS_MAX && can_run(a) && (b == NULL || can_run(b))) {
        job.seed = first_seed() + (unsigned)c->n;
        job.minutes = 1;
        c->jobs[c->n++] = job;
    }
}

/* False when there is no such fault, pair or group. */
static bool choose(struct choice *c, const char *word)
{
    size_t before = c->n;
    size_t len = strcspn(word, "+");
    const struct fault *one = find(word, len);

    if (one != NULL) {
        const struct fault *other =
            word[len] == '+' ? find(word + len + 1, strlen(word + len + 1))
                             : NULL;

        add(c, one, other);
        return word[len] == '\0' || other != NULL;
    }
    for (size_t t = 0; t < N_TABLES; t++) {
        for (const struct fault *f = tables[t]; f->name != NULL; f++) {
            if (strcmp(f->group, word) == 0) {
                add(c, f, NULL);
            }
        }
    }
    return c->n > before;
}

static void run_all(struct choice *c, struct totals *totals)
{
    size_t under_way = 0;

    for (size_t i = 0; i < c->n; i++) {
        if (under_way == JOBS_BESIDE) {
            jobs_reap(c->jobs, c->n, totals);
            under_way--;
        }
        job_start(&c->jobs[i]);
        under_way++;
    }
    for (; under_way > 0; under_way--) {
        jobs_reap(c->jobs, c->n, totals);
    }
}

/* --- soak ------------------------------------------------------------------
 */

static const struct fault *draw(struct run *dice)
{
    for (;;) {
        const struct fault *table = tables[run_random(dice, (int)N_TABLES)];
        const struct fault *f;
        int n = 0;

        while (table[n].name != NULL) {
            n++;
        }
        f = &table[run_random(dice, n)];
        if ((f->flags & FAULT_LONELY) == 0 && can_run(f)) {
            return f;
        }
    }
}

static struct job draw_pair(struct run *dice)
{
    struct job job = {.faults = {draw(dice)}, .n_faults = 2};

    do {
        job.faults[1] = draw(dice);
    } while (job.faults[1] == job.faults[0]);
    job.seed = (unsigned)run_random(dice, 1000000) + 1;
    return job;
}

static void soak(int minutes, struct totals *totals)
{
    static struct run dice;
    static struct job jobs[JOBS_BESIDE];
    int64_t end = run_now_ms() + (int64_t)minutes * 60000;

    dice.seed = first_seed();
    (void)printf("soak of %d minutes, seed %u\n", minutes, dice.seed);
    jobs[0] = (struct job){.faults = {faults_soak},
                           .n_faults = 1,
                           .seed = dice.seed,
                           .minutes = minutes};
    job_start(&jobs[0]);
    for (size_t i = 1; i < JOBS_BESIDE; i++) {
        jobs[i] = draw_pair(&dice);
        job_start(&jobs[i]);
    }
    while (run_now_ms() < end - PAIR_MS) {
        jobs_reap(jobs, JOBS_BESIDE, totals);
        for (size_t i = 1; i < JOBS_BESIDE; i++) {
            if (jobs[i].pid == 0) {
                jobs[i] = draw_pair(&dice);
                job_start(&jobs[i]);
            }
        }
    }
    for (size_t i = 0; i < JOBS_BESIDE; i++) {
        jobs_reap(jobs, JOBS_BESIDE, totals);
    }
}

int main(int argc, char **argv)
{
    static struct choice choice;
    struct totals totals = {0};
    bool soaks = argc == 3 && strcmp(argv[1], "--soak") == 0;

    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        return list();
    }
    if (getenv("FUP_TEST_POSTGRES") == NULL) {
        (void)fprintf(stderr, "FUP_TEST_POSTGRES is not set\n");
        return getenv("FUP_REQUIRE_SERVICES") != NULL ? 1 : 77;
    }
    for (int i = 1; i < argc && !soaks; i++) {
        if (!choose(&choice, argv[i])) {
            (void)fprintf(stderr, "no such fault: %s\n", argv[i]);
            return 2;
        }
    }
    if (soaks) {
        soak((int)strtol(argv[2], NULL, 10), &totals);
    } else {
        run_all(&choice, &totals);
    }
    totals_print(&totals);
    return totals.failed == 0 && totals.runs > 0 ? 0 : 1;
}
