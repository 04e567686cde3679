/* Why a conversation is not followed up, or that it would be. */

#ifndef FUP_APP_EXPLAIN_WHY_H
#define FUP_APP_EXPLAIN_WHY_H

struct cJSON;

/* Judge the facts in @tree (as sql/statements/explain.sql gives them; @us is
 * its member of that name) by the schedules in @folder, and add to @tree
 * "would_enroll_in" or "not_followed_up_because". */
void fup_explain_why(const char *folder,
                     struct cJSON *tree,
                     const struct cJSON *us);

#endif
