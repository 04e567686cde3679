/* Faults one by one, or pairs of them for a while.
 *
 *   fup-faults GROUP|NAME...        each alone
 *   fup-faults --soak MINUTES SEED  random pairs
 *   fup-faults --list
 *
 * Each run is a process of its own; some go on beside each other. Status: 0
 * when all are clean, 1 when any is not, 77 without a server to test with. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "faults.h"

#define BESIDE        4
#define RUNS_MAX      256
#define CONVERSATIONS 90
#define SPAN_MS       4000

static const struct fault *const tables[] = {
    faults_worker,  faults_sender, faults_redis, faults_postgres,
    faults_network, faults_time,   faults_load,  faults_broken,
};

struct job {
    const struct fault *faults[2];
    size_t n_faults;
    unsigned seed;
    pid_t pid;
    FILE *out;
    bool failed;
};

struct jobs {
    struct job items[RUNS_MAX];
    size_t n;
};

static bool can_run(const struct fault *fault)
{
#ifdef FUP_POINTS
    (void)fault;
    return true;
#else
    return (fault->flags & FAULT_POINTS) == 0;
#endif
}

static void add(struct jobs *jobs, const struct fault *fault, unsigned seed)
{
    if (jobs->n < RUNS_MAX && can_run(fault)) {
        jobs->items[jobs->n++] =
            (struct job){.faults = {fault}, .n_faults = 1, .seed = seed};
    }
}

/* All whose name or group is @word; how many. */
static size_t choose(struct jobs *jobs, const char *word, unsigned seed)
{
    size_t before = jobs->n;

    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (const struct fault *f = tables[t]; f->name != NULL; f++) {
            if (strcmp(f->name, word) == 0 || strcmp(f->group, word) == 0) {
                add(jobs, f, seed + (unsigned)jobs->n);
            }
        }
    }
    return jobs->n - before;
}

/* --- running ---------------------------------------------------------------
 */

static void play(const struct job *job)
{
    static struct run run;

    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    run = (struct run){
        .n_faults = job->n_faults,
        .seed = job->seed,
        .conversations = CONVERSATIONS,
        .span_ms = SPAN_MS,
        .out = job->out,
    };
    for (size_t i = 0; i < job->n_faults; i++) {
        run.faults[i] = job->faults[i];
        run.expects_violations |= strcmp(job->faults[i]->group, "broken") == 0;
    }
    if (!run_play(&run)) {
        (void)fflush(job->out);
        _exit(1);
    }
    (void)fflush(job->out);
    _exit(0);
}

static void start(struct job *job)
{
    job->out = tmpfile();
    if (job->out == NULL) {
        perror("tmpfile");
        exit(1);
    }
    (void)fflush(NULL);
    job->pid = fork();
    if (job->pid == 0) {
        play(job);
    }
}

static void print(struct job *job)
{
    char line[1024];

    rewind(job->out);
    while (fgets(line, sizeof line, job->out) != NULL) {
        (void)fputs(line, stdout);
    }
    if (job->failed) {
        (void)printf("  FAILED\n");
    }
    (void)fflush(stdout);
    (void)fclose(job->out);
}

static void reap(struct jobs *jobs)
{
    int status;
    pid_t pid = wait(&status);

    for (size_t i = 0; i < jobs->n; i++) {
        struct job *job = &jobs->items[i];

        if (job->pid == pid) {
            job->failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
            if (!WIFEXITED(status)) {
                (void)fprintf(job->out, "fault=%s ended by signal %d\n",
                              job->faults[0]->name, WTERMSIG(status));
            }
            print(job);
            job->pid = 0;
        }
    }
}

static size_t run_all(struct jobs *jobs)
{
    size_t under_way = 0;
    size_t failed = 0;

    for (size_t i = 0; i < jobs->n; i++) {
        if (under_way == BESIDE) {
            reap(jobs);
            under_way--;
        }
        start(&jobs->items[i]);
        under_way++;
    }
    for (; under_way > 0; under_way--) {
        reap(jobs);
    }
    for (size_t i = 0; i < jobs->n; i++) {
        failed += jobs->items[i].failed ? 1 : 0;
    }
    (void)printf("runs=%zu failed=%zu\n", jobs->n, failed);
    return failed;
}

static int list(void)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (const struct fault *f = tables[t]; f->name != NULL; f++) {
            (void)printf("%-10s %s\n", f->group, f->name);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct jobs jobs;
    const char *seed = getenv("FUP_SEED");

    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        return list();
    }
    if (getenv("FUP_TEST_POSTGRES") == NULL) {
        (void)fprintf(stderr, "FUP_TEST_POSTGRES is not set\n");
        return getenv("FUP_REQUIRE_SERVICES") != NULL ? 1 : 77;
    }
    for (int i = 1; i < argc; i++) {
        if (choose(&jobs, argv[i],
                   seed != NULL ? (unsigned)strtoul(seed, NULL, 10) : 1) == 0) {
            (void)fprintf(stderr, "no such fault: %s\n", argv[i]);
            return 2;
        }
    }
    return run_all(&jobs) == 0 ? 0 : 1;
}
