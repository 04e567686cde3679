#include "run.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "record.h"

#define LOOK_MS       10
#define RESTART_MS    200 /* of a worker that died, as an init system would */
#define TROUBLE_MS    2000
#define DRAIN_MS      60000
#define WORKERS_MS    20000
#define PARTITIONS    "3"
#define LAST_STEPS_MS 20000 /* a sender keeps its permits for 30 s */
#define ASLEEP_MS     8000
#define OLD_ENTRY_MS  "61000" /* when the reference sender takes it over */
#define LEFT_ENTRY_MS 1000

static const char quick[] =
    "{\"name\": \"quick\", \"mode\": \"live\", \"min_gap\": \"1s\",\n"
    " \"match\": {\"channel\": [\"" RUN_CHANNEL "\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"2s\", \"message\": {\"variants\": "
    "[{\"id\": \"a\", \"text\": {\"en\": \"Hi {{ name }}, which one?\"}}]}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"2s\", \"message\": "
    "{\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Shall I close "
    "this?\"}}]}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"2s\", \"close\": true,\n"
    "   \"message\": {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": "
    "\"Closed for now.\"}}]}}]}";

static const char later[] =
    "{\"name\": \"later\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"telegram\"]},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"3h\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

int64_t run_now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A generator of Park and Miller's, the same everywhere. */
int run_random(struct run *run, int below)
{
    if (run->random == 0) {
        run->random = run->seed % 2147483646UL + 1;
    }
    run->random = run->random * 48271UL % 2147483647UL;
    return (int)(run->random % (unsigned long)below);
}

/* --- keeping it alive ------------------------------------------------------
 */

void run_start_worker(struct run *run, int i)
{
    bool direct;

    if (run->die_at[i] != NULL) {
        (void)setenv("FUP_DIE_AT", run->die_at[i], 1);
    }
    if (run->stop_at[i] != NULL) {
        (void)setenv("FUP_STOP_AT", run->stop_at[i], 1);
    }
    if (run->default_lease) {
        world_start_config(&run->w, i);
        run->died_ms[i] = 0;
        return;
    }
    direct = run->worker_url[0] == '\0' || (i > 0 && run->second_is_direct);
    world_start_at(&run->w, i, direct ? NULL : run->worker_url,
                   direct ? NULL : run->worker_pg);
    (void)unsetenv("FUP_DIE_AT");
    (void)unsetenv("FUP_STOP_AT");
    run->die_at[i] = NULL;
    run->stop_at[i] = NULL;
    run->died_ms[i] = 0;
}

void run_stop_worker(struct run *run, int i, int sig)
{
    (void)world_stop(&run->w, i, sig != 0 ? sig : SIGKILL);
    run->died_ms[i] = 0;
}

/* What was left behind, and each keeps its holder. */
static void age_of(struct run *run, const char *key)
{
    struct redis_server *redis = &run->w.redis;
    redisReply *left = redis_server_ask(
        redis, "XPENDING %s senders IDLE %d - + 1000", key, LEFT_ENTRY_MS);

    for (size_t i = 0; left->type == REDIS_REPLY_ARRAY && i < left->elements;
         i++) {
        const redisReply *entry = left->element[i];

        freeReplyObject(redis_server_ask(
            redis, "XCLAIM %s senders %s 0 %s IDLE " OLD_ENTRY_MS " JUSTID",
            key, entry->element[1]->str, entry->element[0]->str));
    }
    freeReplyObject(left);
}

void run_age_entries(struct run *run)
{
    for (int i = 0; i < 3; i++) {
        char key[64];

        (void)snprintf(key, sizeof key, "followup:{p%02d}:out:" RUN_CHANNEL, i);
        age_of(run, key);
    }
}

void run_signal_senders(const struct run *run, int sig)
{
    for (int i = 0; i < RUN_SENDERS; i++) {
        if (run->senders[i] > 0) {
            (void)kill(run->senders[i], sig);
        }
    }
}

void run_await_last_steps(struct run *run)
{
    (void)world_until(&run->w, LAST_STEPS_MS,
                      "SELECT count(*) > 2 FROM followup.ledger WHERE status = "
                      "'pending' AND step = 3");
    run_for(run, 300);
}

static bool has_ended(pid_t pid)
{
    return pid > 0 && waitpid(pid, NULL, WNOHANG) == pid;
}

static void look_after_workers(struct run *run)
{
    int n = (run->flags & FAULT_ALONE) != 0 ? 1 : RUN_WORKERS;

    for (int i = 0; i < n; i++) {
        if (has_ended(run->w.workers[i])) {
            run->w.workers[i] = 0;
            run->died_ms[i] = run_now_ms();
        }
        if (run->died_ms[i] != 0 && !run->workers_away &&
            run_now_ms() - run->died_ms[i] >= run->restart_ms) {
            run_start_worker(run, i);
        }
    }
}

static void look_after_senders(struct run *run)
{
    for (int i = 0; i < RUN_SENDERS; i++) {
        if (has_ended(run->senders[i])) {
            run->senders[i] = 0;
        }
        if (run->senders[i] == 0 && !run->servers_away) {
            run->senders[i] = start_sender(run, i);
        }
    }
}

/* By how much this comes too late tells how busy the machine was. */
static void look_away(struct run *run)
{
    struct timespec ts = {.tv_nsec = LOOK_MS * 1000000L};
    int64_t until = run_now_ms() + LOOK_MS;

    (void)nanosleep(&ts, NULL);
    if (run_now_ms() - until > run->starved_ms) {
        run->starved_ms = run_now_ms() - until;
    }
}

void run_for(struct run *run, int ms)
{
    int64_t end = run_now_ms() + ms;

    do {
        if (run->generator != 0) { /* all is under way */
            look_after_workers(run);
            look_after_senders(run);
        }
        look_away(run);
    } while (run_now_ms() < end);
}

long run_worker_kib(const struct run *run, int i)
{
    char path[32];
    long pages = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)run->w.workers[i]);
    f = fopen(path, "r");
    if (f == NULL) {
        return 0;
    }
    if (fscanf(f, "%*s %ld", &pages) != 1) { /* NOLINT(cert-err34-c) */
        pages = 0;
    }
    (void)fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static char state_of(pid_t pid)
{
    char path[32];
    char state = '?';
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (f != NULL) {
        if (fscanf(f, "%*d %*s %c", &state) != 1) { /* NOLINT(cert-err34-c) */
            state = '?';
        }
        (void)fclose(f);
    }
    return state;
}

void run_await_sleep(struct run *run, int i)
{
    for (int waited = 0;
         waited < ASLEEP_MS && state_of(run->w.workers[i]) != 'T';
         waited += LOOK_MS) {
        run_for(run, LOOK_MS);
    }
}

void run_reconnect(struct run *run)
{
    PGconn *pg = (PGconn *)run->w.pg;

    do {
        PQreset(pg);
        run_for(run, LOOK_MS);
    } while (PQstatus(pg) != CONNECTION_OK);
}

/* --- the beginning ---------------------------------------------------------
 */

/* In a file that has no name and takes no room where nothing was written. */
static bool open_tape(struct run *run)
{
    FILE *f = tmpfile();

    if (f == NULL || ftruncate(fileno(f), (off_t)sizeof *run->tape) != 0) {
        return false;
    }
    run->tape = mmap(NULL, sizeof *run->tape, PROT_READ | PROT_WRITE,
                     MAP_SHARED, fileno(f), 0);
    (void)fclose(f);
    return run->tape != MAP_FAILED;
}

static bool open_run(struct run *run)
{
    const char *const migrate[] = {"migrate", "--partitions", PARTITIONS, NULL};

    if (!open_tape(run)) {
        return false;
    }
    run->cluster.has_clock = (run->flags & FAULT_CLOCK) != 0;
    if ((run->flags & FAULT_CLUSTER) != 0 && !cluster_open(&run->cluster)) {
        return false;
    }
    if (!world_open(&run->w) || world_run(&run->w, migrate) != 0) {
        return false;
    }
    if (run->cluster.has_clock) {
        cluster_clock_for(&run->cluster, "redis");
        if (!redis_server_restart(&run->w.redis, NULL)) {
            return false;
        }
        cluster_clock_for(&run->cluster, NULL);
    }
    world_schedule(&run->w, "quick.json", quick);
    world_schedule(&run->w, "later.json", later);
    record_open(run);
    return true;
}

static bool start_all(struct run *run)
{
    if ((run->flags & FAULT_PROXY) != 0) {
        run->links = start_links(run);
    }
    for (size_t i = 0; i < run->n_faults; i++) {
        if (run->faults[i]->prepare != NULL) {
            run->faults[i]->prepare(run, run->faults[i]);
        }
    }
    for (int i = 0; i < ((run->flags & FAULT_ALONE) != 0 ? 1 : RUN_WORKERS);
         i++) {
        run_start_worker(run, i);
    }
    for (int i = 0; i < RUN_SENDERS; i++) {
        run->senders[i] = start_sender(run, i);
    }
    if (!world_until(&run->w, WORKERS_MS,
                     "SELECT bool_and(owner IS NOT NULL) FROM "
                     "followup.partition")) {
        return false;
    }
    run->generator = start_generator(run);
    return true;
}

/* --- the end ---------------------------------------------------------------
 */

static bool nothing_is_overdue(struct run *run)
{
    return world_int(&run->w,
                     "SELECT count(*) FROM followup.enrollment WHERE outcome "
                     "IS NULL AND due_at < clock_timestamp() - interval "
                     "'1 s'") == 0;
}

static long long waiting_in(struct run *run, const char *key)
{
    long long n = redis_server_int(&run->w.redis, "XLEN %s", key);

    return n > 0 ? n : 0;
}

/* Timers are built, and no claim holds any: one whose answer was lost does so
 * until its lease is over. */
static bool timers_are_at_rest(struct run *run)
{
    struct redis_server *redis = &run->w.redis;

    for (int i = 0; i < 3; i++) {
        if (redis_server_int(redis, "HEXISTS followup:{p%02d}:meta built", i) !=
                1 ||
            redis_server_int(redis, "EXISTS followup:{p%02d}:due", i) != 1 ||
            redis_server_int(
                redis, "ZCOUNT followup:{p%02d}:inflight -inf (inf", i) != 0) {
            return false;
        }
    }
    return true;
}

static bool all_is_done(struct run *run)
{
    return world_int(&run->w,
                     "SELECT (SELECT count(*) FROM followup.enrollment WHERE "
                     "outcome IS NULL AND channel = '" RUN_CHANNEL
                     "') + (SELECT count(*) FROM followup.ledger WHERE status "
                     "= 'pending') + (SELECT count(*) FROM followup.closing) + "
                     "(SELECT count(*) FROM followup.command WHERE status = "
                     "'pending')") == 0 &&
           waiting_in(run, "followup:commands") == 0 &&
           waiting_in(run, "followup:receipts") == 0 &&
           waiting_in(run, "followup:{p00}:out:" RUN_CHANNEL) == 0 &&
           waiting_in(run, "followup:{p01}:out:" RUN_CHANNEL) == 0 &&
           waiting_in(run, "followup:{p02}:out:" RUN_CHANNEL) == 0 &&
           timers_are_at_rest(run);
}

/* No message that the worker has not read, and no change that it has not looked
 * at, in one snapshot. */
static bool all_is_judged(struct run *run)
{
    return world_int(&run->w,
                     "SELECT CASE WHEN followup.has_new() THEN 1 ELSE ("
                     "SELECT count(*) FROM followup.partition p, LATERAL "
                     "followup.changed_after(p.id, p.captured)) END") == 0;
}

static void drain(struct run *run)
{
    int64_t until;

    run->recovered_ms = -1;
    run->quiet = false;
    while (!atomic_load(&run->tape->generator_done)) {
        run_for(run, 50);
        if (run->recovered_ms < 0 && nothing_is_overdue(run)) {
            run->recovered_ms = run_now_ms() - run->cleared_ms;
        }
    }
    until = run_now_ms() + run->drain_ms;
    for (int n = 0; !run->quiet && run_now_ms() < until; n++) {
        run_for(run, 100);
        if (run->recovered_ms < 0 && nothing_is_overdue(run)) {
            run->recovered_ms = run_now_ms() - run->cleared_ms;
        }
        if (n % 40 == 39) {
            run_age_entries(run);
            (void)kill(run->senders[n / 40 % RUN_SENDERS], SIGTERM);
        }
        run->quiet = all_is_done(run) && all_is_judged(run);
    }
    run_for(run, 300); /* the last timers and events */
}

static void end_process(pid_t *pid)
{
    if (*pid > 0) {
        (void)kill(*pid, SIGKILL);
        (void)kill(*pid, SIGCONT);
        (void)waitpid(*pid, NULL, 0);
        *pid = 0;
    }
}

static void close_run(struct run *run)
{
    end_process(&run->generator);
    for (int i = 0; i < RUN_SENDERS; i++) {
        end_process(&run->senders[i]);
    }
    world_close(&run->w);
    end_process(&run->links);
    cluster_close(&run->cluster);
    (void)munmap(run->tape, sizeof *run->tape);
}

static void make_trouble(struct run *run)
{
    run_for(run, TROUBLE_MS);
    for (size_t i = 0; i < run->n_faults; i++) {
        run_for(run, i > 0 ? run_random(run, 1000) : 0);
        if (run->faults[i]->inject != NULL) {
            run->faults[i]->inject(run, run->faults[i]);
        }
    }
    run->cleared_ms = run_now_ms();
}

static int bound_of(const struct run *run)
{
    int bound = 0;

    for (size_t i = 0; i < run->n_faults; i++) {
        bound += run->faults[i]->bound_ms;
    }
    return bound + run->extra_bound_ms;
}

bool run_play(struct run *run)
{
    struct verdict verdict;

    run->restart_ms = RESTART_MS;
    run->drain_ms = DRAIN_MS;
    for (size_t i = 0; i < run->n_faults; i++) {
        run->flags |= run->faults[i]->flags;
    }
    if (!open_run(run) || !start_all(run)) {
        (void)fprintf(run->out, "fault=%s could not be started\n",
                      run->faults[0]->name);
        close_run(run);
        return false;
    }
    make_trouble(run);
    drain(run);
    if (run->recovered_ms < 0 || run->recovered_ms > bound_of(run)) {
        run->quiet = false;
    }
    record_close(run);
    check_all(run, &verdict);
    verdict_print(run, &verdict);
    close_run(run);
    return verdict_is_clean(&verdict) != run->expects_violations;
}
