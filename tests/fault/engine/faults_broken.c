/* Engines that are broken on purpose, in the functions of the run's own
 * database. What the checker says of them must not be clean: that is what shows
 * that it can find such a thing at all. */

#include <signal.h>
#include <stdlib.h>

#include "faults.h"

#define BOUND_MS 60000

/* In the text of @function, @from becomes @to; it must have been there. */
static void
change(struct run *run, const char *function, const char *from, const char *to)
{
    world_do(&run->w,
             "DO $do$ DECLARE was text := "
             "pg_get_functiondef('%s'::regproc); now text := replace(was, "
             "$t$%s$t$, $t$%s$t$); BEGIN IF was = now THEN RAISE 'unchanged'; "
             "END IF; EXECUTE now; END $do$",
             function, from, to);
}

/* Neither generation nor changes are compared, and whoever comes may write:
 * the worker that slept repeats what the other one has done. */
static void no_compare(struct run *run, const struct fault *fault)
{
    change(run, "followup.apply", "n.gen IS DISTINCT FROM d.gen", "false");
    change(run, "followup.changed_after", "c.partition = p", "false");
    change(run, "followup.fence",
           "q.epoch = e AND q.lease_until > clock_timestamp()", "true");
    run->stop_at[0] = fault->arg;
}

static void wake_up(struct run *run, const struct fault *fault)
{
    run_await_sleep(run, 0);
    run_for(run, fault->number);
    if (run->w.workers[0] > 0) {
        (void)kill(run->w.workers[0], SIGCONT);
    }
}

/* Nothing stands against a message, whatever happened meanwhile, and nothing is
 * taken back; replies come while messages wait. */
static void no_objections(struct run *run, const struct fault *fault)
{
    (void)fault;
    change(run, "followup.objection", "WHEN f.last_inbound_at > l.episode_at",
           "WHEN false");
    change(run, "followup.apply", "(g.withdraw OR g.status IS NOT NULL)",
           "false");
    run->only_replies = true;
}

/* A permit is given as often as it is asked for. */
static void permit_again(struct run *run, const struct fault *fault)
{
    change(run, "followup.objections",
           "nullif((SELECT o.why FROM followup.objection(l) o), '')",
           "NULL::text");
    change(run, "followup.permit_inner", "l.status = 'pending'", "true");
    for (int i = 0; i < RUN_SENDERS; i++) {
        run->die_at[RUN_WORKERS + i] = fault->arg;
    }
}

static void let_take_over(struct run *run, const struct fault *fault)
{
    run_for(run, fault->number);
    run_age_entries(run);
    for (int i = 0; i < RUN_SENDERS; i++) {
        if (run->senders[i] > 0) {
            (void)kill(run->senders[i], SIGTERM);
        }
    }
}

/* Who takes over gets the epoch of the one before. */
static void same_epoch(struct run *run, const struct fault *fault)
{
    (void)fault;
    change(run, "followup.lease", "epoch = q.epoch + 1", "epoch = q.epoch");
}

static void kill_first(struct run *run, const struct fault *fault)
{
    run->restart_ms = 60000;
    (void)kill(run->w.workers[0], SIGKILL);
    run_for(run, fault->number);
}

/* Some changes are not noted. */
static void deaf(struct run *run, const struct fault *fault)
{
    (void)fault;
    change(run, "followup.read_new", "d.conversation IS NOT NULL",
           "hashtext(d.conversation) % 10 <> 0");
}

/* The last answer is taken for a second older than it is. */
static void fast(struct run *run, const struct fault *fault)
{
    (void)fault;
    change(run, "followup.conversation_facts",
           "m.last_inbound_at, m.last_answer_at,",
           "m.last_inbound_at, m.last_answer_at - interval '1 s',");
    run->answer_after_ms = 1500;
}

/* An entry in the stream vanishes, and nobody puts it back. */
static void steal(struct run *run, const struct fault *fault)
{
    run_signal_senders(run, SIGSTOP);
    run_for(run, fault->number);
    run_await_last_steps(run);
    for (int p = 0; p < 3; p++) {
        redis_server_do(&run->w.redis,
                        "XTRIM followup:{p%02d}:out:" RUN_CHANNEL " MAXLEN 0",
                        p);
    }
    run_signal_senders(run, SIGCONT);
}

/* When a message left is not known, nor that it did just now. */
static void forget_left(struct run *run, const struct fault *fault)
{
    (void)fault;
    change(run, "followup.apply", "WHEN d.ord = ANY (let_go) THEN 'changed'",
           "");
    world_do(&run->w,
             "CREATE FUNCTION recorder.forget_left() RETURNS trigger LANGUAGE "
             "plpgsql AS $$ BEGIN NEW.left_at := NULL; RETURN NEW; END $$; "
             "CREATE TRIGGER forget_left BEFORE UPDATE ON followup.ledger FOR "
             "EACH ROW EXECUTE FUNCTION recorder.forget_left()");
}

static void some_time(struct run *run, const struct fault *fault)
{
    run_for(run, fault->number);
}

#define BROKEN(name, flags, arg, number, prepare, inject)                      \
    {                                                                          \
        name, "broken", (flags) | FAULT_LONELY, BOUND_MS, arg, number,         \
            prepare, inject                                                    \
    }

const struct fault faults_broken[] = {
    BROKEN("no_compare", FAULT_POINTS, "decided:10", 6000, no_compare, wake_up),
    BROKEN("no_objections", 0, NULL, 3000, no_objections, fault_senders_away),
    BROKEN("permit_again",
           FAULT_POINTS | FAULT_DOUBT,
           "delivered:20",
           4000,
           permit_again,
           let_take_over),
    BROKEN("same_epoch", 0, NULL, 4000, same_epoch, kill_first),
    BROKEN("deaf", 0, NULL, 1000, deaf, some_time),
    BROKEN("fast", 0, NULL, 1000, fast, some_time),
    BROKEN("steals", 0, NULL, 3000, NULL, steal),
    BROKEN("forgets_left", 0, NULL, 60, forget_left, fault_senders_late),
    {.name = NULL},
};
