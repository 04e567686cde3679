/* Liquid: the template language of the texts.
 *
 * Compiled once at load, then rendered many times. The language is Shopify's
 * Liquid (https://shopify.github.io/liquid/) without include, render and
 * layouts: customer data can never bring in more template. */

#ifndef FUP_MESSAGE_LIQUID_H
#define FUP_MESSAGE_LIQUID_H

#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

struct cJSON;
struct fup_liquid;

#define FUP_LIQUID_SOURCE_MAX 65536 /* bytes of one template */

/* Compile @source.
 *
 * Owns:   *@ret_liquid is the caller's; fup_liquid_free() it.
 * Errors: FUP_EPARSE  @err says what and in which line and column of @source.
 *         FUP_ELIMIT  larger or deeper than the limits.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_liquid_compile(const char *source,
                                                size_t len,
                                                struct fup_liquid **ret_liquid,
                                                struct fup_err *err);

/* Free @liquid; NULL is allowed. */
void fup_liquid_free(struct fup_liquid *liquid);

enum fup_liquid_mode {
    FUP_LIQUID_STRICT, /* a missing value without a default is an error */
    FUP_LIQUID_LAX,    /* it is the empty string, as the standard says */
};

/* What strict means. A variable is missing when the data have no such member,
 * or null there. It stays missing through every filter but "default", also as
 * an argument of one, and through assign. Printed, it is FUP_ENOENT; so is a
 * filter that gives nothing (the first of an empty list), named by what went
 * in. Printing an object is FUP_EINVAL. Conditions, case and for may meet
 * missing values: they are false, match nothing, loop over nothing. */

/* Append @liquid, filled in from the object @data, to @out (whose max bounds
 * the output). A value that contains "{{" stays text.
 *
 * Errors: FUP_ENOENT  strict: @err names the variable that is missing.
 *         FUP_EINVAL  a filter met a value that it cannot take.
 *         FUP_ELIMIT  output or loop limit.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_liquid_render(const struct fup_liquid *liquid,
                                               const struct cJSON *data,
                                               enum fup_liquid_mode mode,
                                               struct fup_buf *out,
                                               struct fup_err *err);

#endif
