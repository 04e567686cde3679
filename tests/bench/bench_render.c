/* How many texts with two variables are rendered in a second?
 *
 *   bench_render [SECONDS]
 *
 * How many with the linter's gate behind? Beside them, in the same run, printf
 * with the same text, as the baseline. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "core/buf.h"
#include "message/lint.h"
#include "message/liquid.h"
#include "message/message.h"

static const char source[] =
    "Hi {{ name }}, are you still looking for {{ goal | default: 'this' }}? "
    "Answer with 1 to see two options, or with 2 to close for now.";

struct bench {
    struct fup_liquid *liquid;
    struct cJSON *data;
    struct fup_buf out;
    char locale[4];
};

static double now(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* As the service does it: strictly, and with values isolated. */
static void render_liquid(struct bench *bench)
{
    static const struct fup_liquid_reader reader = {.isolated = true};
    struct fup_err err;

    fup_buf_clear(&bench->out);
    if (fup_liquid_render_for(bench->liquid, bench->data, &reader, &bench->out,
                              &err) != FUP_OK) {
        (void)fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
}

/* As a message goes out: through the linter's gate. */
static void render_gated(struct bench *bench)
{
    struct fup_message message = {.locale = bench->locale};
    struct fup_lint_in in = {.message = &message, .kind = "check_in"};

    render_liquid(bench);
    message.text = bench->out.data;
    if (fup_lint_gate(&in, 0) != FUP_LINT_MAX) {
        (void)fprintf(stderr, "the gate holds the text back\n");
        exit(1);
    }
}

static void render_printf(struct bench *bench)
{
    fup_buf_clear(&bench->out);
    fup_buf_addf(&bench->out,
                 "Hi %s, are you still looking for %s? Answer with 1 to see "
                 "two options, or with 2 to close for now.",
                 "Ana", "a new bed");
}

/* Calls of @once in a second, measured for @seconds. */
static double
measure(struct bench *bench, void (*once)(struct bench *), double seconds)
{
    double start = now();
    double end = start;
    double n = 0;

    while (end - start < seconds) {
        for (int i = 0; i < 1000; i++) {
            once(bench);
        }
        n += 1000;
        end = now();
    }
    return n / (end - start);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 1.0;
    struct bench bench = {.locale = "en"};
    struct fup_err err;
    double renders;
    double gated;
    double baseline;

    if (fup_liquid_compile(source, strlen(source), &bench.liquid, &err) !=
        FUP_OK) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    bench.data = cJSON_Parse("{\"channel\":\"whatsapp\",\"locale\":\"en\","
                             "\"name\":\"Ana\",\"goal\":\"a new bed\"}");
    fup_buf_init(&bench.out, 8192);
    baseline = measure(&bench, render_printf, seconds);
    renders = measure(&bench, render_liquid, seconds);
    gated = measure(&bench, render_gated, seconds);
    (void)printf("render: %.0f/s, with the linter's gate: %.0f/s, "
                 "printf: %.0f/s, ratio %.2f\n",
                 renders, gated, baseline, renders / baseline);
    fup_buf_done(&bench.out);
    cJSON_Delete(bench.data);
    fup_liquid_free(bench.liquid);
    return 0;
}
