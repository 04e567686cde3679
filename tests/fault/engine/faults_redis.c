/* Redis loses data, refuses, stops and comes again. */

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdlib.h>

#include "faults.h"

#define RECOVERY_MS 12000
/* A timer that is lost alone is found by the sweep: overdue for 30 s, then a
 * sweep each 2 s. */
#define SWEEP_MS 36000

static const char *const durable[] = {"--appendonly", "yes", "--appendfsync",
                                      "everysec", NULL};

static void flush(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        redis_server_do(&run->w.redis, "FLUSHALL");
        run_for(run, 200 + run_random(run, 800));
    }
}

/* A command for each partition's key. */
static void on_keys(struct run *run, const char *fmt)
{
    for (int i = 0; i < 3; i++) {
        freeReplyObject(redis_server_ask(&run->w.redis, fmt, i));
    }
}

static void delete_due(struct run *run, const struct fault *fault)
{
    (void)fault;
    on_keys(run, "DEL followup:{p%02d}:due");
    run_for(run, 500);
}

static void delete_inflight(struct run *run, const struct fault *fault)
{
    (void)fault;
    for (int i = 0; i < 20; i++) {
        on_keys(run, "DEL followup:{p%02d}:inflight");
        run_for(run, 50);
    }
}

static void delete_meta(struct run *run, const struct fault *fault)
{
    (void)fault;
    for (int i = 0; i < 5; i++) {
        on_keys(run, "DEL followup:{p%02d}:meta");
        run_for(run, 300);
    }
}

static void delete_stream(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        on_keys(run, "DEL followup:{p%02d}:out:" RUN_CHANNEL);
        run_for(run, 400);
    }
}

static void delete_inbox(struct run *run, const struct fault *fault)
{
    (void)fault;
    redis_server_do(&run->w.redis, "DEL followup:commands");
    redis_server_do(&run->w.redis, "DEL followup:events");
    run_for(run, 500);
}

static void destroy_groups(struct run *run, const struct fault *fault)
{
    (void)fault;
    on_keys(run, "XGROUP DESTROY followup:{p%02d}:out:" RUN_CHANNEL " senders");
    run_for(run, 300);
    freeReplyObject(redis_server_ask(
        &run->w.redis, "XGROUP DESTROY followup:commands followup"));
    freeReplyObject(redis_server_ask(
        &run->w.redis, "XGROUP DESTROY followup:receipts followup"));
    run_for(run, 500);
}

static void add_foreign(struct run *run, const struct fault *fault)
{
    (void)fault;
    on_keys(run, "ZADD followup:{p%02d}:due 1 not-an-id 2 x");
    on_keys(run, "ZADD followup:{p%02d}:inflight 1 not-an-id");
    run_for(run, 500);
}

static void wrong_type(struct run *run, const struct fault *fault)
{
    (void)fault;
    on_keys(run, "SET followup:{p%02d}:inflight x");
    run_for(run, 1500);
    on_keys(run, "DEL followup:{p%02d}:inflight");
}

static void set_durable(struct run *run, const struct fault *fault)
{
    (void)fault;
    redis_server_do(&run->w.redis, "CONFIG SET appendonly yes");
}

/* SIGKILL, and again after a while: with what it had written, or nothing. */
static void restart(struct run *run, const struct fault *fault)
{
    run->servers_away = true;
    if (fault->arg == NULL) {
        redis_server_do(&run->w.redis, "FLUSHALL");
    }
    if (!redis_server_restart(&run->w.redis,
                              fault->arg != NULL ? durable : NULL)) {
        abort();
    }
    run->servers_away = false;
    run_for(run, fault->number);
}

/* What was saved a while ago comes back: Redis goes back in time. */
static void go_back(struct run *run, const struct fault *fault)
{
    redis_server_do(&run->w.redis, "SAVE");
    run_for(run, fault->number);
    run->servers_away = true;
    if (!redis_server_restart(&run->w.redis, NULL)) {
        abort();
    }
    run->servers_away = false;
}

static void flush_scripts(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        redis_server_do(&run->w.redis, "SCRIPT FLUSH");
        run_for(run, 50);
    }
}

static void no_memory(struct run *run, const struct fault *fault)
{
    redis_server_do(&run->w.redis, "CONFIG SET maxmemory 1");
    run_for(run, fault->number);
    redis_server_do(&run->w.redis, "CONFIG SET maxmemory 0");
}

/* Now and then for a moment: some commands of a batch find it, some do not. */
static void little_memory(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        redis_server_do(&run->w.redis, "CONFIG SET maxmemory 1");
        run_for(run, run_random(run, 60));
        redis_server_do(&run->w.redis, "CONFIG SET maxmemory 0");
        run_for(run, run_random(run, 60));
    }
}

/* A replica of a primary that is not there refuses to write. */
static void read_only(struct run *run, const struct fault *fault)
{
    int port;
    int fd = redis_server_refusing_port(&port);

    (void)fd;
    redis_server_do(&run->w.redis, "REPLICAOF 127.0.0.1 %d", port);
    run_for(run, fault->number);
    redis_server_do(&run->w.redis, "REPLICAOF NO ONE");
}

static void stop(struct run *run, const struct fault *fault)
{
    run->servers_away = true;
    redis_server_signal(&run->w.redis, SIGSTOP);
    run_for(run, fault->number);
    redis_server_signal(&run->w.redis, SIGCONT);
    run->servers_away = false;
}

static void kill_clients(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        freeReplyObject(
            redis_server_ask(&run->w.redis, "CLIENT KILL TYPE normal"));
        run_for(run, 50 + run_random(run, 300));
    }
}

#define REDIS(name, flags, number, inject)                                     \
    {                                                                          \
        name, "redis", flags, RECOVERY_MS, NULL, number, NULL, inject          \
    }
#define LOSES FAULT_LOSES_REDIS

const struct fault faults_redis[] = {
    REDIS("flushall", LOSES, 1, flush),
    REDIS("flushall_again_and_again", LOSES, 5, flush),
    {"del_due", "redis", 0, SWEEP_MS, NULL, 0, NULL, delete_due},
    REDIS("del_inflight", 0, 0, delete_inflight),
    REDIS("del_meta", LOSES, 0, delete_meta),
    REDIS("del_stream", 0, 3, delete_stream),
    REDIS("del_commands_and_events", LOSES, 0, delete_inbox),
    REDIS("groups_destroyed", 0, 0, destroy_groups),
    REDIS("foreign_members", 0, 0, add_foreign),
    REDIS("wrong_type", 0, 0, wrong_type),
    {"restart_with_data", "redis", LOSES | FAULT_LONELY, RECOVERY_MS, "aof",
     500, set_durable, restart},
    REDIS("restart_without_data", LOSES | FAULT_LONELY, 500, restart),
    REDIS("older_data", LOSES | FAULT_LONELY, 2000, go_back),
    REDIS("script_flush", 0, 40, flush_scripts),
    REDIS("out_of_memory", LOSES, 3000, no_memory),
    REDIS("out_of_memory_now_and_then", LOSES, 40, little_memory),
    REDIS("read_only", LOSES, 3000, read_only),
    REDIS("stopped", LOSES | FAULT_LONELY, 4000, stop),
    REDIS("clients_killed", 0, 10, kill_clients),
    {.name = NULL},
};
