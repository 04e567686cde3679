/* Versions of schedules: the contents that new enrollments get, and those that
 * enrollments under way are pinned to. */

#ifndef FUP_ENGINE_VERSIONS_H
#define FUP_ENGINE_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case.h"
#include "codec/schedule.h"
#include "pg/session.h"

struct fup_engine;

#define FUP_VERSIONS_CURRENT_MAX 256

struct fup_versions {
    struct fup_version **all; /* own their schedules; never let go of */
    size_t n;
    size_t cap;
    struct fup_version current[FUP_VERSIONS_CURRENT_MAX]; /* borrow from all */
    size_t n_current;
    struct fup_schedules files; /* to be put into PostgreSQL */
    struct fup_version putting[FUP_VERSIONS_CURRENT_MAX];
    size_t n_put;
    bool wanted;  /* @files are not all put */
    bool busy;    /* a put is under way */
    bool changed; /* other @files came since it was sent */
    bool loaded;  /* @current can be used */
    struct fup_pg_request put_req;
};

void fup_versions_init(struct fup_versions *versions);
void fup_versions_done(struct fup_versions *versions);

/* The version @id, or NULL when it has not been read. */
const struct fup_version *fup_versions_find(const struct fup_versions *versions,
                                            int64_t id);

/* Keep @schedule as version @id; it is freed when that one is there already,
 * and NULL for one that cannot be read. Returns NULL without memory. */
const struct fup_version *fup_versions_keep(struct fup_versions *versions,
                                            int64_t id,
                                            const char *digest,
                                            struct fup_schedule *schedule);

/* Keep row @row of version_get.sql. FUP_EPARSE: it is kept without a schedule,
 * so that others go on; @err says what is wrong. */
FUP_MUST_CHECK enum fup_code fup_versions_take(struct fup_versions *versions,
                                               const struct fup_pg_rows *rows,
                                               int row,
                                               struct fup_err *err);

/* The longest span in which any version counts messages to a contact, in
 * seconds; 0: none does. */
int64_t fup_versions_cap_s(const struct fup_versions *versions);

/* Make @files (their content is taken over) the current ones: put them into
 * PostgreSQL, now or as soon as it is there. */
void fup_versions_use(struct fup_engine *engine, struct fup_schedules *files);

/* PostgreSQL is there: go on with what is to be put. */
void fup_versions_resume(struct fup_engine *engine);

/* Keep the versions in the rows of version_get.sql. */
void fup_versions_read(struct fup_engine *engine,
                       const struct fup_pg_rows *rows);

#endif
