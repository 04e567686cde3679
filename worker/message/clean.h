/* What customers and CRMs put into variables, made fit for a text. */

#ifndef FUP_MESSAGE_CLEAN_H
#define FUP_MESSAGE_CLEAN_H

#include "core/err.h"

struct cJSON;

#define FUP_ATTRIBUTES_MAX 65536 /* bytes of the JSON */
#define FUP_VALUE_MAX      200   /* bytes of one text in it */

/* Parse @attributes (a JSON object; NULL and any other JSON is an empty one)
 * and clean every text in it: control characters and marks of text direction
 * go, line breaks and tabs become spaces, what remains is in NFC, trimmed, and
 * cut between two graphemes. A text of which nothing remains, and one with a
 * link in it, becomes null, so that it counts as missing. Names of members are
 * cleaned as well; what would have none is left out.
 *
 * Owns:   *@ret_data is the caller's; cJSON_Delete() it.
 * Errors: FUP_EPARSE  no JSON.
 *         FUP_ELIMIT  too long, or too deep.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_clean_attributes(const char *attributes,
                                                  struct cJSON **ret_data,
                                                  struct fup_err *err);

/* One word of the CRM's own cleaned like that, but for links, as JSON: a
 * string, or null.
 * Owns:   the caller, cJSON_Delete() it.
 * Returns NULL when memory is out. */
struct cJSON *fup_clean_value(const char *value);

#endif
