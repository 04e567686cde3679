/* Outbound messages: what can be read comes back the same once written. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/outbound.h"

#define OUTPUT_MAX ((size_t)16 * 1024 * 1024)

static void check(int good)
{
    if (!good) {
        abort();
    }
}

static void check_again(const struct fup_outbound *message)
{
    struct fup_outbound_doc doc;
    struct fup_buf once;
    struct fup_buf twice;

    fup_buf_init(&once, OUTPUT_MAX);
    fup_buf_init(&twice, OUTPUT_MAX);
    fup_outbound_write(message, &once);
    check(once.failed == FUP_OK);
    check(fup_outbound_read(once.data, once.len, &doc, NULL) == FUP_OK);
    fup_outbound_write(&doc.message, &twice);
    check(once.len == twice.len &&
          memcmp(once.data, twice.data, once.len) == 0);
    fup_outbound_done(&doc);
    fup_buf_done(&once);
    fup_buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct fup_outbound_doc doc;
    struct fup_err err = {.msg = ""};

    if (fup_outbound_read((const char *)input, size, &doc, &err) != FUP_OK) {
        check(err.msg[0] != '\0');
        return 0;
    }
    check_again(&doc.message);
    fup_outbound_done(&doc);
    return 0;
}
