#include "render_print.h"

#include "codec/outbound.h"
#include "plan/facts.h"

static void add_measure(const struct fup_message *message,
                        const struct fup_channel_limits *limits,
                        struct fup_buf *out)
{
    struct fup_limit limit = fup_limits_of_text(limits, message);

    if (limit.max > 0) {
        fup_buf_addf(out, ", %zu of %zu %s",
                     fup_text_measure(message->text, limit.unit), limit.max,
                     fup_unit_name(limit.unit));
    }
}

void fup_render_print_text(const struct fup_message *message,
                           const struct fup_facts *facts,
                           const struct fup_channel_limits *limits,
                           struct fup_buf *out)
{
    bool template = message->template_name != NULL;

    if (template) {
        fup_buf_addf(out, "template %s (%s)\n", message->template_name,
                     message->template_language);
    } else {
        fup_buf_addf(out, "%s\n", message->text);
    }
    for (size_t i = 0; i < message->n_params; i++) {
        fup_buf_addf(out, "{{%zu}} %s\n", i + 1, message->params[i]);
    }
    for (size_t i = 0; !message->as_lines && i < message->n_options; i++) {
        fup_buf_addf(out, "[%s]\n", message->options[i].label);
    }
    fup_buf_addf(out, "-- %s, variant %s, locale %s",
                 facts->channel != NULL ? facts->channel : "no channel",
                 message->variant, message->locale);
    if (!template) {
        add_measure(message, limits, out);
    }
    fup_buf_addc(out, '\n');
}

void fup_render_print_json(const struct fup_message *message,
                           const struct fup_outbound *frame,
                           struct fup_buf *out)
{
    struct fup_outbound outbound = *frame;

    fup_outbound_set(&outbound, message);
    fup_outbound_write(&outbound, out);
    fup_buf_addc(out, '\n');
}
