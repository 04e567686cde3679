/* Facts and channels, as files: what parses is within its limits, what does not
 * says why. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/channels.h"
#include "codec/facts.h"

static void check(int good)
{
    if (!good) {
        abort();
    }
}

static void try_facts(const char *text, size_t len)
{
    struct fup_facts_doc doc;
    struct fup_problems problems;
    enum fup_code code;

    fup_problems_init(&problems);
    code = fup_facts_parse(text, len, "facts.json", &doc, &problems);
    check((code == FUP_OK) == (problems.errors == 0));
    if (code == FUP_OK) {
        check(doc.facts.tenant != NULL && doc.facts.conversation != NULL);
        check(doc.facts.n_timezones <= FUP_FACTS_ZONES);
        fup_facts_done(&doc);
    }
    fup_problems_done(&problems);
}

static void try_channels(const char *text, size_t len)
{
    struct fup_channels channels;
    struct fup_problems problems;
    enum fup_code code;

    fup_problems_init(&problems);
    code = fup_channels_parse(text, len, "channels.json", &channels, &problems);
    check((code == FUP_OK) == (problems.errors == 0));
    if (code == FUP_OK) {
        fup_channels_done(&channels);
    }
    fup_problems_done(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    char *text = malloc(size + 1);

    check(text != NULL);
    if (size > 0) {
        memcpy(text, input, size);
    }
    text[size] = '\0';
    try_facts(text, size);
    try_channels(text, size);
    free(text);
    return 0;
}
