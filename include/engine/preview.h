/* What the worker would decide, without deciding it: the same functions over
 * the same rows. For the command line, which reads PostgreSQL by itself.
 *
 * Versions are taken first, then rows of load.sql are asked about; both come
 * from the caller's connection. */

#ifndef FUP_ENGINE_PREVIEW_H
#define FUP_ENGINE_PREVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "pg/session.h"
#include "plan/plan.h"

struct fup_preview;
struct fup_schedules;

/* @schedules, which are taken over, are the newest contents; @channels are
 * borrowed.
 *
 * Owns:   *@ret_preview is the caller's; fup_preview_free() it.
 * Errors: FUP_ENOMEM, FUP_EIO no data of time zones. */
FUP_MUST_CHECK enum fup_code
fup_preview_create(struct fup_schedules *schedules,
                   const struct fup_channel_rule *channels,
                   size_t n_channels,
                   struct fup_preview **ret_preview);
void fup_preview_free(struct fup_preview *preview);

/* Whether the version @id has been taken. */
bool fup_preview_knows(const struct fup_preview *preview, int64_t id);

/* Take the rows of version_get.sql. Errors: FUP_ENOMEM, FUP_EPARSE. */
FUP_MUST_CHECK enum fup_code fup_preview_take(struct fup_preview *preview,
                                              const struct fup_pg_rows *rows,
                                              struct fup_err *err);

/* The span for load.sql, in seconds, in which messages to a contact count. */
int64_t fup_preview_cap_s(const struct fup_preview *preview);

/* Whom row @row of @rows is about. */
void fup_preview_who(const struct fup_pg_rows *rows,
                     int row,
                     const char **ret_tenant,
                     const char **ret_conversation);

/* Append what migrate_version would be answered for row @row of @rows; @margin
 * as in the command, NULL: the default.
 *
 * Errors: FUP_ENOENT its version is not known or cannot be read, FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_preview_migrate(const struct fup_preview *preview,
                    const struct fup_pg_rows *rows,
                    int row,
                    const char *margin,
                    struct fup_buf *answer);

/* What comes next for the enrollment in row @row of @rows; *@ret_kind is that
 * of the step, NULL for none, borrowed from @preview.
 *
 * Errors: FUP_ENOENT as above. */
FUP_MUST_CHECK enum fup_code fup_preview_next(const struct fup_preview *preview,
                                              const struct fup_pg_rows *rows,
                                              int row,
                                              struct fup_plan *ret_plan,
                                              const char **ret_kind);

/* Whether the silence in row @row would be followed up: NONE, and the
 * schedule's name (borrowed from @preview), or why not. */
enum fup_reason fup_preview_admit(const struct fup_preview *preview,
                                  const struct fup_pg_rows *rows,
                                  int row,
                                  int64_t since_at,
                                  const char **ret_schedule);

#endif
