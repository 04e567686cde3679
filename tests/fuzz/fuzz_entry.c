/* Entries of streams, as commands and as receipts: an input is names and
 * values with line ends between. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "codec/command.h"
#include "codec/receipt.h"

#define ITEMS_MAX 256
#define JSON_MAX  65536

static void check(int good)
{
    if (!good) {
        abort();
    }
}

/* What is written for the database must be JSON. */
static void check_json(struct fup_buf *out)
{
    struct cJSON *json;

    check(out->failed == FUP_OK);
    json = cJSON_ParseWithLength(out->data, out->len);
    check(cJSON_IsObject(json));
    cJSON_Delete(json);
    fup_buf_done(out);
}

static void check_refusal(const struct fup_refusal *refusal)
{
    check(refusal->error != NULL && refusal->error[0] != '\0');
    check(refusal->message[0] != '\0');
}

static void try_command(const struct fup_entry *entry)
{
    struct fup_refusal refusal = {.error = NULL};
    struct fup_command command;
    struct fup_buf out;

    if (fup_command_parse(entry, &command, &refusal) != FUP_OK) {
        check_refusal(&refusal);
        return;
    }
    fup_buf_init(&out, JSON_MAX);
    fup_command_write(&command, "1-0", &out);
    check_json(&out);
}

static void try_receipt(const struct fup_entry *entry)
{
    struct fup_refusal refusal = {.error = NULL};
    struct fup_receipt receipt;
    struct fup_buf out;

    if (fup_receipt_parse(entry, &receipt, &refusal) != FUP_OK) {
        check_refusal(&refusal);
        return;
    }
    fup_buf_init(&out, JSON_MAX);
    fup_receipt_write(&receipt, &out);
    check_json(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    const char *items[ITEMS_MAX];
    size_t lens[ITEMS_MAX];
    struct fup_entry entry = {.items = items, .lens = lens};
    char *text = malloc(size + 1);
    char *from = text;

    check(text != NULL);
    if (size > 0) {
        memcpy(text, input, size);
    }
    text[size] = '\0';
    while (entry.n < ITEMS_MAX) {
        char *end = memchr(from, '\n', (size_t)(text + size - from));
        char *to = end == NULL ? text + size : end;

        *to = '\0';
        items[entry.n] = from;
        lens[entry.n++] = (size_t)(to - from);
        if (end == NULL) {
            break;
        }
        from = end + 1;
    }
    try_command(&entry);
    try_receipt(&entry);
    (void)fup_entry_value(&entry, "request_id");
    free(text);
    return 0;
}
