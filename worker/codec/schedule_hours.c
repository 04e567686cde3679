/* send_hours and holidays. */

#include <stdlib.h>
#include <string.h>

#include "core/time.h"
#include "schedule_parts.h"

#define PATH_BYTES_MAX 1024

static bool take_two(const char **p, int *ret)
{
    const char *c = *p;

    if (c[0] < '0' || c[0] > '9' || c[1] < '0' || c[1] > '9') {
        return false;
    }
    *ret = (c[0] - '0') * 10 + (c[1] - '0');
    *p += 2;
    return true;
}

static bool take_clock(const char **p, int32_t *ret_s)
{
    int h;
    int m;

    if (!take_two(p, &h) || *(*p)++ != ':' || !take_two(p, &m) || h > 24 ||
        m > 59 || (h == 24 && m > 0)) {
        return false;
    }
    *ret_s = h * 3600 + m * 60;
    return true;
}

static bool parse_range(const char *text, struct fup_range *ret_range)
{
    return take_clock(&text, &ret_range->from_s) && *text++ == '-' &&
           take_clock(&text, &ret_range->to_s) && *text == '\0' &&
           ret_range->from_s < 86400;
}

static void
read_range(struct fup_json *json, const struct cJSON *item, void *into)
{
    struct fup_day_hours *day = into;
    struct fup_range range;

    if (!cJSON_IsString(item) || !parse_range(item->valuestring, &range)) {
        fup_json_expected(json, item,
                          "a range such as \"09:00-20:00\", up to 24:00");
    } else if (range.from_s == range.to_s) {
        fup_json_error(json, item,
                       "in %s: a range without length; \"00:00-24:00\" is "
                       "the whole day",
                       json->what);
    } else {
        day->ranges[day->n++] = range;
    }
}

static FUP_JSON_READER(read_day)
{
    (void)field;
    if (!fup_json_is_array(json, value, 0, FUP_RANGES_MAX)) {
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        read_range(json, item, into);
    }
}

#define DAY(day, index)                                                        \
    {                                                                          \
        .name = (day), .read = read_day,                                       \
        .offset = offsetof(struct fup_schedule, hours) +                       \
                  (index) * sizeof(struct fup_day_hours)                       \
    }

FUP_JSON_READER(fup_schedule_read_hours)
{
    static const struct fup_json_field days[] = {
        DAY("mon", 0), DAY("tue", 1), DAY("wed", 2), DAY("thu", 3),
        DAY("fri", 4), DAY("sat", 5), DAY("sun", 6), {.name = NULL},
    };
    struct fup_schedule *schedule = into;
    size_t n = 0;

    (void)field;
    json->what = "send_hours";
    schedule->has_hours = true;
    fup_json_fields(json, value, days, into);
    for (size_t i = 0; i < 7; i++) {
        n += schedule->hours[i].n;
    }
    if (n == 0 && cJSON_IsObject(value)) {
        fup_json_warn(json, value,
                      "send_hours allow no time at all: nothing will be sent");
    }
}

enum fup_code fup_days_add(struct fup_days *days, int32_t day)
{
    int32_t *items;

    if (days->n >= FUP_HOLIDAYS_MAX) {
        return FUP_ELIMIT;
    }
    /* Grows by doubling: a power of two means that it is full. */
    if ((days->n & (days->n - 1)) == 0) {
        size_t cap = days->n == 0 ? 1 : days->n * 2;

        items = realloc(days->items, cap * sizeof *items);
        if (items == NULL) {
            return FUP_ENOMEM;
        }
        days->items = items;
    }
    days->items[days->n++] = day;
    return FUP_OK;
}

static int compare_days(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

void fup_days_sort(struct fup_days *days)
{
    size_t n = 0;

    if (days->n == 0) {
        return;
    }
    qsort(days->items, days->n, sizeof *days->items, compare_days);
    for (size_t i = 0; i < days->n; i++) {
        if (n == 0 || days->items[n - 1] != days->items[i]) {
            days->items[n++] = days->items[i];
        }
    }
    days->n = n;
}

char *fup_schedule_beside(const char *file, const char *entry)
{
    const char *slash = strrchr(file, '/');
    size_t folder =
        slash == NULL || entry[0] == '/' ? 0 : (size_t)(slash + 1 - file);
    size_t len = strlen(entry);
    char *path = malloc(folder + len + 1);

    if (path != NULL) {
        memcpy(path, file, folder);
        memcpy(path + folder, entry, len + 1);
    }
    return path;
}

/* A date is an instant's beginning: the parser of instants checks it. */
static bool parse_date(const char *text, int32_t *ret_day)
{
    char instant[32];
    int64_t at;

    if (strlen(text) != 10) {
        return false;
    }
    memcpy(instant, text, 10);
    memcpy(instant + 10, "T00:00:00Z", 11);
    if (fup_time_parse(instant, &at, NULL) != FUP_OK) {
        return false;
    }
    *ret_day = (int32_t)(at / (86400 * FUP_US_PER_S));
    return true;
}

static bool is_ics(const char *text)
{
    size_t len = strlen(text);

    return len > 4 && len < PATH_BYTES_MAX &&
           strcmp(text + len - 4, ".ics") == 0;
}

static void
add_ics(struct fup_json *json, const struct cJSON *item, struct fup_days *days)
{
    char *path = fup_schedule_beside(json->file, item->valuestring);
    struct fup_err err;
    enum fup_code code = FUP_ENOMEM;

    if (path != NULL) {
        code = fup_days_add_ics(days, path, &err);
    }
    free(path);
    if (code == FUP_ENOMEM) {
        json->code = code;
    } else if (code != FUP_OK) {
        fup_json_error(json, item, "in holidays: %s", err.msg);
    }
}

static void add_holiday(struct fup_json *json,
                        const struct cJSON *item,
                        struct fup_days *days)
{
    enum fup_code code;
    int32_t day;

    if (cJSON_IsString(item) && is_ics(item->valuestring)) {
        add_ics(json, item, days);
        return;
    }
    if (!cJSON_IsString(item) || !parse_date(item->valuestring, &day)) {
        fup_json_expected(json, item,
                          "a date such as \"2026-12-25\" or the path of an "
                          ".ics file");
        return;
    }
    code = fup_days_add(days, day);
    if (code == FUP_ELIMIT) {
        fup_json_error(json, item, "more than %d holidays", FUP_HOLIDAYS_MAX);
    } else if (code != FUP_OK) {
        json->code = code;
    }
}

FUP_JSON_READER(fup_schedule_read_holidays)
{
    struct fup_schedule *schedule = into;
    struct fup_days days = {0};

    (void)field;
    json->what = "holidays";
    /* As many as the canonical form may hold. */
    if (!fup_json_is_array(json, value, 0, FUP_HOLIDAYS_MAX)) {
        return;
    }
    for (const struct cJSON *item = value->child; item != NULL;
         item = item->next) {
        add_holiday(json, item, &days);
    }
    fup_days_sort(&days);
    schedule->holidays = days.items;
    schedule->n_holidays = days.n;
}
