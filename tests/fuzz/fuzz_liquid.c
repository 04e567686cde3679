/* Liquid: an input is a template, optionally a NUL and the data as JSON. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/buf.h"
#include "message/liquid.h"

#define OUTPUT_MAX 8192

static const char usual[] =
    "{\"name\":\"Ana\",\"goal\":\"a bed\",\"n\":5,\"f\":2.5,\"yes\":true,"
    "\"none\":null,\"l\":[3,1,[2,\"x\"],{\"a\":1}],\"o\":{\"a\":{\"b\":[0]}},"
    "\"t\":\"{{ name }} "
    "<b>\\u00e9\\u6771</b>\",\"d\":\"2026-11-21T09:30:00Z\"}";

static void check(int good)
{
    if (!good) {
        abort();
    }
}

/* Render twice: the second must not differ, in its text or in its error. */
static void render(const struct fup_liquid *liquid,
                   const struct cJSON *data,
                   enum fup_liquid_mode mode)
{
    struct fup_err err = {.msg = ""};
    struct fup_err again = {.msg = ""};
    struct fup_buf out;
    struct fup_buf other;
    enum fup_code code;

    fup_buf_init(&out, OUTPUT_MAX);
    fup_buf_init(&other, OUTPUT_MAX);
    code = fup_liquid_render(liquid, data, mode, &out, &err);
    check(code == FUP_OK || code == FUP_EINVAL || code == FUP_ELIMIT ||
          (code == FUP_ENOENT && mode == FUP_LIQUID_STRICT));
    check(code == FUP_OK || err.msg[0] != '\0');
    check(code == fup_liquid_render(liquid, data, mode, &other, &again));
    check(out.len == other.len && out.len <= OUTPUT_MAX);
    check(out.len == 0 || memcmp(out.data, other.data, out.len) == 0);
    check(strcmp(err.msg, again.msg) == 0);
    fup_buf_done(&out);
    fup_buf_done(&other);
}

/* What follows the NUL, or the usual data. */
static struct cJSON *read_data(const char *json, size_t size)
{
    struct cJSON *data = cJSON_ParseWithLength(json, size);

    return data != NULL ? data : cJSON_Parse(usual);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    const uint8_t *nul = size > 0 ? memchr(input, '\0', size) : NULL;
    size_t len = nul != NULL ? (size_t)(nul - input) : size;
    size_t rest = nul != NULL ? size - len - 1 : 0;
    struct fup_liquid *liquid = NULL;
    struct fup_err err = {.msg = ""};
    struct cJSON *data;
    enum fup_code code =
        fup_liquid_compile((const char *)input, len, &liquid, &err);

    if (code != FUP_OK) {
        check(code == FUP_EPARSE || code == FUP_ELIMIT);
        check(liquid == NULL && err.msg[0] != '\0');
        return 0;
    }
    data = read_data((const char *)input + size - rest, rest);
    render(liquid, data, FUP_LIQUID_LAX);
    render(liquid, data, FUP_LIQUID_STRICT);
    cJSON_Delete(data);
    fup_liquid_free(liquid);
    return 0;
}
