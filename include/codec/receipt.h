/* Receipts: what senders report back through followup:receipts. */

#ifndef FUP_CODEC_RECEIPT_H
#define FUP_CODEC_RECEIPT_H

#include <stdint.h>

#include "codec/entry.h"
#include "core/buf.h"
#include "core/err.h"

#define FUP_RECEIPT_STATUSES(X)                                                \
    X(SENT, "sent")                                                            \
    X(DELIVERED, "delivered")                                                  \
    X(READ, "read")                                                            \
    X(FAILED, "failed")                                                        \
    X(REPLIED, "replied")                                                      \
    X(OPTED_OUT, "opted_out")

enum fup_receipt_status {

#define X(name, word) FUP_RECEIPT_##name,
    FUP_RECEIPT_STATUSES(X)
#undef X
        FUP_RECEIPT_MAX,
};

/* What a failure means for what comes next. */
#define FUP_ERROR_CLASSES(X)                                                   \
    X(NONE, "")                                                                \
    X(RETRY_SOON, "retry_soon")                                                \
    X(RETRY_AFTER, "retry_after")                                              \
    X(DEFER_LONG, "defer_long")                                                \
    X(WINDOW_CLOSED, "window_closed")                                          \
    X(OPT_OUT, "opt_out")                                                      \
    X(PERMANENT_RECIPIENT, "permanent_recipient")                              \
    X(PERMANENT_REQUEST, "permanent_request")                                  \
    X(TEMPLATE_PAUSE, "template_pause")                                        \
    X(ACCOUNT_PAUSE, "account_pause")                                          \
    X(AUTH, "auth")                                                            \
    X(AMBIGUOUS, "ambiguous")

enum fup_error_class {

#define X(name, word) FUP_CLASS_##name,
    FUP_ERROR_CLASSES(X)
#undef X
        FUP_CLASS_MAX,
};

/* Texts are borrowed from the entry; NULL where the field was not there. */
struct fup_receipt {
    const char *id; /* of the message */
    enum fup_receipt_status status;
    int64_t at; /* NONE when not given */
    const char *provider_id;
    const char *option;
    enum fup_error_class error_class; /* NONE when not given */
    const char *error;
};

const char *fup_receipt_status_text(enum fup_receipt_status status);
const char *fup_error_class_text(enum fup_error_class error_class);

/* Parse @entry.
 * Errors: FUP_EPARSE, @refusal says why. */
FUP_MUST_CHECK enum fup_code fup_receipt_parse(const struct fup_entry *entry,
                                               struct fup_receipt *ret_receipt,
                                               struct fup_refusal *refusal);

/* Append @receipt as the JSON that followup.receive_receipt() takes. */
void fup_receipt_write(const struct fup_receipt *receipt, struct fup_buf *out);

#endif
