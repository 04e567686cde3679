/* Values of variables: an input is the JSON of a conversation's attributes.
 * Whatever they are, what a person would get has no control character, no link
 * that is not allowed, no mark of direction but those we set, in pairs, and
 * stays within the limits; composing it again gives the same. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "message/limits.h"
#include "message/links.h"
#include "message/liquid.h"
#include "message/message.h"

static const char text[] =
    "Hi {{ name }}, {{ goal | default: 'this' }}: {{ o.a | upcase }} "
    "{% for p in o %}{{ p | first }} {% endfor %}{{ l | join: ', ' }} "
    "https://shop.example/{{ name }}";

/* The same in a language that runs the other way. */
static const char arabic[] = "\xd8\xa3\xd9\x87\xd9\x84\xd8\xa7 {{ name }} "
                             "{{ goal }}";

static char channel[] = "instagram";
static const struct fup_channel_limits limits = {
    .channel = channel,
    .text = {1000, FUP_UNIT_BYTES},
    .button_title = {20, FUP_UNIT_UTF16},
    .buttons = 2,
    .cut_titles = true,
};
static char shop[] = "shop.example";
static char *hosts[] = {shop};
static const struct fup_names links = {hosts, 1};

static void check(int good)
{
    if (!good) {
        abort();
    }
}

static void
add_text(struct fup_texts *texts, const char *locale, const char *source)
{
    struct fup_liquid *liquid = NULL;
    struct fup_err err;
    char *name = strdup(locale);

    texts->items = realloc(texts->items, (texts->n + 1) * sizeof *texts->items);
    check(texts->items != NULL && name != NULL);
    check(fup_liquid_compile(source, strlen(source), &liquid, &err) == FUP_OK);
    texts->items[texts->n].locale = name;
    texts->items[texts->n].text = liquid;
    texts->n++;
}

/* Made once and kept. */
static const struct fup_message_def *definition(void)
{
    static struct fup_message_def def;
    static struct fup_variant_def variant;
    static char id[] = "a";

    if (def.n_variants == 0) {
        variant.id = id;
        variant.weight = 1;
        add_text(&variant.text, "en", text);
        add_text(&variant.text, "ar", arabic);
        variant.options[0].id = id;
        add_text(&variant.options[0].label, "en", "{{ goal }}");
        add_text(&variant.options[0].label, "ar", "{{ name }}");
        variant.n_options = 1;
        def.variants = &variant;
        def.n_variants = 1;
    }
    return &def;
}

/* No control characters; isolates come in pairs, and nothing else turns. */
static void check_characters(const char *p)
{
    size_t open = 0;

    while (*p != '\0') {
        uint32_t c = 0;
        size_t n = fup_utf8_decode(p, strlen(p), &c);

        check(n > 0);
        check(c >= 0x20 && !(c >= 0x7f && c <= 0x9f));
        check(c != 0x061c && c != 0x200e && c != 0x200f);
        check(!(c >= 0x202a && c <= 0x202e) && c != 0x2066 && c != 0x2067);
        open += c == 0x2068 ? 1 : 0;
        check(c != 0x2069 || open > 0);
        open -= c == 0x2069 ? 1 : 0;
        p += n;
    }
    check(open == 0);
}

static void check_message(const struct fup_message *message)
{
    check_characters(message->text);
    check(fup_links_allowed(message->text, &links, NULL));
    check(fup_limits_fit(&limits, message, NULL));
    for (size_t i = 0; i < message->n_options; i++) {
        check_characters(message->options[i].label);
        check(fup_links_allowed(message->options[i].label, &links, NULL));
    }
}

static void compose(const char *attributes, const char *locale)
{
    const struct fup_facts facts = {.conversation = "1",
                                    .channel = channel,
                                    .locale = locale,
                                    .attributes = attributes};
    const struct fup_compose_in in = {.facts = &facts,
                                      .schedule = "s",
                                      .step = 1,
                                      .limits = &limits,
                                      .links = &links};
    struct fup_message message = {.variant = NULL};
    struct fup_message again = {.variant = NULL};
    struct fup_err err = {.msg = ""};
    enum fup_code code = fup_message_compose(definition(), &in, &message, &err);

    check(code == FUP_OK || err.msg[0] != '\0');
    check(code == fup_message_compose(definition(), &in, &again, &err));
    if (code == FUP_OK) {
        check_message(&message);
        check(strcmp(message.text, again.text) == 0);
    }
    fup_message_done(&message);
    fup_message_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    char *attributes = malloc(size + 1);

    if (attributes == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(attributes, input, size);
    }
    attributes[size] = '\0';
    compose(attributes, "en");
    compose(attributes, "ar");
    free(attributes);
    return 0;
}
