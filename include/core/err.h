/* Errors: one code for what went wrong, one line of text for a person. */

#ifndef FUP_CORE_ERR_H
#define FUP_CORE_ERR_H

#include <stdbool.h>

#define FUP_MUST_CHECK      __attribute__((warn_unused_result))
#define FUP_PRINTF(fmt, at) __attribute__((format(printf, fmt, at)))

/* code, text, whether trying the same again can help */
#define FUP_ERRORS(X)                                                          \
    X(OK, "ok", false)                                                         \
    X(ENOMEM, "out of memory", true)                                           \
    X(EINVAL, "bad input", false)                                              \
    X(EPARSE, "not understood", false)                                         \
    X(ELIMIT, "over a limit", false)                                           \
    X(ENOENT, "not found", false)                                              \
    X(EIO, "input or output failed", false)                                    \
    X(EREFUSED, "refused by the server", false)                                \
    X(EFENCED, "another worker owns the partition", false)                     \
    X(ELOST, "Redis lost what it held", false)                                 \
    X(EAWAY, "server is away", true)                                           \
    X(EUNKNOWN, "sent, but no answer", false)                                  \
    X(ECLOSED, "closing", false)                                               \
    X(EUNFIT, "not fit to be sent", false)

enum fup_code {

#define X(name, text, again) FUP_##name,
    FUP_ERRORS(X)
#undef X
};

/* A code and the line that names where and what was expected. */
struct fup_err {
    enum fup_code code;
    char msg[256];
};

/* The text of @code, never NULL. */
const char *fup_err_text(enum fup_code code);

/* Whether doing the same again later can succeed. */
bool fup_err_may_retry(enum fup_code code);

/* Fill @err (NULL is allowed; cut at its size) and return @code. */
enum fup_code
fup_err_set(struct fup_err *err, enum fup_code code, const char *fmt, ...)
    FUP_PRINTF(3, 4);

#endif
