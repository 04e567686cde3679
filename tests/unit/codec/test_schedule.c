/* Schedules: what is read, and the canonical form. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/time.h"
#include "message/message.h"
#include "plan/facts.h"
#include "schedule_fixture.h"

static const char full[] =
    "{\"$schema\": \"schedule.schema.json\", \"name\": \"pricing\",\n"
    " \"mode\": \"shadow\", \"priority\": 10,\n"
    " \"match\": {\"channel\": [\"whatsapp\", \"instagram\"],\n"
    "           \"intent\": [\"pricing\"],\n"
    "           \"attributes\": {\"plan\": [\"pro\", \"team\"]}},\n"
    " \"timezone\": \"America/Sao_Paulo\",\n"
    " \"send_hours\": {\"mon\": [\"09:00-12:00\", \"13:00-24:00\"],\n"
    "                \"sun\": [\"22:00-02:00\"]},\n"
    " \"holidays\": [\"2026-12-25\", \"2026-01-01\", \"2026-12-25\"],\n"
    " \"jitter\": \"10m\", \"min_gap\": \"4h\", \"max_late\": \"12h\",\n"
    " \"late\": \"skip\", \"contact_cap\": {\"max\": 3, \"per\": \"24h\"},\n"
    " \"holdout\": 0.05, \"require_inbound\": false,\n"
    " \"one_per_contact\": false,\n"
    " \"stop_when\": {\"owner\": [\"human\", \"bot\"], \"stage\": [\"won\"],\n"
    "   \"intent\": [\"refund\"], \"attributes\": {\"order\": [\"paid\"]}},\n"
    " \"links\": [\"shop.example\"],\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"4h\", \"message\": {\n"
    "    \"variants\": [\n"
    "     {\"id\": \"a\", \"weight\": 3,\n"
    "      \"text\": {\"pt-BR\": \"Oi\", \"en\": \"Hi\"},\n"
    "      \"options\": [{\"id\": \"a\", \"label\": {\"pt-BR\": \"Sim\", "
    "\"en\": \"Yes\"}}],\n"
    "      \"templates\": {\"whatsapp\": {\"name\": \"t1\", \"language\": "
    "\"en_US\", \"params\": [\"x\", \"y\"]}}},\n"
    "     {\"id\": \"b\", \"text\": {\"en\": \"Hello\"}}],\n"
    "    \"fallback\": {\"text\": {\"en\": \"Hey\"}}}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"1d 09:30\",\n"
    "   \"outside_window\": [\"task\", \"skip\"]},\n"
    "  {\"kind\": \"close_out\", \"after\": \"1d4h\", \"close\": true}]}\n";

static void reads_the_rules(void **state)
{
    struct fixture *f = *state;
    const struct fup_schedule *s;

    assert_int_equal(parse(f, full), FUP_OK);
    assert_int_equal(f->problems.n, 0);
    s = f->schedule;
    assert_string_equal(s->name, "pricing");
    assert_int_equal(s->mode, FUP_MODE_SHADOW);
    assert_int_equal(s->priority, 10);
    assert_int_equal(s->match.channel.n, 2);
    assert_string_equal(s->match.channel.items[1], "instagram");
    assert_int_equal(s->match.stage.n, 0);
    assert_int_equal(s->match.n_attributes, 1);
    assert_string_equal(s->match.attributes[0].name, "plan");
    assert_string_equal(s->match.attributes[0].values.items[1], "team");
    assert_string_equal(s->timezone, "America/Sao_Paulo");
    assert_int_equal(s->jitter_s, 600);
    assert_int_equal(s->min_gap_s, 14400);
    assert_int_equal(s->max_late_s, 43200);
    assert_int_equal(s->late, FUP_LATE_SKIP);
    assert_int_equal(s->cap_max, 3);
    assert_int_equal(s->cap_per_s, 86400);
    assert_false(s->one_per_contact);
    assert_int_equal(s->stop_when.owners,
                     1u << FUP_OWNER_HUMAN | 1u << FUP_OWNER_BOT);
    assert_string_equal(s->stop_when.match.stage.items[0], "won");
    assert_string_equal(s->stop_when.match.intent.items[0], "refund");
    assert_string_equal(s->stop_when.match.attributes[0].name, "order");
    assert_true(s->holdout > 0.049 && s->holdout < 0.051);
    assert_false(s->require_inbound);
    assert_int_equal(s->links.n, 1);
    assert_string_equal(s->links.items[0], "shop.example");
}

static void reads_hours_and_holidays(void **state)
{
    struct fixture *f = *state;
    const struct fup_schedule *s;

    assert_int_equal(parse(f, full), FUP_OK);
    s = f->schedule;
    assert_true(s->has_hours);
    assert_int_equal(s->hours[0].n, 2);
    assert_int_equal(s->hours[0].ranges[1].from_s, 13 * 3600);
    assert_int_equal(s->hours[0].ranges[1].to_s, 86400);
    assert_int_equal(s->hours[1].n, 0);
    assert_int_equal(s->hours[6].ranges[0].from_s, 22 * 3600);
    assert_int_equal(s->hours[6].ranges[0].to_s, 2 * 3600);
    assert_int_equal(s->n_holidays, 2); /* ascending, without doubles */
    assert_int_equal(s->holidays[0], fup_days_from_civil(2026, 1, 1));
    assert_int_equal(s->holidays[1], fup_days_from_civil(2026, 12, 25));
}

static void reads_the_steps(void **state)
{
    struct fixture *f = *state;
    const struct fup_step *step;

    assert_int_equal(parse(f, full), FUP_OK);
    assert_int_equal(f->schedule->n_steps, 3);
    step = &f->schedule->steps[0];
    assert_string_equal(step->kind, "check_in");
    assert_int_equal(step->after.elapsed_s, 14400);
    assert_int_equal(step->after.wall_s, -1);
    assert_int_equal(step->n_outside, 3);
    assert_int_equal(step->outside[2], FUP_OUTSIDE_SKIP);
    assert_int_equal(step->template_channels.n, 1);
    assert_string_equal(step->template_channels.items[0], "whatsapp");
    step = &f->schedule->steps[1];
    assert_int_equal(step->after.days, 1);
    assert_int_equal(step->after.wall_s, 34200);
    assert_int_equal(step->n_outside, 2);
    assert_int_equal(step->outside[0], FUP_OUTSIDE_TASK);
    assert_null(step->message);
    assert_false(step->close);
    step = &f->schedule->steps[2];
    assert_int_equal(step->outside[0], FUP_OUTSIDE_PULL_FORWARD);
    assert_int_equal(step->outside[2], FUP_OUTSIDE_SILENT);
    assert_true(step->close);
}

static void reads_the_messages(void **state)
{
    struct fixture *f = *state;
    const struct fup_message_def *def;

    assert_int_equal(parse(f, full), FUP_OK);
    def = f->schedule->steps[0].message;
    assert_int_equal(def->n_variants, 2);
    assert_string_equal(def->variants[0].id, "a");
    assert_int_equal(def->variants[0].weight, 3);
    assert_int_equal(def->variants[1].weight, 1);
    assert_int_equal(def->variants[0].text.n, 2);
    assert_string_equal(def->variants[0].text.items[0].locale, "pt-BR");
    assert_non_null(def->variants[0].text.items[0].text);
    assert_int_equal(def->variants[0].n_options, 1);
    assert_string_equal(def->variants[0].options[0].id, "a");
    assert_int_equal(def->variants[0].options[0].label.n, 2);
    assert_int_equal(def->variants[0].n_templates, 1);
    assert_string_equal(def->variants[0].templates[0].language, "en_US");
    assert_int_equal(def->variants[0].templates[0].n_params, 2);
    assert_string_equal(def->fallback->id, "fallback");
    assert_string_equal(f->schedule->first_locale, "pt-BR");
}

static void a_small_schedule_has_the_defaults(void **state)
{
    struct fixture *f = *state;
    const struct fup_schedule *s;

    assert_int_equal(parse(f, "{\"name\":\"a\",\"steps\":[{\"kind\":\"nudge\","
                              "\"after\":\"1h\"}]}"),
                     FUP_OK);
    s = f->schedule;
    assert_int_equal(s->mode, FUP_MODE_LIVE);
    assert_int_equal(s->priority, 0);
    assert_null(s->timezone);
    assert_false(s->has_hours);
    assert_int_equal(s->jitter_s, 0);
    assert_int_equal(s->min_gap_s, 0);
    assert_true(s->max_late_s < 0);
    assert_int_equal(s->late, FUP_LATE_SHIFT);
    assert_int_equal(s->cap_max, 0);
    assert_true(s->require_inbound);
    assert_null(s->first_locale);
}

static void canonical(struct fixture *f, const char *text)
{
    fup_buf_clear(&f->buf);
    assert_int_equal(fup_schedule_canonical(text, strlen(text), "s.json",
                                            &f->buf, &f->problems),
                     FUP_OK);
}

static void formatting_makes_no_new_version(void **state)
{
    struct fixture *f = *state;
    char first[FUP_DIGEST_TEXT];
    char other[FUP_DIGEST_TEXT];

    canonical(f, HEAD TAIL);
    (void)fup_digest(f->buf.data, f->buf.len, first);
    assert_string_equal(f->buf.data,
                        "{\"name\":\"a\",\"steps\":[{\"kind\":\"n\","
                        "\"after\":\"1h\"}]}");
    canonical(f, "{ \"$schema\":\"x\", \"name\" : \"\\u0061\" , " TAIL " ");
    (void)fup_digest(f->buf.data, f->buf.len, other);
    assert_string_equal(first, other);
    canonical(f, "{\"name\": \"b\"," TAIL);
    (void)fup_digest(f->buf.data, f->buf.len, other);
    assert_string_not_equal(first, other);
}

static void the_canonical_form_parses_to_itself(void **state)
{
    struct fixture *f = *state;
    char *once;

    canonical(f, full);
    assert_non_null(
        strstr(f->buf.data, "\"holidays\":[\"2026-01-01\",\"2026-12-25\"]"));
    once = strdup(f->buf.data);
    fup_buf_clear(&f->buf);
    assert_int_equal(fup_schedule_canonical(once, strlen(once), "s.json",
                                            &f->buf, &f->problems),
                     FUP_OK);
    assert_string_equal(f->buf.data, once);
    free(once);
}

/* Vectors of draft-eastlake-fnv for 128 bit. */
static void digests_are_fnv_1a(void **state)
{
    char digest[FUP_DIGEST_TEXT];

    (void)state;
    assert_string_equal(fup_digest("", 0, digest),
                        "6c62272e07bb014262b821756295c58d");
    assert_string_equal(fup_digest("a", 1, digest),
                        "d228cb696f1a8caf78912b704e4a8964");
    assert_string_equal(fup_digest("foobar", 6, digest),
                        "343e1662793c64bf6f0d3597ba446f18");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_the_rules),
        TEST(reads_hours_and_holidays),
        TEST(reads_the_steps),
        TEST(reads_the_messages),
        TEST(a_small_schedule_has_the_defaults),
        TEST(formatting_makes_no_new_version),
        TEST(the_canonical_form_parses_to_itself),
        TEST(digests_are_fnv_1a),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
