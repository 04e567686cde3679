#include "clean.h"

#include <string.h>

#include <cjson/cJSON.h>

enum fup_code fup_clean_attributes(const char *attributes,
                                   struct cJSON **ret_data,
                                   struct fup_err *err)
{
    struct cJSON *data;

    if (attributes == NULL) {
        attributes = "{}";
    }
    if (strlen(attributes) > FUP_ATTRIBUTES_MAX) {
        return fup_err_set(err, FUP_ELIMIT,
                           "the attributes have more than %d bytes",
                           FUP_ATTRIBUTES_MAX);
    }
    data = cJSON_Parse(attributes);
    if (data == NULL) {
        return fup_err_set(err, FUP_EPARSE, "the attributes are no JSON");
    }
    if (!cJSON_IsObject(data)) {
        cJSON_Delete(data);
        data = cJSON_CreateObject();
    }
    if (data == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    *ret_data = data;
    return FUP_OK;
}
