/* Schedules: from schedules/NAME.json to what the planner and the messages
 * use. The format is described in schedules/README.md. */

#ifndef FUP_CODEC_SCHEDULE_H
#define FUP_CODEC_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "codec/problem.h"
#include "core/buf.h"
#include "core/err.h"
#include "plan/schedule.h"

#define FUP_SCHEDULE_BYTES_MAX ((size_t)1024 * 1024)
#define FUP_VARIANTS_MAX       16
#define FUP_LOCALES_MAX        64
#define FUP_TEMPLATES_MAX      16
#define FUP_HOLIDAYS_MAX       20000
#define FUP_DIGEST_TEXT        33 /* 32 hexadecimal digits and the end */

/* Parse @text, the JSON object of a schedule. @file names it in problems;
 * calendar files (.ics) are looked for relative to its folder. Problems are
 * added to @problems, warnings too when the schedule is fine.
 *
 * Owns:   *@ret_schedule is the caller's; fup_schedule_free() it.
 * Errors: FUP_EPARSE  @problems says what and where.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code
fup_schedule_parse(const char *text,
                   size_t len,
                   const char *file,
                   struct fup_schedule **ret_schedule,
                   struct fup_problems *problems);

/* Free @schedule, its messages too; NULL is allowed. */
void fup_schedule_free(struct fup_schedule *schedule);

/* Append the canonical form of a schedule that parses: without white space,
 * "$schema" and "samples", members in their order, the dates of calendar files
 * written out. It parses to the same schedule wherever it is kept, and is what
 * a version consists of.
 *
 * Errors: as above. */
FUP_MUST_CHECK enum fup_code
fup_schedule_canonical(const char *text,
                       size_t len,
                       const char *file,
                       struct fup_buf *out,
                       struct fup_problems *problems);

/* FNV-1a, 128 bit, of @len bytes as hexadecimal digits: over the canonical
 * form it names a version. Returns @buf. */
const char *fup_digest(const void *data, size_t len, char buf[FUP_DIGEST_TEXT]);

/* One file of a folder. */
struct fup_schedule_file {
    char *path;
    struct fup_schedule *schedule;
    char *canonical;
    char digest[FUP_DIGEST_TEXT]; /* of @canonical */
};

struct fup_schedules {
    struct fup_schedule_file *items; /* by file name */
    size_t n;
};

/* Load one file.
 *
 * Owns:   @ret_file is the caller's; fup_schedule_file_done() it.
 * Errors: FUP_EPARSE, FUP_EIO (both reported to @problems), FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_schedule_file_load(const char *path,
                       struct fup_schedule_file *ret_file,
                       struct fup_problems *problems);
void fup_schedule_file_done(struct fup_schedule_file *file);

/* Load every NAME.json of @folder, but channels.json and *.schema.json. All
 * files are read whatever is wrong with one; two schedules of the same name
 * are an error. *@ret_schedules holds those without errors, with FUP_EPARSE
 * too: whether a bad file stops the good ones is for the caller to say.
 *
 * Owns:   *@ret_schedules is the caller's; fup_schedules_done() it.
 * Errors: FUP_EPARSE  @problems has errors.
 *         FUP_EIO     the folder cannot be read (reported); nothing returned.
 *         FUP_ENOMEM  nothing returned. */
FUP_MUST_CHECK enum fup_code
fup_schedules_load(const char *folder,
                   struct fup_schedules *ret_schedules,
                   struct fup_problems *problems);
void fup_schedules_done(struct fup_schedules *schedules);

#endif
