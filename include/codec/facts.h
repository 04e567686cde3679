/* Facts of a conversation from a JSON file: an object with the columns of
 * followup.conversation_facts(), each of which may be left out. */

#ifndef FUP_CODEC_FACTS_H
#define FUP_CODEC_FACTS_H

#include <stddef.h>

#include "codec/problem.h"
#include "core/err.h"
#include "plan/facts.h"

#define FUP_FACTS_BYTES_MAX ((size_t)1024 * 1024)

/* @facts with the memory its texts are in. */
struct fup_facts_doc {
    struct fup_facts facts;
    char *texts[16];
    char *zones[FUP_FACTS_ZONES];
};

/* Parse @text; @file names it in problems. Left out: status is open, owner
 * nobody, tenant "default", conversation "", the tenant active, all else null
 * or false.
 *
 * Owns:   @ret_doc is the caller's; fup_facts_done() it..
 * Errors: FUP_EPARSE (reported to @problems), FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_facts_parse(const char *text,
                                             size_t len,
                                             const char *file,
                                             struct fup_facts_doc *ret_doc,
                                             struct fup_problems *problems);

/* The same from the file at @path. Errors: also FUP_EIO (reported). */
FUP_MUST_CHECK enum fup_code fup_facts_load(const char *path,
                                            struct fup_facts_doc *ret_doc,
                                            struct fup_problems *problems);

void fup_facts_done(struct fup_facts_doc *doc);

#endif
