/* Commands to a running worker, by Redis and by the command line. */

#ifndef FUP_TEST_ORDERS_H
#define FUP_TEST_ORDERS_H

#include "world.h"

#define WAIT_MS    15000
#define TEXT_BYTES 8192

/* A customer wrote, we answered, and it is followed up. */
void orders_silence(struct world *w, const char *id, const char *channel);

/* Give the command and wait for its answer, "" when none comes; valid until the
 * next call. "~" in @fields is a blank within a value. */
const char *orders_give(struct world *w, const char *fields);

/* A value of that answer: SQL's #>> by the path "{next,due_at}". */
const char *orders_value(struct world *w, const char *path);

/* Run `followup WORDS`, words divided by blanks, "~" as above. Returns the exit
 * code; what it printed is in *@ret_text until the next call. */
int orders_cli(struct world *w, const char *words, const char **ret_text);

#endif
