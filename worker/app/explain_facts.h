/* Facts of a conversation that a statement has told as JSON. */

#ifndef FUP_APP_EXPLAIN_FACTS_H
#define FUP_APP_EXPLAIN_FACTS_H

#include <stdbool.h>

#include "plan/facts.h"

struct cJSON;

/* Facts for the planner, borrowed from @tree, its member @us and @attributes
 * (its attributes as JSON text); @tree is as sql/statements/enroll_list.sql
 * gives it. */
struct fup_facts fup_explain_facts(const struct cJSON *tree,
                                   const struct cJSON *us,
                                   const char *attributes);

/* Whether @code is in the member "against" of @tree. */
bool fup_explain_is_against(const struct cJSON *tree, const char *code);

#endif
