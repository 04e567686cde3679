#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char whatsapp[] = "whatsapp";
static char telegram[] = "telegram";
static char schedule_name[] = "pricing";
static char check_in[] = "check_in";
static char last_call[] = "last_call";
static char close_out[] = "close_out";

struct fup_message_def *some_message(void)
{
    static max_align_t thing;

    return (void *)&thing;
}

int64_t instant(const char *text)
{
    char full[40];
    int64_t at = 0;

    if (strlen(text) == 16) {
        (void)snprintf(full, sizeof full, "%s:00Z", text);
    } else {
        (void)snprintf(full, sizeof full, "%s", text);
    }
    assert_int_equal(fup_time_parse(full, &at, NULL), FUP_OK);
    return at;
}

uint64_t roll(uint64_t *seed, uint64_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % below;
}

static void init_schedule(struct fup_schedule *s)
{
    static char *const kinds[] = {check_in, last_call, close_out};
    static const struct fup_delay delays[] = {
        {0, -1, 4 * HOUR_S}, {0, -1, 20 * HOUR_S}, {1, -1, 0}};

    memset(s, 0, sizeof *s);
    s->name = schedule_name;
    s->mode = FUP_MODE_LIVE;
    s->max_late_s = 12 * HOUR_S;
    s->require_inbound = true;
    s->n_steps = 3;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        s->steps[i].kind = kinds[i];
        s->steps[i].after = delays[i];
        s->steps[i].message = some_message();
        s->steps[i].n_outside =
            fup_outside_default(kinds[i], s->steps[i].outside);
    }
    s->steps[2].close = true;
}

void fixture_reset(struct fixture *f)
{
    init_schedule(&f->schedule);
    f->facts = (struct fup_facts){
        .tenant = "default",
        .conversation = "4711",
        .contact = "ana",
        .channel = "telegram",
        .address = "@ana",
        .status = FUP_STATUS_OPEN,
        .last_inbound_at = instant("2026-03-02 09:00"),
        .last_answer_at = instant("2026-03-02 10:00"),
        .last_human_at = FUP_TIME_NONE,
        .last_ours_at = FUP_TIME_NONE,
        .window_ends_at = FUP_TIME_NONE,
        .tenant_active = true,
    };
    f->run = (struct fup_run){
        .episode_at = f->facts.last_inbound_at,
        .step = 1,
        .last_step_at = FUP_TIME_NONE,
        .due_at = FUP_TIME_NONE,
        .manual_at = FUP_TIME_NONE,
        .paused_until = FUP_TIME_NONE,
        .cap_counted = true,
    };
}

int fixture_set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    assert_int_equal(fup_zones_create(&f->zones), FUP_OK);
    f->channels[0] = (struct fup_channel_rule){whatsapp, 24 * HOUR_S, 600, 0};
    f->channels[1] = (struct fup_channel_rule){telegram, 0, 0, 0};
    f->env = (struct fup_plan_env){f->zones, f->channels, 2};
    fixture_reset(f);
    *state = f;
    return 0;
}

int fixture_tear_down(void **state)
{
    struct fixture *f = *state;

    fup_zones_free(f->zones);
    free(f);
    return 0;
}

void set_hours(struct fup_schedule *schedule,
               int first,
               int last,
               int from_min,
               int to_min)
{
    schedule->has_hours = true;
    for (int day = first; day <= last; day++) {
        struct fup_day_hours *hours = &schedule->hours[day];

        hours->ranges[hours->n++] =
            (struct fup_range){from_min * 60, to_min * 60};
    }
}

void plan_at(struct fixture *f, const char *now)
{
    fup_plan_next(&f->env, &f->schedule, &f->facts, &f->run, instant(now),
                  &f->plan);
}

void assert_instant(int64_t at, const char *expected)
{
    char is[FUP_TIME_TEXT];
    char should[FUP_TIME_TEXT];

    if (strcmp(expected, "never") == 0) {
        assert_true(at == FUP_TIME_NEVER);
    } else {
        (void)fup_time_format(instant(expected), should);
        assert_string_equal(fup_time_format(at, is), should);
    }
}

void assert_plan(const struct fixture *f,
                 enum fup_action action,
                 enum fup_reason reason,
                 const char *at)
{
    assert_string_equal(fup_action_text(f->plan.action),
                        fup_action_text(action));
    assert_string_equal(fup_reason_text(f->plan.reason),
                        fup_reason_text(reason));
    assert_instant(f->plan.at, at);
}

int64_t traced(const struct fixture *f, enum fup_rule rule)
{
    int64_t at = FUP_TIME_NONE;

    for (size_t i = 0; i < f->plan.trace.n; i++) {
        if (f->plan.trace.moves[i].rule == rule) {
            at = f->plan.trace.moves[i].at;
        }
    }
    return at;
}
