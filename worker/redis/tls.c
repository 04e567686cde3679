#include "tls.h"

#ifdef FUP_HAVE_TLS

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* hiredis' own helper checks the chain but not the name, so the SSL object is
 * made here. */

struct fup_tls {
    SSL_CTX *context;
    const char *host;
};

static enum fup_code tls_error(struct fup_err *err, const char *what)
{
    char text[128];

    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    return fup_err_set(err, FUP_EIO, "tls: %s: %s", what, text);
}

enum fup_code
fup_tls_create(const char *host, struct fup_tls **ret_tls, struct fup_err *err)
{
    struct fup_tls *tls = calloc(1, sizeof *tls);

    if (tls == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "tls: out of memory");
    }
    tls->host = host;
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->context == NULL ||
        SSL_CTX_set_default_verify_paths(tls->context) != 1 ||
        SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1) {
        fup_tls_free(tls);
        return tls_error(err, "cannot be set up");
    }
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    *ret_tls = tls;
    return FUP_OK;
}

void fup_tls_free(struct fup_tls *tls)
{
    if (tls != NULL) {
        SSL_CTX_free(tls->context);
        free(tls);
    }
}

/* The certificate must bear @host, an address or a name. */
static bool expect_host(SSL *ssl, const char *host)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1) {
        return true;
    }
    ERR_clear_error();
    return SSL_set1_host(ssl, host) == 1 &&
           SSL_set_tlsext_host_name(ssl, host) == 1;
}

const char *fup_tls_fault(const struct ssl_st *ssl)
{
    long verdict = SSL_get_verify_result(ssl);

    if (verdict != X509_V_OK) {
        return X509_verify_cert_error_string(verdict);
    }
    return SSL_is_init_finished(ssl) ? NULL : "handshake failed";
}

enum fup_code fup_tls_start(const struct fup_tls *tls,
                            struct redisContext *context,
                            struct ssl_st **ret_ssl,
                            struct fup_err *err)
{
    SSL *ssl = SSL_new(tls->context);
    const char *fault;

    if (ssl == NULL || !expect_host(ssl, tls->host)) {
        SSL_free(ssl);
        return tls_error(err, "cannot be started");
    }
    if (redisInitiateSSL(context, ssl) != REDIS_OK) {
        fault = fup_tls_fault(ssl);
        (void)fup_err_set(err, FUP_EAWAY, "tls: %s",
                          fault == NULL ? context->errstr : fault);
        SSL_free(ssl);
        return FUP_EAWAY;
    }
    *ret_ssl = ssl;
    return FUP_OK;
}

#else

#include <stddef.h>

enum fup_code
fup_tls_create(const char *host, struct fup_tls **ret_tls, struct fup_err *err)
{
    (void)host;
    *ret_tls = NULL;
    return fup_err_set(err, FUP_EINVAL,
                       "redis url: rediss:// needs TLS, and this build has "
                       "none (hiredis_ssl was not found)");
}

void fup_tls_free(struct fup_tls *tls)
{
    (void)tls;
}

enum fup_code fup_tls_start(const struct fup_tls *tls,
                            struct redisContext *context,
                            struct ssl_st **ret_ssl,
                            struct fup_err *err)
{
    (void)tls;
    (void)context;
    (void)ret_ssl;
    return fup_err_set(err, FUP_EINVAL, "no TLS in this build");
}

const char *fup_tls_fault(const struct ssl_st *ssl)
{
    (void)ssl;
    return NULL;
}

#endif
