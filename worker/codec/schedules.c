/* A folder of schedules. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/schedule.h"
#include "codec/text_file.h"
#include "json_in.h"

#define FILES_MAX 1000
/* The dates of calendar files are written out in the canonical form. */
#define CANONICAL_MAX (FUP_SCHEDULE_BYTES_MAX + (size_t)FUP_HOLIDAYS_MAX * 13)

void fup_schedule_file_done(struct fup_schedule_file *file)
{
    free(file->path);
    free(file->canonical);
    fup_schedule_free(file->schedule);
    *file = (struct fup_schedule_file){0};
}

void fup_schedules_done(struct fup_schedules *schedules)
{
    for (size_t i = 0; i < schedules->n; i++) {
        fup_schedule_file_done(&schedules->items[i]);
    }
    free(schedules->items);
    *schedules = (struct fup_schedules){0};
}

static enum fup_code fill(const char *text,
                          size_t len,
                          struct fup_schedule_file *file,
                          struct fup_problems *problems)
{
    struct fup_problems again;
    struct fup_buf canonical;
    enum fup_code code;

    code = fup_schedule_parse(text, len, file->path, &file->schedule, problems);
    if (code != FUP_OK) {
        return code;
    }
    /* It was read already: warnings would only come twice. */
    fup_problems_init(&again);
    fup_buf_init(&canonical, CANONICAL_MAX);
    code = fup_schedule_canonical(text, len, file->path, &canonical, &again);
    fup_problems_done(&again);
    if (code != FUP_OK) {
        fup_buf_done(&canonical);
        return code;
    }
    (void)fup_digest(canonical.data, canonical.len, file->digest);
    file->canonical = canonical.data;
    return FUP_OK;
}

enum fup_code fup_schedule_file_load(const char *path,
                                     struct fup_schedule_file *ret_file,
                                     struct fup_problems *problems)
{
    struct fup_schedule_file file = {.path = strdup(path)};
    struct fup_place place = {.file = path};
    struct fup_err err;
    char *text = NULL;
    size_t len;
    enum fup_code code = FUP_ENOMEM;

    if (file.path != NULL) {
        code =
            fup_text_file_read(path, FUP_SCHEDULE_BYTES_MAX, &text, &len, &err);
    }
    if (code == FUP_EIO || code == FUP_ELIMIT) {
        fup_problems_error(problems, &place, "%s", err.msg);
        code = FUP_EIO;
    }
    if (code == FUP_OK) {
        code = fill(text, len, &file, problems);
    }
    free(text);
    if (code != FUP_OK) {
        fup_schedule_file_done(&file);
        return code;
    }
    *ret_file = file;
    return FUP_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t n = strlen(end);

    return len > n && strcmp(text + len - n, end) == 0;
}

static int is_schedule(const struct dirent *entry)
{
    const char *name = entry->d_name;

    return name[0] != '.' && ends_with(name, ".json") &&
           !ends_with(name, ".schema.json") &&
           strcmp(name, "channels.json") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Report the name of @file as taken by @other. */
static void report_twin(const struct fup_schedule_file *file,
                        const struct fup_schedule_file *other,
                        struct fup_problems *problems)
{
    struct fup_place place = {.file = file->path};
    struct fup_problems ignored;
    struct fup_json json;
    char *text;
    size_t len;

    fup_problems_init(&ignored);
    if (fup_text_file_read(file->path, FUP_SCHEDULE_BYTES_MAX, &text, &len,
                           NULL) == FUP_OK) {
        if (fup_json_open(&json, file->path, text, len, &ignored) == FUP_OK) {
            const struct cJSON *name = fup_json_member(json.root, "name");

            place = fup_json_place(&json, name, false);
        }
        fup_json_close(&json);
        free(text);
    }
    fup_problems_done(&ignored);
    fup_problems_error(problems, &place,
                       "the name \"%s\" is taken by %.120s already",
                       file->schedule->name, other->path);
}

static const struct fup_schedule_file *
find_twin(const struct fup_schedules *schedules, const char *name)
{
    for (size_t i = 0; i < schedules->n; i++) {
        if (strcmp(schedules->items[i].schedule->name, name) == 0) {
            return &schedules->items[i];
        }
    }
    return NULL;
}

static enum fup_code load_one(const char *path,
                              struct fup_schedules *schedules,
                              struct fup_problems *problems)
{
    struct fup_schedule_file file;
    const struct fup_schedule_file *twin;
    enum fup_code code = fup_schedule_file_load(path, &file, problems);

    if (code != FUP_OK) {
        return code;
    }
    twin = find_twin(schedules, file.schedule->name);
    if (twin != NULL) {
        report_twin(&file, twin, problems);
        fup_schedule_file_done(&file);
        return FUP_EPARSE;
    }
    schedules->items[schedules->n++] = file;
    return FUP_OK;
}

static enum fup_code load_entry(const char *folder,
                                const char *name,
                                struct fup_schedules *schedules,
                                struct fup_problems *problems)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    size_t end = strlen(folder);
    enum fup_code code;

    if (path == NULL) {
        return FUP_ENOMEM;
    }
    while (end > 1 && folder[end - 1] == '/') {
        end--;
    }
    (void)snprintf(path, size, "%.*s/%s", (int)end, folder, name);
    code = load_one(path, schedules, problems);
    free(path);
    return code;
}

static enum fup_code load_entries(const char *folder,
                                  struct dirent **entries,
                                  size_t n,
                                  struct fup_schedules *schedules,
                                  struct fup_problems *problems)
{
    enum fup_code worst = FUP_OK;

    schedules->items = calloc(n + 1, sizeof *schedules->items);
    if (schedules->items == NULL) {
        return FUP_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        enum fup_code code =
            load_entry(folder, entries[i]->d_name, schedules, problems);

        if (code == FUP_ENOMEM) {
            return code;
        }
        worst = code != FUP_OK ? FUP_EPARSE : worst;
    }
    return worst;
}

enum fup_code fup_schedules_load(const char *folder,
                                 struct fup_schedules *ret_schedules,
                                 struct fup_problems *problems)
{
    struct fup_schedules schedules = {0};
    struct fup_place place = {.file = folder};
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_schedule, by_name);
    enum fup_code code;

    if (n < 0) {
        fup_problems_error(problems, &place, "cannot read the folder: %s",
                           strerror(errno)); // NOLINT(concurrency-mt-unsafe)
        return errno == ENOMEM ? FUP_ENOMEM : FUP_EIO;
    }
    if (n > FILES_MAX) {
        fup_problems_error(problems, &place, "more than %d schedules",
                           FILES_MAX);
        code = FUP_EIO;
    } else {
        code = load_entries(folder, entries, (size_t)n, &schedules, problems);
    }
    for (int i = 0; i < n; i++) {
        free(entries[i]);
    }
    free(entries);
    if (code != FUP_OK && code != FUP_EPARSE) {
        fup_schedules_done(&schedules);
        return code;
    }
    *ret_schedules = schedules;
    return code;
}
