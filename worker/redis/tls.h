/* Private: TLS for rediss://. A build without hiredis_ssl refuses it.
 *
 * The server's certificate must be signed by an authority the system trusts
 * (SSL_CERT_FILE and SSL_CERT_DIR name others) and bear the name or the
 * address of the URL. */

#ifndef FUP_REDIS_TLS_H
#define FUP_REDIS_TLS_H

#include "core/err.h"

struct redisContext;
struct ssl_st;
struct fup_tls;

/* Errors: FUP_EINVAL without TLS in this build; FUP_ENOMEM, FUP_EIO. */
FUP_MUST_CHECK enum fup_code
fup_tls_create(const char *host, struct fup_tls **ret_tls, struct fup_err *err);
void fup_tls_free(struct fup_tls *tls);

/* Speak TLS on the connection that @context has begun. *@ret_ssl lives as long
 * as @context. */
FUP_MUST_CHECK enum fup_code fup_tls_start(const struct fup_tls *tls,
                                           struct redisContext *context,
                                           struct ssl_st **ret_ssl,
                                           struct fup_err *err);

/* What is wrong with the peer's certificate or the handshake, NULL when
 * nothing is: hiredis only tells an errno, which may be 0. */
const char *fup_tls_fault(const struct ssl_st *ssl);

#endif
