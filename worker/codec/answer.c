#include "codec/answer.h"

#include "core/json.h"

static void add_why(struct fup_buf *out, const struct fup_trace *why)
{
    fup_buf_adds(out, "[");
    for (size_t i = 0; why != NULL && i < why->n; i++) {
        fup_buf_adds(out, i > 0 ? ",{\"rule\":" : "{\"rule\":");
        fup_json_string(out, fup_rule_text(why->moves[i].rule));
        fup_buf_adds(out, ",\"at\":");
        fup_json_time(out, why->moves[i].at);
        fup_buf_adds(out, "}");
    }
    fup_buf_adds(out, "]");
}

void fup_answer_ok(struct fup_buf *out,
                   const char *conversation,
                   const struct fup_answer_next *next)
{
    fup_buf_adds(out, "{\"ok\":true,\"conversation\":");
    fup_json_string(out, conversation);
    if (next == NULL) {
        fup_buf_adds(out, ",\"next\":null}");
        return;
    }
    fup_buf_addf(out, ",\"next\":{\"step\":%d,\"kind\":", next->step);
    fup_json_string(out, next->kind);
    fup_buf_adds(out, ",\"due_at\":");
    fup_json_time(out, next->due_at);
    fup_buf_adds(out, ",\"why\":");
    add_why(out, next->why);
    fup_buf_adds(out, "}}");
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
