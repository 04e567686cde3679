/* Delays and spans from any bytes: nothing crashes, what is refused is said
 * where, what is taken is within a year. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "plan/delay.h"

#define TEXT_MAX 256
#define YEAR_S   (INT64_C(366) * 86400)

static void check(int ok)
{
    if (!ok) {
        abort();
    }
}

static void check_err(enum fup_code code, const struct fup_err *err)
{
    check(code == FUP_EPARSE || code == FUP_ELIMIT);
    check(err->code == code && err->msg[0] != '\0');
}

static void fuzz_delay(const char *text)
{
    struct fup_delay delay;
    struct fup_err err = {.code = FUP_OK};
    enum fup_code code = fup_delay_parse(text, &delay, &err);

    if (code != FUP_OK) {
        check_err(code, &err);
        return;
    }
    check(delay.days >= 0 && delay.elapsed_s >= 0);
    check(delay.days * INT64_C(86400) + delay.elapsed_s <= YEAR_S);
    check(delay.wall_s >= -1 && delay.wall_s < 86400);
}

static void fuzz_span(const char *text)
{
    struct fup_err err = {.code = FUP_OK};
    int64_t s = -1;
    enum fup_code code = fup_span_parse(text, &s, &err);

    if (code != FUP_OK) {
        check_err(code, &err);
        return;
    }
    check(s >= 0 && s <= YEAR_S);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    char text[TEXT_MAX];

    if (size >= sizeof text) {
        return 0;
    }
    memcpy(text, input, size);
    text[size] = '\0';
    fuzz_delay(text);
    fuzz_span(text);
    return 0;
}
