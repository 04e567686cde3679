/* How long a simulation of 100,000 messages takes, from CSV to rows: of many
 * contacts, and of one contact in a crowd of conversations, who waits for the
 * contact cap. Prints one line each. */

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/schedule.h"
#include "codec/timelines.h"
#include "core/time.h"

#define N_MESSAGES 100000
#define N_CROWD    4000
#define CSV_MAX    ((size_t)64 * 1024 * 1024)

static const char schedule_text[] =
    "{\"name\": \"bench\", \"timezone\": \"Europe/Berlin\",\n"
    " \"send_hours\": {\"mon\": [\"09:00-20:00\"], \"wed\": "
    "[\"09:00-20:00\"],\n"
    "                \"fri\": [\"09:00-12:00\", \"14:00-20:00\"]},\n"
    " \"jitter\": \"10m\", \"min_gap\": \"3h\", \"max_late\": \"12h\",\n"
    " \"contact_cap\": {\"max\": 2, \"per\": \"24h\"},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"4h\", \"message\": {}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"18h\", \"message\": {}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"1d\", \"message\": {}}]}";

static int64_t clock_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * FUP_US_PER_S + ts.tv_nsec / 1000;
}

/* @n messages, seven hours apart: ten to a conversation, or two where @crowd is
 * true and all are of one contact. */
static void write_csv(struct fup_buf *csv, int n, bool crowd)
{
    fup_buf_adds(csv, "conversation,contact,channel,at,direction\n");
    for (int i = 0; i < n; i++) {
        int length = crowd ? 2 : 10;
        int conversation = i / length;
        int64_t at_s = INT64_C(1767225600) + (int64_t)conversation * 97 +
                       (int64_t)(i % length) * 25200;
        char at[FUP_TIME_TEXT];

        fup_buf_addf(csv, "c%d,p%d,%s,%s,%s\n", conversation,
                     crowd ? 0 : conversation, crowd ? "telegram" : "whatsapp",
                     fup_time_format_s(at_s * FUP_US_PER_S, at),
                     i % 2 == 0 ? "in" : "out");
    }
}

static void on_row(const struct fup_sim_row *row, void *arg)
{
    (void)row;
    ++*(size_t *)arg;
}

static bool run(const struct fup_schedule *schedule, int n, bool crowd)
{
    static char whatsapp[] = "whatsapp";
    static const struct fup_channel_rule channel = {whatsapp, 86400, 600, 0};
    struct fup_plan_env env = {.channels = &channel, .n_channels = 1};
    struct fup_timelines timelines = {0};
    struct fup_problems problems;
    struct fup_buf csv;
    int64_t began_us;
    size_t n_rows = 0;
    struct fup_sim sim = {.env = &env,
                          .schedules = &schedule,
                          .n_schedules = 1,
                          .until_at = FUP_TIME_NEVER,
                          .on_row = on_row,
                          .arg = &n_rows};
    bool ok;

    fup_problems_init(&problems);
    fup_buf_init(&csv, CSV_MAX);
    write_csv(&csv, n, crowd);
    began_us = clock_us();
    ok = csv.failed == FUP_OK && fup_zones_create(&env.zones) == FUP_OK &&
         fup_timelines_parse(csv.data, csv.len, "bench", &timelines,
                             &problems) == FUP_OK &&
         fup_simulate(&sim, timelines.items, timelines.n) == FUP_OK;
    (void)printf("messages=%d contacts=%s rows=%zu took_ms=%" PRId64 "\n", n,
                 crowd ? "one" : "many", n_rows,
                 (clock_us() - began_us) / 1000);
    fup_timelines_done(&timelines);
    fup_zones_free(env.zones);
    fup_problems_done(&problems);
    return ok;
}

int main(void)
{
    struct fup_schedule *schedule = NULL;
    struct fup_problems problems;
    bool ok;

    fup_problems_init(&problems);
    ok = fup_schedule_parse(schedule_text, strlen(schedule_text), "bench",
                            &schedule, &problems) == FUP_OK;
    fup_problems_done(&problems);
    ok = ok && run(schedule, N_MESSAGES, false) && run(schedule, N_CROWD, true);
    fup_schedule_free(schedule);
    return ok ? 0 : 1;
}
