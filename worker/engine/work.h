/* Lists that a turn works through: conversations and timers to judge, and the
 * verdicts. All of them grow as needed; a turn keeps them small. */

#ifndef FUP_ENGINE_WORK_H
#define FUP_ENGINE_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct fup_ledger_row;
struct fup_pace;

struct fup_key {
    char *tenant;
    char *conversation;
};

struct fup_work {
    struct fup_key *keys;
    size_t n_keys;
    size_t cap_keys;
    int64_t *ids; /* enrollments whose timers were claimed */
    size_t n_ids;
    size_t cap_ids;
};

/* Errors of both: FUP_ENOMEM, nothing is added. The texts are copied. */
FUP_MUST_CHECK enum fup_code fup_work_add_key(struct fup_work *work,
                                              const char *tenant,
                                              const char *conversation);
FUP_MUST_CHECK enum fup_code fup_work_add_id(struct fup_work *work, int64_t id);

/* Forget the first @n_keys and @n_ids. */
void fup_work_drop(struct fup_work *work, size_t n_keys, size_t n_ids);

/* Put the first @n_keys and @n_ids, each 0 or 1, behind the others. */
void fup_work_rotate(struct fup_work *work, size_t n_keys, size_t n_ids);

/* Put the keys of @from behind those of @to; ids stay. Errors: FUP_ENOMEM,
 * nothing is moved. */
FUP_MUST_CHECK enum fup_code fup_work_move_keys(struct fup_work *from,
                                                struct fup_work *to);

void fup_work_done(struct fup_work *work);

/* What was judged about one conversation. */
struct fup_verdict {
    char *tenant;
    char *conversation;
    int64_t enrollment;    /* 0: none yet */
    int64_t due_ms;        /* FUP_QUEUE_NEVER: no timer */
    struct fup_pace *pace; /* it waits for its turn there, or NULL */
    int ord; /* its place among the decisions, -1: none was needed */
    struct fup_ledger_row *row; /* what is written, or NULL: it has no event */
    bool more;        /* to be judged again: more commands, a new silence */
    char *request_id; /* of a command that was answered, or NULL */
    char *answer;
};

struct fup_verdicts {
    struct fup_verdict *items;
    size_t n;
    size_t cap;
};

/* A new one at the end, with copies of the texts. NULL: out of memory. */
struct fup_verdict *fup_verdicts_add(struct fup_verdicts *verdicts,
                                     const char *tenant,
                                     const char *conversation);
void fup_verdicts_clear(struct fup_verdicts *verdicts);
void fup_verdicts_done(struct fup_verdicts *verdicts);

#endif
