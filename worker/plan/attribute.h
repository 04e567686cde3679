/* One look into a conversation's attributes, a JSON object as PostgreSQL
 * prints it, without a parser and without memory. */

#ifndef FUP_PLAN_ATTRIBUTE_H
#define FUP_PLAN_ATTRIBUTE_H

#include "plan/schedule.h"

/* Whether the top-level member @name of @json is a text, number or boolean
 * that is one of @values (numbers and booleans as they are written). Anything
 * else, broken JSON and NULL included, is no match. */
bool fup_attribute_matches(const char *json,
                           const char *name,
                           const struct fup_names *values);

#endif
