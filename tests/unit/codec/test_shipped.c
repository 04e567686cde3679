/* The schedules that are shipped: what each of them has, and which of them is
 * taken for which conversation. Every text is tried by itself, in all languages
 * and on all channels. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/channels.h"
#include "codec/schedule.h"
#include "core/time.h"
#include "golden.h"
#include "message/lint.h"
#include "message/message.h"
#include "plan/plan.h"

static const char *const locales[] = {"en", "es", "pt-BR", "de", "fr", "ar"};
static const char *const kinds[] = {"check_in", "last_call", "close_out"};

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define SHIPPED  12
#define ALL                                                                    \
    "{\"name\": \"Ana\", \"goal\": \"a blue bike\","                           \
    " \"option_a\": \"a quick delivery\", \"option_b\": \"a low price\"}"

struct fixture {
    struct fup_schedules schedules;
    struct fup_channels channels;
    struct fup_problems problems;
};

/* One candidate of a step: a variant or the fallback. */
struct candidate {
    const struct fup_schedule *schedule;
    const struct fup_step *step;
    const struct fup_variant_def *variant;
    bool fallback;
};

typedef void (*candidate_cb)(const struct fixture *f,
                             const struct candidate *candidate);

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char path[512];

    *state = f;
    if (f == NULL) {
        return -1;
    }
    fup_problems_init(&f->problems);
    (void)source_path(path, "schedules");
    return fup_schedules_load(path, &f->schedules, &f->problems) != FUP_OK ||
           fup_channels_load(path, &f->channels, &f->problems) != FUP_OK;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fup_schedules_done(&f->schedules);
    fup_channels_done(&f->channels);
    fup_problems_done(&f->problems);
    free(f);
    return 0;
}

static void each_of_step(const struct fixture *f,
                         const struct fup_schedule *schedule,
                         const struct fup_step *step,
                         candidate_cb cb)
{
    struct candidate candidate = {.schedule = schedule, .step = step};
    const struct fup_message_def *message = step->message;

    assert_non_null(message);
    assert_non_null(message->fallback);
    for (size_t i = 0; i < message->n_variants; i++) {
        candidate.variant = &message->variants[i];
        cb(f, &candidate);
    }
    candidate.variant = message->fallback;
    candidate.fallback = true;
    cb(f, &candidate);
}

static void each_candidate(const struct fixture *f, candidate_cb cb)
{
    assert_int_equal(f->schedules.n, SHIPPED);
    for (size_t i = 0; i < f->schedules.n; i++) {
        const struct fup_schedule *schedule = f->schedules.items[i].schedule;

        for (size_t k = 0; k < schedule->n_steps; k++) {
            each_of_step(f, schedule, &schedule->steps[k], cb);
        }
    }
}

static void note(const struct candidate *candidate, const char *locale)
{
    print_message("in %s, %s, variant %s, %s\n", candidate->schedule->name,
                  candidate->step->kind,
                  candidate->fallback ? "fallback" : candidate->variant->id,
                  locale);
}

/* -- languages ------------------------------------------------------------ */

static void assert_locales(const struct candidate *candidate,
                           const struct fup_texts *texts)
{
    bool good = texts->n == N(locales);

    for (size_t i = 0; good && i < texts->n; i++) {
        good = strcmp(texts->items[i].locale, locales[i]) == 0;
    }
    if (!good) {
        note(candidate, "all");
        fail_msg("not in all languages, in their order");
    }
}

static void check_locales(const struct fixture *f,
                          const struct candidate *candidate)
{
    (void)f;
    assert_locales(candidate, &candidate->variant->text);
    for (size_t i = 0; i < candidate->variant->n_options; i++) {
        assert_locales(candidate, &candidate->variant->options[i].label);
    }
}

static void has_each_text_and_label_in_six_languages(void **state)
{
    each_candidate(*state, check_locales);
}

/* -- steps ---------------------------------------------------------------- */

static void check_options(const struct fixture *f,
                          const struct candidate *candidate)
{
    const struct fup_variant_def *variant = candidate->variant;
    bool objection = strcmp(candidate->schedule->name, "objection") == 0;

    (void)f;
    if (strcmp(candidate->step->kind, "close_out") == 0) {
        assert_int_equal(variant->n_options, 0);
    } else if (strcmp(candidate->step->kind, "last_call") == 0) {
        assert_int_equal(variant->n_options, 2);
        assert_string_equal(variant->options[0].id, "send");
        assert_string_equal(variant->options[1].id, "close");
    } else {
        assert_int_equal(variant->n_options, objection ? 3 : 2);
    }
}

static void has_a_check_in_a_last_call_and_a_close_out(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(f->schedules.n, SHIPPED);
    for (size_t i = 0; i < f->schedules.n; i++) {
        const struct fup_schedule *schedule = f->schedules.items[i].schedule;

        assert_int_equal(schedule->n_steps, N(kinds));
        for (size_t k = 0; k < N(kinds); k++) {
            assert_string_equal(schedule->steps[k].kind, kinds[k]);
            assert_int_equal(schedule->steps[k].close, k == N(kinds) - 1);
        }
    }
    each_candidate(f, check_options);
}

/* -- messages ------------------------------------------------------------- */

/* Nothing of a template, no blank where a value was missing, nothing cut. */
static void assert_whole(const char *text)
{
    static const char *const traces[] = {
        "{", "}", "[", "]", "  ", " ,", " .", "\n ", "\n\n", "…", " \n", "nil"};

    assert_true(text[0] != '\0' && text[0] != ' ');
    for (size_t i = 0; i < N(traces); i++) {
        if (strstr(text, traces[i]) != NULL) {
            fail_msg("\"%s\" in: %s", traces[i], text);
        }
    }
}

static void assert_good(const struct candidate *candidate,
                        const struct fup_message *message)
{
    const struct fup_lint_in in = {
        .message = message,
        .kind = candidate->step->kind,
        .objection = strcmp(candidate->schedule->name, "objection") == 0};
    struct fup_lint_findings findings;

    assert_whole(message->text);
    for (size_t i = 0; i < message->n_options; i++) {
        assert_whole(message->options[i].label);
    }
    /* Numbered lines make a text longer. */
    assert_int_equal(fup_lint(&in, &findings), FUP_OK);
    for (size_t i = 0; i < findings.n && !message->as_lines; i++) {
        fail_msg("%s: %s", fup_lint_name(findings.items[i].rule),
                 message->text);
    }
}

static void check_message(const struct fixture *f,
                          const struct candidate *candidate,
                          const char *channel,
                          const char *locale)
{
    struct fup_variant_def copy = *candidate->variant;
    const struct fup_message_def def = {.variants = &copy, .n_variants = 1};
    const struct fup_facts facts = {.conversation = "c1",
                                    .channel = channel,
                                    .locale = locale,
                                    .attributes =
                                        candidate->fallback ? NULL : ALL};
    const struct fup_compose_in in = {
        .facts = &facts,
        .schedule = candidate->schedule->name,
        .step = 1,
        .limits = fup_limits_find(f->channels.limits, f->channels.n, channel),
        .kind = candidate->step->kind};
    struct fup_message message;
    struct fup_err err = {.msg = ""};
    char id[] = "x";

    /* The fallback has no id of its own, a variant needs one. */
    copy.id = candidate->fallback ? id : copy.id;
    copy.weight = 1;
    if (fup_message_compose(&def, &in, &message, &err) != FUP_OK) {
        note(candidate, locale);
        fail_msg("%s: %s", channel, err.msg);
    }
    assert_string_equal(message.locale, locale);
    assert_good(candidate, &message);
    fup_message_done(&message);
}

static void check_everywhere(const struct fixture *f,
                             const struct candidate *candidate)
{
    for (size_t i = 0; i < f->channels.n; i++) {
        for (size_t k = 0; k < N(locales); k++) {
            check_message(f, candidate, f->channels.limits[i].channel,
                          locales[k]);
        }
    }
}

static void can_be_sent_on_every_channel_without_a_blank(void **state)
{
    const struct fixture *f = *state;

    assert_true(f->channels.n > 0);
    each_candidate(f, check_everywhere);
}

/* -- which of them -------------------------------------------------------- */

static const char *
chosen(const struct fixture *f, const char *intent, const char *stage)
{
    const struct fup_schedule *all[SHIPPED];
    const struct fup_schedule *found = NULL;
    const struct fup_facts facts = {.tenant = "t",
                                    .conversation = "c1",
                                    .contact = "p1",
                                    .channel = "whatsapp",
                                    .address = "+15550100100",
                                    .status = FUP_STATUS_OPEN,
                                    .owner = FUP_OWNER_BOT,
                                    .intent = intent,
                                    .stage = stage,
                                    .last_inbound_at = 1000,
                                    .last_answer_at = 2000,
                                    .last_human_at = FUP_TIME_NONE,
                                    .last_ours_at = 2000,
                                    .window_ends_at = FUP_TIME_NONE,
                                    .tenant_active = true};

    assert_int_equal(f->schedules.n, SHIPPED);
    for (size_t i = 0; i < SHIPPED; i++) {
        all[i] = f->schedules.items[i].schedule;
    }
    assert_int_equal(
        fup_plan_admit(all, SHIPPED, &facts, FUP_TIME_NONE, &found),
        FUP_REASON_NONE);
    return found->name;
}

static void
lets_what_is_in_the_way_come_first_and_then_the_late_stages(void **state)
{
    static const struct {
        const char *intent;
        const char *stage;
        const char *schedule;
    } rows[] = {
        {"objection", "commit", "objection"},
        {"refund", "confirm", "refund"},
        {"support", NULL, "support"},
        {"pricing", "commit", "commit"},
        {"booking", "confirm", "confirm"},
        {NULL, "confirm", "confirm"},
        {"pricing", "recommend", "pricing"},
        {"booking", "qualify", "booking"},
        {"availability", NULL, "availability"},
        {"product_fit", "qualify", "product_fit"},
        {NULL, "qualify", "qualify"},
        {"shipping", "recommend", "recommend"},
        {"shipping", NULL, "default"},
        {NULL, NULL, "default"},
    };
    const struct fixture *f = *state;

    for (size_t i = 0; i < N(rows); i++) {
        assert_string_equal(chosen(f, rows[i].intent, rows[i].stage),
                            rows[i].schedule);
    }
}

/* ------------------------------------------------------------------------- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_each_text_and_label_in_six_languages),
        cmocka_unit_test(has_a_check_in_a_last_call_and_a_close_out),
        cmocka_unit_test(can_be_sent_on_every_channel_without_a_blank),
        cmocka_unit_test(
            lets_what_is_in_the_way_come_first_and_then_the_late_stages),
    };

    return cmocka_run_group_tests_name("shipped", tests, setup, teardown);
}
