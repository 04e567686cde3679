/* Memory runs out at the n-th allocation, for every n until all goes well:
 * nothing leaks, nothing crashes, and no success is claimed before. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "codec/channels.h"
#include "codec/facts.h"
#include "codec/review.h"
#include "codec/schedule.h"
#include "codec/timelines.h"
#include "golden.h"

#define ROUNDS_MAX 20000

/* How many allocations still go well; -1: all. */
static long left = -1;

static bool fails(void)
{
    if (left < 0) {
        return false;
    }
    return left == 0 || left-- == 0;
}

/* The linker's names. */
/* NOLINTBEGIN(bugprone-*,cert-*,readability-*) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* NOLINTEND(bugprone-*,cert-*,readability-*) */

static void *cjson_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

static int setup(void **state)
{
    struct cJSON_Hooks hooks = {.malloc_fn = cjson_malloc, .free_fn = free};

    (void)state;
    cJSON_InitHooks(&hooks);
    return 0;
}

/* Try @load with ever more memory until it succeeds; it cleans up after
 * itself. Returns how many rounds failed. */
static long rounds(enum fup_code (*load)(struct fup_problems *problems))
{
    for (long n = 0; n < ROUNDS_MAX; n++) {
        struct fup_problems problems;
        enum fup_code code;

        fup_problems_init(&problems);
        left = n;
        code = load(&problems);
        left = -1;
        fup_problems_done(&problems);
        if (code == FUP_OK) {
            return n;
        }
    }
    return -1;
}

static enum fup_code load_schedules(struct fup_problems *problems)
{
    struct fup_schedule_file file;
    char path[512];
    enum fup_code code = fup_schedule_file_load(
        source_path(path, "schedules/default.json"), &file, problems);

    if (code == FUP_OK) {
        if (file.canonical == NULL || file.schedule->first_locale == NULL ||
            file.schedule->n_steps != 3) {
            abort();
        }
        fup_schedule_file_done(&file);
    }
    return code;
}

static enum fup_code load_channels(struct fup_problems *problems)
{
    struct fup_channels channels;
    enum fup_code code = fup_channels_load(NULL, &channels, problems);

    if (code == FUP_OK) {
        fup_channels_done(&channels);
    }
    return code;
}

/* Places may be lost with the memory, and problems dropped. */
static enum fup_code review_schedule(struct fup_problems *problems)
{
    const struct fup_channels none = {0};
    struct fup_schedule_file file;
    char path[512];
    enum fup_code code = fup_schedule_file_load(
        golden_path(path, "check/contradictions.json"), &file, problems);

    if (code == FUP_OK) {
        code = fup_schedule_review(&file, &none, 0, problems);
        fup_schedule_file_done(&file);
    }
    return code;
}

static enum fup_code load_facts(struct fup_problems *problems)
{
    struct fup_facts_doc doc;
    char path[512];
    enum fup_code code =
        fup_facts_load(golden_path(path, "render/facts.json"), &doc, problems);

    if (code == FUP_OK) {
        if (doc.facts.attributes == NULL || doc.facts.channel == NULL) {
            abort();
        }
        fup_facts_done(&doc);
    }
    return code;
}

static enum fup_code load_timelines(struct fup_problems *problems)
{
    struct fup_timelines timelines;
    char path[512];
    enum fup_code code = fup_timelines_load(
        golden_path(path, "simulate/hours.csv"), &timelines, problems);

    if (code == FUP_OK) {
        if (timelines.n != 2) {
            abort();
        }
        fup_timelines_done(&timelines);
    }
    return code;
}

static void schedules_survive_a_lack_of_memory(void **state)
{
    (void)state;
    assert_in_range(rounds(load_schedules), 100, ROUNDS_MAX);
}

static void a_review_survives_a_lack_of_memory(void **state)
{
    (void)state;
    assert_in_range(rounds(review_schedule), 50, ROUNDS_MAX);
}

static void channels_survive_a_lack_of_memory(void **state)
{
    (void)state;
    assert_in_range(rounds(load_channels), 20, ROUNDS_MAX);
}

static void facts_survive_a_lack_of_memory(void **state)
{
    (void)state;
    assert_in_range(rounds(load_facts), 5, ROUNDS_MAX);
}

static void timelines_survive_a_lack_of_memory(void **state)
{
    (void)state;
    assert_in_range(rounds(load_timelines), 4, ROUNDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_survive_a_lack_of_memory),
        cmocka_unit_test(a_review_survives_a_lack_of_memory),
        cmocka_unit_test(channels_survive_a_lack_of_memory),
        cmocka_unit_test(facts_survive_a_lack_of_memory),
        cmocka_unit_test(timelines_survive_a_lack_of_memory),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
