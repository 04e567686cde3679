#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *text;
    bool again;
} errors[] = {

#define X(name, text, again) [FUP_##name] = {text, again},
    FUP_ERRORS(X)
#undef X
};

const char *fup_err_text(enum fup_code code)
{
    if ((size_t)code >= sizeof errors / sizeof errors[0]) {
        return "unknown error";
    }
    return errors[code].text;
}

bool fup_err_may_retry(enum fup_code code)
{
    return (size_t)code < sizeof errors / sizeof errors[0] &&
           errors[code].again;
}

enum fup_code
fup_err_set(struct fup_err *err, enum fup_code code, const char *fmt, ...)
{
    va_list args;

    if (err != NULL) {
        err->code = code;
        va_start(args, fmt);
        (void)vsnprintf(err->msg, sizeof err->msg, fmt, args);
        va_end(args);
    }
    return code;
}
