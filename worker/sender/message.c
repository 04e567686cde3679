#include "sender/message.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "core/time.h"

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

enum fup_code fup_sender_message_parse(const char *text,
                                       size_t len,
                                       struct fup_sender_message *ret_message,
                                       struct fup_err *err)
{
    struct fup_sender_message message = {.expires_at = FUP_TIME_NONE};
    const char *expires;

    if (len > FUP_SENDER_MESSAGE_MAX) {
        return fup_err_set(err, FUP_ELIMIT, "message: %zu bytes", len);
    }
    message.json = cJSON_ParseWithLength(text, len);
    message.id = text_of(message.json, "id");
    message.tenant = text_of(message.json, "tenant");
    message.conversation = text_of(message.json, "conversation");
    message.channel = text_of(message.json, "channel");
    message.to = text_of(message.json, "to");
    message.kind = text_of(message.json, "kind");
    message.text = text_of(message.json, "text");
    expires = text_of(message.json, "expires_at");
    if (!cJSON_IsObject(message.json) || message.id[0] == '\0' ||
        message.conversation[0] == '\0' || message.channel[0] == '\0' ||
        (expires[0] != '\0' &&
         fup_time_parse(expires, &message.expires_at, NULL) != FUP_OK)) {
        cJSON_Delete(message.json);
        return fup_err_set(err, FUP_EPARSE,
                           "message: expected an object with id, conversation "
                           "and channel");
    }
    *ret_message = message;
    return FUP_OK;
}

void fup_sender_message_done(struct fup_sender_message *message)
{
    cJSON_Delete(message->json);
    *message = (struct fup_sender_message){0};
}

static void add_template(const cJSON *template, struct fup_buf *out)
{
    const cJSON *param;
    const char *between = ": ";

    fup_buf_addf(out, "[template %s, %s", text_of(template, "name"),
                 text_of(template, "language"));
    cJSON_ArrayForEach(param,
                       cJSON_GetObjectItemCaseSensitive(template, "params"))
    {
        fup_buf_addf(out, "%s%s", between,
                     cJSON_IsString(param) ? param->valuestring : "");
        between = " | ";
    }
    fup_buf_addc(out, ']');
}

void fup_sender_message_body(const struct fup_sender_message *message,
                             struct fup_buf *out)
{
    const cJSON *template =
        cJSON_GetObjectItemCaseSensitive(message->json, "template");
    const cJSON *option;
    int number = 0;

    if (cJSON_IsObject(template)) {
        add_template(template, out);
    } else {
        fup_buf_adds(out, message->text);
    }
    cJSON_ArrayForEach(
        option, cJSON_GetObjectItemCaseSensitive(message->json, "options"))
    {
        fup_buf_addf(out, "\n%d. %s", ++number, text_of(option, "label"));
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

void fup_sender_message_print(const struct fup_sender_message *message,
                              struct fup_buf *out)
{
    size_t start = out->len;

    fup_buf_addf(out, "%s to %s (%s, conversation %s)\n", message->channel,
                 message->to[0] != '\0' ? message->to : "nobody", message->kind,
                 message->conversation);
    fup_sender_message_body(message, out);
    fup_buf_adds(out, "\n\n");
    if (out->failed == FUP_OK) {
        blank_controls(out->data + start, out->len - start);
    }
}
