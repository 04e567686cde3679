/* An adapter to be installed or tried: one that is shipped, or a file. */

#ifndef FUP_APP_ADAPTER_H
#define FUP_APP_ADAPTER_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"
#include "pg/statement.h"

struct fup_adapter {
    char name[64];
    const char *sql; /* NULL: none */
    char *owned;     /* @sql, when it was read from a file */
};

/* Find it by @name, or read the file, if @name has a slash or ends in .sql.
 *
 * Owns:   fup_adapter_done() @adapter in any case; begin with zeros.
 * Errors: FUP_ENOENT  there is none of this name; @err says which there are
 *         those of fup_config_file_read() */
FUP_MUST_CHECK enum fup_code fup_adapter_find(const char *name,
                                              struct fup_adapter *adapter,
                                              struct fup_err *err);

/* Only among those that are shipped; false: there is none. */
bool fup_adapter_find_shipped(const char *name, struct fup_adapter *adapter);

/* Begin *@script, which is the caller's to end: what forgets the adapter
 * before, and @then (NULL: nothing), on one line, so that the lines that
 * PostgreSQL names are those of the file; then the adapter.
 *
 * Errors: FUP_ENOMEM, FUP_ELIMIT. */
FUP_MUST_CHECK enum fup_code
fup_adapter_script(const struct fup_adapter *adapter,
                   const struct fup_statement *then,
                   struct fup_buf *script);

void fup_adapter_done(struct fup_adapter *adapter);

#endif
