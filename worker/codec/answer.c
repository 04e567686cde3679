#include "codec/answer.h"

#include <inttypes.h>

#include "core/json.h"

/* Parts of a span, from the largest: days are of 24 hours here. */
static const struct {
    int64_t us;
    const char *unit;
} parts[] = {
    {86400 * FUP_US_PER_S, "d"},
    {3600 * FUP_US_PER_S, "h"},
    {60 * FUP_US_PER_S, "m"},
    {FUP_US_PER_S, "s"},
};

/* "+1d 4h", "-30m"; "+0s" for less than a second. */
static void add_span(struct fup_buf *out, int64_t us)
{
    const char *before = us < 0 ? "-" : "+";
    size_t start = out->len;

    us = us < 0 ? -us : us;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (us >= parts[i].us) {
            fup_buf_addf(out, "%s%" PRId64 "%s", before, us / parts[i].us,
                         parts[i].unit);
            us %= parts[i].us;
            before = " ";
        }
    }
    if (out->len == start) {
        fup_buf_addf(out, "%s0s", before);
    }
}

void fup_answer_why(struct fup_buf *out, const struct fup_trace *why)
{
    fup_json_begin(out, '[');
    for (size_t i = 0; i < why->n; i++) {
        int64_t at = why->moves[i].at;
        int64_t from = i > 0 ? why->moves[i - 1].at : at;

        fup_json_begin(out, '{');
        fup_json_add_text(out, "rule", fup_rule_text(why->moves[i].rule));
        fup_json_add_time(out, "at", at);
        if (i > 0 && at != FUP_TIME_NEVER) {
            fup_json_key(out, "moved");
            fup_buf_addc(out, '"');
            add_span(out, at - from);
            fup_buf_addc(out, '"');
        }
        fup_json_end(out, '}');
    }
    fup_json_end(out, ']');
}

void fup_answer_error(struct fup_buf *out,
                      const char *error,
                      const char *message)
{
    fup_buf_adds(out, "{\"ok\":false,\"error\":");
    fup_json_string(out, error);
    fup_buf_adds(out, ",\"message\":");
    fup_json_string(out, message);
    fup_buf_adds(out, "}");
}
