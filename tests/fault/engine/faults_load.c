/* Much at once, and senders that do not keep up. */

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdlib.h>

#include "faults.h"

#define RECOVERY_MS 12000
#define CROWD       1500
#define CROWD_PER_S 20 /* which a slow machine still manages */

/* Many silences that begin in the same microsecond: all of their timers are
 * due in the same millisecond, three times. */
static void crowd(struct run *run, const struct fault *fault)
{
    const char *wanted = getenv("FUP_CROWD");
    long n = wanted != NULL ? strtol(wanted, NULL, 10) : fault->number;

    run->drain_ms += (int)(n * 1000 / CROWD_PER_S);
    run->extra_bound_ms = (int)(n * 1000 / CROWD_PER_S);
    world_do(&run->w,
             "BEGIN; INSERT INTO crm.conversation (id, channel, address, "
             "attributes) SELECT 'crowd-' || i, '" RUN_CHANNEL "', 'x', "
             "'{\"name\": \"Ana\"}' FROM generate_series(1, %ld) i; "
             "INSERT INTO crm.message (conversation_id, direction, author, "
             "created_at) SELECT 'crowd-' || i, d, 'human', now() + t * "
             "interval '1 ms' FROM generate_series(1, %ld) i, (VALUES ('in', "
             "0), ('out', 1)) v (d, t); COMMIT",
             n, n);
}

static void replies(struct run *run, const struct fault *fault)
{
    (void)fault;
    run->only_replies = true;
}

static void some_time(struct run *run, const struct fault *fault)
{
    run_for(run, fault->number);
}

static void be_slow(struct run *run, const struct fault *fault)
{
    atomic_store(&run->tape->slow_ms, fault->number);
    run_for(run, 4000);
    atomic_store(&run->tape->slow_ms, 0);
}

void fault_senders_away(struct run *run, const struct fault *fault)
{
    run_signal_senders(run, SIGSTOP);
    run_for(run, fault->number);
    run_signal_senders(run, SIGCONT);
}

void fault_senders_late(struct run *run, const struct fault *fault)
{
    run_signal_senders(run, SIGSTOP);
    run_for(run, 3000);
    atomic_store(&run->tape->slow_ms, fault->number);
    run_signal_senders(run, SIGCONT);
    run_for(run, 6000);
    atomic_store(&run->tape->slow_ms, 0);
}

/* The streams are deleted while messages wait in them. */
static void delete_full(struct run *run, const struct fault *fault)
{
    run_signal_senders(run, SIGSTOP);
    run_for(run, fault->number);
    run_await_last_steps(run);
    for (int i = 0; i < 3; i++) {
        redis_server_do(&run->w.redis, "DEL followup:{p%02d}:out:" RUN_CHANNEL,
                        i);
    }
    run_signal_senders(run, SIGCONT);
}

const struct fault faults_load[] = {
    {"crowd", "load", FAULT_LONELY, RECOVERY_MS, NULL, CROWD, NULL, crowd},
    {"replies_at_the_instant", "load", 0, RECOVERY_MS, NULL, 2000, replies,
     some_time},
    {"slow_provider", "load", 0, RECOVERY_MS, NULL, 40, NULL, be_slow},
    {"senders_away", "load", 0, RECOVERY_MS, NULL, 4000, NULL,
     fault_senders_away},
    {"senders_late", "load", 0, RECOVERY_MS, NULL, 100, NULL,
     fault_senders_late},
    {"full_streams_deleted", "load", 0, RECOVERY_MS, NULL, 3000, NULL,
     delete_full},
    {.name = NULL},
};
