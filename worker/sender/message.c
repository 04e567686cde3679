#include "sender/message.h"

static void add_template(const struct fup_outbound *message,
                         struct fup_buf *out)
{
    fup_buf_addf(out, "[template %s, %s", message->template_name,
                 message->template_language);
    for (size_t i = 0; i < message->n_params; i++) {
        fup_buf_addf(out, "%s%s", i == 0 ? ": " : " | ", message->params[i]);
    }
    fup_buf_addc(out, ']');
}

void fup_sender_message_body(const struct fup_outbound *message,
                             struct fup_buf *out)
{
    if (message->template_name != NULL) {
        add_template(message, out);
    } else {
        fup_buf_adds(out, message->text);
    }
    for (size_t i = 0; !message->as_lines && i < message->n_options; i++) {
        fup_buf_addf(out, "\n%zu. %s", i + 1, message->options[i].label);
    }
}

/* A text that a customer had a hand in must not steer the terminal. */
static void blank_controls(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (((unsigned char)text[i] < 0x20 && text[i] != '\n') ||
            text[i] == 0x7f) {
            text[i] = ' ';
        }
    }
}

void fup_sender_message_print(const struct fup_outbound *message,
                              struct fup_buf *out)
{
    size_t start = out->len;

    fup_buf_addf(out, "%s to %s (%s, conversation %s)\n", message->channel,
                 message->to != NULL ? message->to : "nobody", message->kind,
                 message->conversation);
    fup_sender_message_body(message, out);
    fup_buf_adds(out, "\n\n");
    if (out->failed == FUP_OK) {
        blank_controls(out->data + start, out->len - start);
    }
}
