#include "ledger.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct fup_ledger_row, member)
static const size_t texts[] = {
    AT(event),      AT(reason),           AT(outcome),
    AT(tenant),     AT(conversation),     AT(kind),
    AT(actor),      AT(status),           AT(channel),
    AT(message_id), AT(message),          AT(trace),
    AT(next_trace), AT(withdrew_channel), AT(withdrew_status),
};
#undef AT

enum { N_TEXTS = sizeof texts / sizeof texts[0] };

static const char **text_of(struct fup_ledger_row *row, size_t i)
{
    return (const char **)((char *)row + texts[i]);
}

struct fup_ledger_row *fup_ledger_row_copy(const struct fup_ledger_row *row)
{
    struct fup_ledger_row from = *row;
    struct fup_ledger_row *copy;
    size_t lengths[N_TEXTS];
    size_t size = sizeof from;
    char *to;

    for (size_t i = 0; i < N_TEXTS; i++) {
        const char *text = *text_of(&from, i);

        lengths[i] = text != NULL ? strlen(text) + 1 : 0;
        size += lengths[i];
    }
    copy = malloc(size);
    if (copy == NULL) {
        return NULL;
    }
    *copy = from;
    to = (char *)(copy + 1);
    for (size_t i = 0; i < N_TEXTS; i++) {
        if (lengths[i] > 0) {
            *text_of(copy, i) = memcpy(to, *text_of(&from, i), lengths[i]);
            to += lengths[i];
        }
    }
    return copy;
}
