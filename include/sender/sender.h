/* The reference sender: takes messages off the outbound streams and hands them
 * to a delivery function.
 *
 * For each entry: ask for a permit right before the delivery (with PostgreSQL),
 * deliver, report a receipt, then XACK and XDEL. What cannot be delivered any
 * more (withdrawn, expired, not understood) is taken off the queue all the
 * same. Entries that another sender took and left for a minute are taken over;
 * one whose permit was granted before and whose outcome nobody knows is
 * reported as ambiguous and not sent again.
 *
 * A server that is away is waited for. */

#ifndef FUP_SENDER_SENDER_H
#define FUP_SENDER_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/outbound.h"
#include "core/err.h"

#define FUP_SENDER_CHANNELS_MAX   16
#define FUP_SENDER_PARTITIONS_MAX 64

struct uv_loop_s;

struct fup_sender;

/* Deliver @message. FUP_OK: it was. Any other code: it was not, and a receipt
 * "failed" with class permanent_request says so. */
typedef enum fup_code (*fup_sender_deliver_cb)(
    void *data, const struct fup_outbound_doc *message, struct fup_err *err);

/* A message that was not delivered: @reason is "replied", "expired", … */
typedef void (*fup_sender_dropped_cb)(void *data,
                                      const char *id,
                                      const char *reason);

/* Servers: away, with @err, or (NULL) back. */
typedef void (*fup_sender_away_cb)(void *data, const struct fup_err *err);

/* The end: FUP_OK after a stop or @once messages, otherwise why it cannot go
 * on. The sender is gone when this is called. */
typedef void (*fup_sender_end_cb)(void *data,
                                  enum fup_code code,
                                  const struct fup_err *err);

/* All texts are copied. */
struct fup_sender_options {
    const char *postgres; /* "": no permits and no partitions to look up */
    const char *redis;
    const char *prefix;
    const char *consumer; /* in the group "senders" */
    const char *const *channels;
    size_t n_channels;
    int partitions; /* without PostgreSQL */
    int64_t once;   /* end after at least so many deliveries; 0: never */
    bool record;    /* write what was sent into the adapter "plain" */
    fup_sender_deliver_cb deliver;
    fup_sender_dropped_cb on_dropped;
    fup_sender_away_cb on_away;
    fup_sender_end_cb on_end;
    void *data;
};

/* Begin. Callbacks run from the loop, never from inside this call.
 *
 * Errors: FUP_EINVAL  a URL or conninfo, or too many channels
 *         FUP_ENOMEM  in both cases on_end is not called; run @loop once more
 *                     before it is closed */
FUP_MUST_CHECK enum fup_code
fup_sender_open(struct uv_loop_s *loop,
                const struct fup_sender_options *options,
                struct fup_sender **ret_sender,
                struct fup_err *err);

/* Finish the messages in hand, then end. May be called more than once; after
 * 5 s, or the second call, it ends without waiting for servers. */
void fup_sender_stop(struct fup_sender *sender);

#endif
