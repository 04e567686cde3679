/* schedules/schedule.schema.json and the parser know the same fields, at the
 * same places, and need the same ones; each has an example in the documents,
 * and every example can be used. */

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <cmocka.h>

#include "codec/schedule.h"
#include "codec/text_file.h"
#include "core/buf.h"
#include "golden.h"

#define NAMES_MAX   64
#define PLACE_BYTES 256

struct fixture {
    cJSON *schema;
    char *names[NAMES_MAX]; /* of all fields in the schema, once each */
    size_t n;
    int objects; /* that were walked through */
};

/* Where an object stands in a schedule: what comes before and after it. */
struct place {
    char before[PLACE_BYTES];
    char after[PLACE_BYTES];
};

static char *read_source(const char *name)
{
    char path[512];
    char *text = NULL;
    size_t len;

    assert_int_equal(
        fup_text_file_read(source_path(path, name), 1 << 20, &text, &len, NULL),
        FUP_OK);
    return text;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char *text = read_source("schedules/schedule.schema.json");

    f->schema = cJSON_Parse(text);
    free(text);
    *state = f;
    return f->schema == NULL;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->n; i++) {
        free(f->names[i]);
    }
    cJSON_Delete(f->schema);
    free(f);
    return 0;
}

static bool knows(const struct fixture *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void note(struct fixture *f, const char *name)
{
    if (!knows(f, name)) {
        assert_true(f->n < NAMES_MAX);
        f->names[f->n++] = strdup(name);
    }
}

/* Whether the parser, given an object with the member @name at @place (none:
 * NULL), says something with @what in it. */
static bool says(const struct place *place, const char *name, const char *what)
{
    struct fup_schedule *schedule = NULL;
    struct fup_problems problems;
    char text[2 * PLACE_BYTES + 128];
    bool found = false;

    (void)snprintf(text, sizeof text, "%s{%s%s%s}%s", place->before,
                   name == NULL ? "" : "\"", name == NULL ? "" : name,
                   name == NULL ? "" : "\": null", place->after);
    fup_problems_init(&problems);
    assert_int_not_equal(
        fup_schedule_parse(text, strlen(text), "s.json", &schedule, &problems),
        FUP_OK);
    for (size_t i = 0; i < problems.n; i++) {
        found = found || strstr(problems.items[i].text, what) != NULL;
    }
    fup_problems_done(&problems);
    return found;
}

static bool is_required(const cJSON *object, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item,
                       cJSON_GetObjectItemCaseSensitive(object, "required"))
    {
        if (strcmp(item->valuestring, name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_field(struct fixture *f,
                        const cJSON *object,
                        const struct place *place,
                        const char *name)
{
    char wrong[80];
    char missing[80];

    note(f, name);
    (void)snprintf(wrong, sizeof wrong, "unknown field \"%s", name);
    if (says(place, name, wrong)) {
        fail_msg("the parser has no %s in %s", name, place->before);
    }
    (void)snprintf(missing, sizeof missing, "\"%s\" is missing", name);
    if (says(place, NULL, missing) != is_required(object, name)) {
        fail_msg("not both need %s in %s", name, place->before);
    }
}

static const cJSON *resolve(const struct fixture *f, const cJSON *node)
{
    const cJSON *ref = cJSON_GetObjectItemCaseSensitive(node, "$ref");

    if (ref == NULL) {
        return node;
    }
    return cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(f->schema, "definitions"),
        strrchr(ref->valuestring, '/') + 1);
}

static struct place
deeper(const struct place *place, const char *before, const char *after)
{
    struct place ret;

    (void)snprintf(ret.before, sizeof ret.before, "%.200s%s", place->before,
                   before);
    (void)snprintf(ret.after, sizeof ret.after, "%s%.200s", after,
                   place->after);
    return ret;
}

static void
walk(struct fixture *f, const cJSON *node, const struct place *place);

static void
walk_object(struct fixture *f, const cJSON *object, const struct place *place)
{
    const cJSON *field;

    f->objects++;
    assert_true(says(place, "zz_zz", "unknown field \"zz_zz\""));
    assert_true(cJSON_IsFalse(
        cJSON_GetObjectItemCaseSensitive(object, "additionalProperties")));
    cJSON_ArrayForEach(field,
                       cJSON_GetObjectItemCaseSensitive(object, "properties"))
    {
        char before[80];
        struct place next;

        check_field(f, object, place, field->string);
        (void)snprintf(before, sizeof before, "{\"%s\": ", field->string);
        next = deeper(place, before, "}");
        walk(f, field, &next);
    }
}

/* Fields, entries of lists, and members of any name. */
static void
walk(struct fixture *f, const cJSON *node, const struct place *place)
{
    const cJSON *items;
    const cJSON *any;
    struct place next;

    node = resolve(f, node);
    assert_non_null(node);
    if (cJSON_HasObjectItem(node, "properties")) {
        walk_object(f, node, place);
        return;
    }
    items = cJSON_GetObjectItemCaseSensitive(node, "items");
    any = cJSON_GetObjectItemCaseSensitive(node, "additionalProperties");
    if (items != NULL) {
        next = deeper(place, "[", "]");
        walk(f, items, &next);
    } else if (cJSON_IsObject(any)) {
        next = deeper(place, "{\"en\": ", "}");
        walk(f, any, &next);
    }
}

static void the_parser_knows_what_the_schema_knows(void **state)
{
    static const struct place top = {"", ""};
    struct fixture *f = *state;

    walk(f, f->schema, &top);
    assert_true(f->objects >= 10);
}

/* Look for names of fields in a table of the parser. */
static size_t check_names(const struct fixture *f, char *text, const char *mark)
{
    size_t n = 0;

    for (char *p = strstr(text, mark); p != NULL; p = strstr(p, mark)) {
        char name[64];
        size_t len;

        p += strlen(mark);
        len = strspn(p, "abcdefghijklmnopqrstuvwxyz_$");
        if (len == 0 || len >= sizeof name || strncmp(p, "member", len) == 0) {
            continue; /* the macro itself */
        }
        memcpy(name, p, len);
        name[len] = '\0';
        if (!knows(f, name)) {
            fail_msg("the schema has no %s", name);
        }
        n++;
    }
    return n;
}

static void the_schema_knows_what_the_parser_knows(void **state)
{
    static const char *const marks[] = {".name = \"", "MATCH_NAMES(", "DAY(\""};
    struct fixture *f = *state;
    char path[512];
    DIR *folder = opendir(source_path(path, "worker/codec"));
    const struct dirent *entry;
    size_t n = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) { // NOLINT(concurrency-*)
        char name[300];
        char *text;

        if (strncmp(entry->d_name, "schedule", 8) != 0) {
            continue;
        }
        (void)snprintf(name, sizeof name, "worker/codec/%s", entry->d_name);
        text = read_source(name);
        for (size_t k = 0; k < 3; k++) {
            n += check_names(f, text, marks[k]);
        }
        free(text);
    }
    (void)closedir(folder);
    assert_true(n >= f->n);
}

/* -- examples -------------------------------------------------------------- */

#define EXAMPLE_BYTES 8192

/* Where a part of a schedule may stand. */
static const struct place frames[] = {
    {"", ""},
    {"{\"name\": \"a\", \"steps\": [{\"kind\": \"n\", \"after\": \"1h\"}], ",
     "}"},
    {"{\"name\": \"a\", \"steps\": [{\"kind\": \"n\", \"after\": \"1h\", ",
     "}]}"},
};

/* Whether @example is a schedule in one of the frames, without a warning. */
static bool is_good(const char *example)
{
    char file[512];
    bool good = false;

    (void)golden_path(file, "rules/example.json"); /* has a calendar beside */
    for (size_t i = 0; i < 3 && !good; i++) {
        struct fup_schedule *schedule = NULL;
        struct fup_problems problems;
        char text[2 * EXAMPLE_BYTES];

        (void)snprintf(text, sizeof text, "%s%s%s", frames[i].before, example,
                       frames[i].after);
        fup_problems_init(&problems);
        good = fup_schedule_parse(text, strlen(text), file, &schedule,
                                  &problems) == FUP_OK &&
               problems.n == 0;
        fup_schedule_free(schedule);
        fup_problems_done(&problems);
    }
    return good;
}

/* Try each block of JSON in @text and append it to @all; how many there are. */
static size_t try_examples(const char *text, struct fup_buf *all)
{
    static const char begin[] = "```json\n";
    size_t n = 0;

    for (const char *p = strstr(text, begin); p != NULL; p = strstr(p, begin)) {
        char example[EXAMPLE_BYTES];
        const char *end;

        p += strlen(begin);
        end = strstr(p, "```");
        assert_non_null(end);
        assert_true((size_t)(end - p) < sizeof example);
        memcpy(example, p, (size_t)(end - p));
        example[end - p] = '\0';
        if (!is_good(example)) {
            fail_msg("this is no part of a schedule:\n%s", example);
        }
        fup_buf_adds(all, example);
        p = end;
        n++;
    }
    return n;
}

static void every_field_has_an_example_that_can_be_used(void **state)
{
    const struct fixture *f = *state;
    char *guide = read_source("schedules/README.md");
    char *readme = read_source("README.md");
    struct fup_buf all;
    struct fup_buf rest;

    fup_buf_init(&all, 65536);
    fup_buf_init(&rest, 65536);
    assert_true(try_examples(guide, &all) >= 6);
    assert_true(try_examples(readme, &rest) >= 1);
    for (size_t i = 0; i < f->n; i++) {
        char name[80];

        (void)snprintf(name, sizeof name, "\"%s\"", f->names[i]);
        if (strstr(fup_buf_text(&all), name) == NULL) {
            fail_msg("schedules/README.md: no example of %s", name);
        }
    }
    fup_buf_done(&all);
    fup_buf_done(&rest);
    free(guide);
    free(readme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parser_knows_what_the_schema_knows),
        cmocka_unit_test(the_schema_knows_what_the_parser_knows),
        cmocka_unit_test(every_field_has_an_example_that_can_be_used),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
