/* An adapter tried against its contract, docs/adapters.md: installed, looked
 * at, asked, and rolled back. */

#ifndef FUP_APP_CHECK_ADAPTER_H
#define FUP_APP_CHECK_ADAPTER_H

#include "adapter.h"
#include "pg/block.h"
#include "print.h"

struct fup_check_adapter {
    /* A file of [TENANT/]CONVERSATION a line, "-" for stdin; NULL: those that
     * the adapter's conversations_since() names. */
    const char *conversations;
    enum fup_print_format format;
};

/* Try @adapter and print what was found to stdout. Nothing of it stays in the
 * database. Its triggers lock the CRM's tables while it is installed, not while
 * it is asked; such a lock is waited for 1 s.
 *
 * Errors: FUP_EREFUSED  errors were found, and printed; or there is no schema
 *         FUP_EAWAY     also: a table was locked by others
 *         FUP_EIO, FUP_ENOENT, FUP_ELIMIT: the file */
FUP_MUST_CHECK enum fup_code
fup_check_adapter(struct fup_pg_block *conn,
                  const struct fup_adapter *adapter,
                  const struct fup_check_adapter *how,
                  struct fup_err *err);

#endif
