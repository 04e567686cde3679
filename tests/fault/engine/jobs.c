#include "jobs.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONVERSATIONS 90
#define SPAN_MS       4000

static bool is_broken(const struct job *job)
{
    return strcmp(job->faults[0]->group, "broken") == 0;
}

static void play(const struct job *job)
{
    static struct run run;
    bool clean;

    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    run = (struct run){
        .n_faults = job->n_faults,
        .seed = job->seed,
        .conversations = CONVERSATIONS,
        .span_ms = SPAN_MS,
        .minutes = job->minutes,
        .expects_violations = is_broken(job),
        .out = job->out,
    };
    for (size_t i = 0; i < job->n_faults; i++) {
        run.faults[i] = job->faults[i];
    }
    clean = run_play(&run);
    (void)fflush(job->out);
    _exit(clean ? 0 : 1);
}

void job_start(struct job *job)
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

/* The number behind " @name=" in @line, or 0. */
static long long number_of(const char *line, const char *name)
{
    char key[32];
    const char *at;

    (void)snprintf(key, sizeof key, " %s=", name);
    at = strstr(line, key);
    return at != NULL ? strtoll(at + strlen(key), NULL, 10) : 0;
}

static void add(struct totals *t, const char *line)
{
    t->fires += number_of(line, "fires");
    t->lost += number_of(line, "lost");
    t->duplicated += number_of(line, "duplicated");
    t->after_reply += number_of(line, "after_reply");
    t->early += number_of(line, "early");
    t->unexpected += number_of(line, "unexpected");
}

static void print(struct job *job, bool failed, struct totals *totals)
{
    char line[1024];

    rewind(job->out);
    while (fgets(line, sizeof line, job->out) != NULL) {
        (void)fputs(line, stdout);
        if (strncmp(line, "fault=", 6) == 0 && !is_broken(job)) {
            add(totals, line);
        }
    }
    if (failed) {
        (void)printf(is_broken(job) ? "  NOT FOUND\n" : "  FAILED\n");
    } else if (is_broken(job)) {
        (void)printf("  found, as it should\n");
    }
    (void)fflush(stdout);
    (void)fclose(job->out);
    job->out = NULL;
}

static void finish(struct job *job, int status, struct totals *totals)
{
    bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;

    if (!WIFEXITED(status)) {
        (void)fprintf(job->out, "fault=%s ended by signal %d\n",
                      job->faults[0]->name, WTERMSIG(status));
    }
    print(job, failed, totals);
    totals->runs++;
    totals->failed += failed ? 1 : 0;
    if (is_broken(job)) {
        totals->broken++;
        totals->found += failed ? 0 : 1;
    } else {
        totals->injected += (long long)job->n_faults;
    }
    job->pid = 0;
}

void jobs_reap(struct job *jobs, size_t n, struct totals *totals)
{
    int status;
    pid_t pid = wait(&status);

    for (size_t i = 0; pid > 0 && i < n; i++) {
        if (jobs[i].pid == pid) {
            finish(&jobs[i], status, totals);
        }
    }
}

void totals_print(const struct totals *t)
{
    if (t->injected > 0) {
        (void)printf("\nfaults injected  %lld\nfires            %lld\n"
                     "lost             %lld\nduplicated       %lld\n"
                     "after reply      %lld\nearly            %lld\n"
                     "unexpected       %lld\n",
                     t->injected, t->fires, t->lost, t->duplicated,
                     t->after_reply, t->early, t->unexpected);
    }
    if (t->broken > 0) {
        (void)printf("\nbroken engines   %lld\nfound out        %lld\n",
                     t->broken, t->found);
    }
    (void)printf("\nruns=%lld failed=%lld\n", t->runs, t->failed);
}
