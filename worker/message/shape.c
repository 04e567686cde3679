#include "shape.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "message/limits.h"
#include "message/links.h"

#define ISOLATE_BYTES 3 /* of U+2068, and of U+2069 */

/* Runs of white space become one space, none stays at the ends. */
static void flatten(char *text)
{
    char *to = text;

    for (const char *p = text; *p != '\0'; p++) {
        bool space = strchr(" \t\r\n", *p) != NULL;

        if (!space) {
            *to++ = *p;
        } else if (to > text && to[-1] != ' ') {
            *to++ = ' ';
        }
    }
    while (to > text && to[-1] == ' ') {
        to--;
    }
    *to = '\0';
}

static bool starts_with(const char *text, const char mark[ISOLATE_BYTES])
{
    return strncmp(text, mark, ISOLATE_BYTES) == 0;
}

/* A label that is nothing but one isolated value needs no marks: there is
 * nothing around it. */
static void bare(char *label)
{
    static const char isolate[] = {'\xe2', '\x81', '\xa8'};
    static const char release[] = {'\xe2', '\x81', '\xa9'};
    size_t n = strlen(label);

    if (n > 2 * (size_t)ISOLATE_BYTES && starts_with(label, isolate) &&
        starts_with(label + n - ISOLATE_BYTES, release) &&
        strstr(label + 1, "\xe2\x81") == label + n - ISOLATE_BYTES) {
        memmove(label, label + ISOLATE_BYTES, n - 2 * (size_t)ISOLATE_BYTES);
        label[n - 2 * (size_t)ISOLATE_BYTES] = '\0';
    }
}

static enum fup_code
cut_title(char **title, struct fup_limit limit, struct fup_err *err)
{
    struct fup_buf out;
    enum fup_code code;
    char *copy = NULL;

    fup_buf_init(&out, FUP_LABEL_MAX + sizeof "...");
    code = fup_text_cut(*title, limit, &out);
    if (code == FUP_OK) {
        copy = strdup(fup_buf_text(&out));
    }
    fup_buf_done(&out);
    if (copy == NULL) {
        return fup_err_set(err, code != FUP_OK ? code : FUP_ENOMEM,
                           "a label cannot be cut");
    }
    free(*title);
    *title = copy;
    return FUP_OK;
}

static enum fup_code add_lines(struct fup_message *message)
{
    struct fup_buf out;
    enum fup_code code;
    char *copy = NULL;

    fup_buf_init(&out, FUP_TEXT_MAX + FUP_OPTIONS_MAX * (FUP_LABEL_MAX + 8));
    fup_buf_adds(&out, message->text);
    for (size_t i = 0; i < message->n_options; i++) {
        fup_buf_addf(&out, "\n%zu. %s", i + 1, message->options[i].label);
    }
    code = out.failed;
    if (code == FUP_OK) {
        copy = strdup(fup_buf_text(&out));
    }
    fup_buf_done(&out);
    if (copy == NULL) {
        return code != FUP_OK ? code : FUP_ENOMEM;
    }
    free(message->text);
    message->text = copy;
    message->as_lines = true;
    return FUP_OK;
}

/* Labels as titles of buttons, or as lines. What a template shows is with the
 * provider. */
static enum fup_code shape_options(const struct fup_channel_limits *limits,
                                   struct fup_message *message,
                                   struct fup_err *err)
{
    enum fup_code code = FUP_OK;

    for (size_t i = 0; i < message->n_options; i++) {
        flatten(message->options[i].label);
        bare(message->options[i].label);
        if (message->options[i].label[0] == '\0') {
            return fup_err_set(err, FUP_ENOENT, "label %zu comes out empty",
                               i + 1);
        }
    }
    if (limits == NULL || message->template_name != NULL) {
        return FUP_OK;
    }
    if (!fup_limits_has_buttons(limits, message->n_options)) {
        return add_lines(message);
    }
    for (size_t i = 0;
         code == FUP_OK && limits->cut_titles && i < message->n_options; i++) {
        code = cut_title(&message->options[i].label, limits->button_title, err);
    }
    return code;
}

static bool links_allowed(const struct fup_compose_in *in, const char *text)
{
    return text == NULL || fup_links_allowed(text, in->links, NULL);
}

/* No link is named in the error: it may be a customer's. */
static enum fup_code check_links(const struct fup_compose_in *in,
                                 const struct fup_message *message,
                                 struct fup_err *err)
{
    bool allowed = links_allowed(in, message->text);

    for (size_t i = 0; i < message->n_options; i++) {
        allowed = allowed && links_allowed(in, message->options[i].label);
    }
    for (size_t i = 0; i < message->n_params; i++) {
        allowed = allowed && links_allowed(in, message->params[i]);
    }
    return allowed ? FUP_OK
                   : fup_err_set(err, FUP_EREFUSED,
                                 "it has a link to a host that is not in "
                                 "\"links\"");
}

enum fup_code fup_message_shape(const struct fup_compose_in *in,
                                struct fup_message *message,
                                struct fup_err *err)
{
    char line[FUP_MISFIT_LINE];
    struct fup_misfit misfit;
    enum fup_code code = shape_options(in->limits, message, err);

    if (code == FUP_OK) {
        code = check_links(in, message, err);
    }
    if (code == FUP_OK && !fup_limits_fit(in->limits, message, &misfit)) {
        return fup_err_set(err, FUP_ELIMIT, "%s",
                           fup_misfit_text(&misfit, in->limits->channel, line));
    }
    return code;
}
