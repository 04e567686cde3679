/* A database with our schema and a CRM's tables, for adapters to be tried on.
 */

#ifndef FUP_TEST_ADAPTERS_H
#define FUP_TEST_ADAPTERS_H

#include "world.h"

/* A setup and its end: nothing of ours but the schema; the state is a struct
 * world. */
int adapters_open(void **state);
int adapters_close(void **state);

/* The text of a file of the project; the caller's. */
char *adapters_read(const char *path);

/* Run SQL of several commands; a file of the project. */
void adapters_do(struct world *w, const char *sql);
void adapters_file(struct world *w, const char *path);

/* Run `followup ARGS…`; returns the exit code, *@ret_out (256 KB at most) is
 * what it printed, until the next call. */
int adapters_run(struct world *w,
                 const char *const *args,
                 const char **ret_out);

/* @text with the first @from replaced by @to, which must be there, in a file of
 * @w's folder; its path, valid until the next call. */
const char *adapters_variant(struct world *w,
                             const char *text,
                             const char *from,
                             const char *to);

#endif
