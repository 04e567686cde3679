#include "ground.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Rows are made in portions, so that no transaction is endless. */
#define PORTION 250000
#define BUILT_S 900

static const char schedule[] =
    "{\"name\": \"bench\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"webchat\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1h\", \"message\": "
    "{\"variants\": [\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Hi {{ name }}, did you have time "
    "to look at it? If anything is unclear, just ask.\"}}]}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"20h\", \"message\": "
    "{\"variants\": [\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Shall I close this?\"}}]}}]}";

void ground_fail(const char *why)
{
    (void)fprintf(stderr, "bench: %s\n", why);
    exit(1);
}

double ground_clock(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void ground_pause_ms(int ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    (void)nanosleep(&ts, NULL);
}

long long ground_arg(int argc, char **argv, int i, long long otherwise)
{
    return i < argc ? strtoll(argv[i], NULL, 10) : otherwise;
}

void ground_start(struct world *w, const char *json)
{
    world_config(w, json != NULL ? json : "{\"stream_max\": 10000000}");
    world_start_config(w, 0);
}

void ground_open(struct world *w, int partitions)
{
    const char *const args[] = {"--appendonly",
                                "yes",
                                "--appendfsync",
                                "everysec",
                                "--auto-aof-rewrite-min-size",
                                "4gb",
                                NULL};
    char number[16];
    const char *const migrate[] = {"migrate", "--partitions", number, NULL};

    (void)snprintf(number, sizeof number, "%d", partitions);
    if (!world_open_on(w, args) || world_run(w, migrate) != 0) {
        ground_fail("no world");
    }
    world_schedule(w, "bench.json", schedule);
    ground_start(w, NULL);
    if (!world_until(w, 10000,
                     "SELECT count(*) > 0 FROM followup.schedule_version")) {
        ground_fail("the worker does not start");
    }
    (void)world_stop(w, 0, SIGTERM);
}

static void seed_crm(struct world *w, long long a, long long b, const char *due)
{
    world_do(w,
             "INSERT INTO crm.contact (id, name, locale) "
             "SELECT 'k' || i, 'Ana', 'en' "
             "FROM generate_series(%lld, %lld) i",
             a, b);
    world_do(w,
             "INSERT INTO crm.conversation (id, contact_id, channel, address) "
             "SELECT 'c' || i, 'k' || i, 'webchat', 'visitor-' || i "
             "FROM generate_series(%lld, %lld) i",
             a, b);
    world_do(w,
             "INSERT INTO crm.message (conversation_id, direction, author, "
             "body, created_at) "
             "SELECT 'c' || i, d.way, d.who, 'a text', %s + d.after "
             "FROM generate_series(%lld, %lld) i, (VALUES "
             "('in', 'human', interval '-61 min'), "
             "('out', 'bot', interval '-60 min')) d (way, who, after)",
             due, a, b);
}

void ground_seed(
    struct world *w, long long first, long long n, const char *due, bool crm)
{
    world_do(w, "SET session_replication_role = replica");
    for (long long a = first; a < first + n; a += PORTION) {
        long long b = a + PORTION < first + n ? a + PORTION : first + n;

        if (crm) {
            seed_crm(w, a, b - 1, due);
        }
        world_do(w,
                 "INSERT INTO followup.enrollment (partition, tenant, "
                 "conversation, contact, channel, episode_at, version, due_at) "
                 "SELECT followup.partition_of('default', 'c' || i), "
                 "'default', 'c' || i, 'k' || i, 'webchat', "
                 "%s - interval '61 min', v.id, %s "
                 "FROM generate_series(%lld, %lld) i, "
                 "(SELECT max(id) AS id FROM followup.schedule_version) v",
                 due, due, a, b - 1);
    }
    world_do(w, "SET session_replication_role = origin");
    world_do(w, "VACUUM ANALYZE followup.enrollment");
    world_do(w, "VACUUM ANALYZE crm.contact");
    world_do(w, "VACUUM ANALYZE crm.conversation");
    world_do(w, "VACUUM ANALYZE crm.message");
    world_do(w, "CHECKPOINT");
}

static int partitions(struct world *w)
{
    return (int)world_int(w, "SELECT partitions FROM followup.installation");
}

void ground_await_built(struct world *w)
{
    int n = partitions(w);

    for (int i = 0; i < n; i++) {
        double end = ground_clock() + BUILT_S;

        while (redis_server_int(
                   &w->redis, "HEXISTS followup:{p%02d}:meta built", i) != 1) {
            if (ground_clock() > end) {
                ground_fail("the timers are not built");
            }
            ground_pause_ms(20);
        }
    }
}

long long ground_streamed(struct world *w)
{
    static int n;
    long long sum = 0;

    n = n > 0 ? n : partitions(w);
    for (int i = 0; i < n; i++) {
        sum +=
            redis_server_int(&w->redis, "XLEN followup:{p%02d}:out:webchat", i);
    }
    return sum;
}

/* The numbers behind the name in /proc/PID/stat; false when it is gone. */
enum {
    PARENT = 1,
    USER = 11,
    SYSTEM = 12,
    GONE_USER = 13,
    GONE_SYSTEM = 14,
    PAGES = 21,
    N_NUMBERS
};

static bool read_stat(long pid, long long numbers[N_NUMBERS])
{
    char path[64];
    char text[1024] = "";
    char *at;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    f = fopen(path, "r");
    if (f == NULL) {
        return false;
    }
    at = fgets(text, sizeof text, f) != NULL ? strrchr(text, ')') : NULL;
    (void)fclose(f);
    for (int i = 0; at != NULL && i < N_NUMBERS; i++) {
        at = strchr(at + 1, ' ');
        numbers[i] = at != NULL ? strtoll(at, NULL, 10) : 0;
    }
    return at != NULL;
}

static double seconds(long long ticks)
{
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double cpu_s(pid_t pid)
{
    long long numbers[N_NUMBERS];

    if (!read_stat(pid, numbers)) {
        ground_fail("a process is gone");
    }
    return seconds(numbers[USER] + numbers[SYSTEM]);
}

long long ground_worker_bytes(const struct world *w)
{
    long long numbers[N_NUMBERS];

    if (!read_stat(w->workers[0], numbers)) {
        ground_fail("the worker is gone");
    }
    return numbers[PAGES] * sysconf(_SC_PAGESIZE);
}

double ground_worker_cpu_s(const struct world *w)
{
    return cpu_s(w->workers[0]);
}

double ground_redis_cpu_s(const struct world *w)
{
    return cpu_s(w->redis.pid);
}

double ground_session_cpu_s(const struct world *w)
{
    return cpu_s(PQbackendPID(w->pg));
}

double ground_postgres_cpu_s(const struct world *w)
{
    long long numbers[N_NUMBERS];
    long long sum;
    long long server;
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    if (proc == NULL || !read_stat(PQbackendPID(w->pg), numbers)) {
        ground_fail("no /proc");
    }
    server = numbers[PARENT];
    (void)read_stat((long)server, numbers);
    sum = numbers[USER] + numbers[SYSTEM] + numbers[GONE_USER] +
          numbers[GONE_SYSTEM];
    while ((entry = readdir(proc)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 0 && read_stat(pid, numbers) && numbers[PARENT] == server) {
            sum += numbers[USER] + numbers[SYSTEM];
        }
    }
    (void)closedir(proc);
    return seconds(sum);
}
