#include "codec/outbound.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"

void fup_outbound_set(struct fup_outbound *outbound,
                      const struct fup_message *message)
{
    outbound->variant = message->variant;
    outbound->locale = message->locale;
    outbound->text = message->text;
    outbound->n_options = message->n_options;
    outbound->as_lines = message->as_lines;
    for (size_t i = 0; i < message->n_options; i++) {
        outbound->options[i].id = message->options[i].id;
        outbound->options[i].label = message->options[i].label;
        outbound->options[i].payload = NULL;
    }
    outbound->template_name = message->template_name;
    outbound->template_language = message->template_language;
    outbound->n_params = message->n_params;
    for (size_t i = 0; i < message->n_params; i++) {
        outbound->params[i] = message->params[i];
    }
}

/* A member and the comma after it. */
static void add_text(struct fup_buf *out, const char *name, const char *text)
{
    fup_json_string(out, name);
    fup_buf_addc(out, ':');
    fup_json_string(out, text);
    fup_buf_addc(out, ',');
}

static void add_time(struct fup_buf *out, const char *name, int64_t at)
{
    fup_json_string(out, name);
    fup_buf_addc(out, ':');
    fup_json_time(out, at);
    fup_buf_addc(out, ',');
}

static void add_options(struct fup_buf *out, const struct fup_outbound *m)
{
    char payload[FUP_PAYLOAD_TEXT];

    fup_buf_adds(out, "\"options\":[");
    for (size_t i = 0; i < m->n_options; i++) {
        fup_buf_adds(out, i > 0 ? ",{" : "{");
        add_text(out, "id", m->options[i].id);
        add_text(out, "label", m->options[i].label);
        (void)snprintf(payload, sizeof payload, "f:%s:%s", m->id,
                       m->options[i].id);
        fup_buf_adds(out, "\"payload\":");
        fup_json_string(out, payload);
        fup_buf_addc(out, '}');
    }
    fup_buf_adds(out, "],");
}

static const char *options_as(const struct fup_outbound *m)
{
    if (m->n_options == 0) {
        return "none";
    }
    return m->as_lines ? "lines" : "buttons";
}

static void add_template(struct fup_buf *out, const struct fup_outbound *m)
{
    fup_buf_adds(out, "\"template\":");
    if (m->template_name == NULL) {
        fup_buf_adds(out, "null,");
        return;
    }
    fup_buf_addc(out, '{');
    add_text(out, "name", m->template_name);
    add_text(out, "language", m->template_language);
    fup_buf_adds(out, "\"params\":[");
    for (size_t i = 0; i < m->n_params; i++) {
        fup_buf_adds(out, i > 0 ? "," : "");
        fup_json_string(out, m->params[i]);
    }
    fup_buf_adds(out, "]},");
}

void fup_outbound_write(const struct fup_outbound *outbound,
                        struct fup_buf *out)
{
    fup_buf_addc(out, '{');
    add_text(out, "id", outbound->id);
    add_text(out, "tenant", outbound->tenant);
    add_text(out, "conversation", outbound->conversation);
    add_text(out, "contact", outbound->contact);
    add_text(out, "channel", outbound->channel);
    add_text(out, "to", outbound->to);
    add_text(out, "kind", outbound->kind);
    add_text(out, "schedule", outbound->schedule);
    add_text(out, "version", outbound->version);
    fup_buf_addf(out, "\"step\":%d,", outbound->step);
    add_text(out, "variant", outbound->variant);
    add_text(out, "locale", outbound->locale);
    add_text(out, "text", outbound->text);
    add_options(out, outbound);
    add_text(out, "options_as", options_as(outbound));
    add_template(out, outbound);
    add_time(out, "episode", outbound->episode_at);
    add_time(out, "due_at", outbound->due_at);
    add_time(out, "fired_at", outbound->fired_at);
    add_time(out, "expires_at", outbound->expires_at);
    fup_buf_addf(out, "\"manual\":%s}", outbound->manual ? "true" : "false");
}

/* One part of an id: @min to @max of @set, then @end. */
static bool take_part(const char **p, const char *set, size_t max, char end)
{
    size_t n = strspn(*p, set);

    if (n < 1 || n > max || (*p)[n] != end) {
        return false;
    }
    *p += n + 1;
    return true;
}

bool fup_message_id_is(const char *text)
{
    static const char digits[] = "0123456789";
    const char *p = text;

    return strspn(text, "0123456789abcdef") == 6 &&
           take_part(&p, "0123456789abcdef", 6, '-') &&
           take_part(&p, digits, 2, '-') && take_part(&p, digits, 18, '-') &&
           take_part(&p, digits, 9, '\0');
}

const char *fup_message_id(const char *tag,
                           int partition,
                           int64_t enrollment,
                           int generation,
                           char buf[FUP_MESSAGE_ID_TEXT])
{
    (void)snprintf(buf, FUP_MESSAGE_ID_TEXT, "%.6s-%d-%" PRId64 "-%d", tag,
                   partition, enrollment, generation);
    return buf;
}
