/* A database shaped as Chatwoot's, in the forms that there are; a role that may
 * do in it what sql/grants grants, and no more, which migrates; and the
 * worker's, which may do less. */

#ifndef FUP_TEST_CHATWOOT_H
#define FUP_TEST_CHATWOOT_H

#include "world.h"

struct form {
    const char *name;
    bool later; /* than 4.3.0 */
    bool full;  /* all tables, from FUP_SHARED_DIR; else those of schema.sql */
};

struct chatwoot {
    struct world w; /* its pg is a superuser's, its conninfo the role's */
    char role[64];
};

/* How many forms can be made here, full ones last. */
extern struct form chatwoot_forms[4];
int chatwoot_n_forms(void);

/* A setup; the state is the form before, a struct chatwoot after. Nothing of
 * ours is in it. */
int chatwoot_open(void **state);
int chatwoot_close(void **state);

/* Run a file of this folder, or of the project when it has a slash. */
void chatwoot_psql(struct chatwoot *c, const char *file, const char *setting);

/* Run a file of the folder that the full forms come from; false when it is not
 * there. */
bool chatwoot_shared(struct chatwoot *c, const char *file);

/* Run `followup migrate --adapter @adapter` as the role, and grant the worker's
 * what it needs; 0, or 1 when it was refused. */
int chatwoot_migrate(struct chatwoot *c, const char *adapter);

/* Whether the last command printed @text. */
bool chatwoot_said(struct chatwoot *c, const char *text);

#endif
