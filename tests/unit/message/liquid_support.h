/* Rendering in tests: one call from template and data to text. */

#ifndef FUP_TESTS_LIQUID_SUPPORT_H
#define FUP_TESTS_LIQUID_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "core/buf.h"
#include "message/liquid.h"

/* Compile and render @source; returns the code of whatever failed first. The
 * text is in @out, which the caller ends. */
static inline enum fup_code liquid_render(const char *source,
                                          const struct cJSON *data,
                                          enum fup_liquid_mode mode,
                                          struct fup_buf *out,
                                          struct fup_err *err)
{
    struct fup_liquid *liquid = NULL;
    enum fup_code code;

    fup_buf_init(out, 65536);
    *err = (struct fup_err){.code = FUP_OK};
    code = fup_liquid_compile(source, strlen(source), &liquid, err);
    if (code == FUP_OK) {
        code = fup_liquid_render(liquid, data, mode, out, err);
    }
    fup_liquid_free(liquid);
    return code;
}

/* One case: with @code OK the text is @expected, else the error's message. */
struct liquid_row {
    const char *source;
    const char *json;
    const char *expected;
    enum fup_code code;
};

static inline void check_row(const struct liquid_row *row,
                             enum fup_liquid_mode mode)
{
    struct cJSON *data = cJSON_Parse(row->json != NULL ? row->json : "{}");
    struct fup_buf out;
    struct fup_err err;
    enum fup_code code;

    assert_non_null(data);
    code = liquid_render(row->source, data, mode, &out, &err);
    cJSON_Delete(data);
    if (code != row->code) {
        print_error("%s\n  gives %s: %s\n", row->source, fup_err_text(code),
                    err.msg);
    }
    assert_int_equal(row->code, code);
    assert_string_equal(row->expected,
                        code == FUP_OK ? fup_buf_text(&out) : err.msg);
    fup_buf_done(&out);
}

#define CHECK_ROWS(rows, mode)                                                 \
    do {                                                                       \
        for (size_t row_ = 0; row_ < sizeof(rows) / sizeof(rows)[0]; row_++) { \
            check_row(&(rows)[row_], mode);                                    \
        }                                                                      \
    } while (0)

#define CHECK_LAX(rows)    CHECK_ROWS(rows, FUP_LIQUID_LAX)
#define CHECK_STRICT(rows) CHECK_ROWS(rows, FUP_LIQUID_STRICT)

#endif
