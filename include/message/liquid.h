/* Liquid: the template language of the texts.
 *
 * Compiled once at load, then rendered many times. The language is Shopify's
 * Liquid (https://shopify.github.io/liquid/) without include, render and
 * layouts: customer data can never bring in more template.
 *
 * Tags: if elsif else unless case when for (limit, offset, offset: continue,
 * reversed, forloop) break continue assign capture echo comment raw #.
 * Filters: abs append at_least at_most capitalize ceil compact concat date
 * default divided_by downcase escape escape_once first floor join last lstrip
 * map minus modulo newline_to_br plus prepend remove remove_first remove_last
 * replace replace_first replace_last reverse round rstrip size slice sort
 * sort_natural split strip strip_html strip_newlines times truncate
 * truncatewords uniq upcase url_encode where. Not there on purpose: what
 * decodes (url_decode, base64_decode), for it could bring back what was cleaned
 * out of a value.
 *
 * "date" knows no "now" (a render asks no clock), and names days, months and
 * halves of the day in the language of the variable "locale"; digits stay 0 to
 * 9. An instant (seconds since 1970, or a date with an offset or a "Z") is
 * printed in the reader's zone, without a reader as it is written; a date or
 * time without an offset is always printed as it stands. Characters are counted
 * as code points. The process must keep the numeric locale "C".
 *
 * A render ends in bounded time and memory whatever template and data are:
 * 10,000 rounds of all loops, a million nodes and comparisons, 2 MiB of working
 * memory, and the maximum of the output. Blocks nest at most 64 deep. */

#ifndef FUP_MESSAGE_LIQUID_H
#define FUP_MESSAGE_LIQUID_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

struct cJSON;
struct fup_liquid;
struct fup_zone; /* plan/zone.h */

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
 * in. Printing an object, or a list of them, is FUP_EINVAL. Conditions, case
 * and for may meet missing values: they match nothing and loop over nothing. */

/* Append @liquid, filled in from the object @data (NULL: an empty one), to @out
 * (whose max bounds the output). Safe to call with one @liquid from several
 * threads. Errors name places and variables, never values. A value that
 * contains "{{" stays text.
 *
 * Errors: FUP_ENOENT  strict: @err names the variable that is missing.
 *         FUP_EINVAL  a filter or a comparison met a value that it cannot
 *                     take; strict: an object would be printed.
 *         FUP_ELIMIT  one of the limits above. What is in @out then, and after
 *                     any error, is of no use.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_liquid_render(const struct fup_liquid *liquid,
                                               const struct cJSON *data,
                                               enum fup_liquid_mode mode,
                                               struct fup_buf *out,
                                               struct fup_err *err);

/* For whom a text is rendered. */
struct fup_liquid_reader {
    const struct fup_zone *zone; /* of instants; NULL: as they are written */
    bool isolated;      /* values of the other direction stand between marks */
    bool right_to_left; /* the direction of the language of the text */
};

/* The same for @reader (NULL: as above), strictly. A value whose first letter
 * with a direction is not of the text's is put between U+2068 and U+2069, so
 * that it cannot turn what is around it; but not within a link, which would
 * break. */
FUP_MUST_CHECK enum fup_code
fup_liquid_render_for(const struct fup_liquid *liquid,
                      const struct cJSON *data,
                      const struct fup_liquid_reader *reader,
                      struct fup_buf *out,
                      struct fup_err *err);

#endif
