/* Who would be taken in by `followup enroll --since`, and when each step would
 * fall, so many first messages an hour at most. */

#ifndef FUP_APP_ENROLL_LIST_H
#define FUP_APP_ENROLL_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct cJSON;

struct fup_enroll_list;

/* One silence that is taken in; texts live as long as the list. */
struct fup_enroll_take {
    const char *tenant;
    const char *conversation;
    const char *schedule;
    int64_t first_at;   /* the first step is not before; NONE: at its time */
    int64_t episode_at; /* NONE: no inbound message */
    uint64_t person;    /* hash of contact and address; 0: may have several */
};

/* Read schedules and channels.json of @folder.
 * Errors: FUP_EPARSE, FUP_EIO (@err says what), FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code
fup_enroll_list_open(const char *folder,
                     int per_hour,
                     struct fup_enroll_list **ret_list,
                     struct fup_err *err);
void fup_enroll_list_close(struct fup_enroll_list *list);

/* Plan one silence, @text as sql/statements/enroll_list.sql gives it. Those
 * that come first have the first choice of the hours.
 * Errors: FUP_EPARSE, FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_enroll_list_add(struct fup_enroll_list *list,
                                                 const char *text,
                                                 struct fup_err *err);

/* The @i-th that is taken in, NULL after the last. */
const struct fup_enroll_take *
fup_enroll_list_take(const struct fup_enroll_list *list, size_t i);

/* All of it, for fup_print_out(): counts, "hours" (first and all messages of
 * each), "steps" and "left_out". The caller's. NULL: out of memory. */
struct cJSON *fup_enroll_list_tree(const struct fup_enroll_list *list);

#endif
