/* What networks do to the links between workers and servers. */

#include "faults.h"

#define RECOVERY_MS 12000

static struct tape_link *link_of(struct run *run, const struct fault *fault)
{
    return &run->tape->links[fault->arg[0] == 'p' ? LINK_POSTGRES : LINK_REDIS];
}

/* Cut in the middle of answers: what was asked for is done, or not. */
static void cut(struct run *run, const struct fault *fault)
{
    for (int i = 0; i < fault->number; i++) {
        atomic_store(&link_of(run, fault)->cut_bytes, 1 + run_random(run, 600));
        run_for(run, 50 + run_random(run, 250));
    }
}

/* All links to the server are cut, and new ones too. */
static void part(struct run *run, const struct fault *fault)
{
    atomic_store(&link_of(run, fault)->refuse, true);
    run_for(run, fault->number);
    atomic_store(&link_of(run, fault)->refuse, false);
}

/* Nothing comes back; what is sent arrives. */
static void deafen(struct run *run, const struct fault *fault)
{
    atomic_store(&link_of(run, fault)->hold_down, true);
    run_for(run, fault->number);
    atomic_store(&link_of(run, fault)->hold_down, false);
}

/* Nothing that is sent arrives, and nobody is told; it arrives later. */
static void silence(struct run *run, const struct fault *fault)
{
    atomic_store(&link_of(run, fault)->hold_up, true);
    run_for(run, fault->number);
    atomic_store(&link_of(run, fault)->hold_up, false);
}

static void delay(struct run *run, const struct fault *fault)
{
    atomic_store(&link_of(run, fault)->delay_ms, 100);
    run_for(run, fault->number);
    atomic_store(&link_of(run, fault)->delay_ms, 0);
}

/* Only the first worker has bad links: the other one takes over. */
static void only_first(struct run *run, const struct fault *fault)
{
    (void)fault;
    run->second_is_direct = true;
}

#define LINK(name, server, number, inject)                                     \
    {                                                                          \
        name, "network", FAULT_PROXY, RECOVERY_MS, server, number, NULL,       \
            inject                                                             \
    }
#define LINK_OF_ONE(name, server, number, inject)                              \
    {                                                                          \
        name, "network", FAULT_PROXY, RECOVERY_MS, server, number, only_first, \
            inject                                                             \
    }

const struct fault faults_network[] = {
    LINK("postgres_cut", "postgres", 20, cut),
    LINK("redis_cut", "redis", 20, cut),
    LINK("postgres_apart", "postgres", 4000, part),
    LINK("redis_apart", "redis", 4000, part),
    LINK_OF_ONE("postgres_deaf_to_one", "postgres", 5000, deafen),
    LINK_OF_ONE("redis_deaf_to_one", "redis", 5000, deafen),
    LINK_OF_ONE("postgres_silent_to_one", "postgres", 5000, silence),
    LINK_OF_ONE("redis_silent_to_one", "redis", 5000, silence),
    LINK("postgres_slow", "postgres", 4000, delay),
    LINK("redis_slow", "redis", 4000, delay),
    {.name = NULL},
};
