/* Schedules: what parses has a canonical form, which parses to itself. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/schedule.h"

#define CANONICAL_MAX ((size_t)8 * 1024 * 1024)

static void check(int good)
{
    if (!good) {
        abort();
    }
}

static enum fup_code
canonical(const char *text, size_t len, struct fup_buf *out)
{
    struct fup_problems problems;
    enum fup_code code;

    fup_problems_init(&problems);
    fup_buf_init(out, CANONICAL_MAX);
    code = fup_schedule_canonical(text, len, "/nowhere/s.json", out, &problems);
    fup_problems_done(&problems);
    return code;
}

static void check_canonical(const char *text, size_t len)
{
    struct fup_buf once;
    struct fup_buf twice;

    check(canonical(text, len, &once) == FUP_OK);
    check(canonical(once.data, once.len, &twice) == FUP_OK);
    check(once.len == twice.len &&
          memcmp(once.data, twice.data, once.len) == 0);
    fup_buf_done(&once);
    fup_buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct fup_schedule *schedule = NULL;
    struct fup_problems problems;
    enum fup_code code;

    fup_problems_init(&problems);
    code = fup_schedule_parse((const char *)input, size, "/nowhere/s.json",
                              &schedule, &problems);
    check((code == FUP_OK) == (problems.errors == 0));
    check((code == FUP_OK) == (schedule != NULL));
    if (code == FUP_OK) {
        check_canonical((const char *)input, size);
    }
    fup_schedule_free(schedule);
    fup_problems_done(&problems);
    return 0;
}
