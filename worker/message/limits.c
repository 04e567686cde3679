#include "message/limits.h"

#include <stdio.h>
#include <string.h>

#include "message/message.h"

#define SPACES_MAX 4 /* in a row, in a parameter */

const struct fup_channel_limits *fup_limits_find(
    const struct fup_channel_limits *limits, size_t n, const char *channel)
{
    for (size_t i = 0; channel != NULL && i < n; i++) {
        if (strcmp(limits[i].channel, channel) == 0) {
            return &limits[i];
        }
    }
    return NULL;
}

bool fup_limits_has_buttons(const struct fup_channel_limits *limits, size_t n)
{
    return limits == NULL || n <= limits->buttons;
}

/* Whether @size, and what makes it so, is over @limit. */
static bool is_over(struct fup_misfit *misfit,
                    enum fup_misfit_kind kind,
                    struct fup_limit limit,
                    size_t size)
{
    if (limit.max == 0 || size <= limit.max) {
        return false;
    }
    misfit->kind = kind;
    misfit->limit = limit;
    misfit->size = size;
    return true;
}

static bool has_twin(const struct fup_message *message, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(message->options[k].label, message->options[i].label) == 0) {
            return true;
        }
    }
    return false;
}

static void check_buttons(const struct fup_channel_limits *limits,
                          const struct fup_message *message,
                          struct fup_misfit *misfit)
{
    struct fup_limit title = limits->button_title;

    for (size_t i = 0; i < message->n_options && misfit->kind == FUP_FITS;
         i++) {
        misfit->at = i;
        if (!is_over(misfit, FUP_MISFIT_TITLE, title,
                     fup_text_measure(message->options[i].label, title.unit)) &&
            has_twin(message, i)) {
            misfit->kind = FUP_MISFIT_TWIN;
        }
    }
}

static bool shows_buttons(const struct fup_channel_limits *limits,
                          const struct fup_message *message)
{
    return message->n_options > 0 &&
           fup_limits_has_buttons(limits, message->n_options);
}

struct fup_limit fup_limits_of_text(const struct fup_channel_limits *limits,
                                    const struct fup_message *message)
{
    if (limits == NULL) {
        return (struct fup_limit){.max = 0};
    }
    return limits->button_text.max > 0 && shows_buttons(limits, message)
               ? limits->button_text
               : limits->text;
}

static void check_text(const struct fup_channel_limits *limits,
                       const struct fup_message *message,
                       struct fup_misfit *misfit)
{
    struct fup_limit limit = fup_limits_of_text(limits, message);

    if (!is_over(misfit, FUP_MISFIT_TEXT, limit,
                 fup_text_measure(message->text, limit.unit)) &&
        shows_buttons(limits, message)) {
        check_buttons(limits, message, misfit);
    }
}

static bool is_flat(const char *text)
{
    size_t spaces = 0;

    for (; *text != '\0'; text++) {
        spaces = *text == ' ' ? spaces + 1 : 0;
        if (*text == '\n' || *text == '\r' || *text == '\t' ||
            spaces > SPACES_MAX) {
            return false;
        }
    }
    return true;
}

static void check_params(const struct fup_channel_limits *limits,
                         const struct fup_message *message,
                         struct fup_misfit *misfit)
{
    size_t size = 0;

    for (size_t i = 0; i < message->n_params; i++) {
        misfit->at = i;
        if (limits->flat_params && !is_flat(message->params[i])) {
            misfit->kind = FUP_MISFIT_SPACES;
            return;
        }
        size += fup_text_measure(message->params[i], limits->params.unit);
        if (is_over(misfit, FUP_MISFIT_PARAMS, limits->params, size)) {
            return;
        }
    }
}

bool fup_limits_fit(const struct fup_channel_limits *limits,
                    const struct fup_message *message,
                    struct fup_misfit *ret_misfit)
{
    struct fup_misfit misfit = {.kind = FUP_FITS};

    if (limits != NULL && message->template_name != NULL) {
        check_params(limits, message, &misfit);
    } else if (limits != NULL) {
        check_text(limits, message, &misfit);
    }
    if (ret_misfit != NULL) {
        *ret_misfit = misfit;
    }
    return misfit.kind == FUP_FITS;
}

const char *fup_misfit_text(const struct fup_misfit *misfit,
                            const char *channel,
                            char buf[FUP_MISFIT_LINE])
{
    char over[96];

    (void)snprintf(over, sizeof over, "%zu %s, %.32s takes %zu", misfit->size,
                   fup_unit_name(misfit->limit.unit), channel,
                   misfit->limit.max);
    switch (misfit->kind) {
    case FUP_MISFIT_TEXT:
        (void)snprintf(buf, FUP_MISFIT_LINE, "the text has %s", over);
        break;
    case FUP_MISFIT_TITLE:
        (void)snprintf(buf, FUP_MISFIT_LINE, "the label of option %zu has %s",
                       misfit->at + 1, over);
        break;
    case FUP_MISFIT_TWIN:
        (void)snprintf(buf, FUP_MISFIT_LINE,
                       "the label of option %zu is that of another",
                       misfit->at + 1);
        break;
    case FUP_MISFIT_PARAMS:
        (void)snprintf(buf, FUP_MISFIT_LINE, "the parameters have %s", over);
        break;
    case FUP_MISFIT_SPACES:
        (void)snprintf(buf, FUP_MISFIT_LINE,
                       "parameter %zu has a line break, a tab or more than %d "
                       "spaces",
                       misfit->at + 1, SPACES_MAX);
        break;
    case FUP_FITS:
    default:
        (void)snprintf(buf, FUP_MISFIT_LINE, "it fits");
        break;
    }
    return buf;
}
