/* A database for each test of what it does by itself. */

#ifndef FUP_TEST_DATABASE_H
#define FUP_TEST_DATABASE_H

#include <libpq-fe.h>

#include "pg/statements.h"
#include "world.h"

/* A test that has a world of its own as its state: version 1 of a schedule "s"
 * is there, and partition 0 is leased at epoch 1. */
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, database_open, database_close)

int database_open(void **state);
int database_close(void **state);

/* Another session. */
PGconn *database_connect(struct world *w);
void database_run(PGconn *pg, const char *sql);

/* The first value that the statement under way gives, "" for none. */
void database_take(PGconn *pg, char text[64]);

/* Until some session waits for a lock. */
bool database_waits(struct world *w);

/* For EXECUTE, under the statement's own name. */
void database_prepare(struct world *w, const struct fup_statement *statement);

/* A clock that only goes forward. */
int64_t database_ms(void);

/* Conversation c<n>, followed up by enrollment <n>, whose first step's message,
 * under seq <n>, has @status. */
void database_message(struct world *w, int n, const char *status);

/* The status of the message under @seq, and its class of error. */
const char *database_status(struct world *w, int seq);

/* Messages that were sent, so many that statistics know of no others. */
void database_past(struct world *w);

/* Many messages wait, which statistics do not know yet. From now on it is
 * counted what is read of the ledger but by its key. */
void database_crowd(struct world *w);
long long database_crowd_read(struct world *w);

/* Apply one decision about enrollment 1, which @more says, as JSON's members:
 * what became of it. */
const char *database_apply(struct world *w, const char *more);

#endif
