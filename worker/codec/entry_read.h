/* Entries by a table of the fields that may be there. */

#ifndef FUP_CODEC_ENTRY_READ_H
#define FUP_CODEC_ENTRY_READ_H

#include <stdint.h>

#include "codec/entry.h"

struct fup_entry_field {
    const char *name;
    size_t max; /* bytes of its value */
};

/* Find the value of each of the @n @fields: ret_values[i] is that of fields[i],
 * NULL when it is not there. */
FUP_MUST_CHECK enum fup_code
fup_entry_read(const struct fup_entry *entry,
               const struct fup_entry_field *fields,
               size_t n,
               const char **ret_values,
               struct fup_refusal *refusal);

/* Index of @value in the @n @words, -1 when refused: as @error, with the
 * nearest word. */
int fup_entry_word(const char *value,
                   const char *const *words,
                   size_t n,
                   const char *error,
                   struct fup_refusal *refusal);

/* An instant; NONE for NULL. @name is that of the field. */
FUP_MUST_CHECK enum fup_code fup_entry_time(const char *name,
                                            const char *value,
                                            int64_t *ret_at,
                                            struct fup_refusal *refusal);

#endif
