/* The planner, asked about one conversation for a person. */

#ifndef FUP_APP_EXPLAIN_WHY_H
#define FUP_APP_EXPLAIN_WHY_H

#include "core/err.h"
#include "pg/block.h"

struct cJSON;

/* @tree is as sql/statements/explain.sql gives it, @asked its member "ask".
 *
 * An enrollment under way: add "next" (what, when) and "why" (which rule led to
 * the instant, and by how much it moved it), as the worker would answer now. No
 * enrollment of this silence: judge it by the schedules in @folder and add
 * "would_enroll_in" or "not_followed_up_because".
 *
 * Errors: of PostgreSQL. What cannot be told is said in @tree. */
FUP_MUST_CHECK enum fup_code fup_explain_why(struct fup_pg_block *conn,
                                             const char *folder,
                                             const char *const target[2],
                                             struct cJSON *tree,
                                             const struct cJSON *asked,
                                             struct fup_err *err);

#endif
