/* Telling the service manager how we are: the sd_notify protocol, by datagrams
 * to $NOTIFY_SOCKET. Without that variable everything here does nothing. */

#ifndef FUP_APP_NOTIFY_H
#define FUP_APP_NOTIFY_H

#include <stdint.h>

#include "core/err.h"

struct fup_notify {
    int fd;               /* -1: nobody to tell */
    uint64_t watchdog_ms; /* tell WATCHDOG more often than this; 0: no need.
                           * A third of it is a good interval. */
};

/* Read $NOTIFY_SOCKET (a path, or "@name" for an abstract one), $WATCHDOG_USEC
 * and $WATCHDOG_PID (another process' watchdog is not ours).
 *
 * Errors: FUP_EINVAL  the address is neither, or too long
 *         FUP_EIO     no socket could be made or connected
 *         in both cases @notify is usable and silent. */
FUP_MUST_CHECK enum fup_code fup_notify_init(struct fup_notify *notify,
                                             struct fup_err *err);
void fup_notify_done(struct fup_notify *notify);

/* The service works; @status as below, may be NULL. */
void fup_notify_ready(const struct fup_notify *notify, const char *status);

/* A reload begins; fup_notify_ready() ends it. */
void fup_notify_reloading(const struct fup_notify *notify);

void fup_notify_stopping(const struct fup_notify *notify);

/* Still alive. Send it only when the work is going on. */
void fup_notify_watchdog(const struct fup_notify *notify);

/* One line for a person; cut at its end or at 200 bytes. */
void fup_notify_status(const struct fup_notify *notify, const char *status);

#endif
