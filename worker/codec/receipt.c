#include "codec/receipt.h"

#include <stdbool.h>

#include "codec/outbound.h"
#include "core/json.h"
#include "core/time.h"
#include "entry_read.h"
#include "text.h"

enum field {
    FIELD_ID,
    FIELD_STATUS,
    FIELD_AT,
    FIELD_PROVIDER_ID,
    FIELD_OPTION,
    FIELD_ERROR_CLASS,
    FIELD_ERROR,
    FIELD_MAX,
};

static const struct fup_entry_field fields[FIELD_MAX] = {
    [FIELD_ID] = {"id", FUP_ENTRY_ID_MAX},
    [FIELD_STATUS] = {"status", FUP_ENTRY_ID_MAX},
    [FIELD_AT] = {"at", FUP_ENTRY_ID_MAX},
    [FIELD_PROVIDER_ID] = {"provider_id", FUP_ENTRY_ID_MAX},
    [FIELD_OPTION] = {"option", FUP_ENTRY_ID_MAX},
    [FIELD_ERROR_CLASS] = {"error_class", FUP_ENTRY_ID_MAX},
    [FIELD_ERROR] = {"error", FUP_ENTRY_VALUE_MAX},
};

static const char *const statuses[FUP_RECEIPT_MAX] = {

#define X(name, word) [FUP_RECEIPT_##name] = (word),
    FUP_RECEIPT_STATUSES(X)
#undef X
};

static const char *const classes[FUP_CLASS_MAX] = {

#define X(name, word) [FUP_CLASS_##name] = (word),
    FUP_ERROR_CLASSES(X)
#undef X
};

const char *fup_receipt_status_text(enum fup_receipt_status status)
{
    return statuses[status];
}

const char *fup_error_class_text(enum fup_error_class error_class)
{
    return classes[error_class];
}

static enum fup_code read_id(const char *value, struct fup_refusal *refusal)
{
    if (value == NULL) {
        return fup_refuse(refusal, "missing_id", "\"id\" is missing");
    }
    if (!fup_message_id_is(value)) {
        return fup_refuse(refusal, "bad_field",
                          "\"id\" is not the id of a message, such as "
                          "a1b2c3-0-4711-2");
    }
    return FUP_OK;
}

static enum fup_code read_status(const char *value,
                                 struct fup_receipt *receipt,
                                 struct fup_refusal *refusal)
{
    int status;

    if (value == NULL) {
        return fup_refuse(refusal, "missing_status", "\"status\" is missing");
    }
    status =
        fup_entry_word(value, statuses, FUP_RECEIPT_MAX, "bad_field", refusal);
    if (status < 0) {
        return FUP_EPARSE;
    }
    receipt->status = (enum fup_receipt_status)status;
    return FUP_OK;
}

static enum fup_code read_class(const char *const *values,
                                struct fup_receipt *receipt,
                                struct fup_refusal *refusal)
{
    const char *value = values[FIELD_ERROR_CLASS];
    int i;

    if (receipt->status != FUP_RECEIPT_FAILED &&
        (value != NULL || values[FIELD_ERROR] != NULL)) {
        return fup_refuse(refusal, "bad_field",
                          "\"error_class\" and \"error\" go with failed");
    }
    if (value == NULL) {
        return FUP_OK;
    }
    i = fup_entry_word(value, classes + 1, FUP_CLASS_MAX - 1, "bad_field",
                       refusal);
    if (i < 0) {
        return FUP_EPARSE;
    }
    receipt->error_class = (enum fup_error_class)(i + 1);
    return FUP_OK;
}

enum fup_code fup_receipt_parse(const struct fup_entry *entry,
                                struct fup_receipt *ret_receipt,
                                struct fup_refusal *refusal)
{
    const char *values[FIELD_MAX];
    struct fup_receipt receipt = {.at = FUP_TIME_NONE};

    if (fup_entry_read(entry, fields, FIELD_MAX, values, refusal) != FUP_OK ||
        read_id(values[FIELD_ID], refusal) != FUP_OK ||
        read_status(values[FIELD_STATUS], &receipt, refusal) != FUP_OK ||
        read_class(values, &receipt, refusal) != FUP_OK ||
        fup_entry_time("at", values[FIELD_AT], &receipt.at, refusal) !=
            FUP_OK) {
        return FUP_EPARSE;
    }
    if (values[FIELD_OPTION] != NULL &&
        !fup_text_is_id(values[FIELD_OPTION], FUP_OPTION_ID_MAX)) {
        return fup_refuse(refusal, "bad_field",
                          "\"option\": expected 1 to %d of a-z, 0-9, _ and -",
                          FUP_OPTION_ID_MAX);
    }
    receipt.id = values[FIELD_ID];
    receipt.provider_id = values[FIELD_PROVIDER_ID];
    receipt.option = values[FIELD_OPTION];
    receipt.error = values[FIELD_ERROR];
    *ret_receipt = receipt;
    return FUP_OK;
}

static void add_text(struct fup_buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        fup_buf_addf(out, ",\"%s\":", name);
        fup_json_string(out, value);
    }
}

void fup_receipt_write(const struct fup_receipt *receipt, struct fup_buf *out)
{
    fup_buf_adds(out, "{\"id\":");
    fup_json_string(out, receipt->id);
    add_text(out, "status", statuses[receipt->status]);
    if (receipt->at != FUP_TIME_NONE) {
        fup_buf_adds(out, ",\"at\":");
        fup_json_time(out, receipt->at);
    }
    add_text(out, "provider_id", receipt->provider_id);
    add_text(out, "option", receipt->option);
    add_text(out, "error_class",
             receipt->error_class == FUP_CLASS_NONE
                 ? NULL
                 : classes[receipt->error_class]);
    add_text(out, "error", receipt->error);
    fup_buf_addc(out, '}');
}
