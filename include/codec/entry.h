/* Entries of Redis streams: names and values, as commands and receipts come.
 * Foreign input: everything is checked before anything is believed. */

#ifndef FUP_CODEC_ENTRY_H
#define FUP_CODEC_ENTRY_H

#include <stddef.h>

#include "core/err.h"

#define FUP_ENTRY_FIELDS_MAX 64
#define FUP_ENTRY_VALUE_MAX  4096 /* bytes of a value */
#define FUP_ENTRY_ID_MAX     255  /* bytes of an id or a name */

/* @items is name, value, name, value…, each NUL-terminated; @lens has the
 * bytes of each, which shows NULs inside. @n counts both and is even. */
struct fup_entry {
    const char *const *items;
    const size_t *lens;
    size_t n;
};

/* Why an entry was refused: a short word for programs, a line for people.
 * Neither holds more than a cut value of the entry.
 *
 * Words: bad_entry, unknown_field, double_field, too_long, bad_text,
 * missing_action, unknown_action, missing_conversation, missing_id,
 * missing_status, missing_time, bad_field, bad_time. */
struct fup_refusal {
    const char *error; /* static */
    char message[256];
};

/* Fill @refusal (NULL is allowed); returns FUP_EPARSE. */
enum fup_code
fup_refuse(struct fup_refusal *refusal, const char *error, const char *fmt, ...)
    FUP_PRINTF(3, 4);

/* The value of the field @name when it is there once and is sound text of at
 * most FUP_ENTRY_ID_MAX bytes, or NULL: to answer an entry that is otherwise
 * no good. */
const char *fup_entry_value(const struct fup_entry *entry, const char *name);

#endif
