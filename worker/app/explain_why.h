/* The planner, asked about one conversation for a person. */

#ifndef FUP_APP_EXPLAIN_WHY_H
#define FUP_APP_EXPLAIN_WHY_H

#include <stdbool.h>

#include "plan/facts.h"

struct cJSON;

/* All of @tree is as sql/statements/explain.sql gives it; @us and @run are its
 * members of these names, the latter null without an active enrollment. */

/* Facts for the planner, borrowed from @tree and @attributes (its attributes as
 * JSON text). */
struct fup_facts fup_explain_facts(const struct cJSON *tree,
                                   const struct cJSON *us,
                                   const char *attributes);

/* Whether @code is in the member "against" of @tree. */
bool fup_explain_is_against(const struct cJSON *tree, const char *code);

/* No enrollment of this silence: judge the facts by the schedules in @folder
 * and add "would_enroll_in" or "not_followed_up_because". */
void fup_explain_why(const char *folder,
                     struct cJSON *tree,
                     const struct cJSON *us);

/* What the worker would answer now: add "next" (what, when) and "why" (which
 * rule led to the instant). How many messages the contact got elsewhere is not
 * counted. @folder is where channels.json is. */
void fup_explain_next(const char *folder,
                      struct cJSON *tree,
                      const struct cJSON *us,
                      const struct cJSON *run);

#endif
