/* Timelines: what parses is in order; what does not says why. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/timelines.h"

static void check(int good)
{
    if (!good) {
        abort();
    }
}

static void check_order(const struct fup_timelines *timelines)
{
    for (size_t i = 0; i < timelines->n; i++) {
        const struct fup_sim_timeline *t = &timelines->items[i];

        check(t->n_events > 0 && t->facts.conversation[0] != '\0');
        for (size_t k = 1; k < t->n_events; k++) {
            check(t->events[k - 1].at < t->events[k].at ||
                  (t->events[k - 1].at == t->events[k].at &&
                   t->events[k - 1].inbound >= t->events[k].inbound));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    char *text = malloc(size + 1);
    struct fup_timelines timelines;
    struct fup_problems problems;
    enum fup_code code;

    check(text != NULL);
    if (size > 0) {
        memcpy(text, input, size);
    }
    text[size] = '\0';
    fup_problems_init(&problems);
    code = fup_timelines_parse(text, size, "t.csv", &timelines, &problems);
    check((code == FUP_OK) == (problems.errors == 0));
    if (code == FUP_OK) {
        check_order(&timelines);
        fup_timelines_done(&timelines);
    }
    fup_problems_done(&problems);
    return 0;
}
